//! `runaway run`: one scenario, from the prepared references to the files in its folder.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use super::args::{self, ClockName, PlaneName};
use super::failure::Failure;
use super::open::open;
use super::output;
use super::progress::Progress;
use crate::journal::{FORMAT, Header, Writer};
use crate::model::Plan;
use crate::plane::driver::{Sink, Stop};
use crate::report::{RunReport, Style, Summary};
use crate::run::{Finished, Plane, Prepared, RunOptions, prepare};
use crate::scenario::{Document, Overrides, Severity};
use crate::verdict::Exit;
use crate::wire::{Event, Span, Tick};

/// `runaway run`.
pub fn run(args: &args::Run) -> Result<Exit, Failure> {
    let plane = plane(args)?;
    let named = open(&args.scenario)?;
    let overrides = Overrides { sets: sets(&args.sets)?, seed: args.seed };
    patient(&named.document.resolve(named.variant.as_deref(), &overrides)?.plan, args)?;
    let folder = match &args.out {
        Some(folder) => given_folder(folder)?,
        None => fresh_folder(Path::new("reports"), named.document.name(), named.variant.as_deref())?,
    };
    let stop = stop_on_interrupt()?;
    let job = Job { document: &named.document, variant: named.variant.as_deref(), overrides: &overrides, plane };
    let done = job.run(Some(&folder), &stop, args.quiet)?;
    if args.quiet {
        output::text(&format!("{} {}\n", done.finished.judgement.verdict.name(), done.headline()))?;
    } else {
        done.warn();
        let mut text = done.summary().render(output::style());
        text.push_str(&format!("\nwritten to {}: run.json, journal.ndjson, summary.txt\n", folder.display()));
        output::text(&text)?;
    }
    Ok(done.finished.judgement.verdict.exit())
}

fn plane(args: &args::Run) -> Result<Plane, Failure> {
    match (args.plane, args.clock, args.time_scale) {
        (PlaneName::Staging, ..) => Err(Failure::refused(
            "the staging plane is not part of this version: no request leaves this machine",
            "`--plane sim` or `--plane mock`",
        )),
        (PlaneName::Sim, ClockName::Wall, _) => {
            Err(Failure::input("the simulator has no wall clock", Some("`--plane mock --clock wall`".into())))
        }
        (_, ClockName::Virtual, Some(_)) => {
            Err(Failure::input("only a wall clock can be scaled", Some("`--plane mock --clock wall`".into())))
        }
        (PlaneName::Sim, ClockName::Virtual, None) => Ok(Plane::Sim),
        (PlaneName::Mock, ClockName::Virtual, None) => Ok(Plane::Mock),
        (PlaneName::Mock, ClockName::Wall, scale) => {
            let scale = scale.unwrap_or(1.0);
            if scale.is_finite() && scale > 0.0 {
                Ok(Plane::Live { scale })
            } else {
                Err(Failure::input("--time-scale is a number above 0", Some("--time-scale 60".into())))
            }
        }
    }
}

/// A person who waits for a run wants to know for how long.
fn patient(plan: &Plan, args: &args::Run) -> Result<(), Failure> {
    let long = plan.time.horizon.filter(|horizon| *horizon > Tick::ZERO + PATIENCE);
    match long {
        Some(horizon) if args.clock == ClockName::Wall && args.time_scale.is_none() => {
            let factor = horizon.0.div_ceil(PATIENCE.0);
            let message = format!("this scenario goes on for {horizon}, and a wall clock would take as long");
            Err(Failure::input(message, Some(format!("--time-scale {factor} makes a minute of it"))))
        }
        _ => Ok(()),
    }
}

/// The longest run by the wall clock that nobody asked for.
const PATIENCE: Span = Span::from_secs(60);

/// `PATH=VALUE` settings.
fn sets(sets: &[String]) -> Result<Vec<(String, String)>, Failure> {
    sets.iter()
        .map(|set| match set.split_once('=') {
            Some((path, value)) if !path.is_empty() => Ok((path.trim().to_owned(), value.trim().to_owned())),
            _ => Err(Failure::input(format!("`{set}` is not PATH=VALUE"), Some("--set services.db.rows=owner".into()))),
        })
        .collect()
}

/// A folder that the user named: there already, or made now.
fn given_folder(folder: &Path) -> Result<PathBuf, Failure> {
    fs::create_dir_all(folder).map_err(|error| {
        let message = format!("{} cannot be the folder of a run: {error}", folder.display());
        Failure::input(message, Some("say --out with a folder that can be written".into()))
    })?;
    Ok(folder.to_owned())
}

/// `reports/moltbook-three-rounds-1`, or the next number that is free.
fn fresh_folder(root: &Path, name: &str, variant: Option<&str>) -> Result<PathBuf, Failure> {
    let stem = variant.map_or(name.to_owned(), |v| format!("{name}-{v}"));
    fs::create_dir_all(root).map_err(|e| Failure::at(root, &e))?;
    for n in 1..=MOST_RUNS {
        let folder = root.join(format!("{stem}-{n}"));
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Failure::at(&folder, &error)),
        }
    }
    let help = format!("remove old runs from {}, or say --out DIR", root.display());
    Err(Failure::input(format!("there are {MOST_RUNS} runs of {stem} already"), Some(help)))
}

