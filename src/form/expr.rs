//! The rule language: one condition on cells.
//!
//! ```text
//! condition  = implied { ("=>" | "<=>") implied }        right side first; one per level
//! implied    = both { "or" both }
//! both       = single { "and" single }
//! single     = "not" single | "(" condition ")" | sum compare sum
//! compare    = "=" | "!=" | "<" | "<=" | ">" | ">="
//! sum        = product { ("+" | "-") product }
//! product    = operand { "*" operand }
//! operand    = number | cell | "-" operand | "(" sum ")" | ("sum" | "max") "(" sum { "," sum } ")"
//! cell       = [ "last." | "units." ] part "." part "." part      table, row, column
//! part       = id | "$" variable | id with "*" | id ".." id
//! ```
//!
//! `last.` before a cell means that of the year before, `units.` the sum of that cell over the units
//! a summary counts; only rules across reports may say them. No table can be called so ([`Whose`]).
//!
//! Globs (`denied_*`) and ranges (`granted..other_rest`, in form order) stand for several cells and
//! so only inside `sum` and `max`. There is no division and there are no names: what the language
//! cannot say needs a better language, not a rule in code.

use std::fmt;

use rust_decimal::Decimal;

/// A condition, as written (`C` is [`Pattern`]) or with its cells resolved (`C` is an id).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition<C> {
    /// One of them holds.
    Or(Vec<Self>),
    /// All of them hold.
    And(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// If the first holds, so does the second.
    Implies(Box<Self>, Box<Self>),
    /// Both hold, or neither.
    Iff(Box<Self>, Box<Self>),
    /// Two sides compared.
    Compare(Term<C>, Operator, Term<C>),
}

/// A number to be computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term<C> {
    /// A number as written.
    Number(Decimal),
    /// One cell.
    Cell(C),
    /// First plus second.
    Add(Box<Self>, Box<Self>),
    /// First minus second.
    Subtract(Box<Self>, Box<Self>),
    /// First times second.
    Multiply(Box<Self>, Box<Self>),
    /// The sum; blanks are left out.
    Sum(Vec<Self>),
    /// The largest; blanks are left out.
    Max(Vec<Self>),
}

/// How two sides are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Operator {
    /// Whether it holds between two numbers.
    pub fn holds(self, left: Decimal, right: Decimal) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Greater => left > right,
            Self::AtLeast => left >= right,
        }
    }
}

/// Which report a rule speaks of when it names a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// The report that is checked.
    This,
    /// That of the same unit and the year before.
    Last,
    /// Those of the units that it sums up, of the same year, added up.
    Units,
}

impl Whose {
    /// What stands before the table of a cell.
    pub fn prefix(self) -> Option<&'static str> {
        match self {
            Self::This => None,
            Self::Last => Some("last"),
            Self::Units => Some("units"),
        }
    }

    /// What a prefix means; `None`: it is none.
    pub fn of_prefix(text: &str) -> Option<Self> {
        [Self::Last, Self::Units].into_iter().find(|whose| whose.prefix() == Some(text))
    }
}

/// A cell as written: each part an id, a variable, a glob or a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// Whose cell it is.
    pub whose: Whose,
    /// Table.
    pub table: Part,
    /// Row.
    pub row: Part,
    /// Column.
    pub column: Part,
}

/// One part of a [`Pattern`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// An id.
    Id(String),
    /// `$name`: bound by `for_each`.
    Variable(String),
    /// An id with `*` for any characters.
    Glob(String),
    /// From the first id to the second, in form order.
    Range(String, String),
}

impl Part {
    /// Reads one part, as it stands in a cell or a `where`.
    pub fn parse(text: &str) -> Self {
        if let Some((from, to)) = text.split_once("..") {
            Self::Range(from.into(), to.into())
        } else if let Some(name) = text.strip_prefix('$') {
            Self::Variable(name.into())
        } else if text.contains('*') {
            Self::Glob(text.into())
        } else {
            Self::Id(text.into())
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) | Self::Glob(id) => f.write_str(id),
            Self::Variable(name) => write!(f, "${name}"),
            Self::Range(from, to) => write!(f, "{from}..{to}"),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(prefix) = self.whose.prefix() {
            write!(f, "{prefix}.")?;
        }
        write!(f, "{}.{}.{}", self.table, self.row, self.column)
    }
}

