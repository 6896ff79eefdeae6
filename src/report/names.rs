//! Names for people: never a secret, always its kind and its holder's number for it.

use serde::Serialize;

use crate::measure::{Closure, Hop, Kind};
use crate::model::Plan;
use crate::wire::{ActorId, CredId, HeldId, Reason};

/// `member-token-17`, `api-key #3`; `no credential`.
pub fn credential_label(plan: &Plan, cred: Option<CredId>) -> String {
    match cred {
        None => "no credential".to_owned(),
        Some(cred) if cred.number() < plan.credentials() => {
            let (family, index) = plan.origin_of(cred);
            plan.credential_name(family, index)
        }
        Some(cred) => format!("issued #{}", cred.number() - plan.credentials() + 1),
    }
}

/// The same; `forged #2` where the run showed that nobody issued it.
pub fn credential_of_run(plan: &Plan, closure: &Closure, cred: Option<CredId>) -> String {
    match cred.filter(|cred| closure.forged.contains_key(cred)) {
        Some(forged) => forged_label(plan, forged),
        None => credential_label(plan, cred),
    }
}

/// `forged #2`: a token that nobody issued.
pub fn forged_label(plan: &Plan, forged: CredId) -> String {
    format!("forged #{}", forged.number() - plan.credentials() + 1)
}

/// The family of a credential; `no credential`.
pub fn kind_label(plan: &Plan, kind: Kind) -> String {
    match kind {
        Kind::NoCredential => "no credential".to_owned(),
        Kind::Family(family) => plan.family(family).name.clone(),
        Kind::Forged => "forged".to_owned(),
        Kind::Successor => "put in its place".to_owned(),
    }
}

/// What an actor holds, by its own number for it.
pub fn held_label(plan: &Plan, closure: &Closure, by: ActorId, held: HeldId) -> String {
    match closure.find(by, held) {
        Some(acquired) => {
            let number = format!("{} #{}", acquired.kind.name(), held.number() + 1);
            match acquired.cred {
                _ if let Some(key) = acquired.forged_with => {
                    format!("{number} (forged with {})", credential_label(plan, Some(key)))
                }
                Some(cred) => format!("{number} ({})", credential_label(plan, Some(cred))),
                None => number,
            }
        }
        None => "no credential".to_owned(),
    }
}

/// One hop in words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct HopWords {
    /// Microseconds since the start.
    pub at: u64,
    pub with: String,
    pub operation: String,
    pub why: String,
    pub found: Option<String>,
    /// The record that it lay in.
    pub place: Option<String>,
}

impl HopWords {
    pub fn of(plan: &Plan, closure: &Closure, hop: &Hop) -> HopWords {
        let with = hop.with.map_or("no credential".to_owned(), |(by, held)| held_label(plan, closure, by, held));
        HopWords {
            at: hop.at.0,
            with,
            operation: plan.operation_name(hop.op),
            why: reason_in_words(plan, hop.reason),
            found: hop.found.map(|(held, _)| held_label(plan, closure, hop.by, held)),
            place: hop.found.and_then(|(_, lay_in)| lay_in).map(|res| plan.record_name(res)),
        }
    }
}

/// One hop as a line: what was presented, what it opened, why, and what was found.
pub fn hop_line(plan: &Plan, closure: &Closure, hop: &Hop) -> String {
    let HopWords { with, operation, why, found, place, .. } = HopWords::of(plan, closure, hop);
    let place = place.map_or(String::new(), |place| format!(" in {place}"));
    let found = found.map_or_else(String::new, |found| format!(", and found {found}{place}"));
    format!("{with} opened {operation}, {why}{found}")
}

/// Why a door opened or stayed shut.
pub fn reason_in_words(plan: &Plan, reason: Reason) -> String {
    let step = |id: crate::wire::StepId| plan.controls.steps[id.index()].name.as_str();
    match reason {
        Reason::OpenDoor => "which asks for nothing".into(),
        Reason::Granted => "by its scopes".into(),
        Reason::TrustedFromCache => "because an earlier check was still trusted".into(),
        Reason::TrustedOffline => "because nobody is asked before it expires".into(),
        Reason::NotYetTold => "because the revocation had not arrived".into(),
        Reason::NoCredential => "refused without a credential".into(),
        Reason::UnknownCredential => "refused: nobody knows it".into(),
        Reason::Expired => "refused: expired".into(),
        Reason::Revoked(id) => format!("refused by {}", step(id)),
        Reason::RevokedByProtocol => "refused: revoked".into(),
        Reason::BoundElsewhere => "refused: bound to another network".into(),
        Reason::NoProof => "refused: without the key that it is bound to".into(),
        Reason::UntrustedKey => "refused: signed with a key that is not trusted there".into(),
        Reason::Audience => "refused: made out for other services".into(),
        Reason::Scope => "refused: no scope for it".into(),
        Reason::ObjectRule => "refused: not the caller's record".into(),
        Reason::Blocked(id) => format!("blocked by {}", step(id)),
        Reason::Limit(id) => format!("refused by the limit {}", plan.controls.limits[id.index()].name),
        Reason::Approval(id) => format!("held up by {}", plan.controls.approvals[id.index()].name),
        Reason::Flow(id) => format!("refused by {}, after what was read", plan.controls.flows[id.index()].name),
        Reason::NoSuchRoute => "which does not exist".into(),
        Reason::NoSuchRecord => "refused: no such record".into(),
        Reason::OutOfOrder => "which failed".into(),
        Reason::Undisclosed => "which did not say why".into(),
        Reason::Unsupported => "which the provider cannot do".into(),
    }
}
