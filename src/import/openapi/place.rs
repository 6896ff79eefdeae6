//! Where in a document something stands, as a JSON pointer (RFC 6901) that costs nothing until it is printed.

use std::fmt;

use super::note::short;

#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    above: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Top,
    Key(&'a str),
    Item(usize),
}

impl<'a> Place<'a> {
    pub const TOP: Place<'static> = Place { above: None, step: Step::Top };

    pub fn key(&'a self, key: &'a str) -> Place<'a> {
        Place { above: Some(self), step: Step::Key(key) }
    }

    pub fn item(&'a self, index: usize) -> Place<'a> {
        Place { above: Some(self), step: Step::Item(index) }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(above) = self.above {
            above.fmt(f)?;
        }
        match self.step {
            Step::Top => f.write_str("#"),
            Step::Key(key) => write!(f, "/{}", short(key).replace('~', "~0").replace('/', "~1")),
            Step::Item(index) => write!(f, "/{index}"),
        }
    }
}
