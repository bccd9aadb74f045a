//! Accounts outside of a unit of work.

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text};
use domain::error::Repo;
use domain::page::{Page, PageRequest};
use domain::policy::Visibility;
use domain::user::{User, UserFilter, UserQueries, UserSort};
use domain::{Id, Record};

use super::row::{OTHER_ROLES, UserData, roles};
use crate::crud::{Meta, meta};
use crate::page::{Key, Window, keyset};
use crate::reader::Reader;
use crate::schema::users;
use crate::sql::{PgVocab, Ts};

/// Reads accounts.
#[derive(Clone)]
pub struct PgUserQueries {
    reader: Reader,
}

impl PgUserQueries {
    /// Through this reader.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }
}

type Row = (Meta, UserData, Vec<String>);

/// The columns of a [`Row`].
macro_rules! shown {
    () => {
        (
            meta!(users),
            UserData::as_select(),
            sql::<Array<Text>>(OTHER_ROLES),
        )
    };
}

fn record((meta, data, other): Row) -> Record<User> {
    let mut user: User = data.into();
    user.other_roles = roles(&other);
    meta.record(user)
}

/// Accounts that the caller may know of.
fn visible(seen: &Visibility) -> users::BoxedQuery<'_, Pg> {
    let query = users::table.into_boxed();
    match seen {
        Visibility::All => query,
        Visibility::Only(reach) => query.filter(users::id.eq(reach.user.map_or(0, Id::get))),
    }
}

fn filtered<'a>(filter: &'a UserFilter, seen: &'a Visibility) -> users::BoxedQuery<'a, Pg> {
    let mut query = visible(seen);
    if let Some(role) = filter.role {
        query = query.filter(
            sql::<Bool>("users.id IN (SELECT u.id FROM users u WHERE u.role = ")
                .bind::<Text, _>(PgVocab(role))
                .sql(" UNION SELECT r.user_id FROM users_roles r WHERE r.role = ")
                .bind::<Text, _>(PgVocab(role))
                .sql(")"),
        );
    }
    if let Some(active) = filter.is_active {
        query = query.filter(users::is_active.eq(active));
    }
    if let Some(email) = &filter.email {
        query = query.filter(
            sql::<Bool>("lower(email) = lower(")
                .bind::<Text, _>(email)
                .sql(")"),
        );
    }
    query
}

#[async_trait]
impl UserQueries for PgUserQueries {
    async fn find(&self, id: Id<User>, seen: &Visibility) -> Repo<Option<Record<User>>> {
        let find = || visible(seen).filter(users::id.eq(id.get())).select(shown!());
        Ok(self.reader.first(find).await?.map(record))
    }

    async fn list(
        &self,
        filter: &UserFilter,
        seen: &Visibility,
        request: &PageRequest<UserSort>,
    ) -> Repo<Page<Record<User>>> {
        let ordered = |window: &Window| -> Repo<_> {
            let query = filtered(filter, seen);
            let query = match request.sort.key {
                UserSort::Id => keyset!(query, window, users::id, users::id, i64),
                UserSort::Username => keyset!(query, window, users::username, users::id, String),
                UserSort::Email => keyset!(query, window, users::email, users::id, String),
                UserSort::FullName => keyset!(query, window, users::full_name, users::id, String),
                UserSort::CreatedAt => keyset!(query, window, users::created_at, users::id, Ts),
            };
            Ok(query.select(shown!()))
        };
        let last = |(meta, data, _): &Row| {
            let value = match request.sort.key {
                UserSort::Id => meta.id.encode(),
                UserSort::Username => data.username.encode(),
                UserSort::Email => data.email.encode(),
                UserSort::FullName => data.full_name.encode(),
                UserSort::CreatedAt => meta.created_at.encode(),
            };
            (Some(value), meta.id)
        };
        let all = || filtered(filter, seen).select(users::id);
        let page = self.reader.page(request, ordered, all, last).await?;
        Ok(page.map(record))
    }
}
