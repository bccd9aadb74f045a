//! Contract tests of the adapters against a real PostgreSQL, a database per test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    reason = "tests"
)]

mod client_children;
mod clients;
mod equipments;
mod idempotency;
mod interventions;
mod known;
mod migration_rules;
mod migrations;
mod names;
mod notifications;
mod reader;
mod retention;
mod sessions;
mod support;
mod tasks;
mod teams_and_skills;
mod technicians;
mod unit_of_work;
mod users;
mod workplace;
