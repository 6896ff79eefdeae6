//! What `init` makes a scenario from, and how much of it.

/// What a scenario is made from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum From {
    Openapi,
    Chain(u32),
    /// Credentials and operations.
    Grid(u32, u32),
    Random(u64),
}

/// A longer chain is a slip of the finger.
const MOST_LINKS: u32 = 10_000;

impl std::str::FromStr for From {
    type Err = String;

    fn from_str(text: &str) -> Result<From, String> {
        let number = |n: &str| n.parse::<u64>().ok();
        match text.split_once(':').map_or((text, None), |(rule, n)| (rule, number(n))) {
            ("openapi", None) => Ok(From::Openapi),
            ("chain", Some(n)) if n <= u64::from(MOST_LINKS) => Ok(From::Chain(n as u32)),
            ("chain", Some(_)) => Err(format!("a chain has at most {MOST_LINKS} links")),
            ("random", Some(seed)) => Ok(From::Random(seed)),
            ("grid", None) => grid(text),
            _ => Err("this is none of `openapi`, `chain:10`, `grid:100x1000` and `random:7`".to_owned()),
        }
    }
}

/// `grid:100x1000`: so many credentials by so many operations.
fn grid(text: &str) -> Result<From, String> {
    let sides = text.strip_prefix("grid:").and_then(|sides| sides.split_once('x'));
    let sides = sides.and_then(|(credentials, operations)| Some((credentials.parse().ok()?, operations.parse().ok()?)));
    match sides {
        Some((credentials, operations)) if credentials <= MOST_CREDENTIALS && operations <= MOST_OPERATIONS => {
            match crate::generate::records(credentials, operations) {
                records if records <= MOST_RECORDS => Ok(From::Grid(credentials, operations)),
                records => Err(format!("this grid has {records} records, and a scenario has at most {MOST_RECORDS}")),
            }
        }
        Some(_) => Err(format!("a grid has at most {MOST_CREDENTIALS} credentials and {MOST_OPERATIONS} operations")),
        None => Err("a grid has two sides: `grid:100x1000`".to_owned()),
    }
}

/// More would not fit into the format's limits.
const MOST_CREDENTIALS: u32 = 10_000_000;
const MOST_OPERATIONS: u32 = 60_000;
const MOST_RECORDS: u64 = 20_000_000;
