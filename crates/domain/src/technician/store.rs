//! Stored technicians.

use async_trait::async_trait;

use super::{Availability, Technician};
use crate::error::Repo;
use crate::intervention::Intervention;
use crate::page::{Page, PageRequest};
use crate::policy::Visibility;
use crate::skill::{RequiredSkill, Skill, SkillLevel};
use crate::team::Team;
use crate::user::User;
use crate::vocab::vocab;
use crate::{Id, Record};

/// A technician as a reader sees it: the profile with the names of what it refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct TechnicianDetail {
    /// The profile.
    pub record: Record<Technician>,
    /// Name of the account.
    pub full_name: String,
    /// E-mail of the account.
    pub email: String,
    /// Whether the account is active.
    pub is_active: bool,
    /// Name of the team.
    pub team_name: Option<String>,
    /// Names of the skills, in the order of `record.skills`.
    pub skill_names: Vec<String>,
    /// Those of the skills that need a certificate and have no day of validity: they count as absent.
    pub uncertified: Vec<Id<Skill>>,
}

/// Technicians inside a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait TechnicianStore {
    /// Stores a new profile with its skills.
    fn insert(&mut self, technician: &Technician, by: Option<Id<User>>) -> Repo<Record<Technician>>;
    /// The profile.
    fn find(&mut self, id: Id<Technician>) -> Repo<Option<Record<Technician>>>;
    /// The profile, locked.
    fn lock(&mut self, id: Id<Technician>) -> Repo<Option<Record<Technician>>>;
    /// The profile of an account, locked.
    fn lock_by_user(&mut self, user: Id<User>) -> Repo<Option<Record<Technician>>>;
    /// Writes the changes, skills included.
    fn update(&mut self, before: &Record<Technician>, after: &Technician) -> Repo<Record<Technician>>;
    /// Removes it; `Conflict(InUse)` when it has, or had, jobs.
    fn delete(&mut self, before: &Record<Technician>) -> Repo<()>;
    /// The profile as a reader sees it.
    fn detail(&mut self, id: Id<Technician>) -> Repo<Option<TechnicianDetail>>;
    /// The job in progress.
    fn running_job(&mut self, id: Id<Technician>) -> Repo<Option<Id<Intervention>>>;
    /// Open and waiting jobs that are assigned to them.
    fn open_jobs(&mut self, id: Id<Technician>) -> Repo<Vec<Id<Intervention>>>;
}

/// What a list of technicians may be narrowed by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TechnicianFilter {
    /// Has this skill (with a valid certificate today).
    pub skill: Option<Id<Skill>>,
    /// At least this well (with `skill`).
    pub min_level: Option<SkillLevel>,
    /// Serves this zone.
    pub zone: Option<String>,
    /// Belongs to this team.
    pub team: Option<Id<Team>>,
    /// Is doing this.
    pub availability: Option<Availability>,
    /// Has all of these (for those who are available for a job).
    pub required: Vec<RequiredSkill>,
    /// Only with an active, or an inactive account.
    pub is_active: Option<bool>,
}

vocab! {
    /// What a list of technicians may be sorted by.
    TechnicianSort {
        /// Identifier.
        Id = "id",
        /// Name of the account.
        FullName = "nom",
        /// Zone.
        Zone = "zone_intervention",
        /// Day of hiring.
        HiredOn = "date_embauche",
    }
}

/// Technicians outside of a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait TechnicianQueries: Send + Sync {
    /// The technician, if the caller may know them.
    async fn find(&self, id: Id<Technician>, seen: &Visibility) -> Repo<Option<TechnicianDetail>>;
    /// One page of technicians.
    async fn list(
        &self,
        filter: &TechnicianFilter,
        seen: &Visibility,
        today: jiff::civil::Date,
        page: &PageRequest<TechnicianSort>,
    ) -> Repo<Page<TechnicianDetail>>;
}
