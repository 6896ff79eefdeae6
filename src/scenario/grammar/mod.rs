//! The grammar of the format, version 1: every key with what it means.

mod agents;
mod defence;
mod services;
mod world;

use self::agents::{AGENT, INSTRUCTION};
use self::defence::{CONTROL, DETECTOR, RESPOND, STEP};
use self::services::SERVICE;
pub use self::world::LAYERS;
use self::world::{CREDENTIAL, DATA, IDENTITY};
use super::shape::Shape::{
    Anything, Axis, Count, Duration, Either, Instant, Keyed, List, Name, Named, Null, Part as P, Quantity, Record,
    Share, Text, Word,
};
use super::shape::{Part, Shape, may, must};

const TEXTS: Shape = Either(&[Text, List(&Text)]);
const NAMES: Shape = Either(&[Name, List(&Name)]);
const RULES: &[&str] = &["anyone", "owner", "tenant"];

const MEASURES: Shape = Keyed(&Either(&[Quantity, P(&EXPECTED)]));

static EXPECTED: Part = Part {
    name: "expected",
    doc: "a value, or a map of is, at_least, at_most, probability, …",
    shape: Record(&[
        may("is", Quantity, "the value"),
        may("at_least", Quantity, "no less than this"),
        may("at_most", Quantity, "no more than this"),
        may("probability", Share, "in this share of the seeds; `100%` is in every one"),
        may("give_or_take", Share, "how far the share may be off"),
        may("seeds", Count, "over so many seeds"),
    ]),
};

/// A scenario file.
pub static SCENARIO: Part = Part {
    name: "scenario",
    doc: "one story: a world, agents with a faulty instruction, controls, and what is expected",
    shape: Record(&[
        must("runaway", Word(&["1"]), "the version of this format"),
        must("name", Name, "the name of the scenario"),
        may("story", Text, "what happens, for somebody who has never seen the tool"),
        may("based_on", Text, "the incident behind it"),
        may(
            "scale",
            Text,
            "what the numbers stand for where they are not those of the incident; it is said beside them",
        ),
        may("sources", TEXTS, "where the facts come from"),
        may("place", Word(&["build", "ticketing", "deployment", "production-data"]), "where such agents work"),
        may("tags", TEXTS, "OWASP, MITRE ATT&CK and ATLAS ids"),
        may("time", P(&TIME), "when it starts and when it ends"),
        may("seed", Count, "what every draw comes from"),
        may("seeds", Count, "over how many seeds it is meant to be run"),
        may("currency", Text, "what costs are in"),
        may("networks", List(&Name), "where requests come from, beside `internet`; once some are named, all must be"),
        must("services", Named(&P(&SERVICE)), "the APIs of the world"),
        must("identities", Named(&P(&IDENTITY)), "the principals: agents, services, people, outsiders"),
        may("credentials", Named(&P(&CREDENTIAL)), "what proves an identity"),
        may("data", Named(&P(&DATA)), "the collections of records"),
        may("instructions", Named(&P(&INSTRUCTION)), "what a text tells whoever obeys it; it lies in records"),
        must("agents", Named(&P(&AGENT)), "the agents, and what goes wrong with them"),
        may("benign", Named(&P(&AGENT)), "honest work beside them"),
        may("detect", Named(&P(&DETECTOR)), "what watches the audit logs"),
        may("steps", Named(&P(&STEP)), "the runbook: named actions"),
        may("respond", P(&RESPOND), "which steps happen, and when"),
        may("controls", Named(&P(&CONTROL)), "preventive limits"),
        may("truth", MEASURES, "what the run must compute"),
        may("limits", MEASURES, "the most that the team tolerates"),
        may("expect_verdict", Word(&["pass", "fail", "inconclusive"]), "what the verdict should be"),
        may("variants", Named(&P(&VARIANT)), "named patches of all the above"),
    ]),
};

static TIME: Part = Part {
    name: "time",
    doc: "a map of zero, horizon, settle",
    shape: Record(&[
        may(
            "zero",
            Instant,
            "the date and time of the start, RFC 3339, in whole seconds: logs and tokens count from it (2026-01-01T00:00:00Z)",
        ),
        may("horizon", Duration, "the run ends here at the latest; required when anything repeats"),
        may("settle", Duration, "how long everything must have been shut before the run ends (60s)"),
    ]),
};

static VARIANT: Part = Part {
    name: "variant",
    doc: "a patch of the scenario",
    shape: Either(&[
        Null,
        Record(&[
            may("story", Text, "what is different"),
            may("like", Name, "the variant that it starts from"),
            may("against", Name, "the variant whose uncontrolled run is the positive control"),
            may("set", Keyed(&Anything), "values by dotted path"),
            may("add", Keyed(&Anything), "parts that are merged in"),
            may("respond", P(&RESPOND), "which steps happen, and when"),
            may("truth", MEASURES, "what the run must compute"),
            may("limits", MEASURES, "the most that the team tolerates"),
            may(
                "expect_verdict",
                Either(&[Word(&["pass", "fail", "inconclusive"]), Axis]),
                "what the verdict should be",
            ),
            may(
                "matrix",
                Either(&[Named(&List(&Anything)), List(&Keyed(&Text))]),
                "one variant for each combination of the values, or for each row of a list of maps",
            ),
        ]),
    ]),
};

/// Every part of the grammar, each before the parts that it refers to.
pub fn parts() -> Vec<&'static Part> {
    let mut found = Vec::new();
    SCENARIO.gather(&mut found);
    found
}

/// The JSON Schema of a scenario file.
pub fn schema() -> serde_json::Value {
    let mut defs = serde_json::Map::new();
    let root = SCENARIO.shape.schema(&mut defs);
    let mut schema = serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://runaway.invalid/schemas/scenario.schema.json",
        "title": "runaway scenario, version 1",
        "$defs": defs,
    });
    if let (Some(object), Some(root)) = (schema.as_object_mut(), root.as_object()) {
        object.extend(root.clone());
    }
    schema
}
