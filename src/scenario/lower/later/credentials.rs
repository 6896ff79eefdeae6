//! Credentials: what they are bound to, good for, and made with.

use super::{Lowering, Refused, credentials, identity, no_names, services};
use crate::scenario::tree::Node;

const CREDENTIAL: &[Refused] = &[
    ("audience", "a credential that some services take", services),
    ("records", "a credential that opens some records", records),
    ("act", "a credential with which somebody acts for its owner", identity),
    ("signed_by", "a credential that can be forged", credentials),
    ("kid", "a signing key with an id", no_names),
];

impl Lowering<'_> {
    pub(super) fn credentials_not_yet(&mut self) {
        let root = self.root;
        for (_, credential) in root.get("credentials").map_or(&[][..], Node::entries) {
            self.refuse(credential, CREDENTIAL);
            let bound = credential.get("bound").filter(|b| matches!(b.text(), Some("dpop" | "mtls")));
            if let Some(bound) = bound {
                self.later("`bound`, a credential that only the holder of a key can use", bound.place);
            }
        }
    }
}

fn records(work: &mut Lowering<'_>, node: &Node) {
    for item in node.each() {
        let column = work.records.column(item, 1);
        work.take(column);
    }
}
