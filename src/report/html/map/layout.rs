//! Where everything on the map stands. Two columns of boxes; each line of text has a place of its own, so none collide.

use super::journey::{Journey, Number, Opening, Stop};
use crate::report::clean::lines;

pub const WIDTH: i32 = 820;
/// The column of what was held, and of what it opened.
const LEFT: (i32, i32) = (4, 226);
const RIGHT: (i32, i32) = (540, 276);
/// The trunk from which lines branch.
const TRUNK: i32 = 248;
const LINE: i32 = 18;
const PAD: i32 = 10;
const GAP: i32 = 16;
/// Columns of text that fit, with one to spare for the sign of a cut: a bold letter takes about 8.5 of a size of 14.
const LEFT_COLUMNS: usize = 23;
const RIGHT_COLUMNS: usize = 29;
const LABEL_COLUMNS: usize = 33;
const WIDE_COLUMNS: usize = 96;
/// A name that takes more lines is cut.
const MOST_LINES: usize = 4;

/// Everything to be drawn.
#[derive(Default)]
pub struct Map {
    pub height: i32,
    pub boxes: Vec<Frame>,
    /// Lines with an arrow at their end, as corner points.
    pub arrows: Vec<Vec<(i32, i32)>>,
    pub labels: Vec<Label>,
    /// An arrow that ends at the next box on the left.
    onward: Option<Vec<(i32, i32)>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Looks {
    Told,
    Held,
    Opened,
    Harmed,
}

pub struct Frame {
    pub looks: Looks,
    pub at: (i32, i32),
    pub size: (i32, i32),
    pub lines: Vec<Words>,
}

/// Text beside a line: the left end of its base.
pub struct Label {
    pub at: (i32, i32),
    pub words: Words,
}

/// A line of text; a number before it, or a time.
#[derive(Clone)]
pub struct Words {
    pub strong: bool,
    pub number: Option<Number>,
    pub time: Option<Number>,
    pub text: String,
}

fn plain(text: String) -> Words {
    Words { strong: false, number: None, time: None, text }
}

fn strong(text: String) -> Words {
    Words { strong: true, ..plain(text) }
}

/// Lays a journey out.
pub fn of(journey: &Journey) -> Map {
    let mut map = Map { height: 4, ..Map::default() };
    for told in &journey.told {
        map.told(told);
    }
    let last = journey.stops.len().saturating_sub(1);
    for (at, stop) in journey.stops.iter().enumerate() {
        map.stop(stop, at < last);
    }
    if journey.more {
        map.labels
            .push(Label { at: (LEFT.0, map.height + LINE), words: plain("There is more, in run.json.".to_owned()) });
        map.height += LINE + 6;
    }
    map.height += 4;
    map
}

impl Map {
    /// An instruction takes the whole width.
    fn told(&mut self, told: &str) {
        let mut words = vec![strong("An instruction in the data".to_owned())];
        words.extend(lines(told, WIDE_COLUMNS, MOST_LINES).into_iter().map(plain));
        let size = (WIDTH - 8, height_of(&words));
        self.boxes.push(Frame { looks: Looks::Told, at: (LEFT.0, self.height), size, lines: words });
        self.height += size.1;
        self.onward.get_or_insert_with(|| vec![(LEFT.0 + LEFT.1 / 2, self.height)]);
        self.height += GAP;
    }

    fn stop(&mut self, stop: &Stop, goes_on: bool) {
        let held: Vec<Words> = lines(&stop.holds, LEFT_COLUMNS, MOST_LINES).into_iter().map(strong).collect();
        let held_height = height_of(&held);
        let top = self.height;
        let mut branches: Vec<i32> = Vec::new();
        let mut onward = None;
        for (at, opening) in stop.openings.iter().enumerate() {
            let beside = if at == 0 { held_height / 2 } else { 0 };
            let middle = self.opening(opening, beside);
            branches.push(middle);
            if let Some(found) = opening.found.as_ref().filter(|_| goes_on) {
                onward = Some((self.height, found));
            }
            self.height += GAP;
        }
        let first = branches.first().copied().unwrap_or(top + held_height / 2);
        let at = (LEFT.0, first - held_height / 2);
        if let Some(mut arrow) = self.onward.take() {
            arrow.push((LEFT.0 + LEFT.1 / 2, at.1 - 2));
            self.arrows.push(arrow);
        }
        self.boxes.push(Frame { looks: Looks::Held, at, size: (LEFT.1, held_height), lines: held });
        self.height = self.height.max(first + held_height / 2 + GAP);
        let from = LEFT.0 + LEFT.1;
        for middle in branches {
            self.arrows.push(vec![(from, first), (TRUNK, first), (TRUNK, middle), (RIGHT.0 - 2, middle)]);
        }
        if let Some((bottom, found)) = onward {
            self.onward(bottom, found);
        }
    }

    /// One box on the right with its reason over the line to it; the height of that line.
    fn opening(&mut self, opening: &Opening, beside: i32) -> i32 {
        let mut words: Vec<Words> =
            lines(&opening.operation, RIGHT_COLUMNS, MOST_LINES).into_iter().map(strong).collect();
        words.extend(
            opening
                .did
                .iter()
                .map(|(number, what)| Words { number: Some(number.clone()), ..plain((*what).to_owned()) }),
        );
        let mut why: Vec<Words> = lines(&opening.why, LABEL_COLUMNS, MOST_LINES).into_iter().map(plain).collect();
        why.insert(0, Words { time: Some(opening.at.clone()), ..plain(String::new()) });
        let height = height_of(&words);
        let over = why.len() as i32 * LINE + 8;
        let middle = self.height + over.max(height / 2).max(beside);
        for (at, words) in why.iter().enumerate() {
            let base = middle - 8 - LINE * (why.len() - 1 - at) as i32;
            self.labels.push(Label { at: (TRUNK + 14, base), words: words.clone() });
        }
        let looks = if opening.did.is_empty() { Looks::Opened } else { Looks::Harmed };
        self.boxes.push(Frame { looks, at: (RIGHT.0, middle - height / 2), size: (RIGHT.1, height), lines: words });
        self.height = middle + height - height / 2;
        middle
    }

    /// The line from what was opened to what was found there, with its words over it.
    fn onward(&mut self, bottom: i32, found: &str) {
        let words = lines(found, WIDE_COLUMNS - 30, MOST_LINES);
        let level = self.height.max(bottom) + words.len() as i32 * LINE + 2;
        let (from, to) = (RIGHT.0 + RIGHT.1 / 2, LEFT.0 + LEFT.1 / 2);
        for (at, text) in words.iter().enumerate() {
            let base = level - 7 - LINE * (words.len() - 1 - at) as i32;
            self.labels.push(Label { at: (to + 14, base), words: plain(text.clone()) });
        }
        self.onward = Some(vec![(from, bottom), (from, level), (to, level)]);
        self.height = level + GAP;
    }
}

/// The place of a line of text in its box.
pub const fn base(at: usize) -> i32 {
    PAD + LINE * (at as i32 + 1) - 5
}

fn height_of(words: &[Words]) -> i32 {
    words.len() as i32 * LINE + 2 * PAD
}
