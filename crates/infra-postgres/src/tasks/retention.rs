//! Clearing away.

use diesel::RunQueryDsl;
use diesel::sql_types::{BigInt, Timestamptz};
use domain::error::Repo;
use domain::job::Expired;
use jiff::Timestamp;

use crate::error::repo;
use crate::sql::Ts;
use crate::tx::PgTx;

/// Removes up to `limit` rows of this kind that expired before `before`; answers how many.
pub(super) fn purge(tx: &mut PgTx<'_>, what: Expired, before: Timestamp, limit: u32) -> Repo<u32> {
    // Ordered by an index that leads to old rows first; rows in use are left for the next time.
    let (table, expired, order) = match what {
        Expired::RefreshTokens => ("refresh_tokens", "expires_at < $1", "expires_at"),
        // After its expired tokens, so that what goes with a session is little.
        Expired::Sessions => (
            "sessions",
            "(expires_at < $1 OR ended_at < $1) AND NOT EXISTS (SELECT 1 FROM refresh_tokens r \
             WHERE r.session_id = sessions.id AND r.expires_at < $1)",
            "expires_at",
        ),
        Expired::IdempotencyKeys => ("cles_idempotence", "created_at < $1", "created_at"),
        Expired::LoginAttempts => ("connexions_tentatives", "fenetre_debut < $1", "fenetre_debut"),
        Expired::Tasks => ("taches", "done_at < $1", "done_at"),
        Expired::DeadTasks => ("taches", "dead_at < $1", "dead_at"),
        Expired::Events => ("evenements", "dispatched_at < $1", "dispatched_at"),
        Expired::LostEvents => (
            "evenements",
            "dispatched_at IS NULL AND occurred_at < $1 \
             AND NOT EXISTS (SELECT 1 FROM taches t WHERE t.evenement_id = evenements.id)",
            "id",
        ),
        Expired::Notifications => (
            "notifications",
            "created_at < $1 AND statut IN ('envoyee', 'abandonnee') AND (canal <> 'push' OR lue_le IS NOT NULL)",
            "created_at",
        ),
        Expired::JobRuns => ("job_runs", "started_at < $1", "id"),
        // The latest tells which ones are still to come.
        Expired::Occurrences => (
            "occurrences",
            "due_at < $1 AND due_at < (SELECT max(l.due_at) FROM occurrences l \
             WHERE l.schedule = occurrences.schedule)",
            "due_at",
        ),
    };
    let sql = format!(
        "WITH expirees AS MATERIALIZED (SELECT ctid FROM {table} WHERE {expired} \
         ORDER BY {order} LIMIT $2 FOR UPDATE SKIP LOCKED) \
         DELETE FROM {table} t USING expirees e WHERE t.ctid = e.ctid"
    );
    let rows = diesel::sql_query(sql)
        .bind::<Timestamptz, _>(Ts(before))
        .bind::<BigInt, _>(i64::from(limit))
        .execute(tx.conn)
        .map_err(repo)?;
    Ok(u32::try_from(rows).unwrap_or(u32::MAX))
}
