//! The suites; see `docs/ARCHITECTURE.md`, "Tests".
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

mod architecture;
mod bad_input;
mod canary;
mod commands;
mod concurrency;
mod crash;
mod examples;
mod faults;
mod layers;
mod lifecycle;
mod matrix;
mod revocation;
mod run;
mod tour;
