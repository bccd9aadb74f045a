//! Clients, their sites, contacts and portal accounts.

mod contacts;
mod portal;
mod queries;
mod row;
mod sites;
mod store;

pub use queries::PgClientQueries;
