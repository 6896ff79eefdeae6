//! What an agent is told, and what goes wrong with it.

use super::super::shape::Shape::{
    Boolean, Count, Duration, Either, Keyed, List, Name, Part as P, Quota, Range, Rate, Record, Share, Text, Word,
};
use super::super::shape::{Field, Part, may, must};
use super::TEXTS;

pub(super) static AGENT: Part = Part {
    name: "agent",
    doc: "who it is, what it holds, what it is told, and what goes wrong",
    shape: Record(&[
        must("is", Text, "the identity; `every GROUP` makes one agent for each"),
        may("holds", TEXTS, "the credentials that it starts with"),
        may("knows", TEXTS, "the operations that it knows of"),
        may("knows_records", TEXTS, "the records whose ids it knows"),
        may("told", P(&STEPS), "its task"),
        may(
            "fault",
            Either(&[
                Word(FAULTS),
                Record(&[
                    HARVEST,
                    may(
                        "wrong-target",
                        Record(&[
                            must("instead_of", Text, "the operation that was meant"),
                            must("calls", Text, "the one that is called"),
                        ]),
                        "takes one target for another",
                    ),
                    may(
                        "spread",
                        Record(&[
                            may("probability", Share, "how likely an agent is to do what it reads"),
                            may("repeats", Word(&["once", "each time"]), "whether it does it with every round"),
                            may("forgets", Either(&[Duration, Word(&["never"])]), "when it is itself again"),
                        ]),
                        "does what an instruction says, and plants it for others",
                    ),
                ]),
                List(&Either(&[Word(FAULTS), Record(&[HARVEST])])),
            ]),
            "what goes wrong; `[injected, harvest]` is one after the other",
        ),
        may("then", P(&STEPS), "the steps of the fault"),
        may(
            "pace",
            Record(&[
                may("machine", Count, "connections; the next request leaves when one is free"),
                may(
                    "rate",
                    Either(&[
                        Rate,
                        Record(&[
                            must("of", Rate, "requests in a time"),
                            may("connections", Count, "at most so many at once"),
                        ]),
                    ]),
                    "requests in a time, whatever the answers do",
                ),
                may("human", Duration, "one request each so often"),
            ]),
            "how fast it acts",
        ),
        may("from", Name, "the network that its requests come from"),
        may(
            "starts",
            Either(&[
                Range,
                Word(&["when woken"]),
                Record(&[
                    must("first", Duration, "when the first of a group starts"),
                    must("every", Duration, "and each one after it"),
                ]),
            ]),
            "when its first request leaves: a time, or for a group a range, uniform, or one after the other",
        ),
        may("may", TEXTS, "operations that are no excess"),
        may("guesses", Boolean, "fills ids by counting and guessing"),
        may("obeys", Text, "whose instructions it does: `nobody`, `everybody`, `signed`, or those of an identity"),
    ]),
};

const HARVEST: Field = may(
    "harvest",
    Record(&[may("strategy", Word(&["breadth", "depth", "greedy", "random"]), "in which order")]),
    "tries every secret everywhere",
);

const FAULTS: &[&str] = &[
    "none",
    "wrong-target",
    "over-broad",
    "runaway-loop",
    "wrong-credential",
    "injected",
    "harvest",
    "spread",
    "stale-plan",
];

static STEPS: Part = Part { name: "steps", doc: "a list of steps", shape: List(&P(&AGENT_STEP)) };

static AGENT_STEP: Part = Part {
    name: "agent-step",
    doc: "`service.operation`, or a map with `do`, `together`, `each`, `forge` or `claims`",
    shape: Either(&[
        Text,
        Record(&[
            may("do", Either(&[Text, P(&STEPS)]), "the operation, or under `each` the steps"),
            may("as", Text, "the credential: a family, `nothing`, `own`, `each FAMILY in turn`, `last found`"),
            may("subject", Name, "the token that it wants exchanged, where it presents another one (RFC 8693)"),
            may("on", TEXTS, "records, `each listed COLLECTION`, or `last created`"),
            may("pages", Word(&["one", "all"]), "follow the pages to the end"),
            may("every", Duration, "again each so often"),
            may("first", Duration, "how long after it was reached"),
            may("times", Either(&[Count, Quota]), "so many times; `5 per 4h`, at random times"),
            may("endless", Boolean, "again and again without a pause"),
            may(
                "after_refusal",
                Word(&["go on", "drop credential", "drop verb", "stop", "retry"]),
                "what it does when it is told no",
            ),
            may("together", List(&P(&STEPS)), "lines that run side by side"),
            may("each", TEXTS, "once for each credential, and with it"),
            may("carrying", TEXTS, "what it writes: an instruction, records that it read, `found secrets`"),
            may("forge", Name, "the credential that it makes itself"),
            may("with", Name, "the signing key that it makes it with"),
            may("for", Text, "whose it claims to be: an identity, or `every GROUP`"),
            may("claims", Keyed(&Count), "its own account: how often it says it called each operation"),
        ]),
    ]),
};

pub(super) static INSTRUCTION: Part = Part {
    name: "instruction",
    doc: "what a text tells whoever obeys it",
    shape: Record(&[must("says", P(&STEPS), "the steps"), may("signed", Boolean, "whether the team signed it")]),
};
