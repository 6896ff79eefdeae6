//! Services, their operations, and the routes by which clients reach them.

use crate::model::service::{
    Act, Answer, AuditFields, Denial, Grant, KeySet, Latency, Method, MintedScopes, Minting, ObjectRule, Operation,
    Reversible, Role, Route, Service, Validation, shape_of,
};
use std::collections::BTreeMap;

use crate::model::{Column, Share};
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::tree::{Key, Node, Place, Value};
use crate::wire::{CollId, Effect, FamilyId, OpId, RouteId, SecretKind, ServiceId, Span};

use super::people::CONTROL_PLANE;
use super::{Lowering, rows, share};

/// What operations take over from their service where they say nothing.
pub(super) struct Defaults {
    pub latency: Latency,
    pub page: u32,
    pub denies: Denial,
    pub rule: ObjectRule,
    pub fails: Share,
    pub audit: Option<AuditFields>,
}

/// Which operation answers which requests: service, method, path without names, selector.
pub(super) type Clashes = BTreeMap<(ServiceId, &'static str, String, Option<(String, String)>), String>;

/// An `http` line.
struct Line {
    method: Method,
    path: String,
    answer: Option<(String, Answer)>,
}

impl Lowering<'_> {
    pub(super) fn services(&mut self) {
        let root = self.root;
        for (key, node) in root.get("services").map_or(&[][..], Node::entries) {
            if key.name == CONTROL_PLANE {
                let message = format!("`{CONTROL_PLANE}` is the service through which the defence acts");
                self.find(Finding::new(Code::DuplicateName, key.place, message).help("choose another name"));
            }
            self.service(key, node);
        }
        if self.operator.is_some() {
            self.control_plane();
        }
        self.redirect();
    }

    fn service(&mut self, key: &Key, node: &Node) {
        let id = ServiceId::at(self.services.len());
        let provider = node.get("kind").and_then(Node::text) == Some("identity-provider");
        let replicas = node.get("replicas").map_or(Some(1), |n| rows(n, &mut self.findings)).unwrap_or(1);
        if replicas == 0 || replicas > 1_000 {
            let place = node.get("replicas").map_or(node.place, |n| n.place);
            let finding = Finding::new(Code::ImpossibleNumber, place, "a service has 1 to 1,000 replicas");
            self.find(finding.help("leave it out for one"));
        }
        let (validation, keys) = (self.validation(node), self.key_set(node.get("accepts")));
        self.services.push(Service {
            name: key.name.clone(),
            validation,
            checks_audience: node.get("accepts").and_then(|a| a.get("audience")).and_then(Node::text)
                != Some("ignored"),
            keys,
            replicas: replicas.clamp(1, 1_000) as u16,
            role: if provider { Role::IdentityProvider } else { Role::Resource },
        });
        let latency = node.get("latency").and_then(Node::text).and_then(quantity::range);
        let defaults = Defaults {
            latency: latency.map_or(DEFAULT_LATENCY, |(least, most)| Latency { least, most }),
            page: node.get("page").map_or(100, |n| self.page(n)),
            denies: node.get("denies").and_then(Node::text).map_or(Denial::Forbidden, denial),
            rule: node.get("rows").and_then(Node::text).map_or(ObjectRule::Anyone, rule),
            fails: node.get("fails").map_or(Share::NONE, share),
            audit: node.get("audit").map_or(Some(AuditFields::USUAL), audit),
        };
        for (name, operation) in node.get("operations").map_or(&[][..], Node::entries) {
            self.add_operation(id, name, operation, &defaults);
        }
        if let Some(description) = node.get("openapi") {
            self.described(id, description, &defaults);
        }
        if provider {
            self.oauth(id, &defaults, key.place);
        }
        if node.get("operations").is_none() && node.get("openapi").is_none() && !provider {
            let message = format!("`{}` has no operations: nobody can reach anything there", key.name);
            self.find(Finding::new(Code::EmptyWorld, key.place, message).help("add `operations:` or `openapi:`"));
        }
    }

    fn validation(&mut self, service: &Node) -> Validation {
        let Some(accepts) = service.get("accepts") else { return Validation::Gateway };
        let span = |key: &str| accepts.get(key).and_then(Node::text).and_then(quantity::duration);
        let (mode, takes): (_, &[&str]) = match accepts.text().or_else(|| accepts.get("mode").and_then(Node::text)) {
            Some("none") => (Validation::None, &[]),
            Some("jwt") => (
                Validation::Jwt { leeway: span("leeway").unwrap_or_default() },
                &["leeway", "keys", "jwks_cache", "audience"],
            ),
            Some("introspect") => {
                let (cache, stale) = (span("cache").unwrap_or_default(), span("stale").unwrap_or_default());
                (Validation::Introspect { cache, stale }, &["cache", "stale", "audience"])
            }
            Some("push") => (Validation::Push { delay: span("delay").unwrap_or_default() }, &["delay", "audience"]),
            Some("api-key") => {
                (Validation::ApiKey { cache: span("cache").unwrap_or_default() }, &["cache", "audience"])
            }
            _ => (Validation::Gateway, &["audience"]),
        };
        for (key, _) in accepts.entries().iter().filter(|(k, _)| k.name != "mode" && !takes.contains(&k.name.as_str()))
        {
            let message = format!("`{}` means nothing to a service that validates by `{}`", key.name, mode.name());
            let list: Vec<String> = takes.iter().map(|key| format!("`{key}`")).collect();
            let help = match takes.len() {
                0 => format!("`{}` takes nothing beside `mode`", mode.name()),
                _ => format!("`{}` takes {}", mode.name(), list.join(" and ")),
            };
            self.find(Finding::new(Code::Contradiction, key.place, message).help(help));
        }
        mode
    }

    fn page(&mut self, node: &Node) -> u32 {
        let page = rows(node, &mut self.findings).unwrap_or(1);
        if page == 0 {
            let finding = Finding::new(Code::ImpossibleNumber, node.place, "a page holds at least one record");
            self.find(finding.help("leave it out for 100"));
        }
        page.max(1)
    }

    fn add_operation(&mut self, service: ServiceId, key: &Key, node: &Node, defaults: &Defaults) {
        let http = node.get("http").unwrap_or(node);
        let Some(line) = self.take(read_line(http)) else {
            let service = &self.services[service.index()].name;
            self.unread.insert(format!("{service}.{}", key.name));
            return;
        };
        let text = |key: &str| node.get(key).and_then(Node::text);
        let target = |work: &mut Self, name: &Node| {
            let group = work.records.group(name);
            work.take(group).map(CollId::at)
        };
        let answers = line.answer.as_ref().map(|(name, _)| Node::scalar(name.as_str(), http.place));
        let said = ["on", "creates", "mints"].iter().filter(|k| node.get(k).is_some()).count();
        if said > 1 || said == 1 && node.get("on").is_none() && answers.is_some() {
            let message = format!("`{}` says two things about what it does", key.name);
            let help = "keep one of `-> collection`, `on`, `creates` and `mints`";
            self.find(Finding::new(Code::Contradiction, key.place, message).help(help));
        }
        if node.get("mints").is_none() {
            self.no_effect(
                node,
                &["refresh", "grant", "mints_for", "scopes"],
                "only an operation that `mints` hands out tokens",
            );
        }
        if node.get("effect_after").is_none() {
            self.no_effect(node, &["recheck"], "only queued work, with `effect_after`, is authorized again");
        }
        if answers.is_none() {
            self.no_effect(node, &["order"], "only a list, with `-> collection`, has an order");
        }
        if answers.is_none() && node.get("creates").is_none() {
            self.no_effect(node, &["inside"], "only a list, with `-> collection`, lists what lies in a record");
        }
        let several = node.get("selector").filter(|s| s.entries().len() != 1);
        if let Some(selector) = several {
            let message = "one field of the body tells operations apart";
            let help = "write `selector: {field: value}`";
            self.find(Finding::new(Code::Contradiction, selector.place, message).help(help));
        }
        let names_one = line.path.contains('{') || text("one").and_then(quantity::boolean) == Some(true);
        let by_method = match line.method {
            Method::Get => Effect::Read,
            Method::Delete => Effect::Delete,
            Method::Post | Method::Put | Method::Patch => Effect::Write,
        };
        let answer = line.answer.as_ref().map_or(Answer::Nothing, |(_, answer)| *answer);
        let (act, coll, usual) = if let Some(family) = node.get("mints") {
            (self.mint(node, family), None, Effect::Mint)
        } else if let Some(name) = node.get("creates") {
            let inside = node.get("inside").and_then(|n| target(self, n));
            (Act::Create { inside }, target(self, name), Effect::Write)
        } else if let Some(name) = node.get("on") {
            let act = if names_one { Act::One { answer } } else { Act::All };
            (act, target(self, name), by_method)
        } else if let Some(name) = &answers {
            let inside = node.get("inside").and_then(|n| target(self, n));
            let act = match inside {
                None if names_one => Act::One { answer },
                inside => Act::List { answer, inside },
            };
            (act, target(self, name), Effect::Read)
        } else {
            (Act::Nothing, None, by_method)
        };
        let effect = text("effect").and_then(Effect::parse).unwrap_or(usual);
        let spec = Operation {
            service,
            name: key.name.clone(),
            method: line.method,
            path: line.path,
            selector: node
                .get("selector")
                .and_then(|s| s.entries().first())
                .map(|(k, v)| (k.name.clone(), v.text().unwrap_or_default().to_owned())),
            act,
            effect,
            target: coll,
            rule: text("rows").map_or(defaults.rule, rule),
            documented: text("documented").and_then(quantity::boolean).unwrap_or(true),
            reversible: reversible(text("reversible")),
            denies: text("denies").map_or(defaults.denies, denial),
            latency: text("latency")
                .and_then(quantity::range)
                .map_or(defaults.latency, |(least, most)| Latency { least, most }),
            effect_after: text("effect_after").and_then(quantity::duration),
            recheck: text("recheck").and_then(quantity::boolean).unwrap_or(false),
            cost: text("costs").and_then(quantity::money).unwrap_or(0),
            page: node.get("page").map_or(defaults.page, |n| self.page(n)),
            newest_first: text("order") == Some("newest first"),
            fails: node.get("fails").map_or(defaults.fails, share),
            wakes: 0..0,
            minting: self.minting(node),
            audit: node.get("audit").map_or(defaults.audit, audit),
            logged_as: text("logs_as").unwrap_or(&key.name).to_owned(),
        };
        let needs = self.needs_of(service, &key.name, effect, node.get("needs"));
        if let Some(to) = node.get("redirects") {
            self.redirects.push((self.operations.len(), to.clone()));
        }
        self.push_operation(spec, needs, key.place);
    }

    fn mint(&mut self, node: &Node, family: &Node) -> Act {
        let group = self.credentials.group(family);
        let family = self.take(group).map_or(FamilyId::new(0), FamilyId::at);
        let refresh = node.get("refresh").map(|n| self.credentials.group(n));
        let refresh = refresh.and_then(|g| self.take(g)).map(FamilyId::at);
        let grant = match node.get("grant").and_then(Node::text) {
            Some("client-credentials") => Grant::ClientCredentials,
            Some("refresh-token") => Grant::RefreshToken { rotates: false },
            Some("refresh-token rotating") => Grant::RefreshToken { rotates: true },
            Some("token-exchange") => Grant::TokenExchange,
            _ => Grant::Plain,
        };
        Act::Mint { family, refresh, grant }
    }

    /// Whose a new credential is and what it unlocks, where an operation that mints says so.
    fn minting(&mut self, node: &Node) -> Minting {
        if node.get("mints").is_none() {
            return Minting::default();
        }
        let (to, round) = node.get("mints_for").map_or((Column::Empty, 0), |owner| self.minted_for(owner));
        let scopes = match node.get("scopes").and_then(Node::text) {
            Some("presented") => MintedScopes::Presented,
            Some("both") => MintedScopes::Both,
            _ => MintedScopes::Family,
        };
        if scopes == MintedScopes::Both && node.get("grant").and_then(Node::text) != Some("token-exchange") {
            let place = node.get("scopes").map_or(node.place, |n| n.place);
            let message = "`both` are the subject and the actor, and only a token exchange has both";
            let help = "add `grant: token-exchange`, or say `scopes: presented`";
            self.find(Finding::new(Code::Contradiction, place, message).help(help));
        }
        if scopes != MintedScopes::Family {
            self.no_effect(node, &["refresh"], "the refresh token would bring back what was kept out");
        }
        Minting { to, round, scopes }
    }

    /// One identity, or a group's members in turn: the number in the formula is that of the new credential.
    fn minted_for(&mut self, owner: &Node) -> (Column, u32) {
        let name = owner.text().and_then(|text| text.split_once("-{")).map(|(name, _)| name);
        let members = name.and_then(|name| self.identities.position(name)).map(|at| self.identities.all[at].count);
        let round = members.unwrap_or(1);
        let column = self.identities.column(owner, round);
        (self.take(column).unwrap_or_default(), round)
    }

    /// OR of AND. Without a word about it, the service's own scopes unlock an operation.
    fn needs_of(&self, service: ServiceId, name: &str, effect: Effect, said: Option<&Node>) -> Vec<Vec<String>> {
        let words = |node: &Node| node.each().iter().filter_map(Node::text).map(str::to_owned).collect::<Vec<_>>();
        match said {
            Some(node) if node.items().iter().any(|n| matches!(n.value, Value::List(_))) => {
                node.items().iter().map(words).collect()
            }
            Some(node) => vec![words(node)],
            None => {
                let own = &self.services[service.index()].name;
                let mut scopes = vec![format!("{own}:{name}"), format!("{own}:{}", effect.name())];
                scopes.dedup();
                scopes.into_iter().map(|scope| vec![scope]).collect()
            }
        }
    }

    pub(super) fn push_operation(&mut self, spec: Operation, needs: Vec<Vec<String>>, place: Place) {
        let name = format!("{}.{}", self.services[spec.service.index()].name, spec.name);
        let request = (spec.service, spec.method.name(), shape_of(&spec.path), spec.selector.clone());
        if let Some(clash) = self.clashes.insert(request, spec.name.clone()) {
            let message = format!("`{}` and `{clash}` answer the same requests", spec.name);
            let help = "tell them apart by path, method, or `selector: {field: value}` of the body";
            self.find(Finding::new(Code::OperationClash, place, message).help(help));
        }
        let op = OpId::at(self.operations.len());
        if self.operation_names.insert(name.clone(), op.index()).is_some() {
            let message = format!("there are two operations `{name}`");
            let service = self.root.get("services").and_then(|s| s.get(&self.services[spec.service.index()].name));
            let written = service.and_then(|s| s.get("operations")?.key(&spec.name));
            let place = written.map_or(place, |key| key.place);
            let help = "rename the one under `operations:`; the other comes with the service";
            self.find(Finding::new(Code::DuplicateName, place, message).help(help));
        }
        let (service, name) = (spec.service, spec.name.clone());
        self.routes.push(Route { service, name, answers: Some(op), redirects: None });
        self.operations.push(spec);
        self.needs.push(needs);
    }

    fn redirect(&mut self) {
        for (from, to) in std::mem::take(&mut self.redirects) {
            if let Some(to) = self.operation(&to) {
                self.routes[from].redirects = Some(RouteId::at(to));
            }
        }
    }

    fn plain(
        &self,
        service: ServiceId,
        defaults: &Defaults,
        name: &str,
        method: Method,
        path: &str,
        act: Act,
    ) -> Operation {
        Operation {
            service,
            name: name.to_owned(),
            method,
            path: path.to_owned(),
            selector: None,
            act,
            effect: if matches!(act, Act::Mint { .. }) { Effect::Mint } else { Effect::Execute },
            target: None,
            rule: ObjectRule::Anyone,
            documented: true,
            reversible: Reversible::Always,
            denies: defaults.denies,
            latency: defaults.latency,
            effect_after: None,
            recheck: false,
            cost: 0,
            page: 100,
            newest_first: false,
            fails: defaults.fails,
            wakes: 0..0,
            minting: Minting::default(),
            audit: defaults.audit,
            logged_as: name.to_owned(),
        }
    }

    /// RFC 6749, 7662, 7009, 8414 and 7517, on the usual paths. Whoever has any credential may call the endpoints; what
    /// they answer is decided there.
    fn oauth(&mut self, service: ServiceId, defaults: &Defaults, place: Place) {
        let family =
            |work: &Self, kind: SecretKind| work.families.iter().position(|f| f.kind == kind).map(FamilyId::at);
        let (access, refresh) = (family(self, SecretKind::AccessToken), family(self, SecretKind::RefreshToken));
        let anybody = vec![Vec::new()];
        let by_grant = |mut spec: Operation, grant: &str| {
            spec.selector = Some(("grant_type".to_owned(), grant.to_owned()));
            spec
        };
        if let Some(family) = access {
            let act = Act::Mint { family, refresh: None, grant: Grant::ClientCredentials };
            let spec = self.plain(service, defaults, "token", Method::Post, "/oauth/token", act);
            let clients = self.services[service.index()].name.clone();
            self.push_operation(by_grant(spec, "client_credentials"), vec![vec![format!("{clients}:token")]], place);
            if refresh.is_some() {
                let act = Act::Mint { family, refresh, grant: Grant::RefreshToken { rotates: true } };
                let spec = self.plain(service, defaults, "refresh", Method::Post, "/oauth/token", act);
                self.push_operation(by_grant(spec, "refresh_token"), anybody.clone(), place);
            }
        }
        let rest = [
            ("introspect", Method::Post, "/oauth/introspect", Act::IntrospectToken),
            ("revoke", Method::Post, "/oauth/revoke", Act::RevokeToken),
            ("metadata", Method::Get, "/.well-known/oauth-authorization-server", Act::Metadata),
            ("jwks", Method::Get, "/.well-known/jwks.json", Act::Metadata),
        ];
        for (name, method, path, act) in rest {
            let spec = self.plain(service, defaults, name, method, path, act);
            self.push_operation(spec, anybody.clone(), place);
        }
    }

    /// The door of the responder.
    fn control_plane(&mut self) {
        let service = ServiceId::at(self.services.len());
        self.services.push(Service {
            name: CONTROL_PLANE.into(),
            validation: Validation::Gateway,
            checks_audience: true,
            keys: KeySet::default(),
            replicas: 1,
            role: Role::Administration,
        });
        let latency = Latency { least: Span::from_millis(1), most: Span::from_millis(1) };
        let (denies, rule, audit) = (Denial::Forbidden, ObjectRule::Anyone, Some(AuditFields::ALL));
        let defaults = Defaults { latency, page: 100, denies, rule, fails: Share::NONE, audit };
        let spec = self.plain(service, &defaults, "administer", Method::Post, "/steps", Act::Administer);
        let needs = vec![vec![format!("{CONTROL_PLANE}:administer")]];
        self.push_operation(spec, needs, self.root.place);
    }
}