/// Why a condition cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} at character {at} of `{text}`")]
pub struct SyntaxError {
    what: String,
    at: usize,
    text: String,
}

impl<C> Condition<C> {
    /// The same condition with every cell replaced by what `resolve` makes of it; a `sum` or `max`
    /// takes all of them, elsewhere exactly one is due.
    pub fn resolve<D, E>(
        &self,
        resolve: &mut dyn FnMut(&C) -> Result<Vec<D>, E>,
        ambiguous: &dyn Fn(&C) -> E,
    ) -> Result<Condition<D>, E> {
        let mut all = |parts: &[Self]| -> Result<Vec<Condition<D>>, E> {
            parts.iter().map(|p| p.resolve(resolve, ambiguous)).collect()
        };
        Ok(match self {
            Self::Or(parts) => Condition::Or(all(parts)?),
            Self::And(parts) => Condition::And(all(parts)?),
            Self::Not(inner) => Condition::Not(Box::new(inner.resolve(resolve, ambiguous)?)),
            Self::Implies(a, b) => Condition::Implies(
                Box::new(a.resolve(resolve, ambiguous)?),
                Box::new(b.resolve(resolve, ambiguous)?),
            ),
            Self::Iff(a, b) => Condition::Iff(
                Box::new(a.resolve(resolve, ambiguous)?),
                Box::new(b.resolve(resolve, ambiguous)?),
            ),
            Self::Compare(a, op, b) => Condition::Compare(
                a.resolve(resolve, ambiguous)?,
                *op,
                b.resolve(resolve, ambiguous)?,
            ),
        })
    }

    /// Every cell in it, in the order written.
    pub fn cells<'a>(&'a self, out: &mut Vec<&'a C>) {
        match self {
            Self::Or(parts) | Self::And(parts) => parts.iter().for_each(|p| p.cells(out)),
            Self::Not(inner) => inner.cells(out),
            Self::Implies(a, b) | Self::Iff(a, b) => {
                a.cells(out);
                b.cells(out);
            }
            Self::Compare(a, _, b) => {
                a.cells(out);
                b.cells(out);
            }
        }
    }
}

impl<C> Term<C> {
    /// The same term with every cell replaced, as in [`Condition::resolve`].
    pub fn resolve<D, E>(
        &self,
        resolve: &mut dyn FnMut(&C) -> Result<Vec<D>, E>,
        ambiguous: &dyn Fn(&C) -> E,
    ) -> Result<Term<D>, E> {
        Ok(match self {
            Self::Number(n) => Term::Number(*n),
            Self::Cell(cell) => {
                let mut found = resolve(cell)?;
                match (found.pop(), found.is_empty()) {
                    (Some(one), true) => Term::Cell(one),
                    _ => return Err(ambiguous(cell)),
                }
            }
            Self::Add(a, b) => Term::Add(
                Box::new(a.resolve(resolve, ambiguous)?),
                Box::new(b.resolve(resolve, ambiguous)?),
            ),
            Self::Subtract(a, b) => Term::Subtract(
                Box::new(a.resolve(resolve, ambiguous)?),
                Box::new(b.resolve(resolve, ambiguous)?),
            ),
            Self::Multiply(a, b) => Term::Multiply(
                Box::new(a.resolve(resolve, ambiguous)?),
                Box::new(b.resolve(resolve, ambiguous)?),
            ),
            Self::Sum(parts) => Term::Sum(Self::resolve_many(parts, resolve, ambiguous)?),
            Self::Max(parts) => Term::Max(Self::resolve_many(parts, resolve, ambiguous)?),
        })
    }

