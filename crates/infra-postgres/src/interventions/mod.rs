//! Interventions: the job, its closing data, required skills, waits and history.

mod history;
mod list;
mod queries;
mod row;
mod store;
mod suggestions;

pub use list::of_equipment;
pub use queries::PgInterventionQueries;
