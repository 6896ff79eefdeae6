//! What agents are told: steps with every credential, target, repetition and answer to a refusal.

use super::cast::{Cast, Deed};
use super::dice::Dice;
use super::fields::{Fields, list, quoted};

/// One to four steps, each with the operation that it calls.
pub fn steps(cast: &Cast, dice: &mut Dice) -> Vec<(Fields, String)> {
    let wanted = dice.between(1, 4);
    (0..wanted).map(|_| plain_or_grouped(cast, dice)).collect()
}

fn plain_or_grouped(cast: &Cast, dice: &mut Dice) -> (Fields, String) {
    let (operation, deed) = dice.pick(&cast.operations()).clone();
    let plain = repeated(step(&operation, deed, cast, dice), dice);
    let block = match dice.between(1, 8) {
        1 => {
            let (beside, deed) = dice.pick(&cast.operations()).clone();
            let line = step(&beside, deed, cast, dice);
            Fields::default().with("together", list([list([plain]), list([line])]))
        }
        2 => {
            let issued = cast.issued();
            let each: Vec<String> = dice.some(&issued, 2).into_iter().map(|f| f.group.member(dice)).collect();
            Fields::default().with("each", list(each)).with("do", list([enclosed(&operation, deed, cast, dice)]))
        }
        _ => plain,
    };
    (block, operation)
}

/// A call, without saying how often.
pub fn step(operation: &str, deed: Deed, cast: &Cast, dice: &mut Dice) -> Fields {
    let fields = Fields::default().with("do", quoted(operation));
    let family = dice.pick(&cast.families).group.name;
    let fields = match dice.between(1, 12) {
        1 => fields.with("as", "nothing"),
        2 => fields.with("as", "last found"),
        3 => fields.with("as", family),
        4 => fields.with("as", quoted(format!("each {family} in turn"))),
        _ => fields,
    };
    on(fields, deed, cast, dice).with_if(
        dice.one_in(3),
        "after_refusal",
        dice.pick(&["go on", "drop credential", "drop verb", "stop", "retry"]),
    )
}

fn enclosed(operation: &str, deed: Deed, cast: &Cast, dice: &mut Dice) -> Fields {
    on(Fields::default().with("do", quoted(operation)), deed, cast, dice)
}

/// The records that the call is about.
fn on(fields: Fields, deed: Deed, cast: &Cast, dice: &mut Dice) -> Fields {
    let fields = match deed {
        Deed::List(_) | Deed::ListInside(_) => fields.with_if(dice.one_in(2), "pages", "all"),
        _ => fields,
    };
    let Some(named) = cast.named_by(deed) else { return fields };
    let name = named.group.name;
    match (deed, dice.between(1, 4)) {
        (Deed::ListInside(_), 1) => fields.with("on", quoted(format!("each listed parent {name}"))),
        (_, 1 | 2) => fields.with("on", quoted(format!("each listed {name}"))),
        _ => {
            let wanted = dice.between(1, 3);
            let records: Vec<String> = (0..wanted).map(|_| named.group.member(dice)).collect();
            fields.with("on", list(records))
        }
    }
}

fn repeated(fields: Fields, dice: &mut Dice) -> Fields {
    match dice.between(1, 8) {
        1 => fields.with("times", dice.between(2, 5)),
        2 => fields.with("every", format!("{}ms", dice.between(100, 900))).with_if(dice.one_in(2), "first", "300ms"),
        3 => fields.with("every", "250ms").with("times", dice.between(2, 6)),
        4 if dice.one_in(3) => fields.with("endless", "yes"),
        _ => fields,
    }
}
