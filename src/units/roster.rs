//! The roster: the office's own list of the units that should hand in. Bytes of a CSV file in, a
//! [`Roster`] out, or everything that is wrong in it with its line. Pure but for [`Roster::load`].
//!
//! Offices keep such lists in a spreadsheet, so what spreadsheets write is read: UTF-8 with or
//! without a mark, GB18030, UTF-16 ("Unicode text"), commas, semicolons or tabs, quoted fields with
//! line breaks in them, columns in any order and with headings in Chinese or English. Columns that
//! gouji does not know (序号, 备注) are left alone, with a warning that names them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord, Trim};

use super::{Match, is_listed, plain};
use crate::config::check_address;

/// The largest list that is read: some hundred thousand units.
const LARGEST: usize = 16 << 20;

/// The units that should hand in, in the order of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    /// One for each line.
    pub members: Vec<Member>,
    /// What is odd in the list and works all the same.
    pub warnings: Vec<Fault>,
}

/// A unit that should hand in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its official name, as the list has it.
    pub name: String,
    /// Other names it goes by.
    pub aliases: Vec<String>,
    /// What kind of unit it is; `None`: the list does not say.
    pub level: Option<Level>,
    /// The unit it belongs to, as the list names it.
    pub parent: Option<String>,
    /// Mail addresses of the unit itself.
    pub contacts: Vec<String>,
    /// The line it begins on, from 1.
    pub line: u64,
}

/// What kind of unit one is. The words are those of the forms' `[[level]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A township, town or sub-district.
    Township,
    /// A department, bureau or institution.
    Department,
    /// The government of a county, district or city itself.
    Government,
}

impl Level {
    /// The word in lists, databases and forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Township => "township",
            Self::Department => "department",
            Self::Government => "government",
        }
    }

    /// The same for people.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Township => "乡镇（街道）",
            Self::Department => "部门",
            Self::Government => "政府",
        }
    }

    /// What offices write: the words themselves, 乡镇, 街道, 县直部门, 委办局, 县政府 …
    fn parse(typed: &str) -> Option<Self> {
        let has = |words: &[&str]| words.iter().any(|word| typed.contains(word));
        match typed.to_ascii_lowercase().as_str() {
            "township" => Some(Self::Township),
            "department" => Some(Self::Department),
            "government" => Some(Self::Government),
            _ if has(&["乡", "镇", "街道", "苏木"]) => Some(Self::Township),
            _ if has(&["部门", "直属", "直机关", "直单位", "局", "委", "办", "事业单位"]) => {
                Some(Self::Department)
            }
            _ if has(&["政府", "本级"]) => Some(Self::Government),
            _ => None,
        }
    }
}

/// One thing that is wrong or odd in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1; `None`: the file as a whole.
    pub line: Option<u64>,
    /// What, and what to write instead.
    pub what: String,
}

impl Fault {
    fn at(line: u64, what: impl Into<String>) -> Self {
        Self { line: Some(line), what: what.into() }
    }
}

/// The rosters of all offices, by the name of the office; empty: that of `[units]`.
pub type Rosters = BTreeMap<String, Roster>;

/// Reads the rosters of these offices.
///
/// # Errors
/// What is wrong in any of them, all at once.
pub fn load<'p>(
    offices: impl IntoIterator<Item = (&'p str, &'p Path)>,
) -> Result<Rosters, RosterErrors> {
    let (mut rosters, mut errors) = (Rosters::new(), Vec::new());
    for (office, path) in offices {
        match Roster::load(path) {
            Ok(roster) => _ = rosters.insert(office.to_owned(), roster),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(rosters) } else { Err(RosterErrors(errors)) }
}

/// Why there are no rosters.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(RosterError::to_string).collect::<Vec<_>>().join("\n"))]
pub struct RosterErrors(pub Vec<RosterError>);

/// Why there is no roster.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// The file cannot be read.
    #[error("cannot read the roster {path}: {source}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Everything that is wrong in it, in the order of its lines.
    #[error("{}", listed(path, faults))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        faults: Vec<Fault>,
    },
}

/// `units.csv:3: …`, a line each.
fn listed(path: &Path, faults: &[Fault]) -> String {
    faults.iter().map(|fault| fault.in_file(path)).collect::<Vec<_>>().join("\n")
}

