//! The fields of every event, told once: the binary form, its digest and the readable form all come from here.

use crate::planted::Mistake;
use crate::wire::{
    CollId, Conversation, Event, InstructionId, Key, Message, OpId, Open, Reason, RequestId, Res, RuleId, StepId,
    Target, Written,
};

/// Takes the fields of an event, in their order.
pub trait Fields {
    /// The kind of event: a number for machines, a word for people.
    fn kind(&mut self, tag: u8, word: &'static str);
    fn number(&mut self, name: &'static str, value: u64);
    /// A number that may be missing.
    fn maybe(&mut self, name: &'static str, value: Option<u32>);
    fn word(&mut self, name: &'static str, code: u8, word: &'static str);
    fn operation(&mut self, name: &'static str, op: Option<OpId>);
    fn collection(&mut self, name: &'static str, coll: Option<CollId>);
    fn rule(&mut self, name: &'static str, rule: RuleId);
    fn step(&mut self, name: &'static str, step: StepId);
    fn instruction(&mut self, name: &'static str, instruction: InstructionId);
}

/// Tells an event to whoever takes its fields.
#[inline]
#[expect(clippy::too_many_lines, reason = "one arm for each kind of event, and nothing else")]
pub fn tell(event: &Event, to: &mut impl Fields) {
    match *event {
        Event::Asked { at, id, purpose, route, op, held, cred, principal, verdict, reason, status, back } => {
            to.kind(1, "asked");
            request(at.0, id, to);
            to.word("for", purpose as u8, super::words::purpose(purpose));
            to.number("route", u64::from(route.number()));
            to.operation("op", op);
            to.maybe("held", held.map(|h| h.number()));
            to.maybe("cred", cred.map(|c| c.number()));
            to.maybe("principal", principal.map(|p| p.number()));
            to.word("verdict", verdict as u8, super::words::verdict(verdict));
            tell_reason(reason, to);
            to.number("status", if Mistake::StatusIsNotWritten.here() { 0 } else { u64::from(status) });
            to.number("back", back.0);
        }
        Event::Touched { at, id, coll, effect, first, n } => {
            to.kind(2, "touched");
            request(at.0, id, to);
            to.collection("in", Some(coll));
            to.word("effect", effect as u8, effect.name());
            to.number("first", u64::from(first));
            to.number("rows", u64::from(n));
        }
        Event::Created { at, id, coll, row } => {
            to.kind(3, "created");
            request(at.0, id, to);
            to.collection("in", Some(coll));
            to.number("row", u64::from(row));
        }
        Event::Minted { at, id, cred, family, parent, principal, actor } => {
            to.kind(4, "minted");
            request(at.0, id, to);
            to.number("cred", u64::from(cred.number()));
            to.number("family", u64::from(family.number()));
            to.maybe("parent", parent.map(|p| p.number()));
            to.maybe("principal", principal.map(|p| p.number()));
            to.maybe("actor", actor.map(|a| a.number()));
        }
        Event::Forged { at, id, cred, family, key, principal } => {
            to.kind(26, "forged");
            request(at.0, id, to);
            to.number("cred", u64::from(cred.number()));
            to.number("family", u64::from(family.number()));
            to.number("key", u64::from(key.number()));
            to.number("principal", u64::from(principal.number()));
        }
        Event::Queued { at, id, job, fires } => {
            to.kind(5, "queued");
            request(at.0, id, to);
            to.number("job", u64::from(job.number()));
            to.number("fires", fires.0);
        }
        Event::Fired { at, id, job } => {
            to.kind(6, "fired");
            request(at.0, id, to);
            to.number("job", u64::from(job.number()));
        }
        Event::Cancelled { at, id, job, reason } => {
            to.kind(7, "cancelled");
            request(at.0, id, to);
            to.number("job", u64::from(job.number()));
            tell_reason(reason, to);
        }
        Event::Lost { at, id } => {
            to.kind(8, "lost");
            request(at.0, id, to);
        }
        Event::Got { at, by, held, kind, via, lay_in, cred } => {
            to.kind(9, "got");
            to.number("at", at.0);
            to.number("by", u64::from(by.number()));
            to.number("held", u64::from(held.number()));
            to.word("kind", kind as u8, kind.name());
            to.maybe("via", via.map(|v| v.n));
            to.collection("in", lay_in.map(|l| l.coll));
            to.maybe("row", lay_in.map(|l| l.row));
            to.maybe("cred", cred.map(|c| c.number()));
        }
        Event::Turned { at, by, turn } => {
            to.kind(10, "turned");
            to.number("at", at.0);
            to.number("by", u64::from(by.number()));
            to.word("turn", turn as u8, super::words::turn(turn));
        }
        Event::Claimed { at, by, op, calls } => {
            to.kind(25, "claimed");
            to.number("at", at.0);
            to.number("by", u64::from(by.number()));
            to.operation("op", Some(op));
            to.number("calls", u64::from(calls));
        }
        Event::Alarm { at, rule, key, since } => {
            to.kind(11, "alarm");
            to.number("at", at.0);
            to.rule("rule", rule);
            tell_key(key, to);
            to.number("since", since.0);
        }
        Event::Said { at, id, message: Message { digest, conversation } } => {
            to.kind(20, "said");
            request(at.0, id, to);
            to.number("digest", digest);
            tell_conversation(conversation, to);
        }
        Event::Consulted { at, id, approval, yes, answers } => {
            to.kind(19, "consulted");
            request(at.0, id, to);
            to.number("approval", u64::from(approval.number()));
            to.word("yes", u8::from(yes), if yes { "yes" } else { "no" });
            to.number("answers", answers.0);
        }
        Event::Responding { at, response, acts } => {
            to.kind(12, "responding");
            to.number("at", at.0);
            to.number("response", u64::from(response.number()));
            to.number("acts", acts.0);
        }
        Event::Acted { at, id, step, target, returned, worked } => {
            to.kind(13, "acted");
            request(at.0, id, to);
            to.step("step", step);
            tell_target(target, to);
            to.number("returned", returned.0);
            to.word("worked", u8::from(worked), if worked { "yes" } else { "no" });
        }
        Event::Census { at, cred, op, open } => {
            to.kind(14, "census");
            to.number("at", at.0);
            to.maybe("cred", cred.map(|c| c.number()));
            to.operation("op", Some(op));
            match open {
                Open::Shut => to.word("open", 0, "shut"),
                Open::Until(until) => {
                    to.word("open", 1, "until");
                    to.number("until", until.0);
                }
                Open::ForEver => to.word("open", 2, "for-ever"),
            }
        }
        Event::Left { at, snapshot, coll, effect, first, n } => {
            to.kind(15, "left");
            to.number("at", at.0);
            to.word("when", snapshot as u8, super::words::snapshot(snapshot));
            to.collection("in", Some(coll));
            to.word("effect", effect as u8, effect.name());
            to.number("first", u64::from(first));
            to.number("rows", u64::from(n));
        }
        Event::Survivor { at, cred, root } => {
            to.kind(16, "survivor");
            to.number("at", at.0);
            to.number("cred", u64::from(cred.number()));
            to.word("root", u8::from(root), if root { "yes" } else { "no" });
        }
        Event::Gap { at } => {
            to.kind(17, "gap");
            to.number("at", at.0);
        }
        Event::Ended { at, settled, aborted } => {
            to.kind(18, "ended");
            to.number("at", at.0);
            to.word("settled", u8::from(settled), if settled { "yes" } else { "no" });
            to.word("aborted", u8::from(aborted), if aborted { "yes" } else { "no" });
        }
        Event::Wrote { at, id, into, what } => {
            to.kind(22, "wrote");
            request(at.0, id, to);
            to.collection("in", Some(into.coll));
            to.number("row", u64::from(into.row));
            tell_written(what, to);
        }
        Event::Obeyed { at, by, instruction, via, lay_in, author } => {
            to.kind(21, "obeyed");
            to.number("at", at.0);
            to.number("by", u64::from(by.number()));
            to.instruction("instruction", instruction);
            to.number("via", u64::from(via.n));
            to.collection("in", Some(lay_in.coll));
            to.number("row", u64::from(lay_in.row));
            to.maybe("author", author.map(|a| a.number()));
        }
    }
}

#[inline]
fn request(at: u64, id: RequestId, to: &mut impl Fields) {
    to.number("at", at);
    to.number("by", u64::from(id.by.number()));
    to.number("n", u64::from(id.n));
}

#[inline]
fn tell_reason(reason: Reason, to: &mut impl Fields) {
    let (code, word) = super::words::reason(reason);
    to.word("reason", code, word);
    match reason {
        Reason::Revoked(step) | Reason::Blocked(step) => to.step("step", step),
        Reason::Limit(limit) => to.number("limit", u64::from(limit.number())),
        Reason::Approval(approval) => to.number("approval", u64::from(approval.number())),
        Reason::Flow(flow) => to.number("flow", u64::from(flow.number())),
        _ => {}
    }
}

#[inline]
fn tell_written(what: Written, to: &mut impl Fields) {
    match what {
        Written::Instruction(instruction) => {
            to.word("what", 0, "instruction");
            to.instruction("instruction", instruction);
        }
        Written::Copies { coll, first, n } => {
            to.word("what", 1, "copies");
            to.collection("of", Some(coll));
            to.number("first", u64::from(first));
            to.number("rows", u64::from(n));
        }
        Written::Secret(cred) => {
            to.word("what", 2, "secret");
            to.maybe("cred", cred.map(|c| c.number()));
        }
    }
}

#[inline]
fn tell_key(key: Key, to: &mut impl Fields) {
    match key {
        Key::Credential(c) => {
            to.word("key", 0, "credential");
            to.number("of", u64::from(c.number()));
        }
        Key::Principal(p) => {
            to.word("key", 1, "principal");
            to.number("of", u64::from(p.number()));
        }
        Key::Owner(o) => {
            to.word("key", 2, "owner");
            to.number("of", u64::from(o.number()));
        }
        Key::Global => to.word("key", 3, "everyone"),
        Key::Conversation(conversation) => {
            to.word("key", 4, "conversation");
            tell_conversation(Some(conversation), to);
        }
    }
}

#[inline]
fn tell_conversation(conversation: Option<Conversation>, to: &mut impl Fields) {
    to.maybe("begun_by", conversation.map(|c| c.by.number()));
    to.maybe("task", conversation.map(|c| c.n));
}

#[inline]
fn tell_target(target: Target, to: &mut impl Fields) {
    match target {
        Target::Credential(c) => {
            to.word("target", 0, "credential");
            to.number("of", u64::from(c.number()));
        }
        Target::Identity(i) => {
            to.word("target", 1, "identity");
            to.number("of", u64::from(i.number()));
        }
        Target::Named => to.word("target", 2, "named"),
        Target::Record(res) => {
            to.word("target", 3, "record");
            to.collection("in", Some(res.coll));
            to.maybe("row", Some(res.row));
        }
    }
}

/// The record of a collection and a row, if both are there.
pub fn record(coll: Option<CollId>, row: Option<u32>) -> Option<Res> {
    coll.zip(row).map(|(coll, row)| Res { coll, row })
}
