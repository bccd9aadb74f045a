//! The client's word on a closed job, once.

use domain::Id;
use domain::intervention::{Intervention, edit};
use domain::policy::Permission;

use super::{JobView, admit, shown, stored_target};
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
    let (ctx_in, ctx_admit) = (ctx.clone(), ctx.clone());
    app.write(
        ctx,
        "intervention.rate",
        render,
        move |tx| admit(tx, &ctx_admit, id),
        move |tx| {
            let ctx = &ctx_in;
            let before = tx.interventions().lock(id)?.ok_or(AppError::NotFound)?;
            let target = stored_target(tx, ctx, &before)?;
            ctx.decide(Permission::InterventionRate, &target)?;
            let rated = edit::rate(&before, satisfaction, comment.clone(), ctx.now)?;
            let record = tx.interventions().update(&before, &rated.job)?;
            let entry = rated.history(id, Some(ctx.actor.user), ctx.now);
            tx.interventions().append_history(&entry)?;
            shown(tx, ctx, &record)
        },
    )
    .await
}
