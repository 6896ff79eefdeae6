//! What CI enforces: scenarios that are run and held against what is expected of them, what is said about that for
//! machines and for people, and what got better or worse.

mod baseline;
mod case;
mod causes;
mod coverage;
mod delta;
mod junit;
mod markdown;
mod results;
mod rules;
mod sarif;
mod sides;
mod suppress;
mod tolerated;
mod weakened;

pub use baseline::Baseline;
pub use case::{Case, Limit, Ran, Standing};
pub use causes::{Cause, Hop};
pub use coverage::{Coverage, Exercised, coverage};
pub use delta::{Change, Delta, compare};
pub use junit::junit;
pub use markdown::markdown;
pub use results::{Compared, Results, SCHEMA, results_schema};
pub use rules::{RULES, Rule, rule_of};
pub use sarif::sarif;
pub use suppress::{Date, Suppression, Suppressions};
pub use tolerated::Tolerated;
pub use weakened::{NoFiles, Spot, Weakened, Written, scenario_of};
