//! The targets file as a scenario: the same plan that agents, journal and measures work with on every plane. What it says
//! of services is what the file declares; nothing of it decides anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;
use serde_json::Value as Json;

use crate::model::Plan;
use crate::model::agent::Strategy;
use crate::model::service::shape_of;
use crate::scenario::plan_of;
use crate::scenario::tree::{Key, Node, Place, Value};
use crate::staging::targets::{
    CollectionIx, CredentialIx, Does, ExplorePlan, MARKER, Operation, OperationIx, OriginIx, Piece, Targets,
};
use crate::wire::{CollId, FamilyId, Res, RouteId, SecretKind};

/// So many records of one collection are told apart.
pub const MOST_RECORDS: u32 = 1_000_000;
/// So many found secrets of one kind are told apart.
pub const MOST_FOUND: u32 = 1_000;

/// What a route of the plan asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    Listed(OperationIx),
    /// A link that no operation fits.
    Link(OriginIx),
}

/// The plan, and the way back from its numbers.
#[derive(Debug)]
pub struct Modelled {
    pub plan: Arc<Plan>,
    /// For the journal.
    pub document: Json,
    routes: Vec<Asked>,
    collections: Vec<CollId>,
    links: BTreeMap<OriginIx, CollId>,
    /// What stands for the answers of operations of which the file says nothing more.
    answers: BTreeMap<OperationIx, CollId>,
    given: BTreeMap<CredentialIx, FamilyId>,
    /// How families of credentials are called.
    names: Vec<Arc<str>>,
    found: BTreeMap<SecretKind, FamilyId>,
}

impl Modelled {
    /// Makes the plan of an exploration.
    ///
    /// # Errors
    ///
    /// What the targets file says that no scenario can.
    pub fn of(targets: &Targets, explore: &ExplorePlan) -> Result<Modelled, String> {
        let mut routes = Vec::new();
        let document = document(targets, explore, &mut routes).to_json();
        let mut plan = plan_of(&document, None)?;
        plan.meta.sizes_unknown = true;
        plan.agents.iter_mut().for_each(|agent| agent.insists = true);
        let named = |name: String| plan.collections.iter().position(|coll| coll.name == name).map(CollId::at);
        let family = |name: &str| plan.families.iter().position(|family| family.name == name).map(FamilyId::at);
        let collections = explore.collections.iter().map(|coll| named(coll.name.clone()));
        let links = (0..targets.origins.len()).map(OriginIx);
        let links = links.filter_map(|ix| Some((ix, named(links_of(targets, ix))?)));
        let bare = explore.operation_ids().filter(|ix| is_bare(explore.operation(*ix)));
        let answers = bare.filter_map(|ix| Some((ix, named(full_name(targets, explore.operation(ix)))?)));
        let given = (0..targets.credentials.len()).map(CredentialIx);
        let given = given.filter_map(|ix| Some((ix, family(&targets.credential(ix).name)?)));
        let found = SecretKind::ALL.into_iter().filter_map(|kind| Some((kind, family(&found_family(kind))?)));
        Ok(Modelled {
            collections: collections.collect::<Option<_>>().ok_or("a collection is missing")?,
            links: links.collect(),
            answers: answers.collect(),
            given: given.collect(),
            names: plan.families.iter().map(|family| family.name.as_str().into()).collect(),
            found: found.collect(),
            plan: Arc::new(plan),
            document,
            routes,
        })
    }

    pub fn asked(&self, route: RouteId) -> Option<Asked> {
        self.routes.get(route.index()).copied()
    }

    pub fn collection(&self, ix: CollectionIx) -> CollId {
        self.collections[ix.0]
    }

    /// Where links are kept that no operation fits, if they are followed.
    pub fn links(&self, origin: OriginIx) -> Option<CollId> {
        self.links.get(&origin).copied()
    }

    /// What an operation showed that shows no records: its answer.
    pub fn answer(&self, ix: OperationIx) -> Option<Res> {
        self.answers.get(&ix).map(|coll| Res { coll: *coll, row: 0 })
    }

    /// The family of a credential that somebody explores with.
    pub fn family(&self, credential: CredentialIx) -> Option<FamilyId> {
        self.given.get(&credential).copied()
    }

    pub fn name(&self, family: FamilyId) -> Arc<str> {
        self.names[family.index()].clone()
    }

    pub fn credential(&self, family: FamilyId) -> Option<CredentialIx> {
        self.given.iter().find(|(_, known)| **known == family).map(|(ix, _)| *ix)
    }

