//! PostgreSQL behind the ports of `domain`.
//!
//! Two ways in: writes through [`unit_of_work`] (synchronous, one transaction), reads through
//! [`reader`] (asynchronous, pipelined). Both use the same `schema`, row structs and adapters of
//! [`sql`]. No other crate knows SQL.

mod ask;
pub mod audit;
pub mod clients;
pub mod config;
pub mod constraints;
mod crud;
pub mod equipments;
pub mod error;
pub mod health;
pub mod idempotency;
pub mod interventions;
pub mod messages;
pub mod migrate;
pub mod notifications;
pub mod outbox;
pub mod page;
mod paged;
pub mod pool;
pub mod reader;
pub mod schema;
pub mod sessions;
pub mod skills;
pub mod sql;
pub mod statement;
pub mod tasks;
pub mod teams;
pub mod technicians;
pub mod tx;
pub mod unit_of_work;
pub mod users;

pub use config::PgConfig;
pub use pool::WritePool;
pub use reader::Reader;
pub use tasks::PgTaskQueue;
pub use unit_of_work::PgUnitOfWork;
