#![doc = include_str!("../README.md")]

pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod document;
pub mod form;
pub mod inspect;
pub mod locate;
pub mod mail;
pub mod notice;
pub mod report;
pub mod store;
pub mod units;
pub mod watch;
pub mod worker;
