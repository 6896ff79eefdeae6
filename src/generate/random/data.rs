//! Collections of records.

use std::fmt::Write as _;

use super::cast::{Cast, Collection};
use super::dice::{Dice, Part};
use super::fields::{Fields, list, quoted};
use super::people::{TENANTS, owners};
use super::whole::Whole;

const CLASSES: [&str; 5] = ["public", "internal", "confidential", "pii", "secret"];
const IDS: [&str; 4] = ["listed", "sequential", "guessable", "unguessable"];

pub fn data(seed: u64, cast: &Cast, mut whole: Option<&mut Whole>) -> String {
    let mut dice = Dice::new(seed, Part::Data);
    let mut text = String::from("\ndata:\n");
    for (at, collection) in cast.collections.iter().enumerate() {
        let fields = records(collection, cast, &mut dice);
        let fields = match &mut whole {
            Some(whole) => whole.collection(fields, at, collection.group.count),
            None => fields,
        };
        let _ = writeln!(text, "  {}: {fields}", collection.group.name);
    }
    text
}

fn records(collection: &Collection, cast: &Cast, dice: &mut Dice) -> Fields {
    let count = collection.group.count;
    let fields = Fields::default().with("class", dice.pick(&CLASSES)).with("ids", dice.pick(&IDS));
    let fields = match dice.between(1, 5) {
        1 => by_tenant(fields, count, dice),
        2 | 3 => fields.with("count", count).with("tenant", dice.pick(&TENANTS)),
        _ => fields.with("count", count),
    };
    let owner = dice.pick(&owners(cast)).formula(count, dice);
    let fields = match dice.between(1, 6) {
        1 => fields,
        2 => fields.with("owner", "caller"),
        _ => fields.with("owner", quoted(owner)),
    };
    let fields = match collection.inside {
        Some(outer) => fields.with("inside", quoted(cast.collections[outer].group.formula(count, dice))),
        None => fields,
    };
    let canaries = dice.between(1, 3).min(count);
    holds(fields, count, cast, dice).with_if(dice.one_in(4), "canary", canaries)
}

/// Records in two parts, a tenant each.
fn by_tenant(fields: Fields, count: u32, dice: &mut Dice) -> Fields {
    let north = dice.between(0, count);
    let parts = Fields::default().with(TENANTS[0], north).with(TENANTS[1], count - north);
    fields.with("count", parts).with("tenant", "part")
}

/// Secrets that lie in the records.
fn holds(fields: Fields, count: u32, cast: &Cast, dice: &mut Dice) -> Fields {
    let issued = cast.issued();
    let group = &dice.pick(&issued).group;
    match dice.between(1, 4) {
        1 => fields.with("holds", quoted(group.member(dice))),
        2 => fields.with("holds", quoted(group.formula(count, dice))),
        3 => {
            let rows: Vec<u32> = (1..=count).collect();
            let chosen = dice.some(&rows, group.count.min(3));
            let credential = quoted(format!("{}-{{n}}", group.name));
            fields.with("holds", Fields::default().with("credential", credential).with("in", list(chosen)))
        }
        _ => fields,
    }
}
