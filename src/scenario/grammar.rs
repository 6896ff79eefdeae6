//! The grammar of the format, version 1: every key with what it means.

use super::shape::Shape::{
    Anything, Boolean, Count, Duration, Either, Instant, Keyed, List, Money, Name, Named, Null, Part as P, Quantity,
    Range, Rate, Record, Text, Word,
};
use super::shape::{Part, Shape, may, must};

const TEXTS: Shape = Either(&[Text, List(&Text)]);
const NUMBERS: Shape = Either(&[Count, Named(&Count)]);
const MEASURES: Shape = Keyed(&Either(&[Quantity, Keyed(&Quantity)]));
const DENIALS: &[&str] = &["401", "403", "404", "empty"];
const RULES: &[&str] = &["anyone", "owner", "tenant"];
const KEYS: &[&str] = &["credential", "principal", "owner", "everyone"];
const EFFECTS: &[&str] = &["read", "write", "delete", "execute", "grant", "mint", "send"];

/// A scenario file.
pub static SCENARIO: Part = Part {
    name: "scenario",
    doc: "one story: a world, agents with a faulty instruction, controls, and what is expected",
    shape: Record(&[
        must("runaway", Word(&["1"]), "the version of this format"),
        must("name", Name, "the name of the scenario"),
        may("story", Text, "what happens, for somebody who has never seen the tool"),
        may("based_on", Text, "the incident behind it"),
        may("sources", TEXTS, "where the facts come from"),
        may("place", Word(&["build", "ticketing", "deployment", "production-data"]), "where such agents work"),
        may("tags", TEXTS, "OWASP, MITRE ATT&CK and ATLAS ids"),
        may("time", P(&TIME), "when it starts and when it ends"),
        may("seed", Count, "what every draw comes from"),
        may("seeds", Count, "over how many seeds it is meant to be run"),
        may("currency", Text, "what costs are in"),
        must("services", Named(&P(&SERVICE)), "the APIs of the world"),
        must("identities", Named(&P(&IDENTITY)), "the principals: agents, services, people, outsiders"),
        may("credentials", Named(&P(&CREDENTIAL)), "what proves an identity"),
        may("data", Named(&P(&DATA)), "the collections of records"),
        may("instructions", Named(&Anything), "named instructions that can lie in records"),
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
        may("zero", Instant, "the date and time of the start, RFC 3339, for the reader"),
        may("horizon", Duration, "the run ends here at the latest; required when anything repeats"),
        may("settle", Duration, "how long everything must have been shut before the run ends (60s)"),
    ]),
};

static SERVICE: Part = Part {
    name: "service",
    doc: "an API: operations, and a way to validate credentials",
    shape: Record(&[
        must(
            "accepts",
            Either(&[
                Word(&["none", "gateway", "jwt", "introspect", "push", "api-key"]),
                Record(&[
                    must(
                        "mode",
                        Word(&["none", "gateway", "jwt", "introspect", "push", "api-key"]),
                        "how it validates",
                    ),
                    may("cache", Duration, "how long a positive answer is trusted"),
                    may("stale", Duration, "how much longer it is served while the replica asks again"),
                    may("delay", Duration, "how long a revocation event takes to arrive"),
                    may("leeway", Duration, "how long after `exp` a token is still taken"),
                ]),
            ]),
            "how it validates credentials: this decides when a revoked one stops working",
        ),
        may("kind", Word(&["api", "identity-provider"]), "an identity provider speaks OAuth"),
        may("operations", Named(&P(&OPERATION)), "what can be asked"),
        may("openapi", P(&OPENAPI), "a description to take operations from"),
        may("latency", Range, "how long an answer takes"),
        may("page", Count, "records in one page of a list"),
        may("denies", Word(DENIALS), "how it says no"),
        may("rows", Word(RULES), "who may touch which records"),
        may("replicas", Count, "how many, each with a cache of its own"),
        may("audit", List(&Word(&["principal", "credential", "address", "object"])), "what its audit log records"),
    ]),
};

static OPENAPI: Part = Part {
    name: "openapi",
    doc: "a real OpenAPI description",
    shape: Record(&[
        must("file", Text, "the description, relative to the scenario"),
        may("counts", Count, "how many records each collection has"),
        may("effects", Keyed(&Word(EFFECTS)), "effects by pattern, such as `POST */search*`"),
        may("only", TEXTS, "patterns of the operations to take"),
        may("taken", Text, "what was taken from the file; journals carry it"),
    ]),
};

