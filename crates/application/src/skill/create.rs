//! Creating a skill.

use domain::Record;
use domain::policy::Permission;
use domain::skill::{Skill, rules};

use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;
use crate::write::{Render, Written};

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
    app.write(
        ctx,
        "skill.create",
        render,
        |_| Ok(()),
        move |tx| Ok(tx.skills().insert(&skill, by)?),
    )
    .await
}
