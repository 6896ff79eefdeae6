//! A scenario file, read and checked; and what becomes of it with a variant laid over it.

use std::sync::Arc;

use serde_saphyr::options;

use super::finding::{Code, Finding, Rejected, Severity, Source};
use super::grammar::SCENARIO;
use super::lower::{self, Lowered};
use super::patch::{self, Choice};
use super::tree::{Key, Node, Place, Value};
use crate::model::Plan;

/// A scenario file that could be read. Nothing in it is resolved yet.
#[derive(Clone, Debug)]
pub struct Document {
    source: Source,
    root: Node,
    measures: Arc<[String]>,
    folder: Option<std::path::PathBuf>,
}

/// A scenario with one variant chosen, ready to run.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub plan: Plan,
    /// The scenario as it was run, for the journal.
    pub document: serde_json::Value,
    pub warnings: Vec<Finding>,
}

/// A variant, as a list shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variant {
    pub name: String,
    pub story: Option<String>,
    pub expect_verdict: Option<String>,
}

/// What is changed from outside: `--set` and `--seed`.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub sets: Vec<(String, String)>,
    pub seed: Option<u64>,
}

/// No scenario needs more. Records are generated from counts.
const MOST_BYTES: usize = 8 << 20;
/// Deeper than any part of the format goes.
const MOST_DEPTH: usize = 48;
/// The parser recurses, with large frames in debug builds.
const STACK: usize = 64 << 20;

/// Reads a scenario file. `measures` are the keys that truths and limits may name.
pub fn parse(source: Source, measures: &[&str]) -> Result<Document, Rejected> {
    let rejected = |finding| Rejected { source: source.clone(), findings: vec![finding] };
    if source.text.len() > MOST_BYTES {
        let message = format!("the file has {} bytes, and {MOST_BYTES} are the most that are read", source.text.len());
        let help = "records are generated from counts: `count: 1_500` in place of a list";
        return Err(rejected(Finding::new(Code::TooLarge, Place::default(), message).help(help)));
    }
    let root = read_yaml(&source.text).map_err(&rejected)?;
    if !matches!(root.value, Value::Map(_)) {
        let message = "this is not a scenario: it holds no map";
        let help = "a scenario begins with `runaway: 1`; `runaway init moltbook` makes one to start from";
        return Err(rejected(Finding::new(Code::Empty, root.place, message).help(help)));
    }
    let mut findings = Vec::new();
    if let Some(version) = root.get("runaway").filter(|v| v.text() != Some("1")) {
        let message = format!("version {} of the format is not known here", version.text().unwrap_or("?"));
        findings
            .push(Finding::new(Code::UnknownVersion, version.place, message).help("this program reads `runaway: 1`"));
        return Err(Rejected { source, findings });
    }
    SCENARIO.shape.check(&root, &mut findings);
    if findings.is_empty() {
        let measures = measures.iter().map(|m| (*m).to_owned()).collect();
        Ok(Document { source, root, measures, folder: None })
    } else {
        Err(Rejected { source, findings })
    }
}

fn read_yaml(text: &str) -> Result<Node, Finding> {
    if let Some(at) = deeper_than(text, MOST_DEPTH) {
        let message = format!("nested more than {MOST_DEPTH} deep");
        return Err(Finding::new(Code::NotYaml, Place { start: at, len: 1 }, message));
    }
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || {
            let options = options! { strict_booleans: true };
            serde_saphyr::from_str_with_options::<Node>(text, options).map_err(|error| yaml_finding(&error, text))
        });
        let failed = || Finding::new(Code::NotYaml, Place::default(), "the file could not be read");
        reader.map_err(|_| failed())?.join().map_err(|_| failed())?
    })
}

/// Where brackets or indentation go too deep, before a parser recurses into them.
fn deeper_than(text: &str, most: usize) -> Option<usize> {
    let (mut depth, mut start) = (0usize, 0usize);
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '-', '?']).len();
        if indent / 2 > most {
            return Some(start + indent.min(line.len() - 1));
        }
        for (at, c) in line.char_indices() {
            match c {
                '[' | '{' => depth += 1,
                ']' | '}' => depth = depth.saturating_sub(1),
                '#' if line[..at].trim_end().len() < at || at == 0 => break,
                _ => {}
            }
            if depth > most {
                return Some(start + at);
            }
        }
        start += line.len();
    }
    None
}

fn yaml_finding(error: &serde_saphyr::Error, text: &str) -> Finding {
    let place = error
        .location()
        .and_then(|l| l.span().byte_offset())
        .map_or(Place::default(), |start| Place { start: (start as usize).min(text.len()), len: 1 });
    let said = error.to_string();
    let said = said.lines().next().unwrap_or_default();
    let finding = Finding::new(Code::NotYaml, place, super::shape::shortened_to(said, 160));
    let line = text[..place.start.min(text.len())].rfind('\n').map_or(0, |n| n + 1);
    if text.get(line..).is_some_and(|l| {
        l.lines().next().is_some_and(|l| l.starts_with('\t') || l.trim_start_matches(' ').starts_with('\t'))
    }) {
        finding.help("YAML is indented with spaces, never with tabs")
    } else {
        finding
    }
}

impl Document {
    /// Paths in the scenario are relative to this folder.
    pub fn in_folder(mut self, folder: impl Into<std::path::PathBuf>) -> Document {
        self.folder = Some(folder.into());
        self
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.root.get(key).and_then(Node::text)
    }

