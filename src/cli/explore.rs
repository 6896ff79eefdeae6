//! `runaway run --plane staging`: an exploration of a real API, from a targets file to an exit code.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::Arc;

use super::args::{self, ClockName};
use super::discovery::discovered;
use super::drill::{AFTER_A_DRY_RUN, agreed_hosts, caps_and_stops, lookup, origins_and_writes, sent_log, whole_traces};
use super::failure::Failure;
use super::folder::Folder;
use super::open::folder_of;
use super::output;
use super::progress::Progress;
use super::undumpable::leave_no_core;
use crate::journal::{FORMAT, Header, Writer};
use crate::measure::{Measures, References, counted};
use crate::report::Summary;
use crate::report::text::{harmless, hung};
use crate::scenario::Source;
use crate::staging::client::SentLog;
use crate::staging::explore::{Terrain, Toured, explore as let_loose, explorers, full_name, line_of};
use crate::staging::guard::{Consents, Kill, Proposal, Watch};
use crate::staging::targets::{self, ExplorePlan, Targets};
use crate::verdict::{Circumstances, Exit, judge};
use crate::wire::Event;

/// Explores.
pub fn explore(args: &args::Run) -> Result<Exit, Failure> {
    leave_no_core()?;
    only_what_it_knows(args)?;
    let path = Path::new(&args.scenario);
    if !path.is_file() {
        let message = format!("there is no targets file `{}`", path.display());
        return Err(Failure::input(message, Some("`run targets.yaml --plane staging`: docs/explore.md".into())));
    }
    let (targets, warnings) = targets::read(Source::open(path)?, folder_of(path))?;
    for warning in &warnings {
        output::aside(&hung(&format!("warning[{}]: ", warning.code.name()), &warning.message, 2));
    }
    let terrain = terrain_of(Arc::new(targets))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(start(args, terrain));
    // A thread may still wait for a person to press Enter.
    runtime.shutdown_background();
    done
}

fn terrain_of(targets: Arc<Targets>) -> Result<Arc<Terrain>, Failure> {
    let help = match targets.explore.is_none() && !targets.drill.steps.is_empty() {
        true => {
            "it is the file of a drill, which `runaway drill FILE` runs; to explore, say under `explore` what may be explored: \
                 docs/explore.md"
        }
        false => "say under `explore` what may be explored: docs/explore.md",
    };
    Terrain::of(targets).map(Arc::new).map_err(|why| Failure::input(why, Some(help.into())))
}

/// What the simulator has and a real system has not.
fn only_what_it_knows(args: &args::Run) -> Result<(), Failure> {
    let odd = [
        (args.seed.is_some(), "--seed"),
        (args.seeds.is_some(), "--seeds"),
        (!args.sets.is_empty(), "--set"),
        (args.probe.is_some(), "--probe"),
        (args.time_scale.is_some(), "--time-scale"),
        (args.clock == ClockName::Wall, "--clock"),
        (args.watch, "--watch"),
        (args.fix, "--fix"),
    ];
    match odd.into_iter().find(|(said, _)| *said) {
        Some((_, flag)) => Err(Failure::input(
            format!("`{flag}` means nothing on a real system"),
            Some("what is explored, and how, stands in the targets file".into()),
        )),
        None => Ok(()),
    }
}

async fn start(args: &args::Run, terrain: Arc<Terrain>) -> Result<Exit, Failure> {
    let targets = terrain.targets.clone();
    let proposal = Proposal::resolve(targets.clone(), lookup).await?;
    let plan = plan(&terrain, &proposal);
    if args.dry_run {
        return output::text(&format!("{plan}\nnothing was sent\n"));
    }
    let agreement = agreed_hosts(&args.consent, &plan, &targets, AFTER_A_DRY_RUN)?;
    proposal.is_agreed(&agreement)?;
    let mut folder = match &args.out {
        Some(folder) => Folder::given(folder)?,
        None => Folder::fresh(Path::new("reports"), &targets.name, None)?,
    };
    let sent = sent_log(&folder)?;
    let (targets, proposal) = discovered(targets, proposal, &agreement, sent.clone()).await?;
    let terrain = terrain_of(targets)?;
    let consents = proposal.agree(&agreement, Kill::default(), Kill::default())?;
    let ran = run(args, &terrain, consents, &folder, sent.clone()).await?;
    let sent = sent.finish();
    let exit = tell(args, &terrain, &mut folder, &ran, sent.is_ok())?;
    Ok(sent.map_or_else(|error| output::despite(Failure::at(&folder.sent(), &error), exit), |()| exit))
}

/// An exploration that is over.
struct Ran {
    events: Vec<Event>,
    references: References,
    digest: String,
    /// Whether the journal took all of it.
    journal: io::Result<()>,
}

