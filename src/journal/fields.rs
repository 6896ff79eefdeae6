//! The fields of every event, told once: the binary form, its digest and the readable form all come from here.

use crate::planted::Mistake;
use crate::wire::{
    CollId, Conversation, Event, InstructionId, Key, Message, OpId, Open, Reason, RequestId, Res, RuleId, StepId,
    Target, Written,
};

/// Takes the fields of an event, in their order. A key is a field's name as it stands in the readable form, with all
/// that is around it.
pub trait Fields {
    /// The kind of event: a number for machines, the beginning of a line for people.
    fn kind(&mut self, tag: u8, opening: &'static str);
    fn number(&mut self, key: &'static str, value: u64);
    /// A number that may be missing.
    fn maybe(&mut self, key: &'static str, value: Option<u32>);
    fn word(&mut self, key: &'static str, code: u8, word: &'static str);
    fn operation(&mut self, key: &'static str, op: Option<OpId>);
    fn collection(&mut self, key: &'static str, coll: Option<CollId>);
    fn rule(&mut self, key: &'static str, rule: RuleId);
    fn step(&mut self, key: &'static str, step: StepId);
    fn instruction(&mut self, key: &'static str, instruction: InstructionId);
}

macro_rules! opening {
    ($kind:literal) => {
        concat!("{\"event\":\"", $kind, "\"")
    };
}

macro_rules! key {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}

/// Tells an event to whoever takes its fields.
#[inline]
#[expect(clippy::too_many_lines, reason = "one arm for each kind of event, and nothing else")]
pub fn tell(event: &Event, to: &mut impl Fields) {
    match *event {
        Event::Asked { at, id, purpose, route, op, held, cred, principal, verdict, reason, status, back } => {
            to.kind(1, opening!("asked"));
            request(at.0, id, to);
            to.word(key!("for"), purpose as u8, super::words::purpose(purpose));
            to.number(key!("route"), u64::from(route.number()));
            to.operation(key!("op"), op);
            to.maybe(key!("held"), held.map(|h| h.number()));
            to.maybe(key!("cred"), cred.map(|c| c.number()));
            to.maybe(key!("principal"), principal.map(|p| p.number()));
            to.word(key!("verdict"), verdict as u8, super::words::verdict(verdict));
            tell_reason(reason, to);
            to.number(key!("status"), if Mistake::StatusIsNotWritten.here() { 0 } else { u64::from(status) });
            to.number(key!("back"), back.0);
        }
        Event::Touched { at, id, coll, effect, first, n } => {
            to.kind(2, opening!("touched"));
            request(at.0, id, to);
            to.collection(key!("in"), Some(coll));
            to.word(key!("effect"), effect as u8, effect.name());
            to.number(key!("first"), u64::from(first));
            to.number(key!("rows"), u64::from(n));
        }
        Event::Created { at, id, coll, row } => {
            to.kind(3, opening!("created"));
            request(at.0, id, to);
            to.collection(key!("in"), Some(coll));
            to.number(key!("row"), u64::from(row));
        }
        Event::Minted { at, id, cred, family, parent, principal, actor } => {
            to.kind(4, opening!("minted"));
            request(at.0, id, to);
            to.number(key!("cred"), u64::from(cred.number()));
            to.number(key!("family"), u64::from(family.number()));
            to.maybe(key!("parent"), parent.map(|p| p.number()));
            to.maybe(key!("principal"), principal.map(|p| p.number()));
            to.maybe(key!("actor"), actor.map(|a| a.number()));
        }
        Event::Forged { at, id, cred, family, key, principal } => {
            to.kind(26, opening!("forged"));
            request(at.0, id, to);
            to.number(key!("cred"), u64::from(cred.number()));
            to.number(key!("family"), u64::from(family.number()));
            to.number(key!("key"), u64::from(key.number()));
            to.number(key!("principal"), u64::from(principal.number()));
        }
        Event::Queued { at, id, job, fires } => {
            to.kind(5, opening!("queued"));
            request(at.0, id, to);
            to.number(key!("job"), u64::from(job.number()));
            to.number(key!("fires"), fires.0);
        }
        Event::Fired { at, id, job } => {
            to.kind(6, opening!("fired"));
            request(at.0, id, to);
            to.number(key!("job"), u64::from(job.number()));
        }
        Event::Cancelled { at, id, job, reason } => {
            to.kind(7, opening!("cancelled"));
            request(at.0, id, to);
            to.number(key!("job"), u64::from(job.number()));
            tell_reason(reason, to);
        }
        Event::Lost { at, id } => {
            to.kind(8, opening!("lost"));
            request(at.0, id, to);
        }
        Event::Got { at, by, held, kind, via, lay_in, cred } => {
            to.kind(9, opening!("got"));
            to.number(key!("at"), at.0);
            to.number(key!("by"), u64::from(by.number()));
            to.number(key!("held"), u64::from(held.number()));
            to.word(key!("kind"), kind as u8, kind.name());
            to.maybe(key!("via"), via.map(|v| v.n));
            to.collection(key!("in"), lay_in.map(|l| l.coll));
            to.maybe(key!("row"), lay_in.map(|l| l.row));
            to.maybe(key!("cred"), cred.map(|c| c.number()));
        }
        Event::Turned { at, by, turn } => {
            to.kind(10, opening!("turned"));
            to.number(key!("at"), at.0);
            to.number(key!("by"), u64::from(by.number()));
            to.word(key!("turn"), turn as u8, super::words::turn(turn));
        }
        Event::Claimed { at, by, op, calls } => {
            to.kind(25, opening!("claimed"));
            to.number(key!("at"), at.0);
            to.number(key!("by"), u64::from(by.number()));
            to.operation(key!("op"), Some(op));
            to.number(key!("calls"), u64::from(calls));
        }
        Event::Alarm { at, rule, key, since } => {
            to.kind(11, opening!("alarm"));
            to.number(key!("at"), at.0);
            to.rule(key!("rule"), rule);
            tell_key(key, to);
            to.number(key!("since"), since.0);
        }
        Event::Said { at, id, message: Message { digest, conversation } } => {
            to.kind(20, opening!("said"));
            request(at.0, id, to);
            to.number(key!("digest"), digest);
            tell_conversation(conversation, to);
        }
        Event::Consulted { at, id, approval, yes, answers } => {
            to.kind(19, opening!("consulted"));
            request(at.0, id, to);
            to.number(key!("approval"), u64::from(approval.number()));
            to.word(key!("yes"), u8::from(yes), if yes { "yes" } else { "no" });
            to.number(key!("answers"), answers.0);
        }
        Event::Responding { at, response, acts } => {
            to.kind(12, opening!("responding"));
            to.number(key!("at"), at.0);
            to.number(key!("response"), u64::from(response.number()));
            to.number(key!("acts"), acts.0);
        }
        Event::Acted { at, id, step, target, returned, worked } => {
            to.kind(13, opening!("acted"));
            request(at.0, id, to);
            to.step(key!("step"), step);
            tell_target(target, to);
            to.number(key!("returned"), returned.0);
            to.word(key!("worked"), u8::from(worked), if worked { "yes" } else { "no" });
        }
        Event::Census { at, cred, op, open } => {
            to.kind(14, opening!("census"));
            to.number(key!("at"), at.0);
            to.maybe(key!("cred"), cred.map(|c| c.number()));
            to.operation(key!("op"), Some(op));
            match open {
                Open::Shut => to.word(key!("open"), 0, "shut"),
                Open::Until(until) => {
                    to.word(key!("open"), 1, "until");
                    to.number(key!("until"), until.0);
                }
                Open::ForEver => to.word(key!("open"), 2, "for-ever"),
            }
        }
        Event::Left { at, snapshot, coll, effect, first, n } => {
            to.kind(15, opening!("left"));
            to.number(key!("at"), at.0);
            to.word(key!("when"), snapshot as u8, super::words::snapshot(snapshot));
            to.collection(key!("in"), Some(coll));
            to.word(key!("effect"), effect as u8, effect.name());
            to.number(key!("first"), u64::from(first));
            to.number(key!("rows"), u64::from(n));
        }
        Event::Survivor { at, cred, root } => {
            to.kind(16, opening!("survivor"));
            to.number(key!("at"), at.0);
            to.number(key!("cred"), u64::from(cred.number()));
            to.word(key!("root"), u8::from(root), if root { "yes" } else { "no" });
        }
        Event::Gap { at } => {
            to.kind(17, opening!("gap"));
            to.number(key!("at"), at.0);
        }
        Event::Ended { at, settled, aborted } => {
            to.kind(18, opening!("ended"));
            to.number(key!("at"), at.0);
            to.word(key!("settled"), u8::from(settled), if settled { "yes" } else { "no" });
            to.word(key!("aborted"), u8::from(aborted), if aborted { "yes" } else { "no" });
        }
        Event::Wrote { at, id, into, what } => {
            to.kind(22, opening!("wrote"));
            request(at.0, id, to);
            to.collection(key!("in"), Some(into.coll));
            to.number(key!("row"), u64::from(into.row));
            tell_written(what, to);
        }
        Event::Obeyed { at, by, instruction, via, lay_in, author } => {
            to.kind(21, opening!("obeyed"));
            to.number(key!("at"), at.0);
            to.number(key!("by"), u64::from(by.number()));
            to.instruction(key!("instruction"), instruction);
            to.number(key!("via"), u64::from(via.n));
            to.collection(key!("in"), Some(lay_in.coll));
            to.number(key!("row"), u64::from(lay_in.row));
            to.maybe(key!("author"), author.map(|a| a.number()));
        }
    }
}

#[inline]
fn request(at: u64, id: RequestId, to: &mut impl Fields) {
    to.number(key!("at"), at);
    to.number(key!("by"), u64::from(id.by.number()));
    to.number(key!("n"), u64::from(id.n));
}

#[inline]
fn tell_reason(reason: Reason, to: &mut impl Fields) {
    let (code, word) = super::words::reason(reason);
    to.word(key!("reason"), code, word);
    match reason {
        Reason::Revoked(step) | Reason::Blocked(step) => to.step(key!("step"), step),
        Reason::Limit(limit) => to.number(key!("limit"), u64::from(limit.number())),
        Reason::Approval(approval) => to.number(key!("approval"), u64::from(approval.number())),
        Reason::Flow(flow) => to.number(key!("flow"), u64::from(flow.number())),
        _ => {}
    }
}

#[inline]
fn tell_written(what: Written, to: &mut impl Fields) {
    match what {
        Written::Instruction(instruction) => {
            to.word(key!("what"), 0, "instruction");
            to.instruction(key!("instruction"), instruction);
        }
        Written::Copies { coll, first, n } => {
            to.word(key!("what"), 1, "copies");
            to.collection(key!("of"), Some(coll));
            to.number(key!("first"), u64::from(first));
            to.number(key!("rows"), u64::from(n));
        }
        Written::Secret(cred) => {
            to.word(key!("what"), 2, "secret");
            to.maybe(key!("cred"), cred.map(|c| c.number()));
        }
    }
}

#[inline]
fn tell_key(key: Key, to: &mut impl Fields) {
    match key {
        Key::Credential(c) => {
            to.word(key!("key"), 0, "credential");
            to.number(key!("of"), u64::from(c.number()));
        }
        Key::Principal(p) => {
            to.word(key!("key"), 1, "principal");
            to.number(key!("of"), u64::from(p.number()));
        }
        Key::Owner(o) => {
            to.word(key!("key"), 2, "owner");
            to.number(key!("of"), u64::from(o.number()));
        }
        Key::Global => to.word(key!("key"), 3, "everyone"),
        Key::Conversation(conversation) => {
            to.word(key!("key"), 4, "conversation");
            tell_conversation(Some(conversation), to);
        }
    }
}

#[inline]
fn tell_conversation(conversation: Option<Conversation>, to: &mut impl Fields) {
    to.maybe(key!("begun_by"), conversation.map(|c| c.by.number()));
    to.maybe(key!("task"), conversation.map(|c| c.n));
}

#[inline]
fn tell_target(target: Target, to: &mut impl Fields) {
    match target {
        Target::Credential(c) => {
            to.word(key!("target"), 0, "credential");
            to.number(key!("of"), u64::from(c.number()));
        }
        Target::Identity(i) => {
            to.word(key!("target"), 1, "identity");
            to.number(key!("of"), u64::from(i.number()));
        }
        Target::Named => to.word(key!("target"), 2, "named"),
        Target::Record(res) => {
            to.word(key!("target"), 3, "record");
            to.collection(key!("in"), Some(res.coll));
            to.maybe(key!("row"), Some(res.row));
        }
    }
}

/// The record of a collection and a row, if both are there.
pub fn record(coll: Option<CollId>, row: Option<u32>) -> Option<Res> {
    coll.zip(row).map(|(coll, row)| Res { coll, row })
}
