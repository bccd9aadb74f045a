//! Equipment: who may create, change and retire it, and what its state machine writes.

pub mod create;
pub mod delete;
pub(crate) mod effects;
pub mod maintenance;
pub mod read;
pub mod status;
pub mod tree;
pub mod update;

pub use create::{CreateEquipment, create};
pub use delete::delete;
pub use maintenance::{Maintenance, maintenance};
pub use read::{find, list};
pub use status::change_status;
pub use tree::tree;
pub use update::{EditEquipment, update};

use domain::equipment::machine::{self, Action};
use domain::equipment::{Equipment, EquipmentDetail, rules};
use domain::error::{Constraint, Repo, RepoError};
use domain::policy::{Actor, Permission, Target};
use domain::ports::Tx;
use domain::text::{FieldIssue, IssueCode, Issues};
use domain::{Id, Record};

use crate::ctx::Ctx;
use crate::error::AppError;

/// What ties an equipment to people, as far as it shows by itself.
pub(crate) fn target(equipment: &Equipment) -> Target {
    Target {
        client: Some(equipment.client),
        ..Target::default()
    }
}

/// What the caller may do to the state of the equipment now.
pub fn actions_for(actor: &Actor, seen: &EquipmentDetail) -> Vec<Action> {
    machine::actions_for(
        actor,
        seen.record.status,
        seen.held_by_hand,
        &target(&seen.record),
    )
}

/// Whether the caller still may know the equipment: asked before an answer is given again.
fn admit(tx: &mut dyn Tx, ctx: &Ctx, id: Id<Equipment>) -> Result<(), AppError> {
    let equipment = tx.equipments().find(id)?.ok_or(AppError::NotFound)?;
    ctx.decide(Permission::EquipmentView, &target(&equipment))
}

/// Everything that is wrong with the data, what they refer to included.
fn check(tx: &mut dyn Tx, before: Option<&Equipment>, after: &Equipment) -> Result<(), AppError> {
    let mut issues = rules::validate(after).err().unwrap_or_default();
    unknown(tx, before, after, &mut issues)?;
    Ok(issues.into_result()?)
}

fn unknown(
    tx: &mut dyn Tx,
    before: Option<&Equipment>,
    after: &Equipment,
    issues: &mut Issues,
) -> Result<(), AppError> {
    let known = tx.equipments().references(after)?;
    issues.when(!known.client, "client_id", IssueCode::UnknownReference);
    issues.when(!known.site, "site_id", IssueCode::UnknownReference);
    issues.when(!known.parent, "parent_id", IssueCode::UnknownReference);
    // A code that was retired from the list stays right where it stands.
    let kept = before.is_some_and(|b| b.kind == after.kind);
    let judged = issues.0.iter().any(|issue| issue.field == "type_equipement");
    if !kept && !judged && !known.kinds.contains(&after.kind) {
        let allowed = known.kinds.join(", ");
        issues.0.push(FieldIssue::expecting(
            "type_equipement",
            IssueCode::UnknownValue,
            allowed,
        ));
    }
    for (at, required) in after.required_skills.iter().enumerate() {
        if known.unknown_skills.contains(&required.skill) {
            let field = format!("competences_requises[{at}].competence_id");
            issues.0.push(FieldIssue::new(field, IssueCode::UnknownReference));
        }
    }
    Ok(())
}

/// A reference that went away between its check and the write: run again, so that the check names it.
fn checked<T>(written: Repo<T>) -> Result<T, AppError> {
    match written {
        Err(RepoError::Conflict {
            constraint: Constraint::MissingReference,
            ..
        }) => Err(AppError::StaleRow),
        other => Ok(other?),
    }
}

/// The answer of a write: the equipment as its reader sees it now.
fn shown(tx: &mut dyn Tx, record: &Record<Equipment>) -> Result<EquipmentDetail, AppError> {
    tx.equipments().detail(record.id)?.ok_or(AppError::NotFound)
}