impl Fault {
    /// `units.csv:3: …`
    pub fn in_file(&self, path: &Path) -> String {
        let line = self.line.map(|line| format!("{line}:")).unwrap_or_default();
        format!("{}:{line} {}", path.display(), self.what)
    }
}

impl Roster {
    /// Reads a list.
    ///
    /// # Errors
    /// The file cannot be read, or something in it is wrong.
    pub fn load(path: &Path) -> Result<Self, RosterError> {
        let bytes = std::fs::read(path)
            .map_err(|source| RosterError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&bytes).map_err(|faults| RosterError::Invalid { path: path.to_owned(), faults })
    }

    /// The list that these bytes are.
    ///
    /// # Errors
    /// Everything that is wrong in it.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Fault>> {
        let text = decoded(bytes).map_err(|what| vec![Fault { line: None, what }])?;
        let mut reading = Reading::default();
        reading.read(&text);
        reading.compare_names();
        reading.follow_parents();
        let Reading { members, mut faults, warnings } = reading;
        if members.is_empty() && faults.is_empty() {
            let what = "there is no unit in it; write one a line below the headings".to_owned();
            faults.push(Fault { line: None, what });
        }
        faults.sort_by_key(|fault| fault.line);
        if faults.is_empty() { Ok(Self { members, warnings }) } else { Err(faults) }
    }

    /// The names each member is recognised by, in the order of the members.
    pub fn names(&self) -> Vec<Names> {
        let by_plain = self.by_plain();
        let only = self.only_government().map(|(_, only)| only.name.as_str());
        self.members
            .iter()
            .map(|member| Names::of(member, self.places(member, only, &by_plain)))
            .collect()
    }

    /// For each member the one above it, where that is listed: the parent it names, else the only
    /// government of the list.
    pub fn above(&self) -> Vec<Option<usize>> {
        let by_plain = self.by_plain();
        let only = self.only_government().map(|(index, _)| index);
        let above = |(index, member): (usize, &Member)| {
            let above = match &member.parent {
                Some(parent) => by_plain.get(&plain(parent)).copied(),
                None => only,
            };
            above.filter(|above| *above != index)
        };
        self.members.iter().enumerate().map(above).collect()
    }

    /// A list of one county's units names the county's government once: that is where they lie.
    fn only_government(&self) -> Option<(usize, &Member)> {
        let is_government = |m: &Member| m.level == Some(Level::Government) && m.parent.is_none();
        let mut governments = self.members.iter().enumerate().filter(|(_, m)| is_government(m));
        match (governments.next(), governments.next()) {
            (only, None) => only,
            _ => None,
        }
    }

    /// Every plain name and alias with the index of its member.
    fn by_plain(&self) -> BTreeMap<String, usize> {
        let names = |(index, member): (usize, &Member)| {
            member.spellings().map(|name| (plain(name), index)).collect::<Vec<_>>()
        };
        self.members.iter().enumerate().flat_map(names).collect()
    }

    /// The places a member lies in, the nearest last: `宜春市`, `万载县`.
    fn places(
        &self,
        member: &Member,
        only: Option<&str>,
        by_plain: &BTreeMap<String, usize>,
    ) -> Vec<String> {
        let mut places = Vec::new();
        let mut seen = BTreeSet::from([plain(&member.name)]);
        let mut parent = member.parent.as_deref().or(only);
        while let Some(place) = parent.map(plain).filter(|place| seen.insert(place.clone())) {
            let listed = by_plain.get(&place).and_then(|index| self.members.get(*index));
            parent = listed.and_then(|listed| listed.parent.as_deref());
            places.insert(0, place);
        }
        places
    }
}

impl Member {
    /// Its name and its aliases.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name).chain(&self.aliases).map(String::as_str)
    }
}

/// Rosters in which names are looked up.
#[derive(Debug, Default)]
pub struct Directory<'r> {
    lists: Vec<List<'r>>,
}

#[derive(Debug)]
struct List<'r> {
    roster: &'r Roster,
    names: Vec<Names>,
    above: Vec<Option<usize>>,
}

/// A member of one of the rosters of a [`Directory`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat {
    list: usize,
    member: usize,
}

impl<'r> Directory<'r> {
    /// Of all these rosters.
    pub fn of(rosters: &'r Rosters) -> Self {
        let list =
            |roster: &'r Roster| List { roster, names: roster.names(), above: roster.above() };
        Self { lists: rosters.values().map(list).collect() }
    }

