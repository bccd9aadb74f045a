//! The maintenance core as plain Rust: entities, state machines, access policy and the ports
//! that the outside implements.
//!
//! Nothing here knows HTTP, SQL, JSON or an async runtime, so that another tool can depend on
//! this crate alone. Names are English; the codes of the vocabularies are the French ones that
//! the wire and the database use (see `docs/glossary.md`).

pub mod audit;
pub mod client;
pub mod docs;
pub mod equipment;
pub mod error;
pub mod event;
pub mod id;
pub mod idempotency;
pub mod intervention;
pub mod job;
pub mod notification;
pub mod page;
pub mod policy;
pub mod ports;
pub mod record;
#[cfg(any(test, feature = "mocks"))]
pub mod samples;
pub mod session;
pub mod skill;
pub mod team;
pub mod technician;
pub mod text;
pub mod time;
pub mod user;
pub mod vocab;

pub use id::Id;
pub use record::Record;
pub use vocab::Vocab;
