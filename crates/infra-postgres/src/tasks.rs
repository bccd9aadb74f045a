//! The task queue. Its time is the server's, so that workers whose clocks differ agree.

use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Double, Integer, Jsonb, Nullable, Text, Timestamptz};
use domain::audit::Origin;
use domain::error::{Repo, RepoError};
use domain::event::{EventId, StoredEvent};
use domain::job::{Expired, JobRun, Lease, ScheduledJob, TaskEnd, TaskKind, TaskQueue, TaskStore};
use domain::ports::TxError;
use domain::{Id, Vocab};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::error::repo;
use crate::outbox;
use crate::pool::WritePool;
use crate::schema::{evenements, job_runs, occurrences, taches};
use crate::sql::{PgVocab, Ts, ts};
use crate::tx::PgTx;
use crate::unit_of_work::PgUnitOfWork;

const EVENT: &str = "evenement";
const DELIVERY: &str = "livraison";
/// Followed by the job's code: a version that does not know a job leaves it to one that does.
const SCHEDULED: &str = "planifie.";

/// Longest stored error, in characters.
const MAX_ERROR: usize = 4000;

fn code(kind: TaskKind) -> String {
    match kind {
        TaskKind::DispatchEvent(_) => EVENT.to_owned(),
        TaskKind::Deliver(_) => DELIVERY.to_owned(),
        TaskKind::Scheduled { job, .. } => format!("{SCHEDULED}{}", job.code()),
    }
}

/// The codes that this version can run.
fn known() -> Vec<String> {
    let scheduled = ScheduledJob::all()
        .iter()
        .map(|job| format!("{SCHEDULED}{}", job.code()));
    [EVENT, DELIVERY]
        .into_iter()
        .map(str::to_owned)
        .chain(scheduled)
        .collect()
}

fn payload(kind: TaskKind) -> Value {
    match kind {
        TaskKind::DispatchEvent(_) => json!({}),
        TaskKind::Deliver(id) => json!({ "notification_id": id.get() }),
        TaskKind::Scheduled { due, .. } => json!({ "echeance": due.to_string() }),
    }
}

fn dedup_key(kind: TaskKind) -> String {
    match kind {
        TaskKind::DispatchEvent(id) => format!("{EVENT}:{}", id.0),
        TaskKind::Deliver(id) => format!("{DELIVERY}:{id}"),
        TaskKind::Scheduled { job, due } => format!("{SCHEDULED}{}:{due}", job.code()),
    }
}

/// The kind of a stored row; `None` when it cannot be read.
fn read(code: &str, payload: &Value, event: Option<i64>) -> Option<TaskKind> {
    if code == EVENT {
        return Some(TaskKind::DispatchEvent(EventId(event?)));
    }
    if code == DELIVERY {
        return Some(TaskKind::Deliver(Id::new(
            payload.get("notification_id")?.as_i64()?,
        )));
    }
    let job = ScheduledJob::parse(code.strip_prefix(SCHEDULED)?)?;
    let due = payload.get("echeance")?.as_str()?.parse().ok()?;
    Some(TaskKind::Scheduled { job, due })
}

fn clip(error: &str) -> String {
    error.chars().filter(|c| *c != '\0').take(MAX_ERROR).collect()
}