    /// Who a plain name means: a member of the only roster that knows it.
    pub fn find(&self, plain: &str) -> Match<Seat> {
        let found = self.lists.iter().enumerate().map(|(number, list)| list.find(number, plain));
        let mut known = found.filter(|found| *found != Match::New);
        match (known.next(), known.next()) {
            (None, _) => Match::New,
            (Some(only), None) => only,
            (Some(first), Some(second)) => {
                let seats = |found| match found {
                    Match::Same(seat) => vec![seat],
                    Match::Ambiguous(seats) => seats,
                    Match::New => Vec::new(),
                };
                Match::Ambiguous([first, second].into_iter().chain(known).flat_map(seats).collect())
            }
        }
    }

    /// The name a member has on its roster.
    pub fn name(&self, seat: Seat) -> &'r str {
        let list = self.lists.get(seat.list);
        let member = list.and_then(|list| list.roster.members.get(seat.member));
        member.map_or("", |member| member.name.as_str())
    }

    /// The units that the report of a government sums up: the members right below it. Nobody else's
    /// report is a summary.
    pub fn summed_by(&self, seat: Seat) -> Vec<Seat> {
        let Some(list) = self.lists.get(seat.list) else { return Vec::new() };
        let level = list.roster.members.get(seat.member).and_then(|member| member.level);
        if level != Some(Level::Government) {
            return Vec::new();
        }
        let below = list.above.iter().enumerate().filter(|(_, above)| **above == Some(seat.member));
        below.map(|(member, _)| Seat { member, ..seat }).collect()
    }
}

impl List<'_> {
    /// By its own name, else as one of those it is listed with and the place it lies in.
    fn find(&self, list: usize, plain: &str) -> Match<Seat> {
        let seat = |member| Seat { list, member };
        let fitting = |names: &Names| {
            let mut listed = names.own.iter().chain(&names.short);
            listed.any(|listed| is_listed(plain, listed, &names.place))
        };
        if let Some(own) = self.names.iter().position(|names| names.own.contains(plain)) {
            return Match::Same(seat(own));
        }
        let fitting: Vec<Seat> = (0..)
            .zip(&self.names)
            .filter(|(_, names)| fitting(names))
            .map(|(member, _)| seat(member))
            .collect();
        match fitting.as_slice() {
            [] => Match::New,
            [only] => Match::Same(*only),
            _ => Match::Ambiguous(fitting),
        }
    }
}

/// What a member is recognised by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Plain name and aliases; they are its own.
    pub own: BTreeSet<String>,
    /// The same without the place they begin with; others may share them.
    pub short: BTreeSet<String>,
    /// The places it lies in, joined: `宜春市万载县`; empty: unknown.
    pub place: String,
}

impl Names {
    fn of(member: &Member, places: Vec<String>) -> Self {
        let own: BTreeSet<String> = member.spellings().map(plain).collect();
        let mut place = places.concat();
        let mut short = BTreeSet::new();
        for name in &own {
            // A name that begins with its own place needs nobody to say where it lies.
            if places.is_empty() {
                let rest = super::without_places(name);
                if rest.len() < name.len() {
                    place = name.strip_suffix(rest).unwrap_or_default().to_owned();
                    short.extend(shortened(name, &place));
                }
            }
            for from in 0..places.len() {
                let place = places.get(from..).unwrap_or_default().concat();
                short.extend(shortened(name, &place));
            }
        }
        short.retain(|name| !own.contains(name));
        Self { own, short, place }
    }
}

/// `万载县教育局` in `万载县` is `教育局` and `县教育局`.
fn shortened(name: &str, place: &str) -> Vec<String> {
    let Some(rest) = name.strip_prefix(place).filter(|rest| rest.chars().count() >= 2) else {
        return Vec::new();
    };
    let end = place.chars().last().filter(|end| super::PLACE_ENDS.contains(end));
    let with_end = end.map(|end| format!("{end}{rest}"));
    std::iter::once(rest.to_owned()).chain(with_end).collect()
}

