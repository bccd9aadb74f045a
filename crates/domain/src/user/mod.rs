//! People who sign in.

use jiff::Timestamp;

use crate::policy::Role;
use crate::vocab::vocab;

pub mod rules;
pub mod store;

pub use store::{UserFilter, UserQueries, UserSort, UserStore};

vocab! {
    /// Language of what the product writes to a user.
    Locale {
        /// French.
        French = "fr",
        /// English.
        English = "en",
        /// Arabic.
        Arabic = "ar",
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// Name to sign in with, unique without regard to case, ≤ 100 characters.
    pub username: String,
    /// E-mail address, unique without regard to case, ≤ 255 characters; also signs in.
    pub email: String,
    /// bcrypt over the pre-hash of the password. Never leaves the server.
    pub password_hash: String,
    /// Name to show.
    pub full_name: String,
    /// The primary role.
    pub role: Role,
    /// Further roles; the primary one is not repeated here. Rights are the union.
    pub other_roles: Vec<Role>,
    /// An inactive account cannot sign in and its sessions are dead.
    pub is_active: bool,
    /// Last successful sign-in.
    pub last_login: Option<Timestamp>,
    /// Language.
    pub locale: Locale,
    /// Whether a second factor is asked for.
    pub mfa_enabled: bool,
    /// Rises when e-mail, role, password or activity change: tokens that carry an older one are dead.
    pub auth_version: i64,
}

impl User {
    /// All roles, the primary one first.
    pub fn roles(&self) -> Vec<Role> {
        let mut roles = vec![self.role];
        roles.extend(self.other_roles.iter().copied().filter(|r| *r != self.role));
        roles
    }
}
