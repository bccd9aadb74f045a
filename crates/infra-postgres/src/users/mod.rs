//! Accounts.

mod queries;
mod row;
mod store;

pub use queries::PgUserQueries;
pub(crate) use row::{ACTOR_COLUMNS, ActorRow, actor};
