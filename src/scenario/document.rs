//! A scenario file, read and checked; and what becomes of it with a variant laid over it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::finding::{Code, Finding, Rejected, Severity};
use super::grammar::SCENARIO;
use super::lower::{self, Lowered, Measurable};
use super::shape::shortened;
use super::snippet::{Lines, line_and_column};
use super::source::Source;
use super::tree::{Key, Node, Place, Value};
use super::unused::Unused;
use super::variant::{self, Choice};
use super::{patch, yaml};
use crate::model::Plan;

/// A scenario file that could be read. Nothing in it is resolved yet.
#[derive(Clone, Debug)]
pub struct Document {
    source: Source,
    root: Node,
    measures: Arc<[Measurable]>,
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

/// One setting of a scenario file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    pub path: String,
    pub value: String,
    /// From 1.
    pub line: usize,
}

/// What a scenario says of itself, and what is expected of it: no settings.
const SAID: [&str; 11] = [
    "runaway",
    "name",
    "story",
    "based_on",
    "scale",
    "sources",
    "tags",
    "truth",
    "limits",
    "expect_verdict",
    "against",
];

/// What is changed from outside: `--set` and `--seed`.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub sets: Vec<(String, String)>,
    pub seed: Option<u64>,
}

/// Reads a scenario file. `measures` are what truths and limits may name.
pub fn parse(source: Source, measures: &[Measurable]) -> Result<Document, Rejected> {
    let read = source.fits().and_then(|()| yaml::read(&source.text)).and_then(|root| match not_a_scenario(&root) {
        Some(finding) => Err(finding),
        None => Ok(root),
    });
    let root = match read {
        Ok(root) => root,
        Err(finding) => return Err(Rejected { source, findings: vec![finding] }),
    };
    let mut findings = Vec::new();
    SCENARIO.shape.check(&root, None, &mut findings);
    if findings.is_empty() {
        variant::check(&root, &mut findings);
    }
    if findings.is_empty() {
        Ok(Document { source, root, measures: measures.into(), folder: None })
    } else {
        findings.sort_by_key(|f| f.place.start);
        Err(Rejected { source, findings })
    }
}

