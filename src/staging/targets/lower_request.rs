//! Requests, patterns and placeholders of a targets file.

use http::{HeaderName, Method};

use super::lower::Lowering;
use super::lower_text::{each_text, path_alone, placeholder};
use super::{Body, Credential, CredentialIx, Match, OriginIx, Pattern, Piece, Probe, Proof, Request, Template};
use crate::scenario::shape::shortened;
use crate::scenario::tree::{Key, Node};
use crate::scenario::{Code, Finding, quantity};
use crate::staging::guard::is_never_sent;

/// Headers that are ours: the guard's, those of a trace, and what `with` says.
fn is_ours(name: &str) -> bool {
    is_never_sent(name) || matches!(name, "traceparent" | "tracestate" | "authorization")
}

impl Lowering<'_> {
    /// A request, and what may stand in its placeholders beside credentials.
    pub(super) fn request(&mut self, node: &Node, captured: &[String]) -> Option<Request> {
        let line = node.get("http").unwrap_or(node);
        let (method, origin, path) = self.line(line)?;
        let path = self.template(&path, line, captured);
        let with = node.get("with").and_then(|node| self.credential_named(node));
        let headers = self.headers(node, captured);
        let body = self.body(node, captured);
        let captures = self.pointers(node.get("captures"));
        Some(Request { method, origin, path, with, headers, body, proof: self.proof(node), captures })
    }

    /// What shows whether a credential is accepted: a request that changes nothing, or a program.
    pub(super) fn probe(&mut self, node: &Node) -> Option<Probe> {
        match (node.get("command"), node.get("http").or_else(|| node.text().map(|_| node))) {
            (Some(command), None) => Some(Probe::Command(self.command(command)?)),
            (None, Some(_)) => {
                let request = self.request(node, &[])?;
                if self.rules.is_write(&request.method, request.origin, &path_alone(&request.path)) {
                    let message = "a probe changes nothing, and this counts as a write";
                    self.say(
                        Finding::new(Code::Contradiction, node.place, message)
                            .help("probe with GET or HEAD; or list it under `counts_as_read`, where it only reads"),
                    );
                }
                Some(Probe::Http(Box::new(request)))
            }
            _ => {
                let message = "a probe has either `http` or `command`";
                self.say(Finding::new(Code::Contradiction, node.place, message).help("keep one of the two"));
                None
            }
        }
    }

    /// `METHOD origin:/path`.
    fn line(&mut self, node: &Node) -> Option<(Method, OriginIx, String)> {
        const LIKE: &str = "write `METHOD origin:/path`, such as `GET api:/tickets/1`";
        let text = node.text()?.trim();
        if let Some((method, which @ ("provider:token" | "provider:revocation"))) =
            text.split_once(' ').map(|(method, rest)| (method, rest.trim()))
            && method == "POST"
        {
            let (origin, path) = self.of_provider(&which["provider:".len()..], node)?;
            return Some((Method::POST, origin, path));
        }
        let parts = text.split_once(' ').and_then(|(method, rest)| {
            let (origin, path) = rest.trim().split_once(':')?;
            let method = Method::from_bytes(method.as_bytes())
                .ok()
                .filter(|m| m.as_str().chars().all(|c| c.is_ascii_uppercase()))?;
            (path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'#'))
                .then_some((method, origin, path.to_owned()))
        });
        let Some((method, origin, path)) = parts else {
            let message = format!("`{}` is not a request", shortened(text));
            self.say(Finding::new(Code::BadHttp, node.place, message).help(LIKE));
            return None;
        };
        if matches!(method, Method::CONNECT | Method::TRACE) {
            let message = format!("`{method}` is never sent");
            self.say(Finding::new(Code::BadHttp, node.place, message).help(LIKE));
            return None;
        }
        Some((method, self.origin_named(origin, node)?, path))
    }

    /// `METHOD origin:/path*`.
    pub(super) fn patterns(&mut self, node: Option<&Node>) -> Vec<Pattern> {
        let mut found = Vec::new();
        for item in node.map_or(&[][..], Node::each) {
            if let Some((method, origin, mut path)) = self.line(item) {
                // An endpoint may have a query (RFC 6749 section 3.2); patterns are about paths.
                if item.text().is_some_and(|text| text.contains(" provider:")) {
                    path.truncate(path.find('?').unwrap_or(path.len()));
                }
                let (path, open_end) =
                    path.strip_suffix('*').map_or((path.clone(), false), |rest| (rest.to_owned(), true));
                found.push(Pattern { method, origin, path, open_end });
            }
        }
        found
    }

    /// `origin:/path`.
    pub(super) fn endpoint(&mut self, node: Option<&Node>) -> Option<(OriginIx, String)> {
        let node = node?;
        let text = node.text()?;
        match text.split_once(':').filter(|(_, path)| path.starts_with('/')) {
            Some((origin, path)) => Some((self.origin_named(origin, node)?, path.to_owned())),
            None => {
                let message = format!("`{}` is not an endpoint", shortened(text));
                self.say(Finding::new(Code::BadHttp, node.place, message).help("write `origin:/path`"));
                None
            }
        }
    }

    pub(super) fn origin_named(&mut self, name: &str, node: &Node) -> Option<OriginIx> {
        let found = self.origins.iter().position(|origin| origin.name == name);
        if found.is_none() && !self.unread.contains(name) {
            let message = format!("there is no origin `{}`", shortened(name));
            let names: Vec<String> = self.origins.iter().map(|origin| origin.name.clone()).collect();
            self.say(
                Finding::new(Code::DanglingName, node.place, message)
                    .help("name it under `origins`")
                    .suggest(name, names.iter().map(String::as_str)),
            );
        }
        found.map(OriginIx)
    }

    fn headers(&mut self, node: &Node, captured: &[String]) -> Vec<(HeaderName, Template)> {
        let mut found = Vec::new();
        for (key, value) in node.get("headers").map_or(&[][..], Node::entries) {
            match HeaderName::from_bytes(key.name.as_bytes()) {
                Ok(name) if !is_ours(name.as_str()) => {
                    let text = value.text().unwrap_or_default();
                    if text.chars().any(char::is_control) {
                        let message = format!("the header `{}` has a line break in it", shortened(&key.name));
                        self.say(Finding::new(Code::BadHttp, value.place, message).help("write it in one line"));
                    }
                    found.push((name, self.template(text, value, captured)));
                }
                _ => self.say(not_a_header(key)),
            }
        }
        found
    }

    fn body(&mut self, node: &Node, captured: &[String]) -> Body {
        let said: Vec<&Key> = node
            .entries()
            .iter()
            .map(|(key, _)| key)
            .filter(|key| matches!(key.name.as_str(), "form" | "json" | "body"))
            .collect();
        if let [_, second, ..] = &said[..] {
            let message = "a request has one body";
            self.say(
                Finding::new(Code::Contradiction, second.place, message).help("keep one of `form`, `json` and `body`"),
            );
        }
        if let Some(form) = node.get("form") {
            let fields = form.entries().iter().map(|(key, value)| {
                (key.name.clone(), self.template(value.text().unwrap_or_default(), value, captured))
            });
            return Body::Form(fields.collect());
        }
        if let Some(json) = node.get("json") {
            let text = json.text().unwrap_or_default();
            return match serde_json::from_str::<serde_json::Value>(text) {
                Ok(value) => {
                    let mut mentioned = Vec::new();
                    each_text(&value, &mut |text| {
                        for piece in self.template(text, json, captured).0 {
                            mentioned.extend(piece.of());
                        }
                    });
                    Body::Json(value, mentioned)
                }
                Err(error) => {
                    let message = format!("this is not JSON: {}", shortened(&error.to_string()));
                    self.say(
                        Finding::new(Code::BadHttp, json.place, message)
                            .help("write it as `json: '{\"key\": \"value\"}'`"),
                    );
                    Body::None
                }
            };
        }
        match node.get("body") {
            Some(body) => Body::Text(self.template(body.text().unwrap_or_default(), body, captured)),
            None => Body::None,
        }
    }

    /// A text in which `{name}` stands for a credential, or for what an earlier step captured.
    fn template(&mut self, text: &str, node: &Node, captured: &[String]) -> Template {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, name, after)) = placeholder(rest) {
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            if let Some(ix) = self.credentials.iter().position(|credential| credential.name == name) {
                pieces.push(Piece::Credential(CredentialIx(ix)));
            } else if captured.iter().any(|known| known == name) {
                let name = name.to_owned();
                pieces.push(match self.issued_with(&name) {
                    Some(with) => Piece::Issued { with, name },
                    None => Piece::Captured(name),
                });
            } else {
                let message = format!("`{{{}}}` is neither a credential nor captured before", shortened(name));
                let known: Vec<String> =
                    self.credentials.iter().map(|c| c.name.clone()).chain(captured.iter().cloned()).collect();
                self.say(
                    Finding::new(Code::DanglingName, node.place, message)
                        .help(
                            "name it under `credentials`, or under `captures` of an earlier step or of the request for a \
                             credential",
                        )
                        .suggest(name, known.iter().map(String::as_str)),
                );
            }
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Template(pieces)
    }

    /// The credential whose answer tells this beside it.
    fn issued_with(&self, name: &str) -> Option<CredentialIx> {
        let tells = |credential: &Credential| credential.from.captures().iter().any(|(told, _)| told == name);
        self.credentials.iter().position(tells).map(CredentialIx)
    }

    fn proof(&mut self, node: &Node) -> Proof {
        let accepted = node.get("accepted").map_or(Match::default(), |node| self.matching(node));
        let refused = node.get("refused").map_or(&[][..], Node::each).iter().map(|node| self.matching(node)).collect();
        Proof { accepted, refused }
    }

    pub(super) fn matching(&mut self, node: &Node) -> Match {
        let mut statuses = Vec::new();
        for item in node.get("status").map_or(&[][..], Node::each) {
            match item
                .text()
                .and_then(quantity::count)
                .and_then(|n| u16::try_from(n).ok())
                .filter(|n| (100..600).contains(n))
            {
                Some(status) => statuses.push(status),
                None => self.say(
                    Finding::new(Code::ImpossibleNumber, item.place, "no answer has this status")
                        .help("statuses have three digits, such as 200 or 403"),
                ),
            }
        }
        let json = node.get("json").and_then(|node| self.pointer(node));
        Match { statuses, body: node.get("body").and_then(Node::text).map(str::to_owned), json }
    }

    fn pointers(&mut self, node: Option<&Node>) -> Vec<(String, String)> {
        let entries = node.map_or(&[][..], Node::entries);
        entries.iter().filter_map(|(key, value)| Some((key.name.clone(), self.pointer(value)?))).collect()
    }

    /// A JSON pointer.
    pub(super) fn pointer(&mut self, node: &Node) -> Option<String> {
        let text = node.text()?;
        if text.starts_with('/') {
            return Some(text.to_owned());
        }
        let message = format!("`{}` is not a JSON pointer", shortened(text));
        self.say(Finding::new(Code::BadHttp, node.place, message).help("write `/key`, or `/list/0/key` (RFC 6901)"));
        None
    }
}

fn not_a_header(key: &Key) -> Finding {
    let name = key.name.to_ascii_lowercase();
    if is_ours(&name) {
        let message = format!("the header `{}` is not for a targets file", shortened(&key.name));
        return Finding::new(Code::Contradiction, key.place, message)
            .help("`with: CREDENTIAL` authorizes a request; the rest is the transport's");
    }
    let message = format!("`{}` is not the name of a header", shortened(&key.name));
    Finding::new(Code::BadHttp, key.place, message).help("letters, digits and `-`")
}
