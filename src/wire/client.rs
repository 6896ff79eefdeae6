//! How a client meets the world: one trait for agents, benign clients, the responder and probers.

use super::cargo::Cargo;
use super::event::{Key, Log, SecretKind};
use super::ids::{CollId, CredId, FamilyId, HeldId, IdentityId, InstructionId, OpId, PlaceId, RequestId, Res, RuleId};
use super::request::{Conversation, Forgery, Request, Text};
use super::response::{Outcome, Slot};
use super::tick::Tick;

/// What a client wants to do next.
#[derive(Clone, Copy, Debug)]
pub enum Next {
    Send(RequestId, Request),
    WaitUntil(Tick),
    /// Nothing before an answer to a request in flight.
    AwaitAnswer,
    /// It makes credentials itself: [`Client::forge`], and then it is asked again.
    Forge,
    Done,
}

/// Recognises secrets in bytes: the same recogniser on every plane.
pub trait Vocabulary {
    /// The kind of secret that these bytes look like to somebody who only sees the bytes.
    fn kind(&mut self, text: Text) -> Option<SecretKind>;

    /// Whether the bytes of an instruction are understood, and then, whether the team's signature under them is good.
    fn signed(&mut self, instruction: InstructionId) -> Option<bool>;

    /// Makes a token and signs it with a key. Nothing where this is not the key of such tokens.
    fn forge(&mut self, _key: Text, _forgery: Forgery) -> Option<Text> {
        None
    }
}

/// A client of the world. It never learns more than the answers to its own requests.
pub trait Client {
    fn next(&mut self, now: Tick, log: &mut Log) -> Next;

    fn observe(
        &mut self,
        now: Tick,
        id: RequestId,
        outcome: &Outcome,
        slot: &Slot,
        vocabulary: &mut dyn Vocabulary,
        log: &mut Log,
    );

    /// Makes what [`Next::Forge`] announced.
    fn forge(&mut self, _now: Tick, _vocabulary: &mut dyn Vocabulary) {}

    /// A message arrived, in a conversation.
    fn woken(&mut self, _now: Tick, _conversation: Option<Conversation>) {}

    /// An administrator hands the successor of a rotated secret to whoever holds the old one by right.
    fn handed(&mut self, _now: Tick, _old: Text, _new: Text, _log: &mut Log) {}

    /// Fills in what a request [carries](Request::carries), when it leaves.
    fn pack(&self, _id: RequestId, _cargo: &mut Cargo) {}

    /// The secret behind one of this client's own numbers, where it comes to hold some.
    fn text_of(&self, _held: HeldId) -> Option<Text> {
        None
    }

    /// Whether it has the key that one of its secrets may be bound to.
    fn has_key(&self, _held: HeldId) -> bool {
        true
    }
}

/// What a service wrote down about a request: what it does not record is missing here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Audit {
    pub at: Tick,
    pub op: OpId,
    pub principal: Option<IdentityId>,
    pub cred: Option<CredId>,
    /// The network that the request came from, where the service logs addresses.
    pub from: Option<PlaceId>,
    pub allowed: bool,
    pub status: u16,
    /// How many records were read or changed.
    pub rows: u32,
    /// Which records, where the service logs objects: the first of a run, and how many. More runs have more lines.
    pub objects: Option<(CollId, u32, u32)>,
}

/// A detector's finding, as the defence sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Alarm {
    pub at: Tick,
    pub rule: RuleId,
    pub key: Key,
    pub since: Tick,
}

/// The identity registry: who owns what, as an administrator would look it up.
pub trait Registry {
    /// Every credential that was ever issued, dead ones included.
    fn credentials(&self) -> u32;
    fn family(&self, cred: CredId) -> FamilyId;
    fn principal(&self, cred: CredId) -> Option<IdentityId>;
    /// The owner of an identity; an identity without one owns itself.
    fn owner(&self, identity: IdentityId) -> IdentityId;
    /// Whether the provider issued it. One that somebody forged is in no register; a log may show it all the same.
    fn issued(&self, cred: CredId) -> bool;
    /// What this credential was minted from.
    fn parent(&self, cred: CredId) -> Option<CredId>;
    fn alive(&self, cred: CredId, now: Tick) -> bool;
    /// The records in which a search of the stores finds the text of an instruction, as they are now.
    fn saying(&self, instruction: InstructionId) -> Vec<Res>;
    /// The live credentials that lie in a record of this collection, as far as the registry knows of them.
    fn stored_in(&self, coll: CollId, row: u32) -> Vec<CredId>;
}

/// The defence: a client that is told of audit records and alarms.
pub trait Watcher: Client {
    fn feed(&mut self, now: Tick, audit: &[Audit], alarms: &[Alarm], registry: &dyn Registry, log: &mut Log);
}
