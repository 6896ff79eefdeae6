//! Every single change that the model knows, for one scenario: made from the plan and from what two runs show, never
//! from the scenario's own variants.

mod checks;
mod data;
mod defence;
mod grants;
mod operations;

use super::edit::Edit;
use super::facts::Facts;

/// What kind of change it is. Of two that come to the same, the one that stands here first goes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    BindCredential,
    LimitAudience,
    NarrowGrant,
    LimitRecords,
    IntersectExchange,
    TrustFewerKeys,
    RowRule,
    FewerCredentials,
    EndUnused,
    DemandSignature,
    RemoveSecret,
    CloseUndocumented,
    FlowRule,
    RequireApproval,
    CloseOperation,
    LimitCalls,
    SoftDelete,
    KeepApart,
    ShortenLifetime,
    CascadeRevocation,
    PushRevocation,
    CheckSooner,
    FetchKeysSooner,
    Cooldown,
    Respond,
    RespondSooner,
    FasterStep,
    TightenDetector,
    AddDetector,
}

impl Kind {
    /// Whether it works through an alarm that somebody answers.
    pub const fn is_an_answer(self) -> bool {
        matches!(
            self,
            Kind::Cooldown
                | Kind::Respond
                | Kind::RespondSooner
                | Kind::FasterStep
                | Kind::TightenDetector
                | Kind::AddDetector
        )
    }

    pub const fn name(self) -> &'static str {
        match self {
            Kind::BindCredential => "bind-credential",
            Kind::LimitAudience => "limit-audience",
            Kind::NarrowGrant => "narrow-grant",
            Kind::LimitRecords => "limit-records",
            Kind::IntersectExchange => "intersect-exchange",
            Kind::TrustFewerKeys => "trust-fewer-keys",
            Kind::RowRule => "row-rule",
            Kind::FewerCredentials => "fewer-credentials",
            Kind::EndUnused => "end-unused",
            Kind::DemandSignature => "demand-signature",
            Kind::RemoveSecret => "remove-secret",
            Kind::CloseUndocumented => "close-undocumented",
            Kind::FlowRule => "flow-rule",
            Kind::RequireApproval => "require-approval",
            Kind::CloseOperation => "close-operation",
            Kind::LimitCalls => "limit-calls",
            Kind::SoftDelete => "soft-delete",
            Kind::KeepApart => "keep-apart",
            Kind::ShortenLifetime => "shorten-lifetime",
            Kind::CascadeRevocation => "cascade-revocation",
            Kind::PushRevocation => "push-revocation",
            Kind::CheckSooner => "check-sooner",
            Kind::FetchKeysSooner => "fetch-keys-sooner",
            Kind::Cooldown => "cooldown",
            Kind::Respond => "respond",
            Kind::RespondSooner => "respond-sooner",
            Kind::FasterStep => "faster-step",
            Kind::TightenDetector => "tighten-detector",
            Kind::AddDetector => "add-detector",
        }
    }
}

/// One change, before it is tried.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub kinds: Vec<Kind>,
    /// What somebody would do, as an order.
    pub told: String,
    pub edit: Edit,
}

impl Candidate {
    fn new(kind: Kind, told: impl Into<String>, edit: Edit) -> Candidate {
        Candidate { kinds: vec![kind], told: told.into(), edit }
    }

    /// Both changes at once; nothing where they contradict each other.
    pub fn and(&self, other: &Candidate) -> Option<Candidate> {
        let (first, second) = if self.kinds <= other.kinds { (self, other) } else { (other, self) };
        Some(Candidate {
            kinds: first.kinds.iter().chain(&second.kinds).copied().collect(),
            told: format!("{}; and {}", first.told, second.told),
            edit: first.edit.clone().and(second.edit.clone())?,
        })
    }
}

/// All of them. Two that change the same are one.
pub fn candidates(facts: &Facts<'_>) -> Vec<Candidate> {
    let mut all: Vec<Candidate> = Vec::new();
    let found = [grants::all(facts), data::all(facts), operations::all(facts), checks::all(facts), defence::all(facts)];
    for candidate in found.into_iter().flatten() {
        if !all.iter().any(|known| known.edit == candidate.edit) {
            all.push(candidate);
        }
    }
    all
}

/// `a`, `a and b`, `a, b and c`.
fn and(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
