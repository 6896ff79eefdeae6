//! Shapes: what may stand where, in words and as JSON Schema. `fits` checks a file against them.

use serde_json::{Map, json};

/// What a value may be.
#[derive(Debug)]
pub enum Shape {
    /// Any text.
    Text,
    /// A kebab-case or snake-case name.
    Name,
    Duration,
    /// A date with its time.
    Instant,
    Range,
    Rate,
    Count,
    /// So many in each window: `5 per 4h`.
    Quota,
    /// A number of a record, or a range of them.
    Rows,
    Money,
    /// A part of a whole.
    Share,
    Boolean,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// A number, a share, a duration or a word: what a measure is compared with.
    Quantity,
    Null,
    /// What a matrix fills in.
    Axis,
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

impl Part {
    /// Adds this part and those that it refers to, each once.
    pub fn gather(&'static self, found: &mut Vec<&'static Part>) {
        if !found.iter().any(|part| part.name == self.name) {
            found.push(self);
            self.shape.refers(&mut |part| part.gather(found));
        }
    }

    /// The keys that may stand in it.
    pub fn fields(&self) -> &'static [Field] {
        self.shape.fields()
    }
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
    /// Shows the parts that stand in it.
    fn refers(&self, see: &mut dyn FnMut(&'static Part)) {
        match self {
            Shape::Part(part) => see(part),
            Shape::List(of) | Shape::Named(of) | Shape::Keyed(of) => of.refers(see),
            Shape::Either(of) => of.iter().for_each(|shape| shape.refers(see)),
            Shape::Record(fields) => fields.iter().for_each(|field| field.shape.refers(see)),
            _ => {}
        }
    }

    fn fields(&self) -> &'static [Field] {
        match self {
            Shape::Record(fields) => fields,
            Shape::Either(of) => of.iter().map(Shape::fields).find(|fields| !fields.is_empty()).unwrap_or(&[]),
            Shape::Named(of) | Shape::List(of) => of.fields(),
            _ => &[],
        }
    }

    /// What is expected, in words.
    pub fn describe(&self) -> String {
        match self {
            Shape::Text => "a text".into(),
            Shape::Name => "a name such as `build-bot`".into(),
            Shape::Duration => "a duration such as `250ms`, `4h` or `1min 30s`".into(),
            Shape::Instant => "a date and time since 1970, such as `2026-01-31T21:48:00Z`".into(),
            Shape::Range => "a duration, or a range such as `10ms..90ms`".into(),
            Shape::Rate => "a rate such as `50/s`".into(),
            Shape::Count => "a whole number such as `1_500`".into(),
            Shape::Quota => "so many in a time, such as `5 per 4h`".into(),
            Shape::Rows => "the number of a record, or a range such as `1..64`".into(),
            Shape::Share => "a share such as `90%`".into(),
            Shape::Money => "an amount such as `$5` or `0.002`".into(),
            Shape::Boolean => "`yes` or `no`".into(),
            Shape::Word(words) => {
                let list: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
                format!("one of {}", list.join(", "))
            }
            Shape::Quantity => "a number, a share, a duration or a word".into(),
            Shape::Null => "nothing".into(),
            Shape::Axis => "a value of the matrix such as `{lag}`".into(),
            Shape::List(of) => format!("a list, each {}", of.describe()),
            Shape::Keyed(Shape::Anything) => "a map".into(),
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

    /// JSON Schema 2020-12.
    pub fn schema(&self, defs: &mut Map<String, serde_json::Value>) -> serde_json::Value {
        match self {
            Shape::Text | Shape::Money | Shape::Share | Shape::Quantity => {
                json!({"type": ["string", "number", "integer"]})
            }
            Shape::Name => json!({"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_.-]*$"}),
            Shape::Duration => json!({"type": "string", "pattern": "^([0-9][0-9_.]*\\s*(us|µs|ms|s|min|m|h|d)\\s*)+$"}),
            Shape::Instant => json!({"type": "string", "format": "date-time"}),
            Shape::Range => json!({"type": "string", "pattern": "(us|µs|ms|s|min|m|h|d)\\s*$"}),
            Shape::Rate => json!({"type": "string", "pattern": "^[0-9_]+/"}),
            Shape::Count => {
                json!({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9][0-9_]*$"}]})
            }
            Shape::Quota => json!({"type": "string", "pattern": "^[0-9_]+ per "}),
            Shape::Rows => json!({"anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": "^[0-9][0-9_]*(\\.\\.[0-9][0-9_]*)?$"},
            ]}),
            Shape::Boolean => json!({"anyOf": [{"type": "boolean"}, {"enum": ["yes", "no"]}]}),
            Shape::Word(words) => {
                let mut values: Vec<serde_json::Value> = words.iter().map(|w| json!(w)).collect();
                values.extend(words.iter().filter_map(|w| w.parse::<u64>().ok()).map(|n| json!(n)));
                json!({ "enum": values })
            }
            Shape::Axis => json!({"type": "string", "pattern": "^\\{.+\\}$"}),
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
            Shape::Anything => json!({}),
        }
    }
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
