//! From the checked tree to what a targets file says. Everything that is wrong is gathered.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use http::{HeaderName, Method};

use super::{
    CapLimits, Credential, CredentialIx, Endpoints, Issuer, Origin, OriginIx, Pattern, Present, Rate, Reference,
    Sentinel, Service, ServiceIx, StopCondition, Targets, WriteRules,
};
use crate::planted::Mistake;
use crate::scenario::shape::shortened;
use crate::scenario::tree::{Node, Value};
use crate::scenario::{Code, Finding, quantity};
use crate::staging::origin::{Host, OriginKey, Scheme};
use crate::wire::Span;

/// The work in progress.
pub(super) struct Lowering<'a> {
    pub root: &'a Node,
    folder: &'a Path,
    findings: &'a mut Vec<Finding>,
    pub origins: Vec<Origin>,
    /// What could not be read: nothing more is said about its users.
    pub unread: BTreeSet<String>,
    pub rules: WriteRules,
    pub credentials: Vec<Credential>,
    pub services: Vec<String>,
    pub token: Option<(OriginIx, String)>,
    pub revocation: Option<(OriginIx, String)>,
    /// What the issuer said, where it was asked.
    pub discovered: Option<Endpoints>,
    /// Who has to be asked before anything else is sent.
    pub issuer: Option<Issuer>,
}

/// What a tree says that fits the grammar; nothing, where a part that all others need is missing.
pub(super) fn lower(
    root: &Node,
    written: &std::sync::Arc<str>,
    folder: &Path,
    discovered: Option<&Endpoints>,
    findings: &mut Vec<Finding>,
) -> Option<Targets> {
    let mut work = Lowering {
        root,
        folder,
        findings,
        origins: Vec::new(),
        unread: BTreeSet::new(),
        rules: WriteRules::default(),
        credentials: Vec::new(),
        services: Vec::new(),
        token: None,
        revocation: None,
        discovered: discovered.cloned(),
        issuer: None,
    };
    work.all(written)
}

