//! The facts behind the state of an equipment: holders, failures, stops.
//!
//! Instants come from requests, which may reach the lock in another order than they were made.
//! An interval therefore never ends before it began, and a new one never begins before the last
//! one ended: the later of the two instants counts.

use std::collections::BTreeMap;

use diesel::dsl::{max, now};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Timestamptz};
use domain::Id;
use domain::equipment::store::Situation;
use domain::equipment::{Downtime, Equipment, EquipmentStatus, Failure, FailureOrigin, Holder};
use domain::error::{Repo, RepoError};
use domain::text::MAX_REASON;
use jiff::Timestamp;
use serde::Serialize;

use super::row::DowntimeData;
use crate::error::repo;
use crate::schema::{arrets_equipement, equipements, equipements_detentions, pannes};
use crate::sql::{PgVocab, Raw, Ts, raw, un_ts};
use crate::tx::PgTx;

diesel::define_sql_function! {
    /// The later of two instants.
    fn greatest(a: Timestamptz, b: Timestamptz) -> Timestamptz;
}

const HOLDERS: Raw<Array<Nullable<BigInt>>> =
    raw("ARRAY(SELECT d.intervention_id FROM equipements_detentions d \
     WHERE d.equipement_id = equipements.id AND d.jusqu_a IS NULL ORDER BY d.id)");
const OPEN_JOBS: Raw<Array<BigInt>> = raw("ARRAY(SELECT i.id FROM interventions i \
     WHERE i.equipement_id = equipements.id \
     AND (i.statut = 'ouverte' OR i.statut = 'en_attente' AND i.equipement_rendu) ORDER BY i.id)");

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = pannes)]
struct FailureRow {
    id: i64,
    equipement_id: i64,
    ouverte_le: Ts,
    fermee_le: Option<Ts>,
    origine: PgVocab<FailureOrigin>,
    intervention_id: Option<i64>,
    description: Option<String>,
}

impl From<FailureRow> for (Id<Failure>, Failure) {
    fn from(row: FailureRow) -> Self {
        let failure = Failure {
            equipment: Id::new(row.equipement_id),
            opened_at: row.ouverte_le.0,
            closed_at: un_ts(row.fermee_le),
            origin: row.origine.0,
            intervention: row.intervention_id.map(Id::new),
            description: row.description,
        };
        (Id::new(row.id), failure)
    }
}

/// Holders, open failure and open jobs.
pub fn situation(tx: &mut PgTx<'_>, id: Id<Equipment>) -> Repo<Situation> {
    type Row = (Vec<Option<i64>>, Vec<i64>, Option<FailureRow>);
    let open_failure = pannes::equipement_id
        .eq(equipements::id)
        .and(pannes::fermee_le.is_null());
    let row: Option<Row> = equipements::table
        .left_join(pannes::table.on(open_failure))
        .filter(equipements::id.eq(id.get()))
        .select((HOLDERS, OPEN_JOBS, Option::<FailureRow>::as_select()))
        .first(tx.conn)
        .optional()
        .map_err(repo)?;
    let Some((holders, jobs, failure)) = row else {
        return Ok(Situation::default());
    };
    Ok(Situation {
        holders: holders
            .into_iter()
            .map(|job| job.map_or(Holder::Manual, |id| Holder::Job(Id::new(id))))
            .collect(),
        failure: failure.map(Into::into),
        open_jobs: jobs.into_iter().map(Id::new).collect(),
    })
}

fn job_of(holder: Holder) -> Option<i64> {
    match holder {
        Holder::Job(id) => Some(id.get()),
        Holder::Manual => None,
    }
}

#[derive(Serialize)]
struct HoldAudit {
    equipement_id: i64,
    intervention_id: Option<i64>,
    depuis: Ts,
}

