//! The audit log as a thing of its own: what the services wrote down during a run, with the gaps that they have, and
//! who did what as far as that tells.
//!
//! The log is a fold over the journal that leaves out all that no service logged ([`keep`]). It is written as OCSF 1.8
//! ([`write()`]) and read back ([`Reader`]), and a [`Story`] rebuilds from it alone who acted and with what. Only
//! [`Scores`] look at the journal again, to say how much of that is right.

mod baselines;
mod chain;
mod delegation;
mod file;
mod keep;
mod known;
mod likely;
mod line;
mod read;
mod record;
mod score;
mod sets;
mod story;
mod successors;
mod trail;
mod write;

pub use baselines::{Baseline, Guess};
pub use chain::{Chain, Edge};
pub use file::{Log, LogNames};
pub use keep::{EventTypes, Kept, keep};
pub use known::{Names, Registration, Registry, Suspect, Workload};
pub use line::{Account, Change, Deed, Field, Line, Run};
pub use read::{ReadError, Reader};
pub use score::{Attribution, Edges, Naming, Scores, Truth, is_action};
pub use sets::Suspects;
pub use story::Story;
pub use trail::Trail;
pub use write::{VERSION, credential_name, write};
