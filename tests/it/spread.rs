//! Instructions that go from agent to agent: against branching processes, and against those who stop them.

use crate::parity::compare;
use crate::support::{Ran, document, run};
use runaway::measure::{Contagion, Measured, claimed};
use runaway::plane::driver::Stop;
use runaway::run::{Comparison, prepare};
use runaway::scenario::{Document, Overrides};
use runaway::wire::{ActorId, CollId, Event, InstructionId, RequestId, Res, Tick, Turn};

/// Boxes that agents read and write: `reads` says which, and `agents` how they take to it.
fn boxes(agents: u32, reads: &str, writes: &str, fault: &str, parts: &str) -> String {
    format!(
        r#"
runaway: 1
name: boxes
time: {{horizon: 2h}}
services:
  post:
    accepts: gateway
    latency: 1ms
    operations:
      read:  GET /boxes/{{id}} -> boxes records
      write: {{http: "PUT /boxes/{{id}}", on: boxes}}
      order: {{http: POST /orders, creates: orders, effect_after: 10min}}
identities:
  team:   {{kind: human, count: 2}}
  member: {{kind: agent, count: {agents}, of: "team-{{n mod 2}}"}}
credentials:
  pass: {{one_per: member, kind: session, scopes: ["post:*"]}}
data:
  boxes:  {{count: {}, class: internal, plants: {{chain: 1}}}}
  orders: {{count: 0, class: internal}}
instructions:
  chain: {{says: [{{do: post.write, on: "{writes}", carrying: chain}}]}}
agents:
  members:
    is: every member
    holds: [pass]
    knows: [post.*]
    starts: {{first: 0s, every: 1s}}
    told: [{reads}]
    fault: {fault}
    obeys: everybody
{parts}
"#,
        agents + 1
    )
}

/// A binary tree of five generations: agent n reads the box of its parent, and writes box n + 1.
fn tree(probability: &str, parts: &str) -> Document {
    let fault = format!("{{spread: {{probability: {probability}}}}}");
    document(&boxes(62, "{do: post.read, on: \"boxes-{n div 2}\"}", "boxes-{n + 1}", &fault, parts))
}

/// Each agent but the last two is read by the two that follow it.
fn row(probability: &str) -> Document {
    let reads = "{do: post.read, on: [\"boxes-{n - 1 mod 40}\", \"boxes-{n - 2 mod 40}\"]}";
    let fault = format!("{{spread: {{probability: {probability}}}}}");
    document(&boxes(40, reads, "boxes-{n}", &fault, "truth: {r0: 1}"))
}

#[test]
fn a_fixed_number_of_offspring_doubles_with_each_generation() {
    let ran = run(&tree("100%", ""), None, &[]);
    assert_eq!(ran.finished.measures.contagion.generations, [2, 4, 8, 16, 32]);
    assert_eq!(ran.finished.measures.contagion.ratios(), [2.0; 4]);
    assert_eq!(
        (ran.shown("turned"), ran.shown("peak"), ran.shown("generations")),
        ("62".into(), "62".into(), "5".into())
    );
    // The 31st agent starts after 30 s, and has its answer 1 ms later.
    assert_eq!(ran.finished.measures.contagion.half().map(|at| at.0), Some(30_001_000));
}

/// Each of two children is turned with the chance p: the chance of no turned agent in a generation is
/// e(g) = (1 - p + p e(g - 1))^2, from e = 0 before the first one.
#[test]
fn a_random_number_of_offspring_dies_out_as_often_as_the_theory_says() {
    const SEEDS: u32 = 400;
    let extinct = |p: f64| (0..5).fold(0.0, |e: f64, _| (1.0 - p + p * e).powi(2));
    assert!((extinct(0.6) - 0.3621).abs() < 1e-4, "0.16, 0.246, 0.2999, 0.3363, 0.3621");
    for (written, p) in [("60%", 0.6), ("40%", 0.4)] {
        let claim = format!("truth: {{generations: {{at_most: 4, seeds: {SEEDS}, probability: 50%}}}}");
        let document = tree(written, &claim);
        let stop = Stop::default();
        let comparison = Comparison::of(&document, None, &Overrides::default()).unwrap();
        let mut prepared = comparison.prepare(&stop).unwrap();
        let measures = claimed(&prepared.plan);
        prepared.repeat_over_seeds(&comparison, &measures, &stop).unwrap();
        let [tally] = prepared.references.seeds.unwrap().tallies[..] else { panic!("one claim") };
        let (lo, hi) = tally.interval();
        assert_eq!(tally.of, SEEDS);
        assert!((lo..hi).contains(&extinct(p)), "p = {p}: {lo} to {hi}, not {}", extinct(p));
    }
}

