//! Loading what an action depends on, under locks, and writing what it decided.

use domain::intervention::Intervention;
use domain::intervention::machine::{Assignee, Facts, Plan, Wait};
use domain::ports::Tx;
use domain::technician::Technician;
use domain::{Id, Record};

use crate::ctx::Ctx;
use crate::equipment::effects;
use crate::error::AppError;

/// Locks a technician and reads what guards look at.
pub(super) fn assignee(tx: &mut dyn Tx, id: Id<Technician>) -> Result<Option<Assignee>, AppError> {
    let Some(record) = tx.technicians().lock(id)? else {
        return Ok(None);
    };
    let detail = tx.technicians().detail(id)?.ok_or(AppError::StaleRow)?;
    let running_job = tx.technicians().running_job(id)?;
    Ok(Some(Assignee {
        record,
        full_name: detail.full_name,
        is_active: detail.is_active,
        running_job,
        uncertified: detail.uncertified,
    }))
}

/// Everything about a locked job: its equipment, then the technicians in the order of their ids,
/// as everybody locks them.
pub(crate) fn load(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    job: Record<Intervention>,
    candidate: Option<Id<Technician>>,
) -> Result<Facts, AppError> {
    let equipment = tx.equipments().lock(job.equipment)?.ok_or(AppError::StaleRow)?;
    let situation = tx.equipments().situation(equipment.id)?;
    let mut ids: Vec<_> = job.technician.into_iter().chain(candidate).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut people = Vec::new();
    for id in ids {
        people.extend(assignee(tx, id)?);
    }
    let person = |id: Option<Id<Technician>>| people.iter().find(|p| Some(p.record.id) == id).cloned();
    let (technician, candidate) = (person(job.technician), person(candidate));
    Ok(Facts {
        job,
        equipment,
        situation,
        technician,
        candidate,
        by: Some(ctx.actor.user),
        now: ctx.now,
    })
}

/// Writes a plan about a stored job; answers the job as stored now.
pub(crate) fn write(tx: &mut dyn Tx, facts: &Facts, plan: &Plan) -> Result<Record<Intervention>, AppError> {
    let record = match &plan.job {
        Some(after) => tx.interventions().update(&facts.job, after)?,
        None => facts.job.clone(),
    };
    write_effects(tx, &record, &facts.equipment, plan)?;
    Ok(record)
}

/// Writes everything of a plan but the job's own row; answers what the equipment's part left behind.
pub(super) fn write_effects(
    tx: &mut dyn Tx,
    job: &Record<Intervention>,
    equipment: &Record<domain::equipment::Equipment>,
    plan: &Plan,
) -> Result<Option<effects::Applied>, AppError> {
    let applied = match &plan.equipment {
        Some(part) => Some(effects::write(tx, equipment, part)?),
        None => None,
    };
    for change in &plan.technicians {
        tx.technicians().update(&change.before, &change.after)?;
    }
    match plan.wait {
        Some(Wait::Open(reason)) => tx.interventions().open_wait(job.id, reason, plan.at)?,
        Some(Wait::Close) => tx.interventions().close_wait(job.id, plan.at)?,
        None => {}
    }
    tx.interventions().append_history(&plan.history)?;
    for event in &plan.events {
        tx.outbox().push(event, plan.at)?;
    }
    Ok(applied)
}
