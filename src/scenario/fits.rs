//! The check of a tree against the grammar.

use super::finding::{Code, Finding, nearest};
use super::quantity;
use super::shape::{Field, Shape, shortened};
use super::tree::{Key, Node, Value};

impl Shape {
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

    /// Everything that is wrong with `node`, which stands under `key`, where this shape is expected.
    pub fn check(&self, node: &Node, key: Option<&Key>, findings: &mut Vec<Finding>) {
        if let Shape::Part(part) = self {
            return part.shape.check(node, key, findings);
        }
        if !self.takes(&node.value) {
            findings.push(self.wrong_type(node, key));
            return;
        }
        match (self, &node.value) {
            (Shape::Either(of), value) => {
                let fitting: Vec<&Shape> = of.iter().filter(|s| s.takes(value)).collect();
                check_either(&fitting, node, key, findings);
            }
            (Shape::List(of), Value::List(items)) => items.iter().for_each(|item| of.check(item, None, findings)),
            (Shape::Named(of), Value::Map(entries)) => {
                for (name, value) in entries {
                    of.check(value, Some(name), findings);
                    if !is_name(&name.name) || name.name.contains('.') {
                        let message = format!("`{}` is not a name", shortened(&name.name));
                        findings.push(Finding::new(Code::NotAName, name.place, message).help(NAMES));
                    }
                }
            }
            (Shape::Keyed(of), Value::Map(entries)) => {
                entries.iter().for_each(|(key, value)| of.check(value, Some(key), findings));
            }
            (Shape::Record(fields), Value::Map(_)) => check_record(fields, node, key, findings),
            (shape, Value::Scalar(text)) => {
                findings.extend(shape.misses(text).map(|code| shape.miss(code, node, text)))
            }
            _ => {}
        }
    }

    fn wrong_type(&self, node: &Node, key: Option<&Key>) -> Finding {
        let got = match &node.value {
            Value::Null => "nothing",
            Value::Scalar(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        };
        let (place, message) = match key {
            Some(key) if node.value == Value::Null => (key.place, format!("`{}` has no value", shortened(&key.name))),
            Some(key) => (node.place, format!("`{}` cannot be {got}", shortened(&key.name))),
            None => (node.place, format!("{got} cannot stand here")),
        };
        Finding::new(Code::WrongType, place, message).help(format!("expected {}", self.describe()))
    }

    /// The code of what is wrong with a scalar.
    fn misses(&self, text: &str) -> Option<Code> {
        let (fits, code) = match self {
            Shape::Name => (is_name(text), Code::NotAName),
            Shape::Duration => (quantity::duration(text).is_some(), Code::NotADuration),
            Shape::Instant => (quantity::instant(text).is_some(), Code::NotADate),
            Shape::Range => (quantity::range(text).is_some(), Code::NotADuration),
            Shape::Rate => (quantity::rate(text).is_some(), Code::NotARate),
            Shape::Count => (quantity::count(text).is_some(), Code::NotACount),
            Shape::Quota => (quantity::windowed(text).is_some(), Code::NotARate),
            Shape::Rows => (quantity::numbers(text).is_some(), Code::NotACount),
            Shape::Share => (quantity::share(text).is_some(), Code::NotAShare),
            Shape::Money => (quantity::money(text).is_some(), Code::NotMoney),
            Shape::Boolean => (quantity::boolean(text).is_some(), Code::NotABoolean),
            Shape::Axis => (text.starts_with('{') && text.ends_with('}'), Code::UnknownWord),
            Shape::Word(words) => (words.contains(&text), Code::UnknownWord),
            _ => return None,
        };
        (!fits).then_some(code)
    }

    fn miss(&self, code: Code, node: &Node, text: &str) -> Finding {
        let shown = shortened(text);
        let message = match code {
            Code::NotACount if is_huge(text) => {
                let message = format!("`{shown}` is larger than any number here");
                return Finding::new(Code::ImpossibleNumber, node.place, message)
                    .help("scale the story down: shares and times do not change with the size");
            }
            Code::NotAName => format!("`{shown}` is not a name"),
            Code::NotADuration => format!("`{shown}` is not a duration"),
            Code::NotADate => format!("`{shown}` is not a date and time"),
            Code::NotARate => format!("`{shown}` is not a rate"),
            Code::NotACount => format!("`{shown}` is not a whole number"),
            Code::NotAShare => format!("`{shown}` is not a share"),
            Code::NotMoney => format!("`{shown}` is not an amount of money"),
            Code::NotABoolean => format!("`{shown}` is neither yes nor no"),
            _ => format!("`{shown}` is none of the words that may stand here"),
        };
        let finding = Finding::new(code, node.place, message).help(format!("expected {}", self.describe()));
        match self {
            Shape::Word(words) => finding.suggest(text, words.iter().copied()),
            shape => match shape.meant(text) {
                Some(meant) => finding.help(format!("did you mean `{meant}`?")),
                None => finding,
            },
        }
    }

    /// What was probably meant by a scalar that does not fit.
    fn meant(&self, text: &str) -> Option<String> {
        match self {
            Shape::Duration => quantity::duration_meant(text),
            Shape::Range => quantity::duration_meant(text).or_else(|| quantity::range_meant(text)),
            Shape::Rate => quantity::count(text).filter(|n| *n > 0).map(|_| format!("{text}/s")),
            Shape::Count => quantity::count_meant(text),
            Shape::Boolean => match text.to_lowercase().as_str() {
                "true" | "yes" | "on" | "y" | "1" => Some("yes".to_owned()),
                "false" | "no" | "off" | "n" | "0" => Some("no".to_owned()),
                _ => None,
            },
            Shape::Name => {
                let plain: String =
                    text.trim().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
                let plain = plain.trim_matches('-');
                (plain.len() + 1 >= text.trim().len() && is_name(plain)).then(|| plain.to_owned())
            }
            _ => None,
        }
    }
}

const NAMES: &str = "names are made of letters, digits, `-` and `_`, and begin with a letter";

/// A whole number that no table could hold.
fn is_huge(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || c == '_') && text.starts_with(|c: char| c.is_ascii_digit())
}

