//! Messages: what a call says, whom it wakes, and whether the service works at all.

use crate::wire::{ActorId, Arg, Cargo, Envelope, Event, Knock, Log, Message, OpId, Reason, Request, Tick, Verdict};

use super::World;
use super::handle::Refusal;

impl World {
    /// Whether the service works this time.
    #[inline]
    pub(super) fn in_order(&mut self, op: OpId) -> Result<(), Refusal> {
        if self.failures.is_empty() { Ok(()) } else { self.happens_to_work(op) }
    }

    fn happens_to_work(&mut self, op: OpId) -> Result<(), Refusal> {
        let spec = self.plan.operation(op);
        let failed = self.failures.get_mut(spec.service.index()).is_some_and(|stream| spec.fails.happens(stream));
        if failed { Err(Refusal::new(Verdict::Failed, Reason::OutOfOrder, 500)) } else { Ok(()) }
    }

    /// Sends the message of an accepted call to whom it wakes. It arrives when the call returns.
    #[inline]
    pub(super) fn knock(&mut self, now: Tick, op: OpId, envelope: &Envelope) {
        let wakes = &self.plan.operation(op).wakes;
        if !wakes.is_empty() {
            let to = (ActorId::new(wakes.start), wakes.len() as u32);
            let conversation = envelope.request.from.conversation;
            self.knocks.push(Knock { to, conversation, arrives: now + envelope.back });
        }
    }

    /// What the log has of a body, where a detector looks at it.
    pub(super) fn said(&self, now: Tick, envelope: &Envelope, cargo: &Cargo, log: &mut Log) -> Message {
        if !self.detectors.read_messages() {
            return Message::default();
        }
        let message =
            Message { digest: digest(&envelope.request, cargo), conversation: envelope.request.from.conversation };
        log.push(Event::Said { at: now, id: envelope.id, message });
        message
    }
}

/// Of what a request says beside where it goes: the record that it is about, the page, and what it carries (FNV-1a over
/// their numbers). Of secrets, only how many there are: a log keeps none.
fn digest(request: &Request, cargo: &Cargo) -> u64 {
    let word = |arg| match arg {
        Arg::Id(res) => (u64::from(res.coll.number()) + 1) << 32 | u64::from(res.row),
        Arg::Cursor(at) => u64::from(at),
        Arg::None | Arg::Text(_) | Arg::Act { .. } => 0,
    };
    let carried = cargo.instruction.map_or(0, |instruction| u64::from(instruction.number()) + 1);
    let copied = cargo.copies.iter().flat_map(|(coll, first, n)| [coll.number(), *first, *n]).map(u64::from);
    [word(request.about), word(request.page), carried, cargo.secrets.len() as u64]
        .into_iter()
        .chain(copied)
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, word| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3))
}
