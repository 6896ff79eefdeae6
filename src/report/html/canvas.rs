//! What our pictures by `plotters` share: colours that the style sheet turns for dark paper, fonts, the SVG itself.

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea as _, RGBColor, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, IntoFont as _, TextStyle};

/// The colours of Okabe and Ito, which people with any colour vision tell apart. `style.css` names them again.
pub const INK: RGBColor = RGBColor(0x1A, 0x1A, 0x1A);
pub const FAINT: RGBColor = RGBColor(0x8A, 0x8A, 0x8A);
pub const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xB2);
pub const ORANGE: RGBColor = RGBColor(0xE6, 0x9F, 0x00);
pub const GREEN: RGBColor = RGBColor(0x00, 0x9E, 0x73);
pub const RED: RGBColor = RGBColor(0xD5, 0x5E, 0x00);
pub const PURPLE: RGBColor = RGBColor(0xCC, 0x79, 0xA7);

pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Text of a size in pixels: `plotters` takes the height of the line.
pub fn text(pixels: u32, h: HPos, v: VPos) -> TextStyle<'static> {
    let font = ("system-ui, sans-serif", f64::from(pixels) * 1.24).into_font();
    font.color(&INK.mix(1.0)).pos(Pos::new(h, v))
}

/// The elements that `draw` makes, without the `svg` around them. Drawing into a string fails for sizes of nothing only.
pub fn drawn(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Drawn) -> Option<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area).and_then(|()| area.present()).ok()?;
    }
    let (_, inside) = svg.split_once('>')?;
    Some(inside.trim_end().strip_suffix("</svg>")?.to_owned())
}
