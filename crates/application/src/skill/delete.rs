//! Removing a skill.

use domain::Id;
use domain::policy::Permission;
use domain::skill::Skill;

use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::AppError;
use crate::write::{Render, Written, anyone};

/// Removes a skill that nobody has and nothing asks for.
///
/// # Errors
/// `NotFound`; `InUse` when somebody has it or something asks for it; `StaleVersion`.
pub async fn delete(
    app: &App,
    ctx: &Ctx,
    id: Id<Skill>,
    expected: Expected,
    render: Render<()>,
) -> Result<Written<()>, AppError> {
    ctx.require(Permission::TechnicianManage)?;
    app.write(ctx, "skill.delete", render, anyone, move |tx, _| {
        let before = tx.skills().lock(id)?.ok_or(AppError::NotFound)?;
        check_version(before.version, expected)?;
        Ok(tx.skills().delete(&before)?)
    })
    .await
}
