//! The task queue. Its time is the server's, so that workers whose clocks differ agree.

mod queue;
mod retention;

use std::time::Duration;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Double, Integer, Jsonb, Nullable, Text, Timestamptz};
use domain::error::Repo;
use domain::event::{EventId, StoredEvent};
use domain::job::{Expired, Lease, RunEnd, RunId, RunOutcome, ScheduledJob, TaskEnd, TaskKind, TaskStore};
use domain::notification::DeliveryStatus;
use domain::{Id, Vocab};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub use self::queue::PgTaskQueue;
use crate::error::repo;
use crate::outbox;
use crate::schema::{evenements, job_runs, notifications, occurrences, taches};
use crate::sql::{PgVocab, Ts, ts};
use crate::tx::PgTx;

const EVENT: &str = "evenement";
const DELIVERY: &str = "livraison";
/// Followed by the job's code: a version that does not know a job leaves it to one that does.
const SCHEDULED: &str = "planifie.";

/// Longest stored error, in characters.
const MAX_ERROR: usize = 4000;
/// Longest stored name of a worker, in characters.
const MAX_OWNER: usize = 200;

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
}

impl TaskStore for PgTx<'_> {
    fn enqueue(&mut self, kind: TaskKind, run_at: Option<Timestamp>) -> Repo<()> {
        self.queue(kind, run_at).map(|_| ())
    }

    fn now(&mut self) -> Repo<Timestamp> {
        let now: Ts = diesel::select(diesel::dsl::now.into_sql::<Timestamptz>())
            .get_result(self.conn)
            .map_err(repo)?;
        Ok(now.0)
    }

    fn revive(&mut self, task: i64) -> Repo<bool> {
        // The fence rises, so that whoever still works on its last try has lost it.
        let kind: Option<(String, Value)> =
            diesel::update(taches::table.find(task).filter(taches::dead_at.is_not_null()))
                .set((
                    taches::dead_at.eq(None::<Ts>),
                    taches::lease_until.eq(None::<Ts>),
                    taches::run_at.eq(diesel::dsl::now),
                    taches::attempts.eq(0),
                    taches::fence.eq(taches::fence + 1),
                ))
                .returning((taches::kind, taches::payload))
                .get_result(self.conn)
                .optional()
                .map_err(repo)?;
        let Some((code, payload)) = kind else {
            return Ok(false);
        };
        if let Some(TaskKind::Deliver(id)) = read(&code, &payload, None) {
            // Not "waiting": that would say of its last try that nobody knows its end.
            diesel::update(
                notifications::table
                    .find(id.get())
                    .filter(notifications::statut.eq(PgVocab(DeliveryStatus::Abandoned))),
            )
            .set((
                notifications::statut.eq(PgVocab(DeliveryStatus::Failed)),
                notifications::updated_at.eq(diesel::dsl::now),
                notifications::version.eq(notifications::version + 1),
            ))
            .execute(self.conn)
            .map_err(repo)?;
        }
        Ok(true)
    }

    fn last_occurrence(&mut self, job: ScheduledJob) -> Repo<Option<Timestamp>> {
        let last: Option<Ts> = occurrences::table
            .filter(occurrences::schedule.eq(job.code()))
            .filter(sql::<Bool>("due_at <= now() + interval '1 day'"))
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

    fn readable_event(&mut self, id: EventId) -> Repo<Option<StoredEvent>> {
        let readable = evenements::table
            .find(id.0)
            .filter(evenements::kind.eq_any(outbox::KINDS.as_slice()))
            .filter(evenements::v.le(outbox::PAYLOAD_VERSION));
        let readable: bool = diesel::select(diesel::dsl::exists(readable))
            .get_result(self.conn)
            .map_err(repo)?;
        if readable { self.event(id) } else { Ok(None) }
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
        // A worker that holds one of these finds its task done and writes nothing. No real dispatch is in the
        // very microsecond of its event: that is how such an event is known later.
        diesel::sql_query(
            "WITH e AS (UPDATE evenements SET dispatched_at = occurred_at \
                 WHERE dispatched_at IS NULL AND occurred_at < $1 RETURNING id) \
             UPDATE taches t SET done_at = now(), lease_until = NULL FROM e \
             WHERE t.evenement_id = e.id AND t.done_at IS NULL AND t.dead_at IS NULL",
        )
        .bind::<Timestamptz, _>(Ts(before))
        .execute(self.conn)
        .map_err(repo)
    }

    fn purge(&mut self, what: Expired, before: Timestamp, limit: u32) -> Repo<u32> {
        retention::purge(self, what, before, limit)
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

    fn begin_run(&mut self, lease: &Lease, job: ScheduledJob, owner: &str) -> Repo<RunId> {
        self.fail_runs(lease.task, "sans fin connue")?;
        let owner: String = owner.chars().take(MAX_OWNER).collect();
        let id: i64 = diesel::insert_into(job_runs::table)
            .values((
                job_runs::job.eq(job.code()),
                job_runs::tache_id.eq(lease.task),
                job_runs::owner.eq(owner),
            ))
            .returning(job_runs::id)
            .get_result(self.conn)
            .map_err(repo)?;
        Ok(RunId(id))
    }

    fn end_run(&mut self, run: RunId, end: &RunEnd) -> Repo<()> {
        let counts: Map<String, Value> = end
            .counts
            .iter()
            .map(|(name, n)| ((*name).to_owned(), Value::from(*n)))
            .collect();
        let error = end.error.as_deref().map(clip);
        diesel::update(
            job_runs::table
                .find(run.0)
                .filter(job_runs::finished_at.is_null()),
        )
        .set((
            // A clock may be set back during a run.
            job_runs::finished_at.eq(sql::<Nullable<Timestamptz>>("greatest(now(), started_at)")),
            job_runs::outcome.eq(PgVocab(end.outcome)),
            job_runs::details.eq(json!({ "lignes": counts, "erreur": error })),
        ))
        .execute(self.conn)
        .map_err(repo)?;
        Ok(())
    }

    fn fail_runs(&mut self, task: i64, why: &str) -> Repo<()> {
        let open = job_runs::table
            .filter(job_runs::tache_id.eq(task))
            .filter(job_runs::finished_at.is_null());
        diesel::update(open)
            .set((
                job_runs::finished_at.eq(sql::<Nullable<Timestamptz>>("greatest(now(), started_at)")),
                job_runs::outcome.eq(PgVocab(RunOutcome::Failed)),
                job_runs::details.eq(json!({ "lignes": {}, "erreur": clip(why) })),
            ))
            .execute(self.conn)
            .map_err(repo)?;
        Ok(())
    }

    fn finish(&mut self, lease: &Lease, end: &TaskEnd) -> Repo<bool> {
        let (done, dead, wait, error) = match end {
            TaskEnd::Done => (true, false, None, None),
            TaskEnd::GoOnAfter(wait) => (false, false, Some(wait.as_secs_f64()), None),
            TaskEnd::RetryAfter(wait, why) => (false, false, Some(wait.as_secs_f64()), Some(clip(why))),
            TaskEnd::Dead(why) => (false, true, None, Some(clip(why))),
        };
        let rows = diesel::sql_query(
            "UPDATE taches SET lease_until = NULL, last_error = $3, \
             done_at = CASE WHEN $4 THEN now() END, dead_at = CASE WHEN $5 THEN now() END, \
             run_at = coalesce(now() + make_interval(secs => $6), run_at), \
             attempts = CASE WHEN $7 THEN 0 ELSE attempts END \
             WHERE id = $1 AND fence = $2 AND done_at IS NULL AND dead_at IS NULL",
        )
        .bind::<BigInt, _>(lease.task)
        .bind::<BigInt, _>(lease.fence)
        .bind::<Nullable<Text>, _>(error)
        .bind::<Bool, _>(done)
        .bind::<Bool, _>(dead)
        .bind::<Nullable<Double>, _>(wait)
        .bind::<Bool, _>(matches!(end, TaskEnd::GoOnAfter(_)))
        .execute(self.conn)
        .map_err(repo)?;
        Ok(rows > 0)
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
