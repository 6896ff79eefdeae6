//! Every small world against a search that knows nothing of the engine.
//!
//! The oracle goes through sequences of actions, breadth first, over explicit states. It is written from the
//! definitions alone: it shares no line with `analysis` or `world`.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use rayon::prelude::*;

use crate::support::document;
use runaway::analysis::{Ground, Relaxed};
use runaway::model::Access;
use runaway::model::identity::Ids;
use runaway::model::service::{Act, Answer, Denial, ObjectRule, Validation};
use runaway::model::{Baseline, Column, Draws, Index, Pairs, Plan, Stream};
use runaway::plane::driver::Stop;
use runaway::run::{Behaviour, Kept, simulate};
use runaway::scenario::Overrides;
use runaway::wire::{CollId, Effect, Event, FamilyId, OpId, Span};

/// How many identities, operations, credentials, collections, and records in each collection.
const N: usize = 3;

/// A small world by its definition.
#[derive(Clone, Debug)]
struct Tiny {
    /// By identity: the operations that it may call.
    grants: [u8; N],
    /// By collection: the credentials that lie in its records; credential `c` in record `c`.
    yields: [u8; N],
    /// By credential: the identity that it proves.
    owner: [u8; N],
    /// The credentials at the start.
    start: u8,
    deeds: [Deed; N],
    /// By operation: the collection that it is about.
    about: [u8; N],
    open: [bool; N],
    rules: [ObjectRule; N],
    /// By collection and record.
    record_owner: [[Option<u8>; N]; N],
    record_tenant: [[Option<u8>; N]; N],
    /// By identity.
    tenant: [Option<u8>; N],
    guessable: [bool; N],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deed {
    ListRecords,
    ListIds,
    Get,
    Write,
    Delete,
    Sweep,
}

impl Deed {
    const ALL: [Deed; 6] = [Deed::ListRecords, Deed::ListIds, Deed::Get, Deed::Write, Deed::Delete, Deed::Sweep];

    /// Whether a request names a record, by an id that has to be known.
    fn names_one(self) -> bool {
        matches!(self, Deed::Get | Deed::Write | Deed::Delete)
    }
}

/// Three operations that each list the records of a collection of their own.
fn listing(grants: u16, yields: u16, owner: [u8; N], start: u8) -> Tiny {
    let rows = |relation: u16| [0, 1, 2].map(|row| (relation >> (3 * row) & 7) as u8);
    Tiny {
        grants: rows(grants),
        yields: rows(yields),
        owner,
        start,
        deeds: [Deed::ListRecords; N],
        about: [0, 1, 2],
        open: [false; N],
        rules: [ObjectRule::Anyone; N],
        record_owner: [[None; N]; N],
        record_tenant: [[None; N]; N],
        tenant: [None; N],
        guessable: [false; N],
    }
}

/// What a sequence of actions has come to. Records and pairs are bits, three for each collection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    held: u8,
    known: u16,
    deleted: u16,
    read: u16,
    written: u16,
}

/// Everything that some sequence of actions touches.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Touched {
    read: u16,
    written: u16,
    deleted: u16,
}

impl Tiny {
    fn reach(&self) -> Touched {
        let known = (0..N).filter(|c| self.guessable[*c]).fold(0, |all, c| all | 7 << (3 * c));
        let first = State { held: self.start, known, deleted: 0, read: 0, written: 0 };
        let (mut seen, mut open) = (BTreeSet::from([first]), VecDeque::from([first]));
        let mut touched = Touched::default();
        while let Some(state) = open.pop_front() {
            touched.read |= state.read;
            touched.written |= state.written;
            touched.deleted |= state.deleted;
            for op in 0..N {
                for with in [None, Some(0), Some(1), Some(2)] {
                    for record in 0..if self.deeds[op].names_one() { N } else { 1 } {
                        if let Some(next) = self.act(state, with, op, record).filter(|next| seen.insert(*next)) {
                            open.push_back(next);
                        }
                    }
                }
            }
        }
        touched
    }

