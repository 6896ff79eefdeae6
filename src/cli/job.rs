//! One run, from what it is compared with to what it comes to; its journal is written as it happens.

use std::fs::File;
use std::io::{self, BufWriter};
use std::sync::Arc;

use super::failure::Failure;
use super::folder::Folder;
use super::output;
use super::progress::{Counting, Progress};
use crate::fix::{FixError, Question, fixes};
use crate::journal::{FORMAT, Header, Writer};
use crate::measure::{claimed, registry};
use crate::model::Plan;
use crate::plane::driver::{Sink, Stop};
use crate::report::text::hung;
use crate::report::{Fixes, Summary};
use crate::run::{Comparison, Finished, Plane, Prepared, RunOptions};
use crate::scenario::{Document, Finding, Overrides, Resolved, Severity};
use crate::wire::Event;

/// So many agents are let begin alone, one after the other.
const OFFSPRING: u32 = 100;
/// All agents of all these runs together: of a large crowd fewer begin alone, and the interval is wider.
const MOST_LISTENERS: u32 = 2_000_000;
/// No interval is told from fewer.
const LEAST_OFFSPRING: u32 = 10;

/// One run to be done.
pub struct Job<'a> {
    pub document: &'a Document,
    pub variant: Option<&'a str>,
    pub overrides: &'a Overrides,
    pub plane: Plane,
    pub options: RunOptions,
    /// Under how many seeds, where somebody asks for more than the scenario does.
    pub seeds: Option<u32>,
    /// Whether to try what would have prevented it.
    pub fix: bool,
}

/// A run that was done.
pub struct Done {
    pub prepared: Prepared,
    /// The resolved scenario, for the journal.
    pub document: serde_json::Value,
    pub warnings: Vec<Finding>,
    pub finished: Finished,
    pub events: Vec<Event>,
    pub digest: String,
    pub plane: Plane,
    /// What to change first, where somebody asked.
    pub fixes: Option<Fixes>,
}

