//! What an agent may explore of a real API, and how its answers are read.

use std::sync::Arc;

use http::Method;

use super::{CredentialIx, Learnt, Present, Request};
use crate::model::agent::Strategy;
use crate::scenario::tree::Node;
use crate::wire::SecretKind;

/// The number of an operation in its file: those that are listed, then those of descriptions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OperationIx(pub usize);

/// The number of a collection in its file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CollectionIx(pub usize);

/// An exploration, read and checked.
#[derive(Clone, Debug)]
pub struct ExplorePlan {
    pub operations: Vec<Operation>,
    pub collections: Vec<Collection>,
    pub paging: Paging,
    /// Whether links that no operation fits are followed as well.
    pub follows_all_links: bool,
    pub secrets: Vec<SecretRule>,
    pub use_found: UseFound,
    /// What is no excess.
    pub may: Vec<OperationIx>,
    /// What credentials were meant to open.
    pub meant: Vec<Meant>,
    /// Who explores beside the identity, once the checks have held.
    pub also: Vec<Wider>,
    pub strategy: Strategy,
    pub connections: u16,
    /// More of one answer is not read.
    pub largest_body: usize,
    /// What recordings of traffic taught.
    pub learnt: Vec<Learnt>,
    /// As they were written: measures with what is tolerated.
    pub limits: Option<Node>,
}

/// Records of one kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collection {
    pub name: String,
    /// Its data class, where the file says.
    pub class: Option<String>,
}

/// Something that can be asked.
#[derive(Clone, Debug)]
pub struct Operation {
    pub name: String,
    /// Placeholders of its path stand for ids of records, by the name of their collection.
    pub request: Request,
    pub does: Does,
    /// Where the ids stand in its answer; where it does not say, they are looked for.
    pub ids: Option<Pointer>,
    /// Where that is not as everywhere.
    pub paging: Option<Paging>,
    /// Whether the declared inventory has it.
    pub documented: bool,
    /// What a token needs for it, as a description says: OR of AND.
    pub scopes: Vec<Vec<String>>,
    /// How it is undone, where it writes and may.
    pub undo: Option<Undo>,
    /// Why nobody tries it, where that is so.
    pub not_tried: Option<String>,
}

impl ExplorePlan {
    /// The token requests that found clients are tried by: none where they are only told of.
    pub fn minting(&self) -> impl Iterator<Item = &Mint> {
        let rules = self.secrets.iter().filter(|_| self.use_found == UseFound::Listed);
        rules.filter_map(|rule| rule.mint.as_deref())
    }
}

/// How a write is undone.
#[derive(Clone, Debug)]
pub enum Undo {
    /// What it makes carries a mark of this run: that is looked up, and removed.
    Marked { find: Box<Request>, ids: Option<Pointer>, delete: Box<Request> },
    /// What stood there is read first, and put back by the same request.
    PutBack { get: Box<Request>, ignore: Vec<Pointer> },
    /// It removes, and is sent for what this run made only.
    OwnOnly,
}

/// What an operation does, as far as its method, path and answer tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Does {
    /// Shows records of a collection, or their ids alone; of those inside one record of another, where there is one.
    List { of: CollectionIx, ids_only: bool, inside: Option<CollectionIx> },
    /// Shows one record, which its path names.
    One { of: CollectionIx },
    /// Makes a record.
    Create { of: CollectionIx },
    /// Changes one record, which its path names.
    Change { of: CollectionIx },
    /// Removes one record, which its path names.
    Remove { of: CollectionIx },
    /// Touches nothing that the file tells of.
    Nothing,
}

/// A JSON pointer (RFC 6901) in which `*` stands for every element of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pointer(pub Vec<String>);

/// How an answer says where the next page is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Paging {
    /// By any of the usual ways: a `Link` header (RFC 8288), a URL or a cursor in the body under a usual name.
    Usual,
    /// There is one page only.
    None,
    /// A URL in the body.
    Url(Pointer),
    /// A cursor in the body, sent back as this field of the query.
    Cursor { at: Pointer, field: String },
    /// Pages are counted in this field of the query. The first page that shows nothing new is the last.
    Page { field: String, first: u64 },
    /// Records are counted in this field of the query.
    Offset { field: String },
}

/// Which found secrets are tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UseFound {
    None,
    /// Those that were laid out for it.
    Canary,
    /// Those, and the target's own by their shape.
    Listed,
}

