//! The outbox: events are rows that commit with the change, each with the task that dispatches it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz};
use domain::error::{Repo, RepoError};
use domain::event::{Event, EventId};
use domain::intervention::Status;
use domain::job::TaskKind;
use domain::ports::unit_of_work::Outbox;
use domain::technician::Availability;
use domain::{Id, Vocab};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::error::repo;
use crate::sql::{Prepared, Ts};
use crate::tx::PgTx;

/// Version of the payloads below; raise it when one changes its meaning: older programs then leave it alone.
pub const PAYLOAD_VERSION: i16 = 1;

/// What [`read`] can read. Everything else belongs to a newer program.
pub const KINDS: [&str; 9] = [
    "intervention.creee",
    "intervention.affectee",
    "intervention.replanifiee",
    "intervention.priorite_relevee",
    "intervention.statut_change",
    "intervention.cloturee",
    "intervention.annulee",
    "equipement.en_panne",
    "technicien.disponibilite_change",
];

/// The event, and the task that dispatches it: at once by the clock of the queue, which is the server's.
const PUSH: &str = "WITH e AS (INSERT INTO evenements (kind, v, aggregate_type, aggregate_id, payload, occurred_at, \
     correlation_id, actor_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id) \
     INSERT INTO taches (kind, payload, evenement_id, dedup_key, max_attempts) \
     SELECT 'evenement', '{}'::jsonb, e.id, 'evenement:' || e.id, ? FROM e";

impl Outbox for PgTx<'_> {
    fn push(&mut self, event: &Event, at: Timestamp) -> Repo<()> {
        let (kind, (aggregate, id)) = (event.kind(), subject(event));
        let origin = self.audit.origin();
        Prepared::<()>::new(PUSH)
            .bind::<Text, _>(kind)
            .bind::<SmallInt, _>(PAYLOAD_VERSION)
            .bind::<Text, _>(aggregate)
            .bind::<BigInt, _>(id)
            .bind::<Jsonb, _>(payload(event))
            .bind::<Timestamptz, _>(Ts(at))
            .bind::<Nullable<Text>, _>(Some(origin.correlation_id.clone()))
            .bind::<Nullable<BigInt>, _>(origin.actor.map(Id::get))
            // The number of tries is the same for every event.
            .bind::<Integer, _>(TaskKind::DispatchEvent(EventId(0)).max_attempts())
            .execute(self.conn)
            .map_err(repo)?;
        Ok(())
    }
}

fn subject(event: &Event) -> (&'static str, i64) {
    match event {
        Event::InterventionCreated { id }
        | Event::InterventionAssigned { id, .. }
        | Event::InterventionRescheduled { id, .. }
        | Event::InterventionRaised { id }
        | Event::InterventionStatusChanged { id, .. }
        | Event::InterventionClosed { id }
        | Event::InterventionCancelled { id } => ("interventions", id.get()),
        Event::EquipmentDown { id, .. } => ("equipements", id.get()),
        Event::TechnicianAvailabilityChanged { id, .. } => ("techniciens", id.get()),
    }
}

fn payload(event: &Event) -> Value {
    match event {
        Event::InterventionCreated { .. }
        | Event::InterventionRaised { .. }
        | Event::InterventionClosed { .. }
        | Event::InterventionCancelled { .. } => json!({}),
        Event::EquipmentDown { job, .. } => json!({ "intervention_id": job.map(Id::get) }),
        Event::InterventionAssigned {
            technician, previous, ..
        } => {
            json!({ "technicien_id": technician.map(Id::get), "precedent_id": previous.map(Id::get) })
        }
        Event::InterventionRescheduled {
            technician,
            planned_at,
            ..
        } => {
            json!({ "technicien_id": technician.get(), "date_prevue": planned_at.map(as_stored) })
        }
        Event::InterventionStatusChanged { from, to, .. } => json!({ "de": from.code(), "vers": to.code() }),
        Event::TechnicianAvailabilityChanged { from, to, .. } => {
            json!({ "de": from.code(), "vers": to.code() })
        }
    }
}

/// An instant as its column keeps it, in microseconds: the event is compared with the row later.
fn as_stored(at: Timestamp) -> String {
    Timestamp::from_microsecond(at.as_microsecond())
        .unwrap_or(at)
        .to_string()
}