impl Job<'_> {
    /// Runs and measures. The journal goes to the folder, if there is one.
    pub fn run(&self, folder: Option<&Folder>, stop: &Stop, quiet: bool) -> Result<Done, Failure> {
        let progress = Progress::new(&self.title(), quiet);
        let done = self.run_with(&progress, folder, stop);
        progress.done();
        done
    }

    fn run_with(&self, progress: &Progress, folder: Option<&Folder>, stop: &Stop) -> Result<Done, Failure> {
        let comparison = Comparison::of(self.document, self.variant, self.overrides)?;
        let mut prepared = comparison.prepare(stop)?;
        if let Some(seeds) = self.seeds {
            Arc::make_mut(&mut prepared.plan).expectations.over(seeds);
        }
        let as_written = self.overrides.sets.is_empty() && self.overrides.seed.is_none();
        // Probes fill caches and use limits up.
        let undisturbed = self.options.probes.is_none();
        let truth_applies = as_written && undisturbed && self.plane.keeps_virtual_time();
        let header = self.header(&prepared, &comparison.resolved.document, truth_applies)?;
        let path = folder.map_or_else(Default::default, Folder::journal);
        let unwritten = |error: io::Error| Failure::at(&path, &error);
        let out: Box<dyn io::Write> = match folder {
            Some(_) => Box::new(BufWriter::new(File::create(&path).map_err(unwritten)?)),
            None => Box::new(io::sink()),
        };
        let writer = Writer::new(out, prepared.plan.clone(), &header).map_err(unwritten)?;
        let agents = prepared.plan.agents.len();
        let counting = progress.begins(agents);
        let mut record = Record { writer, events: Vec::new(), counting, full: false };
        let ran = prepared.run(self.plane, self.options, stop, &mut record);
        let Record { writer, events, full, .. } = record;
        ran.map_err(|error| if full { unwritten(error) } else { error.into() })?;
        progress.compares();
        if !stop.wanted() {
            prepared.compare_with_human_pace(&events, stop)?;
        }
        if !stop.wanted() {
            let alone = OFFSPRING.min(MOST_LISTENERS / (agents as u32).max(1)).max(LEAST_OFFSPRING);
            prepared.count_offspring(alone, stop)?;
        }
        if !stop.wanted() {
            progress.repeats(prepared.plan.expectations.most_seeds());
            let measures = self.measures(&prepared.plan);
            prepared.repeat_over_seeds(&comparison, &measures, stop)?;
        }
        if !stop.wanted() && !self.plane.keeps_virtual_time() {
            prepared.compare_with_simulation(stop)?;
        }
        prepared.references.interrupted = stop.wanted();
        let references = serde_json::to_value(&prepared.references).map_err(|e| Failure::incomplete(e.to_string()))?;
        let digest = writer.finish(references).map_err(unwritten)?;
        let finished = prepared.finish(&events, truth_applies);
        let fixes = if self.fix && !stop.wanted() { self.fixes(progress, stop)? } else { None };
        let Resolved { document, warnings, .. } = comparison.resolved;
        Ok(Done { prepared, document, warnings, finished, events, digest, plane: self.plane, fixes })
    }

    /// What to change first; nothing where nothing goes wrong, or somebody wants an end.
    fn fixes(&self, progress: &Progress, stop: &Stop) -> Result<Option<Fixes>, Failure> {
        let (document, variant, overrides, seeds) = (self.document, self.variant, self.overrides, None);
        let asked = Question { document, variant, overrides, seeds };
        match fixes(&asked, stop, &|done, all| progress.tries(done, all)) {
            Ok(found) => Ok(Some(found)),
            Err(FixError::NothingToFix | FixError::Stopped) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What is measured under each seed: what the scenario asks for, or all that costs no run at another pace.
    fn measures(&self, plan: &Plan) -> Vec<&'static registry::Measure> {
        let claimed = claimed(plan);
        if self.seeds.is_none() {
            return claimed;
        }
        let wanted = |measure: &&registry::Measure| {
            measure.needs() < registry::Needs::HumanPace || claimed.iter().any(|claimed| claimed.key == measure.key)
        };
        registry::MEASURES.iter().filter(wanted).collect()
    }

    /// `moltbook@three-rounds`.
    fn title(&self) -> String {
        let name = self.document.name();
        self.variant.map_or(name.to_owned(), |variant| format!("{name}@{variant}"))
    }

    fn header(
        &self,
        prepared: &Prepared,
        document: &serde_json::Value,
        truth_applies: bool,
    ) -> Result<Header, Failure> {
        Ok(Header {
            format: FORMAT,
            written_by: concat!("runaway ", env!("CARGO_PKG_VERSION")).to_owned(),
            scenario: self.document.name().to_owned(),
            variant: self.variant.map(str::to_owned),
            seed: prepared.plan.seed,
            plane: self.plane.name().to_owned(),
            truth_applies,
            document: document.clone(),
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
            fixes: self.fixes.as_ref(),
        }
    }

    /// Says what the scenario's author should know.
    pub fn warn(&self) {
        for warning in self.warnings.iter().filter(|w| w.severity == Severity::Warning) {
            output::aside(&hung(&format!("warning[{}]: ", warning.code.name()), &warning.message, 2));
        }
    }
}

/// Where the events of a run go: to the journal, into memory, onto the screen.
struct Record<'p, W: io::Write> {
    writer: Writer<W>,
    events: Vec<Event>,
    counting: Counting<'p>,
    /// The journal took no more.
    full: bool,
}

impl<W: io::Write> Sink for Record<'_, W> {
    fn events(&mut self, events: &[Event]) -> io::Result<()> {
        self.events.extend_from_slice(events);
        self.counting.events(events);
        self.writer.events(events).inspect_err(|_| self.full = true)
    }
}
