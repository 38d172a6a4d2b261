#![doc = include_str!("../README.md")]
//!
//! # How gouji is built
//!
//! Data flows one way, a room for each step; a room may use the types of those before it and calls
//! none after it:
//!
//! ```text
//! watch → document → report → check → locate → store → notice → mail
//! ```
//!
//! The way of one report:
//!
//! 1. [`watch`] looks through the drop folders. A path that has stood still comes out as a
//!    [`watch::Settled`], in a [`watch::Sight`] of its folder; whoever takes it owes a
//!    [`watch::Answer`].
//! 2. `daemon/desk.rs` opens and hashes it ([`watch::take()`]), asks the store whether it knows these
//!    bytes, and if not gives them to a [`worker`]: a process of its own that calls
//!    [`document::read_all`] and hands back an [`inspect::Reading`], the text of paragraphs and tables,
//!    or why there is none.
//! 3. [`inspect::inspect`] makes an [`inspect::Inspection`] of it, and is pure: [`report::lay`] lays
//!    the document over the forms and gives a [`report::Report`], cells with the place where each was
//!    found; [`check::check`] evaluates every check and gives [`check::Finding`]s, worded for the
//!    office; [`locate::locate`] names the cells that would explain them. The verdict follows from the
//!    findings.
//! 4. [`store`] records the inspection, finds the unit it belongs to ([`units`]), decides whether it
//!    is a new version, and queues the notice it owes, all in one transaction.
//! 5. When the time to gather others is over, [`store`] hands the waiting notices to
//!    `daemon/compose.rs`: [`notice::write`] makes letters of them, [`mail::freeze`] finished
//!    messages, and the outbox keeps these in the same transaction.
//! 6. `daemon/outbox.rs` takes what is due to a [`mail::Courier`], and writes down what became of
//!    each attempt before and after it is made.
//!
//! Beside the way stand [`form`], what the official templates and their checks say, read from data;
//! [`config`], the settings, which cannot be wrong once they are made; and [`clock`], the only one to
//! ask for the time. Two know how it all fits: [`daemon`] is `gouji run`, [`cli`] is every command
//! and the only room that prints. `gouji check` makes steps 2 and 3, `gouji import` 2 to 4 without
//! notices.
//!
//! What holds it together:
//!
//! - The file in the drop folder is the queue, the database the memory; nothing that matters is in
//!   memory only. A crash anywhere is repaired by the next scan.
//! - Identity is the SHA-256 of the bytes, not the path. The same bytes again change nothing.
//! - A problem in a report is a finding, one in a form or in the configuration stops the start, one in
//!   gouji is an error in the log. None dresses as another.
//! - No rule, label or cell id stands in Rust: they are in `config/forms/`.

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
