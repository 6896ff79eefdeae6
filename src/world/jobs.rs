//! Work that was accepted and happens later.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::wire::{CredId, Envelope, JobId, OpId, Tick};

/// A queued effect.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub op: OpId,
    pub cred: Option<CredId>,
    pub envelope: Envelope,
}

/// Queued effects in the order in which they fire; ties in the order in which they were queued.
#[derive(Default)]
pub struct Jobs {
    all: Vec<Job>,
    due: BinaryHeap<Reverse<(Tick, JobId)>>,
}

impl Jobs {
    pub fn add(&mut self, job: Job, fires: Tick) -> JobId {
        let id = JobId::at(self.all.len());
        self.all.push(job);
        self.due.push(Reverse((fires, id)));
        id
    }

    pub fn next(&self) -> Option<Tick> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    pub fn pop(&mut self, now: Tick) -> Option<(JobId, Job)> {
        let Reverse((_, id)) = self.due.peek().copied().filter(|Reverse((at, _))| *at <= now)?;
        self.due.pop();
        Some((id, self.all[id.index()]))
    }

    /// How many effects have not fired.
    pub fn waiting(&self) -> usize {
        self.due.len()
    }
}
