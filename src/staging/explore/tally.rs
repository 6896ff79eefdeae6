//! What an exploration shows beside its events: what was opened with what, found, odd, and not in the inventory.

use std::collections::{BTreeMap, BTreeSet};

use super::Terrain;
use super::hear::Memory;
use super::links::template;
use super::model::{Asked, full_name};
use crate::measure::{Explored, FoundSecret, NoIds, Privilege, Shadow};
use crate::staging::targets::{CollectionIx, CredentialIx, Does, Meant, Operation, OperationIx};
use crate::wire::{Res, Text};

/// Counts by what they are about.
#[derive(Debug, Default)]
pub struct Tally {
    opened: BTreeMap<CredentialIx, BTreeSet<OperationIx>>,
    /// What was asked at all.
    asked: BTreeSet<OperationIx>,
    /// How often each list was accepted.
    lists: BTreeMap<OperationIx, u64>,
    shadows: BTreeMap<String, u64>,
    found: BTreeMap<Text, Lay>,
    odd: BTreeMap<String, u64>,
    not_sent: BTreeMap<String, u64>,
    withheld: u64,
    links_not_followed: u64,
}

/// Where a secret lay.
#[derive(Debug)]
struct Lay {
    operation: String,
    record: Option<Res>,
    times: u64,
    /// Whether a request that presented it was answered, or lost on its way.
    sent: bool,
    accepted_by: BTreeSet<String>,
}

impl Tally {
    /// A request is made.
    pub fn asks(&mut self, asked: Asked) {
        if let Asked::Listed(ix) = asked {
            self.asked.insert(ix);
        }
    }

    /// A request was sent.
    pub fn sent(&mut self, with: Option<Text>) {
        if let Some(lay) = with.and_then(|text| self.found.get_mut(&text)) {
            lay.sent = true;
        }
    }

    /// A request was accepted.
    pub fn accepted(
        &mut self,
        terrain: &Terrain,
        memory: &Memory,
        asked: Asked,
        about: Option<Res>,
        with: Option<Text>,
    ) {
        let name = || name_of(terrain, memory, asked, about);
        match asked {
            Asked::Listed(ix) => {
                if matches!(terrain.explore.operation(ix).does, Does::List { .. }) {
                    *self.lists.entry(ix).or_default() += 1;
                }
                if !terrain.explore.operation(ix).documented {
                    *self.shadows.entry(name()).or_default() += 1;
                }
                if let Some(Text::Generated { family, .. }) = with
                    && let Some(credential) = terrain.modelled.credential(family)
                {
                    self.opened.entry(credential).or_default().insert(ix);
                }
            }
            Asked::Link(_) => *self.shadows.entry(name()).or_default() += 1,
        }
        if let Some(lay) = with.and_then(|text| self.found.get_mut(&text)) {
            lay.accepted_by.insert(name());
        }
    }

    /// A secret lay in an answer.
    pub fn found(
        &mut self,
        terrain: &Terrain,
        memory: &Memory,
        asked: Asked,
        about: Option<Res>,
        (text, lay_in): (Text, Option<Res>),
    ) {
        let lay = self.found.entry(text).or_insert_with(|| Lay {
            operation: name_of(terrain, memory, asked, about),
            record: lay_in,
            times: 0,
            sent: false,
            accepted_by: BTreeSet::new(),
        });
        lay.times += 1;
    }

    pub fn odd(&mut self, what: &[String]) {
        what.iter().for_each(|what| *self.odd.entry(what.clone()).or_default() += 1);
    }

    pub fn not_sent(&mut self, why: String) {
        *self.not_sent.entry(why).or_default() += 1;
    }

    /// A write that a cap of the run kept back.
    pub fn withheld(&mut self) {
        self.withheld += 1;
    }

    pub fn not_followed(&mut self, links: u64) {
        self.links_not_followed += links;
    }

    /// Writes all of it down.
    pub fn finish(&self, terrain: &Terrain, memory: &Memory, explored: &mut Explored) {
        let explore = &terrain.explore;
        explored.shadows =
            self.shadows.iter().map(|(operation, n)| Shadow { operation: operation.clone(), accepted: *n }).collect();
        explored.links_not_followed = self.links_not_followed;
        explored.oddities = self.odd.clone();
        explored.not_sent = self.not_sent.clone();
        explored.withheld = self.withheld;
        let left_alone = explore
            .operations
            .iter()
            .filter_map(|operation| Some((full_name(&terrain.targets, operation), operation.not_tried.clone()?)));
        let why = |(operation, missing): (&Operation, Option<CollectionIx>)| {
            let why = match missing {
                Some(coll) => format!("no id of `{}` was seen", explore.collection(coll).name),
                None if explored.stopped.is_some() => "the run ended before".to_owned(),
                None => return None,
            };
            Some((full_name(&terrain.targets, operation), why))
        };
        explored.not_tried = left_alone.chain(self.unasked(terrain, memory).filter_map(why)).collect();
        explored.no_ids = self.no_ids(terrain, memory);
        explored.privileges = explore.meant.iter().map(|meant| self.privilege(terrain, meant)).collect();
        explored.found = self.found.iter().map(|(text, lay)| told(terrain, memory, *text, lay)).collect();
    }

