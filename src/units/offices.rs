//! Who is in charge of what: the offices that share one gouji, their drop folders and their rosters.
//! Values only; `config` makes them and the store keeps them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::roster::Rosters;

/// All offices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offices {
    /// The rosters, by the name of the office; empty: that of `[units]`.
    pub rosters: Rosters,
    /// Every drop folder with who is in charge of it; empty where there is one office only.
    pub folders: BTreeMap<PathBuf, Charge>,
}

/// In whose charge a folder is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Charge {
    /// The office that hears of what lies in it; empty: that of `[mail] to`.
    pub office: String,
    /// The office among whose units those of its reports are. One without a roster of its own shares
    /// that of `[units]`, if there is one.
    pub units_of: String,
}