    /// One action: nothing comes of it where it is refused or impossible.
    fn act(&self, state: State, with: Option<usize>, op: usize, record: usize) -> Option<State> {
        if with.is_some_and(|cred| state.held >> cred & 1 == 0) {
            return None;
        }
        let who = with.map(|cred| usize::from(self.owner[cred]));
        if !self.open[op] && who.is_none_or(|who| self.grants[who] >> op & 1 == 0) {
            return None;
        }
        let coll = usize::from(self.about[op]);
        let bit = |row: usize| 1u16 << (3 * coll + row);
        let may = |row: &usize| state.deleted & bit(*row) == 0 && self.permits(op, who, coll, *row);
        let all = (0..N).filter(may).fold(0, |all, row| all | bit(row));
        let one = if state.known & bit(record) != 0 && may(&record) { bit(record) } else { 0 };
        let mut next = state;
        match self.deeds[op] {
            Deed::ListRecords => next = self.shown(state, coll, all),
            Deed::ListIds => next.known |= all,
            Deed::Get => next = self.shown(state, coll, one),
            Deed::Write => next.written |= one,
            Deed::Delete => next.deleted |= one,
            Deed::Sweep => next.deleted |= all,
        }
        Some(next)
    }

    fn permits(&self, op: usize, who: Option<usize>, coll: usize, row: usize) -> bool {
        match self.rules[op] {
            ObjectRule::Anyone => true,
            ObjectRule::Owner => who.is_some_and(|who| self.record_owner[coll][row] == Some(who as u8)),
            ObjectRule::Tenant => {
                let tenant = who.and_then(|who| self.tenant[who]);
                tenant.is_some() && self.record_tenant[coll][row] == tenant
            }
        }
    }

    /// Records were read: their ids are known, and so are the credentials in them.
    fn shown(&self, mut state: State, coll: usize, records: u16) -> State {
        state.read |= records;
        state.known |= records;
        state.held |= self.yields[coll] & (records >> (3 * coll) & 7) as u8;
        state
    }
}

/// A world of the right size; everything in it is put in by [`furnish`].
const TEMPLATE: &str = r#"
runaway: 1
name: tiny
services:
  s1: {accepts: gateway, operations: {op: GET /op -> c1 records}}
  s2: {accepts: gateway, operations: {op: GET /op -> c2 records}}
  s3: {accepts: gateway, operations: {op: GET /op -> c3 records}}
identities:
  i1: {kind: agent, tenant: north}
  i2: {kind: agent, tenant: south}
  i3: {kind: agent}
credentials:
  k1: {of: i1, kind: api-key}
  k2: {of: i1, kind: session}
  k3: {of: i1, kind: password}
data:
  c1: {count: 3, class: internal}
  c2: {count: 3, class: internal}
  c3: {count: 3, class: internal}
agents:
  a: {is: i1, holds: [], knows: ["s1.*", "s2.*", "s3.*"], told: [], fault: harvest}
"#;

fn template() -> Plan {
    document(TEMPLATE).resolve(None, &Overrides::default()).unwrap().plan
}

fn column(values: impl IntoIterator<Item = Option<u8>>) -> Column {
    Column::Table(values.into_iter().map(|v| v.map_or(Column::NOTHING, u32::from)).collect())
}

