//! `runaway test`: every scenario against what is expected of it, as CI runs it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::args::{self, FailOn};
use super::compare::in_common;
use super::failure::Failure;
use super::files::replace;
use super::gate::Gate;
use super::interrupt::stop_on_interrupt;
use super::output;
use crate::gate::{Baseline, Case, Compared, Delta, Results, Standing, Suppressions, compare, junit, markdown, sarif};
use crate::measure::counted;
use crate::report::Style;
use crate::report::text::{hung, left, wrapped};
use crate::scenario::opened;
use crate::verdict::Exit;

/// The accepted state of a team, where it lies unless somebody says otherwise.
pub const BASELINE: &str = "runaway.baseline.json";
/// What a team tolerates for now.
const SUPPRESSIONS: &str = "runaway.suppressions.yaml";

/// Runs every case, writes what was asked for, and says how the gate stands.
pub fn test(args: &args::Test) -> Result<Exit, Failure> {
    let suppressions = suppressions(args.suppressions.as_deref())?;
    let before = baseline(args)?;
    if before.is_some() && args.scenarios.is_empty() && !Gate::has_folder() {
        let help = "say where they are: runaway test FOLDER; or go to where the folder `scenarios` is";
        let message = "there is a baseline to compare with, and no folder `scenarios` here";
        return Err(Failure::input(message, Some(help.into())));
    }
    let gate = Gate::of(&args.scenarios)?;
    if let Some(folder) = &args.out {
        let unusable = |error: std::io::Error| {
            let message = format!("{} cannot be the folder of the results: {error}", folder.display());
            Failure::input(message, Some("say --out with a folder that can be written".into()))
        };
        std::fs::create_dir_all(folder).map_err(unusable)?;
    }
    let stop = stop_on_interrupt()?;
    let style = output::style();
    let mut told = Ok(Exit::Holds);
    let mut tell = |case: &Case| {
        if told.is_ok() && !args.quiet {
            told = output::text(&line(case, style));
        }
    };
    let mut results =
        gate.run(args.jobs.map(usize::from), &suppressions, args.inventory.as_deref(), &stop, &mut tell)?;
    told?;
    if let Some(before) = before {
        let delta = delta(args, &before, &gate, &results)?;
        let closes = delta.is_weakened() || args.fail_on.is_some_and(|on| on.is_met(&delta));
        results.compared = Some(Compared { closes, delta });
    }
    let mut text = red(&results, style);
    if let Some(compared) = &results.compared {
        text.push_str(&changes(&compared.delta));
    }
    text.push_str(&summary(&results, gate.len()));
    output::text(&text)?;
    write(args, &results)?;
    Ok(match results.exit() {
        Exit::Broken => Exit::Broken,
        _ if stop.wanted() => Exit::Stopped,
        other => other,
    })
}

/// What is different from the baseline. Where nothing can be compared, nothing can be said to be no worse.
fn delta(args: &args::Test, before: &Baseline, gate: &Gate, results: &Results) -> Result<Delta, Failure> {
    let now = Baseline::of(results, &gate.settings());
    let mut delta = compare(before, &now, gate);
    delta.excuse(&results.excused());
    if args.fail_on.is_some() && !delta.is_weakened() {
        in_common(before, &now)?;
    }
    Ok(delta)
}

impl FailOn {
    /// Whether what changed closes the gate.
    pub fn is_met(self, delta: &Delta) -> bool {
        match self {
            FailOn::New => delta.is_weakened() || delta.is_new(),
            FailOn::Worse => delta.is_weakened() || delta.is_worse(),
        }
    }
}

fn suppressions(named: Option<&Path>) -> Result<Suppressions, Failure> {
    let Some(path) = named.or_else(|| Some(Path::new(SUPPRESSIONS)).filter(|path| path.exists())) else {
        return Ok(Suppressions::default());
    };
    let help = "suppress: [{case: wiper@lag-60s, limit: survivors, reason: ticket 12, until: 2027-01-31}]";
    Suppressions::read(path, today()).map_err(|error| Failure::input(error, Some(help.into())))
}

/// The day on which a suppression may expire.
#[expect(clippy::disallowed_methods, reason = "whether a suppression has expired is a matter of the calendar")]
fn today() -> crate::gate::Date {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let days = i32::try_from(since.as_secs() / 86_400).unwrap_or(i32::MAX);
    let epoch = crate::gate::Date::constant(1970, 1, 1);
    epoch.checked_add(jiff::Span::new().days(days)).unwrap_or(epoch)
}

fn baseline(args: &args::Test) -> Result<Option<Baseline>, Failure> {
    let found = Path::new(BASELINE);
    match &args.baseline {
        Some(path) => read_baseline(path).map(Some),
        None if found.exists() => read_baseline(found).map(Some),
        None if args.fail_on.is_some() => {
            let message = format!("there is no {BASELINE} to compare with");
            Err(Failure::input(message, Some("`runaway baseline accept` writes it; or say --baseline FILE".into())))
        }
        None => Ok(None),
    }
}

/// A baseline, the results of a gate, or the `run.json` of a run.
pub fn read_baseline(path: &Path) -> Result<Baseline, Failure> {
    let path = if path.is_dir() { path.join("run.json") } else { path.to_owned() };
    let wrong = |error: String| Failure::input(format!("{}: {error}", path.display()), None);
    let text = opened(&path).and_then(std::io::read_to_string).map_err(|error| wrong(error.to_string()))?;
    Baseline::read(&text).map_err(wrong)
}