    pub fn name(&self) -> &str {
        self.text_of("name").unwrap_or_default()
    }

    pub fn story(&self) -> &str {
        self.text_of("story").unwrap_or_default().trim()
    }

    /// Every variant, matrices expanded.
    pub fn variants(&self) -> Vec<Variant> {
        let written = |choice: &Choice, key: &str| {
            let variant = self.root.get("variants")?.get(choice.written())?;
            variant.get(key).and_then(Node::text).map(|text| text.trim().to_owned())
        };
        patch::choices(&self.root)
            .iter()
            .map(|choice| Variant {
                name: choice.name.clone(),
                story: written(choice, "story"),
                expect_verdict: written(choice, "expect_verdict"),
            })
            .collect()
    }

    fn choice(&self, variant: &str) -> Result<Choice, Rejected> {
        let all = patch::choices(&self.root);
        all.iter().find(|c| c.name == variant).cloned().ok_or_else(|| {
            let place = self.root.get("variants").map_or(Place::default(), |v| v.place);
            let message = format!("`{}` has no variant `{variant}`", self.name());
            let finding = Finding::new(Code::UnknownVariant, place, message);
            self.rejected(vec![finding.suggest(variant, all.iter().map(|c| c.name.as_str()))])
        })
    }

    fn rejected(&self, findings: Vec<Finding>) -> Rejected {
        Rejected { source: self.source.clone(), findings }
    }

    /// The scenario with a variant and overrides laid over it.
    pub fn resolve(&self, variant: Option<&str>, overrides: &Overrides) -> Result<Resolved, Rejected> {
        let tree = self.tree(variant, overrides)?;
        self.lower(&tree, variant)
    }

    /// The base, or the variant that `against:` names, with the same seed and without responses and limits: what the
    /// fault does when nothing stops it.
    pub fn positive_control(&self, variant: Option<&str>, overrides: &Overrides) -> Result<Resolved, Rejected> {
        let against = variant.and_then(|v| self.choice(v).ok()).and_then(|choice| {
            let written = self.root.get("variants")?.get(choice.written())?;
            written.get("against")?.text().map(str::to_owned)
        });
        let defence = |path: &str| path.starts_with("respond") || path.starts_with("controls");
        let sets = overrides.sets.iter().filter(|(path, _)| !defence(path)).cloned().collect();
        let mut tree = self.tree(against.as_deref(), &Overrides { sets, seed: overrides.seed })?;
        for part in ["respond", "controls", "truth", "limits", "expect_verdict"] {
            tree.remove(part);
        }
        self.lower(&tree, against.as_deref())
    }

    fn tree(&self, variant: Option<&str>, overrides: &Overrides) -> Result<Node, Rejected> {
        let choice = variant.map(|v| self.choice(v)).transpose()?;
        let mut findings = Vec::new();
        let mut tree = patch::apply(&self.root, choice.as_ref(), &mut findings);
        for (path, value) in &overrides.sets {
            let key = Key { name: path.clone(), place: Place::default() };
            patch::set(&mut tree, &key, Node::scalar(value.clone(), Place::default()), &mut findings);
        }
        if let Some(seed) = overrides.seed {
            let key = Key { name: "seed".into(), place: Place::default() };
            patch::set(&mut tree, &key, Node::scalar(seed.to_string(), Place::default()), &mut findings);
        }
        SCENARIO.shape.check(&tree, &mut findings);
        if findings.is_empty() { Ok(tree) } else { Err(self.rejected(findings)) }
    }

    fn lower(&self, tree: &Node, variant: Option<&str>) -> Result<Resolved, Rejected> {
        let measures: Vec<&str> = self.measures.iter().map(String::as_str).collect();
        let Lowered { mut plan, findings, document } = lower::lower(tree, Some(&measures), self.folder.as_deref());
        let (errors, warnings): (Vec<_>, Vec<_>) = findings.into_iter().partition(|f| f.severity == Severity::Error);
        if !errors.is_empty() {
            return Err(self.rejected(errors));
        }
        plan.meta.variant = variant.map(str::to_owned);
        Ok(Resolved { plan, document, warnings })
    }

    /// Everything that is wrong with the scenario or with one of its variants.
    pub fn check(&self) -> Result<Vec<Finding>, Rejected> {
        let mut findings: Vec<Finding> = Vec::new();
        let mut warnings: Vec<Finding> = Vec::new();
        let names = std::iter::once(None).chain(self.variants().into_iter().map(|v| Some(v.name)));
        for name in names {
            match self.resolve(name.as_deref(), &Overrides::default()) {
                Ok(resolved) => warnings.extend(resolved.warnings),
                Err(rejected) => findings.extend(rejected.findings),
            }
        }
        for all in [&mut findings, &mut warnings] {
            all.sort_by_key(|f| (f.place.start, f.code));
            all.dedup();
        }
        if findings.is_empty() { Ok(warnings) } else { Err(self.rejected(findings)) }
    }
}

/// The plan behind a resolved document, as a journal is headed by it.
pub fn plan_of(document: &serde_json::Value, variant: Option<&str>) -> Result<Plan, String> {
    let tree = Node::from_json(document).ok_or("the resolved scenario is damaged")?;
    let Lowered { mut plan, findings, .. } = lower::lower(&tree, None, None);
    match findings.iter().find(|f| f.severity == Severity::Error) {
        Some(finding) => Err(finding.message.clone()),
        None => {
            plan.meta.variant = variant.map(str::to_owned);
            Ok(plan)
        }
    }
}
