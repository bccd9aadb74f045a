//! Tests of the rules: whole tables, guards one by one, and random walks.

// Helpers outside of test functions panic as tests do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod build;
mod creation;
mod docs;
mod edit;
mod equipment_machine;
mod intervention_effects;
mod intervention_guards;
mod intervention_rights;
mod intervention_table;
mod policy;
mod rules;
mod technician_machine;
mod user_rules;
mod walk;
mod world;