impl Lowering<'_> {
    fn all(&mut self, written: &std::sync::Arc<str>) -> Option<Targets> {
        let root = self.root;
        self.origins();
        self.provider();
        self.rules.counted_as_write = self.patterns(root.get("counts_as_write"));
        self.rules.counted_as_read = self.patterns(root.get("counts_as_read"));
        self.rules.allowed = self.patterns(root.get("writes"));
        self.credentials();
        let services = self.services();
        let sentinels = self.sentinels();
        let identity = root.get("identity")?;
        let drilled = self.credentials_named(identity.get("credentials"));
        let control = root.get("control").and_then(|node| self.credential_named(node));
        let of_services = root.get("services").map_or(&[][..], Node::entries);
        for node in
            root.get("control").into_iter().chain(of_services.iter().filter_map(|(_, node)| node.get("control")))
        {
            self.nobody_who_is_drilled(node, &drilled, "it cannot be the control");
        }
        for (_, sentinel) in root.get("sentinels").map_or(&[][..], Node::entries) {
            if let Some(node) = sentinel.get("with") {
                self.nobody_who_is_drilled(node, &drilled, "what it does is not the honest work that must go on");
            }
        }
        let cleanup = root.get("cleanup").and_then(|node| self.credential_named(node));
        if let (Some(node), true) = (root.get("cleanup"), cleanup.is_some_and(|c| drilled.contains(&c))) {
            self.say(
                Finding::new(Code::Contradiction, node.place, "what is contained cannot clean up")
                    .help("name a credential that is not drilled"),
            );
        }
        if let (Some(key), None) = (root.key("use_found"), root.get("explore")) {
            self.say(
                Finding::warning(Code::Unused, key.place, "a drill finds no secrets, so it uses none")
                    .help("leave it out, or say what an agent may `explore`"),
            );
        }
        if root.get("drill").is_none() && root.get("explore").is_none() {
            self.say(
                Finding::new(Code::MissingKey, root.place, "there is nothing to do")
                    .help("say how the identity is contained under `drill`, or what an agent may `explore`"),
            );
        }
        let stops = self.stops();
        let alarm = self.alarm(&drilled);
        let drill = self.drill(&drilled, cleanup, &services);
        let explore = self.explore(&drilled, cleanup.is_some());
        let targets = Targets {
            name: text(root, "name").unwrap_or_default(),
            story: text(root, "story").map(|story| story.trim().to_owned()),
            contact: self.contact(root),
            text: written.clone(),
            folder: self.folder.to_owned(),
            alarm,
            caps: self.caps(),
            stops,
            kill_file: text(root, "kill_file").map(|file| self.path(&file)),
            issuer: self.issuer.take(),
            discovered: self.discovered.take(),
            origins: std::mem::take(&mut self.origins),
            rules: std::mem::take(&mut self.rules),
            credentials: std::mem::take(&mut self.credentials),
            identity: text(identity, "name").unwrap_or_default(),
            drilled,
            control: control?,
            cleanup,
            services,
            sentinels,
            drill,
            explore,
        };
        super::fit::check_fit(&targets, root, self.findings);
        Some(targets)
    }

    /// It travels in a comment of the user agent (RFC 9110 section 5.6.5).
    fn contact(&mut self, root: &Node) -> Option<String> {
        const MOST: usize = 120;
        let node = root.get("contact")?;
        let contact = node.text()?.trim();
        let is_carried = |letter: char| letter == ' ' || letter.is_ascii_graphic() && !"()\\;".contains(letter);
        if contact.is_empty() || contact.len() > MOST || !contact.chars().all(is_carried) {
            let message = "a user agent cannot carry this contact";
            let help = format!("at most {MOST} letters of ASCII without `(`, `)`, `;` and `\\`: `soc@example.com`");
            self.say(Finding::new(Code::WrongType, node.place, message).help(help));
            return None;
        }
        Some(contact.to_owned())
    }

    pub(super) fn say(&mut self, finding: Finding) {
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn nobody_who_is_drilled(&mut self, node: &Node, drilled: &[CredentialIx], so: &str) {
        let name = node.text().unwrap_or_default();
        if drilled.iter().any(|ix| self.credentials[ix.0].name == name) {
            let message = format!("`{name}` is drilled, so {so}");
            self.say(
                Finding::new(Code::Contradiction, node.place, message)
                    .help("name a credential of somebody else, who goes on being allowed"),
            );
        }
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    fn origins(&mut self) {
        for (key, node) in self.root.get("origins").map_or(&[][..], Node::entries) {
            let url = node.get("url").unwrap_or(node);
            let at = match OriginKey::parse(url.text().unwrap_or_default()) {
                Ok(at) => at,
                Err(error) => {
                    let message = format!("`{}` is not an origin: {error}", shortened(url.text().unwrap_or_default()));
                    self.say(
                        Finding::new(Code::BadOrigin, url.place, message)
                            .help("write scheme, host and port alone, such as `https://api.staging.example:8443`"),
                    );
                    self.unread.insert(key.name.clone());
                    continue;
                }
            };
            let mut addresses: Vec<IpAddr> = Vec::new();
            for item in node.get("address").map_or(&[][..], Node::each) {
                match item.text().and_then(|text| text.parse().ok()) {
                    Some(address) => addresses.push(address),
                    None => {
                        let message = format!("`{}` is not an IP address", shortened(item.text().unwrap_or_default()));
                        self.say(
                            Finding::new(Code::BadOrigin, item.place, message)
                                .help("write it as `10.0.0.7` or `fd00::7`"),
                        );
                    }
                }
            }
            if let (Host::Address(_), Some(said)) = (&at.host, node.key("address")) {
                self.say(
                    Finding::new(Code::Contradiction, said.place, "the URL names its address already")
                        .help("remove `address`"),
                );
            }
            if let ([_, _, ..], Some(said)) = (&addresses[..], node.key("address")) {
                self.say(
                    Finding::new(Code::Contradiction, said.place, "a run talks to one address of each origin")
                        .help("keep one of them; name an origin for each other one"),
                );
            }
            if let Host::Address(address) = at.host {
                addresses.push(address);
            }
            if at.scheme == Scheme::Http && addresses.is_empty() {
                let message = "credentials would go over the network in plain text";
                self.say(
                    Finding::new(Code::BadOrigin, url.place, message)
                        .help("use `https`; or list the `address`, where the network between is yours"),
                );
            }
            if let (Scheme::Http, Some(said)) = (at.scheme, node.key("ca")) {
                self.say(
                    Finding::new(Code::Contradiction, said.place, "`http` knows no certificates").help("use `https`"),
                );
            }
            if let Some(other) = self.origins.iter().find(|other| other.at == at) {
                let message = format!("this is the origin `{}` again", other.name);
                self.say(Finding::new(Code::DuplicateName, url.place, message).help("keep one of the two"));
            }
            let ca = node.get("ca").and_then(Node::text).map(|file| self.path(file));
            self.origins.push(Origin { name: key.name.clone(), begins: at.to_string(), at, addresses, ca });
        }
        if self.root.get("origins").is_some_and(|node| node.entries().is_empty()) {
            let place = self.root.key("origins").map_or(self.root.place, |key| key.place);
            self.say(Finding::new(Code::EmptyWorld, place, "there is nothing to talk to").help("name an origin"));
        }
    }

    fn credentials(&mut self) {
        // Requests of credentials may name others: all names are known before any request is read.
        let entries = self.root.get("credentials").map_or(&[][..], Node::entries);
        for (key, node) in entries {
            let present = self.present(node.get("present"));
            let lives = node.get("lives").and_then(duration);
            let kind = text(node, "kind").unwrap_or_else(|| key.name.clone());
            let from = Reference::Env(String::new());
            self.credentials.push(Credential { name: key.name.clone(), kind, from, present, lives });
        }
        for (at, (_, node)) in entries.iter().enumerate() {
            if let Some(from) = node.get("from").and_then(|from| self.reference(from)) {
                self.credentials[at].from = from;
            }
        }
        self.cycles(entries);
        self.used_up(entries);
    }

    fn reference(&mut self, node: &Node) -> Option<Reference> {
        let ways: Vec<&str> =
            node.entries().iter().map(|(key, _)| key.name.as_str()).filter(|name| *name != "take").collect();
        let [way] = ways[..] else {
            let message = if ways.is_empty() { "this refers to nothing" } else { "a credential is kept in one place" };
            self.say(
                Finding::new(Code::Contradiction, node.place, message)
                    .help("write one of `env`, `file`, `command` and `request`"),
            );
            return None;
        };
        if way != "request"
            && let Some(take) = node.key("take")
        {
            self.say(
                Finding::new(Code::Contradiction, take.place, "`take` has no effect without `request`")
                    .help("remove it"),
            );
        }
        let value = node.get(way)?;
        match way {
            "env" => {
                let name = value.text()?;
                let plain = !name.is_empty()
                    && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                    && !name.starts_with(|c: char| c.is_ascii_digit());
                if !plain {
                    self.say(
                        Finding::new(
                            Code::SecretInFile,
                            value.place,
                            "this is not the name of an environment variable",
                        )
                        .help("write the variable's name; a credential itself never stands in a file"),
                    );
                }
                plain.then(|| Reference::Env(name.to_owned()))
            }
            "file" => Some(Reference::File(self.path(value.text()?))),
            "command" => Some(Reference::Command(self.command(value)?)),
            _ => {
                let request = Box::new(self.request(value, &[])?);
                let Some(take) = node.get("take") else {
                    self.say(
                        Finding::new(
                            Code::MissingKey,
                            node.place,
                            "nothing says where in the answer the credential is",
                        )
                        .help("add `take: /access_token`"),
                    );
                    return None;
                };
                Some(Reference::Request { request, take: self.pointer(take)? })
            }
        }
    }

    /// A credential that is asked for with itself cannot be had.
    fn cycles(&mut self, entries: &[(crate::scenario::tree::Key, Node)]) {
        for (at, (key, _)) in entries.iter().enumerate() {
            let mut open = vec![CredentialIx(at)];
            let mut seen = BTreeSet::new();
            while let Some(ix) = open.pop() {
                let Reference::Request { request, .. } = &self.credentials[ix.0].from else { continue };
                let all = (0..self.credentials.len()).map(CredentialIx);
                let needed: Vec<_> =
                    all.filter(|other| request.with == Some(*other) || request.mentions(*other)).collect();
                if needed.contains(&CredentialIx(at)) {
                    let message = format!("`{}` is needed to get `{}`", key.name, key.name);
                    self.say(
                        Finding::new(Code::Cycle, key.place, message).help("fetch one of them by env, file or command"),
                    );
                    return;
                }
                open.extend(needed.into_iter().filter(|other| seen.insert(*other)));
            }
        }
    }

    /// What a request for a token takes from whoever else has the refresh token.
    fn used_up(&mut self, entries: &[(crate::scenario::tree::Key, Node)]) {
        for (at, (key, _)) in entries.iter().enumerate() {
            let Reference::Request { request, .. } = &self.credentials[at].from else { continue };
            let Some(refresh) = request.refreshes().map(|ix| self.credentials[ix.0].name.clone()) else { continue };
            let message = format!(
                "`{}` is had with `{refresh}`: a server that rotates refresh tokens takes each one once, so whoever keeps \
                 `{refresh}` elsewhere is cut off (RFC 9700 section 4.14.2)",
                key.name
            );
            let help = "let the drill have a grant of its own, or put a fresh one back under `restore`";
            self.say(Finding::warning(Code::Contradiction, key.place, message).help(help));
        }
    }

    fn present(&mut self, node: Option<&Node>) -> Present {
        let Some(node) = node else { return Present::Bearer };
        if let Some(word) = node.text() {
            return if word == "basic" { Present::Basic } else { Present::Bearer };
        }
        let wrong = match node.entries() {
            [(key, said)] => match presented(&key.name, said.text().unwrap_or_default()) {
                Ok(present) => return present,
                Err((message, help)) => Finding::new(Code::BadHttp, said.place, message).help(help),
            },
            _ => Finding::new(Code::Contradiction, node.place, "a credential is presented in one way")
                .help("write one of `scheme`, `header` and `cookie`"),
        };
        self.say(wrong);
        Present::Bearer
    }

    pub(super) fn command(&mut self, node: &Node) -> Option<Vec<String>> {
        let words: Vec<String> = node.items().iter().filter_map(Node::text).map(str::to_owned).collect();
        if words.first().is_none_or(String::is_empty) {
            self.say(
                Finding::new(Code::EmptyWorld, node.place, "there is no program in this command")
                    .help("write the program and each argument: `[vault, read, -field=token, secret/agent]`"),
            );
            return None;
        }
        Some(words)
    }

    pub(super) fn credential_named(&mut self, node: &Node) -> Option<CredentialIx> {
        let names: Vec<String> = self.credentials.iter().map(|credential| credential.name.clone()).collect();
        self.named(node, &names, "credential", "credentials").map(CredentialIx)
    }

    pub(super) fn credentials_named(&mut self, node: Option<&Node>) -> Vec<CredentialIx> {
        let mut found: Vec<CredentialIx> = Vec::new();
        for item in node.map_or(&[][..], Node::each) {
            found.extend(self.credential_named(item).filter(|ix| !found.contains(ix)));
        }
        found
    }

    pub(super) fn services_named(&mut self, node: Option<&Node>) -> Vec<ServiceIx> {
        let names = self.services.clone();
        let items = node.map_or(&[][..], Node::each);
        items.iter().filter_map(|item| self.named(item, &names, "service", "services").map(ServiceIx)).collect()
    }

    pub(super) fn named(&mut self, node: &Node, names: &[String], noun: &str, part: &str) -> Option<usize> {
        let name = node.text()?;
        let found = names.iter().position(|known| known == name);
        if found.is_none() {
            let message = format!("there is no {noun} `{}`", shortened(name));
            self.say(
                Finding::new(Code::DanglingName, node.place, message)
                    .help(format!("name it under `{part}`"))
                    .suggest(name, names.iter().map(String::as_str)),
            );
        }
        found
    }

    fn services(&mut self) -> Vec<Service> {
        let entries = self.root.get("services").map_or(&[][..], Node::entries);
        self.services = entries.iter().map(|(key, _)| key.name.clone()).collect();
        if entries.is_empty() {
            let place = self.root.key("services").map_or(self.root.place, |key| key.place);
            self.say(
                Finding::new(Code::EmptyWorld, place, "there is no service to watch")
                    .help("name a service with its `probe`"),
            );
        }
        let mut found = Vec::new();
        for (key, node) in entries {
            let must_accept = node.get("credentials").map(|names| self.credentials_named(Some(names)));
            let promised = node.get("promised").and_then(duration);
            if let Some(probe) = node.get("probe").and_then(|probe| self.probe(probe)) {
                let control = node.get("control").and_then(|control| self.credential_named(control));
                let cached = node.get("cached").and_then(duration);
                found.push(Service { name: key.name.clone(), probe, must_accept, control, promised, cached });
            }
        }
        found
    }

    fn sentinels(&mut self) -> Vec<Sentinel> {
        let mut found = Vec::new();
        for (key, node) in self.root.get("sentinels").map_or(&[][..], Node::entries) {
            let with = node.get("with").and_then(|with| self.credential_named(with));
            let probe = node.get("probe").and_then(|probe| self.probe(probe));
            found.extend(with.zip(probe).map(|(with, probe)| Sentinel { name: key.name.clone(), with, probe }));
        }
        found
    }

    fn caps(&mut self) -> CapLimits {
        let node = self.root.get("caps");
        let count = |key: &str, usual: u64| {
            node.and_then(|node| node.get(key)).and_then(Node::text).and_then(quantity::count).unwrap_or(usual)
        };
        let limits = CapLimits {
            requests: count("requests", 1_000),
            rate: Rate { n: 20, per: Span::SECOND },
            at_once: count("at_once", 4),
            duration: node.and_then(|node| node.get("duration")).and_then(duration).unwrap_or(Span::from_secs(600)),
            objects: count("objects", 50),
            bytes: count("bytes", 10_000_000),
            writes: count("writes", 0),
        };
        let Some(written) = node.and_then(|node| node.get("rate")) else { return limits };
        match written.text().and_then(rate) {
            Some(rate) => CapLimits { rate, ..limits },
            None => {
                let message = format!("`{}` is not a rate", shortened(written.text().unwrap_or_default()));
                self.say(Finding::new(Code::NotARate, written.place, message).help("write `20/s` or `0/s`"));
                limits
            }
        }
    }

    fn stops(&mut self) -> Vec<StopCondition> {
        let Some(node) = self.root.get("stop") else { return Vec::new() };
        if node.value == Value::List(Vec::new()) {
            self.say(
                Finding::new(Code::MissingKey, node.place, "nothing ends the run early")
                    .help("name a condition; or write `stop: none`, if you mean it"),
            );
        }
        let mut found = Vec::new();
        for item in node.items() {
            let count =
                |key: &str, usual| item.get(key).and_then(Node::text).and_then(quantity::count).unwrap_or(usual);
            let of = usize::try_from(count("of", 20)).unwrap_or(usize::MAX).max(1);
            let share = item.get("errors").and_then(Node::text).and_then(quantity::share);
            match (item.get("health"), share, item.get("slower_than").and_then(duration)) {
                (Some(health), None, None) => {
                    let every = item.get("every").and_then(duration).filter(|every| *every > Span::ZERO);
                    let every = every.unwrap_or(Span::SECOND);
                    found.extend(self.probe(health).map(|probe| StopCondition::Health {
                        probe,
                        every,
                        fails: count("fails", 3).max(1),
                    }));
                }
                (None, Some(share), None) => found.push(StopCondition::Errors { share, of }),
                (None, None, Some(than)) => found.push(StopCondition::Slower { than, of }),
                _ => self.say(
                    Finding::new(Code::Contradiction, item.place, "each condition is about one thing")
                        .help("write one of `health`, `errors` and `slower_than`"),
                ),
            }
        }
        found
    }
}

impl WriteRules {
    /// Whether a request may change something. `path` has no query. Servers do for a `HEAD` what they do for its `GET`.
    pub fn is_write(&self, method: &Method, origin: OriginIx, path: &str) -> bool {
        let has = |patterns: &[Pattern], method| patterns.iter().any(|pattern| pattern.fits(method, origin, path));
        let among = |patterns: &[Pattern]| has(patterns, method);
        let token = self.provider.iter().any(|(at, endpoint)| *at == origin && endpoint == path);
        let as_its_get = method == Method::HEAD && has(&self.counted_as_write, &Method::GET);
        if token && !Mistake::TokenRequestIsARead.here()
            || among(&self.counted_as_write)
            || as_its_get && !Mistake::HeadOfAWriteIsARead.here()
        {
            return true;
        }
        !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) && !among(&self.counted_as_read)
    }

    /// Whether this change was allowed by name.
    pub fn allows(&self, method: &Method, origin: OriginIx, path: &str) -> bool {
        self.allowed.iter().any(|pattern| pattern.fits(method, origin, path))
    }
}

