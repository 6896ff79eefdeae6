//! What may not follow a reading: refused by a control, or noticed by a detector.

use crate::model::control::{Flow, Follows, KeyKind};
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::tree::{Key, Node};
use crate::wire::CollId;

use super::Lowering;
use super::defence::key_kind;

impl Lowering<'_> {
    /// A control that refuses whoever has read from some collections.
    pub(super) fn flow(&mut self, key: &Key, node: &Node) -> Option<Flow> {
        let read = node.get("after_reading").filter(|_| node.get("at_most").or(node.get("approval")).is_none())?;
        self.no_effect(node, &["counts"], "nothing is counted");
        let text = |key: &str| node.get(key).and_then(Node::text);
        Some(Flow {
            name: key.name.clone(),
            on: node.get("on").map_or(Vec::new(), |n| self.operations_of_control(n)),
            after_reading: self.read_before(read),
            key: text("by").map_or(KeyKind::Principal, key_kind),
            status: text("denies").and_then(|d| d.parse().ok()).unwrap_or(403),
            armed: text("armed").and_then(quantity::boolean).unwrap_or(true),
        })
    }

    /// A detector of calls by somebody who has read from some collections.
    pub(super) fn follows(&mut self, key: &Key, node: &Node) -> Option<Follows> {
        let after_reading = node.get("after_reading").map_or(Vec::new(), |n| self.read_before(n));
        let Some(on) = node.get("on") else {
            let message = format!("which calls does `{}` look for?", key.name);
            let help = "say `on: [service.operation]`: the calls by which data goes out";
            self.find(Finding::new(Code::MissingKey, key.place, message).help(help));
            return None;
        };
        let within = node.get("within").and_then(Node::text).and_then(quantity::duration);
        Some(Follows { on: self.operations_of_control(on), after_reading, within })
    }

    fn read_before(&mut self, node: &Node) -> Vec<CollId> {
        let mut all = Vec::new();
        for item in node.each() {
            let group = self.records.group(item);
            all.extend(self.take(group).map(CollId::at));
        }
        all
    }
}
