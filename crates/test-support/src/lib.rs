//! What the tests of several crates share. Never a dependency of a binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up must fail loudly"
)]

pub mod clock;
pub mod db;
pub mod environment;
pub mod process;
pub mod redis;
pub mod relay;
pub mod smtp;
pub mod wait;

pub use clock::FixedClock;
pub use db::TestDb;
pub use relay::Relay;
pub use smtp::{Received, SmtpMode, SmtpSink};