/// Secrets that the target's owner knows of.
#[derive(Clone, Debug)]
pub struct SecretRule {
    pub name: String,
    pub looks: Looks,
    pub kind: SecretKind,
    pub present: Present,
    /// What it has to be changed for before it opens anything.
    pub mint: Option<Arc<Mint>>,
}

/// A request that changes a found OAuth client for a token (RFC 6749 section 4.4).
#[derive(Clone, Debug)]
pub struct Mint {
    /// It is sent with the client as HTTP Basic (section 2.3.1).
    pub request: Request,
    /// The JSON pointer to the token in its answer.
    pub take: String,
}

/// How one is recognised.
#[derive(Clone, Debug)]
pub enum Looks {
    /// It is this credential, byte for byte: a canary.
    Exactly(CredentialIx),
    /// It has the shape of the target's own. What the shape names `secret` is the credential, with what it names `user`
    /// before it: `user:secret`. Where it names nothing, all of it is.
    Like(regex::Regex),
}

/// What a credential was meant to open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meant {
    pub credential: CredentialIx,
    pub operations: Vec<OperationIx>,
    /// Scopes that it was given, by name, with the operations that each opens.
    pub scopes: Vec<(String, Vec<OperationIx>)>,
}

/// Somebody who explores later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wider {
    pub name: String,
    pub credentials: Vec<CredentialIx>,
}

/// The placeholder for the mark of a run, and the one for what was found by it.
pub const MARKER: &str = "marker";
pub const FOUND: &str = "id";

impl ExplorePlan {
    pub fn operation(&self, ix: OperationIx) -> &Operation {
        &self.operations[ix.0]
    }

    pub fn collection(&self, ix: CollectionIx) -> &Collection {
        &self.collections[ix.0]
    }

    pub fn operation_ids(&self) -> impl Iterator<Item = OperationIx> + use<> {
        (0..self.operations.len()).map(OperationIx)
    }
}

impl Operation {
    /// The collection whose records are named by a placeholder of the path, for each of them, in order.
    pub fn parameters<'a>(&self, plan: &'a ExplorePlan) -> Vec<(&'a str, CollectionIx)> {
        let names = self.request.path.captured().filter(|name| *name != MARKER);
        let ix = |name: &str| plan.collections.iter().position(|coll| coll.name == name);
        names.filter_map(|name| ix(name).map(|at| (plan.collections[at].name.as_str(), CollectionIx(at)))).collect()
    }

    /// Whether a link to it can be followed.
    pub fn is_read(&self) -> bool {
        self.request.method == Method::GET && self.not_tried.is_none()
    }
}

impl Pointer {
    /// Reads `/items/*/id`.
    pub fn parse(text: &str) -> Option<Pointer> {
        let steps = text.strip_prefix('/')?;
        Some(Pointer(steps.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect()))
    }

    /// Everything that stands there, in order.
    pub fn all<'v>(&self, value: &'v serde_json::Value) -> Vec<&'v serde_json::Value> {
        let mut found = vec![value];
        for step in &self.0 {
            found = found.into_iter().flat_map(|value| at(value, step)).collect();
        }
        found
    }
}

fn at<'v>(value: &'v serde_json::Value, step: &str) -> Vec<&'v serde_json::Value> {
    match value {
        serde_json::Value::Array(items) if step == "*" => items.iter().collect(),
        serde_json::Value::Array(items) => step.parse::<usize>().ok().and_then(|n| items.get(n)).into_iter().collect(),
        serde_json::Value::Object(fields) if step == "*" => fields.values().collect(),
        serde_json::Value::Object(fields) => fields.get(step).into_iter().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_with_a_star_finds_every_element() {
        let value = serde_json::json!({"items": [{"id": 1}, {"id": "b"}, {}], "a/b": {"~": 7}});
        let of = |text: &str| Pointer::parse(text).unwrap().all(&value).into_iter().cloned().collect::<Vec<_>>();
        assert_eq!(of("/items/*/id"), [serde_json::json!(1), serde_json::json!("b")]);
        assert_eq!(of("/items/1/id"), [serde_json::json!("b")]);
        assert_eq!(of("/a~1b/~0"), [serde_json::json!(7)]);
        assert!(of("/none/*/id").is_empty());
        assert!(Pointer::parse("items").is_none());
    }
}