/// With several that fit, the findings of the nearest: none, if one fits wholly.
fn check_either(fitting: &[&Shape], node: &Node, key: Option<&Key>, findings: &mut Vec<Finding>) {
    let tried = fitting.iter().map(|shape| {
        let mut found = Vec::new();
        shape.check(node, key, &mut found);
        found
    });
    let Some(best) = tried.min_by_key(Vec::len) else { return };
    let (Some(text), [first, ..], true) = (node.text(), &best[..], fitting.len() > 1) else {
        findings.extend(best);
        return;
    };
    let expected: Vec<String> = fitting.iter().map(|s| s.describe()).collect();
    let message = format!("`{}` cannot stand here", shortened(text));
    let finding = Finding::new(first.code, node.place, message).help(format!("expected {}", expected.join("; or ")));
    let words = fitting.iter().flat_map(|s| if let Shape::Word(words) = s { *words } else { &[] }).copied();
    let meant = nearest(text, words).map(str::to_owned).or_else(|| fitting.iter().find_map(|s| s.meant(text)));
    findings.push(match meant {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None => finding,
    });
}

fn check_record(fields: &[Field], node: &Node, owner: Option<&Key>, findings: &mut Vec<Finding>) {
    let mut meant = Vec::new();
    for (key, value) in node.entries() {
        match fields.iter().find(|f| f.name == key.name) {
            Some(field) if value.value == Value::Null && !field.shape.takes(&Value::Null) => {
                let message = format!("`{}` has no value", key.name);
                let help = format!("write `{}: …`, {}; or leave it out", field.name, field.doc);
                let help = if field.required { help.trim_end_matches("; or leave it out") } else { &help };
                findings.push(Finding::new(Code::WrongType, key.place, message).help(help));
            }
            Some(field) => field.shape.check(value, Some(key), findings),
            None => {
                let message = format!("`{}` means nothing here", shortened(&key.name));
                let near = nearest(&key.name, fields.iter().map(|f| f.name));
                meant.extend(near);
                let finding = Finding::new(Code::UnknownKey, key.place, message);
                findings.push(match near {
                    Some(near) => finding.help(format!("did you mean `{near}`?")),
                    None => {
                        let open = fields.iter().map(|f| f.name).filter(|name| node.get(name).is_none());
                        finding.help("remove it").suggest(&key.name, open)
                    }
                });
            }
        }
    }
    let missing: Vec<&Field> =
        fields.iter().filter(|f| f.required && node.get(f.name).is_none() && !meant.contains(&f.name)).collect();
    if missing.is_empty() {
        return;
    }
    let names: Vec<String> = missing.iter().map(|f| format!("`{}`", f.name)).collect();
    let (place, of) = match owner {
        Some(owner) => (owner.place, format!("`{}`", shortened(&owner.name))),
        None => (node.place, "this".to_owned()),
    };
    let help: Vec<String> = missing.iter().map(|f| format!("`{}: …`, {}", f.name, f.doc)).collect();
    let message = format!("{of} has no {}", names.join(", no "));
    findings.push(Finding::new(Code::MissingKey, place, message).help(format!("add {}", help.join("; and "))));
}

/// Letters, digits, `-`, `_` and `.`; a letter first.
pub fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.len() <= 120
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}
