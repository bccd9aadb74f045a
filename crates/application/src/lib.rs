//! Use cases: who asks, for what, on which objects, in one unit of work.
//!
//! Every function here takes the [`App`] (the ports), the [`Ctx`] (who asks, when, from where) and
//! a command. It checks rights against the loaded target, lets `domain` decide, writes through
//! `Tx`, and leaves effects to the outbox. Nothing here knows HTTP or SQL.

pub mod app;
pub mod auth;
pub mod client;
pub mod ctx;
pub mod equipment;
pub mod error;
pub mod intervention;
pub mod jobs;
pub mod skill;
pub mod team;
pub mod technician;
#[cfg(any(test, feature = "mocks"))]
pub mod testing;
pub mod user;
pub mod write;

pub use app::App;
pub use ctx::{Ctx, Expected};
pub use error::{AppError, Code, Detail};
pub use write::{Render, Written};