/// Opens a hold.
pub fn hold(tx: &mut PgTx<'_>, id: Id<Equipment>, holder: Holder, at: Timestamp) -> Repo<()> {
    let row = HoldAudit {
        equipement_id: id.get(),
        intervention_id: job_of(holder),
        depuis: Ts(at),
    };
    let key: i64 = diesel::insert_into(equipements_detentions::table)
        .values((
            equipements_detentions::equipement_id.eq(row.equipement_id),
            equipements_detentions::intervention_id.eq(row.intervention_id),
            equipements_detentions::depuis.eq(row.depuis),
            equipements_detentions::created_by.eq(actor(tx)),
        ))
        .returning(equipements_detentions::id)
        .get_result(tx.conn)
        .map_err(repo)?;
    tx.audit.inserted("equipements_detentions", Some(key), &row);
    Ok(())
}

/// Ends a hold.
pub fn release(tx: &mut PgTx<'_>, id: Id<Equipment>, holder: Holder, at: Timestamp) -> Repo<()> {
    use equipements_detentions::dsl as d;
    let (key, end): (i64, Option<Ts>) = diesel::update(
        d::equipements_detentions
            .filter(d::equipement_id.eq(id.get()))
            .filter(d::intervention_id.is_not_distinct_from(job_of(holder)))
            .filter(d::jusqu_a.is_null()),
    )
    .set((
        d::jusqu_a.eq(greatest(Ts(at), d::depuis).nullable()),
        d::version.eq(d::version + 1),
        d::updated_at.eq(now),
    ))
    .returning((d::id, d::jusqu_a))
    .get_result(tx.conn)
    .optional()
    .map_err(repo)?
    .ok_or(RepoError::Stale)?;
    changed(tx, "equipements_detentions", key, "jusqu_a", None, end);
    Ok(())
}

#[derive(Serialize)]
struct FailureAudit<'a> {
    equipement_id: i64,
    ouverte_le: Ts,
    origine: PgVocab<FailureOrigin>,
    intervention_id: Option<i64>,
    description: Option<&'a str>,
}

/// Opens a failure.
pub fn open_failure(tx: &mut PgTx<'_>, failure: &Failure) -> Repo<Id<Failure>> {
    let equipment = failure.equipment.get();
    let last: Option<Ts> = pannes::table
        .filter(pannes::equipement_id.eq(equipment))
        .select(max(pannes::fermee_le))
        .first(tx.conn)
        .map_err(repo)?;
    let row = FailureAudit {
        equipement_id: equipment,
        ouverte_le: not_before(failure.opened_at, last),
        origine: PgVocab(failure.origin),
        intervention_id: failure.intervention.map(Id::get),
        description: failure.description.as_deref(),
    };
    let key: i64 = diesel::insert_into(pannes::table)
        .values((
            pannes::equipement_id.eq(row.equipement_id),
            pannes::ouverte_le.eq(row.ouverte_le),
            pannes::origine.eq(row.origine),
            pannes::intervention_id.eq(row.intervention_id),
            pannes::description.eq(row.description),
            pannes::created_by.eq(actor(tx)),
        ))
        .returning(pannes::id)
        .get_result(tx.conn)
        .map_err(repo)?;
    tx.audit.inserted("pannes", Some(key), &row);
    Ok(Id::new(key))
}

/// Both texts with one more paragraph, cut at what the column holds.
fn with_note(before: Option<&str>, note: &str) -> String {
    let texts: Vec<&str> = before.into_iter().chain([note]).collect();
    texts.join("\n").chars().take(MAX_REASON).collect()
}

