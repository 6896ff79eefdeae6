//! The drill of a targets file: its steps, its times, and whether it fits under the caps.

use super::lower::{Lowering, duration, text};
use super::{
    Act, Body, Credential, CredentialIx, DrillPlan, Piece, Proof, Reference, Remint, Request, Service, Step, Template,
};
use crate::planted::Mistake;
use crate::scenario::shape::shortened;
use crate::scenario::tree::Node;
use crate::scenario::{Code, Finding, quantity};
use crate::wire::Span;

/// Without a known lifetime, everything must have been shut so long.
const USUAL_SETTLE: Span = Span::from_secs(60);
/// So many fresh credentials, where each request gives another: one alone sees one phase of a cache.
const USUAL_PHASES: u64 = 5;
/// Where nothing was promised, their first uses are spread over so long.
const USUAL_SPREAD: Span = Span::from_secs(10);
/// An answer that takes longer is none.
const USUAL_PATIENCE: Span = Span::from_secs(5);

impl Lowering<'_> {
    pub(super) fn drill(
        &mut self,
        drilled: &[CredentialIx],
        cleanup: Option<CredentialIx>,
        services: &[Service],
    ) -> DrillPlan {
        let nothing = Node::scalar("", self.root.place);
        let node = self.root.get("drill").unwrap_or(&nothing);
        let span = |key: &str, usual: Span| node.get(key).and_then(duration).unwrap_or(usual);
        let cadence = span("cadence", Span::from_millis(500));
        if cadence < Span::from_millis(10) {
            let place = node.get("cadence").map_or(node.place, |node| node.place);
            self.say(
                Finding::new(Code::ImpossibleNumber, place, "nothing is probed that often").help("10ms or longer"),
            );
        }
        let issued = |ix: &CredentialIx| matches!(self.credentials[ix.0].from, Reference::Request { .. });
        let usual = if self.root.get("drill").is_some() && drilled.iter().all(issued) { USUAL_PHASES } else { 1 };
        let phases = text(node, "phases").and_then(|n| quantity::count(&n)).unwrap_or(usual);
        if phases == 0 || phases > 100 {
            let place = node.get("phases").map_or(node.place, |node| node.place);
            self.say(
                Finding::new(Code::ImpossibleNumber, place, "so many fresh credentials are none").help("1 to 100"),
            );
        }
        let lives = drilled.iter().filter_map(|ix| self.credentials[ix.0].lives).min();
        let promised = node.get("promised").and_then(duration);
        // Whoever promises a time knows of a cache that is good for as long.
        let spread = promised.unwrap_or(USUAL_SPREAD).min(lives.map_or(USUAL_SPREAD, |lives| Span(lives.0 / 2)));
        let same = drilled.iter().map(|ix| &self.credentials[ix.0]).filter(|it| !it.from.gives_fresh_ones());
        let same: Vec<String> = same.map(|it| format!("`{}`", it.name)).collect();
        if phases > 1 && !same.is_empty() {
            let place = node.get("phases").map_or(node.place, |node| node.place);
            let what = format!("the reference of {} gives the same credential each time", same.join(" and "));
            self.say(
                Finding::new(Code::Contradiction, place, what)
                    .help("fetch by `command` or `request`, or leave `phases` out"),
            );
        }
        if let (Some(key), true) = (node.key("sparse"), phases < 2) {
            self.say(
                Finding::new(Code::Contradiction, key.place, "the sparse one needs another beside it")
                    .help("say `phases: 2` or more"),
            );
        }
        let mut captured = self.issued_names();
        let steps = self.steps(node.get("steps"), drilled, None, &mut captured);
        if node.get("steps").is_some_and(|steps| steps.items().is_empty()) {
            let place = node.key("steps").map_or(node.place, |key| key.place);
            self.say(
                Finding::new(Code::EmptyWorld, place, "nothing is done to contain")
                    .help("name a step, such as `revoke: TOKEN`"),
            );
        }
        let restore = self.steps(node.get("restore"), drilled, cleanup, &mut captured);
        let trusted = self.trusted_for(drilled, services);
        let settle = span("settle", trusted.map_or(USUAL_SETTLE, |(trusted, _)| trusted + cadence.times(2)));
        if let (Some((trusted, what)), Some(written)) =
            (trusted.filter(|(trusted, _)| settle < *trusted), node.get("settle"))
        {
            let message = format!("{what} could be accepted again after {settle}");
            self.say(
                Finding::warning(Code::Unused, written.place, message)
                    .help(format!("settle for at least {trusted}, or leave it out")),
            );
        }
        DrillPlan {
            steps,
            restore,
            cadence: cadence.max(Span::from_millis(10)),
            phases: usize::try_from(phases).unwrap_or(1).clamp(1, 100),
            over: span("over", if phases > 1 { spread } else { Span::ZERO }),
            sparse: node.get("sparse").and_then(duration),
            steady: span("steady", Span::from_secs(2)),
            settle,
            deadline: span("deadline", Span::ZERO),
            patience: span("patience", self.root.get("patience").and_then(duration).unwrap_or(USUAL_PATIENCE)),
            promised,
            may_remint: text(node, "may_remint").as_deref().and_then(quantity::boolean).unwrap_or(false),
            remint: self.remints(node.get("remint")),
        }
    }

    /// How long what was checked before the first step may be accepted, where that is known, and why: by what every service
    /// says that it caches, or by the longest life.
    fn trusted_for(&self, drilled: &[CredentialIx], services: &[Service]) -> Option<(Span, &'static str)> {
        let life = drilled.iter().filter_map(|ix| self.credentials[ix.0].lives).max();
        let cached: Option<Vec<Span>> = services.iter().map(|service| service.cached).collect();
        let cached = cached.and_then(|all| all.into_iter().max());
        let by_life = life.map(|life| (life, "what is cached for a credential's life"));
        cached.map(|cached| (cached, "what a service has `cached`")).into_iter().chain(by_life).min()
    }

    fn remints(&mut self, node: Option<&Node>) -> Vec<Remint> {
        let mut found = Vec::new();
        for (key, item) in node.map_or(&[][..], Node::entries) {
            let request = item.get("request").and_then(|request| self.request(request, &[]));
            let take = item.get("take").and_then(|take| self.pointer(take));
            let like = match item.get("like") {
                Some(like) => self.credential_named(like),
                None => Some(CredentialIx(0)).filter(|_| !self.credentials.is_empty()),
            };
            if let (Some(request), Some(take), Some(like)) = (request, take, like) {
                found.push(Remint { name: key.name.clone(), request, take, like });
            }
        }
        found
    }

    fn steps(
        &mut self,
        node: Option<&Node>,
        drilled: &[CredentialIx],
        usually_with: Option<CredentialIx>,
        captured: &mut Vec<String>,
    ) -> Vec<Step> {
        node.map_or(&[][..], Node::items)
            .iter()
            .filter_map(|item| self.step(item, drilled, usually_with, captured))
            .collect()
    }

    /// What the answers that issue credentials tell beside them.
    fn issued_names(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        for (_, node) in self.root.get("credentials").map_or(&[][..], Node::entries) {
            if let Some(request) = node.get("from").and_then(|from| from.get("request")) {
                self.captured_once(request, &names);
                let captures = request.get("captures").map_or(&[][..], Node::entries);
                names.extend(captures.iter().map(|(key, _)| key.name.clone()));
            }
        }
        names
    }

    /// A name stands for one thing: what was issued with a credential is another for each that a drill has.
    fn captured_once(&mut self, request: &Node, before: &[String]) {
        for (key, _) in request.get("captures").map_or(&[][..], Node::entries) {
            let issued = |one: &Credential| one.from.captures().iter().any(|(known, _)| *known == key.name);
            let also = if self.credentials.iter().any(|one| one.name == key.name) {
                "the name of a credential, too"
            } else if before.contains(&key.name) && self.credentials.iter().any(issued) {
                "captured where a credential is issued, too"
            } else {
                continue;
            };
            let message = format!("`{}` is {also}", shortened(&key.name));
            self.say(Finding::new(Code::DuplicateName, key.place, message).help("give it another name"));
        }
    }

    fn step(
        &mut self,
        node: &Node,
        drilled: &[CredentialIx],
        usually_with: Option<CredentialIx>,
        captured: &mut Vec<String>,
    ) -> Option<Step> {
        const KINDS: &[&str] = &["revoke", "http", "command", "pause", "wait_for"];
        let kinds: Vec<&str> = KINDS.iter().copied().filter(|kind| node.get(kind).is_some()).collect();
        let [kind] = kinds[..] else {
            let message = if kinds.is_empty() { "this step does nothing" } else { "a step does one thing" };
            self.say(
                Finding::new(Code::Contradiction, node.place, message)
                    .help("write one of `revoke`, `http`, `command`, `pause` and `wait_for`"),
            );
            return None;
        };
        self.without_effect(node, kind);
        let with = node.get("with").and_then(|with| self.credential_named(with)).or(usually_with);
        let (act, usual_name, usual_cover) = match kind {
            "revoke" => {
                let named = node.get("revoke")?;
                let revoked = self.credential_named(named)?;
                let name = format!("revoke {}", self.credentials[revoked.0].name);
                (Act::Http(Box::new(self.revocation(named, revoked, with)?)), name, vec![revoked])
            }
            "http" => {
                let request = Request { with, ..self.request(node, captured)? };
                self.captured_once(node, captured);
                captured.extend(request.captures.iter().map(|(name, _)| name.clone()));
                // What only reads ends nothing: it looks something up for the next step.
                let ends = self.writes(&request) || Mistake::LookingUpDeclares.here();
                let covers = if ends { drilled.to_vec() } else { Vec::new() };
                (Act::Http(Box::new(request)), text(node, "http")?, covers)
            }
            "command" => {
                let program = self.command(node.get("command")?)?;
                let name = program.first().cloned().unwrap_or_default();
                (Act::Command { program, with }, name, drilled.to_vec())
            }
            "pause" => {
                let said = text(node, "pause")?;
                (Act::Pause(said.clone()), said, drilled.to_vec())
            }
            _ => {
                if self.root.get("alarm").is_none() {
                    let place = node.get("wait_for")?.place;
                    self.say(
                        Finding::new(Code::MissingKey, place, "nothing tells of an alarm")
                            .help("add `alarm` with `command`, `file`, `webhook` or `key: yes`"),
                    );
                }
                let at_most = node.get("at_most").and_then(duration).unwrap_or(Span::from_secs(60));
                // Detecting contains nothing: what their response does is declared when the alarm is there, unless said.
                (Act::WaitForAlarm { at_most }, "wait for their alarm".to_owned(), drilled.to_vec())
            }
        };
        let covers =
            if node.get("covers").is_some() { self.credentials_named(node.get("covers")) } else { usual_cover };
        if let Some(other) = covers.iter().find(|ix| !drilled.contains(ix)) {
            let place = node.get("covers").or(node.get("revoke")).map_or(node.place, |node| node.place);
            let message = format!("`{}` is not a credential of the identity", self.credentials[other.0].name);
            self.say(
                Finding::new(Code::Contradiction, place, message)
                    .help("list it under `identity`, or leave it out here"),
            );
        }
        let at = match node.get("at") {
            Some(_) => self.services_named(node.get("at")),
            None => (0..self.services.len()).map(super::ServiceIx).collect(),
        };
        Some(Step { name: text(node, "name").unwrap_or(usual_name), act, covers, at })
    }

    /// Says which keys mean nothing in a step of this kind.
    fn without_effect(&mut self, node: &Node, kind: &str) {
        let fits: &[&str] = match kind {
            "revoke" => &["with", "accepted"],
            "http" => &["with", "headers", "form", "json", "body", "accepted", "captures"],
            "command" => &["with"],
            "wait_for" => &["at_most"],
            _ => &[],
        };
        for (key, _) in node.entries() {
            if !fits.contains(&key.name.as_str())
                && !matches!(key.name.as_str(), "name" | "covers" | "at")
                && key.name != kind
            {
                let message = format!("`{}` has no effect in a step with `{kind}`", key.name);
                self.say(Finding::new(Code::Contradiction, key.place, message).help("remove it"));
            }
        }
    }

    /// The call of RFC 7009.
    fn revocation(&mut self, named: &Node, revoked: CredentialIx, with: Option<CredentialIx>) -> Option<Request> {
        let Some((origin, path)) = self.revocation.clone() else {
            let help = "add `provider: {revocation: origin:/path}`; or use a step with `http`";
            let asked = self.discovered.is_some();
            let help = if asked { format!("its issuer does not say either: {help}") } else { help.to_owned() };
            self.say(Finding::new(Code::MissingKey, named.place, "nothing says where tokens are revoked").help(help));
            return None;
        };
        Some(Request {
            method: http::Method::POST,
            origin,
            path: Template(vec![Piece::Text(path)]),
            with,
            headers: Vec::new(),
            body: Body::Form(vec![("token".to_owned(), Template(vec![Piece::Credential(revoked)]))]),
            proof: Proof::default(),
            captures: Vec::new(),
        })
    }
}
