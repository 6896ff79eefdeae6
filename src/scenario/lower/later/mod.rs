//! Parts of the format that are understood and not run yet: the names in them are checked, and then they are refused.
//! Whoever teaches the engine one of them takes it out here.

mod agents;
mod credentials;
mod defence;
mod services;

use crate::scenario::finding::{Code, Finding};
use crate::scenario::shape::shortened;
use crate::scenario::tree::{Node, Place};

use super::Lowering;

/// A key, what it would do, and which names stand in it.
type Refused = (&'static str, &'static str, fn(&mut Lowering<'_>, &Node));

impl Lowering<'_> {
    pub(super) fn not_yet(&mut self) {
        self.services_not_yet();
        self.credentials_not_yet();
    }

    pub(super) fn later(&mut self, what: &str, place: Place) {
        self.later_but(what, place, "leave it out: the rest runs without it");
    }

    pub(super) fn later_but(&mut self, what: &str, place: Place, help: &str) {
        let message = format!("{what}: the format can say it, this version does not run it yet");
        self.find(Finding::new(Code::NotAvailable, place, message).help(help));
    }

    /// Refuses the keys that are written, each once the names in it are right.
    fn refuse(&mut self, node: &Node, keys: &[Refused]) {
        for (key, what, names) in keys {
            let Some(value) = node.get(key) else { continue };
            let before = self.findings.len();
            names(self, value);
            if self.findings.len() == before {
                self.later(&format!("`{key}`, {what}"), value.place);
            }
        }
    }
}

fn no_names(_: &mut Lowering<'_>, _: &Node) {}

fn identities(work: &mut Lowering<'_>, node: &Node) {
    for item in node.each() {
        let group = work.identities.group(item);
        work.take(group);
    }
}

/// `member-17`, `member-{n}`, or `every member`.
fn identity(work: &mut Lowering<'_>, node: &Node) {
    match node.text().and_then(|text| text.strip_prefix("every ")) {
        Some(group) => identities(work, &Node::scalar(group.trim(), node.place)),
        None => {
            let column = work.identities.column(node, 1);
            work.take(column);
        }
    }
}

fn credentials(work: &mut Lowering<'_>, node: &Node) {
    for item in node.each() {
        let group = work.credentials.group(item);
        work.take(group);
    }
}

fn operations(work: &mut Lowering<'_>, node: &Node) {
    work.operations_in(node);
}

/// One of the names under a part of the scenario.
pub(super) fn known(work: &mut Lowering<'_>, node: &Node, name: &str, what: &str, parts: &[&str]) {
    let root = work.root;
    let names: Vec<&str> =
        parts.iter().filter_map(|part| root.get(part)).flat_map(Node::entries).map(|(key, _)| &key.name[..]).collect();
    if names.contains(&name) {
        return;
    }
    let message = format!("there is no {what} `{}`", shortened(name));
    let help = format!("name one under `{}:`", parts.join(":` or `"));
    work.find(Finding::new(Code::DanglingName, node.place, message).help(help).suggest(name, names));
}

fn instruction(work: &mut Lowering<'_>, node: &Node) {
    let name = node.text().unwrap_or_default();
    known(work, node, name, "instruction", &["instructions"]);
}
