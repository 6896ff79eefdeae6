//! Scenarios that chance has changed: the check says that they are fine or points at a place in them, and what it
//! takes for fine runs. Never a panic.

use std::io;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use runaway::model::{Baseline, Plan};
use runaway::plane::driver::{Sink, Stop};
use runaway::run::{Behaviour, measurable, simulate};
use runaway::scenario::{Document, Finding, Overrides, Rejected, Source, line_and_column, parse};
use runaway::wire::Event;

/// More words than a scenario of the library has to be replaced by.
const WORDS: &[&str] = &[
    "",
    "{}",
    "[]",
    "0",
    "-1",
    "1e9",
    "0s",
    "99999999h",
    "18446744073709551615",
    "4294967295",
    "50_000_000",
    "0%",
    "\"{n}\"",
    "\"member-{n mod 3}\"",
    "\"member-{n div 0}\"",
    "*",
    "yes",
    "null",
    "~",
    "none",
    "own",
    "nothing",
    "last found",
    "every",
    "alarmed",
    "each listed agents",
    "harvest",
    "\t",
    "'",
    "#",
    "!!binary",
    "<<",
    "é\u{301}界",
];

#[derive(Clone, Debug)]
enum Change {
    Delete(Index),
    Double(Index),
    Replace(Index, Index),
    Word(Index, Index),
    Swap(Index, Index),
    DeleteLine(Index),
    DoubleLine(Index),
    MoveLine(Index, Index),
    Truncate(Index),
    Insert(Index, Vec<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        at().prop_map(Change::Delete),
        at().prop_map(Change::Double),
        (at(), at()).prop_map(|(a, b)| Change::Replace(a, b)),
        (at(), at()).prop_map(|(a, b)| Change::Replace(a, b)),
        (at(), at()).prop_map(|(a, b)| Change::Word(a, b)),
        (at(), at()).prop_map(|(a, b)| Change::Word(a, b)),
        (at(), at()).prop_map(|(a, b)| Change::Swap(a, b)),
        at().prop_map(Change::DeleteLine),
        at().prop_map(Change::DoubleLine),
        (at(), at()).prop_map(|(a, b)| Change::MoveLine(a, b)),
        at().prop_map(Change::Truncate),
        (at(), prop::collection::vec(any::<u8>(), 1..6)).prop_map(|(a, bytes)| Change::Insert(a, bytes)),
    ]
}

/// The scenarios that chance begins with: the library, and one that uses each part of the format.
fn scenarios() -> [&'static str; 6] {
    let [a, b, c, ..] = runaway::library::SCENARIOS else { panic!("three scenarios") };
    let agents = include_str!("../formats/agents.yaml");
    let services = include_str!("../formats/services.yaml");
    let defence = include_str!("../formats/defence.yaml");
    [a.text, b.text, c.text, agents, services, defence]
}

/// Words, and everything between them.
fn tokens(text: &str) -> Vec<&str> {
    let of_a_word = |c: char| c.is_alphanumeric() || "-_.*$%/\"".contains(c);
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| of_a_word(c) != of_a_word(first)).unwrap_or(rest.len());
        let end = if of_a_word(first) { end } else { first.len_utf8() };
        tokens.push(&rest[..end]);
        rest = &rest[end..];
    }
    tokens
}

/// The places of words among tokens.
fn words(tokens: &[&str]) -> Vec<usize> {
    (0..tokens.len()).filter(|at| tokens[*at].chars().any(char::is_alphanumeric)).collect()
}

fn changed(bytes: Vec<u8>, change: &Change) -> Vec<u8> {
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut tokens = tokens(&text);
    let words = words(&tokens);
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    if words.is_empty() || lines.is_empty() {
        return bytes;
    }
    match change {
        Change::Delete(at) => drop(tokens.remove(words[at.index(words.len())])),
        Change::Double(at) => {
            let at = words[at.index(words.len())];
            tokens.insert(at, tokens[at]);
        }
        Change::Replace(at, by) => tokens[words[at.index(words.len())]] = tokens[words[by.index(words.len())]],
        Change::Word(at, by) => tokens[words[at.index(words.len())]] = WORDS[by.index(WORDS.len())],
        Change::Swap(a, b) => tokens.swap(words[a.index(words.len())], words[b.index(words.len())]),
        Change::DeleteLine(at) => {
            lines.remove(at.index(lines.len()));
            return lines.concat().into_bytes();
        }
        Change::DoubleLine(at) => {
            let at = at.index(lines.len());
            lines.insert(at, lines[at]);
            return lines.concat().into_bytes();
        }
        Change::MoveLine(from, to) => {
            let line = lines.remove(from.index(lines.len()));
            lines.insert(to.index(lines.len() + 1), line);
            return lines.concat().into_bytes();
        }
        Change::Truncate(at) => return bytes[..at.index(bytes.len())].to_vec(),
        Change::Insert(at, new) => {
            let at = at.index(bytes.len());
            return [&bytes[..at], new, &bytes[at..]].concat();
        }
    }
    tokens.concat().into_bytes()
}

