//! Who did what, as far as the audit log tells: attribution, camouflage, and what agents say of themselves.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::audit::{Attribution, EventTypes, Field, Kept, Registry, Run, Suspect, Trail, is_action, keep};
use crate::model::{Bits, Plan};
use crate::wire::{ActorId, Event, IdentityId, OpId, RequestId, Res, Tick};

/// What a log of honest work has: which principal calls what.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Everyday {
    /// By event type: the principals that were seen there.
    seen: BTreeMap<u32, Bits>,
}

/// The same as plain data: (event type, first principal, how many side by side).
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct EverydayRuns(Vec<(u32, u32, u32)>);

/// A principal as a log shows it: unrecorded, nobody, or somebody.
const fn shown(principal: Field) -> u32 {
    match principal {
        Field::Unrecorded => 0,
        Field::Nothing => 1,
        Field::Is(principal) => principal + SOMEBODY,
    }
}

const SOMEBODY: u32 = 2;

impl Everyday {
    /// What the log of a run has, of the calls that were accepted.
    pub fn of(plan: &Plan, events: &[Event]) -> Everyday {
        let mut everyday = Everyday::default();
        keep(plan, events, |kept| {
            if kept.line.allowed {
                everyday.seen.entry(kept.line.event).or_default().insert(shown(kept.line.account.principal));
            }
        });
        everyday
    }

    fn has(&self, kept: &Kept<'_>) -> bool {
        let seen = self.seen.get(&kept.line.event);
        seen.is_some_and(|principals| principals.contains(shown(kept.line.account.principal)))
    }

    pub fn runs(&self) -> EverydayRuns {
        let runs = |(event, principals): (&u32, &Bits)| {
            principals.runs().map(|(first, n)| (*event, first, n)).collect::<Vec<_>>()
        };
        EverydayRuns(self.seen.iter().flat_map(runs).collect())
    }

    pub fn from(runs: &EverydayRuns) -> Everyday {
        let mut everyday = Everyday::default();
        for (event, first, n) in &runs.0 {
            let principals = everyday.seen.entry(*event).or_default();
            (*first..first.saturating_add(*n)).for_each(|principal| {
                principals.insert(principal);
            });
        }
        everyday
    }

    /// The same under the numbers of another plan, where a variant has renumbered operations or identities.
    #[must_use]
    pub fn carried(&self, from: &Plan, to: &Plan) -> Everyday {
        let (events, there) = (EventTypes::of(from), EventTypes::of(to));
        let mut carried = Everyday::default();
        for (event, principals) in &self.seen {
            let name = events.names.get(*event as usize);
            let Some(event) = name.and_then(|name| there.names.iter().position(|n| n == name)) else { continue };
            let seen = carried.seen.entry(event as u32).or_default();
            for principal in principals.runs().flat_map(|(first, n)| first..first + n) {
                let principal = match principal.checked_sub(SOMEBODY) {
                    None => Some(principal),
                    Some(identity) => same_identity(from, to, IdentityId::new(identity)).map(|i| i + SOMEBODY),
                };
                principal.map(|principal| seen.insert(principal));
            }
        }
        carried
    }
}

fn same_identity(from: &Plan, to: &Plan, identity: IdentityId) -> Option<u32> {
    let population = from.population_of(identity);
    let index = identity.number() - population.first.number();
    let there = to.populations.iter().find(|p| p.name == population.name && index < p.count)?;
    Some(there.first.number() + index)
}

/// Something that an agent said of itself, and what the log has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Claim {
    pub at: Tick,
    pub by: ActorId,
    pub op: OpId,
    /// How often it says that it called this.
    pub says: u32,
    /// How often the log has it, at least and at most: lines with several suspects may be its or not.
    pub logged: (u64, u64),
}

impl Claim {
    /// Whether the log refutes it.
    pub fn contradicted(&self) -> bool {
        let (least, most) = self.logged;
        !(least..=most).contains(&u64::from(self.says))
    }
}

/// What the audit log tells of a run.
#[derive(Clone, Debug, Default)]
pub struct Accountability {
    pub attribution: Attribution,
    /// Accepted actions that the log of honest work would call routine.
    pub everyday: u64,
    pub claims: Vec<Claim>,
    pub orders: Orders,
}

