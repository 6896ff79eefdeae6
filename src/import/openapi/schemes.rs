//! The ways to prove who is calling.

use super::description::{Dialect, Location};
use super::document::Document;
use super::note::{NoteKind, Notes, plain, short};
use super::place::Place;
use super::security::{SchemeKind, SecurityScheme};
use super::tree::Tree;

pub(super) fn read(document: &Document<'_>, notes: &mut Notes) -> Vec<SecurityScheme> {
    let (owner, above, key) = match document.dialect {
        Dialect::Swagger2 => (Some(document.root), Place::TOP, "securityDefinitions"),
        Dialect::OpenApi30 | Dialect::OpenApi31 => {
            (document.root.get("components"), Place::TOP.key("components"), "securitySchemes")
        }
    };
    let Some(said) = owner.and_then(|owner| owner.get(key)) else {
        return Vec::new();
    };
    let place = above.key(key);
    let Some(fields) = said.map() else {
        notes.add(NoteKind::Malformed, place, "not an object of security schemes; ignored");
        return Vec::new();
    };
    let known = fields.iter().filter_map(|(name, node)| Some((name, document.follow(node)?)));
    known.map(|(name, node)| scheme(name, node, &place.key(name), notes)).collect()
}

fn scheme(name: &str, node: &Tree, place: &Place<'_>, notes: &mut Notes) -> SecurityScheme {
    let kind = kind(node);
    if let SchemeKind::Unknown(said) = &kind {
        let sentence = format!("`{said}` is no type of security scheme that is known here");
        notes.add(NoteKind::Malformed, place, sentence);
    }
    SecurityScheme { name: plain(name), kind, scopes: scopes(node) }
}

fn kind(node: &Tree) -> SchemeKind {
    let text = |key| plain(node.text_at(key).unwrap_or_default());
    match node.text_at("type").unwrap_or_default() {
        "oauth2" => oauth2(node),
        "openIdConnect" => SchemeKind::OpenIdConnect { url: text("openIdConnectUrl") },
        "basic" => SchemeKind::Basic,
        "http" => match text("scheme").to_ascii_lowercase().as_str() {
            "bearer" => SchemeKind::Bearer,
            "basic" => SchemeKind::Basic,
            other => SchemeKind::Http(other.to_owned()),
        },
        "apiKey" => {
            let location = match node.text_at("in") {
                Some("query") => Location::Query,
                Some("cookie") => Location::Cookie,
                _ => Location::Header,
            };
            SchemeKind::ApiKey { location, name: text("name") }
        }
        "mutualTLS" => SchemeKind::MutualTls,
        other => SchemeKind::Unknown(short(other)),
    }
}

/// Swagger 2.0 has one `flow`, later versions an object of `flows`.
fn oauth2(node: &Tree) -> SchemeKind {
    let mut flows: Vec<String> = node.text_at("flow").map(plain).into_iter().collect();
    let mut token_url = node.text_at("tokenUrl").map(plain);
    for (name, flow) in flows_of(node) {
        flows.push(plain(name));
        token_url = token_url.or_else(|| flow.text_at("tokenUrl").map(plain));
    }
    SchemeKind::OAuth2 { flows, token_url }
}

fn flows_of(node: &Tree) -> impl Iterator<Item = (&String, &Tree)> {
    node.get("flows").and_then(Tree::map).into_iter().flatten()
}

fn scopes(node: &Tree) -> Vec<(String, String)> {
    let owners = std::iter::once(node).chain(flows_of(node).map(|(_, flow)| flow));
    let listed = owners.filter_map(|owner| owner.get("scopes")?.map()).flatten();
    let listed = listed.filter(|(scope, _)| !scope.starts_with("x-"));
    let described = listed.map(|(scope, said)| (scope.as_str(), plain(said.text().unwrap_or_default())));
    let by_name: indexmap::IndexMap<&str, String> = described.collect();
    by_name.into_iter().map(|(scope, said)| (plain(scope), said)).collect()
}
