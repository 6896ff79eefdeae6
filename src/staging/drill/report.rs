//! What people and machines read of a drill.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::event::{Event, Header, Micros, Reading};
use super::honest::Honest;
use super::judge::{Result, label};
use super::matrix::{Ended, Row};
use super::outlived;
use super::ranges::ranges_of;
use super::undo::last_put_back;
use crate::measure::counted;
use crate::report::text::{hung, left, right, wrapped};
use crate::wire::Span;

/// The version of `drill.json`. A field may be added under the same version, never changed.
pub const SCHEMA: &str = "runaway.drill/1";

/// The result for a terminal, eighty columns wide.
pub fn summary(header: &Header, events: &[Event], result: &Result) -> String {
    let mut out = hung(&format!("{}: ", result.verdict().to_uppercase()), &headline(header, result), 2);
    let _ = writeln!(
        out,
        "\n{}{}{}{}how it ended",
        left("credential", 18),
        left("service", 14),
        right("after declared  ", 18),
        right("bound  ", 10)
    );
    for row in &result.rows {
        let name = &header.credentials[row.credential].name;
        let number = if header.phases > 1 { format!(" #{}", row.instance + 1) } else { String::new() };
        let service = &header.services[row.service].name;
        let cells = [left(&format!("{name}{number}"), 17), left(service, 13)].join(" ");
        let how = ended(row, result.stopped.is_some());
        let _ = writeln!(out, "{cells} {}{}{how}", right(&(lag(row) + "  "), 18), right(&(bound(row) + "  "), 10));
    }
    ranges(header, result, &mut out);
    steps(events, &mut out);
    for line in outlived::told(header, &result.rows) {
        out.push_str(&hung("outlived its bound: ", &line, 2));
    }
    for (head, lines) in
        [("broken: ", &result.broken), ("survives: ", &result.survivors), ("not sure: ", &result.unsure)]
    {
        for line in lines {
            out.push_str(&hung(head, line, 2));
        }
    }
    for Honest { name, asked, refused, beside_refused, .. } in &result.honest {
        let told = format!("{refused} of {} of honest work `{name}` were refused", counted(*asked as u64, "request"));
        let told = match beside_refused {
            0 => told,
            n => format!("{told}; {n} more tell nothing: a control was not accepted beside them"),
        };
        out.push_str(&hung("collateral: ", &told, 2));
    }
    restored(header, events, &mut out);
    let _ = writeln!(out, "run {} on the requests of this drill", header.run);
    out
}

fn restored(header: &Header, events: &[Event], out: &mut String) {
    for event in events {
        if let Event::Restored { credential, service, reading, .. } = event {
            let works = match reading {
                Reading::Accepted => "works again",
                Reading::Refused => "does not work again",
                Reading::Unknown => "is not known to work again",
            };
            let (name, at) = (&header.credentials[*credential].name, &header.services[*service].name);
            let _ = writeln!(out, "restored: {name} {works} at {at}");
        }
    }
}

/// What was put back after a drill that had not ended, and whether all of it was.
pub fn undone(header: &Header, events: &[Event]) -> (String, bool) {
    let now = last_put_back(events);
    let mut out = String::new();
    steps(now, &mut out);
    restored(header, now, &mut out);
    let whole = now.iter().all(|event| match event {
        Event::Stepped(step) => step.done(),
        Event::Restored { reading, .. } => *reading == Reading::Accepted,
        _ => true,
    });
    let failed = now.iter().any(|event| matches!(event, Event::Stepped(step) if !step.done()));
    let end = match (whole, failed) {
        (true, _) => "everything is as it was",
        (false, true) => "not everything is as it was: do by hand what FAILED above",
        (false, false) => "every step was done, and yet not everything is known to be as it was: see above",
    };
    let _ = writeln!(out, "{end}");
    (out, whole)
}

