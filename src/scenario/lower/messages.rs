//! Messages: which operations wake whom.

use crate::scenario::finding::{Code, Finding};
use crate::scenario::shape::shortened;
use crate::scenario::tree::Node;

use super::Lowering;

impl Lowering<'_> {
    /// Joins operations with the clients that they wake, and says who waits in vain.
    pub(super) fn messages(&mut self) {
        let root = self.root;
        for (service, node) in root.get("services").map_or(&[][..], Node::entries) {
            for (name, operation) in node.get("operations").map_or(&[][..], Node::entries) {
                let Some(wakes) = operation.get("wakes") else { continue };
                let Some(woken) = self.woken(wakes) else { continue };
                let op = self.operation_names.get(&format!("{}.{}", service.name, name.name)).copied();
                if let Some(op) = op.and_then(|at| self.operations.get_mut(at)) {
                    op.wakes = woken;
                }
                if root.get("time").and_then(|time| time.get("horizon")).is_none() {
                    let message = "agents that wake each other may never end, and nothing says when the run does";
                    self.find(Finding::new(Code::NoHorizon, wakes.place, message).help("say `time: {horizon: 24h}`"));
                }
            }
        }
        for part in ["agents", "benign"] {
            for (key, node) in root.get(part).map_or(&[][..], Node::entries) {
                let Some(starts) = node.get("starts").filter(|starts| starts.text() == Some("when woken")) else {
                    continue;
                };
                let there = self.clients.iter().find(|(name, _)| *name == key.name).map(|(_, range)| range.start);
                if there.is_some_and(|at| self.operations.iter().all(|op| !op.wakes.contains(&at))) {
                    let message = format!("nothing wakes `{}`", shortened(&key.name));
                    let finding = Finding::new(Code::Contradiction, starts.place, message);
                    self.find(finding.help(format!("an operation does, with `wakes: {}`", key.name)));
                }
            }
        }
    }

    fn woken(&mut self, node: &Node) -> Option<std::ops::Range<u32>> {
        let name = node.text().unwrap_or_default();
        let found = self.clients.iter().find(|(client, _)| client == name).map(|(_, range)| range.clone());
        if found.is_none() {
            super::names::known(self, node, name, "agent", &["agents", "benign"]);
        }
        found
    }
}
