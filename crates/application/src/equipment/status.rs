//! What a person does to the state of an equipment.

use domain::audit::AuditEvent;
use domain::equipment::machine::{self, Action, Command, Facts};
use domain::equipment::{Equipment, EquipmentDetail};
use domain::ports::Tx;
use domain::{Id, Record, Vocab};

use super::{admit, effects, shown, target};
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::AppError;
use crate::write::{Render, Written};

/// Declares a failure, begins or ends a maintenance, retires.
///
/// # Errors
/// `Denied`, `NotFound`, `StaleVersion`; `InvalidTransition` with what is possible; `EquipmentInUse`
/// with the jobs that hold it or are open on it; validation issues.
pub async fn change_status(
    app: &App,
    ctx: &Ctx,
    id: Id<Equipment>,
    expected: Expected,
    command: Command,
    render: Render<EquipmentDetail>,
) -> Result<Written<EquipmentDetail>, AppError> {
    ctx.require(command.action.permission())?;
    command.validate().into_result()?;
    app.write(
        ctx,
        "equipment.change_status",
        render,
        move |tx, ctx| admit(tx, ctx, id),
        move |tx, ctx| apply(tx, ctx, id, expected, &command),
    )
    .await
}

fn apply(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    id: Id<Equipment>,
    expected: Expected,
    command: &Command,
) -> Result<EquipmentDetail, AppError> {
    let open_jobs = if command.cancel_open {
        effects::lock_open_jobs(tx, id)?
    } else {
        Vec::new()
    };
    let equipment = tx.equipments().lock(id)?.ok_or(AppError::NotFound)?;
    ctx.decide(command.action.permission(), &target(&equipment))?;
    check_version(equipment.version, expected)?;
    let situation = tx.equipments().situation(id)?;
    let facts = Facts {
        equipment,
        situation,
        now: ctx.now,
    };
    let plan = machine::apply(command, &facts).map_err(effects::refused)?;
    effects::cancel_jobs(tx, ctx, &facts, &plan, &open_jobs)?;
    let applied = effects::write(tx, &facts.equipment, &plan)?;
    keep_reason(tx, command, &facts.equipment);
    shown(tx, &applied.equipment)
}

/// A reason that no row has a place for (a stop, a failure, the retirement have one) stays in the audit log.
fn keep_reason(tx: &mut dyn Tx, command: &Command, equipment: &Record<Equipment>) {
    let reason = command.reason.as_deref().map(str::trim).filter(|r| !r.is_empty());
    let Some(reason) = reason.filter(|_| command.action == Action::ReturnToService) else {
        return;
    };
    tx.audit().record(&AuditEvent {
        action: command.action.code(),
        object: "equipements",
        object_id: Some(equipment.id.get()),
        facts: vec![("motif", reason.to_owned())],
    });
}
