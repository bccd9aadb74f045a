//! Stored accounts.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::error::Repo;
use crate::page::{Page, PageRequest};
use crate::policy::{Actor, Role, Visibility};
use crate::user::User;
use crate::vocab::vocab;
use crate::{Id, Record};

/// Accounts inside a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait UserStore {
    /// Stores a new account. Answers `Conflict(UserEmail | UserUsername)` when taken.
    fn insert(&mut self, user: &User, by: Option<Id<User>>) -> Repo<Record<User>>;
    /// The account.
    fn find(&mut self, id: Id<User>) -> Repo<Option<Record<User>>>;
    /// The account, locked until the end of the unit of work.
    fn lock(&mut self, id: Id<User>) -> Repo<Option<Record<User>>>;
    /// The account with this e-mail or user name, without regard to case.
    fn find_by_identifier(&mut self, identifier: &str) -> Repo<Option<Record<User>>>;
    /// Writes the changes; `Stale` when the row moved since `before` was read.
    fn update(&mut self, before: &Record<User>, after: &User) -> Repo<Record<User>>;
    /// Notes a successful sign-in, without a new version.
    fn touch_login(&mut self, id: Id<User>, at: Timestamp) -> Repo<()>;
    /// Replaces the hash of the password by another one of the same password, without a new version: it is
    /// nobody's edit, and nobody's copy of the account is outdated by it.
    fn renew_hash(&mut self, id: Id<User>, hash: &str) -> Repo<()>;
    /// The active accounts that have this role, each locked: the last admin rule needs the answer to
    /// stay true until the commit.
    fn lock_active_with_role(&mut self, role: Role) -> Repo<Vec<Id<User>>>;
    /// Waits for whoever else is making the first account, until the end of the unit of work: what
    /// [`UserStore::any`] answers then stays true.
    fn lock_first(&mut self) -> Repo<()>;
    /// Whether any account exists.
    fn any(&mut self) -> Repo<bool>;
    /// What the policy must know of an account: roles, teams, clients, technician profile.
    fn actor(&mut self, id: Id<User>) -> Repo<Option<Actor>>;
}

/// What a list of accounts may be narrowed by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserFilter {
    /// Only this role.
    pub role: Option<Role>,
    /// Only active, or only inactive ones.
    pub is_active: Option<bool>,
    /// Only this e-mail (without regard to case).
    pub email: Option<String>,
}

vocab! {
    /// What a list of accounts may be sorted by.
    UserSort {
        /// Identifier.
        Id = "id",
        /// User name.
        Username = "username",
        /// E-mail.
        Email = "email",
        /// Name to show.
        FullName = "full_name",
        /// Creation.
        CreatedAt = "created_at",
    }
}

/// Accounts outside of a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait UserQueries: Send + Sync {
    /// The account, if the caller may know it.
    async fn find(&self, id: Id<User>, seen: &Visibility) -> Repo<Option<Record<User>>>;
    /// One page of accounts.
    async fn list(
        &self,
        filter: &UserFilter,
        seen: &Visibility,
        page: &PageRequest<UserSort>,
    ) -> Repo<Page<Record<User>>>;
}
