//! Copies of sessions on a real Redis, on one that is killed, and on things that are no Redis.
//!
//! `TEST_REDIS_URL` and `TEST_REDIS_SERVER` (the program) come from `make test`; without them these
//! tests fail, because passing would prove nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    reason = "tests"
)]

mod absent;
mod shared;
mod support;
