//! `runaway reconcile`: the defenders' log beside what was sent.

use crate::scenario::opened;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::args::{self, Format};
use super::failure::Failure;
use super::folder::SENT;
use super::output;
use crate::report::text::harmless;
use crate::scenario::duration;
use crate::staging::client::SentLine;
use crate::staging::reconcile::{self, AuditLog, Field, Mapping, Reconciled};
use crate::verdict::Exit;

/// A wider window is all of time, in microseconds.
const WIDEST: i64 = i64::MAX / 4;

/// `runaway reconcile`.
pub fn reconcile(args: &args::Reconcile) -> Result<Exit, Failure> {
    let path = if args.run.is_dir() { args.run.join(SENT) } else { args.run.clone() };
    let sent = sent(&path)?;
    let run = sent.first().and_then(|line| line.traceparent.split('-').nth(1)).unwrap_or_default().to_owned();
    let mapping = Mapping::of(&args.fields).map_err(|why| Failure::input(why, Some(FIELDS.into())))?;
    let named = |path: &PathBuf| Ok((path.display().to_string(), log(path, &mapping)?));
    let logs = args.audit.iter().map(named).collect::<Result<Vec<_>, Failure>>()?;
    let window = match duration(&args.window) {
        Some(window) => i64::try_from(window.0).unwrap_or(i64::MAX).min(WIDEST),
        None => return Err(Failure::input(format!("`{}` is no time", args.window), Some("--window 5s".into()))),
    };
    let reconciled = Reconciled::of(&run, &sent, &logs, window);
    match args.format {
        Format::Json => {
            let value = serde_json::to_value(&reconciled).map_err(|error| Failure::incomplete(error.to_string()))?;
            output::json(&value)?;
        }
        Format::Text => drop(output::text(&harmless(&reconciled.text()))?),
    }
    Ok(match reconciled.missing {
        0 => Exit::Holds,
        missing if missing == reconciled.requests => Exit::Inconclusive,
        _ => Exit::Broken,
    })
}

/// What was sent.
fn sent(path: &Path) -> Result<Vec<SentLine<'static>>, Failure> {
    let unusable = |why: String| {
        let help = "name the folder of a drill or of a run on the staging plane: it holds requests.ndjson";
        Failure::input(format!("{} cannot be read: {why}", path.display()), Some(help.into()))
    };
    let text = opened(path).and_then(std::io::read_to_string).map_err(|error| unusable(error.to_string()))?;
    let mut lines = Vec::new();
    for (at, line) in text.split_inclusive('\n').enumerate() {
        match serde_json::from_str(line) {
            Ok(line) => lines.push(line),
            // The last line of a run that was killed may be cut off.
            Err(_) if !line.ends_with('\n') => {}
            Err(error) => return Err(unusable(format!("line {} is damaged: {error}", at + 1))),
        }
    }
    if lines.is_empty() { Err(unusable("nothing was sent".to_owned())) } else { Ok(lines) }
}

fn log(path: &Path, mapping: &Mapping) -> Result<AuditLog, Failure> {
    let unusable =
        |why: String| Failure::input(format!("{} cannot be read: {why}", path.display()), Some(FIELDS.into()));
    let file = opened(path).map_err(|error| unusable(error.to_string()))?;
    let is_csv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    if (!mapping.is_empty() || is_csv)
        && let Some(field) = [Field::Time, Field::Path].into_iter().find(|field| !mapping.has(*field))
    {
        return Err(Failure::input(format!("nothing says where the {} stands", field.name()), Some(FIELDS.into())));
    }
    let input = BufReader::new(file);
    let read = if is_csv { reconcile::csv(input, mapping) } else { reconcile::text(input, mapping) };
    read.map_err(|error| unusable(error.to_string()))
}

const FIELDS: &str = "say where each field stands: `--field time=/ts --field path=/request/uri --field identity=/user`, or names of \
                      columns for a file that ends in .csv; OCSF and access logs (common or combined) need none";
