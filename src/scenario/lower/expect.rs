//! What is expected: truth, limits, the verdict.

use crate::model::expect::{Claim, Demand, Expectations, ExpectedVerdict, OverSeeds, Value};
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::shape::shortened;
use crate::scenario::tree::{Key, Node};

/// A measure, as far as something can be said about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Measurable {
    pub key: &'static str,
    pub unit: Unit,
}

/// What a measure can be held against.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Whole things.
    Count,
    /// A share, a factor or a mean.
    Number,
    Time,
    Money,
    Word,
}

impl Unit {
    fn holds(self, value: &Value) -> bool {
        match value {
            Value::Never => true,
            Value::Count(0) if self == Unit::Time => true,
            Value::Count(_) => matches!(self, Unit::Count | Unit::Number),
            Value::Share(_) | Value::Number(_) => self == Unit::Number,
            Value::Time(_) => self == Unit::Time,
            Value::Money(_) => self == Unit::Money,
            Value::Word(_) => self == Unit::Word,
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Unit::Count => "a whole number such as `1_000`",
            Unit::Number => "a number such as `1.5`, or a share such as `10%`",
            Unit::Time => "a duration such as `10s`, or `never`",
            Unit::Money => "an amount such as `$10`",
            Unit::Word => "a word; `runaway show MEASURE` says which",
        }
    }
}

pub(super) fn expectations(root: &Node, measures: Option<&[Measurable]>, findings: &mut Vec<Finding>) -> Expectations {
    let seeds = root.get("seeds").and_then(|node| seeds(node, findings));
    let mut claims = |part: &str, kind: Kind| -> Vec<Claim> {
        let entries = root.get(part).map_or(&[][..], Node::entries);
        let mut reading = Reading { kind, seeds, measures, findings };
        entries.iter().filter_map(|(key, node)| reading.claim(key, node)).collect()
    };
    Expectations {
        truth: claims("truth", Kind::Truth),
        limits: claims("limits", Kind::Limit),
        verdict: match root.get("expect_verdict").and_then(Node::text) {
            Some("pass") => Some(ExpectedVerdict::Pass),
            Some("fail") => Some(ExpectedVerdict::Fail),
            Some("inconclusive") => Some(ExpectedVerdict::Inconclusive),
            _ => None,
        },
        seeds,
    }
}

/// More would not end today.
const MOST_SEEDS: u64 = 1_000_000;

fn seeds(node: &Node, findings: &mut Vec<Finding>) -> Option<u32> {
    let n = node.text().and_then(quantity::count)?;
    if (1..=MOST_SEEDS).contains(&n) {
        return Some(n as u32);
    }
    let message = format!("nothing can be said over {} seeds", quantity::shown(n));
    let help = format!("from 1 to {}", quantity::shown(MOST_SEEDS));
    findings.push(Finding::new(Code::ImpossibleNumber, node.place, message).help(help));
    None
}

/// What a plain value means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Just that.
    Truth,
    /// That at most.
    Limit,
}

struct Reading<'r> {
    kind: Kind,
    /// What the scenario says for all.
    seeds: Option<u32>,
    measures: Option<&'r [Measurable]>,
    findings: &'r mut Vec<Finding>,
}

