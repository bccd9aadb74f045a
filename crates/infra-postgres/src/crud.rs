//! The five operations that every aggregate with one main table has in common.

use diesel::Queryable;
use domain::{Id, Record};

use crate::sql::Ts;

/// The columns that every such table has, in the order of `meta!`.
#[derive(Debug, Clone, Copy, Queryable)]
pub struct Meta {
    /// Identity.
    pub id: i64,
    /// Version.
    pub version: i64,
    /// First write.
    pub created_at: Ts,
    /// Last write.
    pub updated_at: Ts,
    /// Who wrote first.
    pub created_by: Option<i64>,
}

impl Meta {
    /// The record of this row.
    pub fn record<T>(self, data: T) -> Record<T> {
        Record {
            id: Id::new(self.id),
            version: self.version,
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
            created_by: self.created_by.map(Id::new),
            data,
        }
    }
}

/// The common columns of a table.
macro_rules! meta {
    ($table:ident) => {{
        use $crate::schema::$table::dsl as t;
        (t::id, t::version, t::created_at, t::updated_at, t::created_by)
    }};
}
pub(crate) use meta;

/// Writes `insert`, `find`, `lock`, `update` and `delete` for one table: `$data` is the row struct
/// (`Queryable, Selectable, Insertable, AsChangeset, Serialize, Clone`) with `From<&$entity>` and
/// `Into<$entity>`. Versions are compared, audit rows noted.
macro_rules! crud {
    ($table:ident, $data:ty, $entity:ty) => {
        #[allow(unused_imports, dead_code, reason = "not every table needs all five")]
        mod crud {
            use super::*;
            use diesel::prelude::*;
            use domain::error::{Repo, RepoError};
            use domain::user::User;
            use domain::{Id, Record};
            use $crate::crud::{Meta, meta};
            use $crate::error::repo;
            use $crate::schema::$table::dsl as t;
            use $crate::tx::PgTx;

            pub fn insert(tx: &mut PgTx<'_>, new: &$entity, by: Option<Id<User>>) -> Repo<Record<$entity>> {
                let data = <$data>::from(new);
                let meta: Meta = diesel::insert_into(t::$table)
                    .values((&data, t::created_by.eq(by.map(Id::get))))
                    .returning(meta!($table))
                    .get_result(tx.conn)
                    .map_err(repo)?;
                tx.audit.inserted(stringify!($table), Some(meta.id), &data);
                Ok(meta.record(new.clone()))
            }

            pub fn find(tx: &mut PgTx<'_>, id: Id<$entity>) -> Repo<Option<Record<$entity>>> {
                let row: Option<(Meta, $data)> = t::$table
                    .filter(t::id.eq(id.get()))
                    .select((meta!($table), <$data>::as_select()))
                    .first(tx.conn)
                    .optional()
                    .map_err(repo)?;
                Ok(row.map(|(meta, data)| meta.record(data.into())))
            }

            pub fn lock(tx: &mut PgTx<'_>, id: Id<$entity>) -> Repo<Option<Record<$entity>>> {
                let row: Option<(Meta, $data)> = t::$table
                    .filter(t::id.eq(id.get()))
                    .select((meta!($table), <$data>::as_select()))
                    .for_no_key_update()
                    .first(tx.conn)
                    .optional()
                    .map_err(repo)?;
                Ok(row.map(|(meta, data)| meta.record(data.into())))
            }

            pub fn update(
                tx: &mut PgTx<'_>,
                before: &Record<$entity>,
                after: &$entity,
            ) -> Repo<Record<$entity>> {
                // What does not change has no new version: nobody's copy of it is outdated.
                if before.data == *after {
                    return Ok(before.clone());
                }
                let (old, new) = (<$data>::from(&before.data), <$data>::from(after));
                let meta: Meta = diesel::update(
                    t::$table
                        .filter(t::id.eq(before.id.get()))
                        .filter(t::version.eq(before.version)),
                )
                .set((
                    &new,
                    t::version.eq(before.version + 1),
                    t::updated_at.eq(diesel::dsl::now),
                ))
                .returning(meta!($table))
                .get_result(tx.conn)
                .optional()
                .map_err(repo)?
                .ok_or(RepoError::Stale)?;
                tx.audit
                    .updated(stringify!($table), Some(meta.id), &old, &new);
                Ok(meta.record(after.clone()))
            }

            pub fn delete(tx: &mut PgTx<'_>, before: &Record<$entity>) -> Repo<()> {
                let n = diesel::delete(
                    t::$table
                        .filter(t::id.eq(before.id.get()))
                        .filter(t::version.eq(before.version)),
                )
                .execute(tx.conn)
                .map_err(repo)?;
                if n == 0 {
                    return Err(RepoError::Stale);
                }
                tx.audit.deleted(
                    stringify!($table),
                    Some(before.id.get()),
                    &<$data>::from(&before.data),
                );
                Ok(())
            }
        }
    };
}
pub(crate) use crud;
