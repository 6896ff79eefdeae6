//! Variants: named patches that are laid over the tree.

use super::finding::{Code, Finding};
use super::tree::{Key, Node, Place, Value};

/// A variant by name, with the values of its matrix.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    /// `lag-7s`, or the plain name.
    pub name: String,
    /// The variant as it is written.
    written: String,
    values: Vec<(String, String)>,
}

impl Choice {
    /// The variant's name as it stands in the file.
    pub fn written(&self) -> &str {
        &self.written
    }
}

/// Every variant of a scenario, matrices expanded, in the order of the file.
pub fn choices(root: &Node) -> Vec<Choice> {
    let Some(variants) = root.get("variants") else { return Vec::new() };
    let mut all = Vec::new();
    for (key, variant) in variants.entries() {
        let mut combinations = vec![Vec::new()];
        for (axis, values) in variant.get("matrix").map_or(&[][..], Node::entries) {
            combinations = combinations
                .iter()
                .flat_map(|known: &Vec<(String, String)>| {
                    values.items().iter().filter_map(Node::text).map(move |value| {
                        let mut longer = known.clone();
                        longer.push((axis.name.clone(), value.to_owned()));
                        longer
                    })
                })
                .take(MOST_COMBINATIONS)
                .collect();
        }
        all.extend(combinations.into_iter().map(|values| {
            let tail: String = values.iter().map(|(_, value)| format!("-{}", plain(value))).collect();
            Choice { name: format!("{}{tail}", key.name), written: key.name.clone(), values }
        }));
    }
    all
}

/// More combinations than anybody reads.
const MOST_COMBINATIONS: usize = 1_000;

fn plain(value: &str) -> String {
    value.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect()
}

/// The scenario with `choice` laid over it, and without its variants.
pub fn apply(root: &Node, choice: Option<&Choice>, findings: &mut Vec<Finding>) -> Node {
    let mut tree = root.clone();
    tree.remove("variants");
    if let Some(choice) = choice {
        let mut line = Vec::new();
        let mut name = choice.written.clone();
        while let Some(variant) = root.get("variants").and_then(|v| v.get(&name)) {
            line.push(variant.clone());
            let Some(like) = variant.get("like") else { break };
            name = like.text().unwrap_or_default().to_owned();
            if line.len() > MOST_LIKE {
                let message = format!("`{}` is like itself, in the end", choice.written);
                findings.push(Finding::new(Code::UnknownVariant, like.place, message));
                return tree;
            }
            if root.get("variants").and_then(|v| v.get(&name)).is_none() {
                let known = root.get("variants").map_or(&[][..], Node::entries).iter().map(|(k, _)| k.name.as_str());
                let message = format!("there is no variant `{name}` to be like");
                findings.push(Finding::new(Code::UnknownVariant, like.place, message).suggest(&name, known));
            }
        }
        if !line.is_empty() {
            // Another world has another truth.
            tree.remove("truth");
            tree.remove("expect_verdict");
        }
        for variant in line.iter().rev() {
            lay_over(&mut tree, &filled(variant, &choice.values), variant == &line[0], findings);
        }
    }
    tree
}

/// A variant may be like one that is like another, so many times.
const MOST_LIKE: usize = 32;

fn lay_over(tree: &mut Node, variant: &Node, last: bool, findings: &mut Vec<Finding>) {
    for (path, value) in variant.get("set").map_or(&[][..], Node::entries) {
        set(tree, path, value.clone(), findings);
    }
    if let Some(addition) = variant.get("add") {
        merge(tree, addition);
    }
    if let Some(responses) = variant.get("respond") {
        let mut merged =
            tree.get("respond").cloned().unwrap_or(Node { value: Value::Map(Vec::new()), place: responses.place });
        merge(&mut merged, responses);
        tree.put(&key("respond", responses.place), merged);
    }
    for name in ["truth", "expect_verdict", "limits"] {
        if let Some(value) = variant.get(name).filter(|_| last) {
            tree.put(&key(name, value.place), value.clone());
        }
    }
}

fn key(name: &str, place: Place) -> Key {
    Key { name: name.to_owned(), place }
}

/// The same text with `{axis}` replaced by its value.
fn filled(node: &Node, values: &[(String, String)]) -> Node {
    let fill = |text: &str| values.iter().fold(text.to_owned(), |t, (axis, v)| t.replace(&format!("{{{axis}}}"), v));
    let value = match &node.value {
        Value::Null => Value::Null,
        Value::Scalar(text) => Value::Scalar(fill(text)),
        Value::List(items) => Value::List(items.iter().map(|n| filled(n, values)).collect()),
        Value::Map(entries) => Value::Map(entries.iter().map(|(k, n)| (k.clone(), filled(n, values))).collect()),
    };
    Node { value, place: node.place }
}

/// Puts a value at a dotted path. Everything but the last part must be there.
pub fn set(tree: &mut Node, path: &Key, value: Node, findings: &mut Vec<Finding>) {
    let parts: Vec<&str> = path.name.split('.').collect();
    let Some((last, way)) = parts.split_last() else { return };
    let mut at = tree;
    for part in way {
        let known: Vec<String> = at.entries().iter().map(|(k, _)| k.name.clone()).collect();
        let next = match &mut at.value {
            Value::List(items) => part.parse::<usize>().ok().and_then(|i| items.get_mut(i)),
            Value::Map(entries) => entries.iter_mut().find(|(k, _)| k.name == *part).map(|(_, n)| n),
            Value::Scalar(_) | Value::Null => None,
        };
        let Some(next) = next else {
            let message = format!("`{}` leads nowhere: there is no `{part}`", path.name);
            let finding = Finding::new(Code::PatchMisses, path.place, message);
            findings.push(finding.suggest(part, known.iter().map(String::as_str)));
            return;
        };
        at = next;
    }
    match &mut at.value {
        Value::List(items) => match last.parse::<usize>().ok().and_then(|i| items.get_mut(i)) {
            Some(item) => *item = value,
            None => {
                let message = format!("`{}` leads nowhere: there is no item {last}", path.name);
                findings.push(Finding::new(Code::PatchMisses, path.place, message));
            }
        },
        _ => {
            // `accepts: gateway` becomes a map when one of its keys is set.
            if let (Value::Scalar(mode), "accepts") = (at.value.clone(), way.last().copied().unwrap_or("")) {
                let mode = Node::scalar(mode, at.place);
                at.put(&key("mode", path.place), mode);
            }
            at.put(&key(last, path.place), value);
        }
    }
}

/// Merges maps key by key; anything else is replaced.
pub fn merge(tree: &mut Node, addition: &Node) {
    let (Value::Map(_), Value::Map(entries)) = (&tree.value, &addition.value) else {
        *tree = addition.clone();
        return;
    };
    for (key, value) in entries {
        match tree.get_mut(&key.name) {
            Some(old) => merge(old, value),
            None => tree.put(key, value.clone()),
        }
    }
}
