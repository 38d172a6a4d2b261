//! What one page draws: glyphs with their characters, ruling lines, pictures.

use std::panic::resume_unwind;

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::object::Dict;
use hayro_interpret::kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape, Vec2};
use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, Paint, SoftMask,
};

use super::Reading;
use crate::document::lattice::Page;

/// Drawing operations of all pages together. A report has some ten thousand; forms that draw each
/// other make 10¹⁰ of a few lines.
const OPERATIONS: u64 = 2_000_000;
/// A thinner filled shape, in points, is a ruling line.
const THIN: f64 = 3.0;
/// Colours brighter than this, of 255, are paper.
const WHITE: u8 = 245;
/// Colours darker than this, of 255, show white text.
const DARK: u8 = 200;
/// Of so many glyphs one may lack its character: 2 %.
const ONE_IN: usize = 50;

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
    /// Filled areas and whether they are dark, in the order drawn.
    fills: Vec<(Rect, bool)>,
    unknown: usize,
    pictures: usize,
}

impl<'b> Collector<'b> {
    pub(super) fn new(page: Page, size: (f64, f64), budget: &'b mut Budget) -> Self {
        Self { page, size, budget, fills: Vec::new(), unknown: 0, pictures: 0 }
    }

    pub(super) fn finish(self) -> Reading {
        let glyphs = self.page.glyph_count();
        let drop_text = |mut page: Page| {
            page.drop_text();
            page
        };
        if self.unknown * ONE_IN > glyphs {
            let mut page = drop_text(self.page);
            page.picture((0.0, 0.0));
            Reading::Unknown(page)
        } else if glyphs > 0 {
            Reading::Text(self.page)
        } else if self.pictures > 0 {
            Reading::Image(self.page)
        } else {
            Reading::Blank
        }
    }

    fn spend(&mut self, operations: usize) {
        let operations = u64::try_from(operations).unwrap_or(u64::MAX);
        match self.budget.0.checked_sub(operations) {
            Some(left) => self.budget.0 = left,
            None => resume_unwind(Box::new(Exhausted)),
        }
    }

    fn filled(&mut self, path: &BezPath, paint: &Paint<'_>) {
        let white = is_white(paint);
        for part in subpaths(path) {
            let area = part.bounding_box();
            let thin = area.width().min(area.height()) <= THIN;
            if thin && !white {
                let (a, b) = middle_line(&area);
                self.page.segment(a, b);
            } else if !thin {
                // Cells painted white on a dark ground: what shows between them are the rules.
                if white && self.is_on_dark(area.center()) {
                    self.page.sides((area.x0, area.y0), (area.x1, area.y1));
                }
                self.fills.push((area, is_dark(paint)));
            }
        }
    }

    fn stroked(&mut self, path: &BezPath, paint: &Paint<'_>, width: f64) {
        // A broad stroke is a painted area, not a rule.
        if is_white(paint) || width > THIN {
            return;
        }
        let mut start = Point::ZERO;
        let mut last = Point::ZERO;
        for element in path.elements() {
            let to = match *element {
                PathEl::MoveTo(to) => {
                    (start, last) = (to, to);
                    continue;
                }
                PathEl::LineTo(to) => {
                    self.page.segment((last.x, last.y), (to.x, to.y));
                    to
                }
                PathEl::ClosePath => {
                    self.page.segment((last.x, last.y), (start.x, start.y));
                    start
                }
                PathEl::QuadTo(_, to) | PathEl::CurveTo(_, _, to) => to,
            };
            last = to;
        }
    }

    fn is_on_dark(&self, at: Point) -> bool {
        self.fills.iter().rev().find(|(area, _)| area.contains(at)).is_some_and(|(_, dark)| *dark)
    }

    fn glyph(&mut self, glyph: &Glyph<'_>, transform: Affine, paint: &Paint<'_>) {
        let place = Placed::of(glyph, transform);
        let on_page = Rect::new(0.0, 0.0, self.size.0, self.size.1).contains(place.centre());
        if !on_page || (is_white(paint) && !self.is_on_dark(place.centre())) {
            return;
        }
        let text = match glyph.as_unicode() {
            Some(BfString::Char(c)) => c.to_string(),
            Some(BfString::String(s)) => s,
            None => char::REPLACEMENT_CHARACTER.to_string(),
        };
        if text.chars().any(is_meaningless) {
            self.unknown += 1;
        }
        let (origin, along) = (place.origin, place.along);
        self.page.glyph(&text, (origin.x, origin.y), (along.x, along.y), place.size);
    }
}

