//! Where a rule applies: the variables of `for_each` bound, patterns of cells resolved to the cells
//! of a form.

use std::collections::BTreeMap;

use super::super::expr::{self, Condition, Part, Pattern, Term, Whose};
use super::super::file::RuleItem;
use super::super::{CellId, Id, Instance, Named, Table};

/// No rule of a real form applies at so many places, or names so many cells at all of them together: what
/// names more is refused before it takes all memory.
const MOST_PLACES: usize = 5_000;
const MOST_CELLS: usize = 20_000;

/// One way of binding every variable of `for_each`.
pub(super) type Binding = BTreeMap<String, String>;

/// Every way of binding the variables: `t in tables`, `c in requests.columns`, `r in $t.rows`.
fn bindings(loops: &[String], tables: &[Table]) -> Result<Vec<Binding>, String> {
    let mut all = vec![Binding::new()];
    for text in loops {
        let mut bound = Vec::new();
        for binding in &all {
            let (variable, values) = one_loop(text, binding, tables)?;
            bound.extend(values.into_iter().map(|value| {
                let mut binding = binding.clone();
                binding.insert(variable.to_owned(), value);
                binding
            }));
            if bound.len() > MOST_PLACES {
                return Err(format!(
                    "for_each `{text}`: the rule has more than {MOST_PLACES} places"
                ));
            }
        }
        all = bound;
    }
    Ok(all)
}

/// `t in tables`, `c in requests.columns`, `r in $t.rows`, each optionally with `.` and what is meant of
/// them: `r in requests.rows.granted..other_rest, carried_out`.
fn one_loop<'t>(
    text: &'t str,
    binding: &Binding,
    tables: &[Table],
) -> Result<(&'t str, Vec<String>), String> {
    let wrong = || {
        format!(
            "for_each `{text}`: expected \"t in tables\", \"c in TABLE.columns\" or \"r in \
             TABLE.rows\", optionally with `.` and the ids, globs or ranges meant, separated by commas"
        )
    };
    let (variable, set) = text.split_once(" in ").ok_or_else(wrong)?;
    let (first, rest) =
        set.trim().split_once('.').map_or((set.trim(), None), |(f, r)| (f, Some(r)));
    let (of, wanted, all): (String, _, Vec<&str>) = if first == "tables" {
        ("the form".into(), rest, tables.iter().map(|t| t.id.as_str()).collect())
    } else {
        let table = match first.strip_prefix('$') {
            Some(variable) => binding.get(variable).map(String::as_str).ok_or_else(wrong)?,
            None => first,
        };
        let table = tables.iter().find(|t| t.id == table).ok_or_else(|| {
            format!(
                "for_each names table `{table}`, the form has {}",
                ids(tables.iter().map(|t| &t.id))
            )
        })?;
        let which = rest.ok_or_else(wrong)?;
        let (which, wanted) = which.split_once('.').map_or((which, None), |(w, p)| (w, Some(p)));
        let all = match which {
            "columns" => table.columns.iter().map(|c| c.id.as_str()).collect(),
            "rows" => table.value_rows().map(|r| r.id.as_str()).collect(),
            _ => return Err(wrong()),
        };
        (format!("table {}", table.id), wanted, all)
    };
    let mut chosen = Vec::new();
    for part in wanted.map_or(vec!["*"], |w| w.split(',').map(str::trim).collect()) {
        let found = select(&Part::parse(part), &all)
            .ok_or_else(|| format!("for_each names `{part}`, {of} has {}", all.join(", ")))?;
        chosen.extend(found.into_iter().map(str::to_owned));
    }
    Ok((variable.trim(), chosen))
}

fn ids<'s>(ids: impl Iterator<Item = &'s Id>) -> String {
    ids.map(Id::as_str).collect::<Vec<_>>().join(", ")
}

/// Why a cell as written is none of the form.
pub(super) enum Unresolved {
    /// The binding leads to a row that lacks the column: this place does not exist.
    NotHere,
    /// A mistake.
    Wrong(String),
}

impl Unresolved {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::NotHere => "names a cell that its row lacks".into(),
            Self::Wrong(what) => what,
        }
    }
}

