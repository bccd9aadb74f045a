//! The demonstration on a real PostgreSQL, a database per test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod checks;
mod company;
mod invariants;
mod refusals;
mod repeat;
mod support;
