//! Creating a skill.

use domain::Record;
use domain::policy::Permission;
use domain::skill::{Skill, rules};

use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;
use crate::write::{Render, Written, anyone};

/// Creates a skill.
///
/// # Errors
/// Validation issues; `AlreadyExists` for a taken name.
pub async fn create(
    app: &App,
    ctx: &Ctx,
    skill: Skill,
    render: Render<Record<Skill>>,
) -> Result<Written<Record<Skill>>, AppError> {
    ctx.require(Permission::TechnicianManage)?;
    rules::validate(&skill)?;
    let by = Some(ctx.actor.user);
    app.write(ctx, "skill.create", render, anyone, move |tx, _| {
        Ok(tx.skills().insert(&skill, by)?)
    })
    .await
}
