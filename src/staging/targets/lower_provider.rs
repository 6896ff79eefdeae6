//! The identity provider: its endpoints as the file writes them, or as its issuer says.

use super::lower::Lowering;
use super::{Issuer, OriginIx};
use crate::planted::Mistake;
use crate::scenario::shape::shortened;
use crate::scenario::tree::Node;
use crate::scenario::{Code, Finding};
use crate::staging::origin::{OriginKey, strict_url};

/// What stands for endpoints that are not known yet. No URL has a blank in it, so none can be sent.
const UNKNOWN: [&str; 2] = ["/(its token endpoint)", "/(its revocation endpoint)"];

/// Whether a path is that of an endpoint that is not known yet.
pub(super) fn is_unknown(path: &str) -> bool {
    UNKNOWN.contains(&path)
}

impl Lowering<'_> {
    pub(super) fn provider(&mut self) {
        let Some(node) = self.root.get("provider") else { return };
        let issuer = node.get("issuer").and_then(|issuer| self.issuer(issuer));
        let written = [self.endpoint(node.get("token")), self.endpoint(node.get("revocation"))];
        let said = self.discovered.clone().unwrap_or_default();
        let said = [said.token, said.revocation].map(|endpoint| self.known_endpoint(endpoint.as_deref(), node));
        let asked = self.discovered.is_some();
        if let (Some(key), true) = (node.key("issuer"), written.iter().all(Option::is_some)) {
            self.say(
                Finding::warning(Code::Unused, key.place, "every endpoint is written out: the issuer is not asked")
                    .help("leave out `issuer`, or what it says itself"),
            );
        } else {
            self.issuer = issuer.filter(|_| !asked);
        }
        // Of an issuer that cannot be read, everything has been said.
        let unread = node.get("issuer").filter(|_| self.issuer.is_none() && !asked).map(|_| OriginIx(0));
        let of_issuer = self.issuer.as_ref().map(|issuer| issuer.origin).or(unread);
        let [token, revocation] = std::array::from_fn(|n| {
            let unknown = of_issuer.map(|origin| (origin, UNKNOWN[n].to_owned()));
            let (first, second) = (written[n].clone(), said[n].clone());
            if Mistake::DiscoveryStandsOverTheFile.here() { second.or(first) } else { first.or(second) }.or(unknown)
        });
        (self.token, self.revocation) = (token, revocation);
        let without_query =
            |(origin, path): (OriginIx, String)| (origin, path.split('?').next().unwrap_or_default().to_owned());
        self.rules.provider =
            self.token.clone().into_iter().chain(self.revocation.clone()).map(without_query).collect();
    }

    /// RFC 8414 section 2: a URL without query and fragment.
    fn issuer(&mut self, node: &Node) -> Option<Issuer> {
        let text = node.text().unwrap_or_default();
        let bare = !text.contains(['?', '#']);
        let Some(url) = strict_url(text).ok().filter(|_| bare) else {
            let message = format!("`{}` is no issuer", shortened(text));
            self.say(Finding::new(Code::BadOrigin, node.place, message).help(
                "write its URL as its metadata has it, without query, such as `https://id.staging.example/tenant`",
            ));
            return None;
        };
        let at = OriginKey::of(&url);
        let Some(origin) = self.origins.iter().position(|origin| Some(&origin.at) == at.as_ref()) else {
            let message = format!("the issuer `{}` is at none of the origins", shortened(text));
            self.say(
                Finding::new(Code::DanglingName, node.place, message)
                    .help("name its scheme, host and port under `origins`"),
            );
            return None;
        };
        Some(Issuer { url: text.to_owned(), origin: OriginIx(origin) })
    }

    /// `provider:token` and `provider:revocation`, wherever an endpoint may stand.
    pub(super) fn of_provider(&mut self, which: &str, node: &Node) -> Option<(OriginIx, String)> {
        let found = match which {
            "token" => self.token.clone(),
            _ => self.revocation.clone(),
        };
        if found.is_none() {
            let message = format!("nothing says where the {which} endpoint is");
            let asked = self.discovered.is_some();
            let help = if asked { "its issuer does not say either: write it" } else { "write it" };
            self.say(
                Finding::new(Code::MissingKey, node.place, message)
                    .help(format!("{help} as `provider: {{{which}: origin:/path}}`, or name its `issuer`")),
            );
        }
        found
    }

    /// An endpoint that was discovered: it was held against the origins when it was.
    fn known_endpoint(&mut self, said: Option<&str>, provider: &Node) -> Option<(OriginIx, String)> {
        let (origin, path) = said?.split_once(':')?;
        Some((self.origin_named(origin, provider)?, path.to_owned()))
    }
}