/// The cells that a pattern names under a binding.
pub(super) type Resolve<'a, C> = dyn Fn(&Pattern, &Binding) -> Result<Vec<C>, Unresolved> + 'a;

/// A condition as written, at every place where all its cells exist.
pub(super) fn instances<C: Named>(
    condition: &Condition<Pattern>,
    item: &RuleItem,
    tables: &[Table],
    named: &Resolve<'_, C>,
) -> Result<Vec<Instance<C>>, String> {
    let mut instances = Vec::new();
    let mut count = 0_usize;
    for binding in bindings(item.loops(), tables)? {
        let mut counted = |pattern: &Pattern| {
            let cells = named(pattern, &binding)?;
            count = count.saturating_add(cells.len());
            match count <= MOST_CELLS {
                true => Ok(cells),
                false => Err(Unresolved::Wrong(format!("names more than {MOST_CELLS} cells"))),
            }
        };
        let resolved = condition.resolve(&mut counted, &several);
        match resolved.and_then(|resolved| instance(resolved, &binding, item, tables)) {
            Ok(instance) => instances.push(instance),
            Err(Unresolved::NotHere) => {}
            Err(Unresolved::Wrong(what)) => return Err(what),
        }
    }
    if instances.is_empty() {
        return Err("no row and column has all the cells it names".into());
    }
    Ok(instances)
}

fn instance<C: Named>(
    condition: Condition<C>,
    binding: &Binding,
    item: &RuleItem,
    tables: &[Table],
) -> Result<Instance<C>, Unresolved> {
    let total = item.total.as_deref().map(|t| total(t, &condition, binding, tables)).transpose()?;
    let mut cells = Vec::new();
    condition.cells(&mut cells);
    let first = cells.into_iter().find_map(Named::own).cloned();
    let first = first.ok_or_else(|| Unresolved::Wrong("names no cell of the report".into()))?;
    let place = match &item.place {
        Some(place) => bind(place, binding)?,
        None => first.to_string(),
    };
    let (row, column) = spoken_of(&place, &first, tables);
    Ok(Instance { place, table: first.table, row, column, condition, total })
}

/// The row and the column a place names, where it names one that exists.
fn spoken_of(place: &str, first: &CellId, tables: &[Table]) -> (Option<String>, Option<String>) {
    let mut parts = place.split('.').skip(1);
    let table = tables.iter().find(|t| t.id == first.table);
    let row = parts.next().filter(|r| table.is_some_and(|t| t.row(r).is_some()));
    let column = parts.next().filter(|c| table.is_some_and(|t| t.column(c).is_some()));
    (row.map(Into::into), column.map(Into::into))
}

/// A dotted place with its variables bound.
fn bind(place: &str, binding: &Binding) -> Result<String, Unresolved> {
    let parts: Result<Vec<String>, Unresolved> = place
        .split('.')
        .map(|part| match Part::parse(part) {
            Part::Variable(name) => binding.get(&name).cloned().ok_or_else(|| {
                Unresolved::Wrong(format!("where names ${name}, which for_each does not bind"))
            }),
            _ => Ok(part.to_owned()),
        })
        .collect();
    Ok(parts?.join("."))
}

/// The stated total, which must be one whole side of an equality.
fn total<C: Named>(
    text: &str,
    condition: &Condition<C>,
    binding: &Binding,
    tables: &[Table],
) -> Result<CellId, Unresolved> {
    let text = bind(text, binding)?;
    let alone = match condition {
        Condition::Compare(left, expr::Operator::Equal, right) => {
            [left, right].into_iter().find_map(|side| match side {
                Term::Cell(cell) => cell.own().filter(|cell| cell.to_string() == text).cloned(),
                _ => None,
            })
        }
        _ => None,
    };
    let known = || tables.iter().any(|t| t.cells().any(|(r, c)| t.cell(r, c).to_string() == text));
    alone.ok_or_else(|| {
        Unresolved::Wrong(if known() {
            format!("total `{text}` must stand alone on one side of =")
        } else {
            format!("total names cell `{text}`, which the form lacks")
        })
    })
}