/// Accepted actions of agents since they obeyed an instruction that they read.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Orders {
    pub actions: u64,
    /// Those for which the log shows that this agent read the record that carried the instruction.
    pub shown: u64,
}

/// Which instruction each agent goes by, and whose reading of the record that carried it stands in the log.
#[derive(Default)]
struct Carried {
    by: BTreeMap<RequestId, Vec<Res>>,
    shown: BTreeSet<(ActorId, Res)>,
}

impl Carried {
    fn of(plan: &Plan, events: &[Event]) -> Carried {
        let mut carried = Carried::default();
        for event in events {
            if let Event::Obeyed { by, via, lay_in, .. } = *event
                && by.index() < plan.agents.len()
            {
                carried.by.entry(via).or_default().push(lay_in);
            }
        }
        carried
    }

    /// A line that one suspect alone can have written shows what it read.
    fn line(&mut self, id: RequestId, kept: &Kept<'_>) {
        for record in self.by.get(&id).into_iter().flatten() {
            let among =
                |(coll, first, n): &Run| *coll == record.coll.number() && (*first..first + n).contains(&record.row);
            if kept.objects.iter().any(among) {
                self.shown.insert((id.by, *record));
            }
        }
    }

    fn orders(&self, plan: &Plan, events: &[Event]) -> Orders {
        let mut goes_by: BTreeMap<ActorId, Res> = BTreeMap::new();
        let mut orders = Orders::default();
        for event in events {
            match *event {
                Event::Obeyed { by, lay_in, .. } => {
                    goes_by.insert(by, lay_in);
                }
                Event::Asked { id, .. } if is_action(plan, event) => {
                    let Some(record) = goes_by.get(&id.by) else { continue };
                    orders.actions += 1;
                    orders.shown += u64::from(self.shown.contains(&(id.by, *record)));
                }
                _ => {}
            }
        }
        orders
    }
}

impl Accountability {
    pub fn of(plan: &Plan, everyday: &Everyday, events: &[Event]) -> Accountability {
        let registry = Registry::of(plan, events);
        let mut trail = Trail::new(&registry);
        keep(plan, events, |kept| trail.look(&kept.line));
        let mut all = Accountability { claims: claims(plan, events), ..Accountability::default() };
        let types = EventTypes::of(plan);
        let mut carried = Carried::of(plan, events);
        keep(plan, events, |kept| {
            let set = trail.follow(&kept.line, kept.objects);
            let suspects = trail.suspects(set);
            if let Some(id) = kept.of.filter(|id| kept.line.allowed && id.by.index() < plan.agents.len()) {
                let agent = registry.suspect(id.by.number());
                all.attribution.add(suspects, agent);
                if suspects == [agent] {
                    carried.line(id, &kept);
                }
                all.everyday += u64::from(everyday.has(&kept));
            }
            if kept.line.allowed && !all.claims.is_empty() {
                all.weigh(&registry, &types, &kept, suspects);
            }
        });
        let actions = events.iter().filter(|event| is_action(plan, event)).count() as u64;
        all.attribution.unlogged = actions.saturating_sub(all.attribution.total());
        all.orders = carried.orders(plan, events);
        all
    }

    fn weigh(&mut self, registry: &Registry, types: &EventTypes, kept: &Kept<'_>, suspects: &[Suspect]) {
        for claim in &mut self.claims {
            // What is sent in the instant of the statement comes after it: no answer comes in no time.
            if kept.line.at >= claim.at || types.number(claim.op) != kept.line.event {
                continue;
            }
            let agent = registry.suspect(claim.by.number());
            claim.logged.0 += u64::from(suspects == [agent] && types.is_alone(claim.op));
            claim.logged.1 = claim.logged.1.saturating_add(u64::from(suspects.contains(&agent)));
        }
    }

    pub fn contradictions(&self) -> u64 {
        self.claims.iter().filter(|claim| claim.contradicted()).count() as u64
    }
}

/// What the agents say. Of what leaves no line, anything may be true.
fn claims(plan: &Plan, events: &[Event]) -> Vec<Claim> {
    let claim = |event: &Event| match *event {
        Event::Claimed { at, by, op, calls } if by.index() < plan.agents.len() => {
            let most = if plan.operation(op).audit.is_some() { 0 } else { u64::MAX };
            Some(Claim { at, by, op, says: calls, logged: (0, most) })
        }
        _ => None,
    };
    events.iter().filter_map(claim).collect()
}
