//! Technicians with their skills.

mod queries;
mod row;
mod store;

pub use queries::PgTechnicianQueries;
