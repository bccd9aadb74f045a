//! Reading teams.

use domain::page::{Page, PageRequest};
use domain::policy::Permission;
use domain::team::{Team, TeamSort};
use domain::{Id, Record};

use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;

/// One team.
///
/// # Errors
/// `NotFound`.
pub async fn find(app: &App, ctx: &Ctx, id: Id<Team>) -> Result<Record<Team>, AppError> {
    ctx.require(Permission::TechnicianView)?;
    app.teams.find(id).await?.ok_or(AppError::NotFound)
}

/// One page of teams.
///
/// # Errors
/// `Denied` without the right.
pub async fn list(
    app: &App,
    ctx: &Ctx,
    page: &PageRequest<TeamSort>,
) -> Result<Page<Record<Team>>, AppError> {
    ctx.require(Permission::TechnicianView)?;
    Ok(app.teams.list(page).await?)
}
