//! Standard output and standard error. A pipe whose reader has gone away is no error.

use std::io::{ErrorKind, Write as _};

use super::failure::Failure;
use crate::report::Style;
use crate::verdict::Exit;

/// Prints bytes as they are. A reader that has gone away has read what it wanted: the command goes on to its own end.
pub fn bytes(bytes: &[u8]) -> Result<Exit, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::incomplete(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(Exit::Holds),
    }
}

/// Prints text.
pub fn text(text: &str) -> Result<Exit, Failure> {
    bytes(text.as_bytes())
}

/// Prints the result of a run. What was found out stands, also where nobody could be told.
pub fn result(text: &str, exit: Exit) -> Exit {
    match bytes(text.as_bytes()) {
        Ok(_) => exit,
        Err(failure) => despite(failure, exit),
    }
}

/// Says what went wrong after a verdict, which wins unless it is good.
pub fn despite(failure: Failure, exit: Exit) -> Exit {
    failure.report();
    if exit == Exit::Holds { Exit::Inconclusive } else { exit }
}

/// Prints JSON, readable.
pub fn json(value: &serde_json::Value) -> Result<Exit, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Failure::incomplete(e.to_string()))?;
    bytes(format!("{text}\n").as_bytes())
}

/// Says something beside the result, on standard error. Where that is closed, there is nobody to tell.
pub fn aside(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// Colours where a terminal shows them, and nobody asked for none.
pub fn style() -> Style {
    match anstream::AutoStream::choice(&std::io::stdout()) {
        anstream::ColorChoice::Never => Style::Plain,
        _ => Style::Coloured,
    }
}
