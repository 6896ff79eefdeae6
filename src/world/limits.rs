//! Preventive limits: rates, quotas, budgets. Windows are fixed and start with the run.
//!
//! A limit that begins a new window within the run delays; one that does not can be *exhausted*, and then its door is
//! shut for good. Calls and costs are counted when a request is accepted, records when they are touched.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::control::{Counts, KeyKind, Limit};
use crate::model::service::Act;
use crate::model::{Bits, Plan};
use crate::planted::Mistake;
use crate::wire::{Conversation, CredId, IdentityId, Key, LimitId, OpId, Span, Tick};

/// What has been used of every limit.
pub struct Limits {
    plan: Arc<Plan>,
    /// Which limits watch each operation.
    on: Vec<Vec<LimitId>>,
    /// The operations that any limit watches.
    watched: Bits,
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
    /// When it readmits. Nothing where it does not before the run is over: it is exhausted.
    pub again: Option<Tick>,
}

/// Who is counted.
#[derive(Clone, Copy)]
pub struct Counted {
    pub cred: Option<CredId>,
    pub principal: Option<IdentityId>,
    pub owner: Option<IdentityId>,
    pub conversation: Option<Conversation>,
}

impl Counted {
    /// The key that this request counts under, unless the one who counts cannot tell.
    pub fn key(&self, kind: KeyKind) -> Option<Key> {
        match kind {
            _ if Mistake::LimitsCountTogether.here() => Some(Key::Global),
            KeyKind::Credential => self.cred.map(Key::Credential),
            KeyKind::Principal => self.principal.map(Key::Principal),
            KeyKind::Owner => self.owner.map(Key::Owner),
            KeyKind::Conversation => self.conversation.map(Key::Conversation),
            KeyKind::Global => Some(Key::Global),
        }
    }
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// An accepted request, with what it costs.
    Call,
    /// So many records, touched.
    Records(u32),
}

impl Limits {
    pub fn new(plan: Arc<Plan>) -> Limits {
        let mut on = vec![Vec::new(); plan.operations.len()];
        let mut watched = Bits::default();
        for (at, limit) in plan.controls.limits.iter().enumerate() {
            for op in &limit.on {
                on[op.index()].push(LimitId::at(at));
                watched.insert(op.number());
            }
        }
        let armed = plan.controls.limits.iter().map(|l| l.armed).collect();
        Limits { plan, on, watched, armed, used: BTreeMap::new() }
    }

    /// Nothing was used yet.
    pub fn reset(&mut self) {
        let Limits { plan, on: _, watched: _, armed, used } = self;
        armed.clear();
        armed.extend(plan.controls.limits.iter().map(|l| l.armed));
        used.clear();
    }

    pub fn arm(&mut self, limit: LimitId) {
        self.armed[limit.index()] = !Mistake::ThrottleArmsNothing.here();
    }

    /// Whether any limit counts calls of `op`.
    #[inline]
    pub fn watch(&self, op: OpId) -> bool {
        self.watched.contains(op.number())
    }

    fn spec(&self, limit: LimitId) -> &Limit {
        &self.plan.controls.limits[limit.index()]
    }

