//! Accounts: who may be created, changed and deactivated by whom.

pub mod activate;
pub mod activity;
pub mod create;
pub mod read;
pub mod update;

pub use activate::set_active;
pub use activity::activity;
pub use create::{CreateUser, create, create_first_admin};
pub use read::{find, list};
pub use update::{EditUser, update};

use domain::policy::{Role, Target};
use domain::user::{User, rules};
use domain::{Id, Record, ports::Tx};

use crate::error::{AppError, Code};

/// What ties an account to people.
pub(crate) fn target(user: Id<User>) -> Target {
    Target {
        user: Some(user),
        ..Target::default()
    }
}

/// The last active administrator must stay one: checked on locked rows, so that two requests
/// cannot each take one of the last two away.
fn keep_an_admin(tx: &mut dyn Tx, before: &Record<User>, after: &User) -> Result<(), AppError> {
    // Asked for, and locked, only when an administrator stops being one.
    if rules::keeps_an_admin(before, after, &[]) {
        return Ok(());
    }
    let admins = tx.users().lock_active_with_role(Role::Admin)?;
    if rules::keeps_an_admin(before, after, &admins) {
        Ok(())
    } else {
        Err(AppError::rule(Code::LastAdmin))
    }
}
