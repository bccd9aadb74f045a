//! Reading technicians.

use domain::Id;
use domain::page::{Page, PageRequest};
use domain::policy::Permission;
use domain::technician::{Technician, TechnicianFilter, TechnicianSort};

use super::{TechnicianView, view};
use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;

/// One technician.
///
/// # Errors
/// `NotFound` when there is none that the caller may know of.
pub async fn find(app: &App, ctx: &Ctx, id: Id<Technician>) -> Result<TechnicianView, AppError> {
    let seen = ctx.seen(Permission::TechnicianView)?;
    let detail = app.technicians.find(id, &seen).await?.ok_or(AppError::NotFound)?;
    Ok(view(ctx, detail))
}

/// One page of the technicians that the caller may know of.
///
/// # Errors
/// `Denied` without the right.
pub async fn list(
    app: &App,
    ctx: &Ctx,
    filter: &TechnicianFilter,
    page: &PageRequest<TechnicianSort>,
) -> Result<Page<TechnicianView>, AppError> {
    let seen = ctx.seen(Permission::TechnicianView)?;
    let found = app.technicians.list(filter, &seen, ctx.today(), page).await?;
    Ok(found.map(|detail| view(ctx, detail)))
}