impl PgTx<'_> {
    /// Queues a task; its identifier when it was new.
    fn queue(&mut self, kind: TaskKind, run_at: Option<Timestamp>) -> Repo<Option<i64>> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            id: i64,
        }
        let event = match kind {
            TaskKind::DispatchEvent(id) => Some(id.0),
            _ => None,
        };
        let row: Option<Row> = diesel::sql_query(
            "INSERT INTO taches (kind, payload, run_at, evenement_id, dedup_key, max_attempts) \
             VALUES ($1, $2, coalesce($3, now()), $4, $5, $6) ON CONFLICT (dedup_key) DO NOTHING RETURNING id",
        )
        .bind::<Text, _>(code(kind))
        .bind::<Jsonb, _>(payload(kind))
        .bind::<Nullable<Timestamptz>, _>(ts(run_at))
        .bind::<Nullable<BigInt>, _>(event)
        .bind::<Text, _>(dedup_key(kind))
        .bind::<Integer, _>(kind.max_attempts())
        .get_result(self.conn)
        .optional()
        .map_err(repo)?;
        Ok(row.map(|r| r.id))
    }

    fn claim(&mut self, owner: &str, limit: u32, lease: Duration) -> Repo<Vec<Lease>> {
        // MATERIALIZED: the rows are chosen once, whatever plan the update gets.
        let rows: Vec<LeaseRow> = diesel::sql_query(
            "WITH choisies AS MATERIALIZED ( \
                 SELECT id FROM taches \
                 WHERE done_at IS NULL AND dead_at IS NULL AND run_at <= now() \
                   AND (lease_until IS NULL OR lease_until < now()) AND kind = ANY($1) \
                 ORDER BY run_at, id LIMIT $2 FOR UPDATE SKIP LOCKED) \
             UPDATE taches t SET lease_until = now() + make_interval(secs => $3), owner = $4, \
                 fence = t.fence + 1, attempts = t.attempts + 1 \
             FROM choisies c WHERE t.id = c.id \
             RETURNING t.id, t.kind, t.payload, t.evenement_id, t.fence, t.attempts, t.max_attempts, t.lease_until",
        )
        .bind::<Array<Text>, _>(known())
        .bind::<BigInt, _>(i64::from(limit))
        .bind::<Double, _>(lease.as_secs_f64())
        .bind::<Text, _>(owner)
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

impl TaskStore for PgTx<'_> {
    fn enqueue(&mut self, kind: TaskKind, run_at: Option<Timestamp>) -> Repo<()> {
        self.queue(kind, run_at).map(|_| ())
    }

    fn last_occurrence(&mut self, job: ScheduledJob) -> Repo<Option<Timestamp>> {
        let last: Option<Ts> = occurrences::table
            .filter(occurrences::schedule.eq(job.code()))
            .select(diesel::dsl::max(occurrences::due_at))
            .first(self.conn)
            .map_err(repo)?;
        Ok(last.map(|t| t.0))
    }

    fn enqueue_occurrence(&mut self, job: ScheduledJob, due: Timestamp) -> Repo<bool> {
        let first = diesel::insert_into(occurrences::table)
            .values((
                occurrences::schedule.eq(job.code()),
                occurrences::due_at.eq(Ts(due)),
            ))
            .on_conflict_do_nothing()
            .execute(self.conn)
            .map_err(repo)?;
        if first == 0 {
            return Ok(false);
        }
        let task = self.queue(TaskKind::Scheduled { job, due }, None)?;
        diesel::update(occurrences::table.find((job.code(), Ts(due))))
            .set(occurrences::tache_id.eq(task))
            .execute(self.conn)
            .map_err(repo)?;
        Ok(true)
    }

    fn event(&mut self, id: EventId) -> Repo<Option<StoredEvent>> {
        type Row = (String, i64, Value, Ts, Option<i64>, Option<String>);
        let row: Option<Row> = evenements::table
            .find(id.0)
            .select((
                evenements::kind,
                evenements::aggregate_id,
                evenements::payload,
                evenements::occurred_at,
                evenements::actor_id,
                evenements::correlation_id,
            ))
            .first(self.conn)
            .optional()
            .map_err(repo)?;
        row.map(|(kind, aggregate, payload, at, actor, correlation)| {
            Ok(StoredEvent {
                id,
                event: outbox::read(&kind, aggregate, &payload)?,
                occurred_at: at.0,
                actor: actor.map(Id::new),
                correlation_id: correlation.unwrap_or_default(),
            })
        })
        .transpose()
    }

    fn mark_dispatched(&mut self, id: EventId) -> Repo<()> {
        diesel::update(
            evenements::table
                .find(id.0)
                .filter(evenements::dispatched_at.is_null()),
        )
        .set(evenements::dispatched_at.eq(diesel::dsl::now))
        .execute(self.conn)
        .map_err(repo)?;
        Ok(())
    }

    fn settle_history(&mut self, before: Timestamp) -> Repo<usize> {
        // A worker that holds one of these finds its task done and writes nothing.
        diesel::sql_query(
            "WITH e AS (UPDATE evenements SET dispatched_at = now() \
                 WHERE dispatched_at IS NULL AND occurred_at < $1 RETURNING id) \
             UPDATE taches t SET done_at = now(), lease_until = NULL FROM e \
             WHERE t.evenement_id = e.id AND t.done_at IS NULL AND t.dead_at IS NULL",
        )
        .bind::<Timestamptz, _>(Ts(before))
        .execute(self.conn)
        .map_err(repo)
    }

    fn purge(&mut self, what: Expired, before: Timestamp, limit: u32) -> Repo<u32> {
        // Ordered by an index that leads to old rows first; rows in use are left for the next time.
        let (table, expired, order) = match what {
            Expired::RefreshTokens => ("refresh_tokens", "expires_at < $1", "expires_at"),
            Expired::Sessions => ("sessions", "(expires_at < $1 OR ended_at < $1)", "expires_at"),
            Expired::IdempotencyKeys => ("cles_idempotence", "created_at < $1", "created_at"),
            Expired::LoginAttempts => ("connexions_tentatives", "fenetre_debut < $1", "fenetre_debut"),
            Expired::Tasks => ("taches", "done_at < $1", "id"),
            Expired::Events => ("evenements", "dispatched_at < $1", "dispatched_at"),
        };
        let sql = format!(
            "WITH expirees AS MATERIALIZED (SELECT ctid FROM {table} WHERE {expired} \
             ORDER BY {order} LIMIT $2 FOR UPDATE SKIP LOCKED) \
             DELETE FROM {table} t USING expirees e WHERE t.ctid = e.ctid"
        );
        let rows = diesel::sql_query(sql)
            .bind::<Timestamptz, _>(Ts(before))
            .bind::<BigInt, _>(i64::from(limit))
            .execute(self.conn)
            .map_err(repo)?;
        Ok(u32::try_from(rows).unwrap_or(u32::MAX))
    }

    fn holds(&mut self, lease: &Lease, margin: Duration) -> Repo<bool> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Bool)]
            held: bool,
        }
        let row: Row = diesel::sql_query(
            "SELECT EXISTS (SELECT 1 FROM taches WHERE id = $1 AND fence = $2 AND done_at IS NULL \
             AND dead_at IS NULL AND lease_until >= now() + make_interval(secs => $3)) AS held",
        )
        .bind::<BigInt, _>(lease.task)
        .bind::<BigInt, _>(lease.fence)
        .bind::<Double, _>(margin.as_secs_f64())
        .get_result(self.conn)
        .map_err(repo)?;
        Ok(row.held)
    }

    fn finish(&mut self, lease: &Lease, end: &TaskEnd) -> Repo<bool> {
        let (done, dead, wait, error) = match end {
            TaskEnd::Done => (true, false, None, None),
            TaskEnd::RetryAfter(wait, why) => (false, false, Some(wait.as_secs_f64()), Some(clip(why))),
            TaskEnd::Dead(why) => (false, true, None, Some(clip(why))),
        };
        let rows = diesel::sql_query(
            "UPDATE taches SET lease_until = NULL, last_error = $3, \
             done_at = CASE WHEN $4 THEN now() END, dead_at = CASE WHEN $5 THEN now() END, \
             run_at = coalesce(now() + make_interval(secs => $6), run_at) \
             WHERE id = $1 AND fence = $2 AND done_at IS NULL AND dead_at IS NULL",
        )
        .bind::<BigInt, _>(lease.task)
        .bind::<BigInt, _>(lease.fence)
        .bind::<Nullable<Text>, _>(error)
        .bind::<Bool, _>(done)
        .bind::<Bool, _>(dead)
        .bind::<Nullable<Double>, _>(wait)
        .execute(self.conn)
        .map_err(repo)?;
        Ok(rows > 0)
    }
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
    async fn claim(&self, owner: &str, limit: u32, lease: Duration) -> Repo<Vec<Lease>> {
        let owner: String = owner.chars().take(200).collect();
        self.run("task.claim", move |tx| tx.claim(&owner, limit, lease))
            .await
    }

    async fn record_run(&self, run: &JobRun) -> Repo<()> {
        let run = run.clone();
        self.run("job.record_run", move |tx| {
            let counts: Map<String, Value> = run
                .counts
                .iter()
                .map(|(name, n)| ((*name).to_owned(), Value::from(*n)))
                .collect();
            let error = run.error.as_deref().map(clip);
            diesel::insert_into(job_runs::table)
                .values((
                    job_runs::job.eq(&run.job),
                    job_runs::started_at.eq(Ts(run.started_at)),
                    // A clock may be set back during a run.
                    job_runs::finished_at.eq(Ts(run.finished_at.max(run.started_at))),
                    job_runs::outcome.eq(PgVocab(run.outcome)),
                    job_runs::details.eq(json!({ "lignes": counts, "erreur": error })),
                    job_runs::owner.eq(&run.owner),
                ))
                .execute(tx.conn)
                .map_err(repo)?;
            Ok(())
        })
        .await
    }

    async fn next_due(&self) -> Repo<Option<Timestamp>> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Nullable<Timestamptz>)]
            due: Option<Ts>,
        }
        self.run("task.next_due", |tx| {
            let row: Row = diesel::sql_query(
                "SELECT min(greatest(run_at, lease_until)) AS due FROM taches \
                 WHERE done_at IS NULL AND dead_at IS NULL AND kind = ANY($1)",
            )
            .bind::<Array<Text>, _>(known())
            .get_result(tx.conn)
            .map_err(repo)?;
            Ok(row.due.map(|t| t.0))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_comes_back_as_it_went() {
        let due = "2026-03-03T03:00:00Z".parse().expect("instant");
        for kind in [
            TaskKind::DispatchEvent(EventId(4)),
            TaskKind::Deliver(Id::new(9)),
            TaskKind::Scheduled {
                job: ScheduledJob::Retention,
                due,
            },
        ] {
            let event = matches!(kind, TaskKind::DispatchEvent(_)).then_some(4);
            assert_eq!(read(&code(kind), &payload(kind), event), Some(kind));
            assert!(known().contains(&code(kind)), "{kind:?}");
        }
        assert_eq!(read("evenement", &json!({}), None), None);
        assert_eq!(read("livraison", &json!({ "notification_id": "9" }), None), None);
        assert_eq!(
            read(
                "planifie.inconnu",
                &json!({ "echeance": "2026-03-03T03:00:00Z" }),
                None
            ),
            None
        );
    }
}
