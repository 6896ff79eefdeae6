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
            for (_, operation) in service.get("operations").map_or(&[][..], Node::entries) {
                self.operation_not_yet(operation);
            }
        }
    }

    fn operation_not_yet(&mut self, operation: &Node) {
        let lists = operation.get("http").and_then(Node::text).is_some_and(|line| line.contains("->"));
        if let Some(order) = operation.get("order").filter(|n| lists && n.text() != Some("by number")) {
            self.later("`order`, a list that begins with the newest", order.place);
        }
        if let Some(inside) = operation.get("inside").filter(|_| operation.get("creates").is_some()) {
            self.later("`inside`, a record that is made inside another", inside.place);
        }
    }
}