/// UTF-8, UTF-16 with a mark, else GB18030.
fn decoded(bytes: &[u8]) -> Result<String, String> {
    if bytes.len() > LARGEST {
        return Err(format!("it is larger than {} MB; this is no list of units", LARGEST >> 20));
    }
    let encoding = match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None if std::str::from_utf8(bytes).is_ok() => encoding_rs::UTF_8,
        None => encoding_rs::GB18030,
    };
    let (text, _, broken) = encoding.decode(bytes);
    if broken || text.contains('\0') {
        return Err("it is neither UTF-8 nor GB18030 text; save it as \"CSV UTF-8\"".to_owned());
    }
    Ok(text.into_owned())
}

/// The columns that mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Name,
    Aliases,
    Level,
    Parent,
    Contact,
}

impl Column {
    fn parse(heading: &str) -> Option<Self> {
        match heading.to_ascii_lowercase().as_str() {
            "name" | "单位名称" | "单位" | "名称" | "单位全称" => Some(Self::Name),
            "aliases" | "alias" | "别名" | "简称" | "曾用名" => Some(Self::Aliases),
            "level" | "级别" | "类别" | "单位类别" => Some(Self::Level),
            "parent" | "上级" | "上级单位" | "主管单位" | "所属" => Some(Self::Parent),
            "contact" | "联系邮箱" | "邮箱" | "电子邮箱" => Some(Self::Contact),
            _ => None,
        }
    }

    fn shown(self) -> &'static str {
        match self {
            Self::Name => "name/单位名称",
            Self::Aliases => "aliases/别名",
            Self::Level => "level/级别",
            Self::Parent => "parent/上级",
            Self::Contact => "contact/联系邮箱",
        }
    }
}

/// A list being read.
#[derive(Default)]
struct Reading {
    members: Vec<Member>,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
}

impl Reading {
    fn fault(&mut self, line: u64, what: impl Into<String>) {
        self.faults.push(Fault::at(line, what));
    }

