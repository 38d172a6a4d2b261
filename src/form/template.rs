//! What the templates of sentences and of letters must keep to.

/// Characters of a line: minijinja counts columns in 16 bits, and panics beyond them.
pub(crate) const LONGEST_LINE: usize = 60_000;

/// The first line, from 1, that is longer than [`LONGEST_LINE`].
pub(crate) fn too_long_line(text: &str) -> Option<usize> {
    let is_too_long = |line: &str| line.chars().count() > LONGEST_LINE;
    text.split('\n').position(is_too_long).map(|index| index + 1)
}
