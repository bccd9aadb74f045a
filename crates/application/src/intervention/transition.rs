//! Everything that moves a job through its life: assigning, starting, holding, closing…

use domain::intervention::machine::{self, Assign, Close, Command, Facts, Plan, Refusal};
use domain::intervention::{Action, Intervention, Outcome, Status, WaitReason};
use domain::policy::{Actor, Decision, Permission};
use domain::ports::Tx;
use domain::technician::Technician;
use domain::text::{FieldIssue, IssueCode};
use domain::{Id, Record, Vocab, equipment};
use jiff::Timestamp;

use super::facts::{load, write};
use super::{JobView, admit, lock, refused, shown};
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::equipment::effects;
use crate::error::AppError;
use crate::write::{Render, Written};

/// What is asked for: an action, or the state that it should lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// This action.
    Action(Action),
    /// The one action that leads to this state from the present one.
    Status(Status),
}

/// A transition as a caller asks for it: the goal, and whatever the action may need. What the action
/// has no use for is ignored, as older clients send one form for all.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Action or state.
    pub goal: Goal,
    /// Whom to assign.
    pub technician: Option<Id<Technician>>,
    /// When it is planned, with an assignment.
    pub planned_at: Option<Timestamp>,
    /// Estimated duration, with an assignment.
    pub estimated_minutes: Option<i32>,
    /// Reason of a cancellation, or code of the reason to wait.
    pub reason: Option<String>,
    /// A remark for the history.
    pub comment: Option<String>,
    /// Older clients' one text: the report when closing, the reason when cancelling, else a comment.
    pub remark: Option<String>,
    /// While it waits the equipment is back with its owner.
    pub equipment_returned: bool,
    /// Report.
    pub report: Option<String>,
    /// How the equipment is left.
    pub outcome: Option<Outcome>,
    /// Diagnosis.
    pub diagnosis: Option<String>,
    /// Failure mode.
    pub failure_mode: Option<String>,
    /// Failure mechanism.
    pub failure_mechanism: Option<String>,
    /// Failure cause.
    pub failure_cause: Option<String>,
    /// Cancel what is still open on an equipment that is decommissioned.
    pub cancel_open: bool,
}

impl Asked {
    /// This goal, and nothing else said.
    pub fn to(goal: Goal) -> Self {
        Self {
            goal,
            technician: None,
            planned_at: None,
            estimated_minutes: None,
            reason: None,
            comment: None,
            remark: None,
            equipment_returned: false,
            report: None,
            outcome: None,
            diagnosis: None,
            failure_mode: None,
            failure_mechanism: None,
            failure_cause: None,
            cancel_open: false,
        }
    }

    fn action(&self, job: &Intervention) -> Result<Action, Refusal> {
        match self.goal {
            Goal::Action(action) => Ok(action),
            Goal::Status(status) => machine::action_to(job, status),
        }
    }

    /// What `action` is told of all that was said.
    ///
    /// # Errors
    /// What the action cannot be said without, or cannot understand.
    pub fn command(&self, action: Action) -> Result<Command, AppError> {
        let either = |own: &Option<String>| own.clone().or_else(|| self.remark.clone());
        let comment = || either(&self.comment);
        // A remark that is not needed as report or reason is a comment.
        let beside = |own: &Option<String>| {
            if own.is_some() {
                comment()
            } else {
                self.comment.clone()
            }
        };
        Ok(match action {
            Action::Create => {
                let others: Vec<_> = Action::all()
                    .iter()
                    .filter(|a| **a != action)
                    .map(|a| a.code())
                    .collect();
                let issue = FieldIssue::expecting("action", IssueCode::UnknownValue, others.join(", "));
                return Err(AppError::field(issue));
            }
            Action::Assign => Command::Assign(Assign {
                technician: self
                    .technician
                    .ok_or_else(|| AppError::field(FieldIssue::new("technicien_id", IssueCode::Required)))?,
                planned_at: self.planned_at,
                estimated_minutes: self.estimated_minutes,
                comment: comment(),
            }),
            Action::Unassign => Command::Unassign { comment: comment() },
            Action::Start => Command::Start { comment: comment() },
            Action::Hold => Command::Hold {
                reason: self.reason.as_deref().map(wait_reason).transpose()?,
                equipment_returned: self.equipment_returned,
                comment: comment(),
            },
            Action::Resume => Command::Resume { comment: comment() },
            Action::Close => Command::Close(Close {
                report: either(&self.report),
                outcome: self.outcome,
                diagnosis: self.diagnosis.clone(),
                failure_mode: self.failure_mode.clone(),
                failure_mechanism: self.failure_mechanism.clone(),
                failure_cause: self.failure_cause.clone(),
                cancel_open: self.cancel_open,
                comment: beside(&self.report),
            }),
            Action::Cancel => {
                // A cancellation has one text.
                let texts = [either(&self.reason), beside(&self.reason)];
                let texts: Vec<_> = texts
                    .into_iter()
                    .flatten()
                    .filter(|t| !t.trim().is_empty())
                    .collect();
                Command::Cancel {
                    reason: (!texts.is_empty()).then(|| texts.join(" ")),
                }
            }
            Action::Archive => Command::Archive,
        })
    }
}

