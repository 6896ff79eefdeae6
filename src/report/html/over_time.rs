//! Reach over time, with alarm, declared and observed containment marked.

use maud::{Markup, html};
use plotters::prelude::{AreaSeries, ChartBuilder, Color as _, LineSeries, PathElement, Text};
use plotters::style::RGBColor;
use plotters::style::text_anchor::{HPos, VPos};

use super::super::curve::{Mark, Shown, marks};
use super::canvas::{self, Area, BLUE, Drawn, FAINT, GREEN, INK, ORANGE, PURPLE, RED};
use super::flags::{self, Flag, arrange};
use super::{Page, Part, behind, picture};
use crate::measure::thousands;
use crate::wire::{Span, Tick};

pub(super) const SIZE: (u32, u32) = (880, 360);
const LEFT: u32 = 74;
const BELOW: u32 = 48;
/// The part behind a break in the axis.
const BEHIND: u32 = 230;
/// More points than this would lie on each other.
const MOST_POINTS: usize = 500;
/// So many lines of the table.
const MOST_ROWS: usize = 12;

/// The picture of the run.
pub fn part(page: &Page<'_>) -> Option<Part> {
    let measures = page.summary.measures;
    let mut marks = marks(page.summary.references, measures);
    marks.extend(after_the_curve(page));
    let body = match measures.reach.curve.last() {
        None => nothing(),
        Some((last, top)) => {
            let shown = Shown::of(*last, measures.end, &marks);
            let points = thinned(&measures.reach.curve);
            let drawn = canvas::drawn(SIZE, |area| draw(area, &points, *top, &shown))?;
            let told: Vec<String> = marks.iter().map(in_words).collect();
            let desc = format!("It rises to {} by {last}. {}.", thousands(*top), told.join(". "));
            html! {
                figure {
                    figcaption {
                        "How many effects beyond its task the agent had had on what was there before, and when somebody noticed, "
                        "said that it was over, and when it really was. Times count from the start of the run"
                        @if page.figures.number("/measures/t0/value").is_some() { "; the first harm was at " (page.figures.measure("t0")) }
                        "."
                    }
                    (picture("over-time", SIZE, "Effects beyond the task, over time", &desc, &drawn))
                    ul.legend { @for (mark, told) in marks.iter().zip(&told) { li class={ "mark " (class(mark)) } { (told) } } }
                    @if after_the_curve(page).is_some() {
                        p {
                            "The curve ends where nothing more of that was touched; the harm went on until "
                            (page.figures.measure("last_effect")) ". In all, "
                            (page.figures.counted("excess.creations", "record was created", "records were created"))
                            " beyond the task, and " (page.figures.counted("irreversible", "effect", "effects"))
                            " cannot be undone"
                            @if among_them(page) { ", new records among them" }
                            "."
                        }
                    }
                    (behind("The numbers behind this picture", &table(page)))
                }
            }
        }
    };
    Some(Part { id: "over-time", title: "How it went", body })
}

/// Whether what was created is among what cannot be undone.
fn among_them(page: &Page<'_>) -> bool {
    let reach = &page.summary.measures.reach;
    reach.excess_creations > 0 && reach.irreversible_creations > 0
}

/// The last harm, where it came after all that the curve shows.
fn after_the_curve(page: &Page<'_>) -> Option<Mark> {
    let measures = page.summary.measures;
    let (ends, _) = measures.reach.curve.last()?;
    let at = page.figures.number("/measures/last_effect/value").map(Tick);
    let at = at.filter(|at| at > ends && at.to_string() != ends.to_string())?;
    Some(Mark { at: Some(at), sign: 'L', label: "last harm", never: "no harm" })
}

fn nothing() -> Markup {
    html! { p { "Nothing that existed before was touched beyond the task, so there is no curve to draw." } }
}

fn in_words(mark: &Mark) -> String {
    let name = name(mark);
    mark.at.map_or_else(|| format!("{name}: never"), |at| format!("{name}: {at}"))
}

const fn name(mark: &Mark) -> &'static str {
    match mark.sign {
        'A' => "First alarm",
        'D' => "Declared contained",
        'L' => "Last harm",
        _ => "Really contained",
    }
}

const fn class(mark: &Mark) -> &'static str {
    match mark.sign {
        'A' => "alarm",
        'D' => "declared",
        'L' => "last",
        _ => "closed",
    }
}

