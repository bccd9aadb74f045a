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

/// Who may lead a team: a manager, or an administrator.
pub(crate) const LEADS: &[Role] = &[Role::Manager, Role::Admin];

/// The account is held, so that it keeps the role at least as long as this takes.
fn require_lead(tx: &mut dyn Tx, lead: Option<Id<User>>) -> Result<(), AppError> {
    let Some(lead) = lead else { return Ok(()) };
    let leads = |roles: Vec<Role>| roles.iter().any(|role| LEADS.contains(role));
    if tx.users().lock(lead)?.is_some_and(|user| leads(user.roles())) {
        Ok(())
    } else {
        Err(AppError::field(FieldIssue::new(
            "responsable_id",
            IssueCode::UnknownReference,
        )))
    }
}
