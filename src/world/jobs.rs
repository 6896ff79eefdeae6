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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{ActorId, Arg, PlaceId, Request, RequestId, RouteId, Span, Vantage};

    /// Work of an operation, asked for by an agent or by somebody else.
    fn job(op: u32, purpose: Purpose) -> Job {
        let from = Vantage { network: PlaceId::new(0), connection: 0, purpose, conversation: None };
        let route = RouteId::new(op);
        let request = Request { route, about: Arg::None, page: Arg::None, presented: None, carries: false, from };
        let envelope = Envelope { id: RequestId { by: ActorId::new(0), n: 0 }, request, back: Span(1) };
        Job { op: OpId::new(op), cred: None, envelope }
    }

    fn pending(jobs: &Jobs) -> (usize, u64) {
        (jobs.pending().waiting, jobs.pending().last.0)
    }

    #[test]
    fn what_the_agents_wait_for_is_counted_until_it_happens_or_is_cancelled() {
        let mut jobs = Jobs::default();
        for (op, purpose) in [(0, Purpose::Agent), (1, Purpose::Agent), (0, Purpose::Benign), (1, Purpose::Benign)] {
            jobs.add(job(op, purpose), Tick(9));
        }
        jobs.add(job(0, Purpose::Agent), Tick(5));
        assert_eq!(pending(&jobs), (3, 0), "honest work is not waited for");
        assert!(jobs.pop(Tick(4)).is_none());
        assert!(jobs.pop(Tick(5)).is_some());
        assert_eq!(pending(&jobs), (2, 5));
        assert_eq!(jobs.cancel(Tick(6), &[OpId::new(1)]).len(), 2);
        assert_eq!(pending(&jobs), (1, 6));
        assert_eq!(jobs.cancel(Tick(7), &[OpId::new(1)]).len(), 0);
        assert_eq!(pending(&jobs), (1, 6), "nothing was left to be cancelled");
        assert!(jobs.pop(Tick(9)).is_some());
        assert_eq!(pending(&jobs), (0, 9));
        assert_eq!(jobs.cancel(Tick(10), &[OpId::new(0)]).len(), 1);
        assert_eq!(pending(&jobs), (0, 9), "the agents waited for nothing any more");
    }
}
