//! What the page's own style sheets and `style` attributes decide: what is hidden, struck or raised.
//!
//! Hidden is also what is shown outside the page, in a box without extent, without size or colour.
//! The last two are handed down to what stands inside, until that says otherwise.
//!
//! Of selectors, tags, classes, ids and what stands inside what are understood; a rule that asks for
//! more (`:hover`, `[type]`, print) does not count. Sheets in files of their own are not there. A
//! container of a table is hidden by its own attribute only: pages show such parts by script.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::super::Refusal;
use super::dom::{Dom, NodeId, ROOT};

/// Rules of one page that decide anything looked for here. Large portals have a few hundred.
const RULES: usize = 10_000;
/// Elements a selector names one inside the other.
const PARTS: usize = 8;
/// Comparisons of an element with a part of a selector.
const COMPARISONS: usize = 4_000_000;
/// Rules for media stand no deeper in each other.
const NESTED: usize = 8;

/// How an element looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// Not shown, or struck out, with all it holds.
    pub(super) is_hidden: bool,
    /// Hidden, and its place goes to what comes next.
    pub(super) is_gone: bool,
    /// Above the line.
    pub(super) is_raised: bool,
    /// Whether its own text has no size; `None`: as around it.
    is_tiny: Option<bool>,
    /// Whether its own text has no colour; `None`: as around it.
    is_clear: Option<bool>,
    /// Whether its own text is white; `None`: as around it.
    is_white: Option<bool>,
    /// Its background has a colour of its own.
    has_ground: bool,
}

/// The properties looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Property {
    Display,
    Visibility,
    /// Word's own way to hide.
    MsoHide,
    Decoration,
    Place,
    Opacity,
    Transform,
    /// Text moved far out of its box, or the box out of the page.
    Indent,
    Margin,
    Left,
    Top,
    /// Whether the box is placed apart from the text.
    Position,
    /// A box cut down to nothing.
    Clip,
    Overflow,
    Height,
    Width,
    FontSize,
    Color,
    White,
    /// Whether the background is seen through the text.
    Background,
    /// Whether the background has a colour of its own.
    Ground,
}

/// Every property that hides by itself.
const HIDING: [Property; 8] = [
    Property::Display,
    Property::Visibility,
    Property::MsoHide,
    Property::Decoration,
    Property::Opacity,
    Property::Transform,
    Property::Indent,
    Property::Margin,
];
/// What hides a box that is placed apart.
const APART: [Property; 3] = [Property::Left, Property::Top, Property::Clip];
/// What leaves nothing of a box, if what flows over is not shown.
const FLATTENING: [Property; 2] = [Property::Height, Property::Width];

/// Moved as far as this, in pixels or characters, text stands outside the page.
const AWAY: f64 = -500.0;
/// What is no larger than this, in pixels or points, cannot be read.
const TINY: f64 = 1.0;

/// `display: none` and the like; `is_on`: whether it hides or raises.
#[derive(Debug, Clone, Copy)]
struct Declaration {
    property: Property,
    is_on: bool,
    is_important: bool,
}

/// An element a selector asks for.
#[derive(Debug, Default)]
struct Part {
    tag: Option<String>,
    id: Option<String>,
    classes: Vec<String>,
    /// It stands directly inside the part before it.
    is_child: bool,
}

/// A selector and what it declares.
#[derive(Debug)]
struct Rule {
    /// Outermost first.
    parts: Vec<Part>,
    declarations: Vec<Declaration>,
}

/// What decides between declarations, greatest last: importance, the element's own attribute, ids,
/// classes and tags of the selector, its place.
type Weight = (bool, bool, usize, usize, usize, usize);

/// Tells each element of a page how it looks.
pub(super) fn apply(dom: &mut Dom) -> Result<(), Refusal> {
    let own: Vec<(NodeId, Vec<Declaration>)> = dom
        .elements()
        .map(|node| (node, declarations(dom.attribute(node, "style").unwrap_or_default())))
        .collect();
    let rules = deciding(rules(dom), &own);
    let mut sheets = Sheets::of(&rules);
    let holds_table = holders(dom);
    let holds_table = |node: NodeId| holds_table.get(node).copied().unwrap_or_default();
    let mut found: Vec<(NodeId, Vec<(Weight, Declaration)>)> = Vec::new();
    for (node, own) in own {
        let own = own.into_iter().map(|d| ((d.is_important, true, 0, 0, 0, 0), d));
        let by_sheets =
            if holds_table(node) { Vec::new() } else { sheets.declared(dom, node, true)? };
        found.push((node, by_sheets.into_iter().chain(own).collect()));
    }
    let touched = touched(dom, &found);
    for (node, mut found) in found {
        if touched.contains(&node) {
            if !holds_table(node) {
                found.extend(sheets.declared(dom, node, false)?);
            }
            dom.set_look(node, look(dom.tag(node), found));
        }
    }
    clear_unseen(dom);
    Ok(())
}

