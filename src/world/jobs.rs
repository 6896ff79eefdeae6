//! Work that was accepted and happens later.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::planted::Mistake;
use crate::wire::{Cargo, CredId, Envelope, JobId, OpId, Purpose, Tick};

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
    /// What they write, where they do.
    cargo: BTreeMap<JobId, Cargo>,
    due: BinaryHeap<Reverse<(Tick, JobId)>>,
    pending: Pending,
}

/// What the agents under test have queued.
#[derive(Clone, Copy, Default, Debug)]
pub struct Pending {
    /// How many effects have not happened.
    pub waiting: usize,
    /// When the last one happened or was cancelled.
    pub last: Tick,
}

impl Jobs {
    /// Nothing was queued yet.
    pub fn reset(&mut self) {
        let Jobs { all, cargo, due, pending } = self;
        all.clear();
        cargo.clear();
        due.clear();
        *pending = Pending::default();
    }

    pub fn add(&mut self, job: Job, fires: Tick) -> JobId {
        let id = JobId::at(self.all.len());
        self.pending.waiting += usize::from(of_an_agent(&job) && !Mistake::QueuedWorkIsForgotten.here());
        self.all.push(job);
        self.due.push(Reverse((fires, id)));
        id
    }

    /// Keeps what a job will write.
    pub fn load(&mut self, job: JobId, cargo: &Cargo) {
        self.cargo.insert(job, cargo.clone());
    }

    /// What a job writes.
    pub fn unload(&mut self, job: JobId) -> Cargo {
        self.cargo.remove(&job).unwrap_or_default()
    }

    pub fn next(&self) -> Option<Tick> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    pub fn pop(&mut self, now: Tick) -> Option<(JobId, Job)> {
        let Reverse((_, id)) = self.due.peek().copied().filter(|Reverse((at, _))| *at <= now)?;
        self.due.pop();
        let job = self.all[id.index()];
        if of_an_agent(&job) {
            self.pending = Pending { waiting: self.pending.waiting - 1, last: now };
        }
        Some((id, job))
    }

    /// Takes the work of some operations out of the queue, in the order in which it would have happened.
    pub fn cancel(&mut self, now: Tick, operations: &[OpId]) -> Vec<(JobId, Job)> {
        let all = &self.all;
        let meant = |id: &JobId| operations.contains(&all[id.index()].op);
        let mut due = std::mem::take(&mut self.due).into_sorted_vec();
        due.reverse();
        let (cancelled, left): (Vec<_>, Vec<_>) = due.into_iter().partition(|Reverse((_, id))| meant(id));
        self.due = left.into();
        let cancelled: Vec<(JobId, Job)> =
            cancelled.into_iter().map(|Reverse((_, id))| (id, self.all[id.index()])).collect();
        let ours = cancelled.iter().filter(|(_, job)| of_an_agent(job)).count();
        if ours > 0 {
            self.pending = Pending { waiting: self.pending.waiting - ours, last: now };
        }
        cancelled
    }

    pub fn pending(&self) -> Pending {
        self.pending
    }
}

fn of_an_agent(job: &Job) -> bool {
    job.envelope.request.from.purpose == Purpose::Agent
}