impl Reading<'_> {
    fn find<T>(&mut self, finding: Finding) -> Option<T> {
        self.findings.push(finding);
        None
    }

    fn claim(&mut self, key: &Key, node: &Node) -> Option<Claim> {
        self.measured(key)?;
        let demand = self.demand(key, node)?;
        let over = if node.entries().is_empty() { None } else { self.over(node)? };
        Some(Claim { measure: key.name.clone(), demand, over })
    }

    fn measured(&mut self, key: &Key) -> Option<()> {
        let is_known = |known: &&[Measurable]| known.iter().any(|measure| measure.key == key.name);
        let Some(measures) = self.measures.filter(|known| !is_known(known)) else { return Some(()) };
        let message = format!("nothing measures `{}`", shortened(&key.name));
        let finding =
            Finding::new(Code::UnknownMeasure, key.place, message).suggest(&key.name, measures.iter().map(|m| m.key));
        let help = "`runaway list measures` lists what is measured";
        let helped = finding.help.is_some();
        self.find(if helped { finding } else { finding.help(help) })
    }

    fn demand(&mut self, key: &Key, node: &Node) -> Option<Demand> {
        let (is, least, most) = match node.text() {
            Some(_) => (Some(node), None, None),
            None => (node.get("is"), node.get("at_least"), node.get("at_most")),
        };
        if let (Some(_), Some(other)) = (is, least.or(most)) {
            let finding = Finding::new(Code::BadExpectation, other.place, "this says twice what the value is");
            return self.find(finding.help("`is` for one value; `at_least`, `at_most` or both for a range"));
        }
        match (is, least, most) {
            (Some(is), ..) if self.kind == Kind::Truth => Some(Demand::Is(self.value(key, is)?)),
            (Some(is), ..) => Some(Demand::AtMost(self.value(key, is)?)),
            (None, Some(least), None) => Some(Demand::AtLeast(self.ordered(key, least)?)),
            (None, None, Some(most)) => Some(Demand::AtMost(self.ordered(key, most)?)),
            (None, Some(least), Some(most)) => {
                let (from, to) = (self.ordered(key, least)?, self.ordered(key, most)?);
                if in_order(&from, &to) {
                    return Some(Demand::Between { least: from, most: to });
                }
                let finding = Finding::new(Code::BadExpectation, most.place, "no value lies between these");
                self.find(finding.help("`at_least` is the smaller one; both are of one kind"))
            }
            (None, None, None) => {
                let message = format!("nothing is said about `{}`", shortened(&key.name));
                let finding = Finding::new(Code::MissingKey, node.place, message);
                self.find(finding.help("say `is`, `at_least` or `at_most`"))
            }
        }
    }

    /// A value that has more and less.
    fn ordered(&mut self, key: &Key, node: &Node) -> Option<Value> {
        match self.value(key, node)? {
            Value::Word(_) => {
                let finding = Finding::new(Code::BadExpectation, node.place, "no word is more or less than another");
                self.find(finding.help(format!("give the word itself: `{}: {{is: …}}`", key.name)))
            }
            value => Some(value),
        }
    }

    fn value(&mut self, key: &Key, node: &Node) -> Option<Value> {
        let text = node.text()?;
        let known = self.measures.and_then(|known| known.iter().find(|measure| measure.key == key.name));
        let value = if key.name.ends_with("cost") { cost(text) } else { read(text) };
        value.filter(|value| known.is_none_or(|measure| measure.unit.holds(value))).or_else(|| {
            let message = format!("`{}` is nothing that `{}` can be", shortened(text), shortened(&key.name));
            let any = "a number, a share such as `10%`, a duration, a word, or `never`";
            let help = known.map_or(any, |measure| measure.unit.help());
            self.find(Finding::new(Code::BadExpectation, node.place, message).help(help))
        })
    }

    fn over(&mut self, node: &Node) -> Option<Option<OverSeeds>> {
        let share = |key: &str| node.get(key).and_then(Node::text).and_then(quantity::share);
        let (probability, slack) = (node.get("probability"), node.get("give_or_take"));
        if let Some(slack) = slack.filter(|_| probability.is_none() || self.kind == Kind::Limit) {
            let (message, help) = match self.kind {
                Kind::Truth => ("`give_or_take` has no effect without `probability`", "say which share it is about"),
                Kind::Limit => ("`give_or_take` has no effect in a limit", "say the least share that is tolerated"),
            };
            return self.find(Finding::new(Code::BadExpectation, slack.place, message).help(help));
        }
        let seeds = match (node.get("seeds"), probability) {
            (Some(written), _) => seeds(written, self.findings)?,
            (None, None) => return Some(None),
            (None, Some(probability)) => match self.seeds {
                Some(seeds) => seeds,
                None => {
                    let finding = Finding::new(Code::MissingKey, probability.place, "a share of how many seeds?");
                    return self.find(finding.help("say `seeds: 50`, here or for the whole scenario"));
                }
            },
        };
        Some(Some(OverSeeds {
            seeds,
            probability: share("probability").unwrap_or(1.0),
            give_or_take: share("give_or_take").unwrap_or(0.0),
        }))
    }
}

fn in_order(least: &Value, most: &Value) -> bool {
    match (least, most) {
        (Value::Time(least), Value::Time(most)) => least <= most,
        (Value::Time(_), Value::Never) => true,
        (least, most) => number(least).zip(number(most)).is_some_and(|(least, most)| least <= most),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Count(n) | Value::Money(n) => Some(*n as f64),
        Value::Share(n) | Value::Number(n) => Some(*n),
        Value::Time(_) | Value::Word(_) | Value::Never => None,
    }
}

fn cost(text: &str) -> Option<Value> {
    quantity::money(text).map(Value::Money)
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
    if let Some(number) = text.parse().ok().filter(|n: &f64| n.is_finite() && *n >= 0.0) {
        return Some(Value::Number(number));
    }
    text.starts_with(|c: char| c.is_ascii_alphabetic()).then(|| Value::Word(text.to_owned()))
}
