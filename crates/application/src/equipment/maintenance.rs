//! The maintenance history of an equipment, and what is due next.

use domain::Id;
use domain::equipment::{Downtime, Equipment, EquipmentDetail};
use domain::intervention::InterventionDetail;
use domain::page::Page;
use domain::policy::Permission;

use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;

/// What was done to an equipment, and what is due.
#[derive(Debug, Clone, PartialEq)]
pub struct Maintenance {
    /// The equipment, with the day on which the next preventive maintenance is due.
    pub equipment: EquipmentDetail,
    /// Whether that day has passed.
    pub overdue: bool,
    /// Its jobs that the caller may see, newest first.
    pub jobs: Page<InterventionDetail>,
    /// Its latest stops, newest first.
    pub downtimes: Vec<Downtime>,
}

/// One page of the history.
///
/// # Errors
/// `NotFound` when there is no such equipment that the caller may know of.
pub async fn maintenance(
    app: &App,
    ctx: &Ctx,
    id: Id<Equipment>,
    limit: u32,
    cursor: Option<String>,
) -> Result<Maintenance, AppError> {
    let seen = ctx.seen(Permission::EquipmentView)?;
    let equipment = app.equipments.find(id, &seen).await?.ok_or(AppError::NotFound)?;
    // Jobs have a right of their own: a technician sees the assigned ones.
    let jobs_seen = ctx.seen(Permission::InterventionView)?;
    let jobs = app.equipments.maintenance(id, &jobs_seen, limit, cursor).await?;
    let downtimes = app.equipments.downtimes(id, &seen).await?;
    let overdue = equipment
        .record
        .next_maintenance
        .is_some_and(|day| day < ctx.today());
    Ok(Maintenance {
        equipment,
        overdue,
        jobs,
        downtimes,
    })
}
