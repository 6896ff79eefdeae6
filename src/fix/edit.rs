//! A change of a scenario, as the language of variants says it.

use crate::report::text::COLUMNS;
use crate::scenario::{Key, Node, Place, Value};

/// What a variant would say: settings, additions, responses.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Edit {
    set: Vec<(String, Node)>,
    add: Vec<(String, Node)>,
    respond: Vec<(String, Node)>,
}

impl Edit {
    /// Puts a value at a dotted path.
    pub fn set(path: impl Into<String>, value: Node) -> Edit {
        Edit { set: vec![(path.into(), value)], ..Edit::default() }
    }

    /// Adds an entry to a part of the scenario: `controls.budget`.
    pub fn add(path: impl Into<String>, value: Node) -> Edit {
        Edit { add: vec![(path.into(), value)], ..Edit::default() }
    }

    /// Adds a response.
    pub fn respond(name: impl Into<String>, value: Node) -> Edit {
        Edit { respond: vec![(name.into(), value)], ..Edit::default() }
    }

    /// Both; nothing where they want different things of one setting.
    pub fn and(mut self, other: Edit) -> Option<Edit> {
        for (mine, theirs) in
            [(&mut self.set, other.set), (&mut self.add, other.add), (&mut self.respond, other.respond)]
        {
            for (path, value) in theirs {
                match mine.iter().find(|(known, _)| *known == path) {
                    Some((_, same)) if *same == value => {}
                    Some(_) => return None,
                    None => mine.push((path, value)),
                }
            }
        }
        Some(self)
    }

    /// How many values somebody has to write.
    pub fn size(&self) -> usize {
        let parts = [&self.set, &self.add, &self.respond];
        parts.into_iter().flatten().map(|(_, value)| values(value)).sum()
    }

    /// The variant.
    pub fn variant(&self, story: &str) -> Node {
        let mut parts = vec![entry("story", text(story))];
        if !self.set.is_empty() {
            parts.push(entry("set", map(self.set.clone())));
        }
        if !self.add.is_empty() {
            let mut added = map::<&str>(Vec::new());
            for (path, value) in &self.add {
                nest(&mut added, path, value);
            }
            parts.push(entry("add", added));
        }
        if !self.respond.is_empty() {
            parts.push(entry("respond", map(self.respond.clone())));
        }
        Node { value: Value::Map(parts), place: Place::OUTSIDE }
    }
}

fn nest(tree: &mut Node, path: &str, value: &Node) {
    let Some((first, rest)) = path.split_once('.') else {
        return tree.put(&key(path), value.clone());
    };
    if tree.get(first).is_none() {
        tree.put(&key(first), map::<&str>(Vec::new()));
    }
    if let Some(inner) = tree.get_mut(first) {
        nest(inner, rest, value);
    }
}

/// Values that stand by themselves; nothing at all is one too.
fn values(node: &Node) -> usize {
    match &node.value {
        Value::Null | Value::Scalar(_) => 1,
        Value::List(items) => items.iter().map(values).sum::<usize>().max(1),
        Value::Map(entries) => entries.iter().map(|(_, value)| values(value)).sum::<usize>().max(1),
    }
}

fn key(name: &str) -> Key {
    Key { name: name.to_owned(), place: Place::OUTSIDE }
}

fn entry(name: &str, value: Node) -> (Key, Node) {
    (key(name), value)
}

/// A single value.
pub fn text(text: impl Into<String>) -> Node {
    Node::scalar(text, Place::OUTSIDE)
}

/// A list of single values.
pub fn list(items: impl IntoIterator<Item = String>) -> Node {
    Node { value: Value::List(items.into_iter().map(text).collect()), place: Place::OUTSIDE }
}

/// A map in this order.
pub fn map<K: AsRef<str>>(entries: Vec<(K, Node)>) -> Node {
    let entries = entries.into_iter().map(|(name, value)| entry(name.as_ref(), value)).collect();
    Node { value: Value::Map(entries), place: Place::OUTSIDE }
}

