//! Requests that could not be read as one, and what their sender reads.

use http::header::{ALLOW, CACHE_CONTROL};
use serde_json::json;
use wiremock::ResponseTemplate;

use super::address::Nowhere;

/// A request that could not be read as one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unreadable {
    Nowhere(Nowhere),
    /// The path is there, but the body does not say which of its operations is meant.
    Undecided {
        field: String,
        values: Vec<String>,
        /// It says something else.
        said: bool,
    },
    /// A protocol asks for this field.
    Missing(&'static str),
    /// RFC 6749 section 3.2: no parameter stands in a request twice.
    Repeated(String),
    /// RFC 6749 section 2.3: nobody authenticates in two ways at once.
    TwoLogins,
    /// RFC 6749 section 3.3: no token that is given out here has this scope.
    BeyondScope(String),
}

impl Unreadable {
    /// RFC 6749 section 5.2 at the endpoints of OAuth, elsewhere RFC 9457: what a person with curl reads.
    pub fn template(&self) -> ResponseTemplate {
        let (status, title) = self.in_words();
        let template = ResponseTemplate::new(status);
        let template = match self.error() {
            Some(error) => {
                let body = json!({ "error": error, "error_description": title.replace(is_no_description, "?") });
                template.insert_header(CACHE_CONTROL, "no-store").set_body_raw(body.to_string(), "application/json")
            }
            None => {
                let body = json!({ "status": status, "title": title });
                template.set_body_raw(body.to_string(), "application/problem+json")
            }
        };
        match self {
            Unreadable::Nowhere(Nowhere::NoSuchMethod(methods)) => {
                template.insert_header(ALLOW, methods.join(", ").as_str())
            }
            _ => template,
        }
    }

    fn in_words(&self) -> (u16, String) {
        match self {
            Unreadable::Nowhere(Nowhere::NoSuchPath) => (404, "no operation has this path".to_owned()),
            Unreadable::Nowhere(Nowhere::NoSuchMethod(_)) => {
                (405, "no operation of this path has this method".to_owned())
            }
            Unreadable::Undecided { field, values, .. } => {
                (400, format!("`{field}` must say which operation is meant: {}", values.join(", ")))
            }
            Unreadable::Missing(field) => (400, format!("`{field}` is required")),
            Unreadable::Repeated(field) => (400, format!("`{field}` stands here more than once")),
            Unreadable::TwoLogins => (400, "the client authenticates in two ways at once".to_owned()),
            Unreadable::BeyondScope(scope) => (400, format!("no token that is given out here has the scope `{scope}`")),
        }
    }

    /// What clients of OAuth call it.
    fn error(&self) -> Option<&'static str> {
        match self {
            Unreadable::Undecided { field, said: true, .. } if field == "grant_type" => Some("unsupported_grant_type"),
            Unreadable::Undecided { field, .. } if field == "grant_type" => Some("invalid_request"),
            Unreadable::Missing(_) | Unreadable::Repeated(_) | Unreadable::TwoLogins => Some("invalid_request"),
            Unreadable::BeyondScope(_) => Some("invalid_scope"),
            Unreadable::Nowhere(_) | Unreadable::Undecided { .. } => None,
        }
    }
}

/// What RFC 6749 section 5.2 does not allow in an `error_description`.
fn is_no_description(c: char) -> bool {
    !matches!(c, ' '..='~') || matches!(c, '"' | '\\')
}
