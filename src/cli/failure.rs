//! What ends a command before it has a verdict: what, and what to do about it.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use crate::report::wrapped;
use crate::scenario::Rejected;
use crate::verdict::Exit;

/// An error on its way to the user.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
    help: Option<String>,
}

impl Failure {
    /// The input is wrong.
    pub fn input(message: impl Into<String>, help: Option<String>) -> Failure {
        Failure { exit: Exit::WrongInput, message: message.into(), help }
    }

    /// The run could not be completed.
    pub fn incomplete(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Inconclusive, message: message.into(), help: None }
    }

    /// A file or folder that cannot be used.
    pub fn at(path: &Path, error: &io::Error) -> Failure {
        let help = (error.kind() == io::ErrorKind::StorageFull).then(|| "make room, or say --out DIR".to_owned());
        Failure { exit: Exit::Inconclusive, message: format!("{} cannot be written: {error}", path.display()), help }
    }

    /// Refused for safety.
    pub fn refused(message: impl Into<String>, help: impl Into<String>) -> Failure {
        Failure { exit: Exit::Stopped, message: message.into(), help: Some(help.into()) }
    }

    /// Says what went wrong.
    pub fn report(self) -> ExitCode {
        anstream::eprintln!("error: {}", self.message.trim_end());
        if let Some(help) = &self.help {
            anstream::eprint!("{}", wrapped(&format!("help: {help}"), 2, 8));
        }
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
        Failure::input(format!("{errors} {noun} in {}\n\n{rejected}", rejected.source.name), None)
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
