//! From text to a tree, with nesting and size bounded while it grows.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::error::ImportError;
use super::limits::{MAX_DEPTH, MAX_NODES};
use super::note::{NoteKind, Notes, short};
use super::place::Place;
use super::tree::{Fields, Tree};

/// JSON where the text begins like JSON and is; otherwise YAML, whose flow style also begins with a brace.
pub(super) fn tree(text: &str) -> Result<(Tree, Notes), ImportError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().starts_with('{') {
        return yaml(text);
    }
    match json(text) {
        Err(ImportError::NotJson(wrong)) => yaml(text).map_err(|error| match error {
            ImportError::NotYaml { .. } => ImportError::NotJson(wrong),
            bound => bound,
        }),
        read => read,
    }
}

fn json(text: &str) -> Result<(Tree, Notes), ImportError> {
    let ledger = Ledger::default();
    let mut source = serde_json::Deserializer::from_str(text);
    let read = Branch::top(&ledger).deserialize(&mut source).and_then(|tree| source.end().map(|()| tree));
    ledger.close(read, ImportError::NotJson)
}

fn yaml(text: &str) -> Result<(Tree, Notes), ImportError> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 3 * MAX_NODES,
            max_nodes: MAX_NODES,
            max_depth: 2 * MAX_DEPTH,
            max_documents: 1,
        },
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        with_snippet: false,
    };
    let ledger = Ledger::default();
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options, |source| {
        Branch::top(&ledger).deserialize(source)
    });
    ledger.close(read, |error| ImportError::NotYaml { said: short(&error.to_string()) })
}

#[derive(Default)]
struct Ledger {
    nodes: Cell<usize>,
    breach: Cell<Option<Bound>>,
    notes: RefCell<Notes>,
}

#[derive(Clone, Copy)]
enum Bound {
    Depth,
    Nodes,
}

impl Ledger {
    fn breach<E: Error>(&self, bound: Bound) -> E {
        self.breach.set(Some(bound));
        E::custom("a bound of the importer is passed")
    }

    fn close<E>(
        self,
        read: Result<Tree, E>,
        wrong: impl FnOnce(E) -> ImportError,
    ) -> Result<(Tree, Notes), ImportError> {
        match (read, self.breach.get()) {
            (Ok(tree), _) => Ok((tree, self.notes.into_inner())),
            (Err(_), Some(Bound::Depth)) => Err(ImportError::TooDeep),
            (Err(_), Some(Bound::Nodes)) => Err(ImportError::TooManyValues),
            (Err(error), None) => Err(wrong(error)),
        }
    }
}

#[derive(Clone, Copy)]
struct Branch<'a> {
    ledger: &'a Ledger,
    place: Place<'a>,
    depth: usize,
}

impl<'a> Branch<'a> {
    fn top(ledger: &'a Ledger) -> Branch<'a> {
        Branch { ledger, place: Place::TOP, depth: 0 }
    }

    fn below(&self, place: Place<'a>) -> Branch<'a> {
        Branch { ledger: self.ledger, place, depth: self.depth + 1 }
    }
}

impl<'de> DeserializeSeed<'de> for Branch<'_> {
    type Value = Tree;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Tree, D::Error> {
        if self.depth > MAX_DEPTH {
            return Err(self.ledger.breach(Bound::Depth));
        }
        let nodes = self.ledger.nodes.get() + 1;
        self.ledger.nodes.set(nodes);
        if nodes > MAX_NODES {
            return Err(self.ledger.breach(Bound::Nodes));
        }
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Branch<'_> {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, source: D) -> Result<Tree, D::Error> {
        source.deserialize_any(self)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_string()))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Tree, E> {
        Ok(Number::from_f64(value).map_or_else(|| Tree::Text(value.to_string()), Tree::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Tree, E> {
        Ok(Tree::Text(value))
    }

    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<Tree, E> {
        Ok(Tree::Text(String::from_utf8_lossy(value).into_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = source.next_element_seed(self.below(self.place.item(items.len())))? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Tree, A::Error> {
        let mut fields = Fields::new();
        while let Some(key) = source.next_key::<String>()? {
            let value = source.next_value_seed(self.below(self.place.key(&key)))?;
            if fields.contains_key(&key) {
                let sentence = "this key stands here more than once; only the last one counts";
                self.ledger.notes.borrow_mut().add(NoteKind::DuplicateKey, self.place.key(&key), sentence);
            }
            fields.insert(key, value);
        }
        Ok(Tree::Map(Box::new(fields)))
    }
}
