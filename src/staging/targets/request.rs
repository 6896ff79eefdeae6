//! Requests as a targets file says them: with placeholders, and with what proves that they were accepted.

use http::{HeaderName, Method};

use super::{CredentialIx, OriginIx};

/// How a credential is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Present {
    /// `Authorization: Bearer` (RFC 6750).
    Bearer,
    /// `Authorization: Basic` (RFC 7617); the credential is `user:password`.
    Basic,
    /// `Authorization` under another scheme (RFC 9110 section 11.1), such as `Token`.
    Scheme(String),
    Header(HeaderName),
    Cookie(String),
}

/// A text with placeholders.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Template(pub Vec<Piece>);

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    Text(String),
    Credential(CredentialIx),
    /// What the answer that issued a credential told beside it, such as its id.
    Issued {
        with: CredentialIx,
        name: String,
    },
    Captured(String),
}

impl Piece {
    /// The credential that it is filled in from.
    pub const fn of(&self) -> Option<CredentialIx> {
        match self {
            Piece::Credential(ix) | Piece::Issued { with: ix, .. } => Some(*ix),
            Piece::Text(_) | Piece::Captured(_) => None,
        }
    }
}

impl Template {
    /// Whether the credential stands in it, or what was issued with it.
    pub fn mentions(&self, credential: CredentialIx) -> bool {
        self.0.iter().any(|piece| piece.of() == Some(credential))
    }

    /// The names of what is filled in beside credentials.
    pub fn captured(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| if let Piece::Captured(name) = piece { Some(name.as_str()) } else { None })
    }
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    pub origin: OriginIx,
    /// Path and query. What is filled in is percent-encoded.
    pub path: Template,
    pub with: Option<CredentialIx>,
    pub headers: Vec<(HeaderName, Template)>,
    pub body: Body,
    pub proof: Proof,
    /// Names for what is taken from the answer, each with its JSON pointer.
    pub captures: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub enum Body {
    None,
    Form(Vec<(String, Template)>),
    /// Placeholders stand in its texts.
    Json(serde_json::Value, Vec<CredentialIx>),
    Text(Template),
}

impl Request {
    /// Whether the credential stands in it, apart from authorizing it.
    pub fn mentions(&self, credential: CredentialIx) -> bool {
        let in_body = match &self.body {
            Body::None => false,
            Body::Form(fields) => fields.iter().any(|(_, value)| value.mentions(credential)),
            Body::Json(_, mentioned) => mentioned.contains(&credential),
            Body::Text(text) => text.mentions(credential),
        };
        in_body || self.path.mentions(credential) || self.headers.iter().any(|(_, text)| text.mentions(credential))
    }

    /// The refresh token that it is made with, where it asks for a token with one (RFC 6749 section 6).
    pub fn refreshes(&self) -> Option<CredentialIx> {
        let Body::Form(fields) = &self.body else { return None };
        let field = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.0.as_slice());
        match (field("grant_type")?, field("refresh_token")?) {
            ([Piece::Text(grant)], [Piece::Credential(ix)]) if grant == "refresh_token" => Some(*ix),
            _ => None,
        }
    }

    /// Whether the credential stands in it or authorizes it.
    pub fn concerns(&self, credential: CredentialIx) -> bool {
        self.with == Some(credential) || self.mentions(credential)
    }
}

/// What a matching answer has.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Match {
    /// Empty: any 2xx.
    pub statuses: Vec<u16>,
    pub body: Option<String>,
    /// A JSON pointer (RFC 6901) at which something stands.
    pub json: Option<String>,
}

impl Match {
    /// Whether an answer is like this.
    pub fn holds(&self, status: u16, body: &[u8]) -> bool {
        let by_status =
            if self.statuses.is_empty() { (200..300).contains(&status) } else { self.statuses.contains(&status) };
        by_status
            && self.body.as_deref().is_none_or(|text| contains(body, text.as_bytes()))
            && self.json.as_deref().is_none_or(|pointer| {
                serde_json::from_slice::<serde_json::Value>(body)
                    .is_ok_and(|json| json.pointer(pointer).is_some_and(|found| !found.is_null()))
            })
    }
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

/// How an answer is read.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    pub accepted: Match,
    /// Beside 401, 403 and 404.
    pub refused: Vec<Match>,
}

/// What an answer says about the credential. Everything else is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    Accepted,
    Refused,
    Unknown,
}

impl Proof {
    /// A refusal that the file describes comes first: some servers refuse with 200.
    pub fn read(&self, status: u16, body: &[u8]) -> Reading {
        if self.refused.iter().any(|refused| refused.holds(status, body)) {
            Reading::Refused
        } else if self.accepted.holds(status, body) {
            Reading::Accepted
        } else if matches!(status, 401 | 403 | 404) {
            Reading::Refused
        } else {
            Reading::Unknown
        }
    }
}

/// `METHOD origin:/path`, where a `*` at the end stands for any rest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    pub method: Method,
    pub origin: OriginIx,
    pub path: String,
    pub open_end: bool,
}

impl Pattern {
    /// Whether a request is meant. `path` has no query.
    pub fn fits(&self, method: &Method, origin: OriginIx, path: &str) -> bool {
        let by_path = if self.open_end { path.starts_with(&self.path) } else { path == self.path };
        *method == self.method && origin == self.origin && by_path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_accepted_refused_or_neither() {
        let plain = Proof::default();
        let of = |proof: &Proof, status| proof.read(status, b"{\"rows\":[1],\"none\":null}");
        assert_eq!(of(&plain, 200), Reading::Accepted);
        assert_eq!(of(&plain, 204), Reading::Accepted);
        for status in [401, 403, 404] {
            assert_eq!(of(&plain, status), Reading::Refused, "{status}");
        }
        for status in [302, 400, 429, 500, 503] {
            assert_eq!(of(&plain, status), Reading::Unknown, "{status}");
        }
        let rows =
            |json: &str| Proof { accepted: Match { json: Some(json.into()), ..Match::default() }, refused: vec![] };
        assert_eq!(of(&rows("/rows/0"), 200), Reading::Accepted);
        assert_eq!(of(&rows("/rows/1"), 200), Reading::Unknown, "a 200 without the proof proves nothing");
        assert_eq!(of(&rows("/none"), 200), Reading::Unknown);
        let refused = Match { statuses: vec![200], body: Some("[1]".into()), json: None };
        assert_eq!(of(&Proof { refused: vec![refused], ..Proof::default() }, 200), Reading::Refused);
    }

    #[test]
    fn a_pattern_is_exact_unless_its_end_is_open() {
        let pattern = |open_end| Pattern { method: Method::POST, origin: OriginIx(0), path: "/a/".into(), open_end };
        assert!(pattern(true).fits(&Method::POST, OriginIx(0), "/a/b"));
        assert!(!pattern(false).fits(&Method::POST, OriginIx(0), "/a/b"));
        assert!(pattern(false).fits(&Method::POST, OriginIx(0), "/a/"));
        assert!(!pattern(true).fits(&Method::PUT, OriginIx(0), "/a/b"));
        assert!(!pattern(true).fits(&Method::POST, OriginIx(1), "/a/b"));
    }
}
