//! One page as its reader found it: glyphs in any direction, segments, painted areas, pictures.
//!
//! Programs hide text by painting it white, and paint borders as thin areas, or as the ground that
//! shows between cells painted white; so a page remembers its areas in the order painted.

/// A place on a page: x to the right, y down, in points.
pub(in crate::document) type Point = (f64, f64);

/// What something is painted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::document) enum Ink {
    /// The colour of paper, or no colour at all.
    White,
    /// A tint text is printed on.
    Light,
    /// What text is printed with, and what white text can be read on.
    Dark,
}

impl Ink {
    /// The ink of a colour, each part from 0 to 255.
    pub(in crate::document) fn of(red: u8, green: u8, blue: u8, alpha: u8) -> Self {
        const WHITE: u8 = 245;
        const DARK: u8 = 200;
        // What shows through paper: full where nothing is painted.
        let shown = |part: u8| {
            let missing = u32::from(u8::MAX - part) * u32::from(alpha) / u32::from(u8::MAX);
            u8::MAX - u8::try_from(missing).unwrap_or(u8::MAX)
        };
        match shown(red.min(green).min(blue)) {
            WHITE.. => Self::White,
            DARK.. => Self::Light,
            _ => Self::Dark,
        }
    }
}

/// What a page has for reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Text,
    /// Glyphs too many of which stand for no known character.
    Unknown,
    /// Nothing but pictures.
    Image,
    Blank,
}

/// Of so many glyphs one may lack its character: 2 %. With more, what is left would be wrong
/// figures.
const ONE_IN: usize = 50;
/// A page without text on which more areas than this are painted shows characters by their outlines.
const OUTLINES: usize = 200;
/// A thinner painted area, in points, is a ruling line.
const THIN: f64 = 3.0;

/// A painted area, from its upper left corner to its lower right one.
#[derive(Debug, Clone, Copy)]
struct Area {
    from: Point,
    to: Point,
    dark: bool,
}

impl Area {
    fn holds(&self, (x, y): Point) -> bool {
        self.from.0 <= x && x <= self.to.0 && self.from.1 <= y && y <= self.to.1
    }
}

/// A glyph after [`Page::turn`]: it stands upright on a baseline.
#[derive(Debug, Clone)]
pub(super) struct Glyph {
    pub(super) text: String,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) baseline: f64,
    /// The font's size as shown: about the height of a CJK character.
    pub(super) size: f64,
    /// Quarter turns clockwise its text runs away from left-to-right.
    quarter: u8,
    /// Recognised from an image, and not surely right.
    pub(super) doubtful: bool,
}

impl Glyph {
    pub(super) fn centre(&self) -> Point {
        (f64::midpoint(self.left, self.right), self.baseline - 0.35 * self.size)
    }
}

/// A piece of a line of text, as recognised from an image of its page.
#[derive(Debug, Clone, Copy)]
pub(in crate::document) struct Recognised<'t> {
    pub(in crate::document) text: &'t str,
    pub(in crate::document) left: f64,
    pub(in crate::document) right: f64,
    pub(in crate::document) baseline: f64,
    /// The size of the characters.
    pub(in crate::document) size: f64,
    /// It is not surely right.
    pub(in crate::document) doubtful: bool,
}

/// A ruling line: `at` is its y when it is horizontal, its x when it is vertical.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rule {
    pub(super) at: f64,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// A page of a document.
#[derive(Debug, Default)]
pub(in crate::document) struct Page {
    /// From 1.
    pub(super) number: u32,
    width: f64,
    height: f64,
    glyphs: Vec<Glyph>,
    pub(super) horizontal: Vec<Rule>,
    pub(super) vertical: Vec<Rule>,
    areas: Vec<Area>,
    /// Glyphs that stand for no known character.
    unknown: usize,
    pictures: Vec<Point>,
    picture_tops: Vec<f64>,
}

/// A segment that leaves its axis by less than this is horizontal or vertical.
const STRAIGHT: f64 = 0.8;

impl Page {
    pub(in crate::document) fn new(number: u32, width: f64, height: f64) -> Self {
        Self { number, width, height, ..Self::default() }
    }

