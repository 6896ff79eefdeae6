//! What is wrong with a scenario: every finding with its code, its place, what was expected, and a fix.

use std::fmt;
use std::sync::Arc;

use super::tree::Place;

/// A scenario file.
#[derive(Clone, Debug)]
pub struct Source {
    /// For messages: a path, or the name of a scenario of the library.
    pub name: String,
    pub text: Arc<str>,
}

impl Source {
    /// A source from the bytes of a file, which must be UTF-8.
    pub fn from_bytes(name: String, bytes: Vec<u8>) -> Result<Source, Rejected> {
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Source { name, text: text.into() }),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let text: Arc<str> = String::from_utf8_lossy(error.as_bytes()).into();
                let message = format!("the file is not UTF-8: byte {at} begins no character");
                let help = "save it as UTF-8; Latin-1 and UTF-16 are not read";
                let finding = Finding::new(Code::NotText, Place { start: at, len: 1 }, message).help(help);
                Err(Rejected { source: Source { name, text }, findings: vec![finding] })
            }
        }
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal),* $(,)?) => {
        /// The kinds of findings. A code never changes its meaning.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Code { $($(#[doc = $doc])* $name),* }

        impl Code {
            pub const ALL: &[Code] = &[$(Code::$name),*];

            pub const fn name(self) -> &'static str {
                match self { $(Code::$name => $code),* }
            }

            /// What the code stands for.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$name => concat!($($doc),*)),* }
            }
        }
    };
}

codes! {
    /// The file is not UTF-8 text.
    NotText = "not-text",
    /// The file is larger than any scenario needs to be.
    TooLarge = "too-large",
    /// The file is not YAML.
    NotYaml = "not-yaml",
    /// The file is empty, or holds no map.
    Empty = "empty",
    /// This version of the format is not known here.
    UnknownVersion = "unknown-version",
    /// A key that means nothing here.
    UnknownKey = "unknown-key",
    /// Something that must be said is not said.
    MissingKey = "missing-key",
    /// A list where a word was expected, and the like.
    WrongType = "wrong-type",
    /// A word that is none of those that may stand here.
    UnknownWord = "unknown-word",
    /// Not a duration.
    NotADuration = "not-a-duration",
    /// Not a whole number.
    NotACount = "not-a-count",
    /// Not an amount of money.
    NotMoney = "not-money",
    /// Not yes or no.
    NotABoolean = "not-a-boolean",
    /// Not a name.
    NotAName = "not-a-name",
    /// A number that cannot be meant.
    ImpossibleNumber = "impossible-number",
    /// A name that nothing in the scenario has.
    DanglingName = "dangling-name",
    /// A name that two things have.
    DuplicateName = "duplicate-name",
    /// A formula that cannot be read.
    BadFormula = "bad-formula",
    /// A number beyond the last one of its group.
    OutOfRange = "out-of-range",
    /// A thing that contains, owns or descends from itself.
    Cycle = "cycle",
    /// A world without anything to reach, or nobody to reach it.
    EmptyWorld = "empty-world",
    /// Something repeats, and nothing says when the run ends.
    NoHorizon = "no-horizon",
    /// An operation's `http` line that cannot be read.
    BadHttp = "bad-http",
    /// Two operations that answer the same request.
    OperationClash = "operation-clash",
    /// An operation that says two different things about what it does.
    Contradiction = "contradiction",
    /// A step that cannot be read.
    BadStep = "bad-step",
    /// A patch that lands nowhere.
    PatchMisses = "patch-misses",
    /// A variant that is not there, or that is like itself.
    UnknownVariant = "unknown-variant",
    /// A measure that nothing computes.
    UnknownMeasure = "unknown-measure",
    /// A value that the measure cannot have.
    BadExpectation = "bad-expectation",
    /// Part of the format that this version does not run yet.
    NotAvailable = "not-available",
    /// An OpenAPI description that cannot be used.
    BadDescription = "bad-description",
    /// Something that is written down and never used.
    Unused = "unused",
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    Error,
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    pub code: Code,
    pub severity: Severity,
    pub place: Place,
    pub message: String,
    /// What would be right here.
    pub help: Option<String>,
}

impl Finding {
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Finding {
        Finding { code, severity: Severity::Error, place, message: message.into(), help: None }
    }

    pub fn warning(code: Code, place: Place, message: impl Into<String>) -> Finding {
        Finding { severity: Severity::Warning, ..Finding::new(code, place, message) }
    }

    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help = Some(help.into());
        self
    }

    /// Says which of `known` was probably meant, or lists them where they are few.
    pub fn suggest<'a>(self, got: &str, known: impl IntoIterator<Item = &'a str>) -> Finding {
        let known: Vec<&str> = known.into_iter().collect();
        match nearest(got, known.iter().copied()) {
            Some(meant) => self.help(format!("did you mean `{meant}`?")),
            None if known.is_empty() => self,
            None if known.len() <= FEW => {
                let list: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
                self.help(format!("one of {}", list.join(", ")))
            }
            None => self,
        }
    }
}

/// Up to so many alternatives are listed.
const FEW: usize = 24;

/// The name that was probably meant.
fn nearest<'a>(got: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (strsim::damerau_levenshtein(got, name), name))
        .min()
        .filter(|(distance, name)| {
            *distance <= 2.max(name.len() / 3).min(got.len().max(1)) && *distance < got.len().max(2)
        })
        .map(|(_, name)| name)
}

/// A scenario that cannot be run, and why.
#[derive(Clone, Debug)]
pub struct Rejected {
    pub source: Source,
    pub findings: Vec<Finding>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let (line, column) = line_and_column(&self.source.text, finding.place.start);
            let kind = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            writeln!(f, "{kind}[{}]: {}", finding.code.name(), finding.message)?;
            writeln!(f, "  --> {}:{line}:{column}", self.source.name)?;
            if let Some(text) = self.source.text.lines().nth(line - 1) {
                write_snippet(f, line, column, text, finding.place.len)?;
            }
            if let Some(help) = &finding.help {
                writeln!(f, "   = help: {help}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Rejected {}

/// A line longer than this is cut around the finding.
const SNIPPET: usize = 100;

fn write_snippet(f: &mut fmt::Formatter<'_>, line: usize, column: usize, text: &str, len: usize) -> fmt::Result {
    let chars: Vec<char> = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let from = (column - 1).saturating_sub(SNIPPET / 2).min(chars.len());
    let to = (from + SNIPPET).min(chars.len());
    let shown: String = chars[from..to].iter().collect();
    let width = len.clamp(1, (to.saturating_sub(column - 1)).max(1));
    let gutter = line.to_string().len();
    writeln!(f, "{:gutter$} |", "")?;
    writeln!(f, "{line} | {shown}")?;
    writeln!(f, "{:gutter$} | {:pad$}{}", "", "", "^".repeat(width), pad = column - 1 - from)
}

/// Both from 1; columns in characters.
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let start = before.rfind('\n').map_or(0, |n| n + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}