/// A character that says nothing: none, or one of a font's own.
fn is_meaningless(c: char) -> bool {
    matches!(c, char::REPLACEMENT_CHARACTER | '\u{E000}'..='\u{F8FF}' | '\u{0}'..='\u{8}')
}

/// Where a glyph stands. Glyph space has 1,000 units to the size of the font.
struct Placed {
    origin: Point,
    along: Vec2,
    up: Vec2,
    size: f64,
}

impl Placed {
    fn of(glyph: &Glyph<'_>, transform: Affine) -> Self {
        let [a, b, c, d, _, _] = transform.as_coeffs();
        let up = Vec2::new(c, d) * 1000.0;
        let size = up.hypot();
        let advance = match glyph {
            Glyph::Outline(outline) => outline.advance_width(),
            Glyph::Type3(type3) => type3.advance_width(),
        };
        let em = Vec2::new(a, b) * 1000.0;
        // A font substituted for another is stretched, and a font may lie about its widths.
        let share = f64::from(advance.unwrap_or(500.0)) / 1000.0;
        let along = em.normalize() * (share.clamp(0.1, 1.2) * size);
        Self { origin: transform * Point::ZERO, along, up, size }
    }

    fn centre(&self) -> Point {
        self.origin + self.along * 0.5 + self.up * 0.35
    }
}

fn rgba(paint: &Paint<'_>) -> Option<[u8; 4]> {
    match paint {
        Paint::Color(color) => Some(color.to_rgba().to_rgba8()),
        Paint::Pattern(_) => None,
    }
}

/// Whether what is painted so cannot be seen on paper.
fn is_white(paint: &Paint<'_>) -> bool {
    rgba(paint).is_some_and(|[r, g, b, alpha]| r.min(g).min(b) >= WHITE || alpha < 20)
}

fn is_dark(paint: &Paint<'_>) -> bool {
    rgba(paint).is_none_or(|[r, g, b, alpha]| r.min(g).min(b) < DARK && alpha > 60)
}

/// The parts of a path that begin with a move each.
fn subpaths(path: &BezPath) -> impl Iterator<Item = BezPath> + '_ {
    let starts = |_: &PathEl, next: &PathEl| !matches!(next, PathEl::MoveTo(_));
    path.elements().chunk_by(starts).map(|part| BezPath::from_vec(part.to_vec())).filter(|part| {
        matches!(part.elements().first(), Some(PathEl::MoveTo(_)))
    })
}

/// The line through the middle of a thin area.
fn middle_line(area: &Rect) -> ((f64, f64), (f64, f64)) {
    let centre = area.center();
    if area.width() > area.height() {
        ((area.x0, centre.y), (area.x1, centre.y))
    } else {
        ((centre.x, area.y0), (centre.x, area.y1))
    }
}

impl<'a> Device<'a> for Collector<'_> {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        self.spend(1 + path.elements().len());
        let path = props.transform * path.clone();
        let scale = props.transform.determinant().abs().sqrt();
        match mode {
            DrawMode::Fill(_) => self.filled(&path, &props.paint),
            DrawMode::Stroke(stroke) => {
                self.stroked(&path, &props.paint, f64::from(stroke.line_width) * scale);
            }
            DrawMode::FillAndStroke(_, stroke) => {
                self.filled(&path, &props.paint);
                self.stroked(&path, &props.paint, f64::from(stroke.line_width) * scale);
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
            self.glyph(glyph, props.transform * glyph.transform(), &props.paint);
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.spend(1);
        let pixels = Rect::new(0.0, 0.0, f64::from(image.width()), f64::from(image.height()));
        let shown = props.transform.transform_rect_bbox(pixels);
        let page = Rect::new(0.0, 0.0, self.size.0, self.size.1);
        // Logos, lines and stamps hold no text of the report.
        if shown.intersect(page).area() > 0.1 * page.area() {
            self.pictures += 1;
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