async fn run(
    args: &args::Run,
    terrain: &Arc<Terrain>,
    consents: Consents,
    folder: &Folder,
    sent: Arc<SentLog>,
) -> Result<Ran, Failure> {
    let path = folder.journal();
    let unwritten = |error: io::Error| Failure::at(&path, &error);
    let plan = &terrain.modelled.plan;
    let mut references = References { faulty: true, ..References::default() };
    let as_json = |references: &References| {
        serde_json::to_value(references).map_err(|error| Failure::incomplete(error.to_string()))
    };
    let header = Header {
        format: FORMAT,
        written_by: concat!("runaway ", env!("CARGO_PKG_VERSION")).to_owned(),
        scenario: terrain.targets.name.clone(),
        variant: None,
        seed: plan.seed,
        plane: PLANE.to_owned(),
        truth_applies: false,
        document: terrain.modelled.document.clone(),
        references: as_json(&references)?,
    };
    let out = BufWriter::new(File::create(&path).map_err(unwritten)?);
    let mut writer = Writer::new(out, plan.clone(), &header).map_err(unwritten)?;
    let progress = Progress::new(&terrain.targets.name, args.quiet);
    let mut counting = progress.begins(plan.agents.len());
    let mut events = Vec::new();
    let mut keep = |chunk: &[Event]| {
        events.extend_from_slice(chunk);
        counting.events(chunk);
        writer.events(chunk)
    };
    let Toured { explored, journal } =
        let_loose(terrain, consents, Watch::begin()?, sent, &folder.undo(), &mut keep).await?;
    progress.done();
    references.explored = Some(explored);
    let trailer = as_json(&references)?;
    // What is known is told, also where the disk does not take it.
    let (digest, journal) = match journal.and_then(|()| writer.finish(trailer.clone())) {
        Ok(digest) => (digest, Ok(())),
        Err(error) => {
            let mut nowhere = Writer::new(io::sink(), plan.clone(), &header)?;
            nowhere.events(&events)?;
            (nowhere.finish(trailer)?, Err(error))
        }
    };
    Ok(Ran { events, references, digest, journal })
}

const PLANE: &str = "staging";

fn tell(args: &args::Run, terrain: &Terrain, folder: &mut Folder, ran: &Ran, sent: bool) -> Result<Exit, Failure> {
    let Ran { events, references, digest, journal } = ran;
    let plan = &terrain.modelled.plan;
    let measures = Measures::of(plan, references, events);
    let circumstances = Circumstances::of(plan, references, events, false);
    let judgement = judge(&plan.expectations, &measures, None, circumstances);
    let (measures, judgement) = (&measures, &judgement);
    let summary = Summary { plan, references, measures, judgement, events, plane: PLANE, fixes: None };
    let written = folder.write_results(&summary, digest, &terrain.modelled.document);
    let text = if args.quiet {
        summary.in_short()
    } else {
        let results = ["report.html", "summary.md", "summary.txt", "run.json"];
        let traces = whole_traces(journal.is_ok(), sent);
        format!("{}\n{}", summary.render(output::style()), folder.told(&[&results[..], &traces].concat()))
    };
    let exit = output::result(&(text + &folder.rest()), judgement.verdict.exit());
    let written = written.and(journal.as_ref().map(|_| ()).map_err(|error| Failure::at(&folder.journal(), error)));
    let written = written.and_then(|()| folder.done());
    Ok(written.map_or_else(|failure| output::despite(failure, exit), |()| exit))
}

/// What somebody agrees to: everything that may happen, and where.
fn plan(terrain: &Terrain, proposal: &Proposal) -> String {
    let Terrain { targets, explore, .. } = terrain;
    let mut out = format!("{}: an exploration as {}\n", targets.name, targets.identity);
    out.push_str(&origins_and_writes(targets, proposal));
    for (at, (name, held)) in explorers(targets, explore).enumerate() {
        let held: Vec<&str> = held.iter().map(|ix| targets.credential(*ix).name.as_str()).collect();
        let when = if at == 0 { "first" } else { "then, while the checks hold" };
        let _ = writeln!(out, "\n{when}  {name}, with {} and with nothing", held.join(", "));
    }
    out.push_str("\nwhat it tries\n");
    for operation in &explore.operations {
        let line = format!("{} {}", operation.request.method, full_name(targets, operation));
        match &operation.not_tried {
            None => _ = writeln!(out, "  {line}"),
            Some(why) => _ = writeln!(out, "  not {line}: {why}"),
        }
    }
    out.push_str(&taught(explore));
    if explore.follows_all_links {
        out.push_str("  GET any link to these origins\n");
    }
    let found = match explore.use_found {
        targets::UseFound::None => "none",
        targets::UseFound::Canary => "canaries",
        targets::UseFound::Listed => "canaries, and those of the target's own shapes",
    };
    let _ = writeln!(out, "  found secrets that are tried: {found}");
    for mint in explore.minting() {
        let _ = writeln!(out, "  found clients are changed for tokens by {}", harmless(&line_of(targets, mint)));
    }
    out.push_str(&caps_and_stops(targets, "the run"));
    out
}

/// What recordings of traffic taught, each operation with how often it was seen.
pub fn taught(explore: &ExplorePlan) -> String {
    let mut out = String::new();
    for learnt in &explore.learnt {
        let _ = writeln!(out, "\nlearnt from {}", harmless(&learnt.file));
        for (line, times, not_tried) in &learnt.operations {
            let why = not_tried.as_ref().map_or(String::new(), |why| format!("; not tried: {why}"));
            out.push_str(&hung("  ", &format!("{line}, {}{why}", counted(*times, "time")), 4));
        }
        for (what, times) in &learnt.left_out {
            let _ = writeln!(out, "  left out: {times} {what}");
        }
    }
    out
}
