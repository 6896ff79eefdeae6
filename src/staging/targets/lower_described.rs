//! Operations of OpenAPI descriptions: the declared inventory of a real API.

use std::io::Read as _;

use http::Method;

use super::lower::{Lowering, text};
use super::lower_operation::collection;
use super::{Body, Collection, Does, Operation, OriginIx, Piece, Proof, Request, Template};
use crate::import::openapi::{self, Answer, Description, Location, Requirement};
use crate::scenario::shape::shortened;
use crate::scenario::tree::Node;
use crate::scenario::{Code, Finding};

/// A description larger than this is not read.
const MOST_BYTES: u64 = 64 << 20;
const PATTERN: &str = "a pattern is `METHOD /path` or an operation's id, where `*` stands for anything";

impl Lowering<'_> {
    /// Every operation of the descriptions under `openapi`.
    pub(super) fn described_operations(&mut self, explore: &Node, collections: &mut Vec<Collection>) -> Vec<Operation> {
        let mut all = Vec::new();
        for node in explore.get("openapi").map_or(&[][..], Node::each) {
            let origin = node.get("origin").and_then(|name| self.origin_named(name.text()?, name));
            let (Some(origin), Some(description)) = (origin, self.description(node)) else { continue };
            let Some(prefix) = self.prefix(node.get("prefix")) else { continue };
            for note in description.notes.iter().take(12) {
                self.say(Finding::warning(Code::BadDescription, node.place, note.to_string()));
            }
            let patterns: Vec<&str> =
                node.get("only").map_or(&[][..], Node::each).iter().filter_map(Node::text).collect();
            for (pattern, place) in patterns.iter().zip(node.get("only").map_or(&[][..], Node::each)) {
                if !description.operations.iter().any(|operation| openapi::is_meant(pattern, operation)) {
                    let message = format!("no operation of the description matches `{}`", shortened(pattern));
                    self.say(Finding::new(Code::DanglingName, place.place, message).help(PATTERN));
                }
            }
            let taken = description.operations.iter().filter(|operation| {
                operation.shadowed_by.is_none()
                    && (patterns.is_empty() || patterns.iter().any(|pattern| openapi::is_meant(pattern, operation)))
            });
            for operation in taken {
                all.extend(self.described_operation(operation, (origin, prefix), node, collections));
            }
        }
        all
    }

    fn description(&mut self, node: &Node) -> Option<Description> {
        let file = node.get("file")?;
        let path = self.path(file.text()?);
        let opened = crate::scenario::opened(&path).and_then(|opened| {
            let mut bytes = Vec::new();
            opened.take(MOST_BYTES).read_to_end(&mut bytes)?;
            Ok(bytes)
        });
        let read = opened
            .map_err(|error| error.to_string())
            .and_then(|bytes| openapi::read(&bytes).map_err(|error| error.to_string()));
        read.map_err(|why| {
            let message = format!("`{}` cannot be used: {why}", path.display());
            let help = "name an OpenAPI or Swagger description; paths start from the folder of the targets file";
            self.say(Finding::new(Code::BadDescription, file.place, message).help(help));
        })
        .ok()
    }

    /// What stands before every path of a description; nothing where what is written is no such thing.
    fn prefix<'n>(&mut self, node: Option<&'n Node>) -> Option<&'n str> {
        let Some(node) = node else { return Some("") };
        let text = node.text().unwrap_or_default();
        if text.starts_with('/') && !text.contains(['?', '#', '{', '}']) && !text.chars().any(char::is_whitespace) {
            return Some(text.trim_end_matches('/'));
        }
        let message = format!("`{}` is not the beginning of a path", shortened(text));
        self.say(Finding::new(Code::BadHttp, node.place, message).help("write it as `/staging`"));
        None
    }

    fn described_operation(
        &self,
        described: &openapi::Operation,
        (origin, prefix): (OriginIx, &str),
        node: &Node,
        collections: &mut Vec<Collection>,
    ) -> Option<Operation> {
        let method = Method::from_bytes(described.method.name().as_bytes()).ok()?;
        if matches!(method, Method::HEAD | Method::OPTIONS | Method::TRACE) {
            return None;
        }
        let whole = described.path.split(['?', '#']).next().unwrap_or_default();
        let mut pieces: Vec<Piece> = Vec::new();
        push(&mut pieces, prefix);
        let (mut inside, mut telling) = (None, None);
        for segment in whole.split('/').skip(1) {
            push(&mut pieces, "/");
            match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(parameter) => {
                    let said = node.get("parameters").and_then(|map| text(map, parameter));
                    let name = said.or_else(|| telling.map(kebab)).unwrap_or_else(|| kebab(parameter));
                    inside = Some(collection(collections, &name));
                    pieces.push(Piece::Captured(name));
                }
                None => {
                    push(&mut pieces, segment);
                    telling = Some(segment).filter(|segment| !segment.contains(['{', '}']));
                }
            }
        }
        let ends_in_record = matches!(pieces.last(), Some(Piece::Captured(_)));
        let ids = match &described.answer {
            Answer::ListIn(field) => Some(field.as_str()),
            _ => None,
        };
        let shows_a_list = described.answer.is_list() || described.answer == Answer::Unknown;
        let does = match (inside, telling) {
            (Some(of), _) if ends_in_record => Does::One { of },
            (inside, Some(telling)) if shows_a_list && method == Method::GET => {
                Does::List { of: collection(collections, &kebab(telling)), ids_only: false, inside }
            }
            _ => Does::Nothing,
        };
        let (query, missing) = filled(described, node);
        if !query.is_empty() {
            push(&mut pieces, &format!("?{query}"));
        }
        let request = Request {
            method,
            origin,
            path: Template(pieces),
            with: None,
            headers: Vec::new(),
            body: Body::None,
            proof: Proof::default(),
            captures: Vec::new(),
        };
        let elsewhere = described.server.as_ref().map(|_| "it is on another server of its description".to_owned());
        let not_tried = self.why_not_tried(&request, None).or(elsewhere).or(missing);
        Some(Operation {
            name: described.id.clone(),
            request,
            does,
            ids: ids.map(|field| super::Pointer(vec![field.to_owned(), "*".to_owned()])),
            paging: None,
            documented: true,
            scopes: scopes(&described.requires),
            undo: None,
            not_tried,
        })
    }
}

/// Texts side by side are one.
pub(super) fn push(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(before)) => before.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// The query that an operation needs, as far as the file fills it in, and what is missing.
fn filled(described: &openapi::Operation, node: &Node) -> (String, Option<String>) {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let mut missing = None;
    for parameter in &described.parameters {
        let value = node.get("fill").and_then(|fill| text(fill, &parameter.name));
        match (parameter.location, value) {
            (Location::Query, Some(value)) => drop(query.append_pair(&parameter.name, &value)),
            (Location::Query | Location::Header | Location::Cookie, None) if parameter.required => {
                missing.get_or_insert_with(|| {
                    format!("it needs `{}`, and nothing under `fill` says what", parameter.name)
                });
            }
            _ => {}
        }
    }
    (query.finish(), missing)
}

fn scopes(requires: &Requirement) -> Vec<Vec<String>> {
    requires.alternatives().iter().map(|alternative| alternative.scopes().map(str::to_owned).collect()).collect()
}

/// A segment as the name of a collection.
pub(super) fn kebab(segment: &str) -> String {
    let mut name: String =
        segment.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    name = name.trim_matches('-').to_owned();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("x-{name}") }
}
