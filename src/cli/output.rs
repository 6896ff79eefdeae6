//! Standard output. A pipe whose reader has gone away ends a command quietly.

use std::io::Write;

use super::failure::Failure;
use crate::report::Style;
use crate::verdict::Exit;

/// Prints bytes as they are.
pub fn bytes(bytes: &[u8]) -> Result<Exit, Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(Exit::Holds)
}

/// Prints text.
pub fn text(text: &str) -> Result<Exit, Failure> {
    bytes(text.as_bytes())
}

/// Prints JSON, readable.
pub fn json(value: &serde_json::Value) -> Result<Exit, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Failure::incomplete(e.to_string()))?;
    bytes(format!("{text}\n").as_bytes())
}

/// Colours where a terminal shows them, and nobody asked for none.
pub fn style() -> Style {
    match anstream::AutoStream::choice(&std::io::stdout()) {
        anstream::ColorChoice::Never => Style::Plain,
        _ => Style::Coloured,
    }
}
