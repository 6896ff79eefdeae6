//! `--otlp`: a run as OpenTelemetry spans.

use std::path::Path;

use super::failure::Failure;
#[cfg(feature = "otlp")]
use super::files::replace_with;
use crate::report::Summary;
#[cfg(feature = "otlp")]
use crate::report::otlp;

/// Says at once where this build cannot do it, before anything runs.
#[cfg(not(feature = "otlp"))]
pub fn available(file: Option<&Path>) -> Result<(), Failure> {
    match file {
        None => Ok(()),
        Some(_) => Err(Failure::input(
            "this build writes no OpenTelemetry spans",
            Some("cargo install --path . --features otlp".to_owned()),
        )),
    }
}

#[cfg(feature = "otlp")]
#[expect(clippy::unnecessary_wraps, reason = "the other build cannot")]
pub fn available(_: Option<&Path>) -> Result<(), Failure> {
    Ok(())
}

/// Writes the spans of a run, whole or not at all.
#[cfg(feature = "otlp")]
pub fn write(file: &Path, run: &Summary<'_>) -> Result<(), Failure> {
    replace_with(file, |out| otlp::write(run.plan, run.plane, run.events, out))
}

#[cfg(not(feature = "otlp"))]
pub fn write(file: &Path, _: &Summary<'_>) -> Result<(), Failure> {
    available(Some(file))
}
