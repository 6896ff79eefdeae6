//! Identities and their credentials.

use std::fmt::Write as _;

use super::cast::{Cast, Family, Group, OWN};
use super::dice::{Dice, Part};
use super::fields::{Fields, list, quoted};
use super::whole::Whole;

/// The tenants of the world.
pub const TENANTS: [&str; 2] = ["north", "south"];

pub fn people(seed: u64, cast: &Cast, mut whole: Option<&mut Whole>) -> String {
    let mut dice = Dice::new(seed, Part::People);
    let mut text = identities(cast, &mut dice);
    if whole.is_some() {
        text.push_str("  stranger: {kind: outsider}\n");
    }
    text.push_str("\ncredentials:\n");
    for (at, family) in cast.families.iter().enumerate() {
        let fields = credential(at, family, cast, &mut dice);
        let fields = match &mut whole {
            // An agent's own opens what the agent is there for.
            Some(whole) if at != OWN => whole.credential(fields, cast),
            _ => fields,
        };
        let _ = writeln!(text, "  {}: {fields}", family.group.name);
    }
    text
}

/// Who can own records.
pub fn owners(cast: &Cast) -> [Group; 3] {
    [
        Group { name: "member", count: cast.members },
        Group { name: "bot", count: cast.agents },
        Group { name: "robot", count: 1 },
    ]
}

fn identities(cast: &Cast, dice: &mut Dice) -> String {
    let kind = |dice: &mut Dice| *dice.pick(&["agent", "service", "human", "outsider"]);
    let tenant = |dice: &mut Dice| match dice.between(1, 3) {
        1 => quoted("team-{n}"),
        _ => (*dice.pick(&TENANTS)).to_owned(),
    };
    let bots = Fields::default()
        .with("kind", "agent")
        .with("count", cast.agents)
        .with_if(dice.one_in(2), "of", "boss")
        .with_if(!dice.one_in(5), "tenant", tenant(dice));
    let members = Fields::default()
        .with("kind", kind(dice))
        .with("count", cast.members)
        .with_if(dice.one_in(3), "of", "boss")
        .with_if(!dice.one_in(5), "tenant", tenant(dice));
    let robot = Fields::default()
        .with("kind", kind(dice))
        .with_if(dice.one_in(2), "of", if cast.members == 1 { "member" } else { "member-1" })
        .with_if(!dice.one_in(5), "tenant", dice.pick(&TENANTS));
    format!("\nidentities:\n  boss: {{kind: human}}\n  bot: {bots}\n  member: {members}\n  robot: {robot}\n")
}

fn credential(at: usize, family: &Family, cast: &Cast, dice: &mut Dice) -> Fields {
    let fields = Fields::default().with("kind", family.kind);
    let fields = match family.group.count {
        _ if at == OWN => fields.with("one_per", "bot"),
        0 => fields.with("count", 0),
        count if count == cast.members => fields.with("one_per", "member"),
        count if count < cast.members => {
            fields.with("one_per", Fields::default().with("of", "member").with("first", count))
        }
        count => {
            let [members, bots, robot] = owners(cast);
            let of = dice.pick(&[members, bots, robot]).formula(count, dice);
            fields.with("count", count).with("of", quoted(of))
        }
    };
    let parent = (at > 0).then(|| &dice.pick(&cast.families[..at]).group);
    let lives = *dice.pick(&["0s", "700ms", "2s", "4s", "1h"]);
    let fields = fields
        .with("scopes", list(scopes(at == OWN, cast, dice)))
        .with_if(dice.one_in(if at == OWN { 12 } else { 4 }), "lives", lives)
        .with_if(dice.one_in(20), "bound", Fields::default().with("network", "office"));
    // One parent is not the parent of several.
    match parent.filter(|_| dice.one_in(3)).filter(|parent| parent.count != 1 || family.group.count <= 1) {
        Some(parent) => fields.with("parent", parent.name).with_if(dice.one_in(2), "cascade", "yes"),
        None => fields,
    }
}

/// An agent's own credential opens most of some services.
fn scopes(own: bool, cast: &Cast, dice: &mut Dice) -> Vec<String> {
    let wanted = dice.between(1, 4) + u32::from(own);
    (0..wanted)
        .map(|at| {
            let service = dice.pick(&cast.services);
            let scope = match dice.between(1, 8) {
                1..=3 if own && at == 0 => "*".to_owned(),
                _ if own && at < 2 => format!("{}:*", service.name),
                1..=3 => format!("{}:*", service.name),
                4 => format!("{}:read", service.name),
                5 => format!("{}:{}", service.name, dice.pick(&["write", "delete", "mint", "token"])),
                6 => format!("{}:{}", service.name, dice.pick(&service.operations).name),
                7 => "reader".to_owned(),
                _ => (*dice.pick(&["admin", "*"])).to_owned(),
            };
            quoted(scope)
        })
        .collect()
}