/// A condition on one report that names its cells outright.
pub(super) fn resolve(
    condition: &Condition<Pattern>,
    tables: &[Table],
) -> Result<Condition<CellId>, Unresolved> {
    condition
        .resolve(&mut |pattern: &Pattern| own_cells(pattern, &Binding::new(), tables), &several)
}

/// The cells of the report itself that a pattern names.
pub(super) fn own_cells(
    pattern: &Pattern,
    binding: &Binding,
    tables: &[Table],
) -> Result<Vec<CellId>, Unresolved> {
    match pattern.whose {
        Whose::This => cells(pattern, binding, tables),
        Whose::Last | Whose::Units => Err(Unresolved::Wrong(format!(
            "names `{pattern}`, a cell of another report: that is for [[across]]"
        ))),
    }
}

/// A glob or range where one cell is due.
pub(super) fn several(pattern: &Pattern) -> Unresolved {
    Unresolved::Wrong(format!("`{pattern}` names several cells; use it inside sum() or max()"))
}

/// The cells a pattern names under a binding.
pub(super) fn cells(
    pattern: &Pattern,
    binding: &Binding,
    tables: &[Table],
) -> Result<Vec<CellId>, Unresolved> {
    let bound = |part: &Part| match part {
        Part::Variable(name) => binding.get(name).map(|id| Part::Id(id.clone())).ok_or_else(|| {
            Unresolved::Wrong(format!("`{pattern}` names ${name}, which for_each does not bind"))
        }),
        other => Ok(other.clone()),
    };
    let lacks = |what: &str, has: String| {
        Unresolved::Wrong(format!("names cell `{pattern}`; {what} has {has}"))
    };
    let known = |ids: &[&str]| ids.join(", ");
    let table_ids: Vec<&str> = tables.iter().map(|t| t.id.as_str()).collect();
    let found = select(&bound(&pattern.table)?, &table_ids).unwrap_or_default();
    if found.len() > 1 {
        return Err(Unresolved::Wrong(format!("`{pattern}` names several tables; name one")));
    }
    let table = tables
        .iter()
        .find(|table| found.contains(&table.id.as_str()))
        .ok_or_else(|| lacks("the form", known(&table_ids)))?;
    let row_ids: Vec<&str> = table.value_rows().map(|r| r.id.as_str()).collect();
    let column_ids: Vec<&str> = table.columns.iter().map(|c| c.id.as_str()).collect();
    let of_table = format!("table {}", table.id);
    let rows =
        select(&bound(&pattern.row)?, &row_ids).ok_or_else(|| lacks(&of_table, known(&row_ids)))?;
    let columns = select(&bound(&pattern.column)?, &column_ids)
        .ok_or_else(|| lacks(&of_table, known(&column_ids)))?;
    let found: Vec<CellId> = table
        .cells()
        .filter(|(r, c)| rows.contains(&r.id.as_str()) && columns.contains(&c.id.as_str()))
        .map(|(r, c)| table.cell(r, c))
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let free = [&pattern.row, &pattern.column].into_iter().any(|p| matches!(p, Part::Variable(_)));
    Err(if free {
        Unresolved::NotHere
    } else {
        Unresolved::Wrong(format!("names cell `{pattern}`, which its row lacks"))
    })
}

/// The ids a part selects; `None` when it selects none.
fn select<'i>(part: &Part, ids: &[&'i str]) -> Option<Vec<&'i str>> {
    let position = |id: &str| ids.iter().position(|i| *i == id);
    let found: Vec<&str> = match part {
        Part::Id(id) => ids.iter().filter(|i| *i == id).copied().collect(),
        Part::Glob(glob) => ids.iter().filter(|i| glob_matches(glob, i)).copied().collect(),
        Part::Range(from, to) => ids.get(position(from)?..=position(to)?)?.to_vec(),
        Part::Variable(_) => Vec::new(),
    };
    (!found.is_empty()).then_some(found)
}

fn glob_matches(glob: &str, id: &str) -> bool {
    let mut pieces = glob.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| id.strip_prefix(first)) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}
