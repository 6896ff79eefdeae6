//! Where operations live over HTTP: a method, a path, and for some a field of the body.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use matchit::Router;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::model::Plan;
use crate::model::service::{Method, shape_of};
use crate::wire::{CollId, OpId, Res, ServiceId};

/// The addresses of all operations, in both directions.
pub struct Addresses {
    services: Vec<Router<Methods>>,
    templates: Vec<Template>,
    collections: BTreeMap<String, CollId>,
}

/// The operations that share a path, by method.
type Methods = BTreeMap<&'static str, Vec<OpId>>;

/// A path template, split at its last parameter: the one that names the record.
struct Template {
    before: String,
    /// What follows the record's id; nothing where the path names no record.
    after: Option<String>,
}

/// What a path says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Located<'a> {
    /// The operations that answer there; a field of the body tells them apart.
    pub candidates: &'a [OpId],
    /// The text in the place of the record's id.
    pub named: Option<&'a str>,
}

/// Why no operation answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Nowhere {
    NoSuchPath,
    /// The methods that the path knows.
    NoSuchMethod(Vec<&'static str>),
}

const HEAD: &str = "HEAD";
/// What stands where a path wants a record and the request names none.
const NOBODY: &str = "-";
/// What a path segment cannot hold as it is, RFC 3986 section 3.3.
const SEGMENT: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'/').add(b'<').add(b'>').add(b'?').add(b'{').add(b'}');
const PATH: &AsciiSet = &SEGMENT.remove(b'/');

impl Addresses {
    pub fn of(plan: &Plan) -> Addresses {
        let mut paths: Vec<BTreeMap<String, Methods>> = vec![BTreeMap::new(); plan.services.len()];
        for id in plan.operation_ids() {
            let op = plan.operation(id);
            let methods = paths[op.service.index()].entry(routed(&op.path)).or_default();
            methods.entry(op.method.name()).or_default().push(id);
        }
        let services = paths.into_iter().map(router).collect();
        let templates = plan.operations.iter().map(|op| Template::of(&op.path)).collect();
        let collections = plan.collection_ids().map(|id| (plan.collection(id).name.clone(), id)).collect();
        Addresses { services, templates, collections }
    }

    /// The path of an operation for one record, percent-encoded.
    pub fn path(&self, plan: &Plan, op: OpId, about: Option<Res>, out: &mut String) {
        let template = &self.templates[op.index()];
        out.push_str(&template.before);
        if let Some(after) = &template.after {
            match about {
                Some(res) => self.record(plan, res, out),
                None => out.push_str(NOBODY),
            }
            out.push_str(after);
        }
    }

    /// Whether the path itself names the record.
    pub fn names_record(&self, op: OpId) -> bool {
        self.templates[op.index()].after.is_some()
    }

    pub fn locate<'a>(&'a self, service: ServiceId, method: &str, path: &'a str) -> Result<Located<'a>, Nowhere> {
        let found = self.services[service.index()].at(path).map_err(|_| Nowhere::NoSuchPath)?;
        let get = found.value.get(Method::Get.name());
        // RFC 9110 section 9.3.2: HEAD is GET, and the server sends no body.
        let Some(candidates) = found.value.get(method).or(get.filter(|_| method == HEAD)) else {
            let known = found.value.keys().copied();
            return Err(Nowhere::NoSuchMethod(known.chain(get.map(|_| HEAD)).collect()));
        };
        let named = found.params.iter().last().map(|(_, value)| value);
        Ok(Located { candidates, named })
    }

    /// `members-17`, as ids of records are written in paths and bodies.
    pub fn record(&self, plan: &Plan, res: Res, out: &mut String) {
        let name = &plan.collection(res.coll).name;
        let _ = write!(out, "{}-{}", utf8_percent_encode(name, SEGMENT), res.row + 1);
    }