fn line(case: &Case, style: Style) -> String {
    let word = left(case.standing.word(), 13);
    let word = if case.is_green() { word } else { style.bold(&word) };
    let came_out = match case.verdict == case.expected {
        true if case.standing == Standing::Inconclusive => format!("{}, but untrue", case.verdict),
        true => format!("{} as expected", case.verdict),
        false => format!("{}, not {}", case.verdict, case.expected),
    };
    format!("{word}{}{}{:>7.2} s\n", left(&case.name, 36), left(&came_out, 21), case.seconds)
}

/// What is wrong, in full: the reasons, then the lines of the scenario that made it possible.
fn red(results: &Results, style: Style) -> String {
    let mut text = String::new();
    for case in results.cases.iter().filter(|case| !case.is_green()) {
        let _ = writeln!(text, "\n{} {}", style.bold(case.standing.word()), style.bold(&case.name));
        text.push_str(&wrapped(&case.complaint(), 2));
        text.push_str(&wrapped(&case.headline, 2));
        for reason in &case.reasons {
            text.push_str(&hung("  - ", reason, 4));
        }
        for cause in &case.causes {
            text.push_str(&hung("  ", &format!("{}:{}: {}: {}", case.file, cause.line, cause.path, cause.told), 4));
        }
    }
    text
}

/// What is different from the baseline.
pub fn changes(delta: &Delta) -> String {
    let mut text = String::new();
    for (title, lines) in delta.told() {
        let _ = writeln!(text, "\n{title}");
        lines.iter().for_each(|line| text.push_str(&hung("  ", line, 4)));
    }
    text
}

fn summary(results: &Results, wanted: usize) -> String {
    let mut text = String::from("\n");
    for complaint in &results.suppressions {
        text.push_str(&hung("error: ", complaint, 7));
    }
    let count = |standing: Standing| results.count(standing);
    let ran = results.cases.len();
    let counts = format!(
        "{}: {} as expected, {} suppressed, {} failed, {} inconclusive, {} cut short",
        counted(ran as u64, "case"),
        count(Standing::AsExpected),
        count(Standing::Suppressed),
        count(Standing::Unexpected),
        count(Standing::Inconclusive),
        count(Standing::Aborted) + (wanted - ran),
    );
    text.push_str(&hung("", &counts, 2));
    let why = why_closed(results);
    if !why.is_empty() {
        text.push_str(&hung("the gate is closed: ", &why.join(", "), 2));
    }
    let (all, reached) = results
        .coverage
        .scenarios
        .iter()
        .fold((0, 0), |(all, reached), of| (all + of.operations, reached + of.reached()));
    let _ = writeln!(text, "operations exercised: {reached} of {all} of these scenarios");
    if let Some(inventory) = &results.coverage.inventory {
        let _ = writeln!(
            text,
            "operations exercised: {} of {} of {}",
            inventory.reached(),
            inventory.operations,
            inventory.of
        );
        for never in inventory.never.iter().take(MOST) {
            let _ = writeln!(text, "  never: {never}");
        }
        if inventory.never.len() > MOST {
            let _ = writeln!(text, "  and {} more in results.json", inventory.never.len() - MOST);
        }
    }
    text
}

/// What closes the gate beside the cases.
fn why_closed(results: &Results) -> Vec<String> {
    let delta = results.compared.as_ref().filter(|compared| compared.closes).map(|compared| &compared.delta);
    let parts = delta.map_or([0; 4], |delta| {
        let worse = delta.changes.iter().filter(|change| change.worse == Some(true)).count();
        [delta.weakened.len(), delta.widened.len(), delta.newly_broken.len(), worse]
    });
    let words = ["weakened", "opened wider", "newly broken", "worse than the baseline"];
    let told = parts.into_iter().zip(words).filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}"));
    let complaints = results.suppressions.len();
    let suppressions = (complaints > 0).then(|| format!("{complaints} wrong with the suppressions"));
    told.chain(suppressions).collect()
}

/// So many operations that were never exercised are named.
const MOST: usize = 10;

fn write(args: &args::Test, results: &Results) -> Result<(), Failure> {
    let in_folder = |name: &str| args.out.as_ref().map(|folder| folder.join(name));
    let pretty = |value: serde_json::Value| serde_json::to_string_pretty(&value).map(|text| text + "\n");
    let failed = |error: serde_json::Error| Failure::incomplete(error.to_string());
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    for path in args.json.clone().into_iter().chain(in_folder("results.json")) {
        files.push((path, serde_json::to_value(results).and_then(pretty).map_err(failed)?));
    }
    for path in args.sarif.clone().into_iter().chain(in_folder("results.sarif")) {
        files.push((path, pretty(sarif(results)).map_err(failed)?));
    }
    for path in args.junit.clone().into_iter().chain(in_folder("junit.xml")) {
        files.push((path, junit(results).map_err(|error| Failure::incomplete(error.to_string()))?));
    }
    for path in args.markdown.clone().into_iter().chain(in_folder("summary.md")) {
        files.push((path, markdown(results)));
    }
    files.iter().try_for_each(|(path, text)| replace(path, text))
}
