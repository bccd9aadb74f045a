//! The scheduler: claims tasks from the queue in PostgreSQL and works them off.
//!
//! Any number of schedulers may run side by side: a task belongs to one at a time, an occurrence of
//! the schedule is queued once, and a result is only taken from the present holder.

pub mod cli;
pub mod compose;
pub mod engine;
pub mod heartbeat;
pub mod schedule;

pub use cli::{Cli, run};
pub use engine::{Engine, Pace, Tally};
