//! Use cases on mocked ports.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod auth;
mod availability;
mod client;
mod equipment;
mod idempotency;
mod intervention;
mod support;
mod team;
mod technician;
mod user;
