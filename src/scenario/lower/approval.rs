//! Approvals: who must say yes first, and how long that takes.

use crate::model::control::{About, Approval, ExemptBy};
use crate::model::{Share, Takes};
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::tree::{Key, Node};
use crate::wire::ApprovalId;

use super::names::known;
use super::{Lowering, rows, share};

impl Lowering<'_> {
    pub(super) fn approval(&mut self, key: &Key, node: &Node) -> Option<Approval> {
        let approval = node.get("approval")?;
        self.no_effect(node, &["by"], "each caller is asked about alone");
        self.no_effect(node, &["counts"], "an approval counts nothing");
        let on = node.get("on").map_or(Vec::new(), |n| self.operations_of_control(n));
        let by = approval.get("by")?;
        let group = self.identities.group(by);
        let asked = self.take(group)?;
        let exempt = approval.get("exempt");
        if exempt.is_none() {
            self.no_effect(approval, &["exempt_by"], "nobody is `exempt`");
        }
        let groups: Vec<_> =
            exempt.map_or(&[][..], Node::each).iter().map(|item| self.identities.group(item)).collect();
        let exempt = groups.into_iter().filter_map(|group| {
            let at = self.take(group)?;
            let group = &self.identities.all[at];
            Some(group.first..group.first + group.count)
        });
        let exempt = exempt.collect();
        let text = |node: &Node, key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
        Some(Approval {
            name: key.name.clone(),
            on,
            by: by.text().unwrap_or_default().to_owned(),
            says_yes: match text(approval, "says_yes").as_deref() {
                Some("always") => Share::WHOLE,
                Some("never") | None => Share::NONE,
                Some(_) => approval.get("says_yes").map_or(Share::NONE, share),
            },
            people: self.people_asked(approval, asked),
            about: match text(approval, "each").as_deref() {
                Some("plan") => About::Plan,
                _ => About::EachCall,
            },
            takes: self.takes(approval.get("takes")),
            exempt,
            exempt_by: match text(approval, "exempt_by").as_deref() {
                Some("actor") => ExemptBy::Actor,
                _ => ExemptBy::Subject,
            },
            status: text(node, "denies").and_then(|d| d.parse().ok()).unwrap_or(403),
            armed: text(node, "armed").as_deref().and_then(quantity::boolean).unwrap_or(true),
        })
    }

    fn people_asked(&mut self, approval: &Node, asked: usize) -> u32 {
        let Some(people) = approval.get("people") else { return 1 };
        let n = rows(people, &mut self.findings).unwrap_or(1);
        if n == 0 {
            let finding = Finding::new(Code::ImpossibleNumber, people.place, "an approval by nobody holds nothing up");
            self.find(finding.help("count from 1, or leave the control out"));
        }
        let group = &self.identities.all[asked];
        if group.sure && n > group.count {
            let message = format!("{n} must say yes, and of `{}` there {}", group.name, are(group.count));
            self.find(
                Finding::new(Code::OutOfRange, people.place, message).help("ask a larger group, or fewer people"),
            );
        }
        n
    }

    /// How long a person takes: always as long, or drawn.
    pub(super) fn takes(&mut self, node: Option<&Node>) -> Takes {
        let Some(node) = node else { return Takes::NOTHING };
        let span = |key: &str| node.get(key).and_then(Node::text).and_then(quantity::duration).unwrap_or_default();
        if node.entries().is_empty() {
            return Takes::Always(node.text().and_then(quantity::duration).unwrap_or_default());
        }
        let (median, p95) = (span("median"), span("p95"));
        let impossible = match () {
            () if median.0 == 0 => {
                Some(("median", "half of all answers cannot come at once", "say `after: 0s` if all do"))
            }
            () if p95 <= median => Some(("p95", "this is not longer than the median", "a slow one takes longer")),
            () => None,
        };
        if let Some((key, message, help)) = impossible {
            let place = node.get(key).map_or(node.place, |n| n.place);
            self.find(Finding::new(Code::ImpossibleNumber, place, message).help(help));
            return Takes::Always(median);
        }
        Takes::LogNormal { median, p95 }
    }

    /// The approval that a step asks for.
    pub(super) fn required(&mut self, node: &Node, approvals: &[Approval]) -> Option<ApprovalId> {
        let name = node.text().unwrap_or_default();
        if let Some(at) = approvals.iter().position(|a| a.name == name) {
            return Some(ApprovalId::at(at));
        }
        let controls = self.root.get("controls");
        match controls.and_then(|c| c.get(name)) {
            // What is wrong with it is said where it stands.
            Some(control) if control.get("approval").is_some() => {}
            Some(_) => {
                let finding = Finding::new(Code::DanglingName, node.place, format!("`{name}` asks for no approval"));
                self.find(finding.help("name a control with `approval`; `throttle` puts a limit on"));
            }
            None => known(self, node, name, "control", &["controls"]),
        }
        None
    }
}

fn are(n: u32) -> String {
    if n == 1 { "is one".to_owned() } else { format!("are {n}") }
}
