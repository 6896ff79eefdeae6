//! Bars, one below the other, each with its name and its number.

use plotters::prelude::{Color as _, Rectangle, Text};
use plotters::style::RGBColor;
use plotters::style::text_anchor::{HPos, VPos};

use super::super::clean::clean;
use super::canvas::{self, Drawn};
use crate::measure::thousands;

const WIDTH: u32 = 880;
const ROW: u32 = 32;
/// Where the bars begin, and how long the longest is.
const FROM: i32 = 300;
const LONGEST: u64 = 470;
/// A name that is longer is cut.
const LETTERS: usize = 36;

pub struct Bar {
    pub label: String,
    pub value: u64,
    pub colour: RGBColor,
}

/// The picture of some bars, and its size.
pub fn bars(all: &[Bar]) -> Option<((u32, u32), String)> {
    let size = (WIDTH, ROW * all.len() as u32 + 8);
    let most = all.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
    let drawn = canvas::drawn(size, |area| -> Drawn {
        for (at, bar) in all.iter().enumerate() {
            let middle = ROW as i32 * at as i32 + ROW as i32 / 2 + 4;
            let length = (u128::from(bar.value) * u128::from(LONGEST) / u128::from(most)) as i32;
            let end = FROM + length.max(i32::from(bar.value > 0) * 2);
            let label = canvas::text(14, HPos::Right, VPos::Center);
            area.draw(&Text::new(clean(&bar.label, LETTERS), (FROM - 10, middle), label))?;
            area.draw(&Rectangle::new([(FROM, middle - 10), (end, middle + 10)], bar.colour.filled()))?;
            let number = canvas::text(14, HPos::Left, VPos::Center);
            area.draw(&Text::new(thousands(bar.value), (end + 8, middle), number))?;
        }
        Ok(())
    })?;
    Some((size, drawn))
}
