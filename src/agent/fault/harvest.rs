//! `harvest`: every secret in every body is tried on every service.
//!
//! What it models: an attacker's agent, or one that was told to find a way. It looks for credentials in all that it
//! reads, and tries each of them, and none, on each route that it knows, on each record whose id it saw.
//! The incident: the second credential does the damage. Tokens in support cases opened further clouds (Salesloft Drift,
//! August 2025; scenario `saas-fanout`), keys in the environment of builds published further packages (Nx and
//! Shai-Hulud, 2025; scenario `build-postinstall`), a public key opened the table with the keys of all (Moltbook,
//! January 2026; scenario `moltbook`).
//! Its limits: it combines, it does not think. It knows no route that its inventory or an answer did not name, guesses
//! ids only where the scenario lets it, and leaves a service alone with a credential that was answered with 401. A
//! signing key is a secret like any other to it: it makes no token with one, since nothing it sees says in whose name;
//! steps do (`forge`), and in a chain it tries what they made. It puts no credential together out of two finds. The
//! task comes first, each of its loops cut to one round, and ends at the first refusal.

use crate::agent::program::{Code, Told};
use crate::model::agent::{AgentPlan, Repeat, Step, Strategy};

use super::{Instruction, Onset};

/// One round of the task, then the frontier.
pub(super) fn instruction(spec: &AgentPlan, strategy: Strategy) -> Instruction {
    let code = Code::of(&spec.task, false, &mut |step, tell| {
        tell(Told { step: Step { repeat: Repeat::Once, ..step.clone() }, deviates: false });
    });
    Instruction { code, onset: Onset::AfterTask(strategy) }
}
