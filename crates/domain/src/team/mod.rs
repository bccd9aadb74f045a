//! Teams of technicians.

use async_trait::async_trait;

use crate::error::Repo;
use crate::page::{Page, PageRequest};
use crate::user::User;
use crate::vocab::vocab;
use crate::{Id, Record};

pub mod rules;

/// A team; its lead is told what happens to its technicians' jobs. The team scope of a right reaches
/// them, too; the rights of this product are not given in it, figures and reports will be.
#[derive(Debug, Clone, PartialEq)]
pub struct Team {
    /// Name, unique.
    pub name: String,
    /// Who leads it.
    pub lead: Option<Id<User>>,
}

vocab! {
    /// What a list of teams may be sorted by.
    TeamSort {
        /// Identifier.
        Id = "id",
        /// Name.
        Name = "nom",
    }
}

/// Teams inside a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait TeamStore {
    /// Stores a new team.
    fn insert(&mut self, team: &Team, by: Option<Id<User>>) -> Repo<Record<Team>>;
    /// The team.
    fn find(&mut self, id: Id<Team>) -> Repo<Option<Record<Team>>>;
    /// The team, locked.
    fn lock(&mut self, id: Id<Team>) -> Repo<Option<Record<Team>>>;
    /// Writes the changes.
    fn update(&mut self, before: &Record<Team>, after: &Team) -> Repo<Record<Team>>;
    /// Removes it; `Conflict(InUse)` when it has technicians.
    fn delete(&mut self, before: &Record<Team>) -> Repo<()>;
}

/// Teams outside of a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait TeamQueries: Send + Sync {
    /// The team.
    async fn find(&self, id: Id<Team>) -> Repo<Option<Record<Team>>>;
    /// One page of teams.
    async fn list(&self, page: &PageRequest<TeamSort>) -> Repo<Page<Record<Team>>>;
}