    fn resolve_many<D, E>(
        parts: &[Self],
        resolve: &mut dyn FnMut(&C) -> Result<Vec<D>, E>,
        ambiguous: &dyn Fn(&C) -> E,
    ) -> Result<Vec<Term<D>>, E> {
        let mut terms = Vec::new();
        for part in parts {
            match part {
                Self::Cell(cell) => terms.extend(resolve(cell)?.into_iter().map(Term::Cell)),
                other => terms.push(other.resolve(resolve, ambiguous)?),
            }
        }
        Ok(terms)
    }

    /// Every cell in it, in the order written.
    pub fn cells<'a>(&'a self, out: &mut Vec<&'a C>) {
        match self {
            Self::Number(_) => {}
            Self::Cell(cell) => out.push(cell),
            Self::Add(a, b) | Self::Subtract(a, b) | Self::Multiply(a, b) => {
                a.cells(out);
                b.cells(out);
            }
            Self::Sum(parts) | Self::Max(parts) => parts.iter().for_each(|p| p.cells(out)),
        }
    }
}

/// Reads a condition.
pub fn parse(text: &str) -> Result<Condition<Pattern>, SyntaxError> {
    let mut parser = Parser { text, rest: text, depth: 0 };
    let condition = parser.condition()?;
    parser.skip_blanks();
    if parser.rest.is_empty() { Ok(condition) } else { Err(parser.error("unexpected text")) }
}

/// Reads a number to be computed: one side of a comparison.
pub fn parse_term(text: &str) -> Result<Term<Pattern>, SyntaxError> {
    let mut parser = Parser { text, rest: text, depth: 0 };
    let term = parser.sum()?;
    parser.skip_blanks();
    if parser.rest.is_empty() { Ok(term) } else { Err(parser.error("unexpected text")) }
}

/// Deeper nesting than any rule needs. Small, because an opening parenthesis is tried twice.
const MAX_DEPTH: u32 = 12;

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    depth: u32,
}

