//! YAML as a tree that remembers where everything stood. All of the format is read from this tree, so that every
//! finding can point into the file, short and long forms can be told apart, and variants can be laid over it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::quantity;

/// A range of bytes in the source.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Place {
    pub start: usize,
    pub len: usize,
}

impl Place {
    /// Of values that came from the command line.
    pub const OUTSIDE: Place = Place { start: usize::MAX, len: 0 };
}

/// A value and where it stood.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    pub value: Value,
    pub place: Place,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    Null,
    /// As it was written; what it means depends on where it stands.
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Key {
    pub name: String,
    pub place: Place,
}

impl Node {
    pub fn scalar(text: impl Into<String>, place: Place) -> Node {
        Node { value: Value::Scalar(text.into()), place }
    }

    /// Gives what YAML reads as a number or a boolean the text that its author wrote: an argument `1.10` is not `1.1`.
    pub fn as_written(&mut self, source: &str) {
        match &mut self.value {
            Value::Null => {}
            Value::Scalar(text) => written(text, self.place, source),
            Value::List(items) => items.iter_mut().for_each(|item| item.as_written(source)),
            Value::Map(entries) => {
                for (key, node) in entries {
                    written(&mut key.name, key.place, source);
                    node.as_written(source);
                }
            }
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The elements of a list, or the node itself where one stands for a list of one.
    pub fn each(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(k, _)| k.name == key).map(|(_, node)| node)
    }

    /// A key as it is written, for findings about its value.
    pub fn key(&self, key: &str) -> Option<&Key> {
        self.entries().iter().map(|(k, _)| k).find(|k| k.name == key)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.value {
            Value::Map(entries) => entries.iter_mut().find(|(k, _)| k.name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// Puts a value under a key, in the place of an older one or at the end.
    pub fn put(&mut self, key: &Key, node: Node) {
        if !matches!(self.value, Value::Map(_)) {
            self.value = Value::Map(Vec::new());
        }
        let Value::Map(entries) = &mut self.value else { return };
        match entries.iter_mut().find(|(k, _)| k.name == key.name) {
            Some((_, old)) => *old = node,
            None => entries.push((key.clone(), node)),
        }
    }

    pub fn remove(&mut self, key: &str) {
        if let Value::Map(entries) = &mut self.value {
            entries.retain(|(k, _)| k.name != key);
        }
    }

    /// The tree as JSON, every scalar as it was written.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Scalar(text) => serde_json::Value::String(text.clone()),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(entries) => {
                let pair = |(k, n): &(Key, Node)| {
                    serde_json::Value::Array(vec![serde_json::Value::String(k.name.clone()), n.to_json()])
                };
                let pairs = serde_json::Value::Array(entries.iter().map(pair).collect());
                serde_json::Value::Object(serde_json::Map::from_iter([("map".to_owned(), pairs)]))
            }
        }
    }

    /// The tree behind what [`Node::to_json`] wrote. Nothing in it has a place.
    pub fn from_json(json: &serde_json::Value) -> Option<Node> {
        let value = match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::String(text) => Value::Scalar(text.clone()),
            serde_json::Value::Array(items) => Value::List(items.iter().map(Node::from_json).collect::<Option<_>>()?),
            serde_json::Value::Object(object) => {
                let pairs = object.get("map")?.as_array()?;
                let entry = |pair: &serde_json::Value| {
                    let key = Key { name: pair.get(0)?.as_str()?.to_owned(), place: Place::default() };
                    Some((key, Node::from_json(pair.get(1)?)?))
                };
                Value::Map(pairs.iter().map(entry).collect::<Option<_>>()?)
            }
            _ => return None,
        };
        Some(Node { value, place: Place::default() })
    }
}

fn written(text: &mut String, place: Place, source: &str) {
    let Some(plain) = source.get(place.start..place.start.saturating_add(place.len)).map(str::trim) else { return };
    let same_number = || number(plain).zip(number(text)).is_some_and(|(a, b)| a == b);
    if same_number() || quantity::boolean(plain).map(|yes| if yes { "yes" } else { "no" }) == Some(text) {
        plain.clone_into(text);
    }
}

/// A number as YAML 1.2 writes it (section 10.3.2).
fn number(text: &str) -> Option<f64> {
    let digits = |prefix, radix| text.strip_prefix(prefix).and_then(|digits| u32::from_str_radix(digits, radix).ok());
    digits("0x", 16).or_else(|| digits("0o", 8)).map(f64::from).or_else(|| text.parse().ok())
}

fn place(location: serde_saphyr::Location) -> Place {
    let span = location.span();
    match (span.byte_offset(), span.byte_len()) {
        (Some(start), Some(len)) => Place { start: start as usize, len: len as usize },
        _ => Place::default(),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        let Spanned { value, referenced, .. } = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Node { value, place: place(referenced) })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Scalar(if v { "yes" } else { "no" }.to_owned()))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::Scalar(v.to_string()))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(Value::Scalar(v.to_string()))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
        Ok(Value::Scalar(v.to_string()))
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::Scalar(v.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Node>()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry::<Spanned<Word>, Node>()? {
            let Spanned { value: Word(name), referenced, .. } = key;
            entries.push((Key { name, place: place(referenced) }, value));
        }
        Ok(Value::Map(entries))
    }
}

/// What may be a key.
struct Word(String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
        deserializer.deserialize_any(AnyWord)
    }
}

struct AnyWord;

impl Visitor<'_> for AnyWord {
    type Value = Word;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word for a key")
    }

    fn visit_unit<E>(self) -> Result<Word, E> {
        Ok(Word("null".to_owned()))
    }

    fn visit_bool<E>(self, v: bool) -> Result<Word, E> {
        Ok(Word(if v { "yes" } else { "no" }.to_owned()))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Word, E> {
        Ok(Word(v.to_string()))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Word, E> {
        Ok(Word(v.to_string()))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Word, E> {
        Ok(Word(v.to_string()))
    }

    fn visit_str<E>(self, v: &str) -> Result<Word, E> {
        Ok(Word(v.to_owned()))
    }
}
