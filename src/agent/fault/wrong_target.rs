//! `wrong-target`: the task, with one target taken for another.
//!
//! What it models: a base URL, an environment or a name that resolves to something else than the author meant. The
//! calls are the right ones, in the right order, to the wrong place.
//! The incident: a client that was to refresh a sandbox lost the prefix of its path on a redirect and wrote to an old
//! version of the API that was live and undocumented (scenario `wrong-endpoint`); a coding agent took the production
//! volume for the one of staging (PocketOS, April 2026; scenario `volume-delete`).
//! Its limits: one route is taken for one other, from the start. The records that the calls are about stay the same, as
//! they do when only the host is wrong.

use crate::agent::program::{Code, Told};
use crate::model::agent::{AgentPlan, Step};
use crate::wire::RouteId;

use super::{Instruction, Onset};

/// The task with every call of `instead_of` sent to `calls`.
pub(super) fn instruction(spec: &AgentPlan, instead_of: RouteId, calls: RouteId) -> Instruction {
    let code = Code::of(&spec.task, false, &mut |step, tell| {
        if step.route == instead_of {
            tell(Told { step: Step { route: calls, ..step.clone() }, deviates: true });
        } else {
            tell(Told::as_is(step));
        }
    });
    Instruction { code, onset: Onset::AtDeviation }
}
