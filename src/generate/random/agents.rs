//! Agents of all faults and paces, and honest work beside them.

use super::cast::{Cast, Group};
use super::dice::{Dice, Part};
use super::fields::{Fields, list, quoted};
use super::steps::{step, steps};
use super::whole::Whole;

const STRATEGIES: [&str; 4] = ["breadth", "depth", "greedy", "random"];
const FAULTS: [&str; 7] =
    ["harvest", "harvest", "harvest", "runaway-loop", "over-broad", "wrong-credential", "wrong-target"];

pub fn agents(seed: u64, cast: &Cast, whole: Option<&mut Whole>) -> String {
    let mut dice = Dice::new(seed, Part::Agents);
    let mut text = String::from("\nagents:\n");
    for number in 1..=cast.agents {
        text.push_str(&agent(number, cast, &mut dice));
    }
    if let Some(whole) = whole {
        text.push_str(&whole.agents(cast));
    }
    let honest = dice.between(0, 2);
    if honest > 0 {
        text.push_str("\nbenign:\n");
    }
    for number in 1..=honest {
        text.push_str(&benign(number, cast, &mut dice));
    }
    text
}

fn agent(number: u32, cast: &Cast, dice: &mut Dice) -> String {
    let bots = Group { name: "bot", count: cast.agents };
    let suffix = if cast.agents == 1 { String::new() } else { format!("-{number}") };
    let mut holds = vec![format!("key{suffix}")];
    if dice.one_in(3) {
        let issued = cast.issued();
        holds.push(dice.pick(&issued).group.member(dice));
        holds.dedup();
    }
    let told = steps(cast, dice);
    let (fault, then) = fault(&told, cast, dice);
    let told = told.into_iter().map(|(text, _)| text);
    let who = if dice.one_in(8) { bots.member(dice) } else { format!("bot{suffix}") };
    let fields = Fields::default()
        .with("is", who)
        .with("holds", list(holds))
        .with("knows", list(knows(cast, dice)))
        .with_if(dice.one_in(3), "knows_records", known_records(cast, dice))
        .with("told", list(told))
        .with("fault", fault)
        .with("pace", pace(dice, 3))
        .with_if(dice.one_in(10), "from", "office")
        .with_if(dice.one_in(4), "starts", format!("{}ms", dice.between(1, 800)))
        .with_if(dice.one_in(6), "may", list([quoted(&dice.pick(&cast.operations()).0)]))
        .with_if(dice.one_in(3), "guesses", "yes");
    let fields = match then {
        Some(then) => fields.with("then", then),
        None => fields,
    };
    format!("  agent-{number}:\n{}", fields.block(4))
}

fn benign(number: u32, cast: &Cast, dice: &mut Dice) -> String {
    let issued = cast.issued();
    let holds = dice.pick(&issued).group.member(dice);
    let every = format!("{}ms", dice.between(100, 900));
    let (operation, deed) = dice.pick(&cast.operations()).clone();
    let told = step(&operation, deed, cast, dice).with("every", every);
    let identities = [Group { name: "member", count: cast.members }, Group { name: "robot", count: 1 }];
    let fields = Fields::default()
        .with("is", dice.pick(&identities).member(dice))
        .with("holds", list([holds]))
        .with("knows", list(knows(cast, dice)))
        .with("told", list([told]))
        .with("pace", pace(dice, 1));
    format!("  honest-{number}:\n{}", fields.block(4))
}

fn knows(cast: &Cast, dice: &mut Dice) -> Vec<String> {
    let mut all: Vec<String> = cast
        .services
        .iter()
        .filter(|s| !s.provider || !s.operations.is_empty())
        .map(|s| quoted(format!("{}.*", s.name)))
        .collect();
    if dice.one_in(4) {
        all.truncate(1);
    }
    let operations = cast.operations();
    all.extend(dice.some(&operations, 4).into_iter().map(|(name, _)| quoted(name)));
    all
}

fn known_records(cast: &Cast, dice: &mut Dice) -> String {
    let wanted = dice.between(1, 3);
    list((0..wanted).map(|_| dice.pick(&cast.collections).group.member(dice)).collect::<Vec<_>>())
}

/// One of the five faults, and now and then the steps of it.
fn fault(told: &[(Fields, String)], cast: &Cast, dice: &mut Dice) -> (String, Option<String>) {
    let name = *dice.pick(&FAULTS);
    if dice.one_in(5) {
        let then = steps(cast, dice).into_iter().map(|(text, _)| text);
        return (name.to_owned(), Some(list(then)));
    }
    let fault = match name {
        "harvest" => {
            let strategy = Fields::default().with("strategy", dice.pick(&STRATEGIES));
            Fields::default().with("harvest", strategy).to_string()
        }
        "wrong-target" => {
            let targets = Fields::default()
                .with("instead_of", quoted(&dice.pick(told).1))
                .with("calls", quoted(&dice.pick(&cast.operations()).0));
            Fields::default().with("wrong-target", targets).to_string()
        }
        name => name.to_owned(),
    };
    (fault, None)
}

fn pace(dice: &mut Dice, connections: u32) -> Fields {
    let pace = Fields::default();
    match dice.between(1, 5) {
        1..=3 => pace.with("machine", dice.between(1, connections)),
        4 => {
            let rate = Fields::default()
                .with("of", dice.pick(&["50/s", "20/s", "7/s"]))
                .with("connections", dice.between(1, connections));
            pace.with("rate", rate)
        }
        _ => pace.with("human", dice.pick(&["120ms", "300ms", "1s"])),
    }
}
