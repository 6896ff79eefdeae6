//! What leaked: data that went out through a channel that an outsider reads. Reading is not leaking, and writing is not.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::identity::IdentityKind;
use crate::model::{Bits, Plan};
use crate::wire::{CollId, CredId, Event, RequestId, Res, Written};

/// The class of what anybody may see.
const PUBLIC: &str = "public";

/// Follows data from record to record, and out.
pub struct Leaks<'a> {
    plan: &'a Plan,
    /// Whether an outsider reads each collection.
    channels: Vec<bool>,
    /// Whose data a record holds beside its own.
    copied: BTreeMap<Res, Copied>,
    /// Where each secret was found first.
    lay_in: BTreeMap<CredId, Res>,
    out: Copied,
}

/// Data of records of the start, and secrets that lay in none of them.
#[derive(Clone, Default)]
struct Copied {
    records: BTreeMap<CollId, Bits>,
    loose: BTreeSet<CredId>,
}

impl Copied {
    fn add(&mut self, other: &Copied) {
        for (coll, rows) in &other.records {
            let mine = self.records.entry(*coll).or_default();
            rows.iter().for_each(|row| _ = mine.insert(row));
        }
        self.loose.extend(&other.loose);
    }
}

impl<'a> Leaks<'a> {
    pub fn new(plan: &'a Plan) -> Leaks<'a> {
        let outsider = |first| plan.population_of(first).kind == IdentityKind::Outsider;
        let channels = plan.collections.iter().map(|coll| coll.readers.iter().any(|crowd| outsider(crowd.first)));
        Leaks {
            channels: channels.collect(),
            plan,
            copied: BTreeMap::new(),
            lay_in: BTreeMap::new(),
            out: Copied::default(),
        }
    }

    pub fn event(&mut self, event: &Event) {
        match *event {
            Event::Got { cred: Some(cred), lay_in: Some(lay_in), .. } => {
                self.lay_in.entry(cred).or_insert(lay_in);
            }
            Event::Wrote { id, into, what, .. } => self.wrote(id, into, what),
            _ => {}
        }
    }

    /// How many records leaked, a secret that lay in none counted as one.
    pub fn finish(self) -> u64 {
        self.out.records.values().map(Bits::len).sum::<u64>() + self.out.loose.len() as u64
    }

    fn wrote(&mut self, id: RequestId, into: Res, what: Written) {
        let mut data = Copied::default();
        match what {
            Written::Copies { coll, first, n } => {
                (first..first + n).for_each(|row| self.take(Res { coll, row }, &mut data));
            }
            Written::Secret(Some(cred)) => match self.lay_in.get(&cred) {
                Some(record) => self.take(*record, &mut data),
                None => _ = data.loose.insert(cred),
            },
            Written::Secret(None) | Written::Instruction(_) => {}
        }
        if self.channels[into.coll.index()] && id.by.index() < self.plan.agents.len() {
            self.out.add(&data);
        }
        self.copied.entry(into).or_default().add(&data);
    }

    /// The data of a record: its own, and what was copied into it.
    fn take(&self, record: Res, data: &mut Copied) {
        let spec = self.plan.collection(record.coll);
        let public = self.plan.classes[spec.class_of(record.row).index()] == PUBLIC;
        if record.row < spec.count && !public {
            data.records.entry(record.coll).or_default().insert(record.row);
        }
        if let Some(copied) = self.copied.get(&record) {
            data.add(copied);
        }
    }
}
