//! The containment of a targets file.

use super::{CredentialIx, Request, ServiceIx, Targets};
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

impl DrillPlan {
    /// How often a fresh credential is shown.
    pub fn every(&self, instance: usize) -> Span {
        self.sparse.filter(|_| instance + 1 == self.phases).unwrap_or(self.cadence)
    }
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

impl Step {
    /// The drilled credential that it is about: then it is done once for each fresh one.
    pub fn drilled(&self, targets: &Targets) -> Option<CredentialIx> {
        let Act::Http(request) = &self.act else { return None };
        targets.drilled.iter().copied().find(|ix| request.concerns(*ix))
    }

    /// Each time that it is done: once, or for each fresh credential.
    pub fn turns(&self, targets: &Targets) -> impl Iterator<Item = Option<usize>> {
        let several = self.drilled(targets).map(|_| targets.drill.phases).filter(|phases| *phases > 1);
        (0..several.unwrap_or(1)).map(move |instance| several.map(|_| instance))
    }
}

#[derive(Clone, Debug)]
pub enum Act {
    Http(Box<Request>),
    Command { program: Vec<String>, with: Option<CredentialIx> },
    Pause(String),
    WaitForAlarm { at_most: Span },
}
