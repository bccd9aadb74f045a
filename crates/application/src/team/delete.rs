//! Removing a team.

use domain::Id;
use domain::policy::Permission;
use domain::team::Team;

use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::AppError;
use crate::write::{Render, Written, anyone};

/// Removes a team without technicians.
///
/// # Errors
/// `NotFound`; `InUse` when it has technicians; `StaleVersion`.
pub async fn delete(
    app: &App,
    ctx: &Ctx,
    id: Id<Team>,
    expected: Expected,
    render: Render<()>,
) -> Result<Written<()>, AppError> {
    ctx.require(Permission::TechnicianManage)?;
    app.write(ctx, "team.delete", render, anyone, move |tx, _| {
        let before = tx.teams().lock(id)?.ok_or(AppError::NotFound)?;
        check_version(before.version, expected)?;
        Ok(tx.teams().delete(&before)?)
    })
    .await
}
