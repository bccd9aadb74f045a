//! Registering an equipment.

use domain::Id;
use domain::client::{Client, Site};
use domain::equipment::{Criticality, Equipment, EquipmentDetail, EquipmentStatus, rules};
use domain::policy::Permission;
use domain::skill::RequiredSkill;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{check, checked, shown};
use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;
use crate::write::{Render, Written, anyone};

/// A new equipment. Its state is not among these: a new equipment works.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateEquipment {
    /// Owner.
    pub client: Id<Client>,
    /// Where it stands.
    pub site: Option<Id<Site>>,
    /// What it is a part of.
    pub parent: Option<Id<Equipment>>,
    /// Name.
    pub name: String,
    /// Model.
    pub model: Option<String>,
    /// Make.
    pub brand: Option<String>,
    /// Serial number.
    pub serial_number: String,
    /// Code of the reference list `type_equipement`.
    pub kind: String,
    /// What a failure would mean.
    pub criticality: Criticality,
    /// Where on the site.
    pub location: Option<String>,
    /// Day of installation.
    pub installed_on: Option<Date>,
    /// Day of the next preventive maintenance; absent: computed from installation and frequency.
    pub next_maintenance: Option<Date>,
    /// Days between preventive maintenances.
    pub maintenance_every_days: Option<i32>,
    /// Unit of the meter.
    pub meter_unit: Option<String>,
    /// Reading of the meter.
    pub meter_value: Option<Decimal>,
    /// Cost of a new one, in MAD.
    pub replacement_value: Option<Decimal>,
    /// Notes.
    pub notes: Option<String>,
    /// Skills that work on it needs.
    pub required_skills: Vec<RequiredSkill>,
}

impl CreateEquipment {
    fn into_equipment(self, public_code: String) -> Equipment {
        let mut equipment = Equipment {
            client: self.client,
            site: self.site,
            parent: self.parent,
            name: self.name,
            model: self.model,
            brand: self.brand,
            serial_number: self.serial_number,
            kind: self.kind,
            status: EquipmentStatus::Operational,
            criticality: self.criticality,
            location: self.location,
            installed_on: self.installed_on,
            next_maintenance: self.next_maintenance,
            maintenance_every_days: self.maintenance_every_days,
            public_code,
            meter_unit: self.meter_unit,
            meter_value: self.meter_value,
            replacement_value: self.replacement_value,
            notes: self.notes,
            retirement_reason: None,
            required_skills: self.required_skills,
        };
        equipment.next_maintenance = equipment
            .next_maintenance
            .or_else(|| rules::next_due(None, &equipment));
        equipment
    }
}

/// Registers an equipment.
///
/// # Errors
/// Validation issues, `UNKNOWN_REFERENCE` and the allowed kinds among them; `AlreadyExists` when the
/// client has the serial number already.
pub async fn create(
    app: &App,
    ctx: &Ctx,
    cmd: CreateEquipment,
    render: Render<EquipmentDetail>,
) -> Result<Written<EquipmentDetail>, AppError> {
    ctx.require(Permission::EquipmentManage)?;
    // Opaque: says nothing of the equipment, and cannot be guessed.
    let code = format!("{:032x}", app.secrets.bits128());
    let (equipment, by) = (cmd.into_equipment(code), Some(ctx.actor.user));
    app.write(ctx, "equipment.create", render, anyone, move |tx, _| {
        check(tx, None, &equipment)?;
        let record = checked(tx.equipments().insert(&equipment, by))?;
        shown(tx, &record)
    })
    .await
}
