//! What a run must compute, and what a team tolerates.

/// The expectations of a scenario or of one variant of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectations {
    /// What the run must compute. A mismatch contradicts the scenario, not the controls.
    pub truth: Vec<Claim>,
    /// What the team tolerates.
    pub limits: Vec<Claim>,
    pub verdict: Option<ExpectedVerdict>,
    /// How many seeds a run is repeated under, where the scenario says so.
    pub seeds: Option<u32>,
}

impl Expectations {
    /// Over how many seeds, one after the other from the run's own, anything is said.
    pub fn most_seeds(&self) -> u32 {
        let claimed = self.claims().filter_map(|claim| Some(claim.over?.seeds));
        claimed.chain(self.seeds).max().unwrap_or(1)
    }

    /// Truth first, then limits.
    pub fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.truth.iter().chain(&self.limits)
    }

    /// The same claims, each over so many seeds.
    pub fn over(&mut self, seeds: u32) {
        self.seeds = Some(seeds);
        for over in self.truth.iter_mut().chain(&mut self.limits).filter_map(|claim| claim.over.as_mut()) {
            over.seeds = seeds;
        }
    }
}

/// What is said of a measure, by its key in the registry of measures.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    pub measure: String,
    pub demand: Demand,
    /// In how many of several seeds; else of the run's own.
    pub over: Option<OverSeeds>,
}

/// What a value has to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Demand {
    Is(Value),
    AtLeast(Value),
    AtMost(Value),
    Between { least: Value, most: Value },
}

/// The share of a row of seeds in which a demand is met.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OverSeeds {
    /// So many, from the run's own on.
    pub seeds: u32,
    /// Between 0 and 1.
    pub probability: f64,
    /// How far the probability may be off.
    pub give_or_take: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Count(u64),
    /// A share between 0 and 1.
    Share(f64),
    /// A number with a fraction.
    Number(f64),
    Time(crate::wire::Span),
    /// Millionths of the scenario's currency.
    Money(u64),
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
