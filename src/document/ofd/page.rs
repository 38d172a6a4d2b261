//! The content of one OFD page or template, drawn onto a page of the lattice.

use super::geometry::{self, Placement, Rect};
use super::resources::Resources;
use crate::document::lattice::{Ink, Page, Point};
use crate::document::xml::{Element, Xml};
use crate::document::{Limits, Refusal};

/// Characters and segments of all pages together; templates are drawn once for each page.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(2_000_000)
    }
}

/// Stands for a glyph without a character.
const UNKNOWN: char = '¤';
/// Compositions within compositions.
const DEPTH: usize = 8;

/// What stands above a page's content.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) area: Option<Rect>,
    pub(super) templates: Vec<String>,
}

/// Reads the size of a page and the templates under it.
pub(super) fn head(text: &str, part: &str, limits: &Limits) -> Result<Head, Refusal> {
    let mut xml = Xml::new(text, part, limits);
    let mut head = Head::default();
    while xml.child()?.is_some() {
        while let Some(element) = xml.child()? {
            match element.name() {
                "Area" => head.area = page_area(&mut xml)?,
                "Template" => {
                    head.templates
                        .extend(element.attribute("TemplateID").map(|id| id.into_owned()));
                    xml.skip()?;
                }
                _ => xml.skip()?,
            }
        }
    }
    Ok(head)
}

/// The physical box inside the current element.
pub(super) fn page_area(xml: &mut Xml<'_>) -> Result<Option<Rect>, Refusal> {
    let mut area = None;
    while let Some(element) = xml.child()? {
        if element.name() == "PhysicalBox" {
            let mut text = String::new();
            xml.text(&mut text)?;
            area = Rect::parse(&text).filter(|r| r.width > 0.0 && r.height > 0.0);
        } else {
            xml.skip()?;
        }
    }
    Ok(area)
}

/// A page being drawn.
#[derive(Debug)]
pub(super) struct Drawing<'b> {
    page: Page,
    area: Rect,
    resources: &'b Resources,
    budget: &'b mut Budget,
    /// The compositions around the objects under way, the page outermost.
    around: Vec<Placement>,
}

impl<'b> Drawing<'b> {
    pub(super) fn new(
        number: u32,
        area: Rect,
        resources: &'b Resources,
        budget: &'b mut Budget,
    ) -> Self {
        let size = (geometry::points(area.width), geometry::points(area.height));
        let page = Page::new(number, size.0, size.1);
        Self { page, area, resources, budget, around: Vec::new() }
    }

    pub(super) fn finish(self) -> Page {
        self.page
    }

    /// Draws the content of a page or template part.
    pub(super) fn draw(&mut self, text: &str, part: &str, limits: &Limits) -> Result<(), Refusal> {
        let mut xml = Xml::new(text, part, limits);
        while xml.child()?.is_some() {
            while let Some(element) = xml.child()? {
                if element.name() == "Content" {
                    self.objects(&mut xml)?;
                } else {
                    xml.skip()?;
                }
            }
        }
        Ok(())
    }

