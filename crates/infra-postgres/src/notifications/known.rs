//! What people know, by what they were told and what they did.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use domain::Id;
use domain::error::Repo;
use domain::event::EventId;
use domain::intervention::Intervention;
use domain::technician::Technician;

use crate::error::repo;
use crate::tx::PgTx;

#[derive(QueryableByName)]
struct KnownRow {
    #[diesel(sql_type = Bool)]
    su: bool,
}

/// Whether the technician knew, before `event`, that the job was theirs.
///
/// The events that gave it to them or took it from them, and what they did on it themselves, each with
/// whether they know of it: it was their own act, a row tells them, or it is settled history. The latest
/// that they know of counts. When they know of none, what stood before the first of them: who loses a
/// job that nothing on record gave them had it all along.
pub fn theirs(
    tx: &mut PgTx<'_>,
    job: Id<Intervention>,
    technician: Id<Technician>,
    event: EventId,
) -> Repo<bool> {
    let row: KnownRow = diesel::sql_query(
        "WITH m AS ( \
             SELECT e.id, \
                 e.kind <> 'intervention.affectee' \
                     OR coalesce(e.payload -> 'technicien_id' = to_jsonb($2), false) AS a_lui, \
                 coalesce(e.actor_id = t.user_id, false) OR coalesce(e.dispatched_at = e.occurred_at, false) \
                     OR EXISTS (SELECT 1 FROM notifications n WHERE n.evenement_id = e.id AND n.user_id = t.user_id) \
                     AS connu \
             FROM evenements e CROSS JOIN (SELECT user_id FROM techniciens WHERE id = $2) t \
             WHERE e.aggregate_type = 'interventions' AND e.aggregate_id = $1 AND e.id < $3 \
                 AND (e.kind = 'intervention.affectee' \
                         AND to_jsonb($2) IN (e.payload -> 'technicien_id', e.payload -> 'precedent_id') \
                     OR e.kind = 'intervention.statut_change' AND e.actor_id = t.user_id)) \
         SELECT coalesce( \
             (SELECT a_lui FROM m WHERE connu ORDER BY id DESC LIMIT 1), \
             (SELECT NOT a_lui FROM m ORDER BY id LIMIT 1), \
             true) AS su",
    )
    .bind::<BigInt, _>(job.get())
    .bind::<BigInt, _>(technician.get())
    .bind::<BigInt, _>(event.0)
    .get_result(tx.conn)
    .map_err(repo)?;
    Ok(row.su)
}