/// Puts a small world into a plan made from the template.
fn furnish(plan: &mut Plan, tiny: &Tiny) {
    plan.access = Access::new(N, N as u32);
    for (cred, owner) in tiny.owner.iter().enumerate() {
        plan.families[cred].of = Column::Same(u32::from(*owner));
        for op in (0..N).filter(|op| tiny.grants[usize::from(*owner)] >> op & 1 == 1) {
            plan.access.unlock(FamilyId::at(cred), OpId::at(op), plan.operations[op].service);
        }
    }
    for (who, tenant) in tiny.tenant.iter().enumerate() {
        plan.populations[who].tenant = tenant.map_or(Column::Empty, |t| Column::Same(u32::from(t)));
    }
    for at in 0..N {
        let lies = |row: usize| (tiny.yields[at] >> row & 1 == 1).then_some(row as u8);
        let collection = &mut plan.collections[at];
        collection.holds = column((0..N).map(lies)).into();
        collection.owner = column(tiny.record_owner[at]);
        collection.tenant = column(tiny.record_tenant[at]);
        collection.ids = if tiny.guessable[at] { Ids::Sequential } else { Ids::Listed };
        let operation = &mut plan.operations[at];
        (operation.act, operation.effect) = match tiny.deeds[at] {
            Deed::ListRecords => (Act::List { answer: Answer::Records, inside: None }, Effect::Read),
            Deed::ListIds => (Act::List { answer: Answer::Ids, inside: None }, Effect::Read),
            Deed::Get => (Act::One { answer: Answer::Records }, Effect::Read),
            Deed::Write => (Act::One { answer: Answer::Nothing }, Effect::Write),
            Deed::Delete => (Act::One { answer: Answer::Nothing }, Effect::Delete),
            Deed::Sweep => (Act::All, Effect::Delete),
        };
        operation.target = Some(CollId::new(u32::from(tiny.about[at])));
        operation.rule = tiny.rules[at];
        if tiny.open[at] {
            plan.access.open.insert(at as u32);
        }
    }
    let agent = &mut plan.agents[0];
    agent.holds = (0..N).filter(|c| tiny.start >> c & 1 == 1).map(|c| (FamilyId::at(c), 0)).collect();
    agent.guesses = true;
}

fn of_pairs(pairs: &Pairs) -> Touched {
    let bits = |effect: Effect| {
        let all = (0..N as u32).flat_map(|coll| (0..N as u32).map(move |row| (coll, row)));
        let touched = all.filter(|(coll, row)| pairs.contains(CollId::new(*coll), effect, *row));
        touched.fold(0, |all, (coll, row)| all | 1 << (3 * coll + row))
    };
    Touched { read: bits(Effect::Read), written: bits(Effect::Write), deleted: bits(Effect::Delete) }
}

fn potential(plan: &Plan) -> Touched {
    of_pairs(&Ground::new(plan, &Index::of(plan)).reach(&Relaxed::new(plan), Relaxed::start(plan)).pairs)
}

/// What a harvesting agent touches when it is left alone.
fn harvested(plan: &Arc<Plan>) -> Touched {
    let mut kept = Kept::default();
    let baseline = Baseline::empty(plan);
    simulate(plan, &baseline, Behaviour::Faulty, &Stop::default(), &mut kept).unwrap();
    let mut pairs = Pairs::default();
    for event in &kept.0 {
        if let Event::Touched { coll, effect, first, n, .. } = *event {
            (first..first + n).for_each(|row| _ = pairs.insert(coll, effect, row));
        }
    }
    of_pairs(&pairs)
}