/// Checks bytes as a file; a rejection points into the text.
fn check(bytes: Vec<u8>) -> Option<Document> {
    let name = "changed.yaml".to_owned();
    let checked = Source::from_bytes(name, bytes)
        .and_then(|source| parse(source, &measurable()))
        .map(|document| document.in_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/formats")))
        .and_then(|document| document.check(None).map(|warnings| (document, warnings)));
    match checked {
        Ok((document, warnings)) => {
            warnings.iter().for_each(|warning| assert_placed(document.source(), warning));
            Some(document)
        }
        Err(rejected) => {
            assert!(!rejected.findings.is_empty(), "rejected, and nothing is wrong");
            rejected.findings.iter().for_each(|finding| assert_placed(&rejected.source, finding));
            assert_printed(&rejected);
            None
        }
    }
}

fn assert_placed(source: &Source, finding: &Finding) {
    let text = &source.text;
    assert!(finding.place.start <= text.len(), "{finding:?}");
    let (line, column) = line_and_column(text, finding.place.start);
    assert!(line <= text.lines().count() + 1 && column >= 1, "{finding:?}");
    assert!(!finding.message.is_empty() && finding.help.is_some(), "{finding:?}");
    assert!(!finding.message.contains("fault of the program"), "{finding:?}");
}

fn assert_printed(rejected: &Rejected) {
    let printed = rejected.to_string();
    assert!(printed.contains("error["), "{printed}");
    assert!(!printed.chars().any(|c| c.is_control() && c != '\n'), "{printed:?}");
}

/// Ends a run after so many events.
struct Bounded {
    left: usize,
    stop: Stop,
}

impl Sink for Bounded {
    fn events(&mut self, events: &[Event]) -> io::Result<()> {
        self.left = self.left.saturating_sub(events.len());
        if self.left == 0 {
            self.stop.now();
        }
        Ok(())
    }
}

fn is_small(plan: &Plan) -> bool {
    let records: u64 = plan.collections.iter().map(|c| u64::from(c.count)).sum();
    records + u64::from(plan.credentials()) + u64::from(plan.identities()) < 100_000
}

/// Runs a plan for some thousand events, or a second.
fn run(plan: Plan) {
    if !is_small(&plan) {
        return;
    }
    let stop = Stop::default();
    let (done, waits) = mpsc::channel::<()>();
    let late = stop.clone();
    let watch = std::thread::spawn(move || {
        if waits.recv_timeout(Duration::from_secs(1)) == Err(mpsc::RecvTimeoutError::Timeout) {
            late.now();
        }
    });
    let plan = Arc::new(plan);
    let mut sink = Bounded { left: 2_000, stop: stop.clone() };
    simulate(&plan, &Baseline::empty(&plan), Behaviour::Faulty, &stop, &mut sink).expect("a run in memory");
    drop(done);
    watch.join().unwrap();
}

fn compiles_and_runs(document: &Document) {
    let nothing = Overrides::default();
    let variants: Vec<Option<String>> =
        std::iter::once(None).chain(document.variants().into_iter().map(|v| Some(v.name))).collect();
    for (at, variant) in variants.iter().enumerate() {
        let resolved = document.resolve(variant.as_deref(), &nothing).expect("what is checked can be resolved");
        document.positive_control(variant.as_deref(), &nothing).expect("so can what it is compared with");
        if at < 2 {
            run(resolved.plan);
        }
    }
}

fn cases(n: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(n);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Trees of the format's own words, in shapes that it has not.
fn tree() -> impl Strategy<Value = serde_json::Value> {
    let keys: Vec<String> = scenarios()
        .iter()
        .flat_map(|text| tokens(text))
        .filter(|token| token.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)) && !token.is_empty())
        .map(str::to_owned)
        .collect();
    let word = prop::sample::select(keys);
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        word.clone().prop_map(Into::into),
        prop::sample::select(WORDS).prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::btree_map(word.clone(), inner, 0..6).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

const PARTS: &[&str] = &[
    "name",
    "time",
    "services",
    "identities",
    "credentials",
    "data",
    "agents",
    "benign",
    "detect",
    "steps",
    "respond",
    "controls",
    "truth",
    "limits",
    "variants",
    "tags",
    "seed",
];

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_changed_scenario_is_fine_or_wrong_somewhere(
        which in 0..6usize,
        changes in prop::collection::vec(change(), 0..4),
    ) {
        let text = scenarios()[which].as_bytes().to_vec();
        if let Some(document) = check(changes.iter().fold(text, changed)) {
            compiles_and_runs(&document);
        }
    }

    #[test]
    fn a_part_put_elsewhere_is_fine_or_wrong_somewhere(which in 0..6usize, part in 0..PARTS.len(), tree in tree()) {
        let text = scenarios()[which];
        let mut whole: serde_json::Value = serde_saphyr::from_str(text).unwrap();
        whole[PARTS[part]] = tree;
        if let Some(document) = check(whole.to_string().into_bytes()) {
            compiles_and_runs(&document);
        }
    }

    #[test]
    fn any_tree_is_fine_or_wrong_somewhere(tree in tree()) {
        check(tree.to_string().into_bytes());
    }

    #[test]
    fn any_bytes_are_fine_or_wrong_somewhere(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(bytes);
    }
}