    fn read(&mut self, text: &str) {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .delimiter(delimiter(text))
            .from_reader(text.as_bytes());
        let mut columns: Option<BTreeMap<Column, usize>> = None;
        let (mut width, mut lines) = (0, Lines { text: text.as_bytes(), passed: 0, breaks: 0 });
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => return self.fault(1, format!("BUG: {error}")),
            };
            // A column separator of its own that Excel understands: `sep=;`.
            let is_instruction = record.get(0).is_some_and(|first| first.starts_with("sep="));
            if record.iter().all(str::is_empty) || (columns.is_none() && is_instruction) {
                continue;
            }
            let line = lines.at(record.position().map_or(0, csv::Position::byte));
            match &columns {
                None => {
                    width = record.len();
                    match self.columns(&record, line) {
                        Some(found) => columns = Some(found),
                        None => return,
                    }
                }
                Some(columns) => {
                    let too_long = record.iter().skip(width).any(|field| !field.is_empty());
                    if too_long {
                        let what = format!(
                            "{} fields below {width} headings; a field with a comma in it needs \
                             quotes, aliases are parted by ;",
                            record.len(),
                        );
                        self.fault(line, what);
                    }
                    self.member(&record, columns, line);
                }
            }
        }
    }

    fn columns(&mut self, record: &StringRecord, line: u64) -> Option<BTreeMap<Column, usize>> {
        let mut columns = BTreeMap::new();
        for (index, heading) in record.iter().enumerate().filter(|(_, h)| !h.is_empty()) {
            match Column::parse(heading) {
                Some(column) if columns.contains_key(&column) => {
                    self.fault(line, format!("the column {} is there twice", column.shown()));
                }
                Some(column) => _ = columns.insert(column, index),
                None => {
                    let what = format!("the column {heading:?} is not used");
                    self.warnings.push(Fault::at(line, what));
                }
            }
        }
        if !columns.contains_key(&Column::Name) {
            let what = "the first line must name the columns, among them name or 单位名称; known \
                        are name/单位名称, aliases/别名, level/级别, parent/上级, contact/联系邮箱";
            self.fault(line, what);
            return None;
        }
        Some(columns)
    }

    fn member(&mut self, record: &StringRecord, columns: &BTreeMap<Column, usize>, line: u64) {
        let field = |column| {
            let text =
                columns.get(&column).and_then(|index| record.get(*index)).unwrap_or_default();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let many = |column| -> Vec<String> {
            let text = field(column);
            let parts = text.split([';', '；']).map(str::trim).filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        };
        let name = field(Column::Name);
        if plain(&name).is_empty() {
            let what = match name.is_empty() {
                true => "the unit has no name".to_owned(),
                false => format!("{name:?} names no unit"),
            };
            self.fault(line, what);
            return;
        }
        let typed = field(Column::Level);
        let level = Level::parse(&typed);
        if level.is_none() && !typed.is_empty() {
            let what = format!(
                "the level {typed:?} is unknown; write township, department or government (乡镇, \
                 街道, 部门, 政府)"
            );
            self.fault(line, what);
        }
        let contacts = many(Column::Contact);
        for address in &contacts {
            if let Err(why) = check_address(address) {
                self.fault(line, format!("{address:?} is no mail address: {why}"));
            }
        }
        let mut aliases = many(Column::Aliases);
        for alias in aliases.iter().filter(|alias| plain(alias).is_empty()) {
            self.faults.push(Fault::at(line, format!("the alias {alias:?} names no unit")));
        }
        aliases.retain(|alias| plain(alias) != plain(&name));
        let parent = Some(field(Column::Parent)).filter(|parent| !plain(parent).is_empty());
        self.members.push(Member { name, aliases, level, parent, contacts, line });
    }

    /// One name is one unit's.
    fn compare_names(&mut self) {
        let mut first: BTreeMap<String, (usize, &str)> = BTreeMap::new();
        let mut faults = Vec::new();
        for (index, member) in self.members.iter().enumerate() {
            for name in member.spellings() {
                match first.get(&plain(name)) {
                    Some((other, _)) if *other == index => {}
                    Some((other, before)) => {
                        let line = self.members.get(*other).map_or(0, |member| member.line);
                        let same = if name == *before {
                            String::new()
                        } else {
                            format!(" (there as {before:?})")
                        };
                        let what = format!(
                            "{name:?} stands in line {line} already{same}; a name must be one \
                             unit's, write where it lies before it"
                        );
                        faults.push(Fault::at(member.line, what));
                    }
                    None => _ = first.insert(plain(name), (index, name)),
                }
            }
        }
        self.faults.extend(faults);
    }

    /// Nobody is above oneself.
    fn follow_parents(&mut self) {
        let by_name: BTreeMap<String, &Member> = self
            .members
            .iter()
            .flat_map(|member| member.spellings().map(move |name| (plain(name), member)))
            .collect();
        let mut faults = Vec::new();
        for member in &self.members {
            let own = plain(&member.name);
            let mut seen = BTreeSet::new();
            let mut above = member.parent.as_deref().map(plain);
            while let Some(name) = above.filter(|name| seen.insert(name.clone())) {
                let listed = by_name.get(&name);
                if listed.is_some_and(|listed| plain(&listed.name) == own) {
                    let what = format!("{:?} is above itself; correct the parents", member.name);
                    faults.push(Fault::at(member.line, what));
                    break;
                }
                above = listed.and_then(|listed| listed.parent.as_deref()).map(plain);
            }
        }
        let parents: BTreeSet<String> =
            self.members.iter().filter_map(|member| member.parent.as_deref()).map(plain).collect();
        // Where no parent is listed, the list is one of equals; and nobody need be above the uppermost.
        let has_levels = parents.iter().any(|name| by_name.contains_key(name));
        let is_uppermost =
            |member: &Member| member.spellings().any(|name| parents.contains(&plain(name)));
        let unlisted = self.members.iter().filter(|member| {
            let parent = member.parent.as_deref().map(plain);
            has_levels
                && parent.is_some_and(|name| !by_name.contains_key(&name))
                && !is_uppermost(member)
        });
        let warnings = unlisted.map(|member| {
            let parent = member.parent.as_deref().unwrap_or_default();
            let what = format!("{parent:?}, the parent of {:?}, is not on the list", member.name);
            Fault::at(member.line, what)
        });
        self.warnings.extend(warnings);
        self.faults.extend(faults);
    }
}

/// Counts the lines of a text, from its beginning to its end.
struct Lines<'t> {
    text: &'t [u8],
    passed: usize,
    breaks: u64,
}

impl Lines<'_> {
    /// The line of what begins at this byte, or after the empty lines there: the reader passes over
    /// these and gives the place of the first.
    fn at(&mut self, byte: u64) -> u64 {
        let begin = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(byte) = self.text.get(self.passed)
            && (self.passed < begin || matches!(byte, b'\r' | b'\n'))
        {
            self.passed += 1;
            self.breaks += u64::from(*byte == b'\n');
        }
        self.breaks + 1
    }
}

