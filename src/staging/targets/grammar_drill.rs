//! What `drill` of a targets file can say.

use super::grammar::{COMMAND, MATCH, NAMES, REQUEST};
use crate::scenario::shape::Shape::{
    Boolean, Count, Duration, Keyed, List, Name, Named, Part as P, Record, Text, Word,
};
use crate::scenario::shape::{Part, may, must};

pub(super) static DRILL: Part = Part {
    name: "drill",
    doc: "a map of steps, cadence, deadline, promised, …",
    shape: Record(&[
        must("steps", List(&P(&STEP)), "the containment, in its order"),
        may("cadence", Duration, "how often each credential is probed at each service (500ms)"),
        may(
            "phases",
            Count,
            "so many fresh credentials of each kind, first used at different moments (5 where each is had by `request`, else 1)",
        ),
        may(
            "over",
            Duration,
            "the time over which those first uses are spread (what was `promised`, else 10s; at most half of a life)",
        ),
        may("sparse", Duration, "one of the fresh credentials is probed only so often"),
        may("steady", Duration, "how long everything is watched before the first step (2s)"),
        may(
            "settle",
            Duration,
            "how long everything must have been refused before the drill ends (the longest `cached` where every service says it, at most the longest `lives`, and two cadences; 60s where neither is said)",
        ),
        must("deadline", Duration, "after the last step, the drill waits no longer than this"),
        may(
            "patience",
            Duration,
            "how long an answer may take (the file's own `patience`); what takes longer is no answer, and says nothing",
        ),
        may("promised", Duration, "how long after containment was declared anything may still be accepted"),
        may("may_remint", Boolean, "whether a credential may be had again after the drill (no)"),
        may("remint", Named(&P(&REMINT)), "other ways to get a credential again, tried at the end"),
        may("restore", List(&P(&STEP)), "what puts everything back, at the end and after Ctrl-C"),
    ]),
};

static REMINT: Part = Part {
    name: "remint",
    doc: "a map of request, take, present",
    shape: Record(&[
        must("request", P(&REQUEST), "the attempt"),
        must("take", Text, "the JSON pointer to the new credential"),
        may("like", Name, "the credential that it is presented like, and probed where that one was"),
    ]),
};

static STEP: Part = Part {
    name: "step",
    doc: "a map of revoke, http, command, pause or wait_for",
    shape: Record(&[
        may("name", Text, "what it is called in reports"),
        may("revoke", Name, "a credential, revoked at the provider (RFC 7009)"),
        may("http", Text, "`METHOD origin:/path`"),
        may(
            "with",
            Name,
            "the credential that the request is sent with, or that the program finds in RUNAWAY_CREDENTIAL",
        ),
        may("headers", Keyed(&Text), "more headers"),
        may("form", Keyed(&Text), "a body of form fields"),
        may("json", Text, "a body of JSON, written as a text"),
        may("body", Text, "a body as it is"),
        may("accepted", P(&MATCH), "what proves that it was accepted (any status 2xx)"),
        may("captures", Keyed(&Text), "names for what is taken from the answer, each with a JSON pointer"),
        may("command", COMMAND, "a program with its arguments; exit code 0 says that it is done"),
        may("pause", Text, "what a person does now; they press Enter when it is done"),
        may("wait_for", Word(&["alarm"]), "their own detection"),
        may("at_most", Duration, "how long (60s)"),
        may(
            "covers",
            NAMES,
            "the credentials that it ends (the revoked one; none where a request only reads; else all of the identity)",
        ),
        may("at", NAMES, "the services at which it ends them (all)"),
    ]),
};
