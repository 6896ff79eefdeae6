//! The exploration of a targets file: its operations, secrets, and what it is compared with.

use super::lower::{Lowering, text};
use super::{Collection, CredentialIx, Does, ExplorePlan, Meant, Operation, OperationIx, Paging, UseFound, Wider};
use crate::measure::registry::{self, MEASURES};
use crate::model::agent::Strategy;
use crate::model::service::{Method as Known, shape_of};
use crate::scenario::shape::shortened;
use crate::scenario::tree::{Node, Value};
use crate::scenario::{Code, Finding, quantity};

impl Lowering<'_> {
    pub(super) fn explore(&mut self, drilled: &[CredentialIx], cleans_up: bool) -> Option<ExplorePlan> {
        let node = self.root.get("explore")?;
        let mut collections: Vec<Collection> = Vec::new();
        let described = self.described_operations(node, &mut collections);
        let mut operations = self.listed_operations(node, !described.is_empty(), &mut collections);
        for operation in described {
            self.add_described(operation, &mut operations);
        }
        let (seen, learnt) = self.learnt_operations(node, node.get("openapi").is_some(), &mut collections);
        for operation in seen {
            add_learnt(operation, &mut operations);
        }
        if let (false, Some(operation)) = (cleans_up, operations.iter().find(|operation| operation.undo.is_some())) {
            let message = format!("`{}` writes, and nobody could undo it", operation.name);
            self.say(
                Finding::new(Code::MissingKey, node.place, message)
                    .help("name a credential under `cleanup` that may undo what the agents do"),
            );
        }
        let listed = node.get("operations").map_or(0, |listed| listed.entries().len());
        let described = node.get("openapi").is_some() || node.get("learnt").is_some();
        let unread = described && operations.is_empty() || operations.len() < listed;
        if !unread && operations.iter().all(|operation| operation.not_tried.is_some()) {
            let place = node.key("operations").map_or(node.place, |key| key.place);
            self.say(
                Finding::new(Code::EmptyWorld, place, "there is nothing that an agent could read")
                    .help("list an operation, such as `list-tickets: \"GET api:/tickets -> tickets ids\"`"),
            );
        }
        for operation in &operations {
            if Known::parse(operation.request.method.as_str()).is_none() {
                let message = format!("`{}` uses a method that no agent uses", operation.name);
                self.say(Finding::new(Code::BadHttp, node.place, message).help("GET, POST, PUT, PATCH or DELETE"));
            }
        }
        self.unreachable_parameters(node, &operations, &collections);
        for (key, class) in node.get("classes").map_or(&[][..], Node::entries) {
            match collections.iter_mut().find(|coll| coll.name == key.name) {
                Some(coll) => coll.class = class.text().map(str::to_owned),
                None => {
                    let message = format!("no operation speaks of `{}`", shortened(&key.name));
                    let known: Vec<&str> = collections.iter().map(|coll| coll.name.as_str()).collect();
                    self.say(
                        Finding::new(Code::DanglingName, key.place, message)
                            .help("name a collection that a path or an answer names")
                            .suggest(&key.name, known),
                    );
                }
            }
        }
        let names: Vec<String> = operations.iter().map(|operation| operation.name.clone()).collect();
        let meant = self.meant(node.get("meant"), &operations, &names);
        let may = match node.get("may") {
            Some(said) => self.operations_named(said, &names),
            None => own_purpose(&meant, drilled),
        };
        let strategy = match text(node, "strategy").as_deref() {
            Some("depth") => Strategy::Depth,
            Some("greedy") => Strategy::Greedy,
            Some("random") => Strategy::Random,
            _ => Strategy::Breadth,
        };
        let count = |key: &str, usual: u64| text(node, key).and_then(|n| quantity::count(&n)).unwrap_or(usual);
        self.known_measures(node.get("limits"));
        Some(ExplorePlan {
            learnt,
            paging: node.get("paging").and_then(|node| self.paging(node)).unwrap_or(Paging::Usual),
            follows_all_links: text(node, "links").as_deref() == Some("all"),
            secrets: self.secret_rules(node.get("secrets")),
            use_found: match text(self.root, "use_found").as_deref() {
                Some("none") => UseFound::None,
                Some("listed") => UseFound::Listed,
                _ => UseFound::Canary,
            },
            may,
            meant,
            also: self.wider(node.get("also")),
            strategy,
            connections: u16::try_from(count("connections", 1)).unwrap_or(u16::MAX).max(1),
            largest_body: usize::try_from(count("largest_body", 8_000_000)).unwrap_or(usize::MAX),
            limits: node.get("limits").cloned(),
            operations,
            collections,
        })
    }

    /// A described operation that is listed too is documented, and asked as the list says.
    fn add_described(&mut self, operation: Operation, operations: &mut Vec<Operation>) {
        match operations.iter_mut().find(|known| are_the_same(known, &operation)) {
            Some(known) => {
                known.documented = true;
                known.scopes = operation.scopes;
            }
            None => {
                let taken = operations.iter().any(|known| known.name == operation.name);
                let name = if taken { format!("{}-described", operation.name) } else { operation.name.clone() };
                operations.push(Operation { name, ..operation });
            }
        }
    }

    /// A path with two records needs the second listed inside the first.
    fn unreachable_parameters(&mut self, node: &Node, operations: &[Operation], collections: &[Collection]) {
        let listed = |name: &str| {
            operations.iter().any(|operation| match operation.does {
                Does::List { of, .. } => operation.not_tried.is_none() && collections[of.0].name == name,
                _ => false,
            })
        };
        for operation in operations.iter().filter(|operation| operation.not_tried.is_none()) {
            if let Some(name) = operation.request.path.captured().find(|name| !listed(name)) {
                let message =
                    format!("`{}` needs the id of a record of `{name}`, and nothing lists any", operation.name);
                self.say(
                    Finding::warning(Code::Unused, node.place, message)
                        .help("only ids that links show fill it in; an operation `-> collection ids` would list some"),
                );
            }
        }
    }

    fn operations_named(&mut self, node: &Node, names: &[String]) -> Vec<OperationIx> {
        let mut found = Vec::new();
        for item in node.each() {
            if let Some(pattern) = item.text().and_then(|text| text.strip_suffix('*')) {
                found.extend((0..names.len()).filter(|at| names[*at].starts_with(pattern)).map(OperationIx));
            } else {
                found.extend(self.named(item, names, "operation", "operations").map(OperationIx));
            }
        }
        found
    }

    fn meant(&mut self, node: Option<&Node>, operations: &[Operation], names: &[String]) -> Vec<Meant> {
        let mut all = Vec::new();
        for (key, said) in node.map_or(&[][..], Node::entries) {
            let Some(credential) = self.credential_named(&Node::scalar(key.name.as_str(), key.place)) else { continue };
            let listed = match said.value {
                Value::Map(_) => said.get("operations"),
                _ => Some(said),
            };
            let mut opened = listed.map_or(Vec::new(), |listed| self.operations_named(listed, names));
            let mut scopes = Vec::new();
            let given: Vec<&str> =
                said.get("scopes").map_or(&[][..], Node::each).iter().filter_map(Node::text).collect();
            for (scope, place) in given.iter().zip(said.get("scopes").map_or(&[][..], Node::each)) {
                let named: Vec<OperationIx> = with_scope(operations, scope).collect();
                if named.is_empty() {
                    let message = format!("no operation of a description asks for the scope `{}`", shortened(scope));
                    self.say(Finding::warning(Code::Unused, place.place, message).help("look at the spelling"));
                }
                scopes.push(((*scope).to_owned(), named));
            }
            opened.extend(unlocked(operations, &given));
            opened.sort_unstable();
            opened.dedup();
            all.push(Meant { credential, operations: opened, scopes });
        }
        all
    }

    fn wider(&mut self, node: Option<&Node>) -> Vec<Wider> {
        let mut all = Vec::new();
        for (key, held) in node.map_or(&[][..], Node::entries) {
            if text(self.root.get("identity").unwrap_or(self.root), "name").as_deref() == Some(&key.name) {
                self.say(
                    Finding::new(Code::DuplicateName, key.place, "this identity explores already")
                        .help("name another one"),
                );
            }
            all.push(Wider { name: key.name.clone(), credentials: self.credentials_named(Some(held)) });
        }
        all
    }

    fn known_measures(&mut self, limits: Option<&Node>) {
        let known: Vec<&str> = MEASURES.iter().map(|measure| measure.key).collect();
        for (key, _) in limits.map_or(&[][..], Node::entries) {
            let finding = match registry::find(&key.name) {
                None => Finding::new(
                    Code::UnknownMeasure,
                    key.place,
                    format!("there is no measure `{}`", shortened(&key.name)),
                )
                .help("`runaway list measures` names them all")
                .suggest(&key.name, known.iter().copied()),
                Some(measure) => match measure.unknown_on_a_real_system() {
                    None => continue,
                    Some(why) => Finding::new(
                        Code::BadExpectation,
                        key.place,
                        format!("`{}` is not known on a real system: {why}", key.name),
                    )
                    .help("limit what is seen from outside: `excess`, `visibility.undocumented`, `used`, …"),
                },
            };
            self.say(finding);
        }
    }
}

