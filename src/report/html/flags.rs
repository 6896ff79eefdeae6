//! The marks over the curve: where their labels stand, so that nothing lies on anything.

use plotters::prelude::Color as _;
use plotters::prelude::{PathElement, Text};
use plotters::style::RGBColor;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{self, Area, Drawn};
use super::over_time::SIZE;

/// A row above the plot for the label of each mark.
pub const ROW: u32 = 22;

/// A mark: a line from the axis up to its own row of labels.
pub struct Flag {
    x: i32,
    label: String,
    colour: RGBColor,
    /// Whether its label stands on the left of its line.
    leans_left: bool,
}

impl Flag {
    /// It leans to the left where there is no room on the right.
    pub fn new(x: i32, label: String, colour: RGBColor) -> Flag {
        let mut flag = Flag { x, label, colour, leans_left: false };
        flag.leans_left = flag.covers().1 > SIZE.0 as i32;
        flag
    }

    /// From where to where its label reaches.
    fn covers(&self) -> (i32, i32) {
        let long = 8 + LETTER * self.label.chars().count() as i32;
        if self.leans_left { (self.x - long, self.x) } else { (self.x, self.x + long) }
    }

    pub fn draw(&self, area: &Area<'_>, row: i32, bottom: i32) -> Drawn {
        let Flag { x, ref label, colour, leans_left } = *self;
        let y = ROW as i32 * row + ROW as i32 / 2 + 2;
        let (anchor, beside) = if leans_left { (HPos::Right, x - 8) } else { (HPos::Left, x + 8) };
        area.draw(&PathElement::new([(x, y - 8), (x, bottom)], colour.stroke_width(2)))?;
        area.draw(&Text::new(label.clone(), (beside, y), canvas::text(14, anchor, VPos::Center)))
    }
}

/// Puts flags into rows. A line reaches from the axis up to its label, so no line of an upper row may stand where the label
/// of a lower one is: what would, leans to the left too.
pub fn arrange(flags: &mut [Flag]) {
    loop {
        let lefts: Vec<(i32, i32)> = flags.iter().filter(|flag| flag.leans_left).map(Flag::covers).collect();
        let is_covered =
            |flag: &&mut Flag| !flag.leans_left && lefts.iter().any(|(from, to)| (*from..*to).contains(&flag.x));
        match flags.iter_mut().find(is_covered) {
            Some(flag) => flag.leans_left = true,
            None => break,
        }
    }
    flags.sort_by_key(|flag| if flag.leans_left { (true, -flag.x) } else { (false, flag.x) });
}

/// The width of a letter of a label, at most on the average.
const LETTER: i32 = 8;

#[cfg(test)]
mod tests {
    use super::super::canvas::RED;
    use super::*;

    #[test]
    fn no_line_goes_through_a_label() {
        let labels =
            ["First alarm: 12 h", "Declared contained: 12 h", "Last harm: 30 d 23 h", "Really contained: 31 d"];
        let end = SIZE.0 as i32 - 30;
        for place in 0..5_000 {
            // Somewhere each, and close to each other near the end, as behind a break.
            let at = |n: i32| {
                if place % 2 == 0 { 74 + place * (n * 97 + 31) % (end - 74) } else { end - 8 * (place % 20) * (4 - n) }
            };
            let mut flags: Vec<Flag> =
                (0..).zip(labels).map(|(n, label)| Flag::new(at(n).max(74), label.to_owned(), RED)).collect();
            arrange(&mut flags);
            for (row, flag) in flags.iter().enumerate() {
                let (from, to) = flag.covers();
                let above = flags[..row].iter().find(|above| from < above.x && above.x < to);
                assert!(above.is_none(), "{} at {}", flag.label, flag.x);
            }
        }
    }
}
