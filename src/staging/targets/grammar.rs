//! The grammar of a targets file, version 1: every key with what it means.

use super::grammar_drill::DRILL;
use super::grammar_explore::EXPLORE;
use crate::scenario::shape::Shape::{
    Boolean, Count, Duration, Either, Keyed, List, Name, Named, Part as P, Record, Share, Text, Word,
};
use crate::scenario::shape::{Part, Shape, may, must};

pub(super) const TEXTS: Shape = Either(&[Text, List(&Text)]);
pub(super) const NAMES: Shape = Either(&[Name, List(&Name)]);
const STATUSES: Shape = Either(&[Count, List(&Count)]);
pub(super) const COMMAND: Shape = List(&Text);

/// The fields of what is sent over HTTP: those of its own, then what any request may have.
macro_rules! sent {
    ($($own:expr,)*) => {
        &[
            $($own,)*
            may("headers", Keyed(&Text), "more headers"),
            may("form", Keyed(&Text), "a body of form fields"),
            may("json", Text, "a body of JSON, written as a text"),
            may("body", Text, "a body as it is"),
            may("accepted", P(&MATCH), "what proves that it was accepted (any status 2xx)"),
            may("refused", P(&MATCHES), "what else than 401, 403 and 404 says that it was refused"),
        ]
    };
}
pub(super) use sent;

/// A targets file.
pub static TARGETS: Part = Part {
    name: "targets",
    doc: "a real system: where it is, what may be sent to it, and how an identity is contained there",
    shape: Record(&[
        must("targets", Word(&["1"]), "the version of this format"),
        must("name", Name, "the name of the drill"),
        may("story", Text, "what is drilled and why, for whoever reads the report"),
        may("contact", Text, "whom to ask about it, such as a mail address: every request says so in its user agent"),
        must("origins", Named(&P(&ORIGIN)), "every scheme, host and port that may be talked to"),
        may("writes", TEXTS, "what may be changed: `METHOD origin:/path`, with `*` for the rest of a path"),
        may("counts_as_write", TEXTS, "reads that change something, such as `GET api:/logout`, and its `HEAD` with it"),
        may("counts_as_read", TEXTS, "other methods that only read, such as `POST api:/search`"),
        may("provider", P(&PROVIDER), "the identity provider's endpoints"),
        must("credentials", Named(&P(&CREDENTIAL)), "where each credential is kept; never the credential itself"),
        must("identity", P(&IDENTITY), "the identity that is drilled"),
        must("control", Name, "a known-good credential of somebody else: it tells `revoked` from `we are banned`"),
        may("cleanup", Name, "the credential that restores; none of the drilled ones"),
        must("services", Named(&P(&SERVICE)), "what should stop to accept, and how that is probed"),
        may("sentinels", Named(&P(&SENTINEL)), "honest work that must go on"),
        may("alarm", P(&ALARM), "how their detection is heard"),
        may("use_found", Word(&["none", "canary", "listed"]), "which found secrets are tried"),
        may("caps", P(&CAPS), "hard limits; 0 means zero"),
        must("stop", Either(&[Word(&["none"]), List(&P(&STOP))]), "what ends the run early; `none` must be written"),
        may("patience", Duration, "how long an answer may take, where `drill` does not say it (5s)"),
        may("kill_file", Text, "all sending stops when this file exists"),
        may("drill", P(&DRILL), "the containment, and how it is watched: `runaway drill`"),
        may("explore", P(&EXPLORE), "what an agent may explore: `runaway run --plane staging`"),
    ]),
};

static ORIGIN: Part = Part {
    name: "origin",
    doc: "`https://host:port`, or a map with `url`",
    shape: Either(&[
        Text,
        Record(&[
            must("url", Text, "`https://host:port`; `http` to addresses that are listed only"),
            may("address", TEXTS, "its IP addresses: nothing is looked up, and private ones are allowed"),
            may("ca", Text, "a PEM file with the certificate authorities that are trusted instead of the system's"),
        ]),
    ]),
};

