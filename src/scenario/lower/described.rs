//! Services that come from a real OpenAPI description: operations, parameters and scopes that nobody here wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use serde::{Deserialize, Serialize};

use crate::import::openapi::{self, Description, EffectOverride, Requirement};
use crate::model::Column;
use crate::model::identity::{Collection, CreatedOwner, Ids};
use crate::model::service::{Act, Answer, Method, Minting, Operation, Reversible};
use crate::scenario::finding::{Code, Finding};
use crate::scenario::shape::shortened;
use crate::scenario::tree::Node;
use crate::wire::{ClassId, CollId, Effect, ServiceId};

use super::services::Defaults;
use super::{Lowering, rows};

/// A description larger than this is not read.
const MOST_BYTES: u64 = 64 << 20;
const PATTERN: &str = "a pattern is `METHOD /path` or an operation's id, where `*` stands for anything";
const FOR_JOURNALS: &str = "journals carry `taken`; a scenario names a `file`";
/// How many records a collection has where the scenario does not say.
const DEFAULT_COUNT: u32 = 25;

/// What is taken over from a description: enough to build the service again without it, as a journal must.
#[derive(Serialize, Deserialize)]
struct Taken {
    id: String,
    method: String,
    path: String,
    effect: String,
    collection: String,
    does: Does,
    /// Scopes: OR of AND.
    needs: Vec<Vec<String>>,
}

/// What a described operation does, as far as its method, path and answer tell.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Does {
    ReadOne,
    List,
    Create,
    ChangeOne,
    ChangeAll,
    Nothing,
}

impl Lowering<'_> {
    pub(super) fn described(&mut self, service: ServiceId, node: &Node, defaults: &Defaults) {
        let name = self.services[service.index()].name.clone();
        let known = node.get("taken").and_then(Node::text).map(serde_json::from_str::<Vec<Taken>>);
        let taken = match known {
            Some(Ok(taken)) => taken,
            Some(Err(error)) => {
                let message = format!("what was taken from the description cannot be read: {error}");
                return self.find(Finding::new(Code::BadDescription, node.place, message).help(FOR_JOURNALS));
            }
            None => match self.take_from_file(service, node) {
                Some(taken) => taken,
                None => {
                    self.unread.insert(name);
                    return;
                }
            },
        };
        if let Ok(json) = serde_json::to_string(&taken) {
            self.taken.push((name, json));
        }
        let collections = self.described_collections(service, &taken, node);
        for taken in &taken {
            let coll = collections.get(taken.collection.as_str()).copied();
            let (Some(method), Some(effect)) = (Method::parse(&taken.method), Effect::parse(&taken.effect)) else {
                continue;
            };
            let spec = Operation {
                service,
                name: taken.id.clone(),
                method,
                path: taken.path.clone(),
                selector: None,
                act: taken.does.act(),
                effect,
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
                newest_first: false,
                fails: defaults.fails,
                wakes: 0..0,
                minting: Minting::default(),
                audit: defaults.audit,
                logged_as: taken.id.clone(),
            };
            self.push_operation(spec, taken.needs.clone(), node.place);
        }
    }

    fn take_from_file(&mut self, service: ServiceId, node: &Node) -> Option<Vec<Taken>> {
        let mut description = self.read_description(node)?;
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
        self.say(&description, node);
        for (left_out, first) in openapi::keep_served(&mut description) {
            let message = format!("`{left_out}` is left out: `{first}` answers the same requests");
            self.find(Finding::warning(Code::BadDescription, node.place, message));
        }
        let taken = description.operations.iter().map(|operation| Taken {
            id: operation.id.clone(),
            method: operation.method.name().to_owned(),
            path: without_query(&operation.path),
            effect: operation.effect.name().to_owned(),
            collection: operation.collection.clone(),
            does: Does::of(operation),
            needs: self.described_needs(service, operation),
        });
        Some(taken.collect())
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
        let bytes = crate::scenario::opened(&path).and_then(|opened| {
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
    fn described_collections(&mut self, service: ServiceId, taken: &[Taken], node: &Node) -> BTreeMap<String, CollId> {
        let count = node.get("counts").map_or(Some(DEFAULT_COUNT), |n| rows(n, &mut self.findings));
        let own = self.services[service.index()].name.clone();
        let class = self.classes.iter().position(|c| c == "internal").unwrap_or_else(|| {
            self.classes.push("internal".into());
            self.classes.len() - 1
        });
        let mut all = BTreeMap::new();
        let names: BTreeSet<&str> = taken.iter().map(|t| t.collection.as_str()).collect();
        for name in names {
            let id = CollId::at(self.collections.len());
            let full = format!("{own}.{name}");
            let added = self.records.add(&full, count, node.get("counts").unwrap_or(node).place);
            if self.take(added).is_none() {
                break;
            }
            self.collections.push(Collection {
                name: full,
                class: ClassId::at(class),
                classes: Column::Empty,
                count: count.unwrap_or(0),
                owner: Column::Empty,
                tenant: Column::Empty,
                holds: crate::model::Holdings::default(),
                ids: Ids::Listed,
                inside: None,
                canaries: None,
                created_owner: CreatedOwner::Nobody,
                plants: Column::Empty,
                writers: Vec::new(),
                readers: Vec::new(),
                keeps: None,
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

impl Does {
    fn of(operation: &openapi::Operation) -> Does {
        let about_one = operation.path.contains('{') && !operation.answer.is_list();
        match operation.effect {
            Effect::Read if about_one => Does::ReadOne,
            Effect::Read => Does::List,
            Effect::Write if operation.method.name() == "POST" && !operation.path.ends_with('}') => Does::Create,
            _ if about_one => Does::ChangeOne,
            Effect::Execute | Effect::Send | Effect::Grant | Effect::Mint => Does::Nothing,
            Effect::Write | Effect::Delete => Does::ChangeAll,
        }
    }

    const fn act(self) -> Act {
        match self {
            Does::ReadOne => Act::One { answer: Answer::Records },
            Does::List => Act::List { answer: Answer::Records, inside: None },
            Does::Create => Act::Create { inside: None },
            Does::ChangeOne => Act::One { answer: Answer::Nothing },
            Does::ChangeAll => Act::All,
            Does::Nothing => Act::Nothing,
        }
    }
}

fn without_query(path: &str) -> String {
    path.split(['?', '#']).next().unwrap_or(path).to_owned()
}
