//! What happened, as the world, the agents and the driver report it. The journal is a list of these.

use super::ids::{
    ActorId, ApprovalId, CollId, CredId, FamilyId, FlowId, HeldId, IdentityId, InstructionId, JobId, LimitId, OpId,
    RequestId, Res, ResponseId, RouteId, RuleId, StepId,
};
use super::request::{Conversation, Message, Purpose, Target};
use super::tick::{Span, Tick};

/// What an operation does to the resources that it touches.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Effect {
    Read,
    Write,
    Delete,
    Execute,
    Grant,
    Mint,
    Send,
}

impl Effect {
    pub const ALL: [Effect; 7] =
        [Effect::Read, Effect::Write, Effect::Delete, Effect::Execute, Effect::Grant, Effect::Mint, Effect::Send];

    pub const fn name(self) -> &'static str {
        match self {
            Effect::Read => "read",
            Effect::Write => "write",
            Effect::Delete => "delete",
            Effect::Execute => "execute",
            Effect::Grant => "grant",
            Effect::Mint => "mint",
            Effect::Send => "send",
        }
    }

    pub fn parse(name: &str) -> Option<Effect> {
        Effect::ALL.into_iter().find(|e| e.name() == name)
    }

    pub const fn index(self) -> usize {
        self as usize
    }
}

/// Whether the effect of a request happened.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Verdict {
    /// The effect happened, or was queued.
    Accepted,
    /// Authentication refused.
    Unauthenticated,
    /// Authorization refused; also an empty answer where there were rows.
    Forbidden,
    /// No such operation or record.
    Missing,
    /// Refused by a limit that readmits before the horizon: ends no clock.
    Limited,
    /// Refused by a limit that cannot readmit before the horizon.
    Exhausted,
    /// The service failed, and nothing happened. Its sender cannot know, so it ends no clock.
    Failed,
}

/// Why a request was accepted or refused: the grant, policy, limit or control that decided.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// The service asks for no credential.
    OpenDoor,
    /// The credential is valid and its scopes unlock the operation.
    Granted,
    /// Nothing valid any more, but this replica still trusts an earlier check.
    TrustedFromCache,
    /// Signed and not expired; the service asks nobody else.
    TrustedOffline,
    /// Revoked, but the event has not arrived here.
    NotYetTold,
    NoCredential,
    UnknownCredential,
    Expired,
    Revoked(StepId),
    /// An OAuth client revoked it by RFC 7009, or a reused refresh token took its family down.
    RevokedByProtocol,
    BoundElsewhere,
    /// Bound to a key, and the sender did not prove to have it.
    NoProof,
    /// The token names other services in `aud`.
    Audience,
    /// Signed with a key that the service does not trust.
    UntrustedKey,
    Scope,
    ObjectRule,
    Blocked(StepId),
    Limit(LimitId),
    /// Somebody must say yes first: they said no, or have not answered.
    Approval(ApprovalId),
    /// The caller has read what nobody may carry there.
    Flow(FlowId),
    NoSuchRoute,
    NoSuchRecord,
    /// An administrative request that this provider does not support.
    Unsupported,
    /// The service failed.
    OutOfOrder,
    /// A real service decided, and nobody saw by what.
    Undisclosed,
}

/// How long a door stays open if nobody does anything more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Open {
    Shut,
    Until(Tick),
    ForEver,
}

/// What a detector's count is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Key {
    Credential(CredId),
    Principal(IdentityId),
    Owner(IdentityId),
    Conversation(Conversation),
    Global,
}

/// Shapes of secrets that the recogniser tells apart in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum SecretKind {
    ApiKey,
    AccessToken,
    RefreshToken,
    Session,
    OauthClient,
    ConnectedApp,
    PersonalToken,
    RoleSession,
    SigningKey,
    Password,
}

impl SecretKind {
    pub const ALL: [SecretKind; 10] = [
        SecretKind::ApiKey,
        SecretKind::AccessToken,
        SecretKind::RefreshToken,
        SecretKind::Session,
        SecretKind::OauthClient,
        SecretKind::ConnectedApp,
        SecretKind::PersonalToken,
        SecretKind::RoleSession,
        SecretKind::SigningKey,
        SecretKind::Password,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            SecretKind::ApiKey => "api-key",
            SecretKind::AccessToken => "access-token",
            SecretKind::RefreshToken => "refresh-token",
            SecretKind::Session => "session",
            SecretKind::OauthClient => "oauth-client",
            SecretKind::ConnectedApp => "connected-app",
            SecretKind::PersonalToken => "personal-token",
            SecretKind::RoleSession => "role-session",
            SecretKind::SigningKey => "signing-key",
            SecretKind::Password => "password",
        }
    }

    pub fn parse(name: &str) -> Option<SecretKind> {
        SecretKind::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// Which of the two snapshots a leftover belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Snapshot {
    Declared,
    Deadline,
}

/// A turn in the life of an actor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Turn {
    Started,
    /// The task is over or broken, and the fault decides from here.
    FaultTookOver,
    /// Nothing is left that this actor would try. It has not been contained by that.
    OutOfWork,
    /// It has forgotten what a record told it to do.
    Forgot,
}

/// What a request wrote into a record beside the record's own data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Written {
    Instruction(InstructionId),
    /// Records that the sender had read, or copies of such.
    Copies {
        coll: CollId,
        first: u32,
        n: u32,
    },
    /// A secret, by its row if it was ever issued here.
    Secret(Option<CredId>),
}