static OPERATION: Part = Part {
    name: "operation",
    doc: "`GET /path -> collection records`, or a map with `http`",
    shape: Either(&[
        Text,
        Record(&[
            must("http", Text, "`METHOD /path`, with `-> collection records|ids|count` where it answers with records"),
            may("effect", Word(EFFECTS), "what it does; else from the method"),
            may("on", Name, "the collection that it changes"),
            may("one", Boolean, "it is about one record, named in the request"),
            may("inside", Name, "it lists what lies in one record of this collection"),
            may("creates", Name, "the collection in which it makes a record"),
            may("mints", Name, "the credential family that it hands out"),
            may("refresh", Name, "the family of the refresh token beside it"),
            may(
                "grant",
                Word(&["client-credentials", "refresh-token", "refresh-token rotating", "token-exchange"]),
                "how a token is asked for",
            ),
            may("selector", Keyed(&Text), "the body field that tells operations on one path apart"),
            may(
                "needs",
                Either(&[Text, List(&Either(&[Text, List(&Text)]))]),
                "scopes: a list is AND, a list of lists is OR of AND",
            ),
            may("documented", Boolean, "whether the inventory has it"),
            may("reversible", Either(&[Boolean, Duration]), "whether, or for how long, its effect can be undone"),
            may("denies", Word(DENIALS), "how it says no"),
            may("rows", Word(RULES), "who may touch which records"),
            may("latency", Range, "how long an answer takes"),
            may("page", Count, "records in one page"),
            may("effect_after", Duration, "the work is queued and happens this much later"),
            may("recheck", Boolean, "queued work is authorized again when it happens"),
            may("costs", Money, "for each accepted call"),
            may("redirects", Text, "where a client is sent instead"),
            may("approval", Anything, "who must approve"),
            may("order", Text, "in which order it lists"),
        ]),
    ]),
};

static IDENTITY: Part = Part {
    name: "identity",
    doc: "a principal, or a group of them",
    shape: Record(&[
        must("kind", Word(&["agent", "service", "human", "outsider"]), "what it is"),
        may("count", Count, "how many"),
        may("of", Text, "who answers for it"),
        may("tenant", Text, "whose data it belongs to"),
    ]),
};

static CREDENTIAL: Part = Part {
    name: "credential",
    doc: "a kind of credential",
    shape: Record(&[
        must(
            "kind",
            Word(&[
                "api-key",
                "access-token",
                "refresh-token",
                "session",
                "oauth-client",
                "connected-app",
                "personal-token",
                "role-session",
                "signing-key",
                "password",
            ]),
            "what it is",
        ),
        may("of", Text, "the identity that it proves"),
        may(
            "one_per",
            Either(&[Name, Record(&[must("of", Name, "the group"), may("first", Count, "only so many")])]),
            "one for each identity of a group",
        ),
        may("count", Count, "how many exist at the start"),
        may("scopes", TEXTS, "what it unlocks"),
        may("meant", TEXTS, "what it was meant for"),
        may("lives", Duration, "its lifetime"),
        may("parent", Name, "the family that it was minted from"),
        may("cascade", Boolean, "the end of its parent ends it"),
        may(
            "bound",
            Either(&[Word(&["none"]), Record(&[must("network", Name, "the only network")])]),
            "where it works",
        ),
    ]),
};

static DATA: Part = Part {
    name: "data",
    doc: "a collection of records of one class",
    shape: Record(&[
        must("count", NUMBERS, "how many records, or how many in each part"),
        must("class", Name, "public, internal, confidential, pii, secret, or a class of your own"),
        may("owner", Text, "who owns each: a formula, `part`, or `caller`"),
        may("tenant", Text, "whose tenant each is in: a formula or `part`"),
        may(
            "holds",
            Either(&[
                Text,
                Record(&[
                    must("credential", Text, "which, as a name or a formula"),
                    must("in", Either(&[Count, List(&Count)]), "the numbers of the records"),
                ]),
            ]),
            "the credential that lies in each record",
        ),
        may("ids", Word(&["listed", "sequential", "guessable", "unguessable"]), "how a client learns them"),
        may("inside", Text, "the record of another collection that each lies in"),
        may("canary", Count, "how many of the last records nobody has a reason to read"),
        may("per", Name, "one set for each of a group"),
        may("plants", Anything, "instructions that lie in the records"),
    ]),
};

