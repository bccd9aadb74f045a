//! The HTTP adapter: extract, call one use case, map the result.
//!
//! A resource adds `routes/<resource>/{mod,handlers,dto}.rs`: its list of operations, its handlers
//! and its wire types. Everything else is here once: the gate, the order of refusals, versions,
//! idempotency, problems, the OpenAPI document.

pub mod body;
pub mod call;
pub mod cli;
pub mod compose;
pub mod cors;
pub mod docs;
pub mod endpoint;
pub mod extract;
pub mod health;
pub mod json;
pub mod openapi;
pub mod operation;
pub mod problem;
pub mod reply;
pub mod respond;
pub mod routes;
pub mod security;
pub mod server;
pub mod state;
pub mod table;
pub mod wire;
