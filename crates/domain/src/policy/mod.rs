//! Who may do what: the grant table and the pure decision over it.

pub mod decide;
pub mod grants;
pub mod role;

pub use decide::{Actor, Decision, Reach, Target, Visibility};
pub use grants::GRANTS;
pub use role::{Permission, Role, Scope};
