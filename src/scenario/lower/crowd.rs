//! One agent for each identity of a group, each with its own credentials, records and start.

use std::collections::BTreeMap;

use crate::model::Inverse;
use crate::model::agent::AgentPlan;
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::tree::{Key, Node, Value};
use crate::wire::{FamilyId, Tick};

use super::{Lowering, formula};

/// More agents than one run is about.
const MOST_AGENTS: u32 = 100_000;

/// The credentials of each identity, by family.
type ByOwner = BTreeMap<usize, Inverse>;

impl Lowering<'_> {
    pub(super) fn crowd(&mut self, key: &Key, node: &Node, group: &Node) -> Vec<AgentPlan> {
        let found = self.identities.group(group);
        let Some(group_at) = self.take(found) else { return Vec::new() };
        let count = self.identities.all[group_at].count;
        if count == 0 || count > MOST_AGENTS {
            let message =
                format!("`{}` has {count}: agents go from 1 to {}", key.name, quantity::shown(MOST_AGENTS.into()));
            let finding = Finding::new(Code::ImpossibleNumber, group.place, message);
            self.find(finding.help("scale the group down, or name one of it: `is: member-1`"));
            return Vec::new();
        }
        let before = self.findings.len();
        let own_credentials = self.by_owner(node);
        let mut all = Vec::with_capacity(count as usize);
        for index in 0..count {
            let name = Key { name: format!("{}-{}", key.name, index + 1), place: key.place };
            let own = self.own(node, group_at, index, &own_credentials);
            if let Some(own) = self.take(own) {
                all.push(self.agent(&name, &own));
            }
            // What is wrong with one of them is wrong with most, and is said once.
            if self.findings.len() > before {
                break;
            }
        }
        all
    }

    /// What one of a group is told: its number in the formulas, and its own credentials.
    fn own(&self, node: &Node, group: usize, index: u32, credentials: &ByOwner) -> Result<Node, Finding> {
        let group = &self.identities.all[group];
        let identity = group.first + index;
        let mut own = node.clone();
        for key in ["told", "then", "knows_records"] {
            if let Some(value) = own.get_mut(key) {
                *value = formula::filled(value, index)?;
            }
        }
        if let Some(is) = own.get_mut("is") {
            is.value = Value::Scalar(if group.count == 1 {
                group.name.clone()
            } else {
                format!("{}-{}", group.name, index + 1)
            });
        }
        if let Some(holds) = own.get_mut("holds") {
            let mut all = Vec::new();
            for item in holds.each() {
                match self.credentials.position(item.text().unwrap_or_default()) {
                    Some(family) => {
                        let owned = credentials.get(&family).and_then(|by_owner| by_owner.rows(identity).first());
                        all.extend(self.credential_of(FamilyId::at(family), owned.copied(), item));
                    }
                    None => all.push(formula::filled(item, index)?),
                }
            }
            holds.value = Value::List(all);
        }
        Ok(own)
    }

    /// Whose the credentials of each family are that `holds` names.
    fn by_owner(&self, node: &Node) -> ByOwner {
        let named = node.get("holds").map_or(&[][..], Node::each).iter();
        let families = named.filter_map(|item| self.credentials.position(item.text().unwrap_or_default()));
        families
            .filter_map(|at| {
                let family = self.families.get(at)?;
                Some((at, Inverse::of(&family.of, family.count, self.identities.total())))
            })
            .collect()
    }

    /// The credential of a family that proves an identity, where it has one. One that is alone is everybody's.
    fn credential_of(&self, family: FamilyId, owned: Option<u32>, written: &Node) -> Option<Node> {
        let family = self.families.get(family.index())?;
        if family.count == 1 {
            return Some(written.clone());
        }
        Some(Node::scalar(format!("{}-{}", family.name, owned? + 1), written.place))
    }
}

/// When the first request of each leaves: at one time, at one that the seed draws from a range, or one after the other.
pub(super) fn starts_of(starts: &Node, agents: &mut [AgentPlan]) {
    if starts.text() == Some("when woken") {
        agents.iter_mut().for_each(|agent| agent.starts = Tick::NEVER);
        return;
    }
    let span = |key: &str| starts.get(key).and_then(Node::text).and_then(quantity::duration).unwrap_or_default();
    let range = starts.text().and_then(quantity::range);
    for (agent, behind) in agents.iter_mut().zip(0u64..) {
        match range {
            Some((least, most)) if least == most => agent.starts = Tick(least.0),
            Some(range) => agent.starts_within = Some(range),
            None => agent.starts = Tick(span("first").0.saturating_add(span("every").0.saturating_mul(behind))),
        }
    }
}