/// 38 of 40 have two readers behind them, one has one, one has none: 77/40 for a sure reader.
#[test]
fn r0_is_the_mean_number_of_readers_that_are_turned() {
    for (written, p) in [("100%", 1.0), ("50%", 0.5)] {
        let document = row(written);
        let stop = Stop::default();
        let mut prepared = prepare(&document, None, &Overrides::default(), &stop).unwrap();
        prepared.count_offspring(400, &stop).unwrap();
        let sample = prepared.references.offspring.as_ref().unwrap();
        assert!(sample.0.iter().all(|turned| *turned <= 2));
        if p == 1.0 {
            assert!(sample.0.iter().filter(|turned| **turned == 2).count() > 360, "all but those at the end");
        }
        let Measured::Sampled { lo, hi, .. } = sample.r0() else { panic!("a sample") };
        let theory = 77.0 / 40.0 * p;
        assert!(lo <= theory && theory <= hi, "{lo} to {hi}, not {theory}");
    }
}

/// Runs a scenario in memory, and makes sure that it runs alike over HTTP.
fn both(yaml: &str, variant: Option<&str>) -> Ran {
    let document = document(yaml);
    let compared = compare(&document, variant);
    assert!(matches!(compared, Ok(Some(n)) if n > 0), "{compared:?}");
    run(&document, variant, &[])
}

