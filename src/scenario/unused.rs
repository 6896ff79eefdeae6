//! What a file says and neither it nor any of its variants uses: warnings, since it runs all the same.

use std::collections::BTreeMap;

use super::finding::{Code, Finding};
use super::lower::ANY_CREDENTIAL;
use super::tree::{Key, Node, Place};
use crate::model::{Plan, grants};

/// What was seen of a file, over the base and its variants.
#[derive(Default)]
pub(super) struct Unused {
    /// By where it is written: what would be said of it, until somebody uses it.
    seen: BTreeMap<usize, Option<Finding>>,
}

impl Unused {
    /// Looks at the base, or at one variant as it is laid over it.
    pub fn look(&mut self, tree: &Node, plan: &Plan) {
        let done = done(tree);
        for (key, step) in entries(tree, "steps") {
            // A runbook may say of a step that nobody can do it.
            let is_possible = step.get("supported").and_then(Node::text) != Some("no");
            let is_used = done.contains(&&*key.name) || !is_possible;
            self.note(key.place, is_used, || {
                let message = format!("nothing does `{}`: no entry of `respond` names it", key.name);
                (
                    message,
                    format!("say when: `respond: {{{}: 5min}}`, or under a detector `do: [{}]`", key.name, key.name),
                )
            });
        }
        for (service, said) in entries(tree, "services") {
            for (operation, said) in entries(said, "operations") {
                let Some(needs) = said.get("needs") else { continue };
                let ways = ways(needs);
                let is_met = ways.iter().any(|way| is_met(way, plan));
                self.note(needs.place, is_met, || {
                    let name = format!("{}.{}", service.name, operation.name);
                    let asked = ways.iter().map(|way| way.join(" and ")).collect::<Vec<_>>().join(", or ");
                    let message = format!("nobody may call `{name}`: no credential has {asked}");
                    (message, "give somebody that scope, under `credentials`, or leave the operation out".to_owned())
                });
            }
        }
    }

    fn note(&mut self, place: Place, is_used: bool, said: impl FnOnce() -> (String, String)) {
        let known = self.seen.entry(place.start).or_insert_with(|| {
            let (message, help) = said();
            Some(Finding::warning(Code::Unused, place, message).help(help))
        });
        if is_used {
            *known = None;
        }
    }

    pub fn findings(self) -> impl Iterator<Item = Finding> {
        self.seen.into_values().flatten()
    }
}

fn entries<'t>(tree: &'t Node, part: &str) -> &'t [(Key, Node)] {
    tree.get(part).map_or(&[][..], Node::entries)
}

fn words(node: &Node) -> Vec<&str> {
    node.each().iter().filter_map(Node::text).collect()
}

/// The steps that `respond` names: by a time of their own, or for a detector.
fn done(tree: &Node) -> Vec<&str> {
    fn of((key, said): &(Key, Node)) -> Vec<&str> {
        said.get("do").map_or_else(|| vec![key.name.as_str()], words)
    }
    entries(tree, "respond").iter().flat_map(of).collect()
}

/// OR of AND, as it is written.
fn ways(needs: &Node) -> Vec<Vec<&str>> {
    let has_several = needs.items().iter().any(|item| !item.items().is_empty());
    if has_several { needs.items().iter().map(words).collect() } else { vec![words(needs)] }
}

fn is_met(way: &[&str], plan: &Plan) -> bool {
    let has_all = |scopes: &[String]| way.iter().all(|wanted| scopes.iter().any(|held| grants(held, wanted)));
    way.is_empty() || way == [ANY_CREDENTIAL] || plan.families.iter().any(|family| has_all(&family.scopes))
}