/// What keeps a tree from being a scenario of this version at all.
fn not_a_scenario(root: &Node) -> Option<Finding> {
    const BEGIN: &str = "a scenario begins with `runaway: 1`; `runaway init moltbook` makes one to start from";
    if !matches!(root.value, Value::Map(_)) {
        let found = match root.value {
            Value::Null => "the file is empty",
            Value::List(_) => "this is not a scenario: it is a list",
            _ => "this is not a scenario: it is a single text",
        };
        let place = if root.value == Value::Null { Place::default() } else { root.place };
        return Some(Finding::new(Code::Empty, place, found).help(BEGIN));
    }
    if let Some(version) = root.get("runaway") {
        let text = version.text().filter(|text| *text != "1")?;
        let message = format!("version {} of the format is not known here", shortened(text));
        let help = "this program reads `runaway: 1`; a newer one may read this file";
        return Some(Finding::new(Code::UnknownVersion, version.place, message).help(help));
    }
    if let Some(key) = root.key("targets") {
        let help = "`runaway drill FILE`, or `runaway run FILE --plane staging`";
        return Some(Finding::new(Code::NotAScenario, key.place, "this is a targets file, not a scenario").help(help));
    }
    let described = root.entries().iter().find(|(key, _)| matches!(key.name.as_str(), "openapi" | "swagger"));
    if let Some((key, _)) = described {
        let message = "this is an OpenAPI description, not a scenario";
        let help = "`runaway init --from openapi FILE` makes a scenario of it";
        return Some(Finding::new(Code::NotAScenario, key.place, message).help(help));
    }
    let known = ["name", "services", "identities", "agents"].iter().filter(|key| root.get(key).is_some()).count();
    (known < 2).then(|| Finding::new(Code::NotAScenario, root.place, "this is not a scenario").help(BEGIN))
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
            let variant = self.root.get("variants")?.get(&choice.written)?;
            variant.get(key).and_then(Node::text).map(|text| patch::filled_in(text.trim(), &choice.values))
        };
        variant::choices(&self.root)
            .iter()
            .map(|choice| Variant {
                name: choice.name.clone(),
                story: written(choice, "story"),
                expect_verdict: written(choice, "expect_verdict"),
            })
            .collect()
    }

    fn choice(&self, variant: &str) -> Result<Choice, Rejected> {
        let all = variant::choices(&self.root);
        all.iter().find(|c| c.name == variant).cloned().ok_or_else(|| {
            let written = self.root.entries().iter().find(|(key, _)| key.name == "variants");
            let place = written.map_or(self.root.place, |(key, _)| key.place);
            let message = format!("there is no variant `{}`", shortened(variant));
            let finding = Finding::new(Code::UnknownVariant, place, message);
            let usual = "`runaway show FILE` lists the variants";
            self.rejected(vec![finding.help(usual).suggest(variant, all.iter().map(|c| c.name.as_str()))])
        })
    }

    fn rejected(&self, findings: Vec<Finding>) -> Rejected {
        Rejected { source: self.source.clone(), findings }
    }

    /// The line on which a part of the scenario stands, with a variant laid over it: where the path leads no further, the line up to
    /// which it led.
    pub fn line_of(&self, variant: Option<&str>, path: &[&str]) -> Option<usize> {
        self.led_to(variant, path)?.1
    }

    /// How many parts of a path are written, with a variant laid over the scenario, and the line of the last of them.
    pub fn led_to(&self, variant: Option<&str>, path: &[&str]) -> Option<(usize, Option<usize>)> {
        let tree = self.tree(variant, &Overrides::default()).ok()?;
        let (mut node, mut place, mut led) = (&tree, None, 0);
        for part in path {
            let Some((key, inner)) = node.entries().iter().find(|(key, _)| key.name == *part) else { break };
            (node, place, led) = (inner, Some(key.place), led + 1);
        }
        let written = place.filter(|place| *place != Place::OUTSIDE);
        Some((led, written.map(|place| line_and_column(&self.source.text, place.start).0)))
    }

    /// The line on which a variant begins.
    pub fn line_of_variant(&self, variant: &str) -> Option<usize> {
        let written = self.choice(variant).ok()?.written;
        let place = self.root.get("variants")?.key(&written)?.place;
        Some(line_and_column(&self.source.text, place.start).0)
    }

    /// Every setting of the world and of its defence as it is written, by path, with its line.
    pub fn settings(&self) -> Vec<Setting> {
        let lines = Lines::of(&self.source.text);
        let mut settings = Vec::new();
        let mut note = |path: &str, value: String, place: Place| {
            settings.push(Setting { path: path.to_owned(), value, line: lines.position(place.start).0 });
        };
        for (key, node) in self.root.entries().iter().filter(|(key, _)| !SAID.contains(&key.name.as_str())) {
            gather(&key.name, key.place, node, &mut note);
        }
        settings
    }

    /// The same scenario with a change beside its own variants, like one of them where it names one. Gives back the
    /// name under which it can be chosen, and the variant. Limits stay as they are there.
    pub(crate) fn with_change(
        &self,
        name: &str,
        like: Option<&str>,
        change: Node,
    ) -> Result<(Document, String, Node), Rejected> {
        let outside = |name: &str| Key { name: name.to_owned(), place: Place::OUTSIDE };
        let mut variant = change;
        if let Some(like) = like {
            let choice = self.choice(like)?;
            variant.put(&outside("like"), Node::scalar(choice.written.as_str(), Place::OUTSIDE));
            let row: Vec<(Key, Node)> =
                choice.values.iter().map(|(k, v)| (outside(k), Node::scalar(v.as_str(), Place::OUTSIDE))).collect();
            if !row.is_empty() {
                let row = Node { value: Value::Map(row), place: Place::OUTSIDE };
                variant.put(&outside("matrix"), Node { value: Value::List(vec![row]), place: Place::OUTSIDE });
            }
            let written = self.root.get("variants").and_then(|all| all.get(&choice.written));
            for part in ["against", "limits"] {
                if let Some(said) = written.and_then(|written| written.get(part)) {
                    variant.put(&outside(part), said.clone());
                }
            }
        }
        let mut changed = self.clone();
        let mut all =
            self.root.get("variants").cloned().unwrap_or(Node { value: Value::Map(Vec::new()), place: Place::OUTSIDE });
        all.put(&outside(name), variant.clone());
        changed.root.put(&outside("variants"), all);
        let chosen = variant::choices(&changed.root).into_iter().find(|choice| choice.written == name);
        let chosen = chosen.map_or(name.to_owned(), |choice| choice.name);
        Ok((changed, chosen, variant))
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
            let written = self.root.get("variants")?.get(&choice.written)?;
            written.get("against")?.text().map(str::to_owned)
        });
        let defence = |path: &str| path.starts_with("respond") || path.starts_with("controls");
        let sets = overrides.sets.iter().filter(|(path, _)| !defence(path)).cloned().collect();
        let mut tree = self.tree(against.as_deref(), &Overrides { sets, seed: overrides.seed })?;
        for part in ["respond", "truth", "limits", "expect_verdict"] {
            tree.remove(part);
        }
        // Steps may name a limit, so the limits stay, unarmed.
        if let Some(Value::Map(controls)) = tree.get_mut("controls").map(|controls| &mut controls.value) {
            let armed = Key { name: "armed".to_owned(), place: Place::OUTSIDE };
            controls.iter_mut().for_each(|(_, limit)| limit.put(&armed, Node::scalar("no", Place::OUTSIDE)));
        }
        self.lower(&tree, against.as_deref())
    }

    /// The tree with a variant and overrides laid over it.
    pub(crate) fn tree(&self, variant: Option<&str>, overrides: &Overrides) -> Result<Node, Rejected> {
        let choice = variant.map(|v| self.choice(v)).transpose()?;
        self.tree_of(choice.as_ref(), overrides)
    }

    fn tree_of(&self, choice: Option<&Choice>, overrides: &Overrides) -> Result<Node, Rejected> {
        let mut findings = Vec::new();
        let mut tree = patch::apply(&self.root, choice, &mut findings);
        let seed = overrides.seed.map(|seed| ("seed".to_owned(), seed.to_string()));
        for (path, value) in overrides.sets.iter().cloned().chain(seed) {
            let key = Key { name: path, place: Place::OUTSIDE };
            patch::set(&mut tree, &key, Node::scalar(value, Place::OUTSIDE), &mut findings);
        }
        if choice.is_some() || !overrides.sets.is_empty() {
            SCENARIO.shape.check(&tree, None, &mut findings);
        }
        if findings.is_empty() { Ok(tree) } else { Err(self.rejected(findings)) }
    }

    fn lower(&self, tree: &Node, variant: Option<&str>) -> Result<Resolved, Rejected> {
        let Lowered { mut plan, findings, taken } = self.lowered(tree);
        let (errors, warnings): (Vec<_>, Vec<_>) = findings.into_iter().partition(|f| f.severity == Severity::Error);
        if !errors.is_empty() {
            return Err(self.rejected(errors));
        }
        plan.meta.variant = variant.map(str::to_owned);
        // A journal stands for itself: the description may be gone when it is read.
        let mut told = tree.clone();
        for (service, taken) in taken {
            let key = Key { name: format!("services.{service}.openapi.taken"), place: Place::OUTSIDE };
            patch::set(&mut told, &key, Node::scalar(taken, Place::OUTSIDE), &mut Vec::new());
        }
        let document = told.to_json();
        Ok(Resolved { plan, document, warnings })
    }

    fn lowered(&self, tree: &Node) -> Lowered {
        lower::lower(tree, Some(&self.measures), self.folder.as_deref())
    }

    /// Everything that is wrong with the scenario or with one of its variants; of them all, or of one.
    pub fn check(&self, only: Option<&str>) -> Result<Vec<Finding>, Rejected> {
        let choices = match only {
            Some(name) => vec![self.choice(name)?],
            None => variant::choices(&self.root),
        };
        let mut unused = Unused::default();
        let mut found = self.findings_of(None, &mut unused);
        let base = found.len();
        let mut known: BTreeSet<_> = found.iter().map(Finding::identity).collect();
        for choice in &choices {
            let new = self
                .findings_of(Some(choice), &mut unused)
                .into_iter()
                .filter(|finding| known.insert(finding.identity()));
            found.extend(new.map(|finding| Finding { variant: Some(choice.name.clone()), ..finding }));
        }
        found[base..].sort_by_key(|f| f.place.start);
        // What one variant does not use, another may.
        found.extend(only.is_none().then(|| unused.findings()).into_iter().flatten());
        let (mut errors, warnings): (Vec<_>, Vec<_>) = found.into_iter().partition(|f| f.severity == Severity::Error);
        if errors.is_empty() {
            return Ok(warnings);
        }
        errors.sort_by_key(|f| f.place.start);
        Err(self.rejected(errors))
    }

    fn findings_of(&self, choice: Option<&Choice>, unused: &mut Unused) -> Vec<Finding> {
        let mut look = |tree: &Node| {
            let Lowered { plan, findings, .. } = self.lowered(tree);
            unused.look(tree, &plan);
            findings
        };
        let mut found = match choice {
            None => look(&self.root),
            choice => match self.tree_of(choice, &Overrides::default()) {
                Ok(tree) => look(&tree),
                Err(rejected) => rejected.findings,
            },
        };
        found.dedup();
        found
    }
}

/// Notes each scalar below a node, and each list of scalars.
fn gather(path: &str, place: Place, node: &Node, note: &mut dyn FnMut(&str, String, Place)) {
    match &node.value {
        Value::Map(entries) => {
            for (key, inner) in entries.iter().filter(|(key, _)| !SAID.contains(&key.name.as_str())) {
                gather(&format!("{path}.{}", key.name), key.place, inner, note);
            }
        }
        Value::List(items) if items.iter().any(|item| item.text().is_none()) => {
            for (at, inner) in items.iter().enumerate() {
                gather(&format!("{path}.{at}"), inner.place, inner, note);
            }
        }
        Value::List(items) => note(path, items.iter().filter_map(Node::text).collect::<Vec<_>>().join(", "), place),
        Value::Scalar(text) => note(path, text.clone(), place),
        Value::Null => {}
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