static PROVIDER: Part = Part {
    name: "provider",
    doc: "a map of issuer, token, revocation",
    shape: Record(&[
        may(
            "issuer",
            Text,
            "its issuer: what is not written out here is asked of it when something is sent (RFC 8414, else OpenID Connect \
             Discovery)",
        ),
        may(
            "token",
            Text,
            "the token endpoint, `origin:/path` (RFC 6749 section 3.2); always a write; in requests: `POST provider:token`",
        ),
        may(
            "revocation",
            Text,
            "the revocation endpoint, `origin:/path` (RFC 7009); always a write; in requests: `POST provider:revocation`",
        ),
    ]),
};

static CREDENTIAL: Part = Part {
    name: "credential",
    doc: "a map of from, present, lives",
    shape: Record(&[
        must("from", P(&REFERENCE), "where it is fetched, each time that a fresh one is needed"),
        may(
            "present",
            Either(&[
                Word(&["bearer", "basic"]),
                Record(&[
                    may("scheme", Text, "the word before it in `Authorization`, such as `Token`"),
                    may("header", Text, "the name of the header that carries it"),
                    may("cookie", Text, "the name of the cookie that carries it"),
                ]),
            ]),
            "how it is sent: `bearer` (default), `basic` (the credential is `user:password`), another scheme, a header, a cookie",
        ),
        may("kind", Text, "what it is called in reports, such as `access-token`"),
        may("lives", Duration, "how long it is good for after it was fetched"),
    ]),
};

static REFERENCE: Part = Part {
    name: "reference",
    doc: "a map of env, file, command or request",
    shape: Record(&[
        may("env", Text, "the name of an environment variable"),
        may("file", Text, "a file; white space at its end is left out"),
        may("command", COMMAND, "a program with its arguments; it prints the credential"),
        may("request", P(&ISSUE), "a request whose answer holds it, such as one to a token endpoint"),
        may("take", Text, "with `request`, the JSON pointer to it (RFC 6901), such as `/access_token`"),
    ]),
};

static IDENTITY: Part = Part {
    name: "identity",
    doc: "a map of name, credentials",
    shape: Record(&[must("name", Text, "who it is"), must("credentials", NAMES, "all that it holds")]),
};

pub(super) static MATCH: Part = Part {
    name: "match",
    doc: "a map of status, body, json",
    shape: Record(&[
        may("status", STATUSES, "one of these statuses"),
        may("body", Text, "the body contains this"),
        may("json", Text, "the body is JSON and has something at this pointer (RFC 6901)"),
    ]),
};

pub(super) static MATCHES: Part =
    Part { name: "matches", doc: "a match, or a list of them", shape: Either(&[P(&MATCH), List(&P(&MATCH))]) };

pub(super) static REQUEST: Part = Part {
    name: "request",
    doc: "`METHOD origin:/path`, or a map with `http`",
    shape: Either(&[
        Text,
        Record(sent![
            must("http", Text, "`METHOD origin:/path`; `{name}` stands for a credential or for what was captured"),
            may("with", Name, "the credential that it is sent with"),
        ]),
    ]),
};

static ISSUE: Part = Part {
    name: "issue",
    doc: "`METHOD origin:/path`, or a map with `http`",
    shape: Either(&[
        Text,
        Record(sent![
            must("http", Text, "`METHOD origin:/path`; `{name}` stands for a credential"),
            may("with", Name, "the credential that it is sent with"),
            may("captures", Keyed(&Text), "names for what is taken from the answer, each with a JSON pointer"),
        ]),
    ]),
};

static SERVICE: Part = Part {
    name: "service",
    doc: "a map of probe, credentials, control, promised",
    shape: Record(&[
        must("probe", P(&PROBE), "what shows that a credential is accepted, and changes nothing"),
        may("credentials", NAMES, "those that it must accept at first (else: whichever it does accept)"),
        may("control", Name, "the known-good credential here, where that is another"),
        may("promised", Duration, "how long after containment was declared it may still accept"),
        may("cached", Duration, "how long it trusts what it has checked, where that is known: a bound of the lag"),
    ]),
};