impl<'a> Parser<'a> {
    fn error(&self, what: &str) -> SyntaxError {
        let read = self.text.len().saturating_sub(self.rest.len());
        let at = self.text.char_indices().take_while(|(i, _)| *i < read).count() + 1;
        SyntaxError { what: what.into(), at, text: self.text.into() }
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes the symbol if it comes next.
    fn take(&mut self, symbol: &str) -> bool {
        self.skip_blanks();
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes the word if it comes next and ends there.
    fn take_word(&mut self, word: &str) -> bool {
        self.skip_blanks();
        match self.rest.strip_prefix(word) {
            Some(rest) if !rest.starts_with(is_part_char) && !rest.starts_with('.') => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("nested too deeply"));
        }
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn condition(&mut self) -> Result<Condition<Pattern>, SyntaxError> {
        let left = self.implied()?;
        if self.take("<=>") {
            let right = self.nested(Self::condition)?;
            return Ok(Condition::Iff(Box::new(left), Box::new(right)));
        }
        if self.take("=>") {
            let right = self.nested(Self::condition)?;
            return Ok(Condition::Implies(Box::new(left), Box::new(right)));
        }
        Ok(left)
    }

    fn implied(&mut self) -> Result<Condition<Pattern>, SyntaxError> {
        let first = self.both()?;
        let mut parts = vec![first];
        while self.take_word("or") {
            parts.push(self.both()?);
        }
        Ok(one_or(parts, Condition::Or))
    }

    fn both(&mut self) -> Result<Condition<Pattern>, SyntaxError> {
        let first = self.single()?;
        let mut parts = vec![first];
        while self.take_word("and") {
            parts.push(self.single()?);
        }
        Ok(one_or(parts, Condition::And))
    }

    fn single(&mut self) -> Result<Condition<Pattern>, SyntaxError> {
        if self.take_word("not") {
            return Ok(Condition::Not(Box::new(self.nested(Self::single)?)));
        }
        // "(" opens a condition or the sum that a comparison begins with; only reading tells.
        let (start, depth) = (self.rest, self.depth);
        if self.take("(")
            && let Ok(condition) = self.nested(Self::condition)
            && self.take(")")
            && !self.comparison_follows()
        {
            return Ok(condition);
        }
        (self.rest, self.depth) = (start, depth);
        self.comparison()
    }

    fn comparison_follows(&mut self) -> bool {
        self.skip_blanks();
        let rest = self.rest;
        !rest.starts_with("<=>")
            && !rest.starts_with("=>")
            && rest.starts_with(['=', '!', '<', '>', '+', '-', '*'])
    }

    fn comparison(&mut self) -> Result<Condition<Pattern>, SyntaxError> {
        let left = self.sum()?;
        let operator = self.operator()?;
        let right = self.sum()?;
        Ok(Condition::Compare(left, operator, right))
    }

    fn operator(&mut self) -> Result<Operator, SyntaxError> {
        const OPERATORS: [(&str, Operator); 6] = [
            ("!=", Operator::Unequal),
            ("<=", Operator::AtMost),
            (">=", Operator::AtLeast),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        self.skip_blanks();
        if !self.rest.starts_with("<=>") && !self.rest.starts_with("=>") {
            for (symbol, operator) in OPERATORS {
                if self.take(symbol) {
                    return Ok(operator);
                }
            }
        }
        Err(self.error("expected one of = != < <= > >="))
    }

    fn sum(&mut self) -> Result<Term<Pattern>, SyntaxError> {
        let mut left = self.product()?;
        loop {
            if self.take("+") {
                left = Term::Add(Box::new(left), Box::new(self.product()?));
            } else if self.take("-") {
                left = Term::Subtract(Box::new(left), Box::new(self.product()?));
            } else {
                return Ok(left);
            }
        }
    }

    fn product(&mut self) -> Result<Term<Pattern>, SyntaxError> {
        let mut left = self.operand()?;
        while self.take("*") {
            left = Term::Multiply(Box::new(left), Box::new(self.operand()?));
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Term<Pattern>, SyntaxError> {
        self.skip_blanks();
        if self.take("-") {
            let inner = self.nested(Self::operand)?;
            return Ok(Term::Subtract(Box::new(Term::Number(Decimal::ZERO)), Box::new(inner)));
        }
        if self.take("(") {
            let inner = self.nested(Self::sum)?;
            return if self.take(")") { Ok(inner) } else { Err(self.error("expected )")) };
        }
        if self.take_word("sum") {
            return self.nested(Self::arguments).map(Term::Sum);
        }
        if self.take_word("max") {
            return self.nested(Self::arguments).map(Term::Max);
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return self.number();
        }
        self.cell().map(Term::Cell)
    }

    fn arguments(&mut self) -> Result<Vec<Term<Pattern>>, SyntaxError> {
        if !self.take("(") {
            return Err(self.error("expected ("));
        }
        let mut terms = vec![self.sum()?];
        while self.take(",") {
            terms.push(self.sum()?);
        }
        if self.take(")") { Ok(terms) } else { Err(self.error("expected , or )")) }
    }

    fn number(&mut self) -> Result<Term<Pattern>, SyntaxError> {
        let text = self.take_while(|c| c.is_ascii_digit() || c == '.');
        text.parse().map(Term::Number).map_err(|_| self.error("not a number"))
    }

    fn cell(&mut self) -> Result<Pattern, SyntaxError> {
        let mut table = self.part()?;
        let other = match &table {
            Part::Id(id) => Whose::of_prefix(id),
            _ => None,
        };
        self.dot()?;
        if other.is_some() {
            table = self.part()?;
            self.dot()?;
        }
        let row = self.part()?;
        self.dot()?;
        let column = self.part()?;
        Ok(Pattern { whose: other.unwrap_or(Whose::This), table, row, column })
    }

    fn dot(&mut self) -> Result<(), SyntaxError> {
        match self.rest.strip_prefix('.') {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(self.error("expected a cell: table.row.column")),
        }
    }

    fn part(&mut self) -> Result<Part, SyntaxError> {
        let first = self.take_while(is_part_char);
        if first.is_empty() {
            return Err(self.error("expected a number or a cell: table.row.column"));
        }
        match self.rest.strip_prefix("..") {
            Some(rest) => {
                self.rest = rest;
                let last = self.take_while(is_part_char);
                Ok(Part::Range(first.into(), last.into()))
            }
            None => Ok(Part::parse(first)),
        }
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !accept(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

fn one_or<C>(
    mut parts: Vec<Condition<C>>,
    many: impl FnOnce(Vec<Condition<C>>) -> Condition<C>,
) -> Condition<C> {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            parts.push(last);
            many(parts)
        }
        (None, _) => many(parts),
    }
}

fn is_part_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '$' | '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<String> {
        let condition = parse(text).unwrap();
        let mut found = Vec::new();
        condition.cells(&mut found);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_balance_has_two_sides_of_two_cells() {
        assert_eq!(
            cells("t.a.$c + t.b.$c = t.d.$c + t.e.$c"),
            ["t.a.$c", "t.b.$c", "t.d.$c", "t.e.$c"]
        );
    }

    #[test]
    fn ranges_and_globs_are_kept_as_written() {
        assert_eq!(
            cells("t.total.$c = sum(t.a..b.$c, t.x_*.v)"),
            ["t.total.$c", "t.a..b.$c", "t.x_*.v"]
        );
    }

    #[test]
    fn a_cell_of_another_report_is_told_by_its_prefix() {
        assert_eq!(
            cells("t.a.$c = last.t.b.$c + sum(last.t.x_*.v)"),
            ["t.a.$c", "last.t.b.$c", "last.t.x_*.v"]
        );
        assert_eq!(cells("t.a.$c = units.t.a.$c"), ["t.a.$c", "units.t.a.$c"]);
        assert!(parse("last.t.a = 1").is_err() && parse("units.t.a = 1").is_err());
    }

    #[test]
    fn implication_binds_weaker_than_or_and_comparison() {
        let condition = parse("t.a.v > 0 or t.b.v > 0 => t.c.v + t.d.v > 0").unwrap();
        assert!(matches!(condition, Condition::Implies(a, _) if matches!(*a, Condition::Or(_))));
    }

    #[test]
    fn at_most_is_not_read_as_equivalence() {
        assert!(matches!(
            parse("t.a.v <= t.b.v").unwrap(),
            Condition::Compare(_, Operator::AtMost, _)
        ));
        assert!(matches!(parse("t.a.v = 0 <=> t.b.v = 0").unwrap(), Condition::Iff(..)));
    }

    #[test]
    fn parentheses_group_conditions_and_sums_alike() {
        assert!(matches!(parse("not (t.a.v = 1 and t.b.v != 0)").unwrap(), Condition::Not(_)));
        assert!(matches!(parse("(t.a.v + 1) * 2 = 4").unwrap(), Condition::Compare(..)));
        assert!(matches!(parse("(t.a.v) = 4").unwrap(), Condition::Compare(..)));
    }

    #[test]
    fn minus_before_a_cell_negates_it() {
        assert_eq!(cells("-t.a.v <= 0"), ["t.a.v"]);
    }

    #[test]
    fn errors_say_where_and_what_was_expected() {
        let error = parse("t.a.v = t.b").unwrap_err().to_string();
        assert_eq!(error, "expected a cell: table.row.column at character 12 of `t.a.v = t.b`");
        for bad in ["", "t.a.v", "t.a.v =", "t.a.v = 1 1", "sum() = 1", "t.a.v = 1 = 2", "甲 = 1"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_stack_overflow() {
        assert!(parse(&"(".repeat(100_000)).is_err());
        assert!(parse(&"not ".repeat(100_000)).is_err());
        assert!(parse(&"-".repeat(100_000)).is_err());
    }
}