/// What parts the fields: whatever stands most often in the first line that has any.
fn delimiter(text: &str) -> u8 {
    let headings = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let headings = headings.strip_prefix("sep=").unwrap_or(headings);
    let count = |delimiter: char| headings.matches(delimiter).count();
    match (count('\t'), count(','), count(';')) {
        (tabs, commas, semicolons) if tabs > commas && tabs >= semicolons => b'\t',
        (_, commas, semicolons) if semicolons > commas => b';',
        _ => b',',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "单位名称,别名,级别,上级,联系邮箱\n\
        万载县人民政府,,政府,宜春市,\n\
        高城镇人民政府,高城乡;高成镇,乡镇,万载县人民政府,gaocheng@wanzai.example\n\
        万载县教育局,,县直部门,万载县,\n";

    fn read(text: &str) -> Roster {
        Roster::parse(text.as_bytes()).unwrap()
    }

    fn faults(text: &str) -> Vec<String> {
        let faults = Roster::parse(text.as_bytes()).unwrap_err();
        faults.iter().map(|f| format!("{}: {}", f.line.unwrap_or(0), f.what)).collect()
    }

    #[test]
    fn a_list_tells_names_aliases_levels_parents_and_addresses() {
        let roster = read(LIST);
        let [county, town, bureau] = &roster.members[..] else { panic!("{roster:?}") };
        assert_eq!((county.level, county.line), (Some(Level::Government), 2));
        assert_eq!(town.aliases, ["高城乡", "高成镇"]);
        assert_eq!(town.parent.as_deref(), Some("万载县人民政府"));
        assert_eq!(town.contacts, ["gaocheng@wanzai.example"]);
        assert_eq!((bureau.level, bureau.line), (Some(Level::Department), 4));
        assert!(roster.warnings.is_empty());
    }

    #[test]
    fn what_spreadsheets_write_is_read_alike() {
        let expected = read(LIST).members;
        let (gbk, _, _) = encoding_rs::GB18030.encode(LIST);
        let tabs = LIST.replace(',', "\t");
        let utf16 = tabs.encode_utf16().flat_map(u16::to_le_bytes);
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf16).collect();
        let variants = [
            format!("\u{feff}{LIST}").into_bytes(),
            LIST.replace('\n', "\r\n").into_bytes(),
            gbk.into_owned(),
            tabs.clone().into_bytes(),
            utf16,
        ];
        for bytes in variants {
            assert_eq!(Roster::parse(&bytes).unwrap().members, expected);
        }
        let english =
            LIST.replace("单位名称,别名,级别,上级,联系邮箱", "Name,aliases,LEVEL,parent,contact");
        assert_eq!(read(&english).members, expected);
        let excel = "sep=;\n单位名称;别名\n高城镇;\"高城乡;高成镇\"\n";
        assert_eq!(read(excel).members[0].aliases, ["高城乡", "高成镇"]);
    }

    #[test]
    fn quoted_fields_may_hold_line_breaks_and_lines_are_counted_all_the_same() {
        let roster = read("单位名称,备注\n\"高城\n镇\",\"甲,乙\"\n\n双桥镇,\n");
        let names: Vec<_> = roster.members.iter().map(|m| (m.name.as_str(), m.line)).collect();
        assert_eq!(names, [("高城 镇", 2), ("双桥镇", 5)]);
        assert_eq!(roster.warnings.len(), 1, "备注 is not used");
    }

    #[test]
    fn a_parent_that_is_not_listed_is_told_where_others_are() {
        let roster = read(&LIST.replace("县直部门,万载县,", "县直部门,和载县,"));
        let told: Vec<(Option<u64>, &str)> =
            roster.warnings.iter().map(|fault| (fault.line, fault.what.as_str())).collect();
        let what = "\"和载县\", the parent of \"万载县教育局\", is not on the list";
        assert_eq!(told, [(Some(4), what)]);
        let equals = "name,parent\n甲乡,某县\n乙乡,某县\n";
        assert_eq!(read(equals).warnings.len(), 0);
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_with_its_line() {
        let text = "name,aliases,level,parent,contact\n\
            高城镇,,村级,,\n\
            ,高村镇,,,\n\
            双桥镇,高城镇人民政府,,,\n\
            黄茅镇,,,,not an address\n\
            白水乡,,,,,,too many\n\
            人民政府,,,,\n\
            甲局,,,乙局,\n\
            乙局,,,甲局,\n";
        let told = faults(text);
        let begins = [
            "2: the level \"村级\" is unknown",
            "3: the unit has no name",
            "4: \"高城镇人民政府\" stands in line 2 already (there as \"高城镇\")",
            "5: \"not an address\" is no mail address",
            "6: 7 fields below 5 headings",
            "7: \"人民政府\" names no unit",
            "8: \"甲局\" is above itself",
            "9: \"乙局\" is above itself",
        ];
        assert_eq!(told.len(), begins.len(), "{told:#?}");
        for (told, begins) in told.iter().zip(begins) {
            assert!(told.starts_with(begins), "{told}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert!(faults("")[0].contains("there is no unit in it"));
        assert!(faults("单位名称\n")[0].contains("there is no unit in it"));
        assert!(
            faults("高城镇\n双桥镇\n")[0].starts_with("1: the first line must name the columns")
        );
        let binary = Roster::parse(b"PK\x03\x04\xff\xff\x00\x00").unwrap_err();
        assert!(binary[0].what.contains("neither UTF-8 nor GB18030"), "{binary:?}");
    }

    fn names(text: &str, unit: &str) -> Names {
        let roster = read(text);
        let at = roster.members.iter().position(|member| member.name == unit).unwrap();
        roster.names()[at].clone()
    }

    #[test]
    fn the_example_is_a_list() {
        let roster = Roster::parse(include_bytes!("../../config/roster.csv")).unwrap();
        assert_eq!((roster.members.len(), roster.warnings.len()), (5, 0));
        assert!(roster.members.iter().all(|member| member.level.is_some()));
    }

    #[test]
    fn the_parents_say_where_a_unit_lies() {
        let town = names(LIST, "高城镇人民政府");
        assert_eq!(town.place, "宜春市万载县");
        assert!(town.own.contains("高城镇") && town.own.contains("高城乡"));
        assert!(town.short.is_empty());
        let bureau = names(LIST, "万载县教育局");
        assert_eq!(bureau.short, ["县教育局", "教育局"].map(String::from).into());
    }

    #[test]
    fn a_government_sums_up_the_members_right_below_it() {
        let read = |text: &str| Rosters::from([(String::new(), read(text))]);
        let below = |rosters: &Rosters, unit: &str| -> Vec<String> {
            let directory = Directory::of(rosters);
            let Match::Same(seat) = directory.find(&plain(unit)) else { panic!("{unit}") };
            let names = directory.summed_by(seat).into_iter().map(|seat| directory.name(seat));
            names.map(str::to_owned).collect()
        };
        let county = read(LIST);
        assert_eq!(below(&county, "万载县人民政府"), ["高城镇人民政府", "万载县教育局"]);
        assert!(below(&county, "万载县教育局").is_empty() && below(&county, "高成镇").is_empty());
        let without = read("单位名称,级别\n禾川县人民政府,政府\n柳荫乡,乡镇\n");
        assert_eq!(below(&without, "禾川县政府"), ["柳荫乡"]);
        let city = "单位名称,级别,上级\n江北市人民政府,政府,\n禾川县人民政府,政府,江北市\n\
                    柳荫乡,乡镇,禾川县人民政府\n市教育局,部门,江北市人民政府\n";
        assert_eq!(below(&read(city), "江北市"), ["禾川县人民政府", "市教育局"]);
        assert_eq!(Directory::of(&county).find("黄茅镇"), Match::New);
    }

    #[test]
    fn without_parents_the_one_government_of_the_list_says_where_its_units_lie() {
        let list = "单位名称,级别\n禾川县人民政府,政府\n柳荫乡,乡镇\n";
        assert_eq!(names(list, "柳荫乡").place, "禾川县");
        let two = format!("{list}安江县人民政府,政府\n");
        assert_eq!(names(&two, "柳荫乡").place, "");
        let own = names("单位名称\n禾川县柳荫乡人民政府\n", "禾川县柳荫乡人民政府");
        assert_eq!((own.place.as_str(), own.short.contains("柳荫乡")), ("禾川县", true));
    }
}
