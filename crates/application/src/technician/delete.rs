//! Removing a technician's profile.

use domain::Id;
use domain::policy::Permission;
use domain::technician::Technician;

use super::target;
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::AppError;
use crate::write::{Render, Written, anyone};

/// Removes the profile of a technician who never had a job; the account stays. One who had is
/// deactivated through the account instead, so that the jobs keep their author.
///
/// # Errors
/// `NotFound`; `InUse` when there are jobs; `StaleVersion`.
pub async fn delete(
    app: &App,
    ctx: &Ctx,
    id: Id<Technician>,
    expected: Expected,
    render: Render<()>,
) -> Result<Written<()>, AppError> {
    ctx.require(Permission::TechnicianManage)?;
    app.write(ctx, "technician.delete", render, anyone, move |tx, ctx| {
        let before = tx.technicians().lock(id)?.ok_or(AppError::NotFound)?;
        ctx.decide(Permission::TechnicianManage, &target(&before))?;
        check_version(before.version, expected)?;
        Ok(tx.technicians().delete(&before)?)
    })
    .await
}
