//! The registry, the other way round.

use std::collections::BTreeMap;

use super::super::known::Suspect;
use super::super::sets::Suspects;
use super::Trail;

impl Trail<'_> {
    /// Who holds, is, and lives where, by the registry.
    pub(super) fn index(&mut self) {
        let known = |number: &u32| self.registry.knows(*number);
        let workloads = || (0..self.registry.workloads.len() as u32).filter(known);
        let mut principals: BTreeMap<u32, Vec<Suspect>> = BTreeMap::new();
        let mut identities: BTreeMap<u32, Vec<Suspect>> = BTreeMap::new();
        let mut addresses: BTreeMap<u32, Vec<Suspect>> = BTreeMap::new();
        for number in workloads() {
            let workload = &self.registry.workloads[number as usize];
            let suspect = Suspect::Workload(number);
            workload.addresses.iter().for_each(|a| addresses.entry(*a).or_default().push(suspect));
            workload.identity.into_iter().for_each(|i| identities.entry(i).or_default().push(suspect));
        }
        for registration in self.registry.registered.values().filter(|r| !r.holders.is_empty()) {
            let held = registration.holders.iter().map(|h| Suspect::Workload(*h));
            registration.principal.into_iter().for_each(|p| principals.entry(p).or_default().extend(held.clone()));
        }
        let everybody: Vec<Suspect> = workloads().map(Suspect::Workload).collect();
        self.outsider = self.sets.of([Suspect::Outsider]);
        self.everybody = if everybody.is_empty() { self.outsider } else { self.sets.of(everybody) };
        for (credential, registration) in &self.registry.registered {
            if !registration.holders.is_empty() {
                let set = self.sets.of(registration.holders.iter().map(|h| Suspect::Workload(*h)));
                self.holders.insert(*credential, set);
            }
        }
        let mut kept = |all: BTreeMap<u32, Vec<Suspect>>| -> BTreeMap<u32, Suspects> {
            all.into_iter().map(|(key, suspects)| (key, self.sets.of(suspects))).collect()
        };
        (self.by_principal, self.by_identity, self.by_address) = (kept(principals), kept(identities), kept(addresses));
    }
}
