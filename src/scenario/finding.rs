//! What is wrong with a scenario: every finding with its code, its place, what was expected, and a fix.

use super::source::Source;
use super::tree::Place;

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
    /// The file cannot be opened.
    Unreadable = "unreadable",
    /// The file is not UTF-8 text.
    NotText = "not-text",
    /// The file is larger than any scenario needs to be.
    TooLarge = "too-large",
    /// The file is not YAML.
    NotYaml = "not-yaml",
    /// The file is empty, or holds no map.
    Empty = "empty",
    /// The file is something else, such as an OpenAPI description.
    NotAScenario = "not-a-scenario",
    /// This version of the format is not known here.
    UnknownVersion = "unknown-version",
    /// A key that stands twice in one map.
    DuplicateKey = "duplicate-key",
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
    /// Not a date and time.
    NotADate = "not-a-date",
    /// Not a rate.
    NotARate = "not-a-rate",
    /// Not a whole number.
    NotACount = "not-a-count",
    /// Not a share of a whole.
    NotAShare = "not-a-share",
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
    /// Not a scheme, a host and a port that may be talked to.
    BadOrigin = "bad-origin",
    /// A secret that stands in the file itself.
    SecretInFile = "secret-in-file",
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
    /// The variant that it is found in, where the base is free of it.
    pub variant: Option<String>,
}

impl Finding {
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Finding {
        Finding { code, severity: Severity::Error, place, message: message.into(), help: None, variant: None }
    }

    pub fn warning(code: Code, place: Place, message: impl Into<String>) -> Finding {
        Finding { severity: Severity::Warning, ..Finding::new(code, place, message) }
    }

    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help = Some(help.into());
        self
    }

    /// What two findings share that say the same of the same place, whichever variant shows it.
    pub fn identity(&self) -> (usize, Code, String) {
        (self.place.start, self.code, self.message.clone())
    }

    /// Says which of `known` was probably meant, or lists them where they are few. Else the help stays as it is.
    pub fn suggest<'a>(self, got: &str, known: impl IntoIterator<Item = &'a str>) -> Finding {
        let known: Vec<&str> = known.into_iter().collect();
        if let Some(meant) = nearest(got, known.iter().copied()) {
            return self.help(format!("did you mean `{meant}`?"));
        }
        match known.len() {
            0 => self,
            1 => self.help(format!("the only one is `{}`", known[0])),
            n if n > FEW => self,
            _ => {
                let list: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
                self.help(format!("one of {}", list.join(", ")))
            }
        }
    }
}

/// Up to so many alternatives are listed.
const FEW: usize = 30;

/// The name that was probably meant.
pub fn nearest<'a>(got: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if got.len() > LONGEST || got.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let got = got.to_lowercase();
    let far = |name: &str| (got.len().min(name.len()) / 3).max(1);
    known
        .take(MOST_NAMES)
        .filter(|name| got.len().abs_diff(name.len()) <= far(name))
        .map(|name| (strsim::damerau_levenshtein(&got, &name.to_lowercase()), name))
        .min()
        .filter(|(distance, name)| *distance <= far(name) && *distance < got.len())
        .map(|(_, name)| name)
}

/// So many names are compared.
const MOST_NAMES: usize = 2_000;
/// Nobody mistypes a name as long as this. A number is never near another.
const LONGEST: usize = 100;

/// A scenario that cannot be run, and why.
#[derive(Clone, Debug)]
pub struct Rejected {
    pub source: Source,
    pub findings: Vec<Finding>,
}