/// The elements that anything is turned on for, with all that stand in them.
fn touched(dom: &Dom, found: &[(NodeId, Vec<(Weight, Declaration)>)]) -> HashSet<NodeId> {
    let on = found.iter().filter(|(_, found)| found.iter().any(|(_, d)| d.is_on));
    let mut open: Vec<NodeId> = on.map(|(node, _)| *node).collect();
    let mut touched = HashSet::new();
    while let Some(node) = open.pop() {
        if touched.insert(node) {
            open.extend(dom.children(node));
        }
    }
    touched
}

/// The rules of a page, by what an element must have for them.
struct Sheets<'r> {
    rules: &'r [Rule],
    by_key: HashMap<&'r str, Vec<usize>>,
    /// Comparisons that may still be made.
    left: usize,
}

impl<'r> Sheets<'r> {
    fn of(rules: &'r [Rule]) -> Self {
        let mut by_key: HashMap<&str, Vec<usize>> = HashMap::new();
        for (number, rule) in rules.iter().enumerate() {
            by_key.entry(key(rule)).or_default().push(number);
        }
        Self { rules, by_key, left: COMPARISONS }
    }

    /// What is declared for an element: by the rules that turn anything on, or by the others.
    fn declared(
        &mut self,
        dom: &Dom,
        node: NodeId,
        turns_on: bool,
    ) -> Result<Vec<(Weight, Declaration)>, Refusal> {
        let mut found = Vec::new();
        let keys = [dom.tag(node), ""].into_iter().chain(dom.attribute(node, "id"));
        for key in keys.chain(classes(dom, node)) {
            for &number in self.by_key.get(key).into_iter().flatten() {
                let Some(rule) = self.rules.get(number) else { continue };
                if rule.declarations.iter().any(|d| d.is_on) == turns_on
                    && matches(dom, node, &rule.parts, &mut self.left)
                {
                    let weight = weight(rule, number);
                    found.extend(rule.declarations.iter().map(|d| (weight(d), *d)));
                }
            }
        }
        match self.left {
            0 => Err(Refusal::TooLarge("style sheets without end".into())),
            _ => Ok(found),
        }
    }
}

/// The rules about what anything on the page says: most only give sizes and colours, all visible.
fn deciding(mut rules: Vec<Rule>, own: &[(NodeId, Vec<Declaration>)]) -> Vec<Rule> {
    let mut on: Vec<Property> = Vec::new();
    let of_elements = own.iter().flat_map(|(_, own)| own);
    for declared in rules.iter().flat_map(|rule| &rule.declarations).chain(of_elements) {
        if declared.is_on && !on.contains(&declared.property) {
            on.push(declared.property);
        }
    }
    rules.iter_mut().for_each(|rule| rule.declarations.retain(|d| on.contains(&d.property)));
    rules.retain(|rule| !rule.declarations.is_empty());
    rules
}

fn look(tag: &str, mut found: Vec<(Weight, Declaration)>) -> Look {
    // Of equals the last one counts.
    found.reverse();
    found.sort_by_key(|(weight, _)| Reverse(*weight));
    let says = |property: Property| {
        let decides = found.iter().find(|(_, declaration)| declaration.property == property);
        decides.map(|(_, declaration)| declaration.is_on)
    };
    let is_on = |property: Property| says(property) == Some(true);
    let is_apart = is_on(Property::Position);
    // Cells grow with what they hold.
    let is_box = !is_part_of_table(tag);
    Look {
        is_hidden: HIDING.into_iter().any(is_on)
            || (is_apart && APART.into_iter().any(is_on))
            || (is_box && is_on(Property::Overflow) && FLATTENING.into_iter().any(is_on)),
        is_gone: is_on(Property::Display),
        is_raised: is_on(Property::Place),
        is_tiny: says(Property::FontSize),
        is_white: says(Property::White),
        has_ground: is_on(Property::Ground),
        is_clear: says(Property::Color).map(|is_clear| is_clear && !is_on(Property::Background)),
    }
}

/// What elements hand down to the texts in them.
#[derive(Debug, Clone, Copy, Default)]
struct Around {
    is_tiny: bool,
    is_clear: bool,
    is_white: bool,
    on_ground: bool,
    /// The cell of a table they stand in.
    cell: Option<NodeId>,
}

