//! Detectors, the runbook, responses and preventive limits.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::cast::{Cast, Deed, Group};
use super::dice::{Dice, Part};
use super::fields::{Fields, list, quoted};
use super::whole::Whole;

const KEYS: [&str; 4] = ["credential", "principal", "owner", "everyone"];
const VERBS: [&str; 5] = ["revoke", "disable", "rotate", "bind", "block"];

pub fn defence(seed: u64, cast: &Cast, mut whole: Option<&mut Whole>) -> String {
    let mut dice = Dice::new(seed, Part::Defence);
    let (detectors, steps, limits) = (dice.between(1, 3), dice.between(1, 4), dice.between(0, 2));
    let mut text = String::from("\ndetect:\n");
    for number in 1..=detectors {
        let _ = writeln!(text, "  alarm-{number}: {}", detector(cast, &mut dice));
    }
    if let Some(whole) = &mut whole {
        let _ = writeln!(text, "  newer: {}", whole.detector(cast));
    }
    let numbers: Vec<u32> = (1..=steps).collect();
    let written: Vec<Fields> = numbers.iter().map(|_| step(cast, limits, &mut dice)).collect();
    let newer_step = whole.as_mut().map(|whole| whole.step(cast));
    let (mut respond, mut done) = (String::new(), BTreeSet::new());
    if let Some(whole) = &mut whole {
        let _ = writeln!(respond, "  newer: {{after: {}, do: [newer-step, step-1]}}", whole.takes());
        done.insert(1);
    }
    for number in 1..=detectors {
        if number == 1 || dice.one_in(2) {
            let chosen: Vec<u32> = dice.some(&numbers, 3).into_iter().copied().collect();
            let names = list(chosen.iter().map(|n| format!("step-{n}")));
            done.extend(chosen);
            let response = Fields::default().with("after", ms(&mut dice, 900)).with("do", names);
            let _ = writeln!(respond, "  alarm-{number}: {response}");
        }
    }
    if dice.one_in(3) {
        let _ = writeln!(respond, "  step-1: {}", ms(&mut dice, cast.horizon_ms));
        done.insert(1);
    }
    text.push_str("\nsteps:\n");
    for (number, step) in numbers.iter().zip(written).filter(|(number, _)| done.contains(number)) {
        let _ = writeln!(text, "  step-{number}: {step}");
    }
    if let Some(step) = newer_step {
        let _ = writeln!(text, "  newer-step: {step}");
    }
    let _ = write!(text, "\nrespond:\n{respond}");
    let mints = mints(cast);
    if limits > 0 || !mints.is_empty() || whole.is_some() {
        text.push_str("\ncontrols:\n");
    }
    if let Some(whole) = whole {
        text.push_str(&whole.controls(cast));
    }
    if !mints.is_empty() {
        let fields = Fields::default().with("on", list(mints)).with("at_most", dice.between(4, 30));
        let _ = writeln!(text, "  mints: {fields}");
    }
    for number in 1..=limits {
        let _ = writeln!(text, "  limit-{number}: {}", limit(cast, &mut dice));
    }
    text
}

/// Every new credential can raise an alarm of its own, and every alarm sets off an action for each credential: what
/// mints is limited, so that the defence's own requests stay few.
fn mints(cast: &Cast) -> Vec<String> {
    let spelt = cast.operations().into_iter().filter(|(_, deed)| matches!(deed, Deed::Mint(_))).map(|(name, _)| name);
    let access = cast.families.iter().any(|f| f.kind == "access-token");
    let refresh = cast.families.iter().any(|f| f.kind == "refresh-token");
    let protocol = [("token", access), ("refresh", access && refresh)];
    let protocol = protocol.into_iter().filter(|(_, there)| *there).map(|(name, _)| name);
    let providers = cast.services.iter().filter(|s| s.provider).map(|s| s.name);
    spelt.chain(providers.flat_map(|s| protocol.clone().map(move |op| format!("{s}.{op}")))).map(quoted).collect()
}

