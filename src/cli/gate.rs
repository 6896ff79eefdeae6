//! The cases of a gate: found, run side by side, and told in their order as they end.

mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use rayon::prelude::*;

use super::failure::Failure;
use super::job::Job;
use super::open::{open, read, split};
use crate::gate::{Case, Coverage, Exercised, Ran, Results, Suppressions, coverage, scenario_of};
use crate::library;
use crate::model::Plan;
use crate::model::service::{Role, shape_of};
use crate::plane::driver::Stop;
use crate::planted::Mistake;
use crate::run::{Plane, RunOptions};
use crate::scenario::{Document, Overrides, Setting, opened};

/// Where a team's scenarios lie, unless somebody says otherwise.
const FOLDER: &str = "scenarios";

/// A scenario with those of its variants that are to be run.
struct Wanted {
    /// As it was named.
    file: String,
    document: Document,
    /// `None` is the base.
    variants: Vec<Option<String>>,
}

/// Everything that is to be run.
pub struct Gate {
    wanted: Vec<Wanted>,
    /// The folders and files of which every case is among them.
    roots: Vec<PathBuf>,
    /// Whether nobody asked for less than all.
    is_whole: bool,
}

impl Gate {
    /// Whether there are scenarios here that nobody has to name.
    pub fn has_folder() -> bool {
        Path::new(FOLDER).is_dir()
    }

    /// Finds scenarios by name, file or folder; without any, those in `scenarios`, or the library.
    pub fn of(named: &[String]) -> Result<Gate, Failure> {
        let mut wanted = Vec::new();
        if named.is_empty() {
            match Gate::has_folder() {
                true => in_folder(Path::new(FOLDER), &mut wanted)?,
                false => library::SCENARIOS.iter().try_for_each(|scenario| {
                    wanted.push(one(scenario.name)?);
                    Ok::<(), Failure>(())
                })?,
            }
        }
        for name in named {
            match Path::new(name).is_dir() {
                true => in_folder(Path::new(name), &mut wanted)?,
                false => wanted.push(one(name)?),
            }
        }
        let roots = match named.is_empty() {
            true => vec![PathBuf::from(FOLDER)],
            false => named.iter().map(PathBuf::from).collect(),
        };
        one_file_each(&wanted)?;
        Ok(Gate { wanted, roots, is_whole: named.is_empty() })
    }

    /// The settings of every scenario, by its name.
    pub fn settings(&self) -> BTreeMap<String, Vec<Setting>> {
        self.wanted.iter().map(|wanted| (wanted.document.name().to_owned(), wanted.document.settings())).collect()
    }

    /// How many cases there are.
    pub fn len(&self) -> usize {
        self.wanted.iter().map(|wanted| wanted.variants.len()).sum()
    }

    /// Runs all of it on so many threads. `tell` hears of each case, in their order.
    pub fn run(
        &self,
        threads: Option<usize>,
        suppressions: &Suppressions,
        inventory: Option<&Path>,
        stop: &Stop,
        tell: &mut (dyn FnMut(&Case) + Send),
    ) -> Result<Results, Failure> {
        let jobs: Vec<(&Wanted, Option<&str>)> = self
            .wanted
            .iter()
            .flat_map(|wanted| wanted.variants.iter().map(move |variant| (wanted, variant.as_deref())))
            .collect();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build();
        let pool = pool.map_err(|error| Failure::incomplete(error.to_string()))?;
        let told = Mutex::new(InOrder { next: 0, waiting: BTreeMap::new(), tell });
        let run = |(at, (wanted, variant)): (usize, (&Wanted, Option<&str>))| {
            if stop.wanted() {
                return Ok(None);
            }
            let case = wanted.run(variant, suppressions, stop)?;
            told.lock().unwrap_or_else(std::sync::PoisonError::into_inner).done(at, case.clone());
            Ok::<Option<Case>, Failure>(Some(case))
        };
        let cases: Vec<Option<Case>> =
            pool.install(|| jobs.into_par_iter().enumerate().map(run).collect::<Result<_, Failure>>())?;
        let cases: Vec<Case> = cases.into_iter().flatten().collect();
        let coverage = self.coverage(&cases, inventory)?;
        let limits = |name: &str| {
            let case = cases.iter().find(|case| case.name == name)?;
            Some(case.limits.iter().map(|limit| limit.measure.clone()).collect())
        };
        let should_be = |name: &str| {
            !self.names().any(|there| there == name) && (self.is_whole || self.has_all_of(scenario_of(name)))
        };
        let complaints = suppressions.complaints(&limits, &should_be);
        Ok(Results::of(cases, coverage, complaints))
    }

    fn coverage(&self, cases: &[Case], inventory: Option<&Path>) -> Result<Coverage, Failure> {
        let mut operations = BTreeMap::new();
        let mut exercised = BTreeSet::new();
        for wanted in &self.wanted {
            let plan = wanted.document.resolve(None, &Overrides::default())?.plan;
            let mine = |case: &&Case| case.scenario == wanted.document.name();
            let names: BTreeSet<&str> =
                cases.iter().filter(mine).flat_map(|case| case.exercised.iter().map(String::as_str)).collect();
            exercised.extend(called(&plan, &names));
            operations.insert(wanted.document.name().to_owned(), of_services(&plan));
        }
        let inventory = inventory.map(|path| of_inventory(path, &exercised)).transpose()?;
        Ok(Coverage { scenarios: coverage(&operations, cases), inventory })
    }
}

