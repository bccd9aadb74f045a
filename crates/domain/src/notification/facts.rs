//! What the texts of notifications say about an object, as it is when they are written.

use jiff::Timestamp;

use crate::Id;
use crate::intervention::Status;
use crate::technician::{Availability, Technician};

/// About a job.
#[derive(Debug, Clone, PartialEq)]
pub struct JobFacts {
    /// Number.
    pub number: String,
    /// How far it is.
    pub status: Status,
    /// Title.
    pub title: String,
    /// What is to be done.
    pub description: String,
    /// Whether its priority is critical.
    pub critical: bool,
    /// Whether it is urgent; a critical one always is.
    pub urgent: bool,
    /// Whether a client asked for it on the portal.
    pub requested: bool,
    /// Whether it was declared with a failure of its equipment.
    pub failure: bool,
    /// Name of the equipment.
    pub equipment: String,
    /// Its serial number.
    pub serial_number: String,
    /// Where on the site it stands.
    pub location: Option<String>,
    /// Name of the client.
    pub client: String,
    /// Name and town of the site.
    pub site: Option<String>,
    /// When it is planned.
    pub planned_at: Option<Timestamp>,
    /// When it was closed.
    pub finished_at: Option<Timestamp>,
    /// The assigned technician's profile.
    pub technician: Option<Id<Technician>>,
    /// The assigned technician's name.
    pub technician_name: Option<String>,
    /// The technician's report.
    pub report: Option<String>,
    /// Why it was cancelled; not for clients.
    pub cancel_reason: Option<String>,
}

/// About an equipment.
#[derive(Debug, Clone, PartialEq)]
pub struct EquipmentFacts {
    /// Name.
    pub name: String,
    /// Serial number.
    pub serial_number: String,
    /// Where on the site it stands.
    pub location: Option<String>,
    /// Name of the client.
    pub client: String,
    /// Name and town of the site.
    pub site: Option<String>,
    /// Whether it has been retired for good; a failure that was open then stays so.
    pub decommissioned: bool,
    /// When the failure that is open began.
    pub failed_at: Option<Timestamp>,
    /// What was seen of it; not for clients.
    pub failure: Option<String>,
}

/// About a technician.
#[derive(Debug, Clone, PartialEq)]
pub struct TechnicianFacts {
    /// Name.
    pub full_name: String,
    /// What they are doing.
    pub availability: Availability,
    /// Number and title of each job that is not finished, oldest first.
    pub open_jobs: Vec<(String, String)>,
}
