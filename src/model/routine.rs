//! What callers usually do, as detectors of new operations learnt it before the run.

use serde::{Deserialize, Serialize};

/// Runs of callers: (detector, operation, first caller, how many). A caller is a number of the kind that the detector
/// goes by.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Routine(pub Vec<(u32, u32, u32, u32)>);
