//! What `explore` of a targets file can say.

use super::grammar::{MATCH, MATCHES, NAMES, REQUEST, TEXTS, sent};
use crate::scenario::LAYERS;
use crate::scenario::shape::Shape::{Boolean, Count, Either, Keyed, List, Name, Named, Part as P, Record, Text, Word};
use crate::scenario::shape::{Part, may, must};

pub(super) static EXPLORE: Part = Part {
    name: "explore",
    doc: "what an agent may explore with the identity's credentials: `runaway run --plane staging`",
    shape: Record(&[
        may("operations", Named(&P(&OPERATION)), "what can be asked, beside what descriptions have"),
        may("openapi", Either(&[P(&DESCRIPTION), List(&P(&DESCRIPTION))]), "descriptions: the declared inventory"),
        may(
            "learnt",
            Either(&[P(&LEARNT), List(&P(&LEARNT))]),
            "recordings of traffic: what they show can be asked, where it only reads",
        ),
        may("classes", Keyed(&Name), "the data class of a collection, such as `{customers: pii}`"),
        may("paging", P(&PAGING), "how answers say where the next page is (in any of the usual ways)"),
        may(
            "links",
            Word(&["listed", "all"]),
            "which links are followed: those that an operation fits (default), or all",
        ),
        may("secrets", Named(&P(&SECRET)), "what the target's own secrets look like, and canaries"),
        may("may", NAMES, "operations that are no excess (else those that are `meant`)"),
        may("meant", Named(&Either(&[NAMES, P(&MEANT)])), "for each credential, what it was meant to open"),
        may("also", Named(&NAMES), "identities that explore too, each with its credentials, once the checks have held"),
        may("strategy", Word(&["breadth", "depth", "greedy", "random"]), "in which order (breadth)"),
        may("connections", Count, "requests of one identity under way (1)"),
        may("largest_body", Count, "more bytes of one answer are not read (8_000_000)"),
        may(
            "limits",
            Keyed(&Either(&[
                crate::scenario::shape::Shape::Quantity,
                Record(&[
                    may("is", crate::scenario::shape::Shape::Quantity, "the value"),
                    may("at_least", crate::scenario::shape::Shape::Quantity, "no less than this"),
                    may("at_most", crate::scenario::shape::Shape::Quantity, "no more than this"),
                ]),
            ])),
            "the most that the team tolerates, by measure",
        ),
    ]),
};

static OPERATION: Part = Part {
    name: "explored",
    doc: "`METHOD origin:/path -> collection records`, or a map with `http`",
    shape: Either(&[
        Text,
        Record(sent![
            must(
                "http",
                Text,
                "`METHOD origin:/path`, with `{collection}` for the id of a record, and `-> collection records|ids` \
                 where it lists some",
            ),
            may("ids", Text, "where their ids stand, as a JSON pointer in which `*` is every element: `/items/*/id`"),
            may("paging", P(&PAGING), "how it says where the next page is, where that is not as everywhere"),
            may(
                "creates",
                Name,
                "the collection in which it makes a record; `ids` is where its id stands in the answer",
            ),
            may("undo", Either(&[Word(&["own"]), P(&UNDO)]), "how a write is undone: without it, it is not sent"),
            may("documented", Boolean, "whether the declared inventory has it (where there is no description, yes)"),
        ]),
    ]),
};

static UNDO: Part = Part {
    name: "undo",
    doc: "`own`: it is sent for what this run made only; or a map of find and delete, or of get",
    shape: Record(&[
        may("find", P(&REQUEST), "shows what has the mark `{marker}`, which the write put there"),
        may("ids", Text, "where the ids of what it finds stand (else: it is found, or answered with 404)"),
        may("delete", P(&REQUEST), "removes one of them, `{id}`"),
        may("get", P(&REQUEST), "shows what a PUT replaces: it is put back as it was"),
        may("ignore", TEXTS, "with `get`, what changes by itself, such as `/updated_at`"),
    ]),
};

static DESCRIPTION: Part = Part {
    name: "description",
    doc: "an OpenAPI description",
    shape: Record(&[
        must("file", Text, "the description, relative to the targets file"),
        must("origin", Name, "the origin that it describes"),
        may("prefix", Text, "what stands before its paths there, such as `/staging`"),
        may("only", TEXTS, "patterns of the operations to take, such as `GET /tickets*`"),
        may("parameters", Keyed(&Name), "the collection that a path parameter names a record of, by its name"),
        may("fill", Keyed(&Text), "values for fields of the query that an operation needs"),
    ]),
};

static LEARNT: Part = Part {
    name: "learnt",
    doc: "a recording of traffic",
    shape: Record(&[
        must(
            "file",
            Text,
            "a HAR file, an access log (common or combined), JSON lines or CSV, relative to the targets file; methods, paths and \
             statuses are read of it, and nothing else",
        ),
        must("origin", Name, "the origin that it is about; of a HAR file, requests to others are left out"),
        may("format", Word(&["har", "log", "json", "csv"]), "how it is written (by the ending of its name)"),
        may(
            "fields",
            Keyed(&Text),
            "of JSON lines and CSV, where `method`, `path` and `status` stand (OCSF needs none)",
        ),
    ]),
};

static PAGING: Part = Part {
    name: "paging",
    doc: "`usual`, `none`, or a map of url, cursor, page or offset",
    shape: Either(&[
        Word(&["usual", "none"]),
        Record(&[
            may("url", Text, "the JSON pointer to the URL of the next page"),
            may("cursor", Text, "the JSON pointer to a cursor"),
            may("as", Text, "with `cursor`, the field of the query in which it is sent back"),
            may("page", Text, "the field of the query that counts pages"),
            may("first", Count, "with `page`, the number of the first page (1)"),
            may("offset", Text, "the field of the query that counts records"),
        ]),
    ]),
};

static SECRET: Part = Part {
    name: "secret",
    doc: "a map of credential or shape",
    shape: Record(&[
        may("credential", Name, "a canary: it is this credential, byte for byte; of a `basic` one, its password"),
        may(
            "shape",
            Text,
            "a regular expression: the target's own secrets have this shape; where it names `(?<user>…)` and `(?<secret>…)`, \
             both of one text, they are a pair, sent as `user:secret`",
        ),
        may("kind", Word(LAYERS), "what it is (api-key; of a pair, password)"),
        may("like", Name, "the credential that it is presented like (as `Authorization: Bearer`; a pair as `basic`)"),
        may(
            "mints",
            P(&MINT),
            "of a pair: it is an OAuth client, which this request changes for a token; the token is what is tried",
        ),
    ]),
};

static MINT: Part = Part {
    name: "mint",
    doc: "a map of http, take: a token request, which `writes` lists",
    shape: Record(sent![
        must("http", Text, "`POST provider:token`, or `METHOD origin:/path`; the pair goes with it as HTTP Basic"),
        may("take", Text, "the JSON pointer to the token (/access_token)"),
    ]),
};

static MEANT: Part = Part {
    name: "meant",
    doc: "operations, or a map of operations and scopes",
    shape: Record(&[
        may("operations", NAMES, "what it was meant to open"),
        may("scopes", TEXTS, "the scopes that it was given: what descriptions say that they open"),
    ]),
};
