//! Equipment, its failures, holders and stops.

mod queries;
mod row;
mod state;
mod store;

pub use queries::PgEquipmentQueries;
