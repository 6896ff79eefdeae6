//! `runaway graph`: how one gets from the agent to what it can touch.

use std::fmt::Write as _;
use std::path::Path;

use super::args::{self, GraphFormat};
use super::failure::Failure;
use super::folder::JOURNAL;
use super::journal::past;
use super::open::open;
use super::output;
use super::run::sets;
use crate::analysis::exchanges;
use crate::graph::{
    Class, Cut, Graph, Node, Way, actual, classes, dot, label, labels, opengraph, potential, reason, work,
};
use crate::measure::counted;
use crate::model::{Baseline, Plan};
use crate::plane::driver::Stop;
use crate::report::text::{hung, wrapped};
use crate::run::{Behaviour, Kept, simulate};
use crate::scenario::Overrides;
use crate::verdict::Exit;

/// Prints the graph of a scenario, or of a run that is over.
pub fn graph(args: &args::Graph) -> Result<Exit, Failure> {
    let path = Path::new(&args.of);
    let of_a_run = path.is_dir() && path.join(JOURNAL).exists() || path.extension().is_some_and(|e| e == "ndjson");
    if of_a_run {
        if !args.sets.is_empty() {
            let help = "name the scenario instead of the run".to_owned();
            return Err(Failure::input("a run that is over cannot be changed", Some(help)));
        }
        let past = past(path)?;
        let (plan, events) = (&past.journal.plan, &past.journal.events);
        let exit = print(args, plan, &actual(plan, events), None)?;
        if past.measures.complete {
            return Ok(exit);
        }
        output::aside("The journal is incomplete: this is what had been reached before it breaks off.\n");
        return Ok(Exit::Inconclusive);
    }
    let named = open(&args.of)?;
    let overrides = Overrides { sets: sets(&args.sets)?, seed: None };
    let plan = std::sync::Arc::new(named.document.resolve(named.variant.as_deref(), &overrides)?.plan);
    let mut sane = Kept::default();
    simulate(&plan, &Baseline::empty(&plan), Behaviour::Sane, &Stop::default(), &mut sane)?;
    let graph = potential(&plan);
    let cut = graph.cut(&plan, &work(&plan, &sane.0));
    print(args, &plan, &graph, Some(&cut))
}

fn print(args: &args::Graph, plan: &Plan, graph: &Graph, cut: Option<&Cut>) -> Result<Exit, Failure> {
    let variant = plan.meta.variant.as_deref();
    let title = variant.map_or(plan.meta.name.clone(), |variant| format!("{}@{variant}", plan.meta.name));
    match args.format {
        GraphFormat::Dot => output::text(&dot(plan, graph, &title)),
        GraphFormat::Opengraph => output::json(&opengraph(plan, graph)),
        GraphFormat::Text => output::text(&text(plan, graph, cut, &title)),
    }
}

fn text(plan: &Plan, graph: &Graph, cut: Option<&Cut>, title: &str) -> String {
    let style = output::style();
    let what = if graph.is_of_a_run() { "what was reached" } else { "what could be reached" };
    let mut out = format!("{}\n", style.bold(&format!("{title}: {what}, and by which way")));
    let size = (graph.nodes().len() as u64, graph.edges().len() as u64);
    out.push_str(&wrapped(&format!("{} and {}", counted(size.0, "node"), counted(size.1, "edge")), 2));
    for class in classes(plan, graph) {
        out.push_str(&one(plan, graph, &class));
    }
    if graph.nodes().is_empty() {
        out.push_str("nothing can be reached\n");
        return out;
    }
    let choke = graph.choke_points(plan);
    out.push('\n');
    let names = |nodes: &[Node]| labels(plan, nodes).join(", then ");
    match choke.is_empty() {
        true => out.push_str("no single thing lies on every way to data that is not public\n"),
        false => out.push_str(&hung("every way goes through  ", &names(&choke), 24)),
    }
    match cut {
        None | Some(Cut::NotNeeded) => {}
        Some(Cut::NotByGrants) => out.push_str(&wrapped(
            "taking grants away is not enough: the task itself leads beyond the task, or too many would have to go",
            0,
        )),
        Some(Cut::Grants(grants)) => {
            let _ = writeln!(out, "\nfewest grants to cut, so that only what the task does is left:");
            if exchanges(plan).next().is_some() {
                out.push_str(&wrapped(
                    "(fewer may do: each way is taken to need one credential, and an exchange needs two)",
                    2,
                ));
            }
            for (from, to, edge) in grants {
                let line =
                    format!("{} -> {}: {}", label(plan, *from), label(plan, *to), reason(plan, *from, *to, edge));
                out.push_str(&hung("  - ", &line, 4));
            }
        }
    }
    out
}

fn one(plan: &Plan, graph: &Graph, class: &Class) -> String {
    let collections: Vec<String> = class.collections.iter().map(|c| label(plan, Node::Collection(*c))).collect();
    let mut out = format!("\n{}: {}\n", plan.classes[class.class.index()], collections.join(", "));
    let hops = counted(class.fewest_hops.hops.len() as u64, "step");
    let when = if graph.is_of_a_run() { "first at" } else { "at least" };
    if class.quickest.hops == class.fewest_hops.hops {
        out.push_str(&way(plan, &format!("  shortest, {hops}, {when} {}", class.quickest.takes), &class.quickest));
    } else {
        out.push_str(&way(
            plan,
            &format!("  fewest steps, {hops}, {when} {}", class.fewest_hops.takes),
            &class.fewest_hops,
        ));
        out.push_str(&way(plan, &format!("  quickest, {when} {}", class.quickest.takes), &class.quickest));
    }
    out
}

fn way(plan: &Plan, head: &str, way: &Way) -> String {
    let mut out = format!("{head}\n");
    for hop in &way.hops {
        let line = format!("{}: {}", label(plan, hop.to), reason(plan, hop.from, hop.to, &hop.edge));
        out.push_str(&hung("    -> ", &line, 7));
    }
    out
}
