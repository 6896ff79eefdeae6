//! From what an agent wants to the bytes that are sent.

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderMap, Method};
use url::Url;

use super::Terrain;
use super::hear::Memory;
use super::ids::Name;
use super::links::on_a_listed_origin;
use super::mint::FoundClient;
use super::model::Asked;
use super::paging::Where;
use crate::staging::client::{Outgoing, Told};
use crate::staging::drill::render::{Filling, untold};
use crate::staging::guard::plain;
use crate::staging::secret::Secret;
use crate::staging::targets::{CredentialIx, MARKER, OperationIx, OriginIx, Present};
use crate::wire::{Arg, Request, Res, Text};

/// Whose credential a request presents.
#[derive(Clone, Debug)]
pub enum Presenting {
    Nothing,
    /// One of the file, fetched anew where it has become old.
    Given(CredentialIx),
    /// One that was found.
    Found(Present, Secret),
    /// A token, for which a client that was found is changed.
    Minted(Present, FoundClient),
}

/// What a request is about.
#[derive(Debug)]
pub struct Made {
    pub asked: Asked,
    pub origin: OriginIx,
    pub about: Option<Res>,
    pub page: Option<u32>,
}

impl Memory {
    /// Puts a request into bytes, but for its credential.
    ///
    /// # Errors
    ///
    /// Why it cannot be sent.
    pub fn make(
        &self,
        terrain: &Terrain,
        request: &Request,
        marker: Option<&str>,
    ) -> Result<(Outgoing, Presenting, Made), String> {
        let asked = terrain.modelled.asked(request.route).ok_or("nothing is known of this route")?;
        let about = match request.about {
            Arg::Id(record) => Some(record),
            _ => None,
        };
        let name = about.and_then(|record| self.ids.name(record));
        let (origin, mut outgoing) = match asked {
            Asked::Listed(ix) => self.listed(terrain, ix, name, marker)?,
            Asked::Link(origin) => {
                let target = name.and_then(|name| name.first()).ok_or("a link that nobody showed")?;
                let url = format!("{}{target}", terrain.targets.origin(origin).begins).into();
                let (method, headers, body) = (Method::GET, HeaderMap::new(), Default::default());
                (origin, Outgoing { method, url, headers, body, told: Told::default() })
            }
        };
        let page = match request.page {
            Arg::Cursor(number) => Some(number),
            _ => None,
        };
        if let Some(page) = page {
            let page = self.pages.get(page).ok_or("a page that nobody announced")?;
            let first = Url::parse(&outgoing.url).map_err(|error| error.to_string())?;
            outgoing.url = String::from(turned_to(terrain, &first, &page.at)?).into();
        }
        let presenting = match request.presented.map(|presented| presented.text) {
            None => Presenting::Nothing,
            Some(Text::Generated { family, .. }) => {
                Presenting::Given(terrain.modelled.credential(family).ok_or("a credential that nobody has")?)
            }
            Some(text) => {
                let found =
                    self.secrets.of(text).filter(|found| found.tried).ok_or("a secret that is not to be tried")?;
                match &found.mint {
                    None => Presenting::Found(found.present.clone(), found.secret.clone()),
                    Some(mint) => {
                        let (name, secret) = (found.name.to_string(), found.secret.clone());
                        Presenting::Minted(found.present.clone(), FoundClient { name, secret, mint: mint.clone() })
                    }
                }
            }
        };
        let path = path_of(&outgoing.url, &terrain.targets.origin(origin).begins)?;
        outgoing.told = Told {
            path: self.secrets.without_secrets(&path).into_owned(),
            purpose: "explore",
            credential: request.presented.and_then(|presented| self.credential_name(terrain, presented.text)),
        };
        Ok((outgoing, presenting, Made { asked, origin, about, page }))
    }

    fn listed(
        &self,
        terrain: &Terrain,
        ix: OperationIx,
        name: Option<&Name>,
        marker: Option<&str>,
    ) -> Result<(OriginIx, Outgoing), String> {
        let operation = terrain.explore.operation(ix);
        let places = || operation.request.path.captured().filter(|name| *name != MARKER);
        let name = name.map_or(&[][..], Vec::as_slice);
        let behind = name.len().checked_sub(places().count()).ok_or("an id that its path needs is not known")?;
        if name[behind..].iter().any(String::is_empty) {
            return Err("an id that is empty".to_owned());
        }
        let filled =
            places().zip(name[behind..].iter().map(String::as_str)).chain(marker.map(|marker| (MARKER, marker)));
        let outgoing = untold(&terrain.targets, &operation.request, &Filling::of_captured(filled.collect()))?;
        Ok((operation.request.origin, outgoing))
    }

    /// How a credential is called where people read it.
    pub fn credential_name(&self, terrain: &Terrain, text: Text) -> Option<Arc<str>> {
        match text {
            Text::Generated { family, .. } => Some(terrain.modelled.name(family)),
            text => self.secrets.of(text).map(|found| found.name.clone()),
        }
    }
}

/// The path of a URL as it goes onto the wire.
fn path_of<'u>(url: &'u str, origin: &str) -> Result<Cow<'u, str>, String> {
    match plain(url, origin) {
        Some(target) => Ok(target.split('?').next().unwrap_or_default().into()),
        None => Url::parse(url).map(|url| url.path().to_owned().into()).map_err(|error| error.to_string()),
    }
}

/// The URL of another page of what `url` lists. A page on an origin that is not listed is none.
fn turned_to(terrain: &Terrain, url: &Url, at: &Where) -> Result<Url, String> {
    match at {
        Where::Url(text) => {
            let found = on_a_listed_origin(&terrain.targets, url, text);
            found.map(|(_, url)| url).ok_or_else(|| "a page on an origin that is not listed".to_owned())
        }
        Where::Field(field, value) => {
            let kept: Vec<(String, String)> = url
                .query_pairs()
                .filter(|(name, _)| name != field)
                .map(|(n, v)| (n.into_owned(), v.into_owned()))
                .collect();
            let mut turned = url.clone();
            turned.query_pairs_mut().clear().extend_pairs(kept).append_pair(field, value);
            Ok(turned)
        }
    }
}
