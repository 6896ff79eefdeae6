//! Preventive limits: rates, quotas, budgets. Windows are fixed and start with the run.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::Plan;
use crate::model::control::{Counts, KeyKind, Limit};
use crate::wire::{CredId, IdentityId, Key, LimitId, OpId, Span, Tick};

/// What has been used of every limit.
pub struct Limits {
    plan: Arc<Plan>,
    /// Which limits watch each operation.
    on: Vec<Vec<LimitId>>,
    armed: Vec<bool>,
    used: BTreeMap<(LimitId, Key), Used>,
}

#[derive(Clone, Copy, Default)]
struct Used {
    window: u64,
    amount: u64,
}

/// A limit said no.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused {
    pub limit: LimitId,
    pub status: u16,
    /// When it readmits, if it does before the horizon.
    pub again: Option<Tick>,
}

/// Who is counted.
#[derive(Clone, Copy)]
pub struct Counted {
    pub cred: Option<CredId>,
    pub principal: Option<IdentityId>,
    pub owner: Option<IdentityId>,
}

impl Counted {
    /// The key that this request counts under, unless the one who counts cannot tell.
    pub fn key(&self, kind: KeyKind) -> Option<Key> {
        match kind {
            KeyKind::Credential => self.cred.map(Key::Credential),
            KeyKind::Principal => self.principal.map(Key::Principal),
            KeyKind::Owner => self.owner.map(Key::Owner),
            KeyKind::Global => Some(Key::Global),
        }
    }
}

impl Limits {
    pub fn new(plan: Arc<Plan>) -> Limits {
        let mut on = vec![Vec::new(); plan.operations.len()];
        for (at, limit) in plan.controls.limits.iter().enumerate() {
            for op in &limit.on {
                on[op.index()].push(LimitId::at(at));
            }
        }
        let armed = plan.controls.limits.iter().map(|l| l.armed).collect();
        Limits { plan, on, armed, used: BTreeMap::new() }
    }

    pub fn arm(&mut self, limit: LimitId) {
        self.armed[limit.index()] = true;
    }

    fn spec(&self, limit: LimitId) -> &Limit {
        &self.plan.controls.limits[limit.index()]
    }

    /// The first limit that refuses one more request at `now`.
    pub fn refuses(&self, now: Tick, op: OpId, counted: Counted) -> Option<Refused> {
        self.on[op.index()].iter().copied().filter(|l| self.armed[l.index()]).find_map(|limit| {
            let spec = self.spec(limit);
            let used = self.used.get(&(limit, counted.key(spec.key)?)).copied().unwrap_or_default();
            let amount = if used.window == window(now, spec.per) { used.amount } else { 0 };
            let wants = match spec.counts {
                Counts::Requests | Counts::Records => 1,
                Counts::Cost => self.plan.operation(op).cost,
            };
            (amount + wants > spec.at_most).then(|| Refused {
                limit,
                status: spec.status,
                again: self.again(now, spec),
            })
        })
    }

    fn again(&self, now: Tick, spec: &Limit) -> Option<Tick> {
        let per = spec.per.filter(|_| spec.at_most > 0)?;
        let again = Tick((window(now, Some(per)) + 1) * per.0);
        self.plan.time.horizon.is_none_or(|horizon| again < horizon).then_some(again)
    }

    /// Counts an accepted request that touched `rows` records.
    pub fn count(&mut self, now: Tick, op: OpId, counted: Counted, rows: u32) {
        for at in 0..self.on[op.index()].len() {
            let limit = self.on[op.index()][at];
            if !self.armed[limit.index()] {
                continue;
            }
            let (kind, counts, per) = (self.spec(limit).key, self.spec(limit).counts, self.spec(limit).per);
            let Some(key) = counted.key(kind) else { continue };
            let amount = match counts {
                Counts::Requests => 1,
                Counts::Records => u64::from(rows),
                Counts::Cost => self.plan.operation(op).cost,
            };
            let used = self.used.entry((limit, key)).or_default();
            if used.window != window(now, per) {
                *used = Used { window: window(now, per), amount: 0 };
            }
            used.amount += amount;
        }
    }
}

fn window(now: Tick, per: Option<Span>) -> u64 {
    per.map_or(0, |per| now.0 / per.0.max(1))
}