const PERMUTATIONS: [[usize; N]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// Every relation between three and three, renamed by a permutation of each.
fn renamed(rows: [usize; N], columns: [usize; N]) -> Vec<u16> {
    let rename = |relation: u16| {
        let held = (0..9).filter(|bit| relation >> bit & 1 == 1);
        held.fold(0, |all, bit| all | 1 << (3 * rows[bit / 3] + columns[bit % 3]))
    };
    (0..512).map(rename).collect()
}

/// Renamings, as tables of what becomes of grants, yields and start sets.
struct Renaming {
    grants: Vec<u16>,
    yields: Vec<u16>,
    start: [u8; 8],
}

/// Every renaming that leaves alone who owns which credential.
fn renamings(owner: [u8; N]) -> Vec<Renaming> {
    let mut all = Vec::new();
    for identities in PERMUTATIONS {
        for creds in PERMUTATIONS {
            let kept = |c: usize| usize::from(owner[creds[c]]) == identities[usize::from(owner[c])];
            if !(0..N).all(kept) {
                continue;
            }
            let start = |set: usize| (0..N).filter(|c| set >> c & 1 == 1).fold(0, |all, c| all | 1 << creds[c]);
            for operations in PERMUTATIONS {
                all.push(Renaming {
                    grants: renamed(identities, operations),
                    yields: renamed(operations, creds),
                    start: [0, 1, 2, 3, 4, 5, 6, 7].map(start),
                });
            }
        }
    }
    all
}

/// One of each set of worlds that differ in names only, with grants given: the least of them.
fn worlds(owner: [u8; N], grants: u16, renamings: &[Renaming]) -> Vec<Tiny> {
    let mut all = Vec::new();
    // What a renaming makes smaller is not the least; what it changes otherwise cannot become smaller by it.
    if renamings.iter().any(|r| r.grants[usize::from(grants)] < grants) {
        return all;
    }
    let same: Vec<&Renaming> = renamings.iter().filter(|r| r.grants[usize::from(grants)] == grants).collect();
    for yields in 0..512u16 {
        for start in 1..8u8 {
            let least = |r: &&Renaming| (r.yields[usize::from(yields)], r.start[usize::from(start)]) >= (yields, start);
            if same.iter().all(least) {
                all.push(listing(grants, yields, owner, start));
            }
        }
    }
    all
}

/// Whose the credentials are, up to renaming: one identity's, those of two, or one for each.
const OWNERS: [[u8; N]; 3] = [[0, 0, 0], [0, 0, 1], [0, 1, 2]];

/// All worlds of three identities, operations and credentials: every grant, yield, owner and start set, up to renaming.
fn every_world(check: impl Fn(&mut Arc<Plan>, &Tiny) + Sync) -> usize {
    let blank = template();
    let of_owner = |owner: [u8; N]| {
        let renamings = renamings(owner);
        let of_grants = |plan: &mut Arc<Plan>, grants: u16| {
            let worlds = worlds(owner, grants, &renamings);
            for tiny in &worlds {
                furnish(Arc::make_mut(plan), tiny);
                check(plan, tiny);
            }
            worlds.len()
        };
        (0..512u16).into_par_iter().map_init(|| Arc::new(blank.clone()), of_grants).sum::<usize>()
    };
    OWNERS.into_iter().map(of_owner).sum()
}

/// By Burnside's lemma: 512 grants, 512 yields, 27 owners and 7 start sets under the 216 renamings.
const WORLDS: usize = 261_524;

#[test]
fn potential_reach_is_what_a_search_over_actions_finds() {
    let checked = every_world(|plan, tiny| assert_eq!(potential(plan), tiny.reach(), "{tiny:?}"));
    assert_eq!(checked, WORLDS);
}

/// Runs a harvesting agent in one of `step` worlds.
fn harvest_one_in(step: u64) {
    every_world(|plan, tiny| {
        let drawn = tiny
            .grants
            .iter()
            .chain(&tiny.yields)
            .chain(&tiny.owner)
            .fold(u64::from(tiny.start), |all, part| (all * 31 + u64::from(*part)) % 1_000_003);
        if drawn % step == 0 {
            assert_eq!(harvested(plan), tiny.reach(), "{tiny:?}");
        }
    });
}

#[test]
fn a_harvesting_agent_touches_what_the_search_finds_in_a_fortieth_of_the_worlds() {
    harvest_one_in(40);
}

#[test]
#[ignore = "nightly: all 261,524 runs take some minutes"]
fn a_harvesting_agent_touches_what_the_search_finds() {
    harvest_one_in(1);
}

/// A small world with everything drawn: object rules, owners, tenants, open doors, ids, kinds of operations.
fn drawn(seed: u64) -> (Tiny, [Validation; N], [Denial; N]) {
    let mut stream = Stream::new(seed, Draws::Generation, 0);
    let mut below = |n: u64| stream.below(n) as usize;
    let maybe = |one_in: u64, below: &mut dyn FnMut(u64) -> usize| (below(one_in) > 0).then(|| below(3) as u8);
    let mut triple = || [below(3) as u8, below(3) as u8, below(3) as u8];
    let (owner, about) = (triple(), triple());
    let mut tiny = listing(below(512) as u16, below(512) as u16, owner, below(8) as u8);
    let rules = [ObjectRule::Anyone, ObjectRule::Owner, ObjectRule::Tenant];
    let span = |n: usize| Span::from_millis(n as u64 * 500);
    let mut validation = [Validation::Gateway; N];
    let mut denies = [Denial::Forbidden; N];
    for at in 0..N {
        tiny.deeds[at] = Deed::ALL[below(6)];
        tiny.about[at] = about[at];
        tiny.rules[at] = rules[below(3)];
        tiny.open[at] = below(8) == 0;
        tiny.guessable[at] = below(3) == 0;
        tiny.tenant[at] = maybe(4, &mut below).map(|t| t % 2);
        for row in 0..N {
            tiny.record_owner[at][row] = maybe(4, &mut below);
            tiny.record_tenant[at][row] = maybe(4, &mut below).map(|t| t % 2);
        }
        denies[at] = [Denial::Forbidden, Denial::NotFound, Denial::Unauthorized, Denial::Empty][below(4)];
        validation[at] = match below(6) {
            0 => Validation::None,
            1 => Validation::Jwt { leeway: span(below(3)) },
            2 => Validation::Introspect { cache: span(below(3)), stale: span(below(3)) },
            3 => Validation::Push { delay: span(below(3)) },
            4 => Validation::ApiKey { cache: span(below(3)) },
            _ => Validation::Gateway,
        };
        // The open door lets everybody in, whatever the scopes say.
        tiny.open[at] |= validation[at] == Validation::None;
    }
    (tiny, validation, denies)
}

impl Deed {
    /// Whether records go away by it, so that the order of actions matters.
    fn deletes(self) -> bool {
        matches!(self, Deed::Delete | Deed::Sweep)
    }
}

/// Object rules, ways to validate and to deny, kinds of operations: drawn, since all of them are too many.
fn drawn_worlds(seeds: std::ops::Range<u64>) {
    let blank = template();
    seeds.into_par_iter().for_each_init(
        || Arc::new(blank.clone()),
        |plan, seed| {
            let (tiny, validation, denies) = drawn(seed);
            let changed = Arc::make_mut(plan);
            furnish(changed, &tiny);
            for at in 0..N {
                changed.services[at].validation = validation[at];
                changed.operations[at].denies = denies[at];
            }
            // Where a refusal looks like success, every guess looks right, and guessing goes on for a million ids.
            let cannot_guess = denies.contains(&Denial::Empty) && tiny.guessable.contains(&true);
            changed.agents[0].guesses = !cannot_guess;
            let expected = tiny.reach();
            assert_eq!(potential(plan), expected, "seed {seed}: {tiny:?}");
            let touched = harvested(plan);
            assert!(touched.within(&expected), "seed {seed}: {touched:?} of {expected:?}, {tiny:?}");
            // A 401 makes the agent leave the service alone, and what it has deleted it cannot read.
            let deletes = tiny.deeds.iter().any(|deed| deed.deletes());
            let gives_up = denies.contains(&Denial::Unauthorized) || deletes || cannot_guess;
            assert!(gives_up || touched == expected, "seed {seed}: {touched:?} of {expected:?}, {tiny:?} {denies:?}");
        },
    );
}

impl Touched {
    fn within(&self, other: &Touched) -> bool {
        self.read & !other.read == 0 && self.written & !other.written == 0 && self.deleted & !other.deleted == 0
    }
}

#[test]
fn drawn_worlds_agree_in_every_other_dimension() {
    drawn_worlds(0..10_000);
}

#[test]
#[ignore = "nightly: a million worlds"]
fn a_million_drawn_worlds_agree() {
    drawn_worlds(0..1_000_000);
}