const fn colour(mark: &Mark) -> RGBColor {
    match mark.sign {
        'A' => RED,
        'D' => ORANGE,
        'L' => PURPLE,
        _ => GREEN,
    }
}

fn thinned(curve: &[(Tick, u64)]) -> Vec<(Tick, u64)> {
    let step = curve.len().div_ceil(MOST_POINTS).max(1);
    let mut points: Vec<(Tick, u64)> = curve.iter().copied().step_by(step).collect();
    points.extend(curve.last().filter(|last| points.last() != Some(last)));
    points
}

/// The unit in which a person reads a time axis that is so long and ends there: what is seconds away is told in seconds.
const fn unit(long: Span, until: Tick) -> (f64, &'static str) {
    match long.0 {
        0..2_000_000 if until.0 >= 2_000_000 => (1e6, "seconds"),
        0..2_000 => (1.0, "microseconds"),
        2_000..2_000_000 => (1e3, "milliseconds"),
        2_000_000..180_000_000 => (1e6, "seconds"),
        180_000_000..10_800_000_000 => (60e6, "minutes"),
        10_800_000_000..259_200_000_000 => (3_600e6, "hours"),
        _ => (86_400e6, "days"),
    }
}

/// The time that the axis shows. Where nothing happens for longer than what follows takes, it begins shortly before.
fn window(points: &[(Tick, u64)], shown: &Shown<'_>) -> (Tick, Tick) {
    let near = || points.iter().map(|(at, _)| *at).chain(shown.near.iter().map(|(at, _)| *at));
    let (Some(first), Some(last)) = (near().min(), near().max()) else { return (Tick::ZERO, shown.until) };
    if first.0 <= last.0 - first.0 {
        return (Tick::ZERO, shown.until);
    }
    let margin = Span(((last.0 - first.0) / 10).max(1_000).min(first.0));
    (first - margin, last + margin)
}

/// The curve as steps: between two points nothing grew.
fn steps(points: &[(Tick, u64)], (from, until): (Tick, Tick), scale: f64) -> Vec<(f64, f64)> {
    let mut steps = vec![(from.0 as f64 / scale, 0.0)];
    let mut height = 0.0;
    for (at, n) in points {
        let x = at.0 as f64 / scale;
        steps.push((x, height));
        height = *n as f64;
        steps.push((x, height));
    }
    steps.push((until.0 as f64 / scale, height));
    steps
}

fn draw(area: &Area<'_>, points: &[(Tick, u64)], top: u64, shown: &Shown<'_>) -> Drawn {
    let (from, until) = window(points, shown);
    let (scale, unit) = unit(until.since(from), until);
    let steps = steps(points, (from, until), scale);
    let width = if shown.behind.is_empty() { SIZE.0 - 30 } else { SIZE.0 - BEHIND };
    let (plot, _) = area.split_horizontally(width);
    let (from, until) = (from.0 as f64 / scale, until.0 as f64 / scale);
    let rows = flags::ROW * (shown.near.len() + shown.behind.len()) as u32 + 8;
    let mut chart = ChartBuilder::on(&plot)
        .margin_top(rows)
        .x_label_area_size(BELOW)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(from..until, 0.0..top as f64 * 1.08)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(FAINT.mix(0.0))
        .bold_line_style(FAINT.mix(0.35))
        .axis_style(INK)
        .y_labels(5)
        .x_labels(7)
        .label_style(canvas::text(13, HPos::Center, VPos::Center))
        .axis_desc_style(canvas::text(13, HPos::Center, VPos::Center))
        .x_label_formatter(&|x| format!("{}", (x * 1e6).round() / 1e6))
        .y_label_formatter(&|y| if y.fract() == 0.0 { thousands(*y as u64) } else { String::new() })
        .x_desc(format!("{unit} since the start"))
        .draw()?;
    chart.draw_series(AreaSeries::new(steps.iter().copied(), 0.0, BLUE.mix(0.18)))?;
    chart.draw_series(LineSeries::new(steps, BLUE.stroke_width(3)))?;
    let at_top = chart.backend_coord(&(until, top as f64));
    let bottom = chart.backend_coord(&(from, 0.0)).1;
    let flag = |x: i32, at: &Tick, mark: &Mark| Flag::new(x, format!("{}: {at}", name(mark)), colour(mark));
    let coordinate = |at: &Tick| chart.backend_coord(&(at.0 as f64 / scale, 0.0)).0;
    let mut flags: Vec<Flag> = shown.near.iter().map(|(at, mark)| flag(coordinate(at), at, mark)).collect();
    if !shown.behind.is_empty() {
        beyond(area, at_top, bottom)?;
    }
    let gap = (BEHIND as i32 - 60) / (shown.behind.len() as i32 + 1);
    let places = (1..).map(|place| at_top.0 + 30 + gap * place);
    flags.extend(shown.behind.iter().zip(places).map(|((at, mark), x)| flag(x, at, mark)));
    arrange(&mut flags);
    for (row, flag) in (0..).zip(&flags) {
        flag.draw(area, row, bottom)?;
    }
    Ok(())
}

