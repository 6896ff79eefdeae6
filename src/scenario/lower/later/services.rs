//! Services and operations.

use super::{Lowering, Refused, credentials, no_names};
use crate::scenario::tree::Node;

const VALIDATION: &[Refused] = &[
    ("keys", "a service that trusts some signing keys", credentials),
    ("jwks_cache", "a cache of signing keys", no_names),
];

impl Lowering<'_> {
    pub(super) fn services_not_yet(&mut self) {
        let root = self.root;
        for (_, service) in root.get("services").map_or(&[][..], Node::entries) {
            if let Some(accepts) = service.get("accepts") {
                self.refuse(accepts, VALIDATION);
            }
        }
    }
}