/// One thing that happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A request arrived and was decided. The answer reaches its sender `back` later.
    Asked {
        at: Tick,
        id: RequestId,
        purpose: Purpose,
        route: RouteId,
        op: Option<OpId>,
        held: Option<HeldId>,
        cred: Option<CredId>,
        principal: Option<IdentityId>,
        verdict: Verdict,
        reason: Reason,
        status: u16,
        back: Span,
    },
    /// The effect of an accepted request on rows of a collection.
    Touched {
        at: Tick,
        id: RequestId,
        coll: CollId,
        effect: Effect,
        first: u32,
        n: u32,
    },
    /// A record that did not exist before.
    Created {
        at: Tick,
        id: RequestId,
        coll: CollId,
        row: u32,
    },
    /// A record was written into: whoever reads it sees this.
    Wrote {
        at: Tick,
        id: RequestId,
        into: Res,
        what: Written,
    },
    /// The identity provider issued a credential.
    Minted {
        at: Tick,
        id: RequestId,
        cred: CredId,
        family: FamilyId,
        parent: Option<CredId>,
        /// Whose it is.
        principal: Option<IdentityId>,
        /// Who acts with it for its principal (RFC 8693 section 4.1).
        actor: Option<IdentityId>,
    },
    /// A token was presented that nobody issued: whoever made it has the key that signs such.
    Forged {
        at: Tick,
        id: RequestId,
        cred: CredId,
        family: FamilyId,
        key: CredId,
        /// Whose it claims to be.
        principal: IdentityId,
    },
    Queued {
        at: Tick,
        id: RequestId,
        job: JobId,
        fires: Tick,
    },
    /// A queued effect happened; its `Touched` follows.
    Fired {
        at: Tick,
        id: RequestId,
        job: JobId,
    },
    Cancelled {
        at: Tick,
        id: RequestId,
        job: JobId,
        reason: Reason,
    },
    /// No answer came back: whether the effect happened is not known to the sender.
    Lost {
        at: Tick,
        id: RequestId,
    },
    /// An actor came to hold a secret: at the start (`via` is absent) or out of an answer.
    Got {
        at: Tick,
        by: ActorId,
        held: HeldId,
        kind: SecretKind,
        via: Option<RequestId>,
        lay_in: Option<Res>,
        /// Filled in by the driver; the actor cannot know it.
        cred: Option<CredId>,
    },
    Turned {
        at: Tick,
        by: ActorId,
        turn: Turn,
    },
    /// An actor read an instruction and does from now on what it says. `via` is the request whose answer held it,
    /// `author` whose words they are, as the record says.
    Obeyed {
        at: Tick,
        by: ActorId,
        instruction: InstructionId,
        via: RequestId,
        lay_in: Res,
        author: Option<IdentityId>,
    },
    /// What the log has of a body, and to which conversation it belongs; written where a detector looks at it.
    Said {
        at: Tick,
        id: RequestId,
        message: Message,
    },
    /// Somebody was asked whether a request may pass. What they say is known from `answers` on.
    Consulted {
        at: Tick,
        id: RequestId,
        approval: ApprovalId,
        yes: bool,
        answers: Tick,
    },
    /// An agent said how often it called an operation: its own account, whatever is true.
    Claimed {
        at: Tick,
        by: ActorId,
        op: OpId,
        calls: u32,
    },
    /// A detector fired: `since` is the first record in its window.
    Alarm {
        at: Tick,
        rule: RuleId,
        key: Key,
        since: Tick,
    },
    /// A response was set off, by an alarm or by the clock, and starts to act at `acts`.
    Responding {
        at: Tick,
        response: ResponseId,
        acts: Tick,
    },
    /// An administrative request took effect at the identity provider or gateway.
    Acted {
        at: Tick,
        id: RequestId,
        step: StepId,
        target: Target,
        returned: Tick,
        worked: bool,
    },
    /// How long (credential, operation) stays open for an excess request; written when it changes.
    Census {
        at: Tick,
        cred: Option<CredId>,
        op: OpId,
        open: Open,
    },
    /// What the closure could still touch, at a snapshot.
    Left {
        at: Tick,
        snapshot: Snapshot,
        coll: CollId,
        effect: Effect,
        first: u32,
        n: u32,
    },
    /// A credential that can still touch an excess pair at the deadline, and whether it was minted from another.
    Survivor {
        at: Tick,
        cred: CredId,
        root: bool,
    },
    /// The journal misses something from here on.
    Gap {
        at: Tick,
    },
    /// The run is over: settled, out of events, or at its horizon.
    Ended {
        at: Tick,
        settled: bool,
        aborted: bool,
    },
}

impl Event {
    pub fn at(&self) -> Tick {
        match *self {
            Event::Asked { at, .. }
            | Event::Touched { at, .. }
            | Event::Created { at, .. }
            | Event::Wrote { at, .. }
            | Event::Minted { at, .. }
            | Event::Forged { at, .. }
            | Event::Queued { at, .. }
            | Event::Fired { at, .. }
            | Event::Cancelled { at, .. }
            | Event::Lost { at, .. }
            | Event::Got { at, .. }
            | Event::Turned { at, .. }
            | Event::Obeyed { at, .. }
            | Event::Said { at, .. }
            | Event::Consulted { at, .. }
            | Event::Claimed { at, .. }
            | Event::Alarm { at, .. }
            | Event::Responding { at, .. }
            | Event::Acted { at, .. }
            | Event::Census { at, .. }
            | Event::Left { at, .. }
            | Event::Survivor { at, .. }
            | Event::Gap { at }
            | Event::Ended { at, .. } => at,
        }
    }
}

/// A chunk of events on their way to the journal. The driver drains it and keeps its capacity.
#[derive(Default, Debug)]
pub struct Log {
    pub events: Vec<Event>,
}

impl Log {
    #[inline]
    pub fn push(&mut self, event: Event) {
        self.events.push(event);
    }
}
