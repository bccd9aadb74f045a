//! Accounts inside a unit of work.

use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::audit::{AuditEvent, AuditLog};
use domain::error::Repo;
use domain::policy::{Actor, Role};
use domain::user::{User, UserStore};
use domain::{Id, Record, Vocab};
use jiff::Timestamp;

use super::row::{ACTOR_COLUMNS, ActorRow, UserData, actor, roles};
use crate::crud::{Meta, crud, meta};
use crate::error::repo;
use crate::schema::{users, users_roles};
use crate::sql::{PgVocab, Ts};
use crate::tx::PgTx;

crud!(users, UserData, User);

impl PgTx<'_> {
    fn with_roles(&mut self, found: Option<Record<User>>) -> Repo<Option<Record<User>>> {
        let Some(mut user) = found else { return Ok(None) };
        let codes: Vec<String> = users_roles::table
            .filter(users_roles::user_id.eq(user.id.get()))
            .order(users_roles::role)
            .select(users_roles::role)
            .load(self.conn)
            .map_err(repo)?;
        user.data.other_roles = roles(&codes);
        Ok(Some(user))
    }

    fn replace_roles(&mut self, user: Id<User>, before: &[Role], after: &User) -> Repo<()> {
        let wanted: Vec<Role> = after
            .other_roles
            .iter()
            .copied()
            .filter(|r| *r != after.role)
            .collect();
        if before == wanted.as_slice() {
            return Ok(());
        }
        diesel::delete(users_roles::table.filter(users_roles::user_id.eq(user.get())))
            .execute(self.conn)
            .map_err(repo)?;
        let by = self.audit.origin().actor.map(Id::get);
        let rows: Vec<_> = wanted
            .iter()
            .map(|r| {
                (
                    users_roles::user_id.eq(user.get()),
                    users_roles::role.eq(PgVocab(*r)),
                    users_roles::created_by.eq(by),
                )
            })
            .collect();
        diesel::insert_into(users_roles::table)
            .values(rows)
            .on_conflict_do_nothing()
            .execute(self.conn)
            .map_err(repo)?;
        let codes = |roles: &[Role]| Roles {
            roles: roles.iter().map(|r| r.code()).collect(),
        };
        self.audit
            .updated("users_roles", Some(user.get()), &codes(before), &codes(&wanted));
        Ok(())
    }
}

/// Further roles in an audit row.
#[derive(serde::Serialize)]
struct Roles {
    roles: Vec<&'static str>,
}

impl UserStore for PgTx<'_> {
    fn insert(&mut self, user: &User, by: Option<Id<User>>) -> Repo<Record<User>> {
        let record = crud::insert(self, user, by)?;
        self.replace_roles(record.id, &[], user)?;
        Ok(record)
    }

    fn find(&mut self, id: Id<User>) -> Repo<Option<Record<User>>> {
        let found = crud::find(self, id)?;
        self.with_roles(found)
    }

    fn lock(&mut self, id: Id<User>) -> Repo<Option<Record<User>>> {
        let found = crud::lock(self, id)?;
        self.with_roles(found)
    }

    fn find_by_identifier(&mut self, identifier: &str) -> Repo<Option<Record<User>>> {
        let row: Option<(Meta, UserData)> = users::table
            .filter(
                // Both sides in lower case by the same hand: the server's locale knows other letters than we do.
                sql::<diesel::sql_types::Bool>("lower(email) = lower(")
                    .bind::<Text, _>(identifier)
                    .sql(") OR lower(username) = lower(")
                    .bind::<Text, _>(identifier)
                    .sql(")"),
            )
            // A name that is somebody else's address must not shadow it.
            .order(
                sql::<diesel::sql_types::Bool>("lower(email) = lower(")
                    .bind::<Text, _>(identifier)
                    .sql(")")
                    .desc(),
            )
            .select((meta!(users), UserData::as_select()))
            .first(self.conn)
            .optional()
            .map_err(repo)?;
        self.with_roles(row.map(|(meta, data)| meta.record(data.into())))
    }

    fn update(&mut self, before: &Record<User>, after: &User) -> Repo<Record<User>> {
        let record = crud::update(self, before, after)?;
        self.replace_roles(before.id, &before.other_roles, after)?;
        Ok(record)
    }

    fn touch_login(&mut self, id: Id<User>, at: Timestamp) -> Repo<()> {
        diesel::update(users::table.find(id.get()))
            .set(users::last_login.eq(Ts(at)))
            .execute(self.conn)
            .map_err(repo)?;
        Ok(())
    }

    fn renew_hash(&mut self, id: Id<User>, hash: &str) -> Repo<()> {
        diesel::update(users::table.find(id.get()))
            .set(users::hashed_password.eq(hash))
            .execute(self.conn)
            .map_err(repo)?;
        self.record(&AuditEvent {
            action: "empreinte_renouvelee",
            object: "users",
            object_id: Some(id.get()),
            facts: Vec::new(),
        });
        Ok(())
    }

    fn lock_active_with_role(&mut self, role: Role) -> Repo<Vec<Id<User>>> {
        let ids: Vec<i64> = users::table
            .filter(users::is_active)
            .filter(
                users::role.eq(PgVocab(role)).or(exists(
                    users_roles::table
                        .filter(users_roles::user_id.eq(users::id))
                        .filter(users_roles::role.eq(PgVocab(role))),
                )),
            )
            // One order for everybody who locks them, so that two of them do not wait for each other.
            .order(users::id)
            .select(users::id)
            // Rows that refer to these accounts go on being written: nobody may demote, everybody may work.
            .for_no_key_update()
            .load(self.conn)
            .map_err(repo)?;
        Ok(ids.into_iter().map(Id::new).collect())
    }

    fn lock_first(&mut self) -> Repo<()> {
        diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended('users.premier', 0))")
            .execute(self.conn)
            .map_err(repo)?;
        Ok(())
    }

    fn any(&mut self) -> Repo<bool> {
        diesel::select(exists(users::table.select(users::id)))
            .get_result(self.conn)
            .map_err(repo)
    }

    fn actor(&mut self, id: Id<User>) -> Repo<Option<Actor>> {
        let row: Option<ActorRow> =
            diesel::sql_query(format!("SELECT {ACTOR_COLUMNS} FROM users u WHERE u.id = $1"))
                .bind::<BigInt, _>(id.get())
                .get_result(self.conn)
                .optional()
                .map_err(repo)?;
        Ok(row.map(|r| actor(id, r)))
    }
}