    /// Adds a glyph whose origin is `origin`; `along` is the way to the next one, as long as the
    /// glyph is wide. Left out is what nobody sees (off the page, white on white) and watermarks and
    /// stamps: text askew, or as pale as a tint.
    pub(in crate::document) fn glyph(
        &mut self,
        text: &str,
        origin: Point,
        along: Point,
        size: f64,
        ink: Ink,
    ) {
        let ((x, y), (dx, dy)) = (origin, along);
        let advance = dx.hypot(dy);
        let sane = [x, y, advance, size].iter().all(|v| v.is_finite()) && size > 0.5;
        let Some(quarter) = quarter(along).filter(|_| sane && advance > 0.0) else { return };
        let up = (dy / advance * size, -dx / advance * size);
        let centre = (x + dx / 2.0 + up.0 * 0.35, y + dy / 2.0 + up.1 * 0.35);
        let on_page =
            (0.0..=self.width).contains(&centre.0) && (0.0..=self.height).contains(&centre.1);
        if !on_page || (ink != Ink::Dark && !self.is_dark_at(centre)) {
            return;
        }
        self.unknown += usize::from(text.chars().any(is_meaningless));
        self.glyphs.push(Glyph {
            text: text.to_owned(),
            left: x,
            right: x + advance,
            baseline: y,
            size,
            quarter,
            doubtful: false,
        });
    }

    /// Adds a piece of a line as recognised from an image: its characters stand side by side on a
    /// `baseline` from `left` to `right`, as wide as such characters are to each other.
    pub(in crate::document) fn recognised(&mut self, piece: &Recognised<'_>) {
        let width = |c: char| if c.is_ascii() { 0.5 } else { 1.0 };
        let whole: f64 = piece.text.chars().map(width).sum();
        let unit = (piece.right - piece.left).max(1.0) / whole.max(0.5);
        let mut left = piece.left;
        for character in piece.text.chars() {
            let right = left + unit * width(character);
            self.glyphs.push(Glyph {
                text: character.to_string(),
                left,
                right,
                baseline: piece.baseline,
                size: piece.size,
                quarter: 0,
                doubtful: piece.doubtful,
            });
            left = right;
        }
    }

    /// Adds a painted shape that reaches from `from` to `to`, its upper left and lower right.
    pub(in crate::document) fn area(&mut self, from: Point, to: Point, ink: Ink) {
        let (width, height) = (to.0 - from.0, to.1 - from.1);
        let middle = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
        let white = ink == Ink::White;
        if width.min(height) > THIN {
            // Cells painted white on a dark ground: what shows between them are the rules.
            if white && self.is_dark_at(middle) {
                self.sides(from, to);
            }
            self.areas.push(Area { from, to, dark: ink == Ink::Dark });
        } else if !white && width > height {
            self.segment((from.0, middle.1), (to.0, middle.1));
        } else if !white {
            self.segment((middle.0, from.1), (middle.0, to.1));
        }
    }

    /// Adds a stroke; a broad one is no rule but a painted area.
    pub(in crate::document) fn stroke(&mut self, a: Point, b: Point, width: f64, ink: Ink) {
        if ink != Ink::White && width <= THIN {
            self.segment(a, b);
        }
    }

    fn is_dark_at(&self, at: Point) -> bool {
        self.areas.iter().rev().find(|area| area.holds(at)).is_some_and(|area| area.dark)
    }

    /// Adds a segment; one that is neither horizontal nor vertical is no rule.
    fn segment(&mut self, a: Point, b: Point) {
        if ![a.0, a.1, b.0, b.1].iter().all(|v| v.is_finite() && v.abs() < 1e6) {
            return;
        }
        let (dx, dy) = ((a.0 - b.0).abs(), (a.1 - b.1).abs());
        if dy < STRAIGHT && dx > dy {
            self.horizontal.push(Rule {
                at: f64::midpoint(a.1, b.1),
                from: a.0.min(b.0),
                to: a.0.max(b.0),
            });
        } else if dx < STRAIGHT && dy > dx {
            self.vertical.push(Rule {
                at: f64::midpoint(a.0, b.0),
                from: a.1.min(b.1),
                to: a.1.max(b.1),
            });
        }
    }

    /// Adds the four sides of a rectangle.
    fn sides(&mut self, a: Point, b: Point) {
        self.segment(a, (b.0, a.1));
        self.segment((a.0, b.1), b);
        self.segment(a, (a.0, b.1));
        self.segment((b.0, a.1), b);
    }

    /// Adds a picture whose upper left corner is `at`.
    pub(in crate::document) fn picture(&mut self, at: Point) {
        self.pictures.push(at);
    }

