//! Reading jobs.

use domain::Id;
use domain::intervention::history::HistoryEntry;
use domain::intervention::{
    Action, Intervention, InterventionDetail, InterventionFilter, InterventionSort, Suggestion, machine,
    rules,
};
use domain::page::{Page, PageRequest};
use domain::policy::{Permission, Target};

use super::{Audience, JobView, MAX_SUGGESTIONS, audience, target, view};
use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;

/// One job.
///
/// # Errors
/// `NotFound` when there is none that the caller may know of.
pub async fn find(app: &App, ctx: &Ctx, id: Id<Intervention>) -> Result<JobView, AppError> {
    Ok(view(&ctx.actor, detail(app, ctx, id).await?))
}

async fn detail(app: &App, ctx: &Ctx, id: Id<Intervention>) -> Result<InterventionDetail, AppError> {
    let seen = ctx.seen(Permission::InterventionView)?;
    app.interventions.find(id, &seen).await?.ok_or(AppError::NotFound)
}

/// A job of a list, and for whom it is shown. Lists leave out closing data and required skills.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The job.
    pub detail: InterventionDetail,
    /// For whom.
    pub audience: Audience,
}

/// One page of jobs.
///
/// # Errors
/// `Denied` without the right to see any; `DeniedFields` for a client who narrows the list by what
/// clients are not shown.
pub async fn list(
    app: &App,
    ctx: &Ctx,
    filter: &InterventionFilter,
    page: &PageRequest<InterventionSort>,
) -> Result<Page<Listed>, AppError> {
    let seen = ctx.seen(Permission::InterventionView)?;
    let hidden = hidden_criteria(ctx, filter);
    if !hidden.is_empty() {
        return Err(AppError::DeniedFields(hidden));
    }
    let page = app.interventions.list(filter, &seen, page).await?;
    Ok(page.map(|detail| Listed {
        audience: audience(&ctx.actor, &target(&detail)),
        detail,
    }))
}

/// Criteria that would tell a client, row by row, what its jobs do not show: whose they are, and the
/// contract. Who also works on the jobs may ask for the own ones.
fn hidden_criteria(ctx: &Ctx, filter: &InterventionFilter) -> Vec<String> {
    let everything = Target::default();
    let shown = audience(&ctx.actor, &everything) == Audience::Staff;
    let own = filter.technician.is_some() && filter.technician == ctx.actor.technician;
    [
        ("technicien_id", filter.technician.is_some() && !own),
        ("contrat_id", filter.contract.is_some()),
    ]
    .into_iter()
    .filter(|(_, asked)| *asked && !shown)
    .map(|(name, _)| name.to_owned())
    .collect()
}

/// One page of a job's history, newest first. Clients get neither details nor changes.
///
/// # Errors
/// `NotFound` when there is no such job that the caller may know of.
pub async fn history(
    app: &App,
    ctx: &Ctx,
    id: Id<Intervention>,
    limit: u32,
    cursor: Option<String>,
) -> Result<(Audience, Page<HistoryEntry>), AppError> {
    let job = detail(app, ctx, id).await?;
    let page = app.interventions.history(id, limit, cursor).await?;
    Ok((audience(&ctx.actor, &target(&job)), page))
}

/// Technicians who could take the job, best first; nobody when it can no longer be assigned.
///
/// # Errors
/// `NotFound`; `Denied` for who may not assign.
pub async fn suggestions(app: &App, ctx: &Ctx, id: Id<Intervention>) -> Result<Vec<Suggestion>, AppError> {
    ctx.require(Permission::InterventionAssign)?;
    let job = detail(app, ctx, id).await?;
    ctx.decide(Permission::InterventionAssign, &target(&job))?;
    if !machine::allowed(&job.record).contains(&Action::Assign) {
        return Ok(Vec::new());
    }
    let day = rules::day_of_work(job.record.planned_at, ctx.now);
    Ok(app.interventions.suggestions(id, day, MAX_SUGGESTIONS).await?)
}