fn requests_to(ran: &Ran, operation: &str) -> Vec<(u64, u32)> {
    let plan = &ran.prepared.plan;
    let of = |event: &Event| match *event {
        Event::Asked { at, id, op: Some(op), .. } if plan.operation_name(op) == operation => {
            Some((at.0 / 1_000_000, id.by.number() + 1))
        }
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

const ONE_READER: &str = "{do: post.read, on: boxes-1, every: 10min}";

#[test]
fn each_time_means_with_every_round_whether_it_still_stands_there_or_not() {
    let parts = "steps: {clear: {delete: boxes-1}}\nrespond: {clear: 5min}";
    let again = both(&boxes(1, ONE_READER, "boxes-2", "{spread: {repeats: each time}}", ""), None);
    let rounds: Vec<u64> = requests_to(&again, "post.write").iter().map(|(at, _)| *at).collect();
    assert_eq!(rounds, (0..12).map(|round| round * 600).collect::<Vec<_>>());
    let once = both(&boxes(1, ONE_READER, "boxes-2", "spread", ""), None);
    assert_eq!(requests_to(&once, "post.write"), [(0, 1)]);
    // A record that is gone answers nothing, so there is no round any more.
    let gone = both(&boxes(1, ONE_READER, "boxes-2", "{spread: {repeats: each time}}", parts), None);
    assert_eq!(requests_to(&gone, "post.write"), [(0, 1)]);
}

#[test]
fn who_forgets_is_told_anew_when_it_reads_it_again() {
    let ran = both(&boxes(1, ONE_READER, "boxes-2", "{spread: {forgets: 25min}}", ""), None);
    // Told at 0, it has forgotten when it reads after 30 min, and is told again; so every 30 min.
    assert_eq!(requests_to(&ran, "post.write"), [(0, 1), (1_800, 1), (3_600, 1), (5_400, 1)]);
    let forgot = |event: &&Event| matches!(event, Event::Turned { turn: Turn::Forgot, .. });
    assert_eq!(ran.events.iter().filter(forgot).count(), 3);
    assert_eq!((ran.shown("turned"), ran.shown("peak")), ("1".into(), "1".into()), "it is one agent all the same");
}

#[test]
fn everything_of_an_owner_is_the_owner_and_all_that_it_owns() {
    let reads = "{do: post.read, on: \"boxes-{n}\", every: 1min}";
    let parts = "steps: {end: {disable: everything of team-1}}\nrespond: {end: 10min}";
    let ran = both(&boxes(6, reads, "boxes-{n}", "spread", parts), None);
    // `{n mod 2}` numbers the owners of 1, 2, 3 as 1, 2, 1.
    let late: Vec<u32> = requests_to(&ran, "post.read").iter().filter(|(at, _)| *at > 700).map(|(_, by)| *by).collect();
    let accepted = |e: &&Event| matches!(e, Event::Asked { at, verdict: runaway::wire::Verdict::Accepted, .. } if at.0 > 700_000_000);
    let by: std::collections::BTreeSet<u32> = ran
        .events
        .iter()
        .filter(accepted)
        .filter_map(|e| if let Event::Asked { id, .. } = e { Some(id.by.number() + 1) } else { None })
        .collect();
    assert!(late.contains(&1), "the disabled ones go on trying");
    assert_eq!(by.into_iter().collect::<Vec<_>>(), [2, 4, 6]);
    let acted = |e: &&Event| matches!(e, Event::Acted { worked: true, .. });
    assert_eq!(ran.events.iter().filter(acted).count(), 4, "three agents, and the owner");
}

#[test]
fn a_search_finds_what_says_it_then_and_a_name_finds_itself() {
    let reads = "{do: post.read, on: \"boxes-{n - 1 mod 6}\", every: 10min, first: 1min}";
    let write = |step: &str, at: &str| {
        let parts = format!("steps: {{clear: {step}}}\nrespond: {{clear: {at}}}");
        let ran = both(&boxes(6, reads, "boxes-{n}", "spread", &parts), None);
        let acted = ran.events.iter().filter(|e| matches!(e, Event::Acted { .. })).count();
        (acted, ran.shown("turned"))
    };
    // Agent 2 reads box 1 after a minute and a second, then 3 and so on, a second each; 1 reads box 6 in the next round.
    assert_eq!(write("{delete: records with chain}", "0s"), (1, "0".into()), "one record says it");
    assert_eq!(write("{delete: records with chain}", "62s 500ms"), (3, "2".into()), "boxes 1, 2 and 3 by then");
    assert_eq!(write("{delete: boxes-1}", "62s 500ms"), (1, "6".into()), "the copies stay");
    assert_eq!(
        write("{delete: records with chain, every: 1h}", "62s 500ms"),
        (2, "6".into()),
        "one an hour is too slow"
    );
}

#[test]
fn cancelled_work_never_happens() {
    let parts = "steps: {withdraw: {cancel: [post.order]}}\nrespond: {withdraw: 5min}";
    let reads = "{do: post.order, every: 8min}";
    let ran = both(&boxes(2, reads, "boxes-{n}", "spread", parts), None);
    let count = |wanted: fn(&Event) -> bool| ran.events.iter().filter(|e| wanted(e)).count();
    // Each orders 15 times in 2 h, from 0 on every 8 min, and what was ordered happens 10 min later.
    assert_eq!(count(|e| matches!(e, Event::Queued { .. })), 30);
    assert_eq!(count(|e| matches!(e, Event::Cancelled { .. })), 2, "the first of each was waiting");
    assert_eq!(count(|e| matches!(e, Event::Fired { .. })), 30 - 2 - 2, "the last ones wait at the end");
}

#[test]
fn the_fixture_runs_alike_over_http() {
    let text = include_str!("../formats/spread.yaml");
    for variant in [None, Some("answered")] {
        both(text, variant);
    }
}

/// Times that are drawn: so many in each window, uniformly, by each agent's own stream.
#[test]
fn a_step_at_random_is_done_so_often_in_each_window() {
    let reads = "{do: post.order, times: 3 per 20min}";
    let ran = both(&boxes(40, reads, "boxes-{n}", "spread", ""), None);
    let asked = requests_to(&ran, "post.order");
    for agent in 1..=40u64 {
        let start = agent - 1;
        let own: Vec<u64> = asked.iter().filter(|(_, by)| u64::from(*by) == agent).map(|(at, _)| at - start).collect();
        for window in 0..5 {
            let within = own.iter().filter(|at| (window * 1_200..(window + 1) * 1_200).contains(*at)).count();
            assert!((2..=4).contains(&within), "agent {agent}, window {window}: {own:?}");
        }
        assert_eq!(own.iter().filter(|at| **at < 6_000).count(), 15, "five windows that are over: {own:?}");
    }
    // 600 times of five windows: the mean lies in the middle, within four standard errors of a uniform distribution.
    let places: Vec<f64> = asked
        .iter()
        .map(|(at, by)| (at - u64::from(by - 1)) as f64)
        .filter(|at| *at < 6_000.0)
        .map(|at| at % 1_200.0)
        .collect();
    let mean = places.iter().sum::<f64>() / places.len() as f64;
    let four = 4.0 * 1_200.0 / (12.0 * places.len() as f64).sqrt();
    assert!((mean - 600.0).abs() < four, "{mean}");
}

#[test]
fn who_is_still_at_it_does_not_begin_anew() {
    // Told with each reading, every ten minutes. It takes 16 minutes, so every other reading finds it under way.
    let again = boxes(1, ONE_READER, "boxes-2", "{spread: {repeats: each time}}", "")
        .replace("{do: post.write, on: \"boxes-2\", carrying: chain}", "{do: post.order, every: 8min, times: 3}");
    let orders: Vec<u64> = requests_to(&both(&again, None), "post.order").iter().map(|(at, _)| *at).collect();
    let expected: Vec<u64> = (0..6).flat_map(|round| [0, 480, 960].map(|at| round * 1_200 + at)).collect();
    assert_eq!(orders, expected);
}

#[test]
fn each_agent_draws_the_times_of_what_it_was_told_by_itself() {
    let at_random = boxes(2, "{do: post.read, on: boxes-1}", "boxes-3", "spread", "")
        .replace("{do: post.write, on: \"boxes-3\", carrying: chain}", "{do: post.order, times: 3 per 20min}");
    let ran = both(&at_random, None);
    let orders = |of: u32| -> Vec<u64> {
        let order = |event: &Event| match *event {
            Event::Asked { at, id, op: Some(op), .. }
                if id.by.number() == of && ran.prepared.plan.operation_name(op) == "post.order" =>
            {
                Some(at.0 - u64::from(of) * 1_000_000)
            }
            _ => None,
        };
        ran.events.iter().filter_map(order).collect()
    };
    let (first, second) = (orders(0), orders(1));
    assert!(first.len() >= 15 && second.len() >= 15, "five windows of 20 min are over in 2 h: {first:?}, {second:?}");
    assert_ne!(first[..15], second[..15], "counted from when each was told");
}

/// Six agents are turned a second apart. Where they forget, each notices it 2.5 s after it was turned, when it reads another
/// box: the fourth is turned when the first is itself again.
#[test]
fn the_peak_is_how_many_were_under_an_order_at_one_time() {
    let fault = |forgets: &str| format!("{{spread: {{forgets: {forgets}}}}}");
    let reads = "{do: post.read, on: boxes-1}, {do: post.read, on: boxes-7, every: 2500ms}";
    for (forgets, peak) in [("never", "6"), ("2s", "3")] {
        let world = boxes(6, reads, "boxes-5", &fault(forgets), "");
        let ran = run(&document(&world), None, &[]);
        assert_eq!((ran.shown("turned"), ran.shown("peak")), ("6".into(), peak.into()), "{forgets}");
    }
}

#[test]
fn who_forgot_an_order_is_no_longer_under_it() {
    let plan = boxes(3, "{do: post.read, on: boxes-1}", "boxes-2", "{spread: {forgets: 25min}}", "");
    let plan = prepare(&document(&plan), None, &Overrides::default(), &Stop::default()).unwrap().plan;
    let obeyed = |at, by| Event::Obeyed {
        at: Tick(at),
        by: ActorId::new(by),
        instruction: InstructionId::new(0),
        via: RequestId { by: ActorId::new(by), n: 0 },
        lay_in: Res { coll: CollId::new(0), row: 0 },
        author: None,
    };
    let forgot = |at, by| Event::Turned { at: Tick(at), by: ActorId::new(by), turn: Turn::Forgot };
    let told = |events: &[Event]| {
        let contagion = Contagion::of(&plan, events);
        (contagion.turned(), contagion.peak)
    };
    assert_eq!(told(&[obeyed(1, 0), obeyed(2, 1), obeyed(3, 2)]), (3, 3));
    assert_eq!(told(&[obeyed(1, 0), forgot(2, 0), obeyed(3, 1), forgot(4, 1), obeyed(5, 2)]), (3, 1), "one by one");
    assert_eq!(told(&[obeyed(1, 0), obeyed(2, 1), forgot(3, 0), obeyed(4, 2), obeyed(5, 0)]), (3, 3), "told again");
}