/// Says what is done in its order, as soon as that is possible.
struct InOrder<'a> {
    next: usize,
    waiting: BTreeMap<usize, Case>,
    tell: &'a mut (dyn FnMut(&Case) + Send),
}

impl InOrder<'_> {
    fn done(&mut self, at: usize, case: Case) {
        self.waiting.insert(at, case);
        while let Some(case) = self.waiting.remove(&self.next) {
            (self.tell)(&case);
            self.next += 1;
        }
    }
}

impl Wanted {
    #[expect(clippy::disallowed_methods, reason = "a test runner says how long a test took")]
    fn run(&self, variant: Option<&str>, suppressions: &Suppressions, stop: &Stop) -> Result<Case, Failure> {
        let since = Instant::now();
        let job = Job {
            fix: false,
            document: &self.document,
            variant,
            overrides: &Overrides::default(),
            plane: Plane::Sim,
            options: RunOptions::default(),
            seeds: None,
        };
        let done = job.run(None, stop, true)?;
        let ran = Ran {
            document: &self.document,
            variant,
            file: &self.file,
            plan: &done.prepared.plan,
            measures: &done.finished.measures,
            events: &done.events,
            judgement: &done.finished.judgement,
            headline: done.summary().headline(),
            journal_digest: &done.digest,
            took: since.elapsed(),
        };
        Ok(Case::of(&ran, suppressions))
    }
}

/// Two scenarios of one name could not be told apart, in results or in a baseline.
fn one_file_each(all: &[Wanted]) -> Result<(), Failure> {
    let place = |wanted: &Wanted| Path::new(&wanted.file).canonicalize().unwrap_or_else(|_| wanted.file.clone().into());
    let mut files: BTreeMap<&str, &Wanted> = BTreeMap::new();
    for wanted in all {
        let name = wanted.document.name();
        if let Some(other) = files.insert(name, wanted).filter(|other| place(other) != place(wanted)) {
            let message = format!("two scenarios are called `{name}`: {} and {}", other.file, wanted.file);
            return Err(Failure::input(message, Some("give one of them another `name`".into())));
        }
    }
    Ok(())
}

/// A scenario with all its variants, or with the one behind the `@`.
fn one(named: &str) -> Result<Wanted, Failure> {
    let opened = open(named)?;
    let (name, _) = split(named);
    let file = match library::find(name).filter(|_| !Path::new(name).exists()) {
        Some(_) => format!("{FOLDER}/{name}.yaml"),
        None => name.to_owned(),
    };
    let variants = match opened.variant {
        Some(variant) => vec![Some(variant)],
        None => all_variants(&opened.document),
    };
    Ok(Wanted { file, document: opened.document, variants })
}

fn all_variants(document: &Document) -> Vec<Option<String>> {
    std::iter::once(None).chain(document.variants().into_iter().map(|variant| Some(variant.name))).collect()
}

/// Every scenario in a folder, by name.
fn in_folder(folder: &Path, wanted: &mut Vec<Wanted>) -> Result<(), Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::input(
            format!("{} cannot be read: {error}", folder.display()),
            Some("name a folder of scenarios".into()),
        )
    };
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(unreadable)?;
    files.retain(|path| path.extension().is_some_and(|end| end == "yaml" || end == "yml"));
    files.sort();
    if files.is_empty() {
        let help = "a scenario ends in .yaml; `runaway init moltbook` makes one to start from";
        return Err(Failure::input(format!("there is no scenario in {}", folder.display()), Some(help.into())));
    }
    for file in files {
        let document = read(&file)?;
        let variants = all_variants(&document);
        wanted.push(Wanted { file: file.display().to_string(), document, variants });
    }
    Ok(())
}

/// What agents could call: the doors of the defence are none of it.
fn of_services(plan: &Plan) -> BTreeSet<String> {
    let served =
        plan.operation_ids().filter(|op| plan.service(plan.operation(*op).service).role != Role::Administration);
    served.map(|op| plan.operation_name(op)).collect()
}

/// The methods and paths of these operations.
fn called<'a>(plan: &'a Plan, names: &'a BTreeSet<&str>) -> impl Iterator<Item = String> + 'a {
    let named = plan.operation_ids().filter(|op| names.contains(plan.operation_name(*op).as_str()));
    named.map(|op| {
        let spec = plan.operation(op);
        format!("{} {}", spec.method.name(), shape_of(&spec.path))
    })
}

/// Which operations of the description of an API were exercised, by method and path.
fn of_inventory(path: &Path, exercised: &BTreeSet<String>) -> Result<Exercised, Failure> {
    let mut bytes = Vec::new();
    opened(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|error| Failure::input(format!("{} cannot be read: {error}", path.display()), None))?;
    let description = crate::import::openapi::read(&bytes)
        .map_err(|error| Failure::input(format!("{}: {error}", path.display()), None))?;
    let shapes = description.operations.iter().map(|op| {
        (format!("{} {}", op.method.name(), shape_of(&op.path)), format!("{} {}", op.method.name(), op.path))
    });
    let shapes: BTreeMap<String, String> = shapes.collect();
    let never = shapes
        .iter()
        .filter(|(shape, _)| !exercised.contains(*shape) && !Mistake::InventoryIsCovered.here())
        .map(|(_, shown)| shown.clone())
        .collect();
    Ok(Exercised { of: path.display().to_string(), operations: shapes.len(), never })
}
