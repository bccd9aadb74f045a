//! Stored notifications.

use jiff::Timestamp;

use super::{Channel, Concerned, DeliveryStatus, EquipmentFacts, JobFacts, Notification, TechnicianFacts};
use crate::Id;
use crate::equipment::Equipment;
use crate::error::Repo;
use crate::event::EventId;
use crate::intervention::Intervention;
use crate::policy::Role;
use crate::technician::Technician;
use crate::user::User;

/// A stored notification with what delivery needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// Identifier; the constant Message-ID derives from it.
    pub id: Id<Notification>,
    /// When it was written.
    pub created_at: Timestamp,
    /// The notification.
    pub notification: Notification,
    /// Address of the recipient.
    pub email: String,
    /// Name of the recipient.
    pub full_name: String,
    /// Primary role of the recipient: decides where the link leads.
    pub role: Role,
    /// Whether the recipient's account is active.
    pub is_active: bool,
}

/// A notification that was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inserted {
    /// Identifier.
    pub id: Id<Notification>,
    /// Recipient.
    pub user: Id<User>,
    /// How it goes out.
    pub channel: Channel,
}

/// Notifications inside a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait NotificationStore {
    /// Stores those that are new (unique per event, user and channel); answers which.
    fn insert_new(&mut self, notifications: &[Notification]) -> Repo<Vec<Inserted>>;
    /// What delivery needs; locked until the end of the unit of work.
    fn outgoing(&mut self, id: Id<Notification>) -> Repo<Option<Outgoing>>;
    /// Counts a try that is about to begin: pending until [`NotificationStore::record_attempt`]
    /// tells how it ended. Who finds it pending after a counted try knows that its end was lost.
    fn begin_attempt(&mut self, id: Id<Notification>, at: Timestamp) -> Repo<()>;
    /// Replaces what a message that has not gone out says.
    fn reword(&mut self, id: Id<Notification>, subject: &str, body: &str) -> Repo<()>;
    /// Notes the result of a try.
    fn record_attempt(
        &mut self,
        id: Id<Notification>,
        status: DeliveryStatus,
        at: Timestamp,
        error: Option<String>,
    ) -> Repo<()>;
    /// Whether the technician knew, when `event` happened, that the job was theirs: by the last that they
    /// were told of it or did about it. What happened without a record (a job that was brought in, an
    /// event that has been removed since) they know.
    fn knew_theirs(
        &mut self,
        job: Id<Intervention>,
        technician: Id<Technician>,
        event: EventId,
    ) -> Repo<bool>;
    /// Keeps a job as it is until the end of the unit of work: whoever changes it meanwhile waits. Others
    /// may hold it too.
    fn hold_job(&mut self, id: Id<Intervention>) -> Repo<()>;
    /// Who is concerned by a job.
    fn concerned_by_job(&mut self, id: Id<Intervention>) -> Repo<Concerned>;
    /// Who is concerned by an equipment (client, managers, admins) and, with a job on it, the job's
    /// technician and their lead.
    fn concerned_by_equipment(&mut self, id: Id<Equipment>, job: Option<Id<Intervention>>)
    -> Repo<Concerned>;
    /// Who is concerned by a technician (themselves, lead, managers, admins).
    fn concerned_by_technician(&mut self, id: Id<Technician>) -> Repo<Concerned>;
    /// What to say about a job.
    fn job_facts(&mut self, id: Id<Intervention>) -> Repo<Option<JobFacts>>;
    /// What to say about an equipment.
    fn equipment_facts(&mut self, id: Id<Equipment>) -> Repo<Option<EquipmentFacts>>;
    /// What to say about a technician.
    fn technician_facts(&mut self, id: Id<Technician>) -> Repo<Option<TechnicianFacts>>;
}
