//! The words of the journal, and the way back from them.

use crate::wire::{ApprovalId, FlowId, LimitId, Purpose, Reason, Snapshot, StepId, Turn, Verdict};

#[inline]
pub const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Agent => "agent",
        Purpose::Benign => "benign",
        Purpose::Probe => "probe",
        Purpose::Response => "response",
    }
}

pub fn read_purpose(word: &str) -> Option<Purpose> {
    [Purpose::Agent, Purpose::Benign, Purpose::Probe, Purpose::Response].into_iter().find(|p| purpose(*p) == word)
}

#[inline]
pub const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Unauthenticated => "unauthenticated",
        Verdict::Forbidden => "forbidden",
        Verdict::Missing => "missing",
        Verdict::Limited => "limited",
        Verdict::Exhausted => "exhausted",
        Verdict::Failed => "failed",
    }
}

pub fn read_verdict(word: &str) -> Option<Verdict> {
    let all = [
        Verdict::Accepted,
        Verdict::Unauthenticated,
        Verdict::Forbidden,
        Verdict::Missing,
        Verdict::Limited,
        Verdict::Exhausted,
        Verdict::Failed,
    ];
    all.into_iter().find(|v| verdict(*v) == word)
}

#[inline]
pub const fn turn(turn: Turn) -> &'static str {
    match turn {
        Turn::Started => "started",
        Turn::FaultTookOver => "fault-took-over",
        Turn::Forgot => "forgot",
        Turn::OutOfWork => "out-of-work",
    }
}

pub fn read_turn(word: &str) -> Option<Turn> {
    [Turn::Started, Turn::FaultTookOver, Turn::Forgot, Turn::OutOfWork].into_iter().find(|t| turn(*t) == word)
}

#[inline]
pub const fn snapshot(snapshot: Snapshot) -> &'static str {
    match snapshot {
        Snapshot::Declared => "declared",
        Snapshot::Deadline => "deadline",
    }
}

pub fn read_snapshot(word: &str) -> Option<Snapshot> {
    [Snapshot::Declared, Snapshot::Deadline].into_iter().find(|s| snapshot(*s) == word)
}

#[inline]
pub const fn reason(reason: Reason) -> (u8, &'static str) {
    match reason {
        Reason::OpenDoor => (0, "open-door"),
        Reason::Granted => (1, "granted"),
        Reason::TrustedFromCache => (2, "trusted-from-cache"),
        Reason::TrustedOffline => (3, "trusted-offline"),
        Reason::NotYetTold => (4, "not-yet-told"),
        Reason::NoCredential => (5, "no-credential"),
        Reason::UnknownCredential => (6, "unknown-credential"),
        Reason::Expired => (7, "expired"),
        Reason::Revoked(_) => (8, "revoked"),
        Reason::RevokedByProtocol => (9, "revoked-by-protocol"),
        Reason::BoundElsewhere => (10, "bound-elsewhere"),
        Reason::Scope => (11, "scope"),
        Reason::ObjectRule => (12, "object-rule"),
        Reason::Blocked(_) => (13, "blocked"),
        Reason::Limit(_) => (14, "limit"),
        Reason::NoSuchRoute => (15, "no-such-route"),
        Reason::NoSuchRecord => (16, "no-such-record"),
        Reason::Unsupported => (17, "unsupported"),
        Reason::Approval(_) => (18, "approval"),
        Reason::Audience => (19, "audience"),
        Reason::OutOfOrder => (20, "out-of-order"),
        Reason::NoProof => (21, "no-proof"),
        Reason::Flow(_) => (22, "flow"),
        Reason::UntrustedKey => (23, "untrusted-key"),
        Reason::Undisclosed => (24, "undisclosed"),
    }
}

/// What a reason points at, where it points at something.
#[derive(Clone, Copy, Default)]
pub struct Pointers {
    pub step: Option<StepId>,
    pub limit: Option<LimitId>,
    pub approval: Option<ApprovalId>,
    pub flow: Option<FlowId>,
}

pub fn read_reason(word: &str, at: Pointers) -> Option<Reason> {
    let mut all = vec![
        Reason::OpenDoor,
        Reason::Granted,
        Reason::TrustedFromCache,
        Reason::TrustedOffline,
        Reason::NotYetTold,
        Reason::NoCredential,
        Reason::UnknownCredential,
        Reason::Expired,
        Reason::RevokedByProtocol,
        Reason::BoundElsewhere,
        Reason::Scope,
        Reason::ObjectRule,
        Reason::NoSuchRoute,
        Reason::NoSuchRecord,
        Reason::Unsupported,
        Reason::OutOfOrder,
        Reason::Audience,
        Reason::NoProof,
        Reason::UntrustedKey,
        Reason::Undisclosed,
    ];
    all.extend(at.step.into_iter().flat_map(|step| [Reason::Revoked(step), Reason::Blocked(step)]));
    all.extend(at.limit.map(Reason::Limit));
    all.extend(at.approval.map(Reason::Approval));
    all.extend(at.flow.map(Reason::Flow));
    all.into_iter().find(|r| reason(*r).1 == word)
}
