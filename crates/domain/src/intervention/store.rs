//! Stored interventions.

use async_trait::async_trait;
use jiff::Timestamp;

use super::history::{HistoryEntry, NewHistory};
use super::{Intervention, Kind, Priority, Status, WaitReason};
use crate::client::Client;
use crate::equipment::{Equipment, EquipmentStatus};
use crate::error::Repo;
use crate::page::{Page, PageRequest};
use crate::policy::Visibility;
use crate::technician::Technician;
use crate::user::User;
use crate::vocab::vocab;
use crate::{Id, Record};

/// An identifier with the name to show.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<T> {
    /// Identity.
    pub id: Id<T>,
    /// Name.
    pub name: String,
}

/// A job as a reader sees it: with short forms of what it refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct InterventionDetail {
    /// The job.
    pub record: Record<Intervention>,
    /// Its client.
    pub client: Named<Client>,
    /// Its equipment.
    pub equipment: Named<Equipment>,
    /// Serial number of the equipment.
    pub equipment_serial: String,
    /// State of the equipment.
    pub equipment_status: EquipmentStatus,
    /// Name of the site.
    pub site_name: Option<String>,
    /// The assigned technician.
    pub technician: Option<Named<Technician>>,
    /// Account of the assigned technician.
    pub technician_user: Option<Id<User>>,
    /// Team of the assigned technician.
    pub team: Option<Id<crate::team::Team>>,
    /// Whether the assigned technician could begin now: an active account, and disponible.
    pub technician_free: bool,
}

/// A technician who could take a job, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// Who.
    pub technician: Named<Technician>,
    /// Their zone.
    pub zone: Option<String>,
    /// Whether the zone is the one of the job's site.
    pub same_zone: bool,
    /// Open, waiting and running jobs that they have.
    pub open_jobs: i64,
}

/// Jobs inside a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait InterventionStore {
    /// The next number of a local year.
    fn next_number(&mut self, year: i16) -> Repo<String>;
    /// Stores a new job with its required skills and, if any, its closing data.
    fn insert(&mut self, job: &Intervention, by: Option<Id<User>>) -> Repo<Record<Intervention>>;
    /// The job.
    fn find(&mut self, id: Id<Intervention>) -> Repo<Option<Record<Intervention>>>;
    /// The job, locked until the end of the unit of work.
    fn lock(&mut self, id: Id<Intervention>) -> Repo<Option<Record<Intervention>>>;
    /// Writes the changes: main row, closing data, required skills.
    fn update(&mut self, before: &Record<Intervention>, after: &Intervention) -> Repo<Record<Intervention>>;
    /// The job as a reader sees it.
    fn detail(&mut self, id: Id<Intervention>) -> Repo<Option<InterventionDetail>>;
    /// Appends to the history.
    fn append_history(&mut self, entry: &NewHistory) -> Repo<()>;
    /// Opens a waiting interval.
    fn open_wait(&mut self, id: Id<Intervention>, reason: WaitReason, at: Timestamp) -> Repo<()>;
    /// Ends the open waiting interval, if there is one.
    fn close_wait(&mut self, id: Id<Intervention>, at: Timestamp) -> Repo<()>;
    /// Technicians who could take the job now: active, skilled, free, best first.
    fn suggestions(
        &mut self,
        id: Id<Intervention>,
        today: jiff::civil::Date,
        limit: u32,
    ) -> Repo<Vec<Suggestion>>;
}

/// What a list of jobs may be narrowed by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InterventionFilter {
    /// In one of these states (empty: in any).
    pub statuses: Vec<Status>,
    /// Kind.
    pub kind: Option<Kind>,
    /// Priority.
    pub priority: Option<Priority>,
    /// Urgent or not.
    pub urgent: Option<bool>,
    /// Client.
    pub client: Option<Id<Client>>,
    /// Equipment.
    pub equipment: Option<Id<Equipment>>,
    /// Assigned technician.
    pub technician: Option<Id<Technician>>,
    /// Contract.
    pub contract: Option<i64>,
    /// Asked for at or after.
    pub opened_from: Option<Timestamp>,
    /// Asked for before or at.
    pub opened_to: Option<Timestamp>,
    /// Planned at or after.
    pub planned_from: Option<Timestamp>,
    /// Planned before or at.
    pub planned_to: Option<Timestamp>,
    /// Archived ones only (`true`) or none of them (`false`, the default).
    pub archived: bool,
}

vocab! {
    /// What a list of jobs may be sorted by.
    InterventionSort {
        /// When it was asked for.
        OpenedAt = "date_creation",
        /// When it is planned.
        PlannedAt = "date_prevue",
        /// Open urgent ones first, then by priority.
        Urgency = "urgence",
        /// Number.
        Number = "numero",
    }
}

/// Jobs outside of a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait InterventionQueries: Send + Sync {
    /// The job, if the caller may know it.
    async fn find(&self, id: Id<Intervention>, seen: &Visibility) -> Repo<Option<InterventionDetail>>;
    /// One page of jobs.
    async fn list(
        &self,
        filter: &InterventionFilter,
        seen: &Visibility,
        page: &PageRequest<InterventionSort>,
    ) -> Repo<Page<InterventionDetail>>;
    /// One page of a job's history, newest first.
    async fn history(
        &self,
        id: Id<Intervention>,
        limit: u32,
        cursor: Option<String>,
    ) -> Repo<Page<HistoryEntry>>;
    /// One page of what a user did, newest first.
    async fn activity(&self, user: Id<User>, limit: u32, cursor: Option<String>) -> Repo<Page<HistoryEntry>>;
    /// Technicians who could take the job now, best first.
    async fn suggestions(
        &self,
        id: Id<Intervention>,
        today: jiff::civil::Date,
        limit: u32,
    ) -> Repo<Vec<Suggestion>>;
}
