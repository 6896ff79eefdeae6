//! Variants: named patches that are laid over the tree.

use super::finding::{Code, Finding};
use super::shape::shortened;
use super::tree::{Key, Node, Place, Value};
use super::variant::{self, Choice};

/// The scenario with `choice` laid over it, and without its variants.
pub fn apply(root: &Node, choice: Option<&Choice>, findings: &mut Vec<Finding>) -> Node {
    let kept = |name: &str| match name {
        "variants" => false,
        // Another world has another truth.
        "truth" | "expect_verdict" => choice.is_none(),
        _ => true,
    };
    let parts = root.entries().iter().filter(|(key, _)| kept(&key.name)).cloned().collect();
    let mut tree = Node { value: Value::Map(parts), place: root.place };
    let Some(choice) = choice else { return tree };
    let line = variant::line(root, &choice.written);
    for (at, variant) in line.iter().enumerate().rev() {
        lay_over(&mut tree, &filled(variant, &choice.values), at == 0, findings);
    }
    tree
}

fn lay_over(tree: &mut Node, variant: &Node, last: bool, findings: &mut Vec<Finding>) {
    for (path, value) in variant.get("set").map_or(&[][..], Node::entries) {
        set(tree, path, value.clone(), findings);
    }
    if let Some(addition) = variant.get("add") {
        merge(tree, addition);
    }
    if let Some(responses) = variant.get("respond") {
        let has_some = tree.get("respond").is_some_and(|there| !there.entries().is_empty());
        if has_some && matches!(&responses.value, Value::Map(entries) if entries.is_empty()) {
            let message = "an empty `respond` changes nothing: responses are added to those of the scenario";
            let finding = Finding::new(Code::PatchMisses, responses.place, message.to_owned());
            findings.push(finding.help("`set: {respond: {}}` takes all of them away"));
        }
        let mut merged =
            tree.get("respond").cloned().unwrap_or(Node { value: Value::Map(Vec::new()), place: responses.place });
        merge(&mut merged, responses);
        tree.put(&key("respond", responses.place), merged);
    }
    if let Some(story) = variant.get("story").and_then(Node::text).filter(|_| last)
        && let Some(Value::Scalar(whole)) = tree.get_mut("story").map(|node| &mut node.value)
    {
        // A paragraph of its own behind the scenario's.
        *whole = format!("{}\n\n{}", whole.trim(), story.trim());
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
pub fn filled_in(text: &str, values: &[(String, String)]) -> String {
    values.iter().fold(text.to_owned(), |text, (axis, value)| text.replace(&format!("{{{axis}}}"), value))
}

/// The same node with every text filled in.
fn filled(node: &Node, values: &[(String, String)]) -> Node {
    let value = match &node.value {
        Value::Null => Value::Null,
        Value::Scalar(text) => Value::Scalar(filled_in(text, values)),
        Value::List(items) => Value::List(items.iter().map(|n| filled(n, values)).collect()),
        Value::Map(entries) => Value::Map(entries.iter().map(|(k, n)| (k.clone(), filled(n, values))).collect()),
    };
    Node { value, place: node.place }
}

/// The parts of a dotted path. Measures have dots in their names: under `limits` and `truth` the longest name that is there
/// counts, or else all of the rest.
fn parts_of(tree: &Node, path: &str) -> Vec<String> {
    let parts: Vec<&str> = path.split('.').collect();
    let owned = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
    let [named @ ("limits" | "truth"), rest @ ..] = &parts[..] else { return owned(&parts) };
    if rest.is_empty() {
        return owned(&parts);
    }
    let is_there = |n: &usize| tree.get(named).is_some_and(|map| map.get(&rest[..*n].join(".")).is_some());
    let whole = (1..=rest.len()).rev().find(is_there).unwrap_or(rest.len());
    let mut found = vec![(*named).to_owned(), rest[..whole].join(".")];
    found.extend(owned(&rest[whole..]));
    found
}

/// Puts a value at a dotted path. Everything but the last part must be there.
pub fn set(tree: &mut Node, path: &Key, value: Node, findings: &mut Vec<Finding>) {
    let misses = |message: String| {
        Finding::new(Code::PatchMisses, path.place, format!("`{}` leads nowhere: {message}", shortened(&path.name)))
    };
    let parts = parts_of(tree, &path.name);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let Some((last, way)) = parts.split_last() else { return };
    let mut at = tree;
    for (depth, part) in way.iter().enumerate() {
        lengthen(at, &way[..depth]);
        let found = match &at.value {
            Value::List(items) => part.parse::<usize>().is_ok_and(|i| i < items.len()),
            _ => at.get(part).is_some(),
        };
        if !found {
            let finding = misses(format!("there is no `{}`", shortened(part)));
            findings.push(near(finding, at, part));
            return;
        }
        let next = match &mut at.value {
            Value::List(items) => part.parse::<usize>().ok().and_then(|i| items.get_mut(i)),
            Value::Map(entries) => entries.iter_mut().find(|(k, _)| k.name == *part).map(|(_, node)| node),
            Value::Scalar(_) | Value::Null => None,
        };
        let Some(next) = next else { return };
        at = next;
    }
    lengthen(at, way);
    match &mut at.value {
        Value::List(items) => match last.parse::<usize>().ok().and_then(|i| items.get_mut(i)) {
            Some(item) => *item = value,
            None => {
                let finding = misses(format!("there is no item {}", shortened(last)));
                findings.push(near(finding, at, last));
            }
        },
        Value::Scalar(_) => {
            let inside = way.last().copied().unwrap_or_default();
            let finding = misses(format!("`{inside}` is a single value"));
            findings.push(finding.help(format!("set the whole of it: `{}: …`", way.join("."))));
        }
        Value::Map(_) | Value::Null => at.put(&key(last, path.place), value),
    }
}

/// Which part was probably meant, or how a list is counted.
fn near(finding: Finding, at: &Node, part: &str) -> Finding {
    match &at.value {
        Value::List(items) if items.is_empty() => finding.help("the list is empty"),
        Value::List(items) => finding.help(format!("items are numbered from 0: 0 to {}", items.len() - 1)),
        Value::Map(entries) if entries.is_empty() => finding.help("there is nothing there that could be changed"),
        Value::Map(entries) => {
            finding.help("name a part that is there").suggest(part, entries.iter().map(|(k, _)| k.name.as_str()))
        }
        _ => finding.help("nothing lies in a single value: set the whole of it"),
    }
}

/// Short forms become long ones when one of their keys is set: `accepts: gateway`, `list: GET /things`.
fn lengthen(node: &mut Node, way: &[&str]) {
    let long = match way {
        ["services", _, "accepts"] => "mode",
        ["services", _, "operations", _] => "http",
        _ => return,
    };
    if let Value::Scalar(_) = node.value {
        let short = node.clone();
        let place = node.place;
        node.value = Value::Map(vec![(key(long, place), short)]);
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