fn headline(header: &Header, result: &Result) -> String {
    if let Some(why) = &result.stopped {
        return format!("the drill of {} was stopped: {why}", header.identity);
    }
    if result.not_begun {
        return format!("the drill of {} did not begin: nothing was done to it", header.identity);
    }
    let worst = result.rows.iter().filter_map(|row| Some((row.lag()?, row))).max_by_key(|(lag, _)| *lag);
    let of = |is: fn(&Ended) -> bool| result.rows.iter().filter(|row| is(&row.ended)).count();
    let unsure = result.rows.iter().filter(|row| matches!(row.ended, Ended::Unsure(_)));
    let unseen = unsure.filter(|row| row.accepted_after > 0).max_by_key(|row| row.accepted_after);
    let last = match (worst, unseen) {
        (None, _) if result.rows.iter().all(|row| row.declared.is_none()) => "nothing was declared".to_owned(),
        (None, _) => "nobody saw when anything stopped".to_owned(),
        (Some(((at_least, _), row)), unseen) => {
            let name = |row: &Row| label(header, row.credential, row.instance, row.service);
            let times = |row: &Row| counted(row.accepted_after as u64, "time");
            let row_name = name(row);
            match (row.ended, at_least, unseen) {
                (Ended::Never { .. }, ..) => format!("{row_name} never stopped; watched for {}", Span(at_least)),
                (_, 0, None) => "nothing was accepted after containment was declared".to_owned(),
                (_, 0, Some(unseen)) => format!(
                    "{} was accepted {} after containment was declared, and nobody saw when it stopped",
                    name(unseen),
                    times(unseen)
                ),
                (_, _, None) => {
                    format!("{row_name} was accepted until {} after containment was declared", Span(at_least))
                }
                (_, _, Some(unseen)) => format!(
                    "{row_name} was accepted until {} after containment was declared, {} {} at least: nobody saw when \
                     it stopped",
                    Span(at_least),
                    name(unseen),
                    times(unseen)
                ),
            }
        }
    };
    let survivors = match result.survivors.len() {
        0 => String::new(),
        n => format!("; {n} outlived it"),
    };
    let failed = match &result.failed[..] {
        [] => String::new(),
        [step] => format!("; the step `{step}` failed"),
        steps => format!("; {} steps failed", steps.len()),
    };
    let collateral = match result.honest.iter().map(|honest| honest.refused).sum::<usize>() {
        0 => String::new(),
        n => format!("; honest work was refused {}", counted(n as u64, "time")),
    };
    let pairs = of(|ended| *ended != Ended::NotAllowed);
    let stopped = of(|ended| matches!(ended, Ended::Between(..)));
    let unknown = match of(|ended| matches!(ended, Ended::Unsure(_) | Ended::Worthless)) {
        0 => String::new(),
        n => format!(", of {n} it is not known"),
    };
    format!("{}: {last}; {stopped} of {pairs} doors shut{unknown}{survivors}{failed}{collateral}", header.identity)
}

fn lag(row: &Row) -> String {
    match (row.ended, row.declared, row.lag()) {
        (Ended::NotAllowed | Ended::Unsure(_) | Ended::Worthless, ..) => "-".to_owned(),
        (_, None, _) => "none declared".to_owned(),
        (Ended::Never { .. }, _, Some((at_least, _))) => format!("> {}", Span(at_least)),
        (_, _, Some((0, 0))) => "early".to_owned(),
        (_, _, Some((at_least, at_most))) => format!("{} +{}", seconds(at_least), seconds(at_most - at_least)),
        (_, _, None) => "-".to_owned(),
    }
}

fn seconds(micros: Micros) -> String {
    format!("{:.2} s", Span(micros).as_secs_f64())
}

/// How long after it was declared it ends in any case.
fn bound(row: &Row) -> String {
    row.bound().map_or_else(|| "-".to_owned(), seconds)
}

fn ended(row: &Row, was_stopped: bool) -> String {
    let how = match row.ended {
        Ended::NotAllowed => "never allowed here".to_owned(),
        Ended::Never { .. } if was_stopped => "not seen to stop".to_owned(),
        Ended::Never { .. } => "never stopped".to_owned(),
        Ended::Unsure(_) | Ended::Worthless => "unknown".to_owned(),
        Ended::Between(..) => {
            let status = row.status.map_or_else(|| "refused".to_owned(), |status| status.to_string());
            row.challenge.as_ref().map_or(status.clone(), |challenge| format!("{status} {challenge}"))
        }
    };
    let after = if row.accepted_after > 0 { format!(", {} accepted", row.accepted_after) } else { String::new() };
    let flaps = if row.flapping { ", flapping" } else { "" };
    let lived = if row.lived_out() { ", about when its life ended" } else { "" };
    how + &after + flaps + lived
}