    fn watching(&self, op: OpId) -> impl Iterator<Item = LimitId> + '_ {
        self.on[op.index()].iter().copied().filter(|l| self.armed[l.index()])
    }

    /// What is left of a limit for whoever is counted; nothing where the limit cannot tell who asks, and lets pass.
    fn left(&self, now: Tick, limit: LimitId, counted: Counted) -> Option<u64> {
        let spec = self.spec(limit);
        // What is closed is closed to whoever comes.
        if spec.at_most == 0 && !Mistake::NobodyIsLetPast.here() {
            return Some(0);
        }
        let used = self.used.get(&(limit, counted.key(spec.key)?)).copied().unwrap_or_default();
        let amount = if used.window == window(now, spec.per) { used.amount } else { 0 };
        Some(spec.at_most.saturating_sub(amount))
    }

    /// What a call of `op` takes from a limit, if it touches `records`.
    fn wants(&self, limit: LimitId, op: OpId, records: u32) -> u64 {
        match self.spec(limit).counts {
            Counts::Requests => 1,
            Counts::Records => u64::from(records),
            Counts::Cost => self.plan.operation(op).cost,
        }
    }

    /// The limit that refuses a call of `op` at `now` that touches at least `records`: of several, the one that readmits
    /// last.
    pub fn refuses(&self, now: Tick, op: OpId, counted: Counted, records: u32) -> Option<Refused> {
        let refusing = self.watching(op).filter_map(|limit| {
            let wants = self.wants(limit, op, records);
            (wants > self.left(now, limit, counted)? + Mistake::LimitAdmitsOneMore.slip())
                .then(|| self.refused(now, limit, wants))
        });
        strictest(refusing)
    }

    /// The limit on records that refuses to let `op` touch so many.
    pub fn refuses_records(&self, now: Tick, op: OpId, counted: Counted, records: u32) -> Option<Refused> {
        let refusing = self.watching(op).filter(|l| self.spec(*l).counts == Counts::Records).filter_map(|limit| {
            let wants = u64::from(records);
            (wants > self.left(now, limit, counted)?).then(|| self.refused(now, limit, wants))
        });
        strictest(refusing)
    }

    fn refused(&self, now: Tick, limit: LimitId, wants: u64) -> Refused {
        let spec = self.spec(limit);
        Refused { limit, status: spec.status, again: self.again(now, spec, wants) }
    }

    /// How many records `op` may still touch.
    pub fn records_left(&self, now: Tick, op: OpId, counted: Counted) -> u32 {
        let counting = self.watching(op).filter(|l| self.spec(*l).counts == Counts::Records);
        let left = counting.filter_map(|limit| self.left(now, limit, counted)).min();
        left.map_or(u32::MAX, |left| u32::try_from(left).unwrap_or(u32::MAX))
    }

    /// When so much fits again. A limit whose window outlives the run never readmits, and neither does one in which it
    /// would not fit at all.
    fn again(&self, now: Tick, spec: &Limit, wants: u64) -> Option<Tick> {
        let horizon = self.plan.time.horizon.unwrap_or(Tick::NEVER);
        let readmits =
            |per: &Span| wants <= spec.at_most && per.0 < horizon.0 || Mistake::ExhaustedLimitsReadmit.here();
        let per = spec.per.filter(readmits)?;
        Some(Tick((window(now, Some(per)) + 1) * per.0))
    }

    /// Counts a use. Returns the keys under which a limit was exhausted by it: what fitted before fits no more.
    pub fn count(&mut self, now: Tick, op: OpId, counted: Counted, what: Use) -> Vec<Key> {
        let mut exhausted = Vec::new();
        for at in 0..self.on[op.index()].len() {
            let limit = self.on[op.index()][at];
            let spec = self.spec(limit);
            let amount = match (spec.counts, what) {
                (Counts::Requests, Use::Call) => 1,
                (Counts::Cost, Use::Call) if Mistake::CostIsNotCounted.here() => 1,
                (Counts::Cost, Use::Call) => self.plan.operation(op).cost,
                (Counts::Records, Use::Records(n)) => u64::from(n),
                _ => continue,
            };
            let (Some(key), true) = (counted.key(spec.key), self.armed[limit.index()]) else { continue };
            let (Some(before), per) = (self.left(now, limit, counted), spec.per) else { continue };
            let used = self.used.entry((limit, key)).or_default();
            if used.window != window(now, per) {
                *used = Used { window: window(now, per), amount: 0 };
            }
            used.amount += amount;
            let after = before.saturating_sub(amount);
            if self.shuts(now, limit, before, after) && !Mistake::ExhaustionUnnoticed.here() {
                exhausted.push(key);
            }
        }
        exhausted
    }

    /// Whether some call fitted into what was left before, and may not fit into what is left after, for good. How many
    /// records an operation on a whole collection touches is not known here.
    fn shuts(&self, now: Tick, limit: LimitId, before: u64, after: u64) -> bool {
        let spec = self.spec(limit);
        spec.on.iter().any(|op| {
            let wants = self.wants(limit, *op, 1);
            let whole = spec.counts == Counts::Records && self.plan.operation(*op).act == Act::All;
            let shut = wants <= before && wants > after || whole && after < before;
            shut && self.again(now, spec, wants).is_none()
        })
    }
}

/// The one that readmits last, or never; the first of several such.
fn strictest(mut refusing: impl Iterator<Item = Refused>) -> Option<Refused> {
    if Mistake::FirstLimitDecides.here() {
        return refusing.next();
    }
    let until = |refused: &Refused| refused.again.unwrap_or(Tick::NEVER);
    refusing.reduce(|strictest, other| if until(&other) > until(&strictest) { other } else { strictest })
}

fn window(now: Tick, per: Option<Span>) -> u64 {
    per.map_or(0, |per| now.0.saturating_sub(Mistake::LimitWindowStartsLate.slip()) / per.0.max(1))
}