impl Around {
    fn within(self, dom: &Dom, node: NodeId) -> Self {
        let look = dom.look(node);
        let tag = dom.tag(node);
        let own = match tag {
            // Old pages, which say nothing of their kind, hand nothing down to tables.
            "table" => Self::default(),
            "td" | "th" => Self { cell: Some(node), ..self },
            _ => self,
        };
        let coloured = dom.attribute(node, "color").filter(|_| tag == "font").map(is_white);
        Self {
            is_tiny: look.is_tiny.unwrap_or(own.is_tiny),
            is_clear: look.is_clear.unwrap_or(own.is_clear),
            is_white: look.is_white.or(coloured).unwrap_or(own.is_white),
            on_ground: own.on_ground || look.has_ground,
            cell: own.cell,
        }
    }
}

/// Takes away the texts without size or colour, and white ones beside others in a cell: whatever its
/// ground, one of the two is not seen.
fn clear_unseen(dom: &mut Dom) {
    let mut open = vec![(ROOT, Around::default())];
    let (mut unseen, mut white, mut dark) = (Vec::new(), Vec::new(), HashSet::new());
    while let Some((node, around)) = open.pop() {
        let is_text = dom.text(node).is_some_and(|text| !text.trim().is_empty());
        if is_text && (around.is_tiny || around.is_clear) {
            unseen.push(node);
        } else if let (true, Some(cell)) = (is_text, around.cell) {
            match around.is_white && !around.on_ground {
                true => white.push((cell, node)),
                false => drop(dark.insert(cell)),
            }
        }
        let own = around.within(dom, node);
        open.extend(dom.children(node).map(|child| (child, own)));
    }
    let white = white.into_iter().filter(|(cell, _)| dark.contains(cell)).map(|(_, text)| text);
    unseen.into_iter().chain(white).for_each(|node| dom.clear(node));
}

fn is_part_of_table(tag: &str) -> bool {
    matches!(tag, "table" | "caption" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th")
}

/// For each node whether it is a table or holds one.
fn holders(dom: &Dom) -> Vec<bool> {
    let mut holds = Vec::new();
    for table in dom.elements().filter(|node| dom.tag(*node) == "table") {
        let mut next = Some(table);
        while let Some(node) = next {
            if holds.len() <= node {
                holds.resize(node + 1, false);
            }
            match holds.get_mut(node) {
                Some(known) if !*known => *known = true,
                _ => break,
            }
            next = dom.parent(node);
        }
    }
    holds
}

fn rules(dom: &Dom) -> Vec<Rule> {
    let mut rules = Vec::new();
    for sheet in dom.elements().filter(|node| dom.tag(*node) == "style") {
        let medium = dom.attribute(sheet, "media").unwrap_or_default();
        if is_for_screens(medium) {
            let text: String = dom.children(sheet).filter_map(|child| dom.text(child)).collect();
            read_sheet(&without_comments(&text), &mut rules, 0);
        }
    }
    rules
}

fn is_for_screens(medium: &str) -> bool {
    matches!(medium.trim().to_ascii_lowercase().as_str(), "" | "all" | "screen")
}

/// A sheet without its comments and the marks that hid it from old browsers.
fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain.replace("<!--", " ").replace("-->", " ")
}

fn read_sheet(text: &str, rules: &mut Vec<Rule>, depth: usize) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (body, after) = block(after);
        rest = after;
        // Statements without a block (`@import …;`) end before the selector.
        let selectors = before.rsplit(';').next().unwrap_or_default().trim();
        match selectors.strip_prefix('@') {
            Some(at) => {
                if depth < NESTED && at.strip_prefix("media").is_some_and(is_for_screens) {
                    read_sheet(body, rules, depth + 1);
                }
            }
            None => {
                let declarations = declarations(body);
                let room = RULES.saturating_sub(rules.len());
                if !declarations.is_empty() {
                    let own = selectors.split(',').filter_map(parts).take(room);
                    rules.extend(
                        own.map(|parts| Rule { parts, declarations: declarations.clone() }),
                    );
                }
            }
        }
    }
}

/// What stands between a brace and the one that closes it, and what comes after.
fn block(text: &str) -> (&str, &str) {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let (body, after) = text.split_at(at);
            return (body, after.get(1..).unwrap_or_default());
        }
    }
    (text, "")
}

fn declarations(body: &str) -> Vec<Declaration> {
    let mut last: Vec<Declaration> = Vec::new();
    for found in body.split(';').flat_map(said) {
        last.retain(|d| d.property != found.property || d.is_important != found.is_important);
        last.push(found);
    }
    last
}