static AGENT: Part = Part {
    name: "agent",
    doc: "who it is, what it holds, what it is told, and what goes wrong",
    shape: Record(&[
        must("is", Text, "the identity"),
        may("holds", TEXTS, "the credentials that it starts with"),
        may("knows", TEXTS, "the operations that it knows of"),
        may("knows_records", TEXTS, "the records whose ids it knows"),
        may("told", P(&STEPS), "its task"),
        may(
            "fault",
            Either(&[
                Word(FAULTS),
                Record(&[
                    may(
                        "harvest",
                        Record(&[may("strategy", Word(&["breadth", "depth", "greedy", "random"]), "in which order")]),
                        "tries every secret everywhere",
                    ),
                    may(
                        "wrong-target",
                        Record(&[
                            must("instead_of", Text, "the operation that was meant"),
                            must("calls", Text, "the one that is called"),
                        ]),
                        "takes one target for another",
                    ),
                ]),
            ]),
            "what goes wrong",
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
        may("starts", Duration, "when its first request leaves"),
        may("may", TEXTS, "operations that are no excess"),
        may("guesses", Boolean, "fills ids by counting and guessing"),
        may("turned", Anything, "how it behaves once turned"),
    ]),
};

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
    doc: "`service.operation`, or a map with `do`, `together` or `each`",
    shape: Either(&[
        Text,
        Record(&[
            may("do", Either(&[Text, P(&STEPS)]), "the operation, or under `each` the steps"),
            may("as", Text, "the credential: a family, `nothing`, `own`, `each FAMILY in turn`, `last found`"),
            may("on", TEXTS, "records, or `each listed COLLECTION`"),
            may("pages", Word(&["one", "all"]), "follow the pages to the end"),
            may("every", Duration, "again each so often"),
            may("first", Duration, "how long after it was reached"),
            may("times", Count, "so many times"),
            may("endless", Boolean, "again and again without a pause"),
            may(
                "after_refusal",
                Word(&["go on", "drop credential", "drop verb", "stop", "retry"]),
                "what it does when it is told no",
            ),
            may("together", List(&P(&STEPS)), "lines that run side by side"),
            may("each", TEXTS, "once for each credential, and with it"),
            may("carrying", Text, "an instruction that it plants"),
            may("obey", Text, "whose instructions it obeys"),
            may("to", Text, "whom it sends to"),
            may("at", Text, "when"),
        ]),
    ]),
};

static DETECTOR: Part = Part {
    name: "detector",
    doc: "what is watched, and from how much on",
    shape: Record(&[
        may("report", Duration, "somebody outside tells at this time"),
        may("requests", Count, "so many requests"),
        may("operations", Count, "so many different operations"),
        may("records", Count, "so many records read"),
        may("deletes", Count, "so many accepted deletions"),
        may("canary", Text, "`records`, or a credential family that nobody should use"),
        may("within", Duration, "the window"),
        may("by", Word(KEYS), "what it counts by"),
        may("delay", Duration, "how long a record takes to reach it"),
    ]),
};

static STEP: Part = Part {
    name: "step",
    doc: "one action of the runbook",
    shape: Record(&[
        may("revoke", Text, "ends credentials"),
        may("disable", Text, "ends all that an identity holds or would be issued"),
        may("rotate", Text, "ends credentials and issues their successors"),
        may("bind", Text, "credentials work from one network only"),
        may("to", Name, "that network"),
        may("block", Text, "credentials are refused at services"),
        may("at", TEXTS, "those services"),
        may("set_rule", Word(RULES), "who may touch which records"),
        may("on", TEXTS, "the operations"),
        may("close", TEXTS, "operations that are closed"),
        may("throttle", Name, "a limit that is put on"),
        may("first", Duration, "when the first action takes effect"),
        may("every", Duration, "and each one after it"),
        may("hand_over", Either(&[Duration, Word(&["never"])]), "when owners get the new secret"),
        may("supported", Boolean, "whether the provider can do it"),
    ]),
};

static RESPOND: Part = Part {
    name: "respond",
    doc: "a map: a step and its time, or a detector and its response",
    shape: Named(&Either(&[
        Duration,
        Record(&[may("after", Duration, "how long the response takes"), must("do", TEXTS, "its steps")]),
    ])),
};

static CONTROL: Part = Part {
    name: "control",
    doc: "a preventive limit",
    shape: Record(&[
        must("on", TEXTS, "the operations"),
        may("by", Word(KEYS), "what it counts by"),
        may("per", Name, "what it counts by, as a group"),
        must("at_most", Text, "`1 per 4h`, `2_500` or `$5`"),
        may("counts", Word(&["requests", "records", "cost"]), "what it counts"),
        may("denies", Word(&["429", "403", "402"]), "how it says no"),
        may("armed", Boolean, "on from the start"),
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
            may("expect_verdict", Word(&["pass", "fail", "inconclusive"]), "what the verdict should be"),
            may("matrix", Named(&List(&Anything)), "one variant for each combination"),
        ]),
    ]),
};

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
