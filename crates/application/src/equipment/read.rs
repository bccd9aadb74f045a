//! Reading equipment.

use domain::Id;
use domain::equipment::{Equipment, EquipmentDetail, EquipmentFilter, EquipmentSort};
use domain::page::{Page, PageRequest};
use domain::policy::Permission;

use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;

/// One equipment.
///
/// # Errors
/// `NotFound` when there is none that the caller may know of.
pub async fn find(app: &App, ctx: &Ctx, id: Id<Equipment>) -> Result<EquipmentDetail, AppError> {
    let seen = ctx.seen(Permission::EquipmentView)?;
    app.equipments.find(id, &seen).await?.ok_or(AppError::NotFound)
}

/// One page of the equipment that the caller may know of.
///
/// # Errors
/// `Denied` without the right to see any.
pub async fn list(
    app: &App,
    ctx: &Ctx,
    filter: &EquipmentFilter,
    page: &PageRequest<EquipmentSort>,
) -> Result<Page<EquipmentDetail>, AppError> {
    let seen = ctx.seen(Permission::EquipmentView)?;
    Ok(app.equipments.list(filter, &seen, page).await?)
}
