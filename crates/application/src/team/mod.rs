//! Teams of technicians. Whoever may see technicians may see their teams.

pub mod create;
pub mod delete;
pub mod read;
pub mod update;

pub use create::create;
pub use delete::delete;
pub use read::{find, list};
pub use update::{EditTeam, update};

use domain::Id;
use domain::policy::Role;
use domain::ports::Tx;
use domain::text::{FieldIssue, IssueCode};
use domain::user::User;

use crate::error::AppError;

/// A team is led by a manager (or an administrator): the scope that comes with it is theirs.
fn require_lead(tx: &mut dyn Tx, lead: Option<Id<User>>) -> Result<(), AppError> {
    let Some(lead) = lead else { return Ok(()) };
    let leads = |roles: Vec<Role>| roles.contains(&Role::Manager) || roles.contains(&Role::Admin);
    if tx.users().find(lead)?.is_some_and(|user| leads(user.roles())) {
        Ok(())
    } else {
        Err(AppError::field(FieldIssue::new(
            "responsable_id",
            IssueCode::UnknownReference,
        )))
    }
}
