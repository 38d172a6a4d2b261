#![doc = include_str!("../README.md")]

pub mod check;
pub mod clock;
pub mod document;
pub mod form;
pub mod inspect;
pub mod locate;
pub mod report;
pub mod watch;
pub mod worker;