/// The event of a stored row.
///
/// # Errors
/// A kind or payload that this version does not know.
pub fn read(kind: &str, aggregate_id: i64, payload: &Value) -> Repo<Event> {
    let unknown = || RepoError::Backend(format!("unreadable event {kind}").into());
    let number = |name: &str| payload.get(name).and_then(Value::as_i64);
    let instant = |name: &str| match payload.get(name).and_then(Value::as_str) {
        Some(text) => text.parse::<Timestamp>().map(Some).map_err(|_| unknown()),
        None => Ok(None),
    };
    let status = |name: &str| {
        payload
            .get(name)
            .and_then(Value::as_str)
            .and_then(Status::parse)
            .ok_or_else(unknown)
    };
    let availability = |name: &str| {
        payload
            .get(name)
            .and_then(Value::as_str)
            .and_then(Availability::parse)
            .ok_or_else(unknown)
    };
    let id = Id::new(aggregate_id);
    Ok(match kind {
        "intervention.creee" => Event::InterventionCreated { id },
        "intervention.affectee" => Event::InterventionAssigned {
            id,
            technician: number("technicien_id").map(Id::new),
            previous: number("precedent_id").map(Id::new),
        },
        "intervention.replanifiee" => Event::InterventionRescheduled {
            id,
            technician: number("technicien_id").map(Id::new).ok_or_else(unknown)?,
            planned_at: instant("date_prevue")?,
        },
        "intervention.priorite_relevee" => Event::InterventionRaised { id },
        "intervention.statut_change" => Event::InterventionStatusChanged {
            id,
            from: status("de")?,
            to: status("vers")?,
        },
        "intervention.cloturee" => Event::InterventionClosed { id },
        "intervention.annulee" => Event::InterventionCancelled { id },
        "equipement.en_panne" => Event::EquipmentDown {
            id: Id::new(aggregate_id),
            // Older rows do not say.
            job: number("intervention_id").map(Id::new),
        },
        "technicien.disponibilite_change" => Event::TechnicianAvailabilityChanged {
            id: Id::new(aggregate_id),
            from: availability("de")?,
            to: availability("vers")?,
        },
        _ => return Err(unknown()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_comes_back_as_it_went() {
        let (id, a, b) = (Id::new(3), Id::new(5), Id::new(6));
        let events = [
            Event::InterventionCreated { id },
            Event::InterventionAssigned {
                id,
                technician: Some(a),
                previous: None,
            },
            Event::InterventionAssigned {
                id,
                technician: Some(a),
                previous: Some(b),
            },
            Event::InterventionAssigned {
                id,
                technician: None,
                previous: Some(b),
            },
            Event::InterventionStatusChanged {
                id,
                from: Status::Open,
                to: Status::InProgress,
            },
            Event::InterventionRescheduled {
                id,
                technician: a,
                planned_at: Some("2026-12-01T09:05:00.123456Z".parse().expect("instant")),
            },
            Event::InterventionRescheduled {
                id,
                technician: a,
                planned_at: None,
            },
            Event::InterventionRaised { id },
            Event::InterventionClosed { id },
            Event::InterventionCancelled { id },
            Event::EquipmentDown {
                id: Id::new(3),
                job: None,
            },
            Event::EquipmentDown {
                id: Id::new(3),
                job: Some(id),
            },
            Event::TechnicianAvailabilityChanged {
                id: Id::new(3),
                from: Availability::Available,
                to: Availability::Busy,
            },
        ];
        assert!(domain::samples::every_variant(&events));
        for event in events {
            assert!(KINDS.contains(&event.kind()), "{event:?}");
            assert_eq!(
                read(event.kind(), subject(&event).1, &payload(&event)).expect("readable"),
                event
            );
        }
        let finer = Event::InterventionRescheduled {
            id,
            technician: a,
            planned_at: Some("2026-12-01T09:05:00.123456789Z".parse().expect("instant")),
        };
        assert_eq!(
            payload(&finer),
            json!({ "technicien_id": 5, "date_prevue": "2026-12-01T09:05:00.123456Z" }),
            "as the column keeps it"
        );
        assert!(read("inconnu", 1, &json!({})).is_err());
        let older = read("equipement.en_panne", 3, &json!({})).expect("readable");
        assert_eq!(
            older,
            Event::EquipmentDown {
                id: Id::new(3),
                job: None
            }
        );
    }
}
