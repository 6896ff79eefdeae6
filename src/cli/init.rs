//! `runaway init`: a scenario to start from.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::args;
use super::failure::Failure;
use super::files::create;
use super::output;
use crate::generate;
use crate::import;
use crate::library;
use crate::report::text::{hung, shell_word};
use crate::scenario::opened;
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
            (format!("grid-{credentials}x{operations}"), generate::grid(credentials, operations))
        }
        (Some(args::From::Random(seed)), None) => (format!("random-{seed}"), generate::random_world(seed)),
    };
    let path = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.yaml")));
    if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("") && !folder.is_dir()) {
        let help = "say --out with a file in a folder that is there";
        return Err(Failure::input(format!("there is no folder {}", folder.display()), Some(help.into())));
    }
    create(&path, &text)?;
    let shown = shell_word(&path.to_string_lossy());
    output::text(&format!("wrote {shown}\nnext: runaway check {shown} && runaway run {shown}\n"))
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
    import::starter::scenario(&description, path, args.scope.as_deref(), args.out.as_deref())
        .map_err(|error| Failure::input(error.to_string(), None))
}
