//! Changing a skill.

use std::sync::Arc;

use domain::policy::Permission;
use domain::skill::{Skill, rules};
use domain::{Id, Record};

use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::AppError;
use crate::write::{Render, Written, anyone};

/// Makes the skill that the caller wants out of the present one; pure.
pub type EditSkill = Arc<dyn Fn(&Record<Skill>) -> Result<Skill, AppError> + Send + Sync>;

/// Applies `edit` to a skill.
///
/// # Errors
/// `NotFound`; validation issues; `AlreadyExists`; `StaleVersion`.
pub async fn update(
    app: &App,
    ctx: &Ctx,
    id: Id<Skill>,
    expected: Expected,
    edit: EditSkill,
    render: Render<Record<Skill>>,
) -> Result<Written<Record<Skill>>, AppError> {
    ctx.require(Permission::TechnicianManage)?;
    app.write(ctx, "skill.update", render, anyone, move |tx, _| {
        let before = tx.skills().lock(id)?.ok_or(AppError::NotFound)?;
        check_version(before.version, expected)?;
        let after = edit(&before)?;
        rules::validate(&after)?;
        Ok(tx.skills().update(&before, &after)?)
    })
    .await
}