    /// The objects inside the current element, and those inside its layers and blocks.
    fn objects(&mut self, xml: &mut Xml<'_>) -> Result<(), Refusal> {
        while let Some(element) = xml.child()? {
            if element.attribute("Visible").as_deref() == Some("false") {
                xml.skip()?;
                continue;
            }
            match element.name() {
                "Layer" | "PageBlock" => self.objects(xml)?,
                "TextObject" => self.text(xml, &element)?,
                "PathObject" => self.path(xml, &element)?,
                "CompositeObject" => {
                    self.composition(&element)?;
                    xml.skip()?;
                }
                "ImageObject" => {
                    self.image(&element);
                    xml.skip()?;
                }
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    fn placement(&self, element: &Element<'_>) -> Option<Placement> {
        let boundary = Rect::parse(&element.attribute("Boundary")?)?;
        let matrix = element.attribute("CTM");
        let area = if self.around.is_empty() { self.area } else { Rect::default() };
        let own = Placement::new(&area, &boundary, matrix.as_deref());
        Some(self.around.last().map_or(own, |outer| own.within(outer)))
    }

    /// Objects drawn by reference.
    fn composition(&mut self, element: &Element<'_>) -> Result<(), Refusal> {
        let resources = self.resources;
        let objects =
            element.attribute("ResourceID").and_then(|id| resources.compositions.get(&*id));
        let (Some(objects), Some(placement)) = (objects, self.placement(element)) else {
            return Ok(());
        };
        if self.around.len() >= DEPTH {
            return Err(Refusal::TooLarge("compositions within each other".into()));
        }
        self.spend(0)?;
        self.around.push(placement);
        self.objects(&mut Xml::new(objects, "composition", &Limits::default()))?;
        self.around.pop();
        Ok(())
    }

    fn image(&mut self, element: &Element<'_>) {
        const LARGE: f64 = 0.1;
        let boundary = element.attribute("Boundary").and_then(|b| Rect::parse(&b));
        let page = self.area.width * self.area.height;
        if let Some(own) = boundary.filter(|r| r.width * r.height > LARGE * page) {
            self.page.picture(Placement::new(&self.area, &own, None).point((0.0, 0.0)));
        }
    }

    fn text(&mut self, xml: &mut Xml<'_>, element: &Element<'_>) -> Result<(), Refusal> {
        let Some(placement) = self.placement(element) else { return xml.skip() };
        let size = number(element, "Size").unwrap_or(0.0);
        let alpha = number(element, "Alpha").unwrap_or(255.0);
        let inks = self.resources.inks_of(element);
        let mut run = Run {
            placement,
            size,
            stretch: number(element, "HScale").unwrap_or(1.0),
            turn: quarter(element, "CharDirection"),
            read: quarter(element, "ReadDirection"),
            ink: inks.fill.unwrap_or(Ink::Dark),
            at: (0.0, 0.0),
        };
        if alpha < 20.0 || is_off(element, "Fill") && !is_on(element, "Stroke") {
            return xml.skip();
        }
        while let Some(child) = xml.child()? {
            match child.name() {
                "FillColor" => {
                    run.ink = ink(&child);
                    xml.skip()?;
                }
                "TextCode" => {
                    let mut text = String::new();
                    run.start(&child);
                    let deltas = (child.attribute("DeltaX"), child.attribute("DeltaY"));
                    xml.text(&mut text)?;
                    self.spend(text.chars().count())?;
                    run.draw(&text, deltas.0.as_deref(), deltas.1.as_deref(), &mut self.page);
                }
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    fn path(&mut self, xml: &mut Xml<'_>, element: &Element<'_>) -> Result<(), Refusal> {
        let Some(placement) = self.placement(element) else { return xml.skip() };
        let (stroke, fill) = (!is_off(element, "Stroke"), is_on(element, "Fill"));
        let width = placement.height(number(element, "LineWidth").unwrap_or(0.353));
        let inks = self.resources.inks_of(element);
        let mut stroke_ink = inks.stroke.unwrap_or(Ink::Dark);
        let mut fill_ink = inks.fill.unwrap_or(Ink::White);
        let mut data = String::new();
        while let Some(child) = xml.child()? {
            match child.name() {
                "StrokeColor" => {
                    stroke_ink = ink(&child);
                    xml.skip()?;
                }
                "FillColor" => {
                    fill_ink = ink(&child);
                    xml.skip()?;
                }
                "AbbreviatedData" => xml.text(&mut data)?,
                _ => xml.skip()?,
            }
        }
        for part in geometry::subpaths(&data) {
            self.spend(part.len())?;
            let places: Vec<Point> = part.into_iter().map(|at| placement.point(at)).collect();
            if fill {
                let (from, to) = extent(&places);
                self.page.area(from, to, fill_ink);
            }
            for pair in places.windows(2) {
                if let ([a, b], true) = (pair, stroke) {
                    self.page.stroke(*a, *b, width, stroke_ink);
                }
            }
        }
        Ok(())
    }

    fn spend(&mut self, things: usize) -> Result<(), Refusal> {
        self.budget.0 = self
            .budget
            .0
            .checked_sub(things + 1)
            .ok_or_else(|| Refusal::TooLarge("pages draw without end".into()))?;
        Ok(())
    }
}

/// One text object: `TextCode` after `TextCode`.
struct Run {
    placement: Placement,
    /// Millimetres.
    size: f64,
    stretch: f64,
    /// Quarter turns of each character.
    turn: u8,
    /// Quarter turns of the line they stand on.
    read: u8,
    ink: Ink,
    at: Point,
}

impl Run {
    /// Moves to where a `TextCode` begins; it goes on in the coordinate it does not name.
    fn start(&mut self, element: &Element<'_>) {
        self.at.0 = number(element, "X").unwrap_or(self.at.0);
        self.at.1 = number(element, "Y").unwrap_or(self.at.1);
    }

    fn draw(&mut self, text: &str, xs: Option<&str>, ys: Option<&str>, page: &mut Page) {
        let text = text.trim_matches(['\n', '\r']);
        let count = text.chars().count();
        let steps = |deltas: Option<&str>| geometry::steps(deltas.unwrap_or_default(), count);
        let (dxs, dys) = (steps(xs), steps(ys));
        let (mut dxs, mut dys) = (dxs.into_iter(), dys.into_iter());
        for character in text.chars() {
            let width = self.width(character);
            let along = self.placement.vector(turned((width, 0.0), self.turn));
            let origin = self.placement.point(self.at);
            let size = self.placement.height(self.size);
            // What converters write for a glyph whose character they do not know.
            let shown = if character == UNKNOWN { char::REPLACEMENT_CHARACTER } else { character };
            page.glyph(shown.encode_utf8(&mut [0; 4]), origin, along, size, self.ink);
            let (dx, dy) = (dxs.next(), dys.next());
            let step = if dx.is_some() || dy.is_some() {
                (dx.unwrap_or(0.0), dy.unwrap_or(0.0))
            } else {
                // Fewer steps than characters: the line goes on in its direction.
                turned((width, 0.0), self.read)
            };
            self.at = (self.at.0 + step.0, self.at.1 + step.1);
        }
    }

    /// About how wide a character is: fonts are not looked into.
    fn width(&self, character: char) -> f64 {
        let narrow = character.is_ascii();
        self.size * self.stretch * if narrow { 0.5 } else { 1.0 }
    }
}

fn turned((x, y): Point, quarters: u8) -> Point {
    match quarters {
        1 => (-y, x),
        2 => (-x, -y),
        3 => (y, -x),
        _ => (x, y),
    }
}

/// An attribute that counts degrees, as quarter turns.
fn quarter(element: &Element<'_>, name: &str) -> u8 {
    match element.attribute(name).as_deref() {
        Some("90") => 1,
        Some("180") => 2,
        Some("270") => 3,
        _ => 0,
    }
}

fn number(element: &Element<'_>, name: &str) -> Option<f64> {
    element.attribute(name)?.trim().parse().ok().filter(|n: &f64| n.is_finite())
}

fn is_on(element: &Element<'_>, name: &str) -> bool {
    element.attribute(name).as_deref() == Some("true")
}

fn is_off(element: &Element<'_>, name: &str) -> bool {
    element.attribute(name).as_deref() == Some("false")
}

/// The ink of a colour element: grey, RGB, or an unknown colour, which is taken for dark.
pub(super) fn ink(element: &Element<'_>) -> Ink {
    let Some(value) = element.attribute("Value") else { return Ink::Dark };
    let parts: Vec<u8> = value.split_whitespace().filter_map(|part| part.parse().ok()).collect();
    let alpha = element.attribute("Alpha").and_then(|a| a.trim().parse().ok()).unwrap_or(255);
    match parts.as_slice() {
        [grey] => Ink::of(*grey, *grey, *grey, alpha),
        [red, green, blue] => Ink::of(*red, *green, *blue, alpha),
        _ => Ink::Dark,
    }
}

fn extent(places: &[Point]) -> (Point, Point) {
    let fold = |pick: fn(&Point) -> f64, best: fn(f64, f64) -> f64, start: f64| {
        places.iter().map(pick).fold(start, best)
    };
    let least = |pick| fold(pick, f64::min, f64::INFINITY);
    let most = |pick| fold(pick, f64::max, f64::NEG_INFINITY);
    ((least(|p| p.0), least(|p| p.1)), (most(|p| p.0), most(|p| p.1)))
}