/// Over fresh credentials of one kind: the least and the most, and whether probing rarely made a difference.
fn ranges(header: &Header, result: &Result, out: &mut String) {
    for range in ranges_of(header, &result.rows) {
        let most = range.at_most.map_or_else(|| "the end".to_owned(), seconds);
        let bound = range.bound.map_or(String::new(), |bound| format!("; bound {}", seconds(bound)));
        let name = format!("{} at {}", header.credentials[range.credential].name, header.services[range.service].name);
        let told = format!("{name}: {} phases, {} to {most}{bound}", range.phases, seconds(range.at_least));
        let _ = write!(out, "{}", wrapped(&told, 2));
        if let Some(longer) = range.rarely {
            let told = format!(
                "{name}: probed rarely, it was accepted {} longer: probing changes the answer",
                seconds(longer)
            );
            let _ = write!(out, "{}", wrapped(&told, 2));
        }
    }
}

fn steps(events: &[Event], out: &mut String) {
    for event in events {
        let Event::Stepped(step) = event else { continue };
        let done = if step.done() { "done" } else { "FAILED" };
        let status = step.status.map_or(String::new(), |status| format!(" {status}"));
        let error = step.error.as_deref().map_or(String::new(), |error| format!(" {error}"));
        let number = step.instance.map_or(String::new(), |instance| format!(" #{}", instance + 1));
        let kind = if step.restoring { "restore" } else { "step" };
        out.push_str(&hung(
            &format!("{kind} {}{number}: ", step.step + 1),
            &format!("{} at {}: {done}{status}{error}", step.name, seconds(step.at)),
            2,
        ));
    }
}

/// The result for machines.
pub fn to_json(header: &Header, events: &[Event], result: &Result) -> Value {
    let row = |row: &Row| {
        let (kind, last, first) = match row.ended {
            Ended::Between(last, first) => ("stopped", Some(last), Some(first)),
            Ended::Never { still } => ("never-stopped", Some(still), None),
            Ended::NotAllowed => ("never-allowed", None, None),
            Ended::Unsure(_) | Ended::Worthless => ("unknown", None, None),
        };
        json!({
            "credential": header.credentials[row.credential].name,
            "instance": row.instance + 1,
            "service": header.services[row.service].name,
            "ended": kind,
            "last_accepted_us": last,
            "first_refused_us": first,
            "declared_us": row.declared,
            "lag_us": row.lag().map(|(least, most)| json!({"at_least": least, "at_most": (most < Micros::MAX).then_some(most)})),
            "bound_us": row.bound(),
            "outlived_bound": outlived::outlived(row).is_some(),
            "accepted_after_declared": row.accepted_after,
            "flapping": row.flapping,
            "lived_out": row.lived_out(),
            "unknown": row.unknown,
            "widest_gap_us": row.widest,
            "status": row.status,
            "challenge": row.challenge,
        })
    };
    let (requests, writes) = events
        .iter()
        .rev()
        .find_map(|event| match event {
            Event::Ended { requests, writes, .. } => Some((*requests, *writes)),
            _ => None,
        })
        .unwrap_or_default();
    let honest = |Honest { name, asked, refused, unknown, .. }: &Honest| json!({"sentinel": name, "requests": asked, "refused": refused, "unknown": unknown});
    let steps: Vec<&Event> = events.iter().filter(|event| matches!(event, Event::Stepped(_))).collect();
    json!({
        "schema": SCHEMA,
        "plane": header.plane,
        "targets": header.targets,
        "identity": header.identity,
        "run": header.run,
        "started": header.started,
        "verdict": result.verdict(),
        "headline": headline(header, result),
        "ranges": ranges_of(header, &result.rows).iter().map(|range| range.json(header)).collect::<Vec<_>>(),
        "matrix": result.rows.iter().map(row).collect::<Vec<_>>(),
        "steps": steps,
        "broken": result.broken,
        "survivors": result.survivors,
        "unsure": result.unsure,
        "collateral": result.honest.iter().map(honest).collect::<Vec<_>>(),
        "stopped": result.stopped,
        "requests": requests,
        "writes": writes,
    })
}
