//! The engine on a real PostgreSQL and a mail server that misbehaves on demand; the program itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    reason = "tests"
)]

mod company;
mod delivery;
mod faults;
mod mailers;
mod overtaken;
mod program;
mod schedule;
