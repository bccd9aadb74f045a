//! The client's word on a closed job, once.

use domain::Id;
use domain::intervention::{Intervention, edit};
use domain::policy::Permission;

use super::{JobView, admit, lock, shown};
use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;
use crate::write::{Render, Written};

/// Rates a job from 1 to 5.
///
/// # Errors
/// `NotFound`; `Denied`; `NotClosed`; `AlreadyRated`; an issue on `satisfaction`.
pub async fn rate(
    app: &App,
    ctx: &Ctx,
    id: Id<Intervention>,
    satisfaction: i16,
    comment: Option<String>,
    render: Render<JobView>,
) -> Result<Written<JobView>, AppError> {
    ctx.require(Permission::InterventionRate)?;
    app.write(
        ctx,
        "intervention.rate",
        render,
        move |tx, ctx| admit(tx, ctx, id),
        move |tx, ctx| {
            let (before, _) = lock(tx, ctx, id, Permission::InterventionRate)?;
            let rated = edit::rate(&before, satisfaction, comment.clone(), ctx.now)?;
            let record = tx.interventions().update(&before, &rated.job)?;
            let entry = rated.history(id, Some(ctx.actor.user), ctx.now);
            tx.interventions().append_history(&entry)?;
            shown(tx, ctx, &record)
        },
    )
    .await
}