/// So many runs of one scenario are kept apart by number.
const MOST_RUNS: u32 = 100_000;

/// Ctrl-C stops the run at its next chunk; what is known so far is kept.
pub fn stop_on_interrupt() -> Result<Stop, Failure> {
    let stop = Stop::default();
    let wanted = stop.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            if tokio::signal::ctrl_c().await.is_ok() {
                wanted.now();
            }
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(Exit::Stopped as i32);
            }
        });
    });
    Ok(stop)
}

/// One run to be done.
pub struct Job<'a> {
    pub document: &'a Document,
    pub variant: Option<&'a str>,
    pub overrides: &'a Overrides,
    pub plane: Plane,
}

/// A run that was done.
pub struct Done {
    pub prepared: Prepared,
    pub finished: Finished,
    pub events: Vec<Event>,
    pub digest: String,
    plane: Plane,
}

impl Job<'_> {
    /// Runs and measures. With a folder, everything is written there as it happens.
    pub fn run(&self, folder: Option<&Path>, stop: &Stop, quiet: bool) -> Result<Done, Failure> {
        let mut prepared = prepare(self.document, self.variant, self.overrides, stop)?;
        let as_written = self.overrides.sets.is_empty() && self.overrides.seed.is_none();
        let truth_applies = as_written && self.plane.keeps_virtual_time();
        let header = self.header(&prepared, truth_applies)?;
        let journal = folder.unwrap_or(Path::new("")).join("journal.ndjson");
        let out: Box<dyn io::Write> = match folder {
            Some(_) => Box::new(BufWriter::new(File::create(&journal).map_err(|e| Failure::at(&journal, &e))?)),
            None => Box::new(io::sink()),
        };
        let title = self.variant.map_or(self.document.name().to_owned(), |v| format!("{}@{v}", self.document.name()));
        let mut record = Record {
            writer: Writer::new(out, prepared.plan.clone(), &header).map_err(|e| Failure::at(&journal, &e))?,
            events: Vec::new(),
            progress: Progress::new(&title, quiet),
        };
        let ran = prepared.run(self.plane, RunOptions::default(), stop, &mut record);
        record.progress.done();
        ran.map_err(|e| Failure::at(&journal, &e))?;
        let Record { writer, events, .. } = record;
        if !stop.wanted() {
            prepared.compare_with_human_pace(&events, stop)?;
        }
        let references = serde_json::to_value(&prepared.references).map_err(|e| Failure::incomplete(e.to_string()))?;
        let digest = writer.finish(references).map_err(|e| Failure::at(&journal, &e))?;
        let finished = prepared.finish(&events, truth_applies);
        let done = Done { prepared, finished, events, digest, plane: self.plane };
        if let Some(folder) = folder {
            done.write(folder)?;
        }
        Ok(done)
    }

    fn header(&self, prepared: &Prepared, truth_applies: bool) -> Result<Header, Failure> {
        Ok(Header {
            format: FORMAT,
            written_by: concat!("runaway ", env!("CARGO_PKG_VERSION")).to_owned(),
            scenario: self.document.name().to_owned(),
            variant: self.variant.map(str::to_owned),
            seed: prepared.plan.seed,
            plane: self.plane.name().to_owned(),
            truth_applies,
            document: prepared.document.clone(),
            references: serde_json::to_value(&prepared.references).map_err(|e| Failure::incomplete(e.to_string()))?,
        })
    }
}

impl Done {
    pub fn summary(&self) -> Summary<'_> {
        Summary {
            plan: &self.prepared.plan,
            references: &self.prepared.references,
            measures: &self.finished.measures,
            judgement: &self.finished.judgement,
            events: &self.events,
            plane: self.plane.name(),
        }
    }

    pub fn headline(&self) -> String {
        self.summary().headline()
    }

    /// Says what the scenario's author should know.
    fn warn(&self) {
        for warning in self.prepared.warnings.iter().filter(|w| w.severity == Severity::Warning) {
            anstream::eprintln!("warning[{}]: {}", warning.code.name(), warning.message);
        }
    }

    fn write(&self, folder: &Path) -> Result<(), Failure> {
        write_results(folder, &self.summary(), &self.digest)
    }
}

/// Writes `run.json` and `summary.txt`.
pub fn write_results(folder: &Path, summary: &Summary<'_>, digest: &str) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|e| Failure::at(folder, &e))?;
    let report = RunReport::of(summary, digest);
    let json = serde_json::to_string_pretty(&report).map_err(|e| Failure::incomplete(e.to_string()))?;
    for (name, text) in [("run.json", json + "\n"), ("summary.txt", summary.render(Style::Plain))] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|e| Failure::at(&path, &e))?;
    }
    Ok(())
}

/// Where the events of a run go: to the journal, into memory, onto the screen.
struct Record<W: io::Write> {
    writer: Writer<W>,
    events: Vec<Event>,
    progress: Progress,
}

impl<W: io::Write> Sink for Record<W> {
    fn events(&mut self, events: &[Event]) -> io::Result<()> {
        self.writer.events(events)?;
        self.events.extend_from_slice(events);
        self.progress.events(events);
        Ok(())
    }
}
