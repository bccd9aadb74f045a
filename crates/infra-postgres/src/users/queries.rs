//! Accounts outside of a unit of work.

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text};
use diesel_async::RunQueryDsl;
use domain::error::Repo;
use domain::page::{Page, PageRequest};
use domain::policy::Visibility;
use domain::user::{User, UserFilter, UserQueries, UserSort};
use domain::{Id, Record};

use super::row::{OTHER_ROLES, UserData, roles};
use crate::crud::{Meta, meta};
use crate::page::{CappedCount, Key, Paged, Window, keyset, page};
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
        let row: Option<Row> = self
            .reader
            .point(|conn| {
                let query = visible(seen).filter(users::id.eq(id.get())).select((
                    meta!(users),
                    UserData::as_select(),
                    sql::<Array<Text>>(OTHER_ROLES),
                ));
                Box::pin(async move { query.first(&mut &*conn).await.optional() })
            })
            .await?;
        Ok(row.map(record))
    }

    async fn list(
        &self,
        filter: &UserFilter,
        seen: &Visibility,
        request: &PageRequest<UserSort>,
    ) -> Repo<Page<Record<User>>> {
        let window = Window::of(request)?;
        let ordered = |window: &Window| -> Repo<users::BoxedQuery<'_, Pg>> {
            let (query, desc) = (filtered(filter, seen), request.sort.descending);
            Ok(match request.sort.key {
                UserSort::Id => keyset!(query, window, desc, users::id, users::id, i64),
                UserSort::Username => keyset!(query, window, desc, users::username, users::id, String),
                UserSort::Email => keyset!(query, window, desc, users::email, users::id, String),
                UserSort::FullName => keyset!(query, window, desc, users::full_name, users::id, String),
                UserSort::CreatedAt => keyset!(query, window, desc, users::created_at, users::id, Ts),
            })
        };
        // Reported here, because the query itself is built where it can be built again.
        ordered(&window)?;
        let (rows, total): (Vec<Row>, i64) = self
            .reader
            .list(|conn| {
                let rows = ordered(&window)
                    .map_err(|e| diesel::result::Error::QueryBuilderError(e.into()))
                    .map(|q| {
                        Paged::new(
                            q.select((
                                meta!(users),
                                UserData::as_select(),
                                sql::<Array<Text>>(OTHER_ROLES),
                            )),
                            &window,
                        )
                    });
                let count = CappedCount(filtered(filter, seen).select(users::id));
                Box::pin(async move {
                    let rows = rows?;
                    tokio::try_join!(rows.load(&mut &*conn), count.get_result(&mut &*conn))
                })
            })
            .await?;
        let page = page(request, rows, total, |(meta, data, _)| {
            let value = match request.sort.key {
                UserSort::Id => meta.id.encode(),
                UserSort::CreatedAt => meta.created_at.encode(),
                UserSort::Username => User::from(data.clone()).username,
                UserSort::Email => User::from(data.clone()).email,
                UserSort::FullName => User::from(data.clone()).full_name,
            };
            (Some(value), meta.id)
        });
        Ok(page.map(record))
    }
}