static PROBE: Part = Part {
    name: "probe",
    doc: "a request, or a map with `command`",
    shape: Either(&[
        Text,
        Record(sent![
            may("http", Text, "`METHOD origin:/path`"),
            may(
                "command",
                COMMAND,
                "a program: exit code 0 is accepted, 1 refused, others unknown; the credential is in RUNAWAY_CREDENTIAL",
            ),
        ]),
    ]),
};

static SENTINEL: Part = Part {
    name: "sentinel",
    doc: "a map of with, probe",
    shape: Record(&[
        must("with", Name, "the credential of who does this work"),
        must("probe", P(&PROBE), "what they do; it changes nothing"),
    ]),
};

static ALARM: Part = Part {
    name: "alarm",
    doc: "a map of command, file, key or webhook",
    shape: Record(&[
        may("command", COMMAND, "a program: exit code 0 says that there was an alarm"),
        may("every", Duration, "how often it is asked (1s)"),
        may("file", Text, "there was an alarm when this file exists"),
        may("key", Boolean, "a person presses Enter"),
        may("webhook", P(&WEBHOOK), "a place here at which their detection calls, listened to from the start"),
    ]),
};

static WEBHOOK: Part = Part {
    name: "webhook",
    doc: "a map of listen, path, with, signed, matching",
    shape: Record(&[
        must("listen", Text, "a port of this machine's loopback; or `ADDRESS:PORT`, then with a credential"),
        may("path", Text, "where it is called, by POST (`/`)"),
        may("with", Name, "the credential that a caller must present, as it says under `present`"),
        may(
            "signed",
            Word(&["x-hub-signature-256", "standard-webhooks"]),
            "how a caller signs with that credential, where it does not present it",
        ),
        may("matching", P(&CALL), "what the call has in it that is the alarm (else: any call is)"),
    ]),
};

static CALL: Part = Part {
    name: "call",
    doc: "a map of body, json",
    shape: Record(&[
        may("body", Text, "the body contains this"),
        may("json", Text, "the body is JSON and has something at this pointer (RFC 6901)"),
    ]),
};

static CAPS: Part = Part {
    name: "caps",
    doc: "a map of requests, rate, at_once, duration, objects, bytes, writes",
    shape: Record(&[
        may("requests", Count, "so many requests in all (1_000)"),
        may("rate", Text, "so many requests in a time, evenly (`20/s`)"),
        may("at_once", Count, "so many requests under way (4)"),
        may("duration", Duration, "everything stops after this time (10min)"),
        may("objects", Count, "so many different URLs (50)"),
        may("bytes", Count, "so many bytes of answers (10_000_000)"),
        may("writes", Count, "so many requests that may change something (0)"),
    ]),
};

static STOP: Part = Part {
    name: "stop",
    doc: "a map of health, errors or slower_than",
    shape: Record(&[
        may("health", P(&PROBE), "a request that must go on being accepted"),
        may("every", Duration, "how often (1s)"),
        may("fails", Count, "so many times in a row end the run (3)"),
        may("errors", Share, "the share of requests without an answer, or with 5xx, that ends the run"),
        may("slower_than", Duration, "the median answer takes longer"),
        may("of", Count, "of the last so many requests (20)"),
    ]),
};

/// Every part of the grammar, each before the parts that it refers to.
pub fn parts() -> Vec<&'static Part> {
    let mut found = Vec::new();
    TARGETS.gather(&mut found);
    found
}

/// The JSON Schema of a targets file.
pub fn schema() -> serde_json::Value {
    let mut defs = serde_json::Map::new();
    let root = TARGETS.shape.schema(&mut defs);
    let mut schema = serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://runaway.invalid/schemas/targets.schema.json",
        "title": "runaway targets, version 1",
        "$defs": defs,
    });
    if let (Some(object), Some(root)) = (schema.as_object_mut(), root.as_object()) {
        object.extend(root.clone());
    }
    schema
}
