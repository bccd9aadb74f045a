//! Stored equipment, its failures, holders and stops.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Criticality, Downtime, Equipment, EquipmentStatus, Failure, Holder};
use crate::client::{Client, Site};
use crate::error::Repo;
use crate::intervention::{Intervention, InterventionDetail};
use crate::page::{Page, PageRequest};
use crate::policy::Visibility;
use crate::skill::Skill;
use crate::user::User;
use crate::vocab::vocab;
use crate::{Id, Record};

/// Most stops that a history shows.
pub const MAX_DOWNTIMES: i64 = 100;

/// An equipment as a reader sees it: with the names of what it refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct EquipmentDetail {
    /// The equipment.
    pub record: Record<Equipment>,
    /// Name of the owner.
    pub client_name: String,
    /// Name of the site.
    pub site_name: Option<String>,
    /// Names of the required skills, in the order of `record.required_skills`.
    pub skill_names: Vec<String>,
    /// Since when a failure is open; a retired equipment fails no more.
    pub failing_since: Option<Timestamp>,
    /// Whether somebody has taken it into maintenance by hand.
    pub held_by_hand: bool,
}

/// Which of the things that an equipment refers to exist and may be referred to by it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct References {
    /// The owner exists.
    pub client: bool,
    /// The site exists and is the owner's; true without one.
    pub site: bool,
    /// The parent exists and is the owner's; true without one.
    pub parent: bool,
    /// Active codes of the reference list `type_equipement`, in the order of the list.
    pub kinds: Vec<String>,
    /// Required skills that do not exist.
    pub unknown_skills: Vec<Id<Skill>>,
}

/// A node of an equipment's tree.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeNode {
    /// The equipment.
    pub id: Id<Equipment>,
    /// What it is a part of.
    pub parent: Option<Id<Equipment>>,
    /// Name.
    pub name: String,
    /// State.
    pub status: EquipmentStatus,
    /// What a failure would mean.
    pub criticality: Criticality,
}

/// The stored facts that give an equipment its state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Situation {
    /// Open holders.
    pub holders: Vec<Holder>,
    /// The open failure.
    pub failure: Option<(Id<Failure>, Failure)>,
    /// Jobs on it that are not over and do not hold it: those in state ouverte, and those that wait
    /// with the equipment given back.
    pub open_jobs: Vec<Id<Intervention>>,
}

/// Equipment inside a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait EquipmentStore {
    /// Stores a new equipment with its required skills.
    fn insert(&mut self, equipment: &Equipment, by: Option<Id<User>>) -> Repo<Record<Equipment>>;
    /// The equipment.
    fn find(&mut self, id: Id<Equipment>) -> Repo<Option<Record<Equipment>>>;
    /// The equipment, locked.
    fn lock(&mut self, id: Id<Equipment>) -> Repo<Option<Record<Equipment>>>;
    /// Writes the changes, required skills included.
    fn update(&mut self, before: &Record<Equipment>, after: &Equipment) -> Repo<Record<Equipment>>;
    /// Removes it; `Conflict(InUse)` when it has parts or jobs.
    fn delete(&mut self, before: &Record<Equipment>) -> Repo<()>;
    /// The equipment as a reader sees it.
    fn detail(&mut self, id: Id<Equipment>) -> Repo<Option<EquipmentDetail>>;
    /// Which of its references hold.
    fn references(&mut self, equipment: &Equipment) -> Repo<References>;
    /// The equipment and everything that it is a part of.
    fn ancestors(&mut self, id: Id<Equipment>) -> Repo<Vec<TreeNode>>;
    /// When the last preventive job on it was closed.
    fn last_preventive(&mut self, id: Id<Equipment>) -> Repo<Option<Timestamp>>;
    /// Whether a job of the technician that is not over is on this equipment.
    fn has_live_job_of(
        &mut self,
        id: Id<Equipment>,
        technician: Id<crate::technician::Technician>,
    ) -> Repo<bool>;

    /// Holders, open failure and open jobs; they stay true only while the equipment is locked.
    fn situation(&mut self, id: Id<Equipment>) -> Repo<Situation>;
    /// Opens a hold.
    fn hold(&mut self, id: Id<Equipment>, holder: Holder, at: Timestamp) -> Repo<()>;
    /// Ends a hold.
    fn release(&mut self, id: Id<Equipment>, holder: Holder, at: Timestamp) -> Repo<()>;
    /// Opens a failure.
    fn open_failure(&mut self, failure: &Failure) -> Repo<Id<Failure>>;
    /// Adds what somebody else saw to an open failure and to the stop that it caused, as far as there
    /// is room.
    fn note_failure(&mut self, id: Id<Failure>, note: &str) -> Repo<()>;
    /// Ends a failure.
    fn close_failure(&mut self, id: Id<Failure>, at: Timestamp) -> Repo<()>;
    /// Opens a stop.
    fn open_downtime(&mut self, downtime: &Downtime) -> Repo<()>;
    /// Ends the open stop, if there is one.
    fn close_downtime(&mut self, id: Id<Equipment>, at: Timestamp) -> Repo<()>;
}

/// What a list of equipment may be narrowed by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EquipmentFilter {
    /// Owner.
    pub client: Option<Id<Client>>,
    /// Site.
    pub site: Option<Id<Site>>,
    /// State.
    pub status: Option<EquipmentStatus>,
    /// What a failure would mean.
    pub criticality: Option<Criticality>,
    /// Code of the reference list `type_equipement`.
    pub kind: Option<String>,
    /// Next maintenance due on or before this day.
    pub due_before: Option<Date>,
}

vocab! {
    /// What a list of equipment may be sorted by.
    EquipmentSort {
        /// Identifier.
        Id = "id",
        /// Name.
        Name = "nom_equipement",
        /// Most serious first when ascending.
        Criticality = "criticite",
        /// Day on which the next preventive maintenance is due.
        NextMaintenance = "prochaine_maintenance",
        /// Creation.
        CreatedAt = "created_at",
    }
}

/// Equipment outside of a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait EquipmentQueries: Send + Sync {
    /// The equipment, if the caller may know it.
    async fn find(&self, id: Id<Equipment>, seen: &Visibility) -> Repo<Option<EquipmentDetail>>;
    /// One page of equipment.
    async fn list(
        &self,
        filter: &EquipmentFilter,
        seen: &Visibility,
        page: &PageRequest<EquipmentSort>,
    ) -> Repo<Page<EquipmentDetail>>;
    /// The whole tree that the equipment belongs to, parents before children.
    async fn tree(&self, id: Id<Equipment>, seen: &Visibility) -> Repo<Vec<TreeNode>>;
    /// One page of the jobs on it that the caller may see, archived ones included, newest first.
    async fn maintenance(
        &self,
        id: Id<Equipment>,
        seen: &Visibility,
        limit: u32,
        cursor: Option<String>,
    ) -> Repo<Page<InterventionDetail>>;
    /// Its latest stops, newest first, at most [`MAX_DOWNTIMES`].
    async fn downtimes(&self, id: Id<Equipment>, seen: &Visibility) -> Repo<Vec<Downtime>>;
}
