//! What one page draws: glyphs with their characters, ruling lines, pictures.

use std::panic::resume_unwind;

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::object::Dict;
use hayro_interpret::kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape, Vec2};
use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, Paint, SoftMask,
};

use crate::document::lattice::{Ink, Page};

/// Drawing operations of all pages together. A report has some ten thousand; forms that draw each
/// other make 10¹⁰ of a few lines.
const OPERATIONS: u64 = 2_000_000;
/// A smaller part of the page under an image is a logo, a line or a stamp, and holds no text of a
/// report.
const LARGE_IMAGE: f64 = 0.1;

/// How much may still be drawn.
#[derive(Debug)]
pub(super) struct Budget(u64);

impl Default for Budget {
    fn default() -> Self {
        Self(OPERATIONS)
    }
}

/// The payload of the unwinding that ends a page beyond its budget: the interpreter cannot be told
/// to stop.
#[derive(Debug)]
pub(super) struct Exhausted;

/// Takes what is drawn.
#[derive(Debug)]
pub(super) struct Collector<'b> {
    page: Page,
    size: (f64, f64),
    budget: &'b mut Budget,
}

impl<'b> Collector<'b> {
    pub(super) fn new(page: Page, size: (f64, f64), budget: &'b mut Budget) -> Self {
        Self { page, size, budget }
    }

    pub(super) fn finish(self) -> Page {
        self.page
    }

    fn spend(&mut self, operations: usize) {
        let operations = u64::try_from(operations).unwrap_or(u64::MAX);
        match self.budget.0.checked_sub(operations) {
            Some(left) => self.budget.0 = left,
            None => resume_unwind(Box::new(Exhausted)),
        }
    }

    fn filled(&mut self, path: &BezPath, ink: Ink) {
        for part in subpaths(path) {
            let area = part.bounding_box();
            self.page.area((area.x0, area.y0), (area.x1, area.y1), ink);
        }
    }

    fn stroked(&mut self, path: &BezPath, ink: Ink, width: f64) {
        let mut stroke = |a: Point, b: Point| self.page.stroke((a.x, a.y), (b.x, b.y), width, ink);
        let mut start = Point::ZERO;
        let mut last = Point::ZERO;
        for element in path.elements() {
            let to = match *element {
                PathEl::MoveTo(to) => {
                    (start, last) = (to, to);
                    continue;
                }
                PathEl::LineTo(to) => {
                    stroke(last, to);
                    to
                }
                PathEl::ClosePath => {
                    stroke(last, start);
                    start
                }
                PathEl::QuadTo(_, to) | PathEl::CurveTo(_, _, to) => to,
            };
            last = to;
        }
    }

    fn glyph(&mut self, glyph: &Glyph<'_>, transform: Affine, ink: Ink) {
        let text = match glyph.as_unicode() {
            Some(BfString::Char(c)) => c.to_string(),
            Some(BfString::String(s)) => s,
            None => char::REPLACEMENT_CHARACTER.to_string(),
        };
        let Placed { origin, along, size } = Placed::of(glyph, transform);
        self.page.glyph(&text, (origin.x, origin.y), (along.x, along.y), size, ink);
    }
}

/// Where a glyph stands. Glyph space has 1,000 units to the size of the font.
struct Placed {
    origin: Point,
    along: Vec2,
    size: f64,
}

impl Placed {
    fn of(glyph: &Glyph<'_>, transform: Affine) -> Self {
        let [a, b, c, d, _, _] = transform.as_coeffs();
        let size = Vec2::new(c, d).hypot() * 1000.0;
        let advance = match glyph {
            Glyph::Outline(outline) => outline.advance_width(),
            Glyph::Type3(type3) => type3.advance_width(),
        };
        // A font substituted for another is stretched, and a font may lie about its widths.
        let share = f64::from(advance.unwrap_or(500.0)) / 1000.0;
        let along = Vec2::new(a, b).normalize() * (share.clamp(0.1, 1.2) * size);
        Self { origin: transform * Point::ZERO, along, size }
    }
}

fn ink(paint: &Paint<'_>) -> Ink {
    match paint {
        Paint::Color(color) => {
            let [red, green, blue, alpha] = color.to_rgba().to_rgba8();
            Ink::of(red, green, blue, alpha)
        }
        Paint::Pattern(_) => Ink::Dark,
    }
}

/// The parts of a path that begin with a move each.
fn subpaths(path: &BezPath) -> impl Iterator<Item = BezPath> + '_ {
    let starts = |_: &PathEl, next: &PathEl| !matches!(next, PathEl::MoveTo(_));
    path.elements()
        .chunk_by(starts)
        .map(|part| BezPath::from_vec(part.to_vec()))
        .filter(|part| matches!(part.elements().first(), Some(PathEl::MoveTo(_))))
}

impl<'a> Device<'a> for Collector<'_> {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        self.spend(1 + path.elements().len());
        let path = props.transform * path.clone();
        let scale = props.transform.determinant().abs().sqrt();
        match mode {
            DrawMode::Fill(_) => self.filled(&path, ink(&props.paint)),
            DrawMode::Stroke(stroke) => {
                self.stroked(&path, ink(&props.paint), f64::from(stroke.line_width) * scale);
            }
            DrawMode::FillAndStroke(_, stroke) => {
                self.filled(&path, ink(&props.paint));
                self.stroked(&path, ink(&props.paint), f64::from(stroke.line_width) * scale);
            }
            DrawMode::Invisible => {}
        }
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        self.spend(1 + run.glyphs().len());
        if matches!(mode, DrawMode::Invisible) {
            return;
        }
        for glyph in run.glyphs() {
            self.glyph(glyph, props.transform * glyph.transform(), ink(&props.paint));
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.spend(1);
        let pixels = Rect::new(0.0, 0.0, f64::from(image.width()), f64::from(image.height()));
        let shown = props.transform.transform_rect_bbox(pixels);
        let page = Rect::new(0.0, 0.0, self.size.0, self.size.1);
        if shown.intersect(page).area() > LARGE_IMAGE * page.area() {
            self.page.picture((shown.x0, shown.y0));
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        self.spend(1 + clip.path.elements().len());
    }

    fn push_clip_rect(&mut self, _: &Rect) {
        self.spend(1);
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.spend(1);
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}

    fn begin_marked_content(&mut self, _: &[u8], _: Option<&Dict<'_>>) {
        self.spend(1);
    }
}
