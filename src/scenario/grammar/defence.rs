//! What contains: detectors, the runbook, preventive limits.

use super::super::shape::Shape::{
    Boolean, Count, Duration, Either, List, Money, Name, Named, Part as P, Rate, Record, Share, Text, Word,
};
use super::super::shape::{Part, Shape, may, must};
use super::world::LAYERS;
use super::{NAMES, RULES, TEXTS};

const KEYS: &[&str] = &["credential", "principal", "owner", "everyone", "conversation"];
const TAKES: Shape = Either(&[
    Duration,
    Record(&[
        must("median", Duration, "half of the time it takes no longer"),
        must("p95", Duration, "nineteen times in twenty it takes no longer"),
    ]),
]);

pub(super) static DETECTOR: Part = Part {
    name: "detector",
    doc: "what is watched, and from how much on",
    shape: Record(&[
        may("report", Duration, "somebody outside tells at this time"),
        may("requests", Count, "so many requests"),
        may("operations", Count, "so many different operations"),
        may("records", Count, "so many records read"),
        may("deletes", Count, "so many accepted deletions"),
        may("canary", Text, "`records`, or a credential family that nobody should use"),
        may("denials", Count, "so many refused requests"),
        may("repeats", Count, "so many times the same message from the same caller to the same operation"),
        may("cost", Money, "so much spent"),
        may("never_seen", Boolean, "an operation that its caller never called before"),
        may("not_owner", Text, "a credential family, used by somebody whose it is not"),
        may("events", List(&Name), "only these event types of the log"),
        may("after_reading", NAMES, "collections: somebody has read from them, and now calls what `on` names"),
        may("on", TEXTS, "with `after_reading`, the operations by which data goes out"),
        may("within", Duration, "the window"),
        may("by", Word(KEYS), "what it counts by"),
        may("delay", Duration, "how long a record takes to reach it"),
    ]),
};

pub(super) static STEP: Part = Part {
    name: "step",
    doc: "one action of the runbook",
    shape: Record(&[
        may("revoke", Text, "ends credentials"),
        may("disable", Text, "ends all that an identity holds or would be issued"),
        may("rotate", Text, "ends credentials and issues their successors"),
        may("only", Word(LAYERS), "of these credentials, those of one layer"),
        may("bind", Text, "credentials work from one network only"),
        may("to", Name, "that network"),
        may("block", Text, "credentials are refused at services"),
        may("at", TEXTS, "those services"),
        may("set_rule", Word(RULES), "who may touch which records"),
        may("on", TEXTS, "the operations"),
        may("close", TEXTS, "operations that are closed"),
        may("throttle", Name, "a limit that is put on"),
        may("require", Name, "an approval that is asked for from now on"),
        may("cancel", TEXTS, "operations whose queued work is dropped"),
        may("delete", TEXTS, "records, or `records with INSTRUCTION`"),
        may("first", Duration, "when the first action takes effect"),
        may("every", Duration, "and each one after it"),
        may("pace", Rate, "so many in a time, the first after one such time"),
        may("order", Word(&["by number", "newest first", "random"]), "in which order"),
        may("fails", Share, "how likely an action is to fail"),
        may("hand_over", Either(&[Duration, Word(&["never"])]), "when owners get the new secret"),
        may("grace", Duration, "how long the old secret is accepted beside the new one"),
        may("supported", Boolean, "whether the provider can do it"),
    ]),
};

pub(super) static RESPOND: Part = Part {
    name: "respond",
    doc: "a map: a step and its time, or a detector and its response",
    shape: Named(&Either(&[
        Duration,
        Record(&[may("after", TAKES, "how long the response takes"), must("do", TEXTS, "its steps")]),
    ])),
};

pub(super) static CONTROL: Part = Part {
    name: "control",
    doc: "a preventive limit: at most so many, not after reading something, or not without an approval",
    shape: Record(&[
        must("on", TEXTS, "the operations; `undocumented` stands for all that the inventory does not have"),
        may("by", Word(KEYS), "what it counts by"),
        may("at_most", Text, "`1 per 4h`, `2_500` or `$5`; `0` closes the operations"),
        may("after_reading", NAMES, "collections: whoever has read from them is refused"),
        may("approval", P(&APPROVAL), "somebody must say yes first"),
        may("counts", Word(&["requests", "records", "cost"]), "what it counts"),
        may("denies", Word(&["429", "403", "402"]), "how it says no"),
        may("armed", Boolean, "on from the start"),
    ]),
};

static APPROVAL: Part = Part {
    name: "approval",
    doc: "who must say yes, and what they say",
    shape: Record(&[
        must("by", Name, "who is asked"),
        must("says_yes", Either(&[Word(&["always", "never"]), Share]), "how often the answer is yes"),
        may("people", Count, "how many must say yes (1)"),
        may("each", Word(&["call", "plan"]), "what is asked about: each call, or all of a plan at once"),
        may("takes", TAKES, "how long an answer takes"),
        may("exempt", NAMES, "who needs none"),
        may("exempt_by", Word(&["subject", "actor"]), "whether that looks at whose the credential is, or at who acts"),
    ]),
};