    pub fn found(&self, kind: SecretKind) -> Option<FamilyId> {
        self.found.get(&kind).copied()
    }
}

/// Whether it is tried, and the file does not say what it is about.
fn is_bare(operation: &Operation) -> bool {
    operation.does == Does::Nothing && operation.not_tried.is_none()
}

fn links_of(targets: &Targets, origin: OriginIx) -> String {
    format!("{}.links", targets.origin(origin).name)
}

fn found_family(kind: SecretKind) -> String {
    format!("found.{}", kind.name())
}

/// `found.password-1`, as the path of a run calls it.
pub fn found_name(kind: SecretKind, index: u32) -> String {
    format!("{}-{}", found_family(kind), index + 1)
}

/// Who has what nobody of the file was given.
const SOMEBODY: &str = "found.somebody";
/// The rule by which an alarm of theirs stands in the journal.
pub const ALARM: &str = "their-alarm";

fn document(targets: &Targets, explore: &ExplorePlan, routes: &mut Vec<Asked>) -> Node {
    let mut data: Vec<(String, Node)> = Vec::new();
    let record = |class: &str| map([("count", text(MOST_RECORDS)), ("class", text(class)), ("ids", text("listed"))]);
    for coll in &explore.collections {
        data.push((coll.name.clone(), record(coll.class.as_deref().unwrap_or("internal"))));
    }
    let mut services: Vec<(String, Node)> = Vec::new();
    for origin in (0..targets.origins.len()).map(OriginIx) {
        let mut operations: Vec<(String, Node)> = Vec::new();
        let mut shapes = Vec::new();
        for ix in explore.operation_ids().filter(|ix| explore.operation(*ix).request.origin == origin) {
            let operation = explore.operation(ix);
            routes.push(Asked::Listed(ix));
            if is_bare(operation) {
                let answer = map([("count", text(1)), ("class", text("internal"))]);
                data.push((full_name(targets, operation), answer));
            }
            operations.push((operation.name.clone(), listed(explore, operation, &mut shapes)));
        }
        if explore.follows_all_links && !operations.is_empty() {
            routes.push(Asked::Link(origin));
            data.push((links_of(targets, origin), record("internal")));
            let links = links_of(targets, origin);
            let line =
                map([("http", text(format!("GET /.links/{{id}} -> {links} records"))), ("documented", text("no"))]);
            operations.push(("links".to_owned(), line));
        }
        if !operations.is_empty() {
            let name = targets.origin(origin).name.clone();
            services.push((name, map([("accepts", text("gateway")), ("operations", owned(operations))])));
        }
    }
    // What writes is not known to agents at all: the guard would not let it through anyway.
    let tried = explore.operations.iter().filter(|operation| operation.not_tried.is_none());
    let mut known: Vec<String> = tried.map(|operation| full_name(targets, operation)).collect();
    known.extend(routes.iter().filter_map(|asked| match asked {
        Asked::Link(origin) => Some(format!("{}.links", targets.origin(*origin).name)),
        Asked::Listed(_) => None,
    }));
    let mut identities = vec![(SOMEBODY.to_owned(), map([("kind", text("outsider"))]))];
    let mut credentials: Vec<(String, Node)> = Vec::new();
    let mut agents: Vec<(String, Node)> = Vec::new();
    let may = explore.may.iter().map(|ix| full_name(targets, explore.operation(*ix)));
    let may = list(may);
    for (name, held) in explorers(targets, explore) {
        identities.push((name.to_owned(), map([("kind", text("agent"))])));
        for ix in held {
            let credential = targets.credential(*ix);
            if credentials.iter().any(|(name, _)| *name == credential.name) {
                continue;
            }
            let kind = SecretKind::parse(&credential.kind).unwrap_or(SecretKind::ApiKey);
            let family = map([("of", text(name)), ("kind", text(kind.name())), ("scopes", list([]))]);
            credentials.push((credential.name.clone(), family));
        }
        let agent = map([
            ("is", text(name)),
            ("holds", list(held.iter().map(|ix| targets.credential(*ix).name.clone()))),
            ("knows", list(known.clone())),
            ("may", may.clone()),
            ("fault", map([("harvest", map([("strategy", text(strategy(explore.strategy)))]))])),
            ("pace", map([("machine", text(explore.connections))])),
        ]);
        agents.push((name.to_owned(), agent));
    }
    for kind in SecretKind::ALL {
        let family = map([
            ("of", text(SOMEBODY)),
            ("kind", text(kind.name())),
            ("count", text(MOST_FOUND)),
            ("scopes", list([])),
        ]);
        credentials.push((found_family(kind), family));
    }
    let mut root = vec![
        ("runaway".to_owned(), text(1)),
        ("name".to_owned(), text(&targets.name)),
        ("story".to_owned(), text(targets.story.as_deref().unwrap_or_default())),
        ("services".to_owned(), owned(services)),
        ("identities".to_owned(), owned(identities)),
        ("credentials".to_owned(), owned(credentials)),
        ("data".to_owned(), owned(data)),
        ("agents".to_owned(), owned(agents)),
    ];
    if targets.alarm.is_some() {
        root.push(("detect".to_owned(), map([(ALARM, map([("report", text("3650d"))]))])));
    }
    root.extend(explore.limits.clone().map(|limits| ("limits".to_owned(), limits)));
    owned(root)
}

