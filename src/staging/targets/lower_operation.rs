//! The operations that a targets file lists for an agent to explore.

use super::lower::{Lowering, text};
use super::lower_text::{path_alone, placeholder};
use super::{Body, Collection, CollectionIx, Does, FOUND, MARKER, Operation, Paging, Pointer, Request, Undo};
use crate::scenario::shape::shortened;
use crate::scenario::tree::{Key, Node};
use crate::scenario::{Code, Finding, quantity};

/// `-> collection records`.
struct Shows {
    collection: String,
    ids_only: bool,
}

impl Lowering<'_> {
    /// Every listed operation that can be read. Collections that their paths and answers name are added.
    pub(super) fn listed_operations(
        &mut self,
        explore: &Node,
        described: bool,
        collections: &mut Vec<Collection>,
    ) -> Vec<Operation> {
        let entries = explore.get("operations").map_or(&[][..], Node::entries);
        entries.iter().filter_map(|(key, node)| self.listed_operation(key, node, described, collections)).collect()
    }

    fn listed_operation(
        &mut self,
        key: &Key,
        node: &Node,
        described: bool,
        collections: &mut Vec<Collection>,
    ) -> Option<Operation> {
        let http = node.get("http").unwrap_or(node);
        let (asked, shows) = self.shown_by(http)?;
        let names = self.names_of_records(&asked);
        for name in names.iter().chain(shows.iter().map(|shows| &shows.collection)) {
            collection(collections, name);
        }
        let mut plain = node.clone();
        let asked = Node::scalar(asked, http.place);
        if node.get("http").is_some() {
            let key = Key { name: "http".into(), place: http.place };
            plain.put(&key, asked);
        } else {
            plain = asked;
        }
        let filled: Vec<String> = names.iter().cloned().chain([MARKER.to_owned()]).collect();
        let request = self.request(&plain, &filled)?;
        if self.credentials_in(&request) {
            self.say(
                Finding::new(Code::Contradiction, http.place, "the agent presents its credentials itself")
                    .help("leave the credential out of the request"),
            );
        }
        let created = node.get("creates").and_then(Node::text).map(|name| collection(collections, name));
        let undo = node.get("undo").and_then(|undo| self.undo(undo, &request, &filled));
        let last = names.last().map(|name| collection(collections, name));
        let ends_in_it = request.path.0.last().is_some_and(|piece| matches!(piece, super::Piece::Captured(_)));
        let writes = self.writes(&request);
        let does = match (&shows, last) {
            _ if created.is_some() => Does::Create { of: created? },
            (_, Some(of)) if writes && request.method == http::Method::DELETE => Does::Remove { of },
            (_, Some(of)) if writes => Does::Change { of },
            (Some(shows), inside) => {
                let of = collection(collections, &shows.collection);
                if ends_in_it && inside == Some(of) {
                    Does::One { of }
                } else {
                    Does::List { of, ids_only: shows.ids_only, inside }
                }
            }
            (None, Some(of)) => Does::One { of },
            (None, None) => Does::Nothing,
        };
        let not_tried = self.why_not_tried(&request, undo.as_ref());
        let documented = text(node, "documented").as_deref().and_then(quantity::boolean);
        Some(Operation {
            name: key.name.clone(),
            request,
            does,
            ids: node.get("ids").and_then(|node| self.starred_pointer(node)),
            paging: node.get("paging").and_then(|node| self.paging(node)),
            documented: documented.unwrap_or(!described),
            scopes: Vec::new(),
            undo,
            not_tried,
        })
    }

    /// The request, and what its answer shows.
    fn shown_by(&mut self, http: &Node) -> Option<(String, Option<Shows>)> {
        let text = http.text()?;
        let Some((asked, shows)) = text.split_once("->") else { return Some((text.trim().to_owned(), None)) };
        let mut words = shows.split_whitespace();
        let shown = match (words.next(), words.next(), words.next()) {
            (Some(name), None | Some("records"), None) => Some((name, false)),
            (Some(name), Some("ids"), None) => Some((name, true)),
            _ => None,
        };
        let Some((name, ids_only)) = shown.filter(|(name, _)| is_name(name)) else {
            let message = format!("`{}` is no collection that an answer shows", shortened(shows.trim()));
            self.say(
                Finding::new(Code::BadHttp, http.place, message)
                    .help("write `-> tickets records`, or `-> tickets ids` where it shows no more of them"),
            );
            return None;
        };
        Some((asked.trim().to_owned(), Some(Shows { collection: name.to_owned(), ids_only })))
    }

    /// What stands in braces and is no credential: a record of that collection.
    fn names_of_records(&self, asked: &str) -> Vec<String> {
        let (mut names, mut rest) = (Vec::new(), asked);
        while let Some((_, name, after)) = placeholder(rest) {
            if name != MARKER && self.credentials.iter().all(|credential| credential.name != name) {
                names.push(name.to_owned());
            }
            rest = after;
        }
        names
    }

    fn credentials_in(&self, request: &Request) -> bool {
        request.with.is_some() || (0..self.credentials.len()).any(|ix| request.mentions(super::CredentialIx(ix)))
    }

    pub(super) fn writes(&self, request: &Request) -> bool {
        self.rules.is_write(&request.method, request.origin, &path_alone(&request.path))
    }

    /// What writes is left alone, unless it is listed and it is known how it is undone.
    pub(super) fn why_not_tried(&self, request: &Request, undo: Option<&Undo>) -> Option<String> {
        let path = path_alone(&request.path);
        match (self.writes(request), self.rules.allows(&request.method, request.origin, &path), undo) {
            (false, ..) | (true, true, Some(_)) => None,
            (true, false, _) => Some("it counts as a write, and `writes` does not list it".to_owned()),
            (true, true, None) => Some("it counts as a write, and nothing says how it is undone".to_owned()),
        }
    }

    /// How a write is undone.
    fn undo(&mut self, node: &Node, request: &Request, filled: &[String]) -> Option<Undo> {
        let wrong = |message: &str, help: &str| Finding::new(Code::Contradiction, node.place, message).help(help);
        if node.text() == Some("own") {
            if request.method != http::Method::DELETE {
                self.say(wrong(
                    "only what removes is sent for this run's own",
                    "say how it is undone: `find` and `delete`, or `get`",
                ));
            }
            return Some(Undo::OwnOnly);
        }
        let with_id: Vec<String> = filled.iter().cloned().chain([FOUND.to_owned()]).collect();
        let find = node.get("find").and_then(|find| self.request(find, filled));
        let delete = node.get("delete").and_then(|delete| self.request(delete, &with_id));
        let get = node.get("get").and_then(|get| self.request(get, filled));
        match (find, delete, get) {
            (Some(find), Some(delete), None) => {
                if !mentions(request, MARKER) || !mentions(&find, MARKER) {
                    self.say(wrong(
                        "what a write makes is found by the mark `{marker}`, which one of the two does not have",
                        "put `{marker}` into the path or body of the write, and into `find`",
                    ));
                }
                if self.writes(&find) {
                    self.say(wrong("`find` reads, and this counts as a write", "look it up with GET"));
                }
                let path = path_alone(&delete.path);
                if !self.rules.allows(&delete.method, delete.origin, &path) {
                    self.say(wrong(
                        "`delete` would be refused: it is a write",
                        "list it under `writes`, with `*` for what is filled in",
                    ));
                }
                Some(Undo::Marked {
                    find: Box::new(find),
                    ids: node.get("ids").and_then(|node| self.starred_pointer(node)),
                    delete: Box::new(delete),
                })
            }
            (None, None, Some(get)) => {
                if request.method != http::Method::PUT || self.writes(&get) {
                    self.say(wrong(
                        "only a PUT is undone by what stood there before, which a GET shows",
                        "use PUT, and GET",
                    ));
                }
                let ignored = node.get("ignore").map_or(&[][..], Node::each);
                Some(Undo::PutBack {
                    get: Box::new(get),
                    ignore: ignored.iter().filter_map(|node| self.starred_pointer(node)).collect(),
                })
            }
            _ => {
                self.say(wrong("this is no way to undo a write", "write `find` and `delete`, or `get`, or `own`"));
                None
            }
        }
    }

    /// A JSON pointer in which `*` may stand.
    pub(super) fn starred_pointer(&mut self, node: &Node) -> Option<Pointer> {
        self.pointer(node).and_then(|text| Pointer::parse(&text))
    }

    pub(super) fn paging(&mut self, node: &Node) -> Option<Paging> {
        match node.text() {
            Some("none") => return Some(Paging::None),
            Some(_) => return Some(Paging::Usual),
            None => {}
        }
        let ways = ["url", "cursor", "page", "offset"].map(|way| node.get(way).is_some());
        if ways.into_iter().filter(|there| *there).count() != 1 {
            self.say(
                Finding::new(Code::Contradiction, node.place, "there is one way from page to page")
                    .help("write one of `url`, `cursor`, `page` and `offset`"),
            );
            return None;
        }
        if let Some(url) = node.get("url") {
            return self.starred_pointer(url).map(Paging::Url);
        }
        if let Some(cursor) = node.get("cursor") {
            let at = self.starred_pointer(cursor)?;
            let Some(field) = text(node, "as") else {
                self.say(
                    Finding::new(Code::MissingKey, cursor.place, "nothing says how the cursor is sent back")
                        .help("name the field of the query: `as: after`"),
                );
                return None;
            };
            return Some(Paging::Cursor { at, field });
        }
        let first = text(node, "first").and_then(|n| quantity::count(&n)).unwrap_or(1);
        let page = text(node, "page").map(|field| Paging::Page { field, first });
        page.or_else(|| text(node, "offset").map(|field| Paging::Offset { field }))
    }
}

/// The number of a collection, which is added where it is new.
pub(super) fn collection(all: &mut Vec<Collection>, name: &str) -> CollectionIx {
    let known = all.iter().position(|known| known.name == name);
    CollectionIx(known.unwrap_or_else(|| {
        all.push(Collection { name: name.to_owned(), class: None });
        all.len() - 1
    }))
}

/// Whether a placeholder stands anywhere in a request.
fn mentions(request: &Request, name: &str) -> bool {
    let inside = |template: &super::Template| template.captured().any(|known| known == name);
    let in_body = match &request.body {
        Body::None => false,
        Body::Form(fields) => fields.iter().any(|(_, value)| inside(value)),
        Body::Json(value, _) => value.to_string().contains(&format!("{{{name}}}")),
        Body::Text(text) => inside(text),
    };
    in_body || inside(&request.path)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}
