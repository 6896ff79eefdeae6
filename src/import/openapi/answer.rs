//! What a successful answer holds, as far as its schema tells.

use super::description::Dialect;
use super::document::Document;
use super::limits::{MAX_CHOICES, MAX_ENVELOPE, MAX_SHAPE_NODES};
use super::note::short;
use super::tree::{Fields, Tree};

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    List,
    /// An object that is no more than an envelope around the list in this field.
    ListIn(String),
    Object,
    /// A text, a number, a file.
    Value,
    /// The answer is said to have no body.
    Nothing,
    /// The document does not tell.
    Unknown,
}

impl Answer {
    pub fn is_list(&self) -> bool {
        matches!(self, Answer::List | Answer::ListIn(_))
    }
}

pub(super) fn of<'t>(document: &Document<'t>, operation: &'t Tree) -> Answer {
    let Some(responses) = operation.get("responses").and_then(Tree::map) else {
        return Answer::Unknown;
    };
    let success = responses.iter().filter(|(status, _)| status.starts_with('2')).min_by_key(|(status, _)| *status);
    let Some(response) = success.map(|(_, response)| response).or_else(|| responses.get("default")) else {
        return Answer::Unknown;
    };
    match document.follow(response) {
        None => Answer::Unknown,
        Some(response) => match schema(document, response) {
            Body::None => Answer::Nothing,
            Body::Untold => Answer::Unknown,
            Body::Of(schema) => Shapes { document, left: MAX_SHAPE_NODES }.of(schema),
        },
    }
}

enum Body<'t> {
    None,
    Untold,
    Of(&'t Tree),
}

fn schema<'t>(document: &Document<'t>, response: &'t Tree) -> Body<'t> {
    let found = match document.dialect {
        Dialect::Swagger2 => response.get("schema").map(Some),
        Dialect::OpenApi30 | Dialect::OpenApi31 => response.get("content").and_then(Tree::map).and_then(|content| {
            let json = content.iter().take(MAX_CHOICES).find(|(media, _)| media.contains("json"));
            let (_, media) = json.or_else(|| content.first())?;
            Some(media.get("schema"))
        }),
    };
    match found {
        None => Body::None,
        Some(None) => Body::Untold,
        Some(Some(schema)) => Body::Of(schema),
    }
}

struct Shapes<'a, 't> {
    document: &'a Document<'t>,
    left: usize,
}

impl<'t> Shapes<'_, 't> {
    fn of(&mut self, schema: &'t Tree) -> Answer {
        let Some(left) = self.left.checked_sub(1) else {
            return Answer::Unknown;
        };
        self.left = left;
        let Some(schema) = self.document.follow(schema) else {
            return Answer::Unknown;
        };
        if is(schema, "array") || schema.get("items").is_some() {
            return Answer::List;
        }
        let properties = schema.get("properties").and_then(Tree::map);
        if let Some(properties) = properties.filter(|properties| !properties.is_empty()) {
            return self.envelope(properties).map_or(Answer::Object, Answer::ListIn);
        }
        if let Some(parts) = schema.get("allOf").and_then(Tree::list) {
            return self.all_of(parts);
        }
        let choices = ["oneOf", "anyOf"].into_iter().find_map(|key| schema.get(key)?.list());
        if let Some(choice) = choices.and_then(<[Tree]>::first) {
            return self.of(choice);
        }
        match schema.get("type") {
            Some(_) if is(schema, "object") => Answer::Object,
            Some(_) => Answer::Value,
            None => Answer::Unknown,
        }
    }

    /// One list of records is enough, whichever part brings it.
    fn all_of(&mut self, parts: &'t [Tree]) -> Answer {
        let mut told = Answer::Unknown;
        for part in parts {
            if self.left == 0 {
                break;
            }
            match self.of(part) {
                list if list.is_list() => return list,
                Answer::Unknown => {}
                other => told = other,
            }
        }
        told
    }

    fn envelope(&mut self, properties: &'t Fields) -> Option<String> {
        if properties.len() > MAX_ENVELOPE {
            return None;
        }
        let mut lists = properties.iter().filter(|(_, property)| self.lists_records(property));
        let (name, _) = lists.next()?;
        lists.next().is_none().then(|| short(name))
    }

    fn lists_records(&mut self, property: &'t Tree) -> bool {
        let Some(property) = self.document.follow(property) else {
            return false;
        };
        let items = property.get("items").filter(|_| is(property, "array"));
        items.is_some_and(|items| matches!(self.of(items), Answer::Object | Answer::ListIn(_)))
    }
}

/// OpenAPI 3.1 may list types: `[array, 'null']`.
fn is(schema: &Tree, wanted: &str) -> bool {
    match schema.get("type") {
        Some(Tree::Text(said)) => said == wanted,
        Some(Tree::List(items)) => items.iter().take(MAX_CHOICES).any(|item| item.text() == Some(wanted)),
        _ => false,
    }
}
