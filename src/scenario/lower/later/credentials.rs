//! Credentials: what they are bound to, good for, and made with.

use super::{Lowering, Refused, credentials, no_names};
use crate::scenario::tree::Node;

const CREDENTIAL: &[Refused] =
    &[("signed_by", "a credential that can be forged", credentials), ("kid", "a signing key with an id", no_names)];

impl Lowering<'_> {
    pub(super) fn credentials_not_yet(&mut self) {
        let root = self.root;
        for (_, credential) in root.get("credentials").map_or(&[][..], Node::entries) {
            self.refuse(credential, CREDENTIAL);
        }
    }
}
