//! What a service and its operations can say.

use super::super::shape::Shape::{
    Boolean, Count, Duration, Either, Keyed, List, Money, Name, Named, Part as P, Range, Record, Share, Text, Word,
};
use super::super::shape::{Part, Shape, may, must};
use super::{NAMES, RULES, TEXTS};

const DENIALS: &[&str] = &["401", "403", "404", "empty"];
const EFFECTS: &[&str] = &["read", "write", "delete", "execute", "grant", "mint", "send"];
const AUDIT: Shape =
    Either(&[Word(&["all", "none"]), List(&Word(&["principal", "credential", "address", "object", "act", "trace"]))]);

pub(super) static SERVICE: Part = Part {
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
                    may("keys", NAMES, "the signing keys whose tokens it takes"),
                    may("audience", Word(&["checked", "ignored"]), "whether it refuses tokens for other services"),
                    may("jwks_cache", Duration, "how long it trusts a set of keys that it fetched"),
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
        may("audit", AUDIT, "what its audit log records"),
        may("fails", Share, "the share of calls that it answers with 500, at random"),
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
            may("inside", Name, "it lists, or makes, what lies in one record of this collection"),
            may("creates", Name, "the collection in which it makes a record"),
            may("mints", Name, "the credential family that it hands out"),
            may("refresh", Name, "the family of the refresh token beside it"),
            may(
                "grant",
                Word(&["client-credentials", "refresh-token", "refresh-token rotating", "token-exchange"]),
                "how a token is asked for",
            ),
            may("mints_for", Text, "whose the new credential is, where it is not the caller's"),
            may(
                "scopes",
                Word(&["family", "presented", "both"]),
                "what the new credential unlocks: what its family does, what was presented, or what subject and actor \
                 both may",
            ),
            may("wakes", Name, "the agent that gets the message and acts on it"),
            may("selector", Keyed(&Text), "the body field that tells operations on one path apart"),
            may(
                "needs",
                Either(&[Text, List(&Either(&[Text, List(&Text)]))]),
                "scopes: a list is AND, a list of lists is OR of AND; `any credential` asks for none, `[]` for nothing",
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
            may("order", Word(&["by number", "newest first"]), "in which order it lists"),
            may("audit", AUDIT, "what the audit log records of it, where that is not what the service says"),
            may("logs_as", Name, "the event type under which the log has it, where that is not its name"),
            may("fails", Share, "the share of calls that are answered with 500, at random"),
        ]),
    ]),
};
