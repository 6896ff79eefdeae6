//! Where an API lives, and the path that all its templates begin with.

use super::description::Dialect;
use super::limits::{MAX_PATH, MAX_SERVERS};
use super::note::{NoteKind, Notes, short};
use super::place::Place;
use super::tree::Tree;

pub(super) fn of_document(root: &Tree, dialect: Dialect, notes: &mut Notes) -> Vec<String> {
    if dialect == Dialect::Swagger2 {
        return of_swagger(root, notes);
    }
    let servers = of_node(root, &Place::TOP, notes);
    let bases: Vec<&str> = servers.iter().map(|server| base_path(server)).collect();
    if let [first, others @ ..] = bases.as_slice()
        && others.iter().any(|other| other != first)
    {
        let sentence = format!("the servers have different base paths; only `{}`, of the first, is used", short(first));
        notes.add(NoteKind::Skipped, "#/servers", sentence);
    }
    servers
}

fn of_swagger(root: &Tree, notes: &mut Notes) -> Vec<String> {
    let mut base = root.text_at("basePath").unwrap_or_default();
    if !is_usable(base) {
        notes.add(NoteKind::Malformed, "#/basePath", "no base path; ignored");
        base = "";
    }
    let slash = if base.is_empty() || base.starts_with('/') { "" } else { "/" };
    let host = root.text_at("host");
    if host.is_some_and(|host| !is_usable(host)) {
        notes.add(NoteKind::Malformed, "#/host", "no host; ignored");
    }
    let Some(host) = host.filter(|host| is_usable(host)) else {
        return if base.is_empty() { Vec::new() } else { vec![format!("{slash}{base}")] };
    };
    let schemes = root.get("schemes").and_then(Tree::list).unwrap_or_default();
    let schemes: Vec<&str> = schemes.iter().filter_map(Tree::text).take(MAX_SERVERS).collect();
    let schemes = if schemes.is_empty() { vec!["https"] } else { schemes };
    schemes.into_iter().map(|scheme| format!("{scheme}://{host}{slash}{base}")).collect()
}

/// The `servers` of a document, a path or an operation.
pub(super) fn of_node(node: &Tree, place: &Place<'_>, notes: &mut Notes) -> Vec<String> {
    let Some(said) = node.get("servers") else {
        return Vec::new();
    };
    let place = place.key("servers");
    let Some(servers) = said.list() else {
        notes.add(NoteKind::Malformed, place, "not a list of servers; ignored");
        return Vec::new();
    };
    let mut urls = Vec::new();
    if servers.len() > MAX_SERVERS {
        notes.add(NoteKind::Skipped, place, format!("only the first {MAX_SERVERS} servers are read"));
    }
    for (index, server) in servers.iter().enumerate().take(MAX_SERVERS) {
        let place = place.item(index);
        let Some(url) = server.text_at("url") else {
            notes.add(NoteKind::Malformed, place, "a server without a `url`; ignored");
            continue;
        };
        let Some(url) = filled_in(url, server.get("variables")).filter(|url| is_usable(url)) else {
            let sentence = "a server whose address has blanks in it, or variables without a default; ignored";
            notes.add(NoteKind::Malformed, place, sentence);
            continue;
        };
        urls.push(url);
    }
    urls
}

fn is_usable(url: &str) -> bool {
    url.len() <= MAX_PATH
        && !url.contains(|c: char| c.is_control() || c.is_whitespace())
        && !base_path(url).contains(['{', '}'])
}

fn filled_in(url: &str, variables: Option<&Tree>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = url;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(&variables?.get(name)?.get("default")?.scalar()?);
        rest = after;
        if filled.len() > MAX_PATH {
            return None;
        }
    }
    Some(filled + rest)
}

/// `/v1` of `https://api.example.com/v1/`. Without a scheme, a first part with a dot in it is taken as the host.
pub(super) fn base_path(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (authority_follows, rest) = match url.split_once("//") {
        Some((scheme, rest)) if scheme.is_empty() || scheme.ends_with(':') => (true, rest),
        _ => (false, url),
    };
    let first = rest.split('/').next().unwrap_or_default();
    let path =
        if authority_follows || first.contains('.') { rest.get(first.len()..).unwrap_or_default() } else { rest };
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_paths() {
        for (url, base) in [
            ("https://api.example.com", ""),
            ("https://api.example.com/", ""),
            ("https://api.example.com/v1/", "/v1"),
            ("//api.example.com/v1", "/v1"),
            ("/api/v3", "/api/v3"),
            ("api.example.com/v1", "/v1"),
            ("http://localhost:8080/a/b?x#y", "/a/b"),
            ("./v1", "/v1"),
            ("v1", "v1"),
            ("", ""),
        ] {
            assert_eq!(base_path(url), base, "{url}");
        }
    }

    #[test]
    fn variables_take_their_defaults() {
        let server =
            super::super::parse::tree(r#"{"variables": {"v": {"default": 2}, "r": {"default": "eu"}, "x": {}}}"#);
        let variables = server.unwrap().0;
        let fill = |url| filled_in(url, variables.get("variables"));
        assert_eq!(fill("https://{r}.example.com/v{v}").as_deref(), Some("https://eu.example.com/v2"));
        for url in ["/{x}", "/{r", "/{unknown}", &"{r}".repeat(MAX_PATH), &"{".repeat(1 << 20)] {
            assert_eq!(fill(url), None);
        }
    }
}