/// The variant as one pastes it under `variants:`.
pub fn yaml(name: &str, variant: &Node) -> String {
    let mut out = format!("{}:\n", word(name));
    for (part, value) in variant.entries() {
        match (&value.value, part.name.as_str()) {
            (Value::Map(inner), "set" | "add" | "respond") => {
                out.push_str(&format!("  {}:\n", part.name));
                inner
                    .iter()
                    .for_each(|(key, value)| out.push_str(&folded(&format!("    {}:", word(&key.name)), &flow(value))));
            }
            _ => out.push_str(&folded(&format!("  {}:", word(&part.name)), &flow(value))),
        }
    }
    out
}

/// A value on one line.
/// A value behind its key, in lines of a terminal: a line break between two words is one space in YAML, in quotes too.
fn folded(key: &str, value: &str) -> String {
    let (mut out, mut used) = (key.to_owned(), key.chars().count());
    let deeper = key.len() - key.trim_start().len() + 2;
    let mut rest = value;
    while !rest.is_empty() {
        let single = rest.match_indices(' ').map(|(at, _)| at).find(|at| may_break(rest, *at));
        let (part, after) = single.map_or((rest, ""), |at| (&rest[..at], &rest[at + 1..]));
        let long = part.chars().count();
        if used + 1 + long > COLUMNS - INDENT && used > deeper {
            out.push_str(&format!("\n{:deeper$}{part}", ""));
            used = deeper + long;
        } else {
            out.push_str(&format!(" {part}"));
            used += 1 + long;
        }
        rest = after;
    }
    out + "\n"
}

/// A variant is printed so much deeper, under `variants:`.
const INDENT: usize = 2;

/// Whether a space stands between two words: several in a row, or one behind an escape, would be lost.
fn may_break(text: &str, at: usize) -> bool {
    let (before, after) = (text[..at].chars().next_back(), text[at + 1..].chars().next());
    let is_word = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace() && c != '\\' && c != '#');
    is_word(before) && is_word(after)
}

fn flow(node: &Node) -> String {
    match &node.value {
        Value::Null => "~".to_owned(),
        Value::Scalar(text) => word(text),
        Value::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let pairs = entries.iter().map(|(key, value)| format!("{}: {}", word(&key.name), flow(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Quoted, unless it is plainly a word: JSON's quotes are YAML's too.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./$% ".contains(c);
    let begins = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '$');
    if begins && text.chars().all(plain) && !text.ends_with(' ') {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back_the_same() {
        let edit = Edit::set("credentials.key.scopes", list(["db:*".to_owned(), "it's \"odd\"\n#".to_owned()]))
            .and(Edit::add("controls.cap", map(vec![("on", list(["a.b".to_owned()])), ("at_most", text("$5"))])))
            .and_then(|edit| edit.and(Edit::respond("alarm", map(vec![("after", text("1s")), ("do", list([]))]))))
            .unwrap();
        let variant = edit.variant("A story: with a colon, and `ticks`.");
        let read = crate::scenario::yaml::read(&yaml("fixed", &variant)).unwrap();
        assert_eq!(read.get("fixed").unwrap().to_json(), variant.to_json());
        assert_eq!(edit.size(), 2 + 2 + 2);
    }

    #[test]
    fn long_values_are_folded_and_read_back_the_same() {
        let scopes = (0..40).map(|n| format!("service-{n}:read and write"));
        let edit = Edit::set("credentials.key.scopes", list(scopes))
            .and(Edit::respond("alarm", map(vec![("do", list((0..30).map(|n| format!("step \"{n}\"  # \\ x"))))])))
            .unwrap();
        let story = "A story: it is long, has `ticks`, # signs, \"quotes\", \\ and  two spaces, ".repeat(6);
        let variant = edit.variant(story.trim());
        let printed = yaml("fixed", &variant);
        let long: Vec<&str> = printed.lines().filter(|line| line.chars().count() > COLUMNS - INDENT).collect();
        assert_eq!(long, Vec::<&str>::new());
        let read = crate::scenario::yaml::read(&printed).unwrap();
        assert_eq!(read.get("fixed").unwrap().to_json(), variant.to_json());
    }

    #[test]
    fn two_wishes_for_one_setting_are_no_edit() {
        let one = Edit::set("services.db.rows", text("owner"));
        assert!(one.clone().and(Edit::set("services.db.rows", text("tenant"))).is_none());
        assert_eq!(one.clone().and(one.clone()), Some(one));
    }
}
