//! Services that come from a real OpenAPI description: operations, parameters and scopes that nobody here wrote.

use std::collections::BTreeMap;
use std::io::Read;

use crate::import::openapi::{self, Description, EffectOverride, Requirement};
use crate::model::Column;
use crate::model::identity::{Collection, CreatedOwner, Ids};
use crate::model::service::{Act, Answer, Method, Operation, Reversible};
use crate::scenario::finding::{Code, Finding};
use crate::scenario::shape::shortened;
use crate::scenario::tree::Node;
use crate::wire::{ClassId, CollId, Effect, ServiceId};

use super::services::Defaults;
use super::{Lowering, rows};

/// A description larger than this is not read.
const MOST_BYTES: u64 = 64 << 20;
const PATTERN: &str = "a pattern is `METHOD /path` or an operation's id, where `*` stands for anything";
/// How many records a collection has where the scenario does not say.
const DEFAULT_COUNT: u32 = 25;

impl Lowering<'_> {
    pub(super) fn described(&mut self, service: ServiceId, node: &Node, defaults: &Defaults) {
        let Some(mut description) = self.read_description(node) else {
            self.unread.insert(self.services[service.index()].name.clone());
            return;
        };
        for (pattern, effect) in node.get("effects").map_or(&[][..], Node::entries) {
            let Some(effect) = effect.text().and_then(Effect::parse) else { continue };
            let over = EffectOverride { pattern: pattern.name.clone(), effect };
            for note in openapi::apply_overrides(&mut description, &[over]) {
                self.find(Finding::warning(Code::Unused, pattern.place, note.to_string()).help(PATTERN));
            }
        }
        if let Some(only) = node.get("only") {
            self.keep_only(&mut description, only);
        }
        let count = node.get("counts").map_or(Some(DEFAULT_COUNT), |n| rows(n, &mut self.findings));
        let collections = self.described_collections(service, &description, count, node);
        for operation in description.operations.iter().filter(|o| o.shadowed_by.is_none()) {
            let Some(method) = Method::parse(operation.method.name()) else { continue };
            let coll = collections.get(operation.collection.as_str()).copied();
            let spec = Operation {
                service,
                name: operation.id.clone(),
                method,
                path: one_parameter(&operation.path),
                selector: None,
                act: act_of(operation),
                effect: operation.effect,
                target: coll,
                rule: defaults.rule,
                documented: true,
                reversible: Reversible::Always,
                denies: defaults.denies,
                latency: defaults.latency,
                effect_after: None,
                recheck: false,
                cost: 0,
                page: defaults.page,
            };
            let needs = self.described_needs(service, operation);
            self.push_operation(spec, needs, node.place);
        }
        self.say(&description, node);
    }

    /// Takes the operations that a pattern matches, and no others.
    fn keep_only(&mut self, description: &mut Description, only: &Node) {
        let patterns: Vec<&str> = only.each().iter().filter_map(Node::text).collect();
        for (pattern, node) in patterns.iter().zip(only.each()) {
            if !description.operations.iter().any(|operation| openapi::is_meant(pattern, operation)) {
                let message = format!("no operation of the description matches `{}`", shortened(pattern));
                self.find(Finding::new(Code::DanglingName, node.place, message).help(PATTERN));
            }
        }
        description.operations.retain(|operation| patterns.iter().any(|p| openapi::is_meant(p, operation)));
    }

    fn read_description(&mut self, node: &Node) -> Option<Description> {
        let file = node.get("file")?;
        let path = file.text().map(std::path::PathBuf::from)?;
        let path = self.folder.map_or(path.clone(), |folder| folder.join(&path));
        let bad = |why: String| {
            let message = format!("`{}` cannot be used: {why}", path.display());
            Finding::new(Code::BadDescription, file.place, message)
                .help("name an OpenAPI or Swagger description, in JSON or YAML; paths start from the scenario's folder")
        };
        let bytes = std::fs::File::open(&path).and_then(|opened| {
            let mut bytes = Vec::new();
            opened.take(MOST_BYTES).read_to_end(&mut bytes)?;
            Ok(bytes)
        });
        let bytes = self.take(bytes.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => bad("there is no such file".to_owned()),
            std::io::ErrorKind::IsADirectory => bad("it is a folder".to_owned()),
            _ => bad(error.to_string()),
        }))?;
        self.take(openapi::read(&bytes).map_err(|error| bad(error.to_string())))
    }

    /// One collection for each that the description speaks of, named after the service.
    fn described_collections(
        &mut self,
        service: ServiceId,
        description: &Description,
        count: Option<u32>,
        node: &Node,
    ) -> BTreeMap<String, CollId> {
        let own = self.services[service.index()].name.clone();
        let class = self.classes.iter().position(|c| c == "internal").unwrap_or_else(|| {
            self.classes.push("internal".into());
            self.classes.len() - 1
        });
        let mut all = BTreeMap::new();
        for name in description.collections().into_keys() {
            let id = CollId::at(self.collections.len());
            let full = format!("{own}.{name}");
            let added = self.records.add(&full, count, node.get("counts").unwrap_or(node).place);
            if self.take(added).is_none() {
                break;
            }
            self.collections.push(Collection {
                name: full,
                class: ClassId::at(class),
                count: count.unwrap_or(0),
                owner: Column::Empty,
                tenant: Column::Empty,
                holds: Column::Empty,
                ids: Ids::Listed,
                inside: None,
                canaries: None,
                created_owner: CreatedOwner::Nobody,
            });
            all.insert(name.to_owned(), id);
        }
        all
    }

    /// Requirement objects are OR, scopes inside one are AND. A description that says nothing is taken to ask for any
    /// credential of the service: `service:*`.
    fn described_needs(&self, service: ServiceId, operation: &openapi::Operation) -> Vec<Vec<String>> {
        let own = &self.services[service.index()].name;
        match &operation.requires {
            Requirement::Open => vec![Vec::new()],
            Requirement::Unstated => vec![vec![format!("{own}:{}", operation.effect.name())]],
            Requirement::AnyOf(alternatives) => alternatives
                .iter()
                .map(|alternative| {
                    let scopes: Vec<String> = alternative.scopes().map(str::to_owned).collect();
                    if scopes.is_empty() && !alternative.all_of.is_empty() {
                        vec![format!("{own}:{}", operation.effect.name())]
                    } else {
                        scopes
                    }
                })
                .collect(),
        }
    }

    /// What could not be taken over is said, not swallowed.
    fn say(&mut self, description: &Description, node: &Node) {
        for note in description.notes.iter().take(MOST_NOTES) {
            self.find(Finding::warning(Code::BadDescription, node.place, note.to_string()));
        }
        if let Some(more) = description.notes.len().checked_sub(MOST_NOTES).filter(|n| *n > 0) {
            self.find(Finding::warning(
                Code::BadDescription,
                node.place,
                format!("and {more} more notes of this kind"),
            ));
        }
    }
}

/// So many notes about one description are told one by one.
const MOST_NOTES: usize = 12;

fn act_of(operation: &openapi::Operation) -> Act {
    let about_one = operation.path.contains('{') && !operation.answer.is_list();
    match operation.effect {
        Effect::Read if about_one => Act::One { answer: Answer::Records },
        Effect::Read => Act::List { answer: Answer::Records, inside: None },
        Effect::Write if operation.method.name() == "POST" && !operation.path.ends_with('}') => Act::Create,
        _ if about_one => Act::One { answer: Answer::Nothing },
        Effect::Execute | Effect::Send | Effect::Grant | Effect::Mint => Act::Nothing,
        Effect::Write | Effect::Delete => Act::All,
    }
}

/// The path with its parameters as they are: the last one names the record.
fn one_parameter(path: &str) -> String {
    path.split(['?', '#']).next().unwrap_or(path).to_owned()
}
