//! Numbers in OFD attributes: boxes, transforms, steps between characters.

use crate::document::lattice::Point;

/// Points in a millimetre.
const POINTS: f64 = 72.0 / 25.4;

/// A box in millimetres.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    /// `x y width height`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match numbers(text).as_slice() {
            [x, y, width, height] => Some(Self { x: *x, y: *y, width: *width, height: *height }),
            _ => None,
        }
    }
}

/// The numbers in a text; what is none is left out.
pub(super) fn numbers(text: &str) -> Vec<f64> {
    let parts = text.split(|c: char| c.is_whitespace() || c == ',');
    parts.filter_map(|part| part.parse().ok()).filter(|n: &f64| n.is_finite()).collect()
}

/// Where an object stands: its own transform, then the corner of its boundary.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placement {
    matrix: [f64; 6],
    corner: Point,
}

impl Placement {
    /// `page` is the page's box, `boundary` the object's; `matrix` is its `CTM`, if it has one.
    pub(super) fn new(page: &Rect, boundary: &Rect, matrix: Option<&str>) -> Self {
        let matrix = matrix.map(numbers).and_then(|n| n.try_into().ok());
        Self {
            matrix: matrix.unwrap_or([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
            corner: (boundary.x - page.x, boundary.y - page.y),
        }
    }

    /// The same for an object in a composition that stands at `outer`.
    pub(super) fn within(&self, outer: &Self) -> Self {
        let [a, b, c, d, e, f] = self.matrix;
        let ((a, b), (c, d)) = (outer.turned((a, b)), outer.turned((c, d)));
        let (x, y) = outer.turned((e + self.corner.0, f + self.corner.1));
        let [_, _, _, _, e, f] = outer.matrix;
        let corner = (x + outer.corner.0, y + outer.corner.1);
        Self { matrix: [a, b, c, d, e, f], corner }
    }

    /// A place of the object on the page, in points.
    pub(super) fn point(&self, (x, y): Point) -> Point {
        let [_, _, _, _, e, f] = self.matrix;
        let (dx, dy) = self.turned((x, y));
        ((dx + e + self.corner.0) * POINTS, (dy + f + self.corner.1) * POINTS)
    }

    /// A way within the object, in points.
    pub(super) fn vector(&self, way: Point) -> Point {
        let (dx, dy) = self.turned(way);
        (dx * POINTS, dy * POINTS)
    }

    /// A length across lines of text, in points.
    pub(super) fn height(&self, length: f64) -> f64 {
        let (dx, dy) = self.vector((0.0, length));
        dx.hypot(dy)
    }

    fn turned(&self, (x, y): Point) -> Point {
        let [a, b, c, d, _, _] = self.matrix;
        (a * x + c * y, b * x + d * y)
    }
}

/// Millimetres in points.
pub(super) fn points(millimetres: f64) -> f64 {
    millimetres * POINTS
}

/// `DeltaX`, `DeltaY`: one step for each character but the last; `g n v` is n times v. No more
/// than `most` are made of it.
pub(super) fn steps(text: &str, most: usize) -> Vec<f64> {
    let mut steps = Vec::new();
    let mut parts = text.split_whitespace();
    while let Some(part) = parts.next() {
        if part == "g" {
            let count = parts.next().and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
            let step = parts.next().and_then(|v| v.parse::<f64>().ok()).unwrap_or(0.0);
            steps.extend(std::iter::repeat_n(step, count.min(most.saturating_sub(steps.len()))));
        } else {
            steps.extend(part.parse::<f64>().ok().filter(|_| steps.len() < most));
        }
    }
    steps
}

/// The straight segments of `AbbreviatedData`, part by part; curves end a segment and begin the
/// next.
pub(super) fn subpaths(data: &str) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    let mut tokens = data.split(|c: char| c.is_whitespace() || c == ',').filter(|t| !t.is_empty());
    while let Some(token) = tokens.next() {
        let mut numbers = |count: usize| -> Vec<f64> {
            tokens.by_ref().take(count).filter_map(|t| t.parse().ok()).collect()
        };
        let operands = match token {
            "M" | "S" | "L" => numbers(2),
            "Q" => numbers(4),
            "B" => numbers(6),
            "A" => numbers(7),
            _ => Vec::new(),
        };
        let end = match operands.as_slice() {
            [.., x, y] => Some((*x, *y)),
            _ => None,
        };
        match (token, end, parts.last_mut()) {
            ("M" | "S", Some(at), _) => parts.push(vec![at]),
            (_, Some(at), Some(part)) => part.push(at),
            ("C", _, Some(part)) => part.extend(part.first().copied()),
            _ => {}
        }
    }
    parts
}
