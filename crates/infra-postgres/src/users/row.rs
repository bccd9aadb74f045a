//! Accounts as rows.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use domain::policy::{Actor, Role};
use domain::user::{Locale, User};
use domain::{Id, Vocab};
use serde::Serialize;

use crate::schema::users;
use crate::sql::{PgVocab, Ts, ts, un_ts};

/// The columns of an account but the common ones.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = users, treat_none_as_null = true)]
pub struct UserData {
    pub(super) username: String,
    pub(super) email: String,
    hashed_password: String,
    pub(super) full_name: String,
    role: PgVocab<Role>,
    is_active: bool,
    /// Moves without a new version: whoever writes the account back has perhaps not seen the latest.
    #[serde(skip)]
    #[diesel(skip_update)]
    last_login: Option<Ts>,
    locale: PgVocab<Locale>,
    mfa_enabled: bool,
    auth_version: i64,
}

impl From<&User> for UserData {
    fn from(u: &User) -> Self {
        Self {
            username: u.username.clone(),
            email: u.email.clone(),
            hashed_password: u.password_hash.clone(),
            full_name: u.full_name.clone(),
            role: PgVocab(u.role),
            is_active: u.is_active,
            last_login: ts(u.last_login),
            locale: PgVocab(u.locale),
            mfa_enabled: u.mfa_enabled,
            auth_version: u.auth_version,
        }
    }
}

impl From<UserData> for User {
    /// Without the further roles, which stand in a table of their own.
    fn from(d: UserData) -> Self {
        Self {
            username: d.username,
            email: d.email,
            password_hash: d.hashed_password,
            full_name: d.full_name,
            role: d.role.0,
            other_roles: Vec::new(),
            is_active: d.is_active,
            last_login: un_ts(d.last_login),
            locale: d.locale.0,
            mfa_enabled: d.mfa_enabled,
            auth_version: d.auth_version,
        }
    }
}

/// Sub-select that gives the further roles of the row's account.
pub const OTHER_ROLES: &str =
    "ARRAY(SELECT r.role FROM users_roles r WHERE r.user_id = users.id ORDER BY r.role)";

/// Roles from their codes.
pub fn roles(codes: &[String]) -> Vec<Role> {
    codes.iter().filter_map(|c| Role::parse(c)).collect()
}

/// Everything that the policy depends on, read in one statement.
#[derive(Debug, QueryableByName)]
pub struct ActorRow {
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Array<Text>)]
    other_roles: Vec<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    technicien_id: Option<i64>,
    #[diesel(sql_type = Array<BigInt>)]
    client_ids: Vec<i64>,
    #[diesel(sql_type = Array<BigInt>)]
    equipe_ids: Vec<i64>,
}

/// Columns of [`ActorRow`] for the account `u`.
pub const ACTOR_COLUMNS: &str = "u.role, \
    ARRAY(SELECT r.role FROM users_roles r WHERE r.user_id = u.id ORDER BY r.role) AS other_roles, \
    (SELECT t.id FROM techniciens t WHERE t.user_id = u.id) AS technicien_id, \
    ARRAY(SELECT c.id FROM clients c WHERE c.user_id = u.id \
          UNION SELECT cu.client_id FROM clients_utilisateurs cu WHERE cu.user_id = u.id) AS client_ids, \
    ARRAY(SELECT e.id FROM equipes e WHERE e.responsable_id = u.id) AS equipe_ids";

/// The actor of a row.
pub fn actor(user: Id<User>, row: ActorRow) -> Actor {
    let mut all = roles(std::slice::from_ref(&row.role));
    for role in roles(&row.other_roles) {
        if !all.contains(&role) {
            all.push(role);
        }
    }
    Actor {
        user,
        roles: all,
        technician: row.technicien_id.map(Id::new),
        clients: row.client_ids.into_iter().map(Id::new).collect(),
        teams: row.equipe_ids.into_iter().map(Id::new).collect(),
    }
}
