//! Skills that technicians have and jobs ask for. Whoever may see technicians may see them.

pub mod create;
pub mod delete;
pub mod read;
pub mod update;

pub use create::create;
pub use delete::delete;
pub use read::{find, list};
pub use update::{EditSkill, update};