/// The identity, then those that come later.
pub fn explorers<'t>(
    targets: &'t Targets,
    explore: &'t ExplorePlan,
) -> impl Iterator<Item = (&'t str, &'t [CredentialIx])> {
    let first = std::iter::once((targets.identity.as_str(), targets.drilled.as_slice()));
    first.chain(explore.also.iter().map(|wider| (wider.name.as_str(), wider.credentials.as_slice())))
}

/// `api.list-tickets`.
pub fn full_name(targets: &Targets, operation: &Operation) -> String {
    format!("{}.{}", targets.origin(operation.request.origin).name, operation.name)
}

fn listed(explore: &ExplorePlan, operation: &Operation, shapes: &mut Vec<(String, String)>) -> Node {
    let named = operation.parameters(explore);
    let last = named.last().map(|(name, _)| *name);
    let mut path = String::new();
    for piece in &operation.request.path.0 {
        match piece {
            Piece::Text(text) => path.push_str(text),
            Piece::Captured(name) if name == MARKER => path.push_str("new"),
            Piece::Captured(name) if Some(name.as_str()) == last => path.push_str("{id}"),
            Piece::Captured(name) => path.push_str(&format!("{{{name}}}")),
            Piece::Credential(_) | Piece::Issued { .. } => {}
        }
    }
    path.truncate(path.find(['?', '#']).unwrap_or(path.len()));
    let name = |ix: CollectionIx| explore.collection(ix).name.clone();
    let method = &operation.request.method;
    let mut fields: Vec<(&str, Node)> = Vec::new();
    match operation.does {
        Does::List { of, ids_only, inside } => {
            let what = if ids_only { "ids" } else { "records" };
            fields.push(("http", text(format!("{method} {path} -> {} {what}", name(of)))));
            fields.extend(inside.map(|coll| ("inside", text(name(coll)))));
        }
        Does::One { of } if !matches!(*method, Method::DELETE) => {
            fields.push(("http", text(format!("{method} {path} -> {} records", name(of)))));
        }
        Does::Create { of } => {
            fields.push(("http", text(format!("{method} {path}"))));
            fields.push(("creates", text(name(of))));
            fields.extend(last.map(|outer| ("inside", text(outer))));
        }
        Does::One { of } | Does::Change { of } | Does::Remove { of } => {
            fields.push(("http", text(format!("{method} {path}"))));
            fields.push(("on", text(name(of))));
        }
        Does::Nothing => fields.push(("http", text(format!("{method} {path}")))),
    }
    if operation.not_tried.is_none() && operation.undo.is_none() {
        fields.push(("effect", text("read")));
    }
    fields.push(("documented", text(if operation.documented { "yes" } else { "no" })));
    let shape = (method.to_string(), shape_of(&path));
    if shapes.contains(&shape) {
        fields.push(("selector", map([("operation", text(&operation.name))])));
    }
    shapes.push(shape);
    map(fields)
}

fn strategy(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Breadth => "breadth",
        Strategy::Depth => "depth",
        Strategy::Greedy => "greedy",
        Strategy::Random => "random",
    }
}

fn text(text: impl ToString) -> Node {
    Node::scalar(text.to_string(), Place::default())
}

fn list(items: impl IntoIterator<Item = String>) -> Node {
    Node { value: Value::List(items.into_iter().map(text).collect()), place: Place::default() }
}

fn map<'k>(fields: impl IntoIterator<Item = (&'k str, Node)>) -> Node {
    owned(fields.into_iter().map(|(key, node)| (key.to_owned(), node)))
}

fn owned(fields: impl IntoIterator<Item = (String, Node)>) -> Node {
    let entry = |(name, node)| (Key { name, place: Place::default() }, node);
    Node { value: Value::Map(fields.into_iter().map(entry).collect()), place: Place::default() }
}
