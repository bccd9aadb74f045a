//! Creating a team.

use domain::Record;
use domain::policy::Permission;
use domain::team::{Team, rules};

use super::require_lead;
use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;
use crate::write::{Render, Written, anyone};

/// Creates a team.
///
/// # Errors
/// Validation issues; `UNKNOWN_REFERENCE` for a lead who is no manager; `AlreadyExists` for a taken name.
pub async fn create(
    app: &App,
    ctx: &Ctx,
    team: Team,
    render: Render<Record<Team>>,
) -> Result<Written<Record<Team>>, AppError> {
    ctx.require(Permission::TechnicianManage)?;
    rules::validate(&team)?;
    let by = Some(ctx.actor.user);
    app.write(ctx, "team.create", render, anyone, move |tx, _| {
        require_lead(tx, team.lead)?;
        Ok(tx.teams().insert(&team, by)?)
    })
    .await
}