pub(super) fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::text).map(str::to_owned)
}

pub(super) fn duration(node: &Node) -> Option<Span> {
    node.text().and_then(quantity::duration)
}

/// `20/s`; `0/s` is a rate too.
fn rate(text: &str) -> Option<Rate> {
    let (n, unit) = text.split_once('/')?;
    let per = quantity::duration(unit).or_else(|| quantity::duration(&format!("1{}", unit.trim())))?;
    (per > Span::ZERO).then_some(Rate { n: quantity::count(n)?, per })
}

/// A way to present a credential that has a name: of a scheme, a header, a cookie.
fn presented(key: &str, name: &str) -> Result<Present, (&'static str, &'static str)> {
    // All three are tokens of RFC 9110 section 5.6.2, and so is the name of a cookie (RFC 6265 section 4.1.1).
    let token = HeaderName::from_bytes(name.as_bytes());
    match (key, token) {
        ("header", Ok(name)) => Ok(Present::Header(name)),
        ("cookie", Ok(_)) => Ok(Present::Cookie(name.to_owned())),
        (_, Ok(scheme)) => Ok(match scheme.as_str() {
            "basic" => Present::Basic,
            "bearer" => Present::Bearer,
            _ => Present::Scheme(name.to_owned()),
        }),
        ("header", Err(_)) => Err(("this is not the name of a header", "letters, digits and `-`")),
        ("cookie", Err(_)) => Err(("this is not the name of a cookie", "letters, digits, `-` and `_`")),
        (_, Err(_)) => Err(("this is not the name of a scheme", "one word, such as `Token`")),
    }
}
