//! Random small worlds: every way to validate, every fault, every pace, every control, put together at random.

mod agents;
mod cast;
mod data;
mod defence;
mod dice;
mod fields;
mod people;
mod services;
mod steps;
mod whole;

use cast::Cast;
use dice::{Dice, Part};
use whole::Whole;

/// A scenario of the first parts of the format for each seed, the same on every machine. It checks without a finding, ends within 8 s of virtual time
/// and takes at most some 3,000 requests. Its variant `undefended` has no responses.
pub fn random_world(seed: u64) -> String {
    let cast = Cast::draw(seed);
    written(seed, &cast, None)
}

/// The same with everything else that a scenario can say: instructions, messages, failures, approvals, keys, delegation.
pub fn random_whole_world(seed: u64) -> String {
    let cast = Cast::draw(seed);
    let whole = Whole::draw(Dice::new(seed, Part::Whole), &cast);
    written(seed, &cast, Some(whole))
}

fn written(seed: u64, cast: &Cast, mut whole: Option<Whole>) -> String {
    let mut text = format!(
        "# yaml-language-server: $schema=https://runaway.invalid/schemas/scenario.schema.json\n\
         #\n\
         # Made by `runaway init --from random:{seed}`.\n\
         runaway: 1\n\
         name: random-{seed}\n\
         story: A world drawn from the seed {seed}.\n\
         seed: {seed}\n\
         time: {{horizon: {}ms, settle: {}ms}}\n",
        cast.horizon_ms,
        cast.horizon_ms / 4,
    );
    text.push_str(&services::services(seed, cast, whole.as_mut()));
    text.push_str(&people::people(seed, cast, whole.as_mut()));
    text.push_str(&data::data(seed, cast, whole.as_mut()));
    text.push_str(&agents::agents(seed, cast, whole.as_mut()));
    text.push_str(&defence::defence(seed, cast, whole.as_mut()));
    if let Some(whole) = &mut whole {
        text.push_str(&whole.instructions(cast));
    }
    text.push_str("\nlimits: {survivors: 0}\n\nvariants:\n");
    text.push_str("  undefended: {story: Nobody answers., set: {respond: {}}}\n");
    text
}
