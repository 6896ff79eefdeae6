//! The variants of a scenario: which there are, and whether they can be.

use super::finding::{Code, Finding};
use super::matrix;
use super::tree::{Key, Node};

/// A variant by name, with the values of its matrix.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    /// `lag-7s`, or the plain name.
    pub name: String,
    /// The variant's name as it stands in the file.
    pub written: String,
    /// What is filled in for each axis of the matrix.
    pub values: Vec<(String, String)>,
}

/// A variant may be like one that is like another, so many times.
const MOST_LIKE: usize = 32;
/// More variants than anybody reads.
const MOST_VARIANTS: usize = 1_000;

/// Every variant of a checked scenario, matrices expanded, in the order of the file.
pub fn choices(root: &Node) -> Vec<Choice> {
    let mut all = Vec::new();
    for (key, variant) in written(root) {
        all.extend(matrix::cells(variant).into_iter().map(|cell| Choice {
            name: format!("{}{}", key.name, cell.tail),
            written: key.name.clone(),
            values: cell.values,
        }));
    }
    all
}

/// A variant and all that it is like, itself first.
pub fn line<'t>(root: &'t Node, name: &str) -> Vec<&'t Node> {
    let mut line: Vec<&Node> = Vec::new();
    let mut next = root.get("variants").and_then(|v| v.get(name));
    while let Some(variant) = next.filter(|v| !line.iter().any(|known| std::ptr::eq(*known, *v))) {
        if line.len() == MOST_LIKE {
            break;
        }
        line.push(variant);
        next = like(variant).and_then(|name| root.get("variants")?.get(name));
    }
    line
}

/// Everything about the variants that can be said without laying one over the scenario.
pub fn check(root: &Node, findings: &mut Vec<Finding>) {
    if how_many(root) > MOST_VARIANTS {
        return findings.push(too_many(root));
    }
    let before = findings.len();
    let as_written: Vec<String> = written(root).iter().map(|(key, _)| key.name.clone()).collect();
    let as_run: Vec<String> = choices(root).into_iter().map(|choice| choice.name).collect();
    for (key, variant) in written(root) {
        known(variant.get("like"), &as_written, findings);
        // What a variant is held against is run: of a matrix, one of its variants.
        known(variant.get("against"), &as_run, findings);
        matrix::check(variant, &line(root, &key.name), findings);
        axes_of_others(root, key, variant, findings);
    }
    cycles(root, findings);
    if findings.len() == before {
        same_names(root, findings);
    }
}

fn too_many(root: &Node) -> Finding {
    let (many, most) = (how_many(root), MOST_VARIANTS);
    let message = format!("{} variants are more than anybody reads: {} at most", shown(many), shown(most));
    let matrix = written(root).iter().find_map(|(_, variant)| Some(variant.get("matrix")?.place));
    let place = matrix.or(root.key("variants").map(|key| key.place)).unwrap_or(root.place);
    let help = "a matrix makes one variant for each combination: give it fewer values, or split the scenario";
    Finding::new(Code::ImpossibleNumber, place, message).help(help)
}

fn shown(n: usize) -> String {
    super::quantity::shown(u64::try_from(n).unwrap_or(u64::MAX))
}

fn written(root: &Node) -> &[(Key, Node)] {
    root.get("variants").map_or(&[], Node::entries)
}

fn like(variant: &Node) -> Option<&str> {
    variant.get("like").and_then(Node::text)
}

fn known(name: Option<&Node>, names: &[String], findings: &mut Vec<Finding>) {
    let Some((node, name)) = name.and_then(|node| Some((node, node.text()?))) else { return };
    if !names.iter().any(|known| known == name) {
        let message = format!("there is no variant `{name}`");
        let finding = Finding::new(Code::UnknownVariant, node.place, message).help("name one under `variants:`");
        findings.push(finding.suggest(name, names.iter().map(String::as_str)));
    }
}

/// A variant that is like one with a matrix fills in the same axes.
fn axes_of_others(root: &Node, key: &Key, variant: &Node, findings: &mut Vec<Finding>) {
    let Some(place) = variant.get("like").map(|like| like.place) else { return };
    let own = matrix::axes(variant);
    let others = line(root, &key.name).into_iter().skip(1).flat_map(matrix::axes);
    for axis in others.filter(|axis| !own.iter().any(|known| known.name == axis.name)) {
        let message = format!("what `{}` is like has a matrix: `{{{}}}` has no value here", key.name, axis.name);
        let help = format!("say `matrix: {{{}: [VALUE]}}` here too", axis.name);
        findings.push(Finding::new(Code::MissingKey, place, message).help(help));
    }
}

/// Says each circle of variants once.
fn cycles(root: &Node, findings: &mut Vec<Finding>) {
    let mut told: Vec<&str> = Vec::new();
    for (key, variant) in written(root) {
        let mut seen = vec![key.name.as_str()];
        let mut next = like(variant);
        while let Some(name) = next {
            if let Some(at) = seen.iter().position(|s| *s == name) {
                let circle = &seen[at..];
                if at == 0 && !circle.iter().any(|name| told.contains(name)) {
                    let way: Vec<String> = circle.iter().chain([&name]).map(|n| format!("`{n}`")).collect();
                    let message = format!("`{}` is like itself: {}", key.name, way.join(" is like "));
                    let place = variant.get("like").map_or(key.place, |like| like.place);
                    let help = "one of them must be like none of the others";
                    findings.push(Finding::new(Code::Cycle, place, message).help(help));
                }
                told.extend(circle);
                break;
            }
            seen.push(name);
            if seen.len() > MOST_LIKE {
                let message = format!("`{}` goes through more than {MOST_LIKE} others", key.name);
                let place = variant.get("like").map_or(key.place, |like| like.place);
                let finding = Finding::new(Code::Cycle, place, message);
                return findings.push(finding.help("let it be like one that is like none"));
            }
            next = root.get("variants").and_then(|v| v.get(name)).and_then(like);
        }
    }
}

fn how_many(root: &Node) -> usize {
    written(root).iter().map(|(_, variant)| matrix::how_many(variant)).fold(0, usize::saturating_add)
}

fn same_names(root: &Node, findings: &mut Vec<Finding>) {
    let mut seen = std::collections::BTreeMap::new();
    for choice in choices(root) {
        if let Some(other) = seen.insert(choice.name.clone(), choice.written.clone()) {
            let message = match choice.written == other {
                true => format!("`{other}` makes two variants `{}`", choice.name),
                false => format!("`{}` and `{other}` both make a variant `{}`", choice.written, choice.name),
            };
            let place = written(root).iter().find(|(key, _)| key.name == choice.written).map(|(key, _)| key.place);
            let help = "names of a matrix's variants are made of its values: choose values that differ";
            findings.push(Finding::new(Code::DuplicateName, place.unwrap_or(root.place), message).help(help));
        }
    }
}