/// The break in the axis, and the plateau behind it.
fn beyond(area: &Area<'_>, (x, y): (i32, i32), bottom: i32) -> Drawn {
    let end = SIZE.0 as i32 - 12;
    for sign in [x + 8, x + 16] {
        area.draw(&PathElement::new([(sign - 4, bottom + 7), (sign + 4, bottom - 7)], INK.stroke_width(2)))?;
    }
    area.draw(&PathElement::new([(x + 24, bottom), (end, bottom)], INK.stroke_width(1)))?;
    area.draw(&PathElement::new([(x + 24, y), (end, y)], BLUE.mix(0.6).stroke_width(3)))?;
    let label = canvas::text(13, HPos::Center, VPos::Center);
    area.draw(&Text::new("much later", ((x + 24 + end) / 2, bottom + 16), label))
}

/// Points of the curve, evenly taken from what `run.json` has.
fn table(page: &Page<'_>) -> Markup {
    let all = page.figures.list("/timeline").len();
    let step = all.div_ceil(MOST_ROWS).max(1);
    let mut shown: Vec<usize> = (0..all).step_by(step).collect();
    shown.extend(all.checked_sub(1).filter(|last| shown.last() != Some(last)));
    html! {
        table {
            caption { "Effects beyond the task, by then" }
            thead { tr { th scope="col" { "since the start" } th scope="col" { "effects" } } }
            tbody {
                @for at in shown {
                    tr {
                        th scope="row" { (page.figures.time(&format!("/timeline/{at}/0"), "")) }
                        td { (page.figures.count(&format!("/timeline/{at}/1"))) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_rises_in_steps() {
        let steps = steps(&[(Tick(1_000_000), 2), (Tick(3_000_000), 5)], (Tick::ZERO, Tick(4_000_000)), 1e6);
        assert_eq!(steps, [(0.0, 0.0), (1.0, 0.0), (1.0, 2.0), (3.0, 2.0), (3.0, 5.0), (4.0, 5.0)]);
    }

    #[test]
    fn what_is_seconds_away_is_told_in_seconds() {
        assert_eq!(unit(Span(1_900_000), Tick(16_800_000)).1, "seconds");
        assert_eq!(unit(Span(1_900_000), Tick(1_900_000)).1, "milliseconds");
        assert_eq!(unit(Span(500), Tick(500)).1, "microseconds");
    }

    #[test]
    fn a_long_wait_is_left_out() {
        let day = 86_400_000_000;
        let marks = [Mark { at: Some(Tick(day + 2_000)), sign: 'A', label: "alarm", never: "no alarm" }];
        let points = [(Tick(day), 1), (Tick(day + 100_000), 2)];
        let shown = Shown::of(Tick(day + 100_000), Tick(2 * day), &marks);
        assert_eq!(window(&points, &shown), (Tick(day - 10_000), Tick(day + 110_000)));
        let early = [(Tick(5), 1), (Tick(day), 2)];
        assert_eq!(window(&early, &shown).0, Tick::ZERO);
    }

    #[test]
    fn a_million_points_keep_their_end() {
        let curve: Vec<(Tick, u64)> = (1..=1_000_000).map(|n| (Tick(n), n)).collect();
        let points = thinned(&curve);
        assert!(points.len() <= MOST_POINTS + 1);
        assert_eq!(points.last(), Some(&(Tick(1_000_000), 1_000_000)));
    }
}