/// Adds what somebody else saw to an open failure and to the stop that it caused.
pub fn note_failure(tx: &mut PgTx<'_>, id: Id<Failure>, note: &str) -> Repo<()> {
    use {arrets_equipement::dsl as a, pannes::dsl as p};
    let (equipment, before): (i64, Option<String>) = p::pannes
        .find(id.get())
        .filter(p::fermee_le.is_null())
        .select((p::equipement_id, p::description))
        .for_no_key_update()
        .first(tx.conn)
        .optional()
        .map_err(repo)?
        .ok_or(RepoError::Stale)?;
    let after = with_note(before.as_deref(), note);
    diesel::update(p::pannes.find(id.get()))
        .set((
            p::description.eq(&after),
            p::version.eq(p::version + 1),
            p::updated_at.eq(now),
        ))
        .execute(tx.conn)
        .map_err(repo)?;
    changed(tx, "pannes", id.get(), "description", before, Some(after));
    let stop: Option<(i64, Option<String>)> = a::arrets_equipement
        .filter(a::equipement_id.eq(equipment))
        .filter(a::fin.is_null())
        .filter(a::etat.eq(PgVocab(EquipmentStatus::Down)))
        .select((a::id, a::cause))
        .first(tx.conn)
        .optional()
        .map_err(repo)?;
    if let Some((key, before)) = stop {
        let after = with_note(before.as_deref(), note);
        diesel::update(a::arrets_equipement.find(key))
            .set((
                a::cause.eq(&after),
                a::version.eq(a::version + 1),
                a::updated_at.eq(now),
            ))
            .execute(tx.conn)
            .map_err(repo)?;
        changed(tx, "arrets_equipement", key, "cause", before, Some(after));
    }
    Ok(())
}

/// Ends a failure.
pub fn close_failure(tx: &mut PgTx<'_>, id: Id<Failure>, at: Timestamp) -> Repo<()> {
    use pannes::dsl as p;
    let end: Option<Ts> = diesel::update(p::pannes.find(id.get()).filter(p::fermee_le.is_null()))
        .set((
            p::fermee_le.eq(greatest(Ts(at), p::ouverte_le).nullable()),
            p::version.eq(p::version + 1),
            p::updated_at.eq(now),
        ))
        .returning(p::fermee_le)
        .get_result(tx.conn)
        .optional()
        .map_err(repo)?
        .ok_or(RepoError::Stale)?;
    changed(tx, "pannes", id.get(), "fermee_le", None, end);
    Ok(())
}

/// Opens a stop.
pub fn open_downtime(tx: &mut PgTx<'_>, downtime: &Downtime) -> Repo<()> {
    let last: Option<Ts> = arrets_equipement::table
        .filter(arrets_equipement::equipement_id.eq(downtime.equipment.get()))
        .select(max(arrets_equipement::fin))
        .first(tx.conn)
        .map_err(repo)?;
    let row = DowntimeData::from(&Downtime {
        start: not_before(downtime.start, last).0,
        ..downtime.clone()
    });
    let key: i64 = diesel::insert_into(arrets_equipement::table)
        .values((&row, arrets_equipement::created_by.eq(actor(tx))))
        .returning(arrets_equipement::id)
        .get_result(tx.conn)
        .map_err(repo)?;
    tx.audit.inserted("arrets_equipement", Some(key), &row);
    Ok(())
}

/// Ends the open stop, if there is one.
pub fn close_downtime(tx: &mut PgTx<'_>, id: Id<Equipment>, at: Timestamp) -> Repo<()> {
    use arrets_equipement::dsl as a;
    let closed: Option<(i64, Option<Ts>)> = diesel::update(
        a::arrets_equipement
            .filter(a::equipement_id.eq(id.get()))
            .filter(a::fin.is_null()),
    )
    .set((
        a::fin.eq(greatest(Ts(at), a::debut).nullable()),
        a::version.eq(a::version + 1),
        a::updated_at.eq(now),
    ))
    .returning((a::id, a::fin))
    .get_result(tx.conn)
    .optional()
    .map_err(repo)?;
    if let Some((key, end)) = closed {
        changed(tx, "arrets_equipement", key, "fin", None, end);
    }
    Ok(())
}

/// Notes what a column was and is.
fn changed<T: Serialize>(tx: &mut PgTx<'_>, table: &str, key: i64, column: &str, before: T, after: T) {
    let row = |value| BTreeMap::from([(column, value)]);
    tx.audit.updated(table, Some(key), &row(before), &row(after));
}

fn not_before(at: Timestamp, last: Option<Ts>) -> Ts {
    Ts(last.map_or(at, |last| at.max(last.0)))
}

fn actor(tx: &PgTx<'_>) -> Option<i64> {
    tx.audit.origin().actor.map(Id::get)
}