    /// The record that an id names.
    pub fn named(&self, id: &str) -> Option<Res> {
        let (name, number) = id.rsplit_once('-')?;
        Some(Res { coll: self.collection(name)?, row: row_of(number)? })
    }

    /// The row of a record of this collection that an id names.
    pub fn named_in(&self, plan: &Plan, coll: CollId, id: &str) -> Option<u32> {
        row_of(id.strip_prefix(plan.collection(coll).name.as_str())?.strip_prefix('-')?)
    }

    pub fn collection(&self, name: &str) -> Option<CollId> {
        self.collections.get(name).copied()
    }
}

/// A path as our own clients write it. RFC 3986 section 6.2.2: `%74` is `t`, and `%2f` is `%2F`.
pub fn normal(path: &str) -> Cow<'_, str> {
    let mut pieces = path.split('%');
    let Some(first) = pieces.next().filter(|first| first.len() < path.len()) else { return Cow::Borrowed(path) };
    let mut out = first.to_owned();
    for piece in pieces {
        let digits = piece.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => out.push(char::from(byte)),
            Some(byte) => _ = write!(out, "%{byte:02X}"),
            None => out.push('%'),
        }
        out.push_str(&piece[digits.map_or(0, str::len)..]);
    }
    Cow::Owned(out)
}

/// Ids count from 1.
fn row_of(number: &str) -> Option<u32> {
    number.parse::<u32>().ok()?.checked_sub(1)
}

fn router(paths: BTreeMap<String, Methods>) -> Router<Methods> {
    let mut router = Router::new();
    for (path, methods) in paths {
        // Parameters carry their position as a name, so two templates collide only where they are equal, and those are
        // one key here. A path that the router cannot hold answers 404, as an unknown one does.
        let _ = router.insert(path, methods);
    }
    router
}

/// The template as the router reads it: parameters named by position, the rest as clients send it.
fn routed(path: &str) -> String {
    let mut out = String::new();
    for (at, piece) in shape_of(path).split("{}").enumerate() {
        if at > 0 {
            let _ = write!(out, "{{p{at}}}");
        }
        let _ = write!(out, "{}", utf8_percent_encode(piece, PATH));
    }
    out
}

impl Template {
    /// Parameters before the last one stand for themselves: `/orgs/{org}/teams/{id}` has one record to name.
    fn of(path: &str) -> Template {
        let encoded = |text: &str| {
            let plain: String = text.chars().filter(|c| !matches!(c, '{' | '}')).collect();
            utf8_percent_encode(&plain, PATH).to_string()
        };
        let last = path.rfind('{').and_then(|open| path[open..].find('}').map(|close| (open, open + close)));
        match last {
            Some((open, close)) => {
                Template { before: encoded(&path[..open]), after: Some(encoded(&path[close + 1..])) }
            }
            None => Template { before: encoded(path), after: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_names_one_record_and_fills_the_rest_with_their_names() {
        let template = Template::of("/orgs/{org}/teams/{id}/members");
        assert_eq!((template.before.as_str(), template.after.as_deref()), ("/orgs/org/teams/", Some("/members")));
        assert_eq!(Template::of("/posts").after, None);
    }

    #[test]
    fn a_path_has_one_normal_form() {
        for (path, same) in [
            ("/things", "/things"),
            ("/%74hing%73/%7Eme", "/things/~me"),
            ("/a%2fb%20c%c3%a9", "/a%2Fb%20c%C3%A9"),
            ("/100%", "/100%"),
            ("/%7", "/%7"),
            ("/%+5%zz%é", "/%+5%zz%é"),
        ] {
            assert_eq!(normal(path), same);
        }
    }

    #[test]
    fn the_router_knows_parameters_by_position() {
        assert_eq!(routed("/orgs/{org}/teams/{id}"), "/orgs/{p1}/teams/{p2}");
        assert_eq!(routed("/files/{name}.json"), "/files/{p1}.json");
        assert_eq!(routed("/compare/{base}...{head}"), "/compare/{p1}");
    }
}