/// Where nothing is said: a call within one data centre.
const DEFAULT_LATENCY: Latency = Latency { least: Span::from_millis(20), most: Span::from_millis(20) };

/// `all`, `none`, or the fields that are recorded.
fn audit(node: &Node) -> Option<AuditFields> {
    let records = |field: &str| node.items().iter().any(|f| f.text() == Some(field));
    match node.text() {
        Some("none") => None,
        Some(_) => Some(AuditFields::ALL),
        None => Some(AuditFields {
            principal: records("principal"),
            credential: records("credential"),
            address: records("address"),
            object: records("object"),
            act: records("act"),
            trace: records("trace"),
        }),
    }
}

fn denial(word: &str) -> Denial {
    match word {
        "401" => Denial::Unauthorized,
        "404" => Denial::NotFound,
        "empty" => Denial::Empty,
        _ => Denial::Forbidden,
    }
}

pub(super) fn rule(word: &str) -> ObjectRule {
    match word {
        "owner" => ObjectRule::Owner,
        "tenant" => ObjectRule::Tenant,
        _ => ObjectRule::Anyone,
    }
}

fn reversible(word: Option<&str>) -> Reversible {
    match word.map(|w| (quantity::boolean(w), quantity::duration(w))) {
        Some((Some(false), _)) => Reversible::Never,
        Some((_, Some(window))) => Reversible::For(window),
        _ => Reversible::Always,
    }
}