    /// What there is to read.
    pub(super) fn content(&self) -> Content {
        let glyphs = self.glyphs.iter().filter(|g| !g.text.trim().is_empty()).count();
        if self.unknown * ONE_IN > glyphs {
            Content::Unknown
        } else if glyphs > 0 {
            Content::Text
        } else if self.areas.len() > OUTLINES {
            Content::Unknown
        } else if self.pictures.is_empty() {
            Content::Blank
        } else {
            Content::Image
        }
    }

    /// Whether its glyphs do not tell their characters.
    pub(in crate::document) fn is_unencoded(&self) -> bool {
        self.content() == Content::Unknown
    }

    /// Whether there is something to see and no text that can be trusted.
    pub(in crate::document) fn is_pictured(&self) -> bool {
        matches!(self.content(), Content::Unknown | Content::Image)
    }

    /// Whether pictures are all there is to see.
    pub(super) fn is_picture(&self) -> bool {
        !self.pictures.is_empty() && self.glyphs.iter().all(|g| g.text.trim().is_empty())
    }

    /// Makes a picture of text that cannot be trusted.
    pub(super) fn drop_text(&mut self) {
        self.glyphs.clear();
        self.pictures.push((0.0, 0.0));
    }

    pub(super) fn height(&self) -> f64 {
        self.height.max(1.0)
    }

    pub(super) fn pictures(&self) -> &[f64] {
        &self.picture_tops
    }

    pub(super) fn take_glyphs(&mut self) -> Vec<Glyph> {
        std::mem::take(&mut self.glyphs)
    }

    /// Turns the page so that most of its text runs left to right: landscape tables are printed
    /// sideways on upright pages.
    pub(super) fn turn(&mut self) {
        let count = |q: u8| self.glyphs.iter().filter(|g| g.quarter == q).count();
        let quarter = (0..4_u8).rev().max_by_key(|q| count(*q)).unwrap_or(0);
        let (width, height) = (self.width, self.height);
        let place = |(x, y): Point| match quarter {
            1 => (y, width - x),
            2 => (width - x, height - y),
            3 => (height - y, x),
            _ => (x, y),
        };
        for glyph in &mut self.glyphs {
            glyph.turn(quarter, place);
        }
        self.picture_tops = self.pictures.iter().map(|&at| place(at).1).collect();
        if quarter == 0 {
            return;
        }
        let (horizontal, vertical) =
            (std::mem::take(&mut self.horizontal), std::mem::take(&mut self.vertical));
        for rule in horizontal {
            self.segment(place((rule.from, rule.at)), place((rule.to, rule.at)));
        }
        for rule in vertical {
            self.segment(place((rule.at, rule.from)), place((rule.at, rule.to)));
        }
        if quarter != 2 {
            (self.width, self.height) = (height, width);
        }
    }
}

impl Glyph {
    /// Moves with its page. Text that still runs another way then is a sideways label: each of its
    /// glyphs becomes an upright one around the same centre.
    fn turn(&mut self, quarter: u8, place: impl Fn(Point) -> Point) {
        let advance = self.right - self.left;
        let (x, y) = place((self.left, self.baseline));
        let (dx, dy) = match (self.quarter + 4 - quarter) % 4 {
            0 => {
                (self.left, self.right, self.baseline) = (x, x + advance, y);
                return;
            }
            1 => (0.35 * self.size, advance / 2.0),
            2 => (-advance / 2.0, 0.35 * self.size),
            _ => (-0.35 * self.size, -advance / 2.0),
        };
        let (cx, cy) = (x + dx, y + dy);
        (self.left, self.right) = (cx - advance / 2.0, cx + advance / 2.0);
        self.baseline = cy + 0.35 * self.size;
    }
}

/// A character that says nothing: none, or one of a font's own.
fn is_meaningless(c: char) -> bool {
    matches!(c, char::REPLACEMENT_CHARACTER | '\u{E000}'..='\u{F8FF}' | '\u{0}'..='\u{8}')
}

/// The quarter turn nearest to a direction, when it is near.
fn quarter((dx, dy): Point) -> Option<u8> {
    const SLANT: f64 = 0.1;
    if dy.abs() <= SLANT * dx.abs() {
        Some(if dx < 0.0 { 2 } else { 0 })
    } else if dx.abs() <= SLANT * dy.abs() {
        Some(if dy < 0.0 { 3 } else { 1 })
    } else {
        None
    }
}