    /// What was never asked, and of what it needs an id that nothing showed.
    fn unasked<'t>(
        &'t self,
        terrain: &'t Terrain,
        memory: &'t Memory,
    ) -> impl Iterator<Item = (&'t Operation, Option<CollectionIx>)> {
        let explore = &terrain.explore;
        let unasked = explore.operation_ids().filter(|ix| !self.asked.contains(ix)).map(|ix| explore.operation(ix));
        unasked.filter(|operation| operation.not_tried.is_none()).map(|operation| {
            let mut needs = operation.parameters(explore).into_iter().map(|(_, coll)| coll);
            (operation, needs.find(|coll| memory.ids.has_none(terrain.modelled.collection(*coll))))
        })
    }

    fn no_ids(&self, terrain: &Terrain, memory: &Memory) -> Vec<NoIds> {
        let told = |(ix, answers): (&OperationIx, &u64)| {
            let operation = terrain.explore.operation(*ix);
            let Does::List { of, .. } = operation.does else { return None };
            let behind = self.unasked(terrain, memory).filter(|(_, missing)| *missing == Some(of));
            memory.ids.has_none(terrain.modelled.collection(of)).then(|| NoIds {
                operation: full_name(&terrain.targets, operation),
                collection: terrain.explore.collection(of).name.clone(),
                answers: *answers,
                behind: behind.map(|(operation, _)| full_name(&terrain.targets, operation)).collect(),
            })
        };
        self.lists.iter().filter_map(told).collect()
    }

    /// Least privilege, as far as the run shows.
    fn privilege(&self, terrain: &Terrain, meant: &Meant) -> Privilege {
        let nothing = BTreeSet::new();
        let opened = self.opened.get(&meant.credential).unwrap_or(&nothing);
        let names = |all: Vec<OperationIx>| -> Vec<String> {
            all.into_iter().map(|ix| full_name(&terrain.targets, terrain.explore.operation(ix))).collect()
        };
        let tried = |ix: &OperationIx| terrain.explore.operation(*ix).not_tried.is_none();
        let unused = meant.operations.iter().copied().filter(|ix| tried(ix) && !opened.contains(ix)).collect();
        let more = opened.iter().copied().filter(|ix| !meant.operations.contains(ix)).collect();
        let idle = meant
            .scopes
            .iter()
            .filter(|(_, opens)| opens.iter().any(tried) && !opens.iter().any(|ix| opened.contains(ix)));
        Privilege {
            credential: terrain.targets.credential(meant.credential).name.clone(),
            opened: opened.len() as u64,
            more: names(more),
            unused: names(unused),
            unused_scopes: idle.map(|(scope, _)| scope.clone()).collect(),
        }
    }
}

fn told(terrain: &Terrain, memory: &Memory, text: Text, lay: &Lay) -> FoundSecret {
    let (name, looks) = match (memory.secrets.of(text), text) {
        (Some(found), _) => (found.name.to_string(), found.looks.clone()),
        (None, Text::Generated { family, .. }) => {
            (terrain.modelled.plan.family(family).name.clone(), "a credential of the targets file".to_owned())
        }
        (None, _) => (String::new(), String::new()),
    };
    FoundSecret {
        name,
        looks,
        operation: lay.operation.clone(),
        record: lay.record.map(|record| terrain.modelled.plan.record_name(record)),
        times: lay.times,
        tried: lay.sent && memory.secrets.of(text).is_some(),
        accepted_by: lay.accepted_by.iter().cloned().collect(),
    }
}

/// `api.list-tickets`; for a link its origin and path, without what looks like an id.
fn name_of(terrain: &Terrain, memory: &Memory, asked: Asked, about: Option<Res>) -> String {
    match asked {
        Asked::Listed(ix) => full_name(&terrain.targets, terrain.explore.operation(ix)),
        Asked::Link(origin) => {
            let target = about.and_then(|record| memory.ids.name(record)).and_then(|name| name.first());
            let path = template(&memory.secrets.without_secrets(target.map_or("", String::as_str)));
            format!("GET {}:{path}", terrain.targets.origin(origin).name)
        }
    }
}