fn wait_reason(code: &str) -> Result<WaitReason, AppError> {
    WaitReason::parse(code).ok_or_else(|| {
        let allowed: Vec<_> = WaitReason::all().iter().map(|r| r.code()).collect();
        AppError::field(FieldIssue::expecting(
            "motif",
            IssueCode::UnknownValue,
            allowed.join(", "),
        ))
    })
}

/// The action that stands for a goal before the job is known: each one that leads to a state takes
/// the same rights and the same words. No action leads back to the beginning.
fn representative(goal: Goal) -> Option<Action> {
    match goal {
        Goal::Action(action) => Some(action),
        Goal::Status(status) => machine::TRANSITIONS
            .iter()
            .find(|t| t.to == Some(status) && !t.from.is_empty())
            .map(|t| t.action),
    }
}

/// Whether somebody holds, in any scope, a right that the action takes.
fn may(actor: &Actor, action: Action) -> bool {
    let rights = machine::TRANSITIONS
        .iter()
        .filter(|t| t.action == action)
        .flat_map(|t| t.rights);
    rights.into_iter().any(|right| actor.may(right.permission))
}

/// Applies what is asked for.
///
/// # Errors
/// `NotFound` for a hidden job, `Denied`, `StaleVersion`, `InvalidTransition` with what is possible,
/// then the guards; issues on fields that the action needs.
pub async fn transition(
    app: &App,
    ctx: &Ctx,
    id: Id<Intervention>,
    expected: Expected,
    asked: Asked,
    render: Render<JobView>,
) -> Result<Written<JobView>, AppError> {
    ctx.require(Permission::InterventionView)?;
    if let Some(action) = representative(asked.goal) {
        if !may(&ctx.actor, action) {
            return Err(AppError::Denied);
        }
        // What is wrong with the words alone is said before anything is looked up.
        asked.command(action)?.validate().into_result()?;
    }
    app.write(
        ctx,
        "intervention.transition",
        render,
        move |tx, ctx| admit(tx, ctx, id),
        move |tx, ctx| apply(tx, ctx, id, expected, &asked),
    )
    .await
}

fn apply(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    id: Id<Intervention>,
    expected: Expected,
    asked: &Asked,
) -> Result<JobView, AppError> {
    let (job, target) = lock(tx, ctx, id, Permission::InterventionView)?;
    if let Some(action) = representative(asked.goal) {
        let command = asked.command(action)?;
        if machine::decide_command(&ctx.actor, &command, &job, &target) != Decision::Allowed {
            return Err(AppError::Denied);
        }
    }
    check_version(job.version, expected)?;
    let action = match asked.action(&job) {
        Ok(action) => action,
        Err(refusal) => return Err(refused(tx, ctx, &job, refusal)?),
    };
    let command = asked.command(action)?;
    if machine::decide_command(&ctx.actor, &command, &job, &target) != Decision::Allowed {
        return Err(AppError::Denied);
    }
    let candidate = match &command {
        Command::Assign(assign) => Some(assign.technician),
        _ => None,
    };
    // Jobs are locked before their equipment.
    let open = match &command {
        Command::Close(close) if close.cancel_open => effects::lock_open_jobs(tx, job.equipment)?,
        _ => Vec::new(),
    };
    let facts = load(tx, ctx, job, candidate)?;
    if candidate.is_some() && facts.candidate.is_none() {
        return Err(AppError::field(FieldIssue::new(
            "technicien_id",
            IssueCode::UnknownReference,
        )));
    }
    let plan = match machine::apply(&command, &facts) {
        Ok(plan) => plan,
        Err(refusal) => return Err(refused(tx, ctx, &facts.job, refusal)?),
    };
    cancel_others(tx, ctx, &facts, &plan, &open)?;
    let record = write(tx, &facts, &plan)?;
    shown(tx, ctx, &record)
}

fn cancel_others(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    facts: &Facts,
    plan: &Plan,
    open: &[Record<Intervention>],
) -> Result<(), AppError> {
    let Some(part) = plan.equipment.as_ref().filter(|p| !p.cancel_jobs.is_empty()) else {
        return Ok(());
    };
    let equipment_facts = equipment::machine::Facts {
        equipment: facts.equipment.clone(),
        situation: facts.situation.clone(),
        now: plan.at,
    };
    effects::cancel_jobs(tx, ctx, &equipment_facts, part, open)
}
