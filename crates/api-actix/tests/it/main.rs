//! The HTTP adapter in-process, on fakes of the ports.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    reason = "tests"
)]

mod bodies;
mod catalogue;
mod clients;
mod cookies;
mod equipements;
mod gate;
mod headers;
mod idempotency;
mod interventions;
mod lists;
mod openapi;
mod pages;
mod problems;
mod sessions;
mod stored;
mod support;
mod technicians;
mod tokens;
mod users;
mod versions;
mod wire;
