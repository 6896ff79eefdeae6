//! Interleaved rounds: every row is measured once in each, so that a machine that slows down slows all of them.

use std::time::Duration;

use super::clock::one_draw;
use super::median::median;

/// What one round of a row came to.
#[derive(Clone, Copy)]
pub struct Measured {
    pub steps: u64,
    pub cpu: Duration,
}

impl Measured {
    pub fn per_second(self) -> f64 {
        self.steps as f64 / self.cpu.as_secs_f64()
    }
}

/// A line of the table.
pub struct Row<'a> {
    pub name: &'static str,
    /// Steps per second at the least.
    pub bar: f64,
    pub run: Box<dyn FnMut() -> Measured + 'a>,
}

/// What a row came to: the median of its rounds.
pub struct Line {
    pub name: &'static str,
    pub per_second: f64,
}

/// Measures all rows `rounds` times, prints the table, and returns its lines.
pub fn table(rows: &mut [Row<'_>], rounds: usize) -> Vec<Line> {
    let mut draws = Vec::new();
    let mut measured = vec![Vec::new(); rows.len()];
    for _ in 0..rounds {
        draws.push(one_draw().as_secs_f64());
        for (row, all) in rows.iter_mut().zip(&mut measured) {
            all.push((row.run)().per_second());
        }
    }
    let draw = median(&mut draws);
    println!("one ChaCha8 next_u64: {:.2} ns; {rounds} rounds\n", draw * 1e9);
    println!("| | steps/s | range | ns/step | draws/step | bar | |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let lines = rows.iter().zip(&mut measured).map(|(row, all)| {
        let per_second = median(all);
        let met = if per_second >= row.bar { "met" } else { "missed" };
        println!(
            "| {} | {:.2} M | {:.2} to {:.2} M | {:.0} | {:.0} | {:.1} M | {met} |",
            row.name,
            per_second / 1e6,
            all[0] / 1e6,
            all[all.len() - 1] / 1e6,
            1e9 / per_second,
            1.0 / per_second / draw,
            row.bar / 1e6,
        );
        Line { name: row.name, per_second }
    });
    lines.collect()
}
