//! Changing an equipment: by those who manage it everything but its state, by the technician of a
//! job on it what the work shows.

use std::sync::Arc;

use domain::equipment::{Equipment, EquipmentDetail, rules};
use domain::policy::{Permission, Target};
use domain::ports::Tx;
use domain::text::{IssueCode, Issues};
use domain::time::local_date;
use domain::{Id, Record};

use super::{admit, check, checked, shown, target};
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::{AppError, Code};
use crate::write::{Render, Written};

/// Makes the equipment that the caller wants out of the present one; pure.
pub type EditEquipment = Arc<dyn Fn(&EquipmentDetail) -> Result<Equipment, AppError> + Send + Sync>;

/// Fields that change by other ways only: the state by its actions, the code never.
const READ_ONLY: &[&str] = &["statut", "code_public", "motif_reforme"];

/// Applies `edit` to an equipment.
///
/// # Errors
/// Validation issues; `Denied` for a technician without a job on it, `DeniedFields` when they change
/// more than meter, location and notes; `EquipmentCycle`; `AlreadyExists`; `InUse` when it would change
/// its owner but has parts or jobs; `StaleVersion`.
pub async fn update(
    app: &App,
    ctx: &Ctx,
    id: Id<Equipment>,
    expected: Expected,
    edit: EditEquipment,
    render: Render<EquipmentDetail>,
) -> Result<Written<EquipmentDetail>, AppError> {
    ctx.require(Permission::EquipmentOperate)?;
    app.write(
        ctx,
        "equipment.update",
        render,
        move |tx, ctx| admit(tx, ctx, id),
        move |tx, ctx| apply(tx, ctx, id, expected, &edit),
    )
    .await
}

fn apply(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    id: Id<Equipment>,
    expected: Expected,
    edit: &EditEquipment,
) -> Result<EquipmentDetail, AppError> {
    let before = tx.equipments().lock(id)?.ok_or(AppError::NotFound)?;
    let tied = tied(tx, ctx, &before)?;
    ctx.decide(Permission::EquipmentOperate, &tied)?;
    check_version(before.version, expected)?;
    let seen = shown(tx, &before)?;
    let mut after = edit(&seen)?;
    // One order, so that the same skills in another one are no change.
    after.required_skills.sort_by_key(|required| required.skill);
    read_only(&before, &after)?;
    if !ctx.actor.reaches(Permission::EquipmentManage, &tied) {
        let denied = rules::beyond_operation(&before, &after);
        if !denied.is_empty() {
            return Err(AppError::DeniedFields(
                denied.into_iter().map(str::to_owned).collect(),
            ));
        }
    }
    if after == before.data {
        return Ok(seen);
    }
    reschedule(tx, &before, &mut after)?;
    check(tx, Some(&before.data), &after)?;
    refuse_cycle(tx, &before, &after)?;
    let record = checked(tx.equipments().update(&before, &after))?;
    shown(tx, &record)
}

/// What ties the equipment to people; a technician is tied to it by a job that is not over.
fn tied(tx: &mut dyn Tx, ctx: &Ctx, equipment: &Record<Equipment>) -> Result<Target, AppError> {
    let mut tied = target(equipment);
    if let Some(technician) = ctx.actor.technician
        && tx.equipments().has_live_job_of(equipment.id, technician)?
    {
        tied.technician = Some(technician);
    }
    Ok(tied)
}

fn read_only(before: &Equipment, after: &Equipment) -> Result<(), AppError> {
    let mut issues = Issues::default();
    for field in rules::changed(before, after) {
        issues.when(READ_ONLY.contains(&field), field, IssueCode::ReadOnly);
    }
    Ok(issues.into_result()?)
}

/// A new frequency or day of installation moves the day that is due, unless the caller set it; without
/// a frequency nothing is due any more.
fn reschedule(tx: &mut dyn Tx, before: &Record<Equipment>, after: &mut Equipment) -> Result<(), AppError> {
    let moved = (before.maintenance_every_days, before.installed_on)
        != (after.maintenance_every_days, after.installed_on);
    if moved && before.next_maintenance == after.next_maintenance {
        let last = tx.equipments().last_preventive(before.id)?.map(local_date);
        let kept = after.next_maintenance.filter(|_| {
            // A day that was set by hand, without any frequency, stays.
            before.maintenance_every_days.is_none() || after.maintenance_every_days.is_some()
        });
        after.next_maintenance = rules::next_due(last, after).or(kept);
    }
    Ok(())
}

fn refuse_cycle(tx: &mut dyn Tx, before: &Record<Equipment>, after: &Equipment) -> Result<(), AppError> {
    let Some(parent) = after.parent.filter(|_| after.parent != before.parent) else {
        return Ok(());
    };
    let above = tx.equipments().ancestors(parent)?;
    if rules::would_cycle(before.id, parent, &above) {
        return Err(AppError::rule(Code::EquipmentCycle));
    }
    Ok(())
}
