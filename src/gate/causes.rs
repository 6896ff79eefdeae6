//! What made a broken limit possible, as lines of the scenario: the doors that stayed open, the credentials that
//! survived, the operations through which the harm came.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::measure::{Lag, Measures, counted};
use crate::model::Plan;
use crate::planted::Mistake;
use crate::report::hop_line;
use crate::scenario::Document;
use crate::wire::{CredId, Event, FamilyId, OpId, ServiceId, Span, Verdict};

/// A setting that made something possible.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cause {
    /// `services.prod.accepts`.
    pub path: String,
    /// Where it is written, from 1.
    pub line: usize,
    pub told: String,
}

/// One hop of the way that the agent took.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hop {
    /// In microseconds of the run.
    pub at: u64,
    pub told: String,
    /// Where the operation is written, from 1.
    pub line: usize,
}

/// So many causes are named, the worst first.
const MOST: usize = 8;
/// So many hops are kept.
const MOST_HOPS: usize = 100;

/// Where a part of the scenario is written.
struct Places<'a> {
    document: &'a Document,
    variant: Option<&'a str>,
}

impl Places<'_> {
    fn cause(&self, path: &[&str], told: String) -> Cause {
        let (led, line) = self.document.led_to(self.variant, path).unwrap_or_default();
        let line = line.filter(|_| !Mistake::CauseWithoutItsLine.here()).unwrap_or(1);
        // What is not written cannot be found on the line.
        Cause { path: path[..led.max(1)].join("."), line, told }
    }
}

/// The settings that made it possible: doors that shut late, the worst first; surviving credentials; doors that nobody
/// acted on; operations, by the harm that came through them.
pub fn causes(
    document: &Document,
    variant: Option<&str>,
    plan: &Plan,
    measures: &Measures,
    events: &[Event],
) -> Vec<Cause> {
    let places = Places { document, variant };
    let families = Families::of(plan, events);
    let (late, untouched) = late_doors(&places, plan, measures);
    let mut causes = late;
    causes.extend(survivors(&places, plan, measures, &families));
    causes.extend(untouched);
    causes.extend(harmful(&places, plan, measures, &families));
    causes.truncate(MOST);
    causes
}

/// Which credentials opened what for the agents, by family.
struct Families {
    issued: BTreeMap<CredId, FamilyId>,
    opened: BTreeMap<OpId, BTreeSet<FamilyId>>,
}

impl Families {
    fn of(plan: &Plan, events: &[Event]) -> Families {
        let mut families = Families { issued: BTreeMap::new(), opened: BTreeMap::new() };
        for event in events {
            match *event {
                Event::Minted { cred, family, .. } => _ = families.issued.insert(cred, family),
                Event::Asked { id, op: Some(op), cred: Some(cred), verdict: Verdict::Accepted, .. }
                    if id.by.index() < plan.agents.len() =>
                {
                    let family = families.family(plan, cred);
                    families.opened.entry(op).or_default().extend(family);
                }
                _ => {}
            }
        }
        families
    }

    /// The family of a credential. One that a rotation made is of nobody's here.
    fn family(&self, plan: &Plan, cred: CredId) -> Option<FamilyId> {
        let of_the_start = (cred.number() < plan.credentials()).then(|| plan.origin_of(cred).0);
        of_the_start.or_else(|| self.issued.get(&cred).copied())
    }
}

/// How late a service shut, the worst over all credentials.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Late {
    /// Never, and nobody said that it would.
    Untouched,
    After(Span),
    /// Never, though it was declared shut.
    Never,
}

/// Services that shut late for what was declared, and those that nobody acted on.
fn late_doors(places: &Places<'_>, plan: &Plan, measures: &Measures) -> (Vec<Cause>, Vec<Cause>) {
    let mut worst: BTreeMap<ServiceId, Late> = BTreeMap::new();
    for door in &measures.doors {
        let late = match door.lag() {
            Lag::After(span) => Late::After(span),
            Lag::NeverClosed if door.declared.is_some() => Late::Never,
            Lag::NeverClosed => Late::Untouched,
            Lag::Early | Lag::NoneDeclared => continue,
        };
        worst.entry(door.service).and_modify(|so_far| *so_far = late.max(*so_far)).or_insert(late);
    }
    let mut worst: Vec<(ServiceId, Late)> = worst.into_iter().collect();
    worst.sort_by(|(_, one), (_, other)| other.cmp(one));
    let cause = |(service, late): (ServiceId, Late)| {
        let service = plan.service(service);
        let until = match late {
            Late::After(span) => format!("for {span} after it was declared shut"),
            Late::Never => "to the end of the run, though it was declared shut".to_owned(),
            Late::Untouched => "to the end of the run".to_owned(),
        };
        let told = format!("`{}` went on accepting {until} ({})", service.name, service.validation.name());
        places.cause(&["services", &service.name, "accepts"], told)
    };
    let (untouched, late): (Vec<_>, Vec<_>) = worst.into_iter().partition(|(_, late)| *late == Late::Untouched);
    (late.into_iter().map(cause).collect(), untouched.into_iter().map(cause).collect())
}

fn survivors(places: &Places<'_>, plan: &Plan, measures: &Measures, families: &Families) -> Vec<Cause> {
    let mut surviving: BTreeMap<FamilyId, u64> = BTreeMap::new();
    for family in measures.leftover.survivors.keys().filter_map(|cred| families.family(plan, *cred)) {
        *surviving.entry(family).or_default() += 1;
    }
    let cause = |(family, n): (FamilyId, u64)| {
        let name = &plan.family(family).name;
        let survive = if n == 1 { "survives" } else { "survive" };
        let told = format!("{} of `{name}` {survive}", counted(n, "credential"));
        places.cause(&["credentials", name, "cascade"], told)
    };
    surviving.into_iter().map(cause).collect()
}

fn harmful(places: &Places<'_>, plan: &Plan, measures: &Measures, families: &Families) -> Vec<Cause> {
    let mut worst: Vec<(OpId, u64)> = measures.reach.excess_by_operation.iter().map(|(op, n)| (*op, *n)).collect();
    worst.sort_by(|(_, one), (_, other)| other.cmp(one));
    let mut causes = Vec::new();
    for (op, n) in worst {
        let spec = plan.operation(op);
        let service = plan.service(spec.service);
        let name = plan.operation_name(op);
        let told = format!("{} beyond the task through {name}", counted(n, "resource"));
        causes.push(places.cause(&["services", &service.name, "operations", &spec.name], told));
        for family in families.opened.get(&op).into_iter().flatten() {
            let family = &plan.family(*family).name;
            causes.push(places.cause(&["credentials", family, "scopes"], format!("`{family}` opens {name}")));
        }
    }
    let mut known = BTreeSet::new();
    causes.retain(|cause| known.insert(cause.path.clone()));
    causes
}

/// The way from credential to credential.
pub fn hops(document: &Document, variant: Option<&str>, plan: &Plan, measures: &Measures) -> Vec<Hop> {
    let hop = |hop: &crate::measure::Hop| {
        let spec = plan.operation(hop.op);
        let path = ["services", &plan.service(spec.service).name, "operations", &spec.name];
        let line = document.line_of(variant, &path).unwrap_or(1);
        Hop { at: hop.at.0, told: hop_line(plan, &measures.closure, hop), line }
    };
    measures.closure.chain().iter().take(MOST_HOPS).map(hop).collect()
}
