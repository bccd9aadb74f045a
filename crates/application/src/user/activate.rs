//! Activating and deactivating an account.

use std::sync::Arc;

use domain::policy::Permission;
use domain::user::User;
use domain::{Id, Record};

use super::update::{EditUser, update};
use crate::app::App;
use crate::ctx::{Ctx, Expected};
use crate::error::AppError;
use crate::write::{Render, Written};

/// Lets an account sign in, or no longer; ends its sessions in the latter case.
///
/// # Errors
/// `LastAdmin`; `TechnicianBusy` naming the job, when a technician with a running job is deactivated.
pub async fn set_active(
    app: &App,
    ctx: &Ctx,
    id: Id<User>,
    active: bool,
    expected: Expected,
    render: Render<Record<User>>,
) -> Result<Written<Record<User>>, AppError> {
    ctx.require(Permission::UserManage)?;
    let edit: EditUser = Arc::new(move |before| {
        Ok(User {
            is_active: active,
            ..before.data.clone()
        })
    });
    update(app, ctx, id, expected, edit, render).await
}
