//! What a technician is doing: leave, training, suddenly away, back.

use domain::audit::AuditEvent;
use domain::intervention::Intervention;
use domain::intervention::machine::{self as job, Assignee};
use domain::policy::Permission;
use domain::ports::Tx;
use domain::technician::Technician;
use domain::technician::machine::{self, Action, Command, Facts, PERMISSION, Plan, Refusal};
use domain::{Id, Record, Vocab};

use super::{TechnicianView, target, written};
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::{AppError, Code, Detail};
use crate::intervention;
use crate::write::{Render, Written};

/// A technician whose availability changed, and what it means for the work.
#[derive(Debug, Clone, PartialEq)]
pub struct AvailabilityChange {
    /// The technician now.
    pub technician: TechnicianView,
    /// The job that was in progress and now waits.
    pub interrupted: Option<Id<Intervention>>,
    /// Their open jobs, that somebody else should take.
    pub to_reassign: Vec<Id<Intervention>>,
}

/// Applies an action to a technician's availability. Being suddenly away during a job sends the job
/// to wait.
///
/// # Errors
/// `NotFound`; `StaleVersion`; `InvalidTransition` with what is possible.
pub async fn change_availability(
    app: &App,
    ctx: &Ctx,
    id: Id<Technician>,
    expected: Expected,
    command: Command,
    render: Render<AvailabilityChange>,
) -> Result<Written<AvailabilityChange>, AppError> {
    ctx.require(PERMISSION)?;
    command.validate().into_result()?;
    app.write(
        ctx,
        "technician.change_availability",
        render,
        move |tx, ctx| {
            let known = tx.technicians().find(id)?.ok_or(AppError::NotFound)?;
            ctx.decide(Permission::TechnicianView, &target(&known))
        },
        move |tx, ctx| apply(tx, ctx, id, expected, &command),
    )
    .await
}

fn apply(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    id: Id<Technician>,
    expected: Expected,
    command: &Command,
) -> Result<AvailabilityChange, AppError> {
    let known = tx.technicians().find(id)?.ok_or(AppError::NotFound)?;
    ctx.decide(PERMISSION, &target(&known))?;
    let (technician, running) = lock(tx, ctx, id, command.action)?;
    check_version(technician.version, expected)?;
    let open_jobs = tx.technicians().open_jobs(id)?;
    let facts = Facts {
        technician,
        running,
        open_jobs,
        now: ctx.now,
    };
    let plan = machine::apply(command, &facts).map_err(refused)?;
    write(tx, &facts, &plan)?;
    keep_reason(tx, command, id);
    Ok(AvailabilityChange {
        technician: written(tx, ctx, id)?,
        interrupted: plan.job.as_ref().and(facts.running.as_ref()).map(|r| r.job.id),
        to_reassign: plan.to_reassign,
    })
}

/// The technician, and the job in progress when the action interrupts it: locked in the order that
/// every use case keeps, the job and its equipment before the technician. Whether a job runs is
/// asked again once the technician is held.
fn lock(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    id: Id<Technician>,
    action: Action,
) -> Result<(Record<Technician>, Option<job::Facts>), AppError> {
    let running = match action {
        Action::DeclareUnavailable => tx.technicians().running_job(id)?,
        Action::TakeLeave | Action::TakeTraining | Action::BecomeAvailable => None,
    };
    let Some(job) = running else {
        let technician = tx.technicians().lock(id)?.ok_or(AppError::NotFound)?;
        let began = action == Action::DeclareUnavailable && tx.technicians().running_job(id)?.is_some();
        return if began {
            Err(AppError::StaleRow)
        } else {
            Ok((technician, None))
        };
    };
    let locked = tx.interventions().lock(job)?.ok_or(AppError::StaleRow)?;
    let facts = intervention::facts::load(tx, ctx, locked, None)?;
    let still = |t: &&Assignee| t.record.id == id && t.running_job == Some(job);
    let technician = facts
        .technician
        .as_ref()
        .filter(still)
        .ok_or(AppError::StaleRow)?
        .record
        .clone();
    Ok((technician, Some(facts)))
}

/// An interrupted job keeps its technician and its equipment: its own plan says no more than that it
/// waits.
fn write(tx: &mut dyn Tx, facts: &Facts, plan: &Plan) -> Result<(), AppError> {
    if let (Some(running), Some(job)) = (&facts.running, &plan.job) {
        intervention::facts::write(tx, running, job)?;
    }
    tx.technicians().update(&facts.technician, &plan.technician)?;
    for event in &plan.events {
        tx.outbox().push(event, facts.now)?;
    }
    Ok(())
}

/// The reason stays in the audit log: the profile has no place for it.
fn keep_reason(tx: &mut dyn Tx, command: &Command, id: Id<Technician>) {
    let reason = command.reason.as_deref().map(str::trim).filter(|r| !r.is_empty());
    if let Some(reason) = reason {
        tx.audit().record(&AuditEvent {
            action: command.action.code(),
            object: "techniciens",
            object_id: Some(id.get()),
            facts: vec![("motif", reason.to_owned())],
        });
    }
}

/// What a refusal of the machine means to the caller, with what would work.
pub(crate) fn refused(refusal: Refusal) -> AppError {
    match refusal {
        Refusal::Invalid(issues) => issues.into(),
        Refusal::InvalidTransition { from, allowed, .. } => AppError::Rule {
            code: Code::InvalidTransition,
            details: vec![
                ("disponibilite", Detail::Text(from.code().to_owned())),
                (
                    "actions_possibles",
                    Detail::List(allowed.iter().map(|a| a.code().to_owned()).collect()),
                ),
            ],
        },
        Refusal::RunningJob { job } => AppError::Rule {
            code: Code::TechnicianBusy,
            details: vec![("intervention_id", Detail::Number(job.get()))],
        },
        Refusal::Job(refusal) => refusal.into(),
    }
}

#[cfg(test)]
mod tests {
    use domain::samples::every_variant;

    use super::*;

    #[test]
    fn every_refusal_keeps_its_code() {
        let refusals = [
            Refusal::InvalidTransition {
                from: domain::technician::Availability::Busy,
                action: Action::TakeLeave,
                allowed: Vec::new(),
            },
            Refusal::RunningJob { job: Id::new(1) },
            Refusal::Job(job::Refusal::NoTechnician),
            Refusal::Invalid(domain::text::Issues::default()),
        ];
        assert!(every_variant(&refusals));
        for refusal in refusals {
            let code = refusal.code();
            assert_eq!(refused(refusal).code().as_str(), code);
        }
    }
}
