//! What is expected: truth, limits, the verdict.

use crate::model::expect::{Bound, Expectations, Expected, ExpectedVerdict, Value};
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::shape::shortened;
use crate::scenario::tree::{Key, Node};

pub(super) fn expectations(root: &Node, measures: Option<&[&str]>, findings: &mut Vec<Finding>) -> Expectations {
    let mut values = |part: &str| -> Vec<(String, Value)> {
        let entries = root.get(part).map_or(&[][..], Node::entries);
        entries.iter().filter_map(|(key, node)| value(key, node, measures, findings)).collect()
    };
    Expectations {
        truth: values("truth").into_iter().map(|(measure, value)| Expected { measure, value }).collect(),
        limits: values("limits").into_iter().map(|(measure, at_most)| Bound { measure, at_most }).collect(),
        verdict: match root.get("expect_verdict").and_then(Node::text) {
            Some("pass") => Some(ExpectedVerdict::Pass),
            Some("fail") => Some(ExpectedVerdict::Fail),
            Some("inconclusive") => Some(ExpectedVerdict::Inconclusive),
            _ => None,
        },
    }
}

/// What a scenario may expect and this version does not compute: what went out to outsiders, and how
/// instructions spread.
const LATER: &[&str] = &["leaked", "turned", "turned.half", "r0"];

fn value(key: &Key, node: &Node, measures: Option<&[&str]>, findings: &mut Vec<Finding>) -> Option<(String, Value)> {
    if LATER.contains(&key.name.as_str()) {
        let message =
            format!("the measure `{}`: the format can say it, this version does not compute it yet", key.name);
        let help = "leave it out: `runaway list --measures` lists what is measured";
        findings.push(Finding::new(Code::NotAvailable, key.place, message).help(help));
        return None;
    }
    if let Some(measures) = measures.filter(|known| !known.contains(&key.name.as_str())) {
        let message = format!("nothing measures `{}`", shortened(&key.name));
        let finding =
            Finding::new(Code::UnknownMeasure, key.place, message).suggest(&key.name, measures.iter().copied());
        let help = "`runaway list --measures` lists what is measured";
        findings.push(if finding.help.is_some() { finding } else { finding.help(help) });
        return None;
    }
    let node = node.get("is").filter(|_| node.entries().len() == 1).unwrap_or(node);
    let Some(text) = node.text() else {
        let message = "an expectation over several seeds: the format can say it, this version does not run it yet";
        let help = format!("give the value of one seed: `{}: 5`", key.name);
        findings.push(Finding::new(Code::NotAvailable, node.place, message).help(help));
        return None;
    };
    let amount = text.strip_prefix('$').filter(|_| key.name.ends_with("cost"));
    if amount.is_some_and(|amount| quantity::money(amount).is_some_and(|m| m % 1_000_000 > 0)) {
        let message = "an amount with a fraction: the format can say it, this version compares whole amounts";
        let help = "give a whole amount, or count the calls";
        findings.push(Finding::new(Code::NotAvailable, node.place, message).help(help));
        return None;
    }
    let value = read(amount.unwrap_or(text)).ok_or_else(|| {
        let message = format!("`{}` is nothing that `{}` can be", shortened(text), shortened(&key.name));
        Finding::new(Code::BadExpectation, node.place, message)
            .help("a number, a share such as `10%`, a duration, a word, or `never`")
    });
    match value {
        Ok(value) => Some((key.name.clone(), value)),
        Err(finding) => {
            findings.push(finding);
            None
        }
    }
}

fn read(text: &str) -> Option<Value> {
    let text = text.trim();
    if text == "never" {
        return Some(Value::Never);
    }
    if let Some(n) = quantity::count(text) {
        return Some(Value::Count(n));
    }
    if let Some(span) = quantity::duration(text) {
        return Some(Value::Time(span));
    }
    if let Some(share) = quantity::share(text) {
        return Some(Value::Share(share));
    }
    text.starts_with(|c: char| c.is_ascii_alphabetic()).then(|| Value::Word(text.to_owned()))
}
