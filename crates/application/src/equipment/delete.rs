//! Removing an equipment that was never used.

use domain::Id;
use domain::equipment::Equipment;
use domain::policy::Permission;

use super::target;
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::AppError;
use crate::write::{Render, Written, anyone};

/// Removes an equipment without parts, jobs or history; others are decommissioned.
///
/// # Errors
/// `NotFound`, `Denied`, `StaleVersion`; `InUse` when anything refers to it.
pub async fn delete(
    app: &App,
    ctx: &Ctx,
    id: Id<Equipment>,
    expected: Expected,
    render: Render<()>,
) -> Result<Written<()>, AppError> {
    ctx.require(Permission::EquipmentManage)?;
    app.write(ctx, "equipment.delete", render, anyone, move |tx, ctx| {
        let before = tx.equipments().lock(id)?.ok_or(AppError::NotFound)?;
        ctx.decide(Permission::EquipmentManage, &target(&before))?;
        check_version(before.version, expected)?;
        Ok(tx.equipments().delete(&before)?)
    })
    .await
}
