//! `runaway init`: a scenario to start from.

use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use super::args;
use super::failure::Failure;
use super::files::{create, replace};
use super::output;
use crate::generate;
use crate::import;
use crate::library;
use crate::plane::driver::Stop;
use crate::report::text::{hung, shell_word};
use crate::run::{measurable, prepare};
use crate::scenario::{Overrides, Source, opened, parse};
use crate::verdict::Exit;

/// Writes a scenario that runs as it is. Never over a file that is there.
pub fn init(args: &args::Init) -> Result<Exit, Failure> {
    let (name, text) = match (args.from, &args.source) {
        (None, source) => from_library(source.as_deref().unwrap_or_default())?,
        (Some(args::From::Openapi), Some(file)) => from_openapi(args, Path::new(file))?,
        (Some(args::From::Openapi), None) => {
            return Err(Failure::input("which description?", Some("runaway init --from openapi FILE".into())));
        }
        (Some(_), Some(name)) => {
            let message = format!("a generated scenario is made from no other, and `{name}` is one too many");
            return Err(Failure::input(message, Some("say --out FILE".into())));
        }
        (Some(args::From::Chain(links)), None) => (format!("chain-{links}"), generate::chain(links)),
        (Some(args::From::Grid(credentials, operations)), None) => {
            let (keys, all) = generate::rounded_up(credentials, operations);
            if (keys, all) != (credentials, operations) {
                output::aside(&format!("note: made larger than asked for: {keys} keys and {all} operations\n"));
            }
            (format!("grid-{keys}x{all}"), generate::grid(keys, all))
        }
        (Some(args::From::Random(seed)), None) => (format!("random-{seed}"), random(seed)?),
    };
    let path = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.yaml")));
    if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("") && !folder.is_dir()) {
        let help = "say --out with a file in a folder that is there";
        return Err(Failure::input(format!("there is no folder {}", folder.display()), Some(help.into())));
    }
    create(&path, &with_schema_beside(&text))?;
    let schema = schema_beside(&path)?;
    let shown = shell_word(&path.to_string_lossy());
    output::text(&format!("wrote {shown}{schema}\nnext: runaway check {shown} && runaway run {shown}\n"))
}

/// The world of a seed. One in which nothing can go wrong shows nothing.
fn random(seed: u64) -> Result<String, Failure> {
    if bites(seed)? {
        return Ok(generate::random_world(seed));
    }
    let message = format!("in random:{seed} the agent can do no harm, so a run would show nothing");
    for next in (1..=NEIGHBOURS).map(|n| seed.wrapping_add(n)) {
        if bites(next)? {
            return Err(Failure::input(message, Some(format!("take the next in which it can: random:{next}"))));
        }
    }
    Err(Failure::input(message, Some("take another number".into())))
}

/// So many worlds after one in which nothing happens are looked at.
const NEIGHBOURS: u64 = 100;

/// Whether an agent does harm where nothing stops it.
fn bites(seed: u64) -> Result<bool, Failure> {
    let source = Source { name: format!("random:{seed}"), text: generate::random_world(seed).into() };
    let document = parse(source, &measurable())?;
    let prepared = prepare(&document, None, &Overrides::default(), &Stop::default())?;
    Ok(prepared.references.control_bit)
}

/// The schema that an editor checks a scenario against.
const SCHEMA: &str = "scenario.schema.json";

/// In what is built in, the first line says where the schema is from there: here it lies beside the scenario.
fn with_schema_beside(text: &str) -> String {
    let Some((first, rest)) = text.split_once('\n') else { return text.to_owned() };
    let Some((language, _)) = first.split_once("$schema=") else { return text.to_owned() };
    format!("{language}$schema={SCHEMA}\n{rest}")
}

/// Puts the schema beside a scenario, and says so. A file of that name that is no schema of ours stays.
fn schema_beside(scenario: &Path) -> Result<String, Failure> {
    let path = scenario.with_file_name(SCHEMA);
    let schema = crate::scenario::schema();
    let text = serde_json::to_string_pretty(&schema).map_err(|error| Failure::incomplete(error.to_string()))? + "\n";
    let there = std::fs::read_to_string(&path).ok();
    let is_ours = |there: &String| {
        serde_json::from_str::<serde_json::Value>(there).is_ok_and(|value| value["$id"] == schema["$id"])
    };
    match &there {
        Some(there) if *there == text => return Ok(String::new()),
        Some(there) if !is_ours(there) => return Ok(String::new()),
        None if path.symlink_metadata().is_ok() => return Ok(String::new()),
        _ => replace(&path, &text)?,
    }
    Ok(format!(" and, for editors, {}", shell_word(&path.to_string_lossy())))
}

/// A file as a scenario in another folder names it, so that both can be moved together; from the root, where the two
/// have no folder in common.
fn seen_from(file: &Path, folder: Option<&Path>) -> PathBuf {
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (Ok(file), Ok(folder)) = (file.canonicalize(), folder.canonicalize()) else { return file.to_owned() };
    let common = file.components().zip(folder.components()).take_while(|(one, other)| one == other).count();
    if common <= 1 {
        return file;
    }
    let up = folder.components().skip(common).map(|_| Component::ParentDir);
    up.chain(file.components().skip(common)).collect()
}

fn from_library(name: &str) -> Result<(String, String), Failure> {
    match library::find(name) {
        Some(found) => Ok((found.name.to_owned(), found.text.to_owned())),
        None => {
            let near = library::nearest(name).map(|n| format!("did you mean `{n}`?"));
            let help =
                near.unwrap_or_else(|| "`runaway list` lists the library; a description needs --from openapi".into());
            Err(Failure::input(format!("there is no scenario `{name}`"), Some(help)))
        }
    }
}

/// More than any description that is taken, so that a file without an end is not read into memory.
const MOST_BYTES: u64 = 1 << 27;

fn from_openapi(args: &args::Init, path: &Path) -> Result<(String, String), Failure> {
    let mut bytes = Vec::new();
    opened(path)
        .and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
        .map_err(|e| Failure::input(format!("{} cannot be read: {e}", path.display()), None))?;
    let description = import::openapi::read(&bytes)
        .map_err(|e| Failure::input(format!("{} cannot be used: {e}", path.display()), None))?;
    for note in description.notes.iter().take(10) {
        output::aside(&hung("note: ", &note.to_string(), 6));
    }
    if let Some(more) = description.notes.len().checked_sub(10).filter(|more| *more > 0) {
        output::aside(&format!("note: and {more} more of this kind\n"));
    }
    let seen = seen_from(path, args.out.as_deref().and_then(Path::parent));
    import::starter::scenario(&description, &seen, args.scope.as_deref())
        .map_err(|error| Failure::input(error.to_string(), None))
}
