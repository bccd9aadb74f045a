//! Reading skills.

use domain::page::{Page, PageRequest};
use domain::policy::Permission;
use domain::skill::{Skill, SkillSort};
use domain::{Id, Record};

use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;

/// One skill.
///
/// # Errors
/// `NotFound`.
pub async fn find(app: &App, ctx: &Ctx, id: Id<Skill>) -> Result<Record<Skill>, AppError> {
    ctx.require(Permission::TechnicianView)?;
    app.skills.find(id).await?.ok_or(AppError::NotFound)
}

/// One page of skills.
///
/// # Errors
/// `Denied` without the right.
pub async fn list(
    app: &App,
    ctx: &Ctx,
    page: &PageRequest<SkillSort>,
) -> Result<Page<Record<Skill>>, AppError> {
    ctx.require(Permission::TechnicianView)?;
    Ok(app.skills.list(page).await?)
}
