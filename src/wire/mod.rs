//! The boundary types that every part shares: requests, answers, events, the clock. Everything here is
//! small, mostly `Copy`, and free of names and of I/O; a secret is only ever *named* ([`Text`]), never held.

mod cargo;
mod client;
mod event;
mod ids;
mod request;
mod response;
mod tick;

pub use cargo::{Cargo, Planted};
pub use client::{Alarm, Audit, Client, Next, Registry, Vocabulary, Watcher};
pub use event::{Effect, Event, Key, Log, Open, Reason, SecretKind, Snapshot, Turn, Verdict, Written};
pub use ids::{
    ActorId, ApprovalId, ClassId, CollId, CredId, FamilyId, FlowId, HeldId, IdentityId, InstructionId, JobId, LimitId,
    OpId, PlaceId, RequestId, Res, ResponseId, RightsId, RouteId, RuleId, ServiceId, StepId, TenantId,
};
pub use request::{
    Arg, Claims, Conversation, Envelope, Forgery, Knock, Message, Presented, Purpose, Request, Scheme, Target, Text,
    Vantage,
};
pub use response::{Body, Found, Outcome, Response, Rows, Slot};
pub use tick::{Span, Tick};