/// `GET /path/{id} -> collection records`.
fn read_line(node: &Node) -> Result<Line, Finding> {
    let text = node.text().unwrap_or_default();
    let bad = |message: &str| {
        Finding::new(Code::BadHttp, node.place, message)
            .help("write `GET /things -> things records`, or `DELETE /things/{id}`")
    };
    let (request, answer) = text.split_once("->").map_or((text, None), |(r, a)| (r, Some(a)));
    let mut words = request.split_whitespace();
    let (Some(method), Some(path), None) = (words.next(), words.next(), words.next()) else {
        return Err(bad("this is not a method and a path"));
    };
    let method = Method::parse(method).ok_or_else(|| {
        bad("the method is none of GET, POST, PUT, PATCH, DELETE")
            .suggest(method, ["GET", "POST", "PUT", "PATCH", "DELETE"])
    })?;
    let braces = path.matches('{').count();
    if !path.starts_with('/') || braces != path.matches('}').count() || path.contains(['?', '#']) {
        return Err(bad("a path begins with `/`, and its braces come in pairs"));
    }
    let answer = answer
        .map(|answer| {
            let mut words = answer.split_whitespace();
            let (name, kind, rest) = (words.next(), words.next(), words.next());
            let kind = match kind {
                Some("ids") => Some(Answer::Ids),
                Some("count") => Some(Answer::Count),
                Some("records") | None => Some(Answer::Records),
                Some(_) => None,
            };
            match (name, kind, rest) {
                (Some(name), Some(kind), None) => Ok((name.to_owned(), kind)),
                _ => Err(bad("after `->` stand a collection and one of records, ids, count")),
            }
        })
        .transpose()?;
    Ok(Line { method, path: path.to_owned(), answer })
}
