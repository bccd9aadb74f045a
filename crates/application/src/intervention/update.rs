//! Changing the data of a job, as far as its state and the caller's rights allow.

use std::sync::Arc;

use domain::equipment::Equipment;
use domain::intervention::Intervention;
use domain::intervention::edit::{EditFacts, asks_otherwise, edit, edit_rights, may_change};
use domain::intervention::rules::is_urgent;
use domain::policy::{Permission, Target};
use domain::ports::Tx;
use domain::text::{IssueCode, Issues};
use domain::{Id, Record};

use super::facts::assignee;
use super::{JobView, admit, lock, shown, unknown_skills};
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::AppError;
use crate::write::{Render, Written};

/// Makes the data that the caller wants out of the present ones; pure.
pub type EditJob = Arc<dyn Fn(&JobView) -> Result<Intervention, AppError> + Send + Sync>;

/// Applies `wanted` to a job. Nothing is written, and no history, when nothing differs.
///
/// # Errors
/// `NotFound`; `Denied`, or `DeniedFields` naming what the caller may not change; `StaleVersion`;
/// `ReadOnlyState` naming what can no longer change; `AboutFailure`; `SkillMissing` when the assigned
/// technician could not do what is asked for now; validation issues, `READ_ONLY` and
/// `UNKNOWN_REFERENCE` among them.
pub async fn update(
    app: &App,
    ctx: &Ctx,
    id: Id<Intervention>,
    expected: Expected,
    wanted: EditJob,
    render: Render<JobView>,
) -> Result<Written<JobView>, AppError> {
    ctx.require(Permission::InterventionView)?;
    app.write(
        ctx,
        "intervention.update",
        render,
        move |tx, ctx| admit(tx, ctx, id),
        move |tx, ctx| apply(tx, ctx, id, expected, &wanted),
    )
    .await
}

fn apply(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    id: Id<Intervention>,
    expected: Expected,
    wanted: &EditJob,
) -> Result<JobView, AppError> {
    let (before, target) = lock(tx, ctx, id, Permission::InterventionView)?;
    let rights = edit_rights(&ctx.actor, &before, &target);
    if rights.is_empty() {
        return Err(AppError::Denied);
    }
    check_version(before.version, expected)?;
    let present = shown(tx, ctx, &before)?;
    let mut after = wanted(&present)?;
    after.urgent = is_urgent(after.urgent, after.priority);
    // One order, so that the same skills in another one are no change.
    after.required_skills.sort_by_key(|required| required.skill);
    // Before any reference is looked up: whether it exists is not for who may not set it.
    may_change(&before, &after, &rights)?;
    let facts = load(tx, ctx, &before, &after)?;
    let edit = edit(&before, after, &rights, &facts)?;
    if edit.changes.is_empty() {
        return Ok(present);
    }
    let record = tx.interventions().update(&before, &edit.job)?;
    let events = edit.events(id);
    let entry = edit.history(id, Some(ctx.actor.user), ctx.now);
    tx.interventions().append_history(&entry)?;
    for event in &events {
        tx.outbox().push(event, ctx.now)?;
    }
    shown(tx, ctx, &record)
}

/// What the edit depends on, locked in the order that everybody keeps: the equipment, then the assigned
/// technician. Nobody but who may edit everything changes what they are read for.
fn load(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    before: &Record<Intervention>,
    after: &Intervention,
) -> Result<EditFacts, AppError> {
    let mut equipment = check_references(tx, ctx, before, after)?;
    let technician = before.technician.filter(|_| asks_otherwise(before, after));
    let assignee = match technician {
        Some(technician) => {
            if equipment.is_none() {
                equipment = tx.equipments().lock(before.equipment)?;
            }
            assignee(tx, technician)?
        }
        None => None,
    };
    Ok(EditFacts {
        equipment,
        assignee,
        now: ctx.now,
    })
}

/// Whether what the job newly refers to exists; answers the equipment when it is another one, locked
/// so that it cannot be decommissioned meanwhile.
fn check_references(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    before: &Record<Intervention>,
    after: &Intervention,
) -> Result<Option<Record<Equipment>>, AppError> {
    let mut issues = Issues::default();
    if let Some(first) = after
        .follow_up_of
        .filter(|_| after.follow_up_of != before.follow_up_of)
    {
        let found = if first == before.id {
            None
        } else {
            tx.interventions().find(first)?
        };
        match found.filter(|first| first.client == before.client) {
            // A job follows one that was there before it, and identifiers grow: so no chain of them ever
            // closes to a circle, whatever the clocks of two servers say.
            Some(first) => issues.when(first.id >= before.id, "suite_de_id", IssueCode::Inconsistent),
            None => issues.when(true, "suite_de_id", IssueCode::UnknownReference),
        }
    }
    unknown_skills(tx, &before.required_skills, &after.required_skills, &mut issues)?;
    let mut equipment = None;
    if after.equipment != before.equipment {
        let target = |e: &Record<Equipment>| Target {
            client: Some(e.client),
            ..Target::default()
        };
        let found = tx.equipments().lock(after.equipment)?;
        equipment = found.filter(|e| ctx.actor.reaches(Permission::EquipmentView, &target(e)));
        issues.when(equipment.is_none(), "equipement_id", IssueCode::UnknownReference);
    }
    issues.into_result()?;
    Ok(equipment)
}
