//! Changing a technician's profile and skills.

use std::sync::Arc;

use domain::policy::Permission;
use domain::ports::Tx;
use domain::technician::{Technician, rules};
use domain::text::{IssueCode, Issues};
use domain::{Id, Record};

use super::{TechnicianView, check_references, target, written};
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::AppError;
use crate::write::{Render, Written, anyone};

/// Makes the profile that the caller wants out of what it is now; pure.
pub type EditTechnician = Arc<dyn Fn(&TechnicianView) -> Result<Technician, AppError> + Send + Sync>;

/// Applies `edit` to a profile. The account is given once and for all; the availability has its own
/// actions.
///
/// # Errors
/// `NotFound`; validation issues, `READ_ONLY` and `UNKNOWN_REFERENCE` among them; `StaleVersion`.
pub async fn update(
    app: &App,
    ctx: &Ctx,
    id: Id<Technician>,
    expected: Expected,
    edit: EditTechnician,
    render: Render<TechnicianView>,
) -> Result<Written<TechnicianView>, AppError> {
    ctx.require(Permission::TechnicianManage)?;
    app.write(ctx, "technician.update", render, anyone, move |tx, ctx| {
        apply(tx, ctx, id, expected, &edit)?;
        written(tx, ctx, id)
    })
    .await
}

fn apply(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    id: Id<Technician>,
    expected: Expected,
    edit: &EditTechnician,
) -> Result<Record<Technician>, AppError> {
    let before = tx.technicians().lock(id)?.ok_or(AppError::NotFound)?;
    ctx.decide(Permission::TechnicianManage, &target(&before))?;
    check_version(before.version, expected)?;
    let after = edit(&written(tx, ctx, id)?)?;
    let mut issues = rules::validate(&after).err().unwrap_or_default();
    fixed_fields(&before, &after, &mut issues);
    issues.into_result()?;
    check_references(tx, Some(&before), &after)?;
    Ok(tx.technicians().update(&before, &after)?)
}

fn fixed_fields(before: &Technician, after: &Technician, issues: &mut Issues) {
    issues.when(after.user != before.user, "user_id", IssueCode::ReadOnly);
    let moved = after.availability != before.availability || after.pending_absence != before.pending_absence;
    issues.when(moved, "disponibilite", IssueCode::ReadOnly);
}