fn ms(dice: &mut Dice, most: u32) -> String {
    format!("{}ms", dice.between(0, most))
}

fn detector(cast: &Cast, dice: &mut Dice) -> Fields {
    let within = *dice.pick(&["200ms", "1s", "3s"]);
    let fields = Fields::default();
    let fields = match dice.between(1, 7) {
        1 => return fields.with("report", ms(dice, cast.horizon_ms / 4)),
        2 => fields.with("requests", dice.between(2, 30)).with("within", within),
        3 => fields.with("operations", dice.between(1, 5)).with("within", within),
        4 => fields.with("records", dice.between(1, 40)).with("within", within),
        5 => fields.with("deletes", dice.between(1, 4)).with("within", within),
        6 => fields.with("canary", "records"),
        _ => fields.with("canary", dice.pick(&cast.families).group.name),
    };
    fields.with_if(!dice.one_in(4), "by", dice.pick(&KEYS)).with_if(
        dice.one_in(3),
        "delay",
        dice.pick(&["1ms", "150ms", "1s"]),
    )
}

fn step(cast: &Cast, limits: u32, dice: &mut Dice) -> Fields {
    let operations = cast.operations();
    let some = list(dice.some(&operations, 3).into_iter().map(|(name, _)| quoted(name)));
    let fields = match dice.between(1, 8) {
        1 => Fields::default().with("set_rule", dice.pick(&["owner", "tenant", "anyone"])).with("on", some),
        2 => Fields::default().with("close", some),
        3 if limits > 0 => Fields::default().with("throttle", format!("limit-{}", dice.between(1, limits))),
        _ => about_credentials(cast, dice),
    };
    fields.with_if(dice.one_in(3), "first", "100ms").with_if(dice.one_in(3), "every", "70ms").with_if(
        dice.one_in(12),
        "supported",
        "no",
    )
}

fn about_credentials(cast: &Cast, dice: &mut Dice) -> Fields {
    let verb = *dice.pick(&VERBS);
    let fields = Fields::default().with(verb, which(cast, dice));
    let services: Vec<&str> = cast.services.iter().map(|s| s.name).collect();
    match verb {
        "rotate" => fields.with("hand_over", dice.pick(&["0s", "200ms", "never"])),
        "bind" => fields.with("to", dice.pick(&["office", "internet"])),
        "block" => fields.with_if(dice.one_in(2), "at", list(dice.some(&services, 2))),
        _ => fields,
    }
}

fn which(cast: &Cast, dice: &mut Dice) -> String {
    let people = [Group { name: "member", count: cast.members }, Group { name: "bot", count: cast.agents }];
    match dice.between(1, 8) {
        1 => "alarmed".to_owned(),
        2 => "everything of the principal".to_owned(),
        3 => "everything of the owner".to_owned(),
        4 => "descendants".to_owned(),
        5 => "exposed".to_owned(),
        6 => dice.pick(&people).member(dice),
        _ => format!("every {}", dice.pick(&cast.families).group.name),
    }
}

fn limit(cast: &Cast, dice: &mut Dice) -> Fields {
    let operations = cast.operations();
    let fields = Fields::default()
        .with("on", list(dice.some(&operations, 3).into_iter().map(|(name, _)| quoted(name))))
        .with("by", dice.pick(&KEYS));
    let fields = match dice.between(1, 4) {
        1 => fields.with("at_most", dice.between(1, 30)),
        2 => fields.with("at_most", dice.between(1, 40)).with("counts", "records"),
        3 => fields.with("at_most", quoted("$2")),
        _ => {
            fields.with("at_most", quoted(format!("{} per {}", dice.between(1, 9), dice.pick(&["500ms", "2s", "1h"]))))
        }
    };
    fields.with_if(dice.one_in(3), "denies", dice.pick(&["429", "403", "402"])).with_if(dice.one_in(4), "armed", "no")
}
