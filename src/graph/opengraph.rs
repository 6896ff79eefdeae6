//! The graph as BloodHound OpenGraph JSON.

use serde_json::{Map, Value, json};

use crate::model::Plan;

use super::words::{kind, label, reason, verb};
use super::{Edge, Graph, Node};

/// Kinds of nodes and edges begin so, as those of an extension do.
const PREFIX: &str = "RA_";

/// A payload that BloodHound takes: nodes and edges of kinds of our own. What goes wrong is a node as well, so that paths
/// have a beginning.
pub fn opengraph(plan: &Plan, graph: &Graph) -> Value {
    let id = |node: Node| format!("runaway:{}:{}:{}", plan.meta.name, kind(node), label(plan, node));
    let nodes = std::iter::once(Node::Start).chain(graph.nodes()).map(|node| {
        let mut properties = Map::from_iter([
            ("name".to_owned(), json!(label(plan, node))),
            ("scenario".to_owned(), json!(plan.meta.name)),
        ]);
        properties.extend(described(plan, node).into_iter().map(|(key, value)| (key.to_owned(), value)));
        json!({"id": id(node), "kinds": [format!("{PREFIX}{}", capital(kind(node)))], "properties": properties})
    });
    let edges = graph.edges().into_iter().map(|(from, to, edge)| {
        json!({
            "kind": format!("{PREFIX}{}", verb(edge.step)),
            "start": {"match_by": "id", "value": id(from)},
            "end": {"match_by": "id", "value": id(to)},
            "properties": timed(json!({"reason": reason(plan, from, to, &edge)}), &edge),
        })
    });
    json!({
        "metadata": {"source_kind": "Runaway"},
        "graph": {"nodes": nodes.collect::<Vec<_>>(), "edges": edges.collect::<Vec<_>>()},
    })
}

fn timed(mut properties: Value, edge: &Edge) -> Value {
    if let (Some(at), Some(map)) = (edge.first, properties.as_object_mut()) {
        map.insert("first_microseconds".to_owned(), json!(at.0));
    }
    properties
}

/// How many there are, where that is known.
fn number(plan: &Plan, n: u32) -> Value {
    if plan.meta.sizes_unknown && n > 1 { Value::Null } else { json!(n) }
}

/// What BloodHound's users search for.
fn described(plan: &Plan, node: Node) -> Vec<(&'static str, Value)> {
    match node {
        Node::Collection(coll) => {
            let spec = plan.collection(coll);
            vec![("data_class", json!(plan.classes[spec.class.index()])), ("records", number(plan, spec.count))]
        }
        Node::Credential(family) => {
            let spec = plan.family(family);
            vec![
                ("layer", json!(spec.kind.name())),
                ("scopes", json!(spec.scopes)),
                ("count", number(plan, spec.count)),
            ]
        }
        Node::Operation(op) => {
            let spec = plan.operation(op);
            let path = format!("{} {}", spec.method.name(), spec.path);
            vec![("http", json!(path)), ("effect", json!(spec.effect.name())), ("documented", json!(spec.documented))]
        }
        Node::Start | Node::Agent(_) | Node::Identity(_) | Node::Nobody => Vec::new(),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}
