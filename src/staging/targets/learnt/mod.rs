//! Operations that a recording of traffic shows: what somebody who saw it would know of.

mod template;
mod traffic;

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use url::Url;

use super::lower::Lowering;
use super::lower_described::{kebab, push};
use super::lower_operation::collection;
use super::{Body, Collection, Does, MARKER, Operation, OriginIx, Piece, Proof, Request, Template as Path};
use crate::scenario::shape::shortened;
use crate::scenario::tree::Node;
use crate::scenario::{Code, Finding};
use crate::staging::origin::OriginKey;
use crate::staging::reconcile::Mapping;
use template::{Segment, Template, templates};
use traffic::{Kind, Seen, Traffic};

/// More operations than these are none that somebody meant.
const MOST_OPERATIONS: usize = 500;

/// What a recording taught.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Learnt {
    /// The file, as it was named.
    pub file: String,
    /// Each operation as `GET api:/tickets/{tickets}`, with how often it was seen, and why it is not tried.
    pub operations: Vec<(String, u64, Option<String>)>,
    /// What was left out, and how often.
    pub left_out: BTreeMap<&'static str, u64>,
}

impl Lowering<'_> {
    /// Every operation of the recordings under `learnt`.
    pub(super) fn learnt_operations(
        &mut self,
        explore: &Node,
        described: bool,
        collections: &mut Vec<Collection>,
    ) -> (Vec<Operation>, Vec<Learnt>) {
        let (mut operations, mut all) = (Vec::new(), Vec::new());
        for node in explore.get("learnt").map_or(&[][..], Node::each) {
            let origin = node.get("origin").and_then(|name| self.origin_named(name.text()?, name));
            let (Some(origin), Some(traffic)) = (origin, self.traffic(node)) else { continue };
            let mut learnt = Learnt {
                file: node.get("file").and_then(Node::text).unwrap_or_default().to_owned(),
                operations: Vec::new(),
                left_out: BTreeMap::new(),
            };
            if traffic.unread > 0 {
                learnt.left_out.insert("lines that say nothing", traffic.unread);
            }
            let paths = self.paths(origin, traffic.requests, &mut learnt.left_out);
            let found = templates(&paths);
            if found.len() > MOST_OPERATIONS {
                let message = format!("`{}` shows {} different operations", shortened(&learnt.file), found.len());
                self.say(
                    Finding::warning(Code::Unused, node.place, message)
                        .help(format!("the {MOST_OPERATIONS} that were seen most are taken")),
                );
            }
            if found.is_empty() {
                let message = format!("`{}` shows nothing that could be asked of this origin", shortened(&learnt.file));
                self.say(
                    Finding::new(Code::EmptyWorld, node.place, message)
                        .help("look whether it is about this origin, and whether anything was accepted in it"),
                );
            }
            let shown: BTreeSet<Template> = found.keys().map(|(_, template)| template.clone()).collect();
            let mut by_times: Vec<((String, Template), u64)> = found.into_iter().collect();
            by_times.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
            for ((method, template), times) in by_times.into_iter().take(MOST_OPERATIONS) {
                let operation = self.learnt_operation(origin, (&method, &template), &shown, described, collections);
                let line = format!("{method} {}:{}", self.origins[origin.0].name, written(&operation.request.path));
                learnt.operations.push((line, times, operation.not_tried.clone()));
                operations.push(operation);
            }
            all.push(learnt);
        }
        (operations, all)
    }

    fn traffic(&mut self, node: &Node) -> Option<Traffic> {
        let file = node.get("file")?;
        let path = self.path(file.text()?);
        let said = node.get("format").and_then(Node::text).and_then(Kind::parse);
        let fields: Vec<String> = node
            .get("fields")
            .map_or(&[][..], Node::entries)
            .iter()
            .filter_map(|(key, place)| Some(format!("{}={}", key.name, place.text()?)))
            .collect();
        let help = "name a HAR file, an access log in the common or combined format, or JSON lines or CSV with `fields: \
                    {method: /method, path: /uri, status: /status}`";
        let read = Mapping::of(&fields)
            .and_then(|mapping| match traffic::is_enough(&mapping) {
                true => Ok(mapping),
                false => Err("nothing says where the path stands".to_owned()),
            })
            .and_then(|mapping| traffic::read(&path, said.unwrap_or_else(|| Kind::of(&path)), &mapping));
        match read {
            Ok(traffic) if traffic.requests.is_empty() => {
                let message = format!("`{}` shows no request", path.display());
                self.say(Finding::new(Code::EmptyWorld, file.place, message).help(help));
                None
            }
            Ok(traffic) => Some(traffic),
            Err(why) => {
                let message = format!("`{}` cannot be used: {why}", path.display());
                self.say(Finding::new(Code::BadDescription, file.place, message).help(help));
                None
            }
        }
    }

    /// The paths that were asked of the origin and answered, each with its method. Queries are left out with all that
    /// stands in them.
    fn paths(
        &self,
        origin: OriginIx,
        requests: Vec<Seen>,
        left_out: &mut BTreeMap<&'static str, u64>,
    ) -> Vec<(String, String)> {
        let own = &self.origins[origin.0].at;
        let mut kept = Vec::new();
        for Seen { method, target, status } in requests {
            let path = match Url::parse(&target) {
                Ok(url) if OriginKey::of(&url).as_ref() == Some(own) => Some(url.path().to_owned()),
                Ok(_) => None,
                Err(_) => Some(target.split(['?', '#']).next().unwrap_or_default().to_owned()),
            };
            let method = match method.to_ascii_uppercase().as_str() {
                // What HEAD asks about, GET reads.
                "HEAD" => "GET".to_owned(),
                other => other.to_owned(),
            };
            let why = match &path {
                None => Some("requests to other origins"),
                Some(path) if !path.starts_with('/') => Some("lines that say nothing"),
                Some(_) if status == Some(0) => Some("requests of which no answer is told"),
                Some(_) if status.is_some_and(|status| status >= 400) => Some("requests that were refused or failed"),
                Some(_) if !matches!(&*method, "GET" | "POST" | "PUT" | "PATCH" | "DELETE") => {
                    Some("requests by methods that no agent uses")
                }
                Some(path) if is_file_of_page(path) => Some("files of web pages"),
                Some(_) => None,
            };
            match (why, path) {
                (None, Some(path)) => kept.push((method, path)),
                (why, _) => *left_out.entry(why.unwrap_or_default()).or_default() += 1,
            }
        }
        kept
    }

    fn learnt_operation(
        &self,
        origin: OriginIx,
        (method, template): (&str, &Template),
        shown: &BTreeSet<Template>,
        described: bool,
        collections: &mut Vec<Collection>,
    ) -> Operation {
        let (mut pieces, mut name) = (Vec::new(), method.to_ascii_lowercase());
        let (mut inside, mut telling) = (None, None);
        for segment in template {
            push(&mut pieces, "/");
            match segment {
                Segment::Literal(text) => {
                    push(&mut pieces, text);
                    name = format!("{name}-{}", kebab(text));
                    telling = Some(text.as_str()).filter(|text| !text.is_empty());
                }
                Segment::Id => {
                    let of = free_name(&pieces, telling.map_or_else(|| "records".to_owned(), kebab));
                    name += "-one";
                    inside = Some(collection(collections, &of));
                    pieces.push(Piece::Captured(of));
                }
            }
        }
        let is_listed = shown.contains(&[template.as_slice(), &[Segment::Id]].concat());
        let ends_in_record = template.last() == Some(&Segment::Id);
        let does = match (inside, telling) {
            (Some(of), _) if ends_in_record && method == "DELETE" => Does::Remove { of },
            (Some(of), _) if ends_in_record && method != "GET" => Does::Change { of },
            (inside, Some(telling)) if is_listed && !ends_in_record && method == "GET" => {
                Does::List { of: collection(collections, &kebab(telling)), ids_only: true, inside }
            }
            (Some(of), _) => Does::One { of },
            _ => Does::Nothing,
        };
        let request = Request {
            method: Method::from_bytes(method.as_bytes()).unwrap_or_default(),
            origin,
            path: Path(pieces),
            with: None,
            headers: Vec::new(),
            body: Body::None,
            proof: Proof::default(),
            captures: Vec::new(),
        };
        let not_tried = self.why_not_tried(&request, None);
        name.truncate(80);
        Operation {
            name,
            request,
            does,
            ids: None,
            paging: None,
            documented: !described,
            scopes: Vec::new(),
            undo: None,
            not_tried,
        }
    }
}

/// A name that no other parameter of the path has.
fn free_name(pieces: &[Piece], name: String) -> String {
    let taken = |name: &str| name == MARKER || pieces.iter().any(|piece| *piece == Piece::Captured(name.to_owned()));
    let numbered = (2..).map(|n| format!("{name}-{n}"));
    std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(name)
}

/// A path with the names of its parameters.
fn written(path: &Path) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Captured(name) => format!("{{{name}}}"),
        Piece::Credential(_) | Piece::Issued { .. } => String::new(),
    };
    path.0.iter().map(piece).collect()
}

/// What a browser fetches to show a page.
fn is_file_of_page(path: &str) -> bool {
    const ENDINGS: &[&str] =
        &["css", "gif", "ico", "jpeg", "jpg", "js", "map", "png", "svg", "ttf", "webp", "woff", "woff2"];
    path.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}
