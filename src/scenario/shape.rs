//! Shapes: what may stand where. One declarative grammar drives the check of a file and its JSON Schema.

use serde_json::{Map, json};

use super::finding::{Code, Finding};
use super::quantity;
use super::tree::{Node, Value};

/// What a value may be.
#[derive(Debug)]
pub enum Shape {
    /// Any text.
    Text,
    /// A kebab-case or snake-case name.
    Name,
    Duration,
    Range,
    Rate,
    Count,

    Money,
    Boolean,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// A number, a share, a duration or a word: what a measure is compared with.
    Quantity,
    Null,
    List(&'static Shape),
    /// Names of the writer's choice, each with a value of this shape.
    Named(&'static Shape),
    /// Any keys, each with a value of this shape.
    Keyed(&'static Shape),
    /// Known keys.
    Record(&'static [Field]),
    /// Whichever of these fits what is written. At most one for each of scalar, list and map, except for scalars.
    Either(&'static [Shape]),
    /// Another part of the grammar.
    Part(&'static Part),
    Anything,
}

/// A part of the grammar that others refer to.
#[derive(Debug)]
pub struct Part {
    pub name: &'static str,
    pub doc: &'static str,
    pub shape: Shape,
}

/// A key of a record.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub doc: &'static str,
    pub shape: Shape,
    pub required: bool,
}

/// A key that may be left out.
pub const fn may(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { name, doc, shape, required: false }
}

/// A key that must be there.
pub const fn must(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { name, doc, shape, required: true }
}

impl Shape {
    /// What is expected, in words.
    pub fn describe(&self) -> String {
        match self {
            Shape::Text => "a text".into(),
            Shape::Name => "a name such as `build-bot`".into(),
            Shape::Duration => "a duration such as `250ms`, `4h` or `1min 30s`".into(),
            Shape::Range => "a duration, or a range such as `10ms..90ms`".into(),
            Shape::Rate => "a rate such as `50/s`".into(),
            Shape::Count => "a whole number such as `1_500`".into(),
            Shape::Money => "an amount such as `$5` or `0.002`".into(),
            Shape::Boolean => "`yes` or `no`".into(),
            Shape::Word(words) => {
                let list: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
                format!("one of {}", list.join(", "))
            }
            Shape::Quantity => "a number, a share, a duration or a word".into(),
            Shape::Null => "nothing".into(),
            Shape::List(of) => format!("a list, each {}", of.describe()),
            Shape::Named(of) | Shape::Keyed(of) => format!("a map of names, each {}", of.describe()),
            Shape::Record(fields) => {
                let keys: Vec<&str> = fields.iter().take(4).map(|f| f.name).collect();
                let more = if fields.len() > keys.len() { ", …" } else { "" };
                format!("a map of {}{more}", keys.join(", "))
            }
            Shape::Either(of) => of.iter().map(Shape::describe).collect::<Vec<_>>().join("; or "),
            Shape::Part(part) => part.doc.into(),
            Shape::Anything => "anything".into(),
        }
    }

    fn takes(&self, value: &Value) -> bool {
        match self {
            Shape::Anything => true,
            Shape::Null => matches!(value, Value::Null),
            Shape::List(_) => matches!(value, Value::List(_)),
            Shape::Named(_) | Shape::Keyed(_) | Shape::Record(_) => matches!(value, Value::Map(_)),
            Shape::Either(of) => of.iter().any(|s| s.takes(value)),
            Shape::Part(part) => part.shape.takes(value),
            _ => matches!(value, Value::Scalar(_)),
        }
    }

    /// Everything that is wrong with `node` where this shape is expected.
    pub fn check(&self, node: &Node, findings: &mut Vec<Finding>) {
        if let Shape::Part(part) = self {
            return part.shape.check(node, findings);
        }
        if !self.takes(&node.value) {
            let got = match &node.value {
                Value::Null => "nothing",
                Value::Scalar(_) => "a single value",
                Value::List(_) => "a list",
                Value::Map(_) => "a map",
            };
            let message = format!("here stands {got}");
            findings
                .push(Finding::new(Code::WrongType, node.place, message).help(format!("expected {}", self.describe())));
            return;
        }
        match (self, &node.value) {
            (Shape::Either(of), value) => {
                let fitting: Vec<&Shape> = of.iter().filter(|s| s.takes(value)).collect();
                check_either(&fitting, node, findings);
            }
            (Shape::List(of), Value::List(items)) => items.iter().for_each(|item| of.check(item, findings)),
            (Shape::Named(of), Value::Map(entries)) => {
                for (key, value) in entries {
                    of.check(value, findings);
                    if !is_name(&key.name) {
                        let message = format!("`{}` is not a name", key.name);
                        let help = "names are made of letters, digits, `-`, `_` and `.`, and begin with a letter";
                        findings.push(Finding::new(Code::NotAName, key.place, message).help(help));
                    }
                }
            }
            (Shape::Keyed(of), Value::Map(entries)) => entries.iter().for_each(|(_, value)| of.check(value, findings)),
            (Shape::Record(fields), Value::Map(_)) => check_record(fields, node, findings),
            (shape, Value::Scalar(text)) => {
                if let Some(code) = shape.misses(text) {
                    let message = format!("`{}` is not {}", shortened(text), code_noun(code));
                    let finding = Finding::new(code, node.place, message);
                    findings.push(match shape {
                        Shape::Word(words) => finding.suggest(text, words.iter().copied()),
                        shape => finding.help(format!("expected {}", shape.describe())),
                    });
                }
            }
            _ => {}
        }
    }

    /// The code of what is wrong with a scalar.
    fn misses(&self, text: &str) -> Option<Code> {
        let (fits, code) = match self {
            Shape::Name => (is_name(text), Code::NotAName),
            Shape::Duration => (quantity::duration(text).is_some(), Code::NotADuration),
            Shape::Range => (quantity::range(text).is_some(), Code::NotADuration),
            Shape::Rate => (quantity::rate(text).is_some(), Code::ImpossibleNumber),
            Shape::Count => (quantity::count(text).is_some(), Code::NotACount),
            Shape::Money => (quantity::money(text).is_some(), Code::NotMoney),
            Shape::Boolean => (quantity::boolean(text).is_some(), Code::NotABoolean),
            Shape::Word(words) => (words.contains(&text), Code::UnknownWord),
            _ => (true, Code::WrongType),
        };
        (!fits).then_some(code)
    }

    /// JSON Schema 2020-12.
    pub fn schema(&self, defs: &mut Map<String, serde_json::Value>) -> serde_json::Value {
        match self {
            Shape::Text | Shape::Money | Shape::Quantity => {
                json!({"type": ["string", "number", "integer"]})
            }
            Shape::Name => json!({"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_.-]*$"}),
            Shape::Duration => json!({"type": "string", "pattern": "^([0-9][0-9_.]*\\s*(us|µs|ms|s|min|m|h|d)\\s*)+$"}),
            Shape::Range => json!({"type": "string", "pattern": "(us|µs|ms|s|min|m|h|d)\\s*$"}),
            Shape::Rate => json!({"type": "string", "pattern": "^[0-9_]+/"}),
            Shape::Count => {
                json!({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9][0-9_]*$"}]})
            }
            Shape::Boolean => json!({"anyOf": [{"type": "boolean"}, {"enum": ["yes", "no"]}]}),
            Shape::Word(words) => {
                let mut values: Vec<serde_json::Value> = words.iter().map(|w| json!(w)).collect();
                values.extend(words.iter().filter_map(|w| w.parse::<u64>().ok()).map(|n| json!(n)));
                json!({ "enum": values })
            }
            Shape::Null => json!({"type": "null"}),
            Shape::List(of) => json!({"type": "array", "items": of.schema(defs)}),
            Shape::Named(of) | Shape::Keyed(of) => json!({"type": "object", "additionalProperties": of.schema(defs)}),
            Shape::Record(fields) => {
                let mut properties = Map::new();
                for field in *fields {
                    let mut schema = field.shape.schema(defs);
                    if let Some(object) = schema.as_object_mut() {
                        object.insert("description".into(), json!(field.doc));
                    }
                    properties.insert(field.name.into(), schema);
                }
                let required: Vec<&str> = fields.iter().filter(|f| f.required).map(|f| f.name).collect();
                json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
            }
            Shape::Either(of) => json!({"anyOf": of.iter().map(|s| s.schema(defs)).collect::<Vec<_>>()}),
            Shape::Part(part) => {
                if !defs.contains_key(part.name) {
                    defs.insert(part.name.into(), json!(true));
                    let mut schema = part.shape.schema(defs);
                    if let Some(object) = schema.as_object_mut() {
                        object.insert("description".into(), json!(part.doc));
                    }
                    defs.insert(part.name.into(), schema);
                }
                json!({"$ref": format!("#/$defs/{}", part.name)})
            }
            Shape::Anything => json!(true),
        }
    }
}

/// With several that fit, the findings of the nearest: none, if one fits wholly.
fn check_either(fitting: &[&Shape], node: &Node, findings: &mut Vec<Finding>) {
    let tried: Vec<Vec<Finding>> = fitting
        .iter()
        .map(|shape| {
            let mut found = Vec::new();
            shape.check(node, &mut found);
            found
        })
        .collect();
    let Some(best) = tried.iter().min_by_key(|found| found.len()) else { return };
    if best.is_empty() || fitting.len() == 1 || node.text().is_none() {
        findings.extend(best.iter().cloned());
        return;
    }
    let expected: Vec<String> = fitting.iter().map(|s| s.describe()).collect();
    let mut finding = best[0].clone();
    let words = fitting.iter().flat_map(|s| if let Shape::Word(words) = s { *words } else { &[] }).copied();
    let suggested = Finding { help: None, ..finding.clone() }.suggest(node.text().unwrap_or(""), words);
    finding.help = suggested
        .help
        .filter(|h| h.starts_with("did"))
        .or_else(|| Some(format!("expected {}", expected.join("; or "))));
    findings.push(finding);
}

fn check_record(fields: &[Field], node: &Node, findings: &mut Vec<Finding>) {
    for (key, value) in node.entries() {
        match fields.iter().find(|f| f.name == key.name) {
            Some(field) => field.shape.check(value, findings),
            None => {
                let message = format!("`{}` means nothing here", shortened(&key.name));
                let known = fields.iter().map(|f| f.name);
                findings.push(Finding::new(Code::UnknownKey, key.place, message).suggest(&key.name, known));
            }
        }
    }
    for field in fields.iter().filter(|f| f.required && node.get(f.name).is_none()) {
        let message = format!("`{}` is missing", field.name);
        let help = format!("`{}` is {}", field.name, field.doc);
        findings.push(Finding::new(Code::MissingKey, node.place, message).help(help));
    }
}

/// Letters, digits, `-`, `_` and `.`; a letter first.
pub fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.len() <= 120
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Long texts are cut in messages, and nothing in them can move the cursor.
pub fn shortened(text: &str) -> String {
    shortened_to(text, 60)
}

/// At most `most` characters of a text, none of them a control character.
pub fn shortened_to(text: &str, most: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect();
    if text.chars().count() > most { format!("{clean}…") } else { clean }
}

fn code_noun(code: Code) -> &'static str {
    match code {
        Code::NotAName => "a name",
        Code::NotADuration => "a duration",
        Code::NotACount => "a whole number",
        Code::NotMoney => "an amount of money",
        Code::NotABoolean => "yes or no",
        Code::UnknownWord => "a word that may stand here",
        _ => "what is expected here",
    }
}
