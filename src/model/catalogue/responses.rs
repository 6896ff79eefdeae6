//! Kinds of actions and of preventive limits.

use crate::model::control::Action;

/// A kind of action in a runbook.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ActionKind {
    Revoke,
    Disable,
    Rotate,
    Bind,
    Block,
    SetRule,
    Close,
    Throttle,
    Require,
    Cancel,
    Delete,
}

/// A kind of action, with what it does and what it leaves.
#[derive(Clone, Copy, Debug)]
pub struct Remedy {
    pub kind: ActionKind,
    /// The key of the scenario that it is written under.
    pub key: &'static str,
    /// How it is written, with the names of the tests' scenario.
    pub example: &'static str,
    pub does: &'static str,
    pub leaves: &'static str,
}

/// Every kind of action, in the order of [`ActionKind`].
pub const REMEDIES: [Remedy; 11] = [
    Remedy {
        kind: ActionKind::Revoke,
        key: "revoke",
        example: "{revoke: alarmed, first: 1s, every: 100ms}",
        does: "Ends credentials (RFC 7009). What was minted from them ends with them where their layer says so \
               (docs/reference/containment.md) or the scenario does (`cascade`).",
        leaves: "Each service goes on until it notices: its cache, the `exp` of a signed token, the delay of a push. Who \
                 holds a credential above the revoked one gets a new one.",
    },
    Remedy {
        kind: ActionKind::Disable,
        key: "disable",
        example: "{disable: bot}",
        does: "Ends all that an identity holds, and all that it would be issued from now on.",
        leaves: "Credentials of other identities that were found with it, and signed tokens until `exp`. The honest work of \
                 the identity stops too: collateral.",
    },
    Remedy {
        kind: ActionKind::Rotate,
        key: "rotate",
        example: "{rotate: every key, hand_over: 5s, grace: 1h}",
        does: "Issues successors and ends the old secrets, after `grace` if there is one. Records that held the old secret \
               now show the new one; owners get it after `hand_over`.",
        leaves: "Whoever can still read the record in which the secret lies reads the new one. Tokens that were minted with \
                 the old secret live on.",
    },
    Remedy {
        kind: ActionKind::Bind,
        key: "bind",
        example: "{bind: exposed, to: office}",
        does: "Credentials work from one network only, from now on.",
        leaves: "A thief on that network. Services that do not look at where a request comes from.",
    },
    Remedy {
        kind: ActionKind::Block,
        key: "block",
        example: "{block: descendants, at: [api]}",
        does: "Credentials are refused at services (`at`; all where it says none), at once and whatever the provider says.",
        leaves: "The credentials are good everywhere else, and mint new ones there.",
    },
    Remedy {
        kind: ActionKind::SetRule,
        key: "set_rule",
        example: "{set_rule: owner, on: [api.list]}",
        does: "Changes who may touch which records on operations (`on`): rows of the owner, of the tenant, or no rule.",
        leaves: "Secrets that were read before go on working.",
    },
    Remedy {
        kind: ActionKind::Close,
        key: "close",
        example: "{close: [api.drop]}",
        does: "Closes operations for everybody.",
        leaves: "Other ways to the same records. Honest callers are refused too: collateral.",
    },
    Remedy {
        kind: ActionKind::Throttle,
        key: "throttle",
        example: "{throttle: slow}",
        does: "Puts on a limit of `controls` that was not armed.",
        leaves: "As much as the limit lets through, in each window anew.",
    },
    Remedy {
        kind: ActionKind::Require,
        key: "require",
        example: "{require: agreed}",
        does: "From now on an approval of `controls` is asked for.",
        leaves: "All that a tired person says yes to.",
    },
    Remedy {
        kind: ActionKind::Cancel,
        key: "cancel",
        example: "{cancel: [api.drop]}",
        does: "Drops the work of operations that waits in their queue: the export that was ordered before the revocation.",
        leaves: "What is done already, and what is queued afterwards.",
    },
    Remedy {
        kind: ActionKind::Delete,
        key: "delete",
        example: "{delete: things-1}",
        does: "Deletes records by name, or those in which a search finds the text of an instruction when the step begins.",
        leaves: "Copies that are written after the search, and agents that have read the text already.",
    },
];

/// A kind of preventive control.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PreventionKind {
    AtMost,
    AfterReading,
    Approval,
}

/// A kind of preventive control, with what it prevents and what it lets through.
#[derive(Clone, Copy, Debug)]
pub struct Prevention {
    pub kind: PreventionKind,
    /// The key of the scenario that it is written under.
    pub key: &'static str,
    /// How it is written, with the names of the tests' scenario.
    pub example: &'static str,
    pub prevents: &'static str,
    pub lets_through: &'static str,
}

/// Every kind of preventive control, in the order of [`PreventionKind`].
pub const PREVENTIONS: [Prevention; 3] = [
    Prevention {
        kind: PreventionKind::AtMost,
        key: "at_most",
        example: "{on: [api.drop], at_most: 1 per 1s, by: credential, denies: 429}",
        prevents: "More than so many requests, records, or so much cost, in all or in each window, for everybody or for each \
                   caller (`by`). `0` closes the operations.",
        lets_through: "What is within the limit, and what one does with it: one request is enough to delete a volume.",
    },
    Prevention {
        kind: PreventionKind::AfterReading,
        key: "after_reading",
        example: "{on: [api.drop], after_reading: [things], by: principal}",
        prevents: "Calls by which data may go out, of whoever has read from some collections.",
        lets_through: "Data that one identity reads and another sends, and channels that `on` does not name.",
    },
    Prevention {
        kind: PreventionKind::Approval,
        key: "approval",
        example: "{on: [api.drop], approval: {by: people, says_yes: 90%, takes: {median: 4min, p95: 20min}}}",
        prevents: "Calls to which nobody has said yes.",
        lets_through: "As much as people say yes to: `says_yes` is how likely that is, each time anew. An answer about the \
                       plan (`each: plan`) is given once.",
    },
];

impl ActionKind {
    pub const fn page(self) -> &'static Remedy {
        &REMEDIES[self as usize]
    }

    pub const fn key(self) -> &'static str {
        self.page().key
    }

    /// Whether it is about credentials.
    pub const fn ends_credentials(self) -> bool {
        use ActionKind::{Bind, Block, Disable, Revoke, Rotate};
        matches!(self, Revoke | Disable | Rotate | Bind | Block)
    }
}

impl Action {
    pub const fn kind(&self) -> ActionKind {
        match self {
            Action::Revoke => ActionKind::Revoke,
            Action::Disable => ActionKind::Disable,
            Action::Rotate { .. } => ActionKind::Rotate,
            Action::Bind { .. } => ActionKind::Bind,
            Action::Block { .. } => ActionKind::Block,
            Action::SetRule { .. } => ActionKind::SetRule,
            Action::Close { .. } => ActionKind::Close,
            Action::Throttle { .. } => ActionKind::Throttle,
            Action::Require { .. } => ActionKind::Require,
            Action::Cancel { .. } => ActionKind::Cancel,
            Action::Delete { .. } => ActionKind::Delete,
        }
    }
}
