//! The graph for Graphviz.

use std::fmt::Write as _;

use crate::model::Plan;

use super::words::{kind, label, reason};
use super::{Graph, Node};

/// Letters of a label that Graphviz would read. What cannot be seen is left out.
fn quoted(text: &str) -> String {
    let shown = text.chars().filter(|c| !c.is_control()).map(|c| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        c => c.to_string(),
    });
    format!("\"{}\"", shown.collect::<String>())
}

const fn shape(node: Node) -> &'static str {
    match node {
        Node::Start => "point",
        Node::Agent(_) => "octagon",
        Node::Identity(_) => "ellipse",
        Node::Nobody | Node::Credential(_) => "note",
        Node::Operation(_) => "box",
        Node::Collection(_) => "cylinder",
    }
}

/// DOT, from left to right; data that is not public is filled.
pub fn dot(plan: &Plan, graph: &Graph, title: &str) -> String {
    let nodes: Vec<Node> = std::iter::once(Node::Start).chain(graph.nodes()).collect();
    let number = |node: Node| nodes.iter().position(|known| *known == node).unwrap_or_default();
    let mut out = format!("digraph {} {{\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n", quoted(title));
    out.push_str("  edge [fontname=\"sans-serif\", fontsize=10];\n");
    for node in &nodes {
        let filled = match node {
            Node::Collection(coll) if plan.classes[plan.collection(*coll).class.index()] != "public" => {
                ", style=filled, fillcolor=\"#fbe6b5\""
            }
            _ => "",
        };
        let (label, kind) = (quoted(&label(plan, *node)), kind(*node));
        let _ = writeln!(out, "  n{} [label={label}, shape={}, class={kind}{filled}];", number(*node), shape(*node));
    }
    for (from, to, edge) in graph.edges() {
        let at = edge.first.map_or(String::new(), |at| format!("{at}: "));
        let why = quoted(&format!("{at}{}", reason(plan, from, to, &edge)));
        let _ = writeln!(out, "  n{} -> n{} [label={why}];", number(from), number(to));
    }
    out.push_str("}\n");
    out
}
