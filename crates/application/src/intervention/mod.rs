//! Interventions: from the request to the closed and archived job.

pub mod create;
pub(crate) mod facts;
pub mod rate;
pub mod read;
mod refusal;
pub mod transition;
pub mod update;

pub use create::{CreateJob, RequestJob, create, request};
pub use rate::rate;
pub use read::{Listed, find, history, list, suggestions};
pub use transition::{Asked, Goal, transition};
pub use update::{EditJob, update};

use domain::intervention::machine::{self, Refusal, Surroundings};
use domain::intervention::{Action, Intervention, InterventionDetail, Suggestion};
use domain::policy::{Actor, Permission, Role, Target};
use domain::ports::Tx;
use domain::skill::RequiredSkill;
use domain::text::{FieldIssue, IssueCode, Issues};
use domain::{Id, Record};

use crate::ctx::Ctx;
use crate::error::AppError;

/// Most technicians that an answer suggests.
pub const MAX_SUGGESTIONS: u32 = 10;

/// For whom a job is shown: decides which of its data are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The company's own people.
    Staff,
    /// The client who owns the equipment.
    Client,
}

/// A job as an answer shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct JobView {
    /// The job with the names to show.
    pub detail: InterventionDetail,
    /// What this caller may do now.
    pub actions: Vec<Action>,
    /// For whom it is.
    pub audience: Audience,
    /// Who could take it; after a creation without a technician only, for who may assign.
    pub suggestions: Option<Vec<Suggestion>>,
}

/// What ties a job to people.
pub fn target(detail: &InterventionDetail) -> Target {
    Target {
        user: None,
        client: Some(detail.record.client),
        technician: detail.record.technician,
        team: detail.team,
    }
}

/// The client's own view, unless a role of the company's shows the job as well.
pub fn audience(actor: &Actor, target: &Target) -> Audience {
    // Lists ask for every row: who is no client is not looked at any further.
    if !actor.roles.contains(&Role::Client) {
        return Audience::Staff;
    }
    let staff = Actor {
        roles: actor
            .roles
            .iter()
            .copied()
            .filter(|r| *r != Role::Client)
            .collect(),
        ..actor.clone()
    };
    if staff.reaches(Permission::InterventionView, target) {
        Audience::Staff
    } else {
        Audience::Client
    }
}

/// The job as this caller sees it.
pub fn view(actor: &Actor, detail: InterventionDetail) -> JobView {
    let target = target(&detail);
    let around = Surroundings {
        technician_free: detail.technician_free,
        equipment: detail.equipment_status,
    };
    JobView {
        actions: machine::actions_for(actor, &detail.record, around, &target),
        audience: audience(actor, &target),
        suggestions: None,
        detail,
    }
}

/// The answer of a write: the job as its reader sees it now.
fn shown(tx: &mut dyn Tx, ctx: &Ctx, record: &Record<Intervention>) -> Result<JobView, AppError> {
    let detail = tx.interventions().detail(record.id)?.ok_or(AppError::NotFound)?;
    Ok(view(&ctx.actor, detail))
}

/// A refusal as the caller is told it: a state that does not allow something says what this caller
/// may do now, which is the list that reading the job gives.
fn refused(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    job: &Record<Intervention>,
    refusal: Refusal,
) -> Result<AppError, AppError> {
    Ok(match refusal {
        Refusal::InvalidTransition { from, action, .. } => Refusal::InvalidTransition {
            from,
            action,
            allowed: shown(tx, ctx, job)?.actions,
        },
        other => other,
    }
    .into())
}

/// Those of the skills that a job newly asks for and that do not exist, each by its place in the list.
fn unknown_skills(
    tx: &mut dyn Tx,
    before: &[RequiredSkill],
    after: &[RequiredSkill],
    issues: &mut Issues,
) -> Result<(), AppError> {
    let known = |required: &RequiredSkill| before.iter().any(|b| b.skill == required.skill);
    let new: Vec<_> = after.iter().filter(|r| !known(r)).map(|r| r.skill).collect();
    if new.is_empty() {
        return Ok(());
    }
    let unknown = tx.skills().unknown(&new)?;
    for (at, _) in after
        .iter()
        .enumerate()
        .filter(|(_, r)| unknown.contains(&r.skill))
    {
        let field = format!("competences_requises[{at}].competence_id");
        issues.0.push(FieldIssue::new(field, IssueCode::UnknownReference));
    }
    Ok(())
}

/// The target of a stored job. Its technician's team is asked for when the actor has a right by team.
fn stored_target(tx: &mut dyn Tx, ctx: &Ctx, job: &Intervention) -> Result<Target, AppError> {
    let team = match job.technician {
        Some(id) if ctx.actor.reaches_teams() => tx.technicians().find(id)?.and_then(|t| t.team),
        _ => None,
    };
    Ok(Target {
        user: None,
        client: Some(job.client),
        technician: job.technician,
        team,
    })
}

/// The job, locked, and its target, if the caller has the right to it.
fn lock(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    id: Id<Intervention>,
    permission: Permission,
) -> Result<(Record<Intervention>, Target), AppError> {
    let job = tx.interventions().lock(id)?.ok_or(AppError::NotFound)?;
    let target = stored_target(tx, ctx, &job)?;
    ctx.decide(permission, &target)?;
    Ok((job, target))
}

/// Whether the caller still may know the job: asked before an answer is given again.
fn admit(tx: &mut dyn Tx, ctx: &Ctx, id: Id<Intervention>) -> Result<(), AppError> {
    let job = tx.interventions().find(id)?.ok_or(AppError::NotFound)?;
    let target = stored_target(tx, ctx, &job)?;
    ctx.decide(Permission::InterventionView, &target)
}
