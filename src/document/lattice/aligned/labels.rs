//! Labels and headers broken over several lines, put together again.

use super::super::bands::Bands;
use super::super::text::{Line, Word, blank_between_letters, starts_with_ordinal};
use super::columns::Column;

/// Lines of one label are no farther apart than this, in sizes.
const PITCH: f64 = 1.6;
/// Lines of one label begin, or are centred, at the same place within this, in sizes.
const ALIGNED: f64 = 0.6;
/// A line and figures share a baseline within this, in sizes.
pub(super) const LEVEL: f64 = 0.3;

/// One line of a label. `y` counts through all pages.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) word: Word,
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) page: u32,
}

/// A label or header, whole.
#[derive(Debug, Clone)]
pub(super) struct Label {
    pieces: Vec<Piece>,
}

impl Label {
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            blank_between_letters(&mut text, &piece.word.text);
            text.push_str(&piece.word.text);
        }
        text
    }

    pub(super) fn reach(&self) -> Column {
        let left = self.pieces.iter().map(|p| p.word.left).fold(f64::INFINITY, f64::min);
        let right = self.pieces.iter().map(|p| p.word.right).fold(f64::NEG_INFINITY, f64::max);
        Column { left, right }
    }

    pub(super) fn top(&self) -> f64 {
        self.pieces.first().map_or(0.0, |p| p.y)
    }

    pub(super) fn bottom(&self) -> f64 {
        self.pieces.last().map_or(0.0, |p| p.y)
    }

    pub(super) fn size(&self) -> f64 {
        self.pieces.first().map_or(0.0, |p| p.size)
    }

    /// The y of its middle.
    pub(super) fn middle(&self) -> f64 {
        f64::midpoint(self.top(), self.bottom())
    }

    /// The page its first line stands on.
    pub(super) fn page(&self) -> Option<u32> {
        self.pieces.first().map(|p| p.page)
    }

    /// The row it belongs to and how far it is from it: the only one no rule parts it from, one on
    /// the baseline of any of its lines, else the one nearest to its middle. `None`: rules part it
    /// from all of them.
    pub(super) fn row(&self, rows: &[f64], bands: &Bands) -> Option<(usize, f64)> {
        let x = self.reach().centre();
        let open: Vec<usize> = (rows.iter().enumerate())
            .filter(|(_, y)| !bands.part(x, self.middle(), **y))
            .map(|(index, _)| index)
            .collect();
        if let ([only], true) = (open.as_slice(), rows.len() > 1) {
            return Some((*only, 0.0));
        }
        let level = |y: &f64| self.pieces.iter().any(|p| (p.y - y).abs() <= LEVEL * p.size);
        let on_line: Vec<usize> =
            open.iter().copied().filter(|index| rows.get(*index).is_some_and(&level)).collect();
        if let [only] = on_line.as_slice() {
            return Some((*only, 0.0));
        }
        rows.iter()
            .map(|y| self.distance(*y))
            .enumerate()
            .filter(|(index, _)| open.contains(index))
            .min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// How far its middle is from a row; of a label cut by a page break, its nearest line.
    fn distance(&self, y: f64) -> f64 {
        let is_cut = self.pieces.first().map(|p| p.page) != self.pieces.last().map(|p| p.page);
        if is_cut {
            self.pieces.iter().map(|p| (y - p.y).abs()).fold(f64::INFINITY, f64::min)
        } else {
            (y - self.middle()).abs()
        }
    }

    /// Whether it is a label by itself and no part of one.
    pub(super) fn is_numbered(&self) -> bool {
        self.pieces.first().is_some_and(|p| starts_with_ordinal(&p.word.text))
    }

    pub(super) fn into_pieces(self) -> Vec<Piece> {
        self.pieces
    }

    /// Whether another label stands no farther above or below it than lines of one label do, or on another
    /// page.
    pub(super) fn is_near(&self, other: &Self) -> bool {
        let (upper, lower) = if self.top() <= other.top() { (self, other) } else { (other, self) };
        let is_cut = upper.pieces.last().map(|p| p.page) != lower.page();
        is_cut || lower.top() - upper.bottom() <= PITCH * lower.size()
    }

    /// Adds what stands in the same row at the same place.
    pub(super) fn append(&mut self, other: Self) {
        self.pieces.extend(other.pieces);
        self.pieces.sort_by(|a, b| a.y.total_cmp(&b.y));
    }

    fn takes(&self, piece: &Piece, rows: &[f64], bands: &Bands) -> bool {
        let Some(last) = self.pieces.last() else { return false };
        let level = |p: &Piece| rows.iter().any(|y| (p.y - y).abs() <= LEVEL * p.size);
        let gap = piece.y - last.y;
        let own = self.reach();
        gap > LEVEL * piece.size
            && gap <= PITCH * piece.size
            && is_aligned(&own, piece)
            && !bands.part(own.centre(), last.y, piece.y)
            && !starts_with_ordinal(&piece.word.text)
            && !(level(piece) && self.pieces.iter().any(level))
    }

    /// Whether a page break may cut the label: the first line of the next page goes on with the last of
    /// this one, if that is as wide as any. Where figures stand between or beside it, it is another.
    fn is_cut_before(&self, piece: &Piece, rows: &[f64]) -> bool {
        let Some(last) = self.pieces.last().filter(|last| last.page + 1 == piece.page) else {
            return false;
        };
        let level = LEVEL * piece.size;
        is_aligned(&Column::of(&last.word), piece)
            && !starts_with_ordinal(&piece.word.text)
            && !rows.iter().any(|y| last.y + level < *y && *y <= piece.y + level)
    }

    /// Whether its last line leaves no room for the next one.
    fn is_as_wide(&self, piece: &Piece, widest: f64) -> bool {
        let width = self.pieces.last().map_or(0.0, |last| last.word.right - last.word.left);
        width + piece.size > widest
    }
}

/// Whether a line begins, or is centred, where what stands above it does.
fn is_aligned(above: &Column, piece: &Piece) -> bool {
    let near = ALIGNED * piece.size;
    let own = Column::of(&piece.word);
    (above.left - own.left).abs() <= near || (above.centre() - own.centre()).abs() <= near
}

/// Whether the first word of a line may go on with that of the line above.
pub(super) fn is_below(above: &Line, line: &Line) -> bool {
    let (Some(first), Some(word)) = (above.words.first(), line.words.first()) else { return false };
    let piece = Piece { word: word.clone(), y: 0.0, size: line.size, page: line.page };
    is_aligned(&Column::of(first), &piece)
}

/// Puts the pieces, from the top, together to labels. `rows` are the baselines of the figures: two
/// lines that each stand beside figures of their own are two labels.
pub(super) fn assembled(pieces: Vec<Piece>, rows: &[f64], bands: &Bands) -> Vec<Label> {
    let lines: Vec<Column> = pieces.iter().map(|p| Column::of(&p.word)).collect();
    // The widest line of the labels that a line is one of.
    let widest = |piece: &Piece| {
        let under = lines.iter().filter(|line| is_aligned(line, piece));
        under.map(|line| line.right - line.left).fold(0.0, f64::max)
    };
    let mut labels: Vec<Label> = Vec::new();
    for piece in pieces {
        let goes_on = |label: &&mut Label| {
            label.takes(&piece, rows, bands)
                || label.is_cut_before(&piece, rows) && label.is_as_wide(&piece, widest(&piece))
        };
        match labels.iter_mut().rev().find(goes_on) {
            Some(label) => label.pieces.push(piece),
            None => labels.push(Label { pieces: vec![piece] }),
        }
    }
    labels
}