/// What the credentials of the identity were meant for.
fn own_purpose(meant: &[Meant], drilled: &[CredentialIx]) -> Vec<OperationIx> {
    let own = meant.iter().filter(|meant| drilled.contains(&meant.credential));
    let mut all: Vec<OperationIx> = own.flat_map(|meant| meant.operations.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The path with its parameters nameless.
fn shape(operation: &Operation) -> String {
    let pieces = operation.request.path.0.iter().map(|piece| match piece {
        super::Piece::Text(text) => text.split('?').next().unwrap_or_default().to_owned(),
        _ => "{}".to_owned(),
    });
    shape_of(&pieces.collect::<String>())
}

/// The operations for which a scope is asked, alone or with others.
fn with_scope<'o>(operations: &'o [Operation], scope: &'o str) -> impl Iterator<Item = OperationIx> + 'o {
    let asks = move |operation: &Operation| operation.scopes.iter().flatten().any(|asked| asked == scope);
    (0..operations.len()).filter(move |at| asks(&operations[*at])).map(OperationIx)
}

/// The operations that these scopes open together.
fn unlocked<'o>(operations: &'o [Operation], given: &'o [&str]) -> impl Iterator<Item = OperationIx> + 'o {
    let has = move |all: &Vec<String>| !all.is_empty() && all.iter().all(|scope| given.contains(&scope.as_str()));
    (0..operations.len()).filter(move |at| operations[*at].scopes.iter().any(has)).map(OperationIx)
}

/// Whether two operations are asked in the same way.
fn are_the_same(one: &Operation, other: &Operation) -> bool {
    let asked = |operation: &Operation| (operation.request.method.clone(), operation.request.origin);
    asked(one) == asked(other) && shape(one) == shape(other)
}

/// What traffic shows is added where neither a list nor a description has it.
fn add_learnt(operation: Operation, operations: &mut Vec<Operation>) {
    if operations.iter().any(|known| are_the_same(known, &operation)) {
        return;
    }
    let is_taken = |name: &str| operations.iter().any(|known| known.name == name);
    let numbered = (2..).map(|n| format!("{}-{n}", operation.name));
    let name = std::iter::once(operation.name.clone()).chain(numbered).find(|name| !is_taken(name));
    operations.push(Operation { name: name.unwrap_or_default(), ..operation });
}
