//! Equipment: a tree of things that fail and are maintained, with their stops.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::Id;
use crate::client::{Client, Site};
use crate::intervention::Intervention;
use crate::skill::RequiredSkill;
use crate::vocab::vocab;

pub mod machine;
pub mod rules;
pub mod store;

pub use store::{EquipmentDetail, EquipmentFilter, EquipmentQueries, EquipmentSort, EquipmentStore};

vocab! {
    /// State of an equipment.
    EquipmentStatus {
        /// Working.
        Operational = "operationnel",
        /// A failure is open and nobody works on it.
        Down = "en_panne",
        /// Held by a job or by a manual maintenance.
        InMaintenance = "maintenance",
        /// Decommissioned; final.
        Decommissioned = "hors_service",
    }
}
vocab! {
    /// What a failure would mean, from most to least serious.
    Criticality {
        /// Stops production or is dangerous.
        Critical = "critique",
        /// Hurts.
        Important = "important",
        /// Usual.
        Standard = "standard",
        /// Not felt.
        NonCritical = "non_critique",
    }
}
vocab! {
    /// How a failure came to be known.
    FailureOrigin {
        /// Declared on the equipment.
        Declared = "declaration",
        /// Declared with a new job.
        WithJob = "creation",
        /// Found when a job was closed.
        AtClosing = "cloture",
    }
}

/// An equipment.
#[derive(Debug, Clone, PartialEq)]
pub struct Equipment {
    /// Owner.
    pub client: Id<Client>,
    /// Where it stands; a site of the owner.
    pub site: Option<Id<Site>>,
    /// What it is a part of; an equipment of the owner.
    pub parent: Option<Id<Equipment>>,
    /// Name.
    pub name: String,
    /// Model.
    pub model: Option<String>,
    /// Make.
    pub brand: Option<String>,
    /// Serial number, unique for the client.
    pub serial_number: String,
    /// Code of the reference list `type_equipement`.
    pub kind: String,
    /// State; changed by [`machine`] alone.
    pub status: EquipmentStatus,
    /// What a failure would mean.
    pub criticality: Criticality,
    /// Where on the site.
    pub location: Option<String>,
    /// Day of installation.
    pub installed_on: Option<Date>,
    /// Day on which the next preventive maintenance is due.
    pub next_maintenance: Option<Date>,
    /// Days between preventive maintenances, > 0.
    pub maintenance_every_days: Option<i32>,
    /// Opaque code on the label.
    pub public_code: String,
    /// Unit of the meter (h, km, cycles…).
    pub meter_unit: Option<String>,
    /// Last reading of the meter.
    pub meter_value: Option<Decimal>,
    /// Cost of a new one, in MAD.
    pub replacement_value: Option<Decimal>,
    /// Notes of the field.
    pub notes: Option<String>,
    /// Why it was decommissioned.
    pub retirement_reason: Option<String>,
    /// Skills that work on it needs.
    pub required_skills: Vec<RequiredSkill>,
}

/// A failure: open until a job closes with the equipment operational.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Which equipment.
    pub equipment: Id<Equipment>,
    /// Since when.
    pub opened_at: Timestamp,
    /// Until when.
    pub closed_at: Option<Timestamp>,
    /// How it came to be known.
    pub origin: FailureOrigin,
    /// The job that it was declared with or found by.
    pub intervention: Option<Id<Intervention>>,
    /// What was seen.
    pub description: Option<String>,
}

/// What keeps an equipment in maintenance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Holder {
    /// A job, from its start to its end.
    Job(Id<Intervention>),
    /// A maintenance that somebody set by hand.
    Manual,
}

/// A stay in `en_panne` or `maintenance`.
#[derive(Debug, Clone, PartialEq)]
pub struct Downtime {
    /// Which equipment.
    pub equipment: Id<Equipment>,
    /// `Down` or `InMaintenance`.
    pub status: EquipmentStatus,
    /// Beginning.
    pub start: Timestamp,
    /// End; `None` while it lasts.
    pub end: Option<Timestamp>,
    /// What opened it.
    pub cause: Option<String>,
    /// Whether it was planned (preventive work).
    pub planned: bool,
    /// The job that opened it.
    pub intervention: Option<Id<Intervention>>,
}
