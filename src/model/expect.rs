//! What a run must compute, and what a team tolerates.

/// The expectations of a scenario or of one variant of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectations {
    /// What the run must compute. A mismatch contradicts the scenario, not the controls.
    pub truth: Vec<Expected>,
    /// What the team tolerates.
    pub limits: Vec<Bound>,
    pub verdict: Option<ExpectedVerdict>,
}

/// A measure by its key in the registry of measures, and the value it must have.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    pub measure: String,
    pub value: Value,
}

/// A measure and the most that it may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    pub measure: String,
    pub at_most: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Count(u64),
    /// A share between 0 and 1.
    Share(f64),
    Time(crate::wire::Span),
    Word(String),
    Never,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExpectedVerdict {
    Pass,
    Fail,
    Inconclusive,
}

impl ExpectedVerdict {
    pub const fn name(self) -> &'static str {
        match self {
            ExpectedVerdict::Pass => "pass",
            ExpectedVerdict::Fail => "fail",
            ExpectedVerdict::Inconclusive => "inconclusive",
        }
    }
}
