//! What the black-box suites share: the two real programs as processes, a database, a Redis and a
//! mailbox of their own for each stack, people and things to act on, and the OpenAPI document.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test that cannot be set up must fail loudly"
)]

pub mod checkout;
pub mod client;
pub mod cluster;
pub mod database;
pub mod environment;
pub mod openapi;
pub mod requests;
pub mod stack;
pub mod tokens;
pub mod world;

pub use checkout::Checkout;
pub use client::{Answer, Client};
pub use database::Database;
pub use stack::{Options, Stack};
pub use test_support::wait::{eventually, within};
pub use test_support::{process, redis, wait};
pub use world::World;
