//! A document as it was written: keys keep their order, numbers keep their print.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde_json::Number;

pub(super) type Fields = IndexMap<String, Tree>;

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Tree {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Tree>),
    Map(Box<Fields>),
}

impl Tree {
    pub fn map(&self) -> Option<&Fields> {
        match self {
            Tree::Map(fields) => Some(fields),
            _ => None,
        }
    }

    pub fn list(&self) -> Option<&[Tree]> {
        match self {
            Tree::List(items) => Some(items),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text, or a number that a YAML author meant as one: `version: 1.0`.
    pub fn scalar(&self) -> Option<Cow<'_, str>> {
        match self {
            Tree::Text(text) => Some(Cow::Borrowed(text)),
            Tree::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    pub fn get(&self, key: &str) -> Option<&Tree> {
        self.map()?.get(key)
    }

    pub fn text_at(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    pub fn says(&self, key: &str) -> bool {
        self.get(key) == Some(&Tree::Bool(true))
    }

    /// How many nodes there are from here down.
    pub fn size(&self) -> usize {
        match self {
            Tree::List(items) => items.iter().map(Tree::size).sum::<usize>() + 1,
            Tree::Map(fields) => fields.values().map(Tree::size).sum::<usize>() + 1,
            _ => 1,
        }
    }

    /// Where this node points, if it is a reference. A property that is called `$ref` holds a schema, not a text.
    pub fn reference(&self) -> Option<&str> {
        self.text_at("$ref")
    }
}