/// A length in pixels or points, or in characters; none for one that depends on what is around.
fn length(value: &str) -> Option<f64> {
    let end = value.find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '+' | '.')));
    let (number, unit) = value.split_at_checked(end.unwrap_or(value.len()))?;
    let number: f64 = number.parse().ok()?;
    let is_absolute = matches!(unit, "" | "px" | "pt" | "em" | "rem" | "%") || number == 0.0;
    is_absolute.then_some(number)
}

fn is_away(value: &str) -> bool {
    value.split_whitespace().filter_map(length).any(|length| length <= AWAY)
}

/// Whether text of this size cannot be seen. A size that is a part of the one around says nothing.
fn is_tiny(value: &str) -> Option<bool> {
    let is_relative = value.ends_with("em") || value.ends_with('%');
    match length(value) {
        Some(0.0) => Some(true),
        _ if (is_relative && !value.ends_with("rem")) || value == "inherit" => None,
        Some(size) => Some(size <= TINY && !is_relative),
        None => Some(false),
    }
}

/// The size among what `font` says: `12px/1.5`, but not a weight such as `700`.
fn size_in(font: &str) -> Option<&str> {
    let sizes = font.split_whitespace().filter_map(|part| part.split('/').next());
    sizes.into_iter().find(|size| {
        let is_weight = size.chars().all(|c| c.is_ascii_digit()) && *size != "0";
        size.starts_with(|c: char| c.is_ascii_digit() || c == '.') && !is_weight
    })
}

/// Whether a colour lets everything through; `None`: it is that of the text around.
fn is_clear(value: &str) -> Option<bool> {
    let alpha = match value.strip_prefix('#') {
        Some(digits) => match digits.len() {
            4 => digits.get(3..),
            8 => digits.get(6..),
            _ => None,
        },
        None => value.split_once(['(']).and_then(|(name, parts)| {
            let parts: Vec<&str> = parts.trim_end_matches(')').split([',', '/', ' ']).collect();
            let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            parts.get(3).copied().filter(|_| name.starts_with("rgb") || name.starts_with("hsl"))
        }),
    };
    match value {
        "inherit" | "currentcolor" => None,
        "transparent" => Some(true),
        _ => Some(alpha.is_some_and(|alpha| alpha.trim_end_matches('%').parse() == Ok(0.0))),
    }
}

/// Whether a box is cut down to nothing: `rect(0, 0, 0, 0)`.
fn is_cut_away(value: &str) -> bool {
    let sides = value.strip_prefix("rect(").map(|sides| sides.trim_end_matches(')'));
    let mut sides = sides.unwrap_or("auto").split([',', ' ']).filter(|side| !side.is_empty());
    sides.all(|side| length(side).is_some_and(|side| side <= TINY))
}

/// What a colour says beside what [`declaration`] takes of it.
fn whiteness(text: &str, declared: Declaration) -> Option<Declaration> {
    let (_, value) = text.split_once(':').filter(|_| declared.property == Property::Color)?;
    Some(Declaration { property: Property::White, is_on: is_white(value), ..declared })
}

/// All that one declaration of a sheet says.
fn said(text: &str) -> impl Iterator<Item = Declaration> {
    let declared = declaration(text);
    let white = declared.and_then(|declared| whiteness(text, declared));
    declared.into_iter().chain(white)
}

fn is_white(colour: &str) -> bool {
    let colour = colour.split('!').next().unwrap_or_default().trim().to_ascii_lowercase();
    let colour = colour.replace(' ', "");
    matches!(colour.as_str(), "white" | "#fff" | "#ffffff" | "rgb(255,255,255)")
}

