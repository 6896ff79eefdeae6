//! What the registry has, as entries at the head of a log.

use super::super::record::{Actor, Class, Named, Record, Unmapped};
use super::{Ocsf, REGISTRY, credential_name};
use crate::wire::CredId;

impl Ocsf<'_> {
    /// What the registry has about a credential, and about one workload that it was issued to.
    pub(super) fn entry(&self, credential: u32, to: Option<u32>) -> Option<Record<'static>> {
        let at_start = credential < self.plan.credentials();
        let registration = self.registry.registered.get(&credential);
        let holders = registration.map_or(0, |r| r.holders.len());
        let instead_of = registration.and_then(|r| r.instead_of);
        // With holders, the entries of these say the same; what was issued on request has lines of its own.
        if to.is_none() && (holders > 0 || !at_start && instead_of.is_none()) {
            return None;
        }
        let (principal, parent) = if at_start {
            let (family, index) = self.plan.origin_of(CredId::new(credential));
            let parent = self.plan.parent_of(family, index).map(|parent| parent.number());
            (self.plan.family(family).of.get(index), parent)
        } else {
            (registration.and_then(|r| r.principal), None)
        };
        let client = to.and_then(|to| self.clients.get(to as usize));
        let stored = self.stored.get(&credential).into_iter().flatten();
        let mut record = self.record(Class::Authentication, 3, 0);
        record.user = Some(self.user(principal, Some(credential)));
        record.service = Some(Named { name: REGISTRY.into() });
        record.actor = client.map(|client| Actor { app_uid: Some(client.name.to_owned()), ..Actor::default() });
        let network = client.and_then(|client| client.network);
        record.src_endpoint = network.map(|network| Named { name: self.network(network.number()) });
        record.unmapped = Unmapped {
            registry: true,
            identity: client.and_then(|client| client.identity).map(|i| self.plan.identity_name(i)),
            owner: principal.and_then(|p| self.owner(p)),
            issued_from: parent.map(|parent| credential_name(self.plan, parent)),
            instead_of: instead_of.map(|old| credential_name(self.plan, old)),
            stored_in: stored.map(|(coll, row)| self.records(*coll, *row, 1)).collect(),
            ..Unmapped::default()
        };
        Some(record)
    }

    /// What a workload is there for, by names.
    pub(super) fn registered_for(&self, workload: u32) -> Vec<String> {
        let events = self.registry.workloads[workload as usize].registered_for.iter();
        events.filter_map(|event| self.types.names.get(*event as usize)).cloned().collect()
    }
}
