//! What ends a command before it has a verdict: what, and what to do about it.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use super::output;
use crate::report::text::{harmless, hung};
use crate::scenario::Rejected;
use crate::verdict::Exit;

/// An error on its way to the user.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
    /// Findings quote a file: they are printed as they are.
    findings: Option<String>,
    help: Option<String>,
}

impl Failure {
    fn new(exit: Exit, message: impl Into<String>, help: Option<String>) -> Failure {
        Failure { exit, message: message.into(), findings: None, help }
    }

    /// The input is wrong.
    pub fn input(message: impl Into<String>, help: Option<String>) -> Failure {
        Failure::new(Exit::WrongInput, message, help)
    }

    /// The run could not be completed.
    pub fn incomplete(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Inconclusive, message, None)
    }

    /// A file or folder that cannot be used.
    pub fn at(path: &Path, error: &io::Error) -> Failure {
        let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::FileTooLarge);
        let help = full.then(|| "make room, or say another place".to_owned());
        Failure::new(Exit::Inconclusive, format!("{} cannot be written: {error}", path.display()), help)
    }

    /// Refused for safety.
    pub fn refused(message: impl Into<String>, help: impl Into<String>) -> Failure {
        Failure::new(Exit::Stopped, message, Some(help.into()))
    }

    /// A real system did not answer as it should.
    pub fn unanswered(message: impl Into<String>, help: impl Into<String>) -> Failure {
        Failure::new(Exit::Inconclusive, message, Some(help.into()))
    }

    /// How the command ends.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What the user reads.
    fn text(&self) -> String {
        let mut text = hung("error: ", &self.message, 2);
        if let Some(findings) = &self.findings {
            text.push('\n');
            text.push_str(&harmless(findings));
        }
        if let Some(help) = &self.help {
            text.push_str(&hung("  help: ", help, 8));
        }
        text
    }

    /// Says what went wrong.
    pub fn report(self) -> ExitCode {
        output::aside(&self.text());
        ExitCode::from(self.exit as u8)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::incomplete(error.to_string())
    }
}

impl From<Rejected> for Failure {
    fn from(rejected: Rejected) -> Failure {
        let errors = rejected.findings.len();
        let noun = if errors == 1 { "finding" } else { "findings" };
        let message = format!("{errors} {noun} in {}", rejected.source.name);
        Failure { findings: Some(rejected.to_string()), ..Failure::input(message, None) }
    }
}

impl From<crate::run::PrepareError> for Failure {
    fn from(error: crate::run::PrepareError) -> Failure {
        match error {
            crate::run::PrepareError::Rejected(rejected) => rejected.into(),
            crate::run::PrepareError::Failed(error) => error.into(),
        }
    }
}