fn declaration(text: &str) -> Option<Declaration> {
    let (name, value) = text.split_once(':')?;
    let value = value.to_ascii_lowercase();
    let (value, is_important) = match value.split_once('!') {
        Some((value, mark)) => (value, mark.trim() == "important"),
        None => (value.as_str(), false),
    };
    let value = value.trim();
    let (property, is_on) = match name.trim().to_ascii_lowercase().as_str() {
        "display" => (Property::Display, value == "none"),
        "visibility" => (Property::Visibility, matches!(value, "hidden" | "collapse")),
        "mso-hide" => (Property::MsoHide, value == "all"),
        "text-decoration" | "text-decoration-line" => {
            (Property::Decoration, value.split_whitespace().any(|part| part == "line-through"))
        }
        "vertical-align" => (Property::Place, value == "super"),
        "opacity" => (Property::Opacity, value.trim_end_matches('%').parse() == Ok(0.0)),
        "transform" => (Property::Transform, value.contains("scale(0)")),
        "text-indent" => (Property::Indent, is_away(value)),
        "margin" | "margin-left" | "margin-top" => (Property::Margin, is_away(value)),
        "left" => (Property::Left, is_away(value)),
        "top" => (Property::Top, is_away(value)),
        "position" => (Property::Position, matches!(value, "absolute" | "fixed" | "relative")),
        "clip" => (Property::Clip, is_cut_away(value)),
        "overflow" => (Property::Overflow, matches!(value, "hidden" | "clip")),
        "height" | "max-height" => (Property::Height, length(value).is_some_and(|h| h <= TINY)),
        "width" | "max-width" => (Property::Width, length(value).is_some_and(|w| w <= TINY)),
        "font-size" => (Property::FontSize, is_tiny(value)?),
        "font" => (Property::FontSize, is_tiny(size_in(value)?)?),
        "color" => (Property::Color, is_clear(value)?),
        "background" | "background-color" => (
            Property::Ground,
            !is_white(value) && !matches!(value, "" | "none" | "transparent" | "inherit"),
        ),
        "background-clip" | "-webkit-background-clip" => (Property::Background, value == "text"),
        _ => return None,
    };
    Some(Declaration { property, is_on, is_important })
}

/// The parts of a selector; `None` if it asks for what is not understood.
fn parts(selector: &str) -> Option<Vec<Part>> {
    let mut parts: Vec<Part> = Vec::new();
    let mut is_child = false;
    let spaced = selector.replace('>', " > ");
    for word in spaced.split_whitespace() {
        if word == ">" {
            is_child = true;
            continue;
        }
        parts.push(Part { is_child: std::mem::take(&mut is_child), ..part(word)? });
    }
    (1..=PARTS).contains(&parts.len()).then_some(parts)
}

/// `tag`, `.class`, `#id` and their like together.
fn part(word: &str) -> Option<Part> {
    let mut part = Part::default();
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let end = word.find(['.', '#']).unwrap_or(word.len());
    let (tag, mut rest) = word.split_at_checked(end)?;
    match tag {
        "" | "*" => {}
        _ if tag.chars().all(is_name) => part.tag = Some(tag.to_ascii_lowercase()),
        _ => return None,
    }
    while let Some(mark) = rest.chars().next() {
        let after = rest.get(1..)?;
        let end = after.find(['.', '#']).unwrap_or(after.len());
        let (name, next) = after.split_at_checked(end)?;
        if name.is_empty() || !name.chars().all(is_name) {
            return None;
        }
        match mark {
            '.' => part.classes.push(name.to_owned()),
            _ => part.id = Some(name.to_owned()),
        }
        rest = next;
    }
    Some(part)
}

/// What an element has to have, whatever else: an id, else a class, else a tag.
fn key(rule: &Rule) -> &str {
    let Some(part) = rule.parts.last() else { return "" };
    part.id
        .as_deref()
        .or(part.classes.first().map(String::as_str))
        .or(part.tag.as_deref())
        .unwrap_or("")
}

fn weight(rule: &Rule, place: usize) -> impl Fn(&Declaration) -> Weight {
    let ids = rule.parts.iter().filter(|part| part.id.is_some()).count();
    let classes = rule.parts.iter().map(|part| part.classes.len()).sum();
    let tags = rule.parts.iter().filter(|part| part.tag.is_some()).count();
    move |declaration| (declaration.is_important, false, ids, classes, tags, place)
}

/// Whether an element is what a selector asks for. `left`: comparisons that may still be made.
fn matches(dom: &Dom, node: NodeId, parts: &[Part], left: &mut usize) -> bool {
    let Some((own, around)) = parts.split_last() else { return true };
    *left = left.saturating_sub(1);
    if *left == 0 || !is(dom, node, own) {
        return false;
    }
    let mut outer = dom.parent(node);
    if around.is_empty() {
        return true;
    }
    while let Some(node) = outer {
        if matches(dom, node, around, left) {
            return true;
        }
        outer = dom.parent(node).filter(|_| !own.is_child);
    }
    false
}

fn is(dom: &Dom, node: NodeId, part: &Part) -> bool {
    part.tag.as_deref().is_none_or(|tag| dom.tag(node) == tag)
        && part.id.as_deref().is_none_or(|id| dom.attribute(node, "id") == Some(id))
        && part.classes.iter().all(|wanted| classes(dom, node).any(|class| class == wanted))
}

fn classes(dom: &Dom, node: NodeId) -> impl Iterator<Item = &str> {
    dom.attribute(node, "class").unwrap_or_default().split_ascii_whitespace()
}
