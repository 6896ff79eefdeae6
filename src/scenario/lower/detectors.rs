//! Detectors: what each watches, from how much on, and by what it counts.

use crate::model::Bits;
use crate::model::catalogue::{DETECTIONS, Detection, DetectorKind};
use crate::model::control::{Detector, KeyKind, Watches};
use crate::model::service::Operation;
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::shape::shortened;
use crate::scenario::tree::{Key, Node};
use crate::wire::{FamilyId, Span, Tick};

use super::defence::key_kind;
use super::{Lowering, rows};

impl Lowering<'_> {
    pub(super) fn detector(&mut self, key: &Key, node: &Node) -> Option<Detector> {
        let span = |key: &str| node.get(key).and_then(Node::text).and_then(quantity::duration);
        let said: Vec<&Detection> = DETECTIONS.iter().filter(|kind| node.get(kind.key).is_some()).collect();
        let [&Detection { kind, key: what, .. }] = said[..] else {
            let message = match said.len() {
                0 => format!("`{}` watches nothing", key.name),
                n => {
                    let said: Vec<&str> = said.iter().map(|kind| kind.key).collect();
                    format!("`{}` watches {n} things: {}", key.name, said.join(", "))
                }
            };
            let list: Vec<String> = DETECTIONS.iter().map(|kind| format!("`{}`", kind.key)).collect();
            let help = format!("a detector has one of {}", list.join(", "));
            self.find(Finding::new(Code::Contradiction, key.place, message).help(help));
            return None;
        };
        let windowed = kind.counts();
        let counted = windowed && kind != DetectorKind::Cost;
        let at_least = node.get(what).map_or(Some(0), |n| if counted { rows(n, &mut self.findings) } else { Some(1) });
        let at_least = at_least.unwrap_or(1);
        if counted && at_least == 0 {
            let place = node.get(what).map_or(node.place, |n| n.place);
            let finding = Finding::new(Code::ImpossibleNumber, place, "nothing at all would raise this alarm");
            self.find(finding.help("count from 1"));
        }
        if kind != DetectorKind::AfterReading {
            self.no_effect(node, &["on"], "only a detector of what follows a reading looks for some calls");
        }
        if !windowed && kind != DetectorKind::AfterReading {
            self.no_effect(node, &["within"], "only what is counted is counted within a time");
        }
        if windowed && span("within").is_none_or(|w| w == Span::ZERO) {
            let message = format!("within what time does `{}` count?", key.name);
            let place = node.get("within").map_or(key.place, |n| n.place);
            self.find(Finding::new(Code::MissingKey, place, message).help("say `within: 10s`"));
        }
        let within = span("within").unwrap_or(Span::SECOND);
        let watches = match kind {
            DetectorKind::Report => Watches::Report { at: Tick(span("report").unwrap_or_default().0) },
            DetectorKind::Requests => Watches::Requests { at_least, within },
            DetectorKind::Operations => Watches::FanOut { at_least, within },
            DetectorKind::Records => Watches::RecordsRead { at_least, within },
            DetectorKind::Deletes => Watches::Destruction { at_least, within },
            DetectorKind::Denials => Watches::Denials { at_least, within },
            DetectorKind::Repeats => Watches::Repeats { at_least, within },
            DetectorKind::Cost => Watches::Spending { at_least: self.amount(node.get("cost")?), within },
            DetectorKind::NeverSeen => self.never_seen(key, node)?,
            DetectorKind::AfterReading => Watches::Flow,
            DetectorKind::NotOwner => {
                let family = self.credentials.group(node.get("not_owner")?);
                Watches::NotOwner(FamilyId::at(self.take(family)?))
            }
            DetectorKind::Canary => match node.get("canary") {
                Some(n) if n.text() != Some("records") => {
                    let family = self.credentials.group(n).map_err(|finding| match n.text() {
                        Some("record") => finding.help("did you mean `records`?"),
                        _ => finding,
                    });
                    Watches::CanaryCredential(FamilyId::at(self.take(family)?))
                }
                _ => Watches::CanaryRecord,
            },
        };
        let usual = match kind {
            DetectorKind::Report => KeyKind::Global,
            DetectorKind::NotOwner => KeyKind::Credential,
            _ => KeyKind::Principal,
        };
        Some(Detector {
            name: key.name.clone(),
            watches,
            follows: match kind {
                DetectorKind::AfterReading => Some(self.follows(key, node)?),
                _ => None,
            },
            sees: node.get("events").map(|events| self.under_events(events)),
            key: node.get("by").and_then(Node::text).map_or(usual, key_kind),
            delay: span("delay").unwrap_or_default(),
        })
    }

    /// The operations that the log has under these event types.
    fn under_events(&mut self, node: &Node) -> Bits {
        let mut seen = Bits::default();
        for item in node.each() {
            let name = item.text().unwrap_or_default();
            let of = |(at, op): (usize, &Operation)| (op.logged_as == name).then_some(at as u32);
            let logged: Vec<u32> = self.operations.iter().enumerate().filter_map(of).collect();
            if logged.is_empty() {
                let message = format!("no operation is logged as `{}`", shortened(name));
                let types: Vec<String> = self.operations.iter().map(|op| op.logged_as.clone()).collect();
                let finding = Finding::new(Code::DanglingName, item.place, message)
                    .help("an operation's event type is its name, or what `logs_as` says");
                self.find(finding.suggest(name, types.iter().map(String::as_str)));
            }
            logged.into_iter().for_each(|op| _ = seen.insert(op));
        }
        seen
    }

    fn amount(&mut self, node: &Node) -> u64 {
        let amount = node.text().and_then(quantity::money).unwrap_or(0);
        if amount == 0 {
            let finding = Finding::new(Code::ImpossibleNumber, node.place, "nothing at all would raise this alarm");
            self.find(finding.help("say from how much on: `cost: $5`"));
        }
        amount
    }

    fn never_seen(&mut self, key: &Key, node: &Node) -> Option<Watches> {
        let wanted = node.get("never_seen").and_then(Node::text).and_then(quantity::boolean);
        if wanted == Some(false) {
            let finding = Finding::new(Code::Contradiction, key.place, format!("`{}` watches nothing", key.name));
            self.find(finding.help("say `never_seen: yes`, or leave the detector out"));
            return None;
        }
        if let Some(by) = node.get("by").filter(|by| by.text() == Some("conversation")) {
            let finding = Finding::new(Code::Contradiction, by.place, "in a new conversation, everything is new");
            self.find(finding.help("leave `by` out, for `principal`"));
        }
        Some(Watches::NeverSeen)
    }
}
