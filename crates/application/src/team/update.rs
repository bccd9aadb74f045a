//! Changing a team.

use std::sync::Arc;

use domain::policy::Permission;
use domain::team::{Team, rules};
use domain::{Id, Record};

use super::require_lead;
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::AppError;
use crate::write::{Render, Written, anyone};

/// Makes the team that the caller wants out of the present one; pure.
pub type EditTeam = Arc<dyn Fn(&Record<Team>) -> Result<Team, AppError> + Send + Sync>;

/// Applies `edit` to a team.
///
/// # Errors
/// `NotFound`; validation issues; `UNKNOWN_REFERENCE`; `AlreadyExists`; `StaleVersion`.
pub async fn update(
    app: &App,
    ctx: &Ctx,
    id: Id<Team>,
    expected: Expected,
    edit: EditTeam,
    render: Render<Record<Team>>,
) -> Result<Written<Record<Team>>, AppError> {
    ctx.require(Permission::TechnicianManage)?;
    app.write(ctx, "team.update", render, anyone, move |tx, _| {
        let before = tx.teams().lock(id)?.ok_or(AppError::NotFound)?;
        check_version(before.version, expected)?;
        let after = edit(&before)?;
        rules::validate(&after)?;
        if after.lead != before.lead {
            require_lead(tx, after.lead)?;
        }
        Ok(tx.teams().update(&before, &after)?)
    })
    .await
}
