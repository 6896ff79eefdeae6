//! Detectors, the runbook, responses and preventive limits.

use crate::model::catalogue::{ActionKind, PREVENTIONS, REMEDIES, Remedy};
use crate::model::control::{
    Action, Approval, Controls, Counts, Detector, HandOver, KeyKind, Limit, Order, Response, Step, Trigger, Which,
};
use crate::model::{Share, Takes};
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::shape::shortened;
use crate::scenario::tree::{Key, Node};
use crate::wire::{FamilyId, IdentityId, LimitId, OpId, RuleId, SecretKind, ServiceId, Span, StepId, Tick};

use super::services::rule;
use super::{Lowering, share};

impl Lowering<'_> {
    pub(super) fn defence(&mut self) -> Controls {
        let root = self.root;
        let entries = |part: &str| root.get(part).map_or(&[][..], Node::entries);
        let limits: Vec<Limit> = entries("controls").iter().filter_map(|(k, n)| self.limit(k, n)).collect();
        let flows = entries("controls").iter().filter_map(|(k, n)| self.flow(k, n)).collect();
        let approvals: Vec<Approval> = entries("controls").iter().filter_map(|(k, n)| self.approval(k, n)).collect();
        let detectors: Vec<Detector> = entries("detect").iter().filter_map(|(k, n)| self.detector(k, n)).collect();
        let steps: Vec<Step> =
            entries("steps").iter().filter_map(|(k, n)| self.step(k, n, (&limits, &approvals))).collect();
        let responses = entries("respond").iter().filter_map(|(k, n)| self.response(k, n)).collect();
        Controls { detectors, responses, steps, limits, approvals, flows }
    }

    fn step(&mut self, key: &Key, node: &Node, (limits, approvals): (&[Limit], &[Approval])) -> Option<Step> {
        let said: Vec<&Remedy> = REMEDIES.iter().filter(|remedy| node.get(remedy.key).is_some()).collect();
        let [&Remedy { kind, key: verb, .. }] = said[..] else {
            let message = match said.len() {
                0 => format!("`{}` does nothing", key.name),
                n => {
                    let said: Vec<&str> = said.iter().map(|remedy| remedy.key).collect();
                    format!("`{}` does {n} things: {}", key.name, said.join(", "))
                }
            };
            let list: Vec<String> = REMEDIES.iter().map(|remedy| format!("`{}`", remedy.key)).collect();
            let help = format!("a step has one of {}", list.join(", "));
            self.find(Finding::new(Code::Contradiction, key.place, message).help(help));
            return None;
        };
        for (of, own) in
            [("bind", "to"), ("block", "at"), ("set_rule", "on"), ("rotate", "hand_over"), ("rotate", "grace")]
        {
            if verb != of {
                self.no_effect(node, &[own], &format!("it belongs to `{of}`"));
            }
        }
        let object = node.get(verb)?;
        let span = |key: &str| node.get(key).and_then(Node::text).and_then(quantity::duration);
        if kind == ActionKind::Disable || !kind.ends_credentials() {
            self.no_effect(node, &["only"], "the action is about no credential");
        }
        let which = if kind.ends_credentials() { self.which(object)? } else { Which::Named };
        let action = match kind {
            ActionKind::Revoke => Action::Revoke,
            ActionKind::Disable => Action::Disable,
            ActionKind::Rotate => Action::Rotate {
                hand_over: match node.get("hand_over").and_then(Node::text) {
                    Some("never") => HandOver::Never,
                    text => HandOver::After(text.and_then(quantity::duration).unwrap_or_default()),
                },
                grace: span("grace").unwrap_or_default(),
            },
            ActionKind::Bind => match node.get("to") {
                Some(network) => Action::Bind { network: self.network(network) },
                None => {
                    let finding = Finding::new(
                        Code::MissingKey,
                        key.place,
                        format!("`{}` has no `to`: bound to which network?", key.name),
                    );
                    self.find(finding.help("say `to: office`"));
                    return None;
                }
            },
            ActionKind::Block => Action::Block { services: self.services_named(node.get("at")) },
            ActionKind::SetRule => {
                let operations = self.on_operations(key, node);
                Action::SetRule { operations, rule: rule(object.text().unwrap_or_default()) }
            }
            ActionKind::Close => Action::Close { operations: self.operations_in(object) },
            ActionKind::Require => Action::Require { approval: self.required(object, approvals)? },
            ActionKind::Cancel => Action::Cancel { operations: self.operations_in(object) },
            ActionKind::Delete => self.deletion(object),
            ActionKind::Throttle => {
                let name = object.text().unwrap_or_default();
                let Some(at) = limits.iter().position(|l| l.name == name) else {
                    let finding = Finding::new(Code::DanglingName, object.place, format!("there is no limit `{name}`"))
                        .help("name one under `controls:`");
                    self.find(finding.suggest(name, limits.iter().map(|l| l.name.as_str())));
                    return None;
                };
                Action::Throttle { limit: LimitId::at(at) }
            }
        };
        let pace = node.get("pace").and_then(Node::text).and_then(quantity::rate);
        if pace.is_some() {
            self.no_effect(node, &["every"], "`pace` says how fast one action follows the other");
        }
        Some(Step {
            name: key.name.clone(),
            action,
            which,
            only: node.get("only").and_then(Node::text).and_then(SecretKind::parse),
            first: span("first").or(pace).unwrap_or_default(),
            every: pace.or(span("every")).unwrap_or_default(),
            order: match node.get("order").and_then(Node::text) {
                Some("newest first") => Order::NewestFirst,
                Some("random") => Order::Random,
                _ => Order::ByNumber,
            },
            fails: node.get("fails").map_or(Share::NONE, share),
            supported: node.get("supported").and_then(Node::text).and_then(quantity::boolean).unwrap_or(true),
        })
    }

    /// Records by name, or those with an instruction in them.
    fn deletion(&mut self, node: &Node) -> Action {
        let (mut records, mut saying) = (Vec::new(), Vec::new());
        for item in node.each() {
            match item.text().and_then(|text| text.strip_prefix("records with ")) {
                Some(name) => saying.extend(self.instruction(&Node::scalar(name.trim(), item.place))),
                None => records.extend(self.named_records(item)),
            }
        }
        Action::Delete { records, saying }
    }

    fn which(&mut self, node: &Node) -> Option<Which> {
        let text = node.text().unwrap_or_default();
        if let Some(name) = text.strip_prefix("everything of ").filter(|name| !name.starts_with("the ")) {
            let member = self.identities.member(&Node::scalar(name.trim(), node.place));
            let (at, index) = self.take(member)?;
            return Some(Which::OwnedBy(IdentityId::new(self.identities.all[at].first + index)));
        }
        Some(match text {
            "alarmed" => Which::Alarmed,
            "everything of the principal" => Which::OfPrincipal,
            "everything of the owner" => Which::OfOwner,
            "descendants" => Which::Descendants,
            "exposed" => Which::Exposed,
            _ => match text.strip_prefix("every ") {
                Some(family) => {
                    let group = self.credentials.group(&Node::scalar(family.trim(), node.place));
                    Which::Every(FamilyId::at(self.take(group)?))
                }
                None => {
                    let family = self.credentials.position(text).is_some();
                    let member = self.identities.member(node).map_err(|finding| match finding.help.as_deref() {
                        _ if family => finding.help(format!("did you mean `every {text}`?")),
                        Some(help) if finding.code != Code::DanglingName || help.starts_with("did") => finding,
                        _ => finding.help(
                            "an identity, `every FAMILY`, `alarmed`, `everything of the principal`, \
                             `everything of the owner`, `descendants` or `exposed`",
                        ),
                    });
                    let (at, index) = self.take(member)?;
                    Which::Identity(IdentityId::new(self.identities.all[at].first + index))
                }
            },
        })
    }

    pub(super) fn services_named(&mut self, node: Option<&Node>) -> Vec<ServiceId> {
        let Some(node) = node else { return (0..self.services.len()).map(ServiceId::at).collect() };
        let mut all = Vec::new();
        for item in node.each() {
            let name = item.text().unwrap_or_default();
            match self.services.iter().position(|s| s.name == name) {
                Some(at) => all.push(ServiceId::at(at)),
                None => {
                    let finding = Finding::new(
                        Code::DanglingName,
                        item.place,
                        format!("there is no service `{}`", shortened(name)),
                    )
                    .help("one of those under `services:`");
                    let finding = finding.suggest(name, self.services.iter().map(|s| s.name.as_str()));
                    self.find(finding);
                }
            }
        }
        all
    }

    fn on_operations(&mut self, key: &Key, node: &Node) -> Vec<OpId> {
        match node.get("on") {
            Some(on) => self.operations_in(on),
            None => {
                let finding = Finding::new(
                    Code::MissingKey,
                    key.place,
                    format!("`{}` has no `on`: for which operations?", key.name),
                );
                self.find(finding.help("say `on: [service.operation]`"));
                Vec::new()
            }
        }
    }

    pub(super) fn operations_in(&mut self, node: &Node) -> Vec<OpId> {
        node.each().iter().filter_map(|item| self.operation(item)).map(OpId::at).collect()
    }

    fn response(&mut self, key: &Key, node: &Node) -> Option<Response> {
        let root = self.root;
        let steps = root.get("steps").map_or(&[][..], Node::entries);
        let detectors = root.get("detect").map_or(&[][..], Node::entries);
        let step = |name: &str| steps.iter().position(|(k, _)| k.name == name).map(StepId::at);
        let names =
            |known: &'static str| root.get(known).map_or(&[][..], Node::entries).iter().map(|(k, _)| &k.name[..]);
        let unknown = |name: &str, place, what: &str, part: &'static str| {
            let finding = Finding::new(Code::DanglingName, place, format!("there is no {what} `{}`", shortened(name)));
            finding.help(format!("name one under `{part}:`")).suggest(name, names(part))
        };
        if let Some(at) = node.text().and_then(quantity::duration) {
            let Some(id) = step(&key.name) else {
                let finding = unknown(&key.name, key.place, "step", "steps");
                let detects = names("detect").any(|name| name == key.name);
                let help = format!("a detector has steps: `{}: {{after: 1s, do: [STEP]}}`", key.name);
                self.find(if detects { finding.help(help) } else { finding });
                return None;
            };
            let on = Trigger::At(Tick(at.0));
            return Some(Response { name: key.name.clone(), on, takes: Takes::NOTHING, steps: vec![id] });
        }
        let Some(rule) = detectors.iter().position(|(k, _)| k.name == key.name) else {
            let finding = unknown(&key.name, key.place, "detector", "detect");
            let help = format!("a step has a time: `{}: 5s`", key.name);
            self.find(if step(&key.name).is_some() { finding.help(help) } else { finding });
            return None;
        };
        let mut ids = Vec::new();
        for name in node.get("do").map_or(&[][..], Node::each) {
            match step(name.text().unwrap_or_default()) {
                Some(id) => ids.push(id),
                None => self.find(unknown(name.text().unwrap_or_default(), name.place, "step", "steps")),
            }
        }
        let takes = self.takes(node.get("after"));
        Some(Response { name: key.name.clone(), on: Trigger::Alarm(RuleId::at(rule)), takes, steps: ids })
    }

    fn limit(&mut self, key: &Key, node: &Node) -> Option<Limit> {
        let said: Vec<&str> = PREVENTIONS.iter().map(|kind| kind.key).filter(|key| node.get(key).is_some()).collect();
        if said.len() != 1 {
            let message = match said.len() {
                0 => format!("`{}` limits nothing", key.name),
                _ => format!("`{}` says two things: {}", key.name, said.join(", ")),
            };
            let help = "a control has one of `at_most`, `after_reading`, `approval`";
            self.find(Finding::new(Code::Contradiction, key.place, message).help(help));
        }
        if node.get("at_most").is_none() && (node.get("approval").is_some() || node.get("after_reading").is_some()) {
            return None;
        }
        let on = node.get("on").map_or(Vec::new(), |n| self.operations_of_control(n));
        node.get("at_most")?;
        let text = |key: &str| node.get(key).and_then(Node::text);
        let counts = match text("counts") {
            Some("records") => Counts::Records,
            Some("cost") => Counts::Cost,
            _ if text("at_most").is_some_and(|t| t.trim().starts_with('$')) => Counts::Cost,
            _ => Counts::Requests,
        };
        let quota = text("at_most").and_then(quantity::quota);
        let amount =
            quota.and_then(|(n, _)| if counts == Counts::Cost { quantity::money(n) } else { quantity::count(n) });
        let place = node.get("at_most").map_or(node.place, |n| n.place);
        let at_most = amount.unwrap_or_else(|| {
            let message = format!("`{}` is not a limit", shortened(text("at_most").unwrap_or_default()));
            self.find(Finding::new(Code::NotACount, place, message).help("write `2_500`, `1 per 4h` or `$5`"));
            0
        });
        if quota.is_some_and(|(_, per)| per == Some(Span::ZERO)) {
            let finding = Finding::new(Code::ImpossibleNumber, place, "a window of no length admits nothing");
            self.find(finding.help("write `1 per 4h`, or `1` for the whole run"));
        }
        Some(Limit {
            name: key.name.clone(),
            on,
            key: text("by").map_or(KeyKind::Global, key_kind),
            at_most,
            counts,
            per: quota.and_then(|(_, per)| per),
            status: text("denies").and_then(|d| d.parse().ok()).unwrap_or(429),
            armed: text("armed").and_then(quantity::boolean).unwrap_or(true),
        })
    }

    /// Operations by name; `undocumented` stands for all that the inventory does not have.
    pub(super) fn operations_of_control(&mut self, node: &Node) -> Vec<OpId> {
        if node.text() != Some("undocumented") {
            return self.operations_in(node);
        }
        let hidden: Vec<OpId> =
            (0..self.operations.len()).filter(|at| !self.operations[*at].documented).map(OpId::at).collect();
        if hidden.is_empty() {
            let finding = Finding::new(Code::DanglingName, node.place, "every operation is documented");
            self.find(finding.help("name the operations, or say `documented: no` where one is not in the inventory"));
        }
        hidden
    }
}

pub(super) fn key_kind(word: &str) -> KeyKind {
    match word {
        "credential" => KeyKind::Credential,
        "owner" => KeyKind::Owner,
        "conversation" => KeyKind::Conversation,
        "everyone" => KeyKind::Global,
        _ => KeyKind::Principal,
    }
}
