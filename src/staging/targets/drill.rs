//! The containment of a targets file.

use super::{CredentialIx, Request, ServiceIx};
use crate::wire::Span;

/// The containment, and how it is watched. Without steps there is nothing to drill.
#[derive(Clone, Debug)]
pub struct DrillPlan {
    pub steps: Vec<Step>,
    pub restore: Vec<Step>,
    pub cadence: Span,
    pub phases: usize,
    pub over: Span,
    pub sparse: Option<Span>,
    pub steady: Span,
    pub settle: Span,
    pub deadline: Span,
    pub patience: Span,
    pub promised: Option<Span>,
    pub may_remint: bool,
    pub remint: Vec<Remint>,
}

/// A way to get a credential again.
#[derive(Clone, Debug)]
pub struct Remint {
    pub name: String,
    pub request: Request,
    pub take: String,
    /// Presented like this one, and probed where this one was accepted.
    pub like: CredentialIx,
}

/// One action of the runbook.
#[derive(Clone, Debug)]
pub struct Step {
    pub name: String,
    pub act: Act,
    pub covers: Vec<CredentialIx>,
    pub at: Vec<ServiceIx>,
}

#[derive(Clone, Debug)]
pub enum Act {
    Http(Box<Request>),
    Command { program: Vec<String>, with: Option<CredentialIx> },
    Pause(String),
    WaitForAlarm { at_most: Span },
}
