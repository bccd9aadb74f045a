//! The queue as the workers see it.

use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz};
use domain::audit::Origin;
use domain::error::{Repo, RepoError};
use domain::job::{DeadTask, Lease, Room, TaskQueue};
use domain::ports::TxError;
use serde_json::Value;

use super::{MAX_OWNER, known, read};
use crate::error::repo;
use crate::outbox;
use crate::pool::WritePool;
use crate::schema::taches;
use crate::sql::Ts;
use crate::tx::PgTx;
use crate::unit_of_work::PgUnitOfWork;

/// Due, and held by nobody.
const DUE: &str = "done_at IS NULL AND dead_at IS NULL AND run_at <= now() \
    AND (lease_until IS NULL OR lease_until < now())";

/// Not an event that only a newer program can read, by its kinds and its version: the parameters from `first` on.
fn readable(first: u8) -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM evenements e \
         WHERE e.id = taches.evenement_id AND (e.kind <> ALL(${first}) OR e.v > ${}))",
        first + 1
    )
}

impl PgTx<'_> {
    fn claim(&mut self, owner: &str, room: Room, lease: Duration) -> Repo<Vec<Lease>> {
        let readable = readable(6);
        // MATERIALIZED: the rows are chosen once, whatever plan the update gets. Deliveries are chosen by
        // themselves: however many are due, the others are found without passing by them.
        let rows: Vec<LeaseRow> = diesel::sql_query(format!(
            "WITH envois AS MATERIALIZED ( \
                 SELECT id, run_at FROM taches WHERE {DUE} AND kind = 'livraison' \
                 ORDER BY run_at, id LIMIT $3 FOR UPDATE SKIP LOCKED), \
             autres AS MATERIALIZED ( \
                 SELECT id, run_at FROM taches WHERE {DUE} AND kind <> 'livraison' AND kind = ANY($1) AND {readable} \
                 ORDER BY run_at, id LIMIT $2 FOR UPDATE SKIP LOCKED), \
             choisies AS MATERIALIZED ( \
                 SELECT id FROM (SELECT * FROM envois UNION ALL SELECT * FROM autres) dues \
                 ORDER BY run_at, id LIMIT $2) \
             UPDATE taches t SET lease_until = now() + make_interval(secs => $4), owner = $5, \
                 fence = t.fence + 1, attempts = t.attempts + 1 \
             FROM choisies c WHERE t.id = c.id \
             RETURNING t.id, t.kind, t.payload, t.evenement_id, t.fence, t.attempts, t.max_attempts, t.lease_until"
        ))
        .bind::<Array<Text>, _>(known())
        .bind::<BigInt, _>(i64::from(room.tasks))
        .bind::<BigInt, _>(i64::from(room.deliveries.min(room.tasks)))
        .bind::<Double, _>(lease.as_secs_f64())
        .bind::<Text, _>(owner)
        .bind::<Array<Text>, _>(outbox::KINDS.as_slice())
        .bind::<SmallInt, _>(outbox::PAYLOAD_VERSION)
        .get_results(self.conn)
        .map_err(repo)?;
        let mut leases = Vec::with_capacity(rows.len());
        for row in rows {
            match read(&row.kind, &row.payload, row.evenement_id) {
                Some(kind) => leases.push(Lease {
                    task: row.id,
                    kind,
                    fence: row.fence,
                    attempts: row.attempts,
                    max_attempts: row.max_attempts,
                    until: row.lease_until.0,
                }),
                // It would be as unreadable the next time, and must not stand in front of others.
                None => {
                    tracing::error!(task = row.id, kind = row.kind, "unreadable task");
                    diesel::update(taches::table.find(row.id))
                        .set((
                            taches::dead_at.eq(diesel::dsl::now),
                            taches::lease_until.eq(None::<Ts>),
                            taches::last_error.eq("illisible"),
                        ))
                        .execute(self.conn)
                        .map_err(repo)?;
                }
            }
        }
        leases.sort_by_key(|l| l.task);
        Ok(leases)
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct LeaseRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Jsonb)]
    payload: Value,
    #[diesel(sql_type = Nullable<BigInt>)]
    evenement_id: Option<i64>,
    #[diesel(sql_type = BigInt)]
    fence: i64,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Integer)]
    max_attempts: i32,
    #[diesel(sql_type = Timestamptz)]
    lease_until: Ts,
}

/// The queue as the workers see it.
pub struct PgTaskQueue {
    uow: PgUnitOfWork,
}

impl PgTaskQueue {
    /// On this pool.
    pub fn new(pool: WritePool) -> Self {
        Self {
            uow: PgUnitOfWork::new(pool),
        }
    }

    async fn run<R, F>(&self, name: &'static str, work: F) -> Repo<R>
    where
        R: Send + 'static,
        F: Fn(&mut PgTx<'_>) -> Repo<R> + Send + 'static,
    {
        let done = self
            .uow
            .transact(name, &Origin::system(name), move |tx| Ok(work(tx)?))
            .await;
        done.map_err(|error| match error {
            TxError::Repo(error) => error,
            TxError::Refused(_) => RepoError::Backend("refused without a reason".into()),
        })
    }
}

#[async_trait]
impl TaskQueue for PgTaskQueue {
    async fn claim(&self, owner: &str, room: Room, lease: Duration) -> Repo<Vec<Lease>> {
        let owner: String = owner.chars().take(MAX_OWNER).collect();
        self.run("task.claim", move |tx| tx.claim(&owner, room, lease))
            .await
    }

    async fn left_alone(&self, late: Duration) -> Repo<u64> {
        self.run("task.left_alone", move |tx| {
            let row: Count = diesel::sql_query(format!(
                "SELECT count(*) AS count FROM taches WHERE {DUE} \
                 AND run_at < now() - make_interval(secs => $1) AND NOT (kind = ANY($2) AND {})",
                readable(3)
            ))
            .bind::<Double, _>(late.as_secs_f64())
            .bind::<Array<Text>, _>(known())
            .bind::<Array<Text>, _>(outbox::KINDS.as_slice())
            .bind::<SmallInt, _>(outbox::PAYLOAD_VERSION)
            .get_result(tx.conn)
            .map_err(repo)?;
            Ok(u64::try_from(row.count).unwrap_or_default())
        })
        .await
    }

    async fn dead(&self, limit: u32) -> Repo<Vec<DeadTask>> {
        self.run("task.dead", move |tx| {
            let rows: Vec<(i64, String, Option<Ts>, Option<String>)> = taches::table
                .filter(taches::dead_at.is_not_null())
                .order((taches::dead_at.desc(), taches::id.desc()))
                .limit(i64::from(limit))
                .select((taches::id, taches::kind, taches::dead_at, taches::last_error))
                .load(tx.conn)
                .map_err(repo)?;
            let dead = |(task, kind, at, why): (_, _, Option<Ts>, Option<String>)| {
                Some(DeadTask {
                    task,
                    kind,
                    at: at?.0,
                    why: why.unwrap_or_default(),
                })
            };
            Ok(rows.into_iter().filter_map(dead).collect())
        })
        .await
    }
}
