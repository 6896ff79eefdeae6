//! Identities, credentials and data.

use super::super::shape::Shape::{Boolean, Count, Duration, Either, List, Name, Named, Record, Rows, Text, Word};
use super::super::shape::{Part, Shape, may, must};
use super::{NAMES, TEXTS};

const NUMBERS: Shape = Either(&[Count, Named(&Count)]);
const ROWS: Shape = Either(&[Rows, List(&Rows)]);
const HELD: Shape = Record(&[
    must("credential", Text, "which, as a name or a formula"),
    must("in", ROWS, "the numbers of the records, such as `3`, `[3, 17]` or `1..64`"),
]);

pub(super) static IDENTITY: Part = Part {
    name: "identity",
    doc: "a principal, or a group of them",
    shape: Record(&[
        must("kind", Word(&["agent", "service", "human", "outsider"]), "what it is"),
        may("count", Count, "how many"),
        may("of", Text, "who answers for it"),
        may("tenant", Text, "whose data it belongs to"),
        may("grants", TEXTS, "the scopes of its credentials that name none of their own"),
    ]),
};

/// The layers of credentials.
pub const LAYERS: &[&str] = &[
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
];

pub(super) static CREDENTIAL: Part = Part {
    name: "credential",
    doc: "a kind of credential",
    shape: Record(&[
        must("kind", Word(LAYERS), "what it is"),
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
        may("parent", Text, "what it was minted from: a family, a name, or a formula"),
        may("cascade", Boolean, "the end of its parent ends it; else as the standards have it"),
        may(
            "bound",
            Either(&[Word(&["none", "dpop", "mtls"]), Record(&[must("network", Name, "the only network")])]),
            "who can use it: whoever has it, the holder of a key (RFC 9449, RFC 8705), or one network",
        ),
        may("audience", NAMES, "the services that take it (the claim `aud`)"),
        may("records", TEXTS, "the records that it opens, with what lies in them; as names or a formula"),
        may("act", Text, "who acts with it on its owner's behalf (RFC 8693, the claim `act`)"),
        may("signed_by", Name, "the signing key that makes it: whoever has the key can forge it"),
        may("kid", Text, "the id of a signing key in the key set"),
    ]),
};

pub(super) static DATA: Part = Part {
    name: "data",
    doc: "a collection of records of one class",
    shape: Record(&[
        must("count", NUMBERS, "how many records, or how many in each part"),
        must("class", Name, "public, internal, confidential, pii, secret, or a class of your own"),
        may("owner", Text, "who owns each: a formula, `part`, or `caller`"),
        may("tenant", Text, "whose tenant each is in: a formula or `part`"),
        may("holds", Either(&[Text, HELD, List(&Either(&[Text, HELD]))]), "the credentials that lie in the records"),
        may("ids", Word(&["listed", "sequential", "guessable", "unguessable"]), "how a client learns them"),
        may("inside", Text, "the record of another collection that each lies in"),
        may("canary", Count, "how many of the last records nobody has a reason to read"),
        may("per", Name, "so many for each credential or identity of a group, which owns them"),
        may("keeps", Count, "at most so many: the oldest gives way"),
        may("plants", Named(&ROWS), "instructions, and the numbers of the records that they lie in"),
        may("readers", NAMES, "who reads them beside those who may by their credentials"),
        may("writers", NAMES, "whose words they are: an instruction in them is not the team's"),
    ]),
};
