//! What was written into records during the run: it lies over what they held at the start.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::Plan;
use crate::wire::{
    Cargo, CollId, Event, Found, IdentityId, InstructionId, Log, Planted, RequestId, Res, Rows, Slot, Text, Tick,
    Written,
};

use super::World;

/// The text of one record, as whoever wrote last left it.
struct Writing {
    author: Option<IdentityId>,
    instruction: Option<InstructionId>,
    secrets: Box<[Text]>,
}

/// Everything that was written, by collection and row.
pub(super) struct Writings {
    plan: Arc<Plan>,
    by_row: Vec<BTreeMap<u32, Writing>>,
}

impl Writings {
    pub fn new(plan: Arc<Plan>) -> Writings {
        Writings { by_row: plan.collections.iter().map(|_| BTreeMap::new()).collect(), plan }
    }

    /// Nothing was written yet.
    pub fn reset(&mut self) {
        self.by_row.iter_mut().for_each(BTreeMap::clear);
    }

    fn write(&mut self, into: Res, author: Option<IdentityId>, cargo: &Cargo) {
        let Cargo { instruction, secrets, .. } = cargo;
        let writing = Writing { author, instruction: *instruction, secrets: secrets.as_slice().into() };
        self.by_row[into.coll.index()].insert(into.row, writing);
    }

    fn of(&self, res: Res) -> Option<&Writing> {
        self.by_row[res.coll.index()].get(&res.row)
    }

    fn any(&self, coll: CollId) -> bool {
        !self.by_row[coll.index()].is_empty()
    }

    /// Whose words a record of the start is: its owner's, unless others are said to write these.
    fn author(&self, res: Res) -> Option<IdentityId> {
        let spec = self.plan.collection(res.coll);
        let owner = spec.owner.get(res.row).map(IdentityId::new);
        match spec.writers.first() {
            Some(other) if !owner.is_some_and(|o| spec.writers.iter().any(|w| w.contains(o))) => Some(other.first),
            _ => owner,
        }
    }

    /// Whether any record of a collection can hold an instruction.
    pub fn may_say(&self, coll: CollId) -> bool {
        self.any(coll) || !self.plan.collection(coll).plants.is_empty()
    }

    /// The instruction that lies in a record, as it is now.
    pub fn says(&self, res: Res) -> Option<InstructionId> {
        match self.of(res) {
            Some(writing) => writing.instruction,
            None => self.plan.collection(res.coll).plants.get(res.row).map(InstructionId::new),
        }
    }

    /// Puts the instructions that lie in these rows into the answer.
    fn show_instructions(&self, coll: CollId, rows: Rows, slot: &mut Slot) {
        let mut planted = std::mem::take(&mut slot.planted);
        planted.extend(rows.iter(slot).filter_map(|row| {
            let lay_in = Res { coll, row };
            let instruction = self.says(lay_in)?;
            let author = self.of(lay_in).map_or_else(|| self.author(lay_in), |writing| writing.author);
            Some(Planted { instruction, lay_in, author })
        }));
        slot.planted = planted;
    }
}

impl World {
    /// Writes what a request carries into a record.
    pub(super) fn write_down(
        &mut self,
        now: Tick,
        id: RequestId,
        (into, author): (Res, Option<IdentityId>),
        cargo: &Cargo,
        log: &mut Log,
    ) {
        self.writings.write(into, author, cargo);
        let wrote = |what| Event::Wrote { at: now, id, into, what };
        log.events.extend(cargo.instruction.map(|instruction| wrote(Written::Instruction(instruction))));
        log.events.extend(
            cargo.copies.iter().map(|(coll, first, n)| wrote(Written::Copies { coll: *coll, first: *first, n: *n })),
        );
        log.events.extend(cargo.secrets.iter().map(|text| wrote(Written::Secret(self.credentials.find(*text)))));
    }

    /// Copies the names of the secrets that lie in these rows, as they are now, and the instructions.
    pub(super) fn show_contents(&self, coll: CollId, rows: Rows, slot: &mut Slot) {
        if self.writings.may_say(coll) {
            self.writings.show_instructions(coll, rows, slot);
        }
        let spec = self.plan.collection(coll);
        let written = self.writings.any(coll);
        if spec.holds.is_empty() && !written {
            return;
        }
        let mut texts = std::mem::take(&mut slot.texts);
        rows.for_each(slot, |row| {
            let lay_in = Some(Res { coll, row });
            for cred in spec.held_in(row).filter_map(|first| self.credentials.current(first)) {
                texts.push(Found { text: self.credentials.text(cred), lay_in });
            }
            if let Some(writing) = self.writings.of(Res { coll, row }).filter(|_| written) {
                texts.extend(writing.secrets.iter().map(|text| Found { text: *text, lay_in }));
            }
        });
        slot.texts = texts;
    }
}
