//! What an event is about and whom it concerns, read when it is told.

use domain::Id;
use domain::event::Event;
use domain::intervention::{Intervention, Status};
use domain::notification::{About, Circumstances, Concerned, NotificationKind};
use domain::ports::Tx;
use domain::technician::{Availability, Technician};
use jiff::Timestamp;

use super::texts::Facts;
use crate::error::AppError;

/// What an event is about, and whom it concerns.
pub(super) struct Matter {
    pub about: About,
    pub facts: Facts,
    pub circumstances: Circumstances,
    pub concerned: Concerned,
}

/// Reads what the event is about; `None` when there is nothing to tell.
pub(super) fn matter(tx: &mut dyn Tx, event: &Event) -> Result<Option<Matter>, AppError> {
    match *event {
        Event::InterventionStatusChanged { .. } => Ok(None),
        Event::InterventionCreated { id }
        | Event::InterventionClosed { id }
        | Event::InterventionCancelled { id } => job(tx, id, Named::default()),
        Event::InterventionRescheduled {
            id,
            technician,
            planned_at,
        } => {
            let named = Named {
                technician: Some(technician),
                planned_at,
                ..Named::default()
            };
            job(tx, id, named)
        }
        Event::InterventionAssigned {
            id,
            technician,
            previous,
        } => {
            let named = Named {
                technician,
                previous,
                ..Named::default()
            };
            job(tx, id, named)
        }
        Event::EquipmentDown { id, job } => {
            let Some(facts) = tx.notifications().equipment_facts(id)? else {
                return Ok(None);
            };
            let still_down = facts.failed_at.is_some();
            Ok(Some(Matter {
                about: About::Equipment(id),
                facts: Facts::Equipment(facts),
                circumstances: Circumstances {
                    still_down,
                    ..Circumstances::default()
                },
                concerned: tx.notifications().concerned_by_equipment(id, job)?,
            }))
        }
        Event::TechnicianAvailabilityChanged { to, .. } if to != Availability::Unavailable => Ok(None),
        Event::TechnicianAvailabilityChanged { id, .. } => {
            let Some(facts) = tx.notifications().technician_facts(id)? else {
                return Ok(None);
            };
            let away_with_open_jobs =
                facts.availability == Availability::Unavailable && !facts.open_jobs.is_empty();
            Ok(Some(Matter {
                about: About::Technician(id),
                facts: Facts::Technician(facts),
                circumstances: Circumstances {
                    away_with_open_jobs,
                    ..Circumstances::default()
                },
                concerned: tx.notifications().concerned_by_technician(id)?,
            }))
        }
    }
}

/// What an event says of a job, to be compared with how the job is now.
#[derive(Default)]
struct Named {
    technician: Option<Id<Technician>>,
    previous: Option<Id<Technician>>,
    planned_at: Option<Timestamp>,
}

fn job(tx: &mut dyn Tx, id: Id<Intervention>, named: Named) -> Result<Option<Matter>, AppError> {
    let Some(facts) = tx.notifications().job_facts(id)? else {
        return Ok(None);
    };
    let circumstances = Circumstances {
        over: matches!(facts.status, Status::Closed | Status::Cancelled),
        urgent: facts.urgent,
        requested: facts.requested,
        still_assigned: named.technician.is_some() && named.technician == facts.technician,
        still_withdrawn: named.previous != facts.technician,
        still_moved: named.planned_at == facts.planned_at
            && matches!(facts.status, Status::Open | Status::OnHold),
        ..Circumstances::default()
    };
    let mut concerned = tx.notifications().concerned_by_job(id)?;
    if let Some(previous) = named.previous {
        let technician = tx.notifications().concerned_by_technician(previous)?.technician;
        concerned.previous = match technician {
            Some(person)
                if tx
                    .notifications()
                    .was_told(id, person.user, NotificationKind::Assignment)? =>
            {
                Some(person)
            }
            _ => None,
        };
    }
    Ok(Some(Matter {
        about: About::Intervention(id),
        facts: Facts::Job(facts),
        circumstances,
        concerned,
    }))
}

#[cfg(test)]
mod tests {
    use domain::event::{EventId, StoredEvent};
    use domain::notification::{JobFacts, addressees};
    use domain::ports::unit_of_work::FakeTx;

    use super::*;
    use crate::jobs::dispatch::tests::{concerned, facts};
    use crate::jobs::testing::now;

    const JOB: Id<Intervention> = Id::new(9);

    fn stored(event: Event) -> StoredEvent {
        StoredEvent {
            id: EventId(5),
            event,
            occurred_at: now(),
            actor: Some(Id::new(50)),
            correlation_id: "c".to_owned(),
        }
    }

    /// A job of technician 4, whose account is 1; the client's is 3.
    fn about(job: JobFacts) -> FakeTx {
        let mut tx = FakeTx::default();
        tx.notifications
            .expect_job_facts()
            .returning(move |_| Ok(Some(job.clone())));
        tx.notifications
            .expect_concerned_by_job()
            .returning(|_| Ok(concerned()));
        tx
    }

    /// Whom the event is told.
    fn told(mut tx: FakeTx, event: Event) -> Vec<i64> {
        let stored = stored(event);
        let matter = matter(&mut tx, &stored.event).expect("read").expect("a job");
        let people = addressees(
            &stored.event,
            stored.actor,
            matter.circumstances,
            &matter.concerned,
        );
        people.iter().map(|p| p.to.user.get()).collect()
    }

    #[test]
    fn a_date_is_told_while_it_is_the_jobs_to_who_was_to_go_there_then() {
        let (first, second) = (now(), "2026-12-01T09:05:00Z".parse().expect("instant"));
        for (date, technician, status, expected) in [
            (Some(second), 4, Status::Open, vec![1, 3]),
            (Some(second), 4, Status::OnHold, vec![1, 3]),
            // Moved once more.
            (Some(first), 4, Status::Open, vec![]),
            (None, 4, Status::Open, vec![]),
            // The technician of now has never had it on another date.
            (Some(second), 8, Status::Open, vec![3]),
            // Begun, or over.
            (Some(second), 4, Status::InProgress, vec![]),
            (Some(second), 4, Status::Cancelled, vec![]),
        ] {
            let tx = about(JobFacts {
                planned_at: Some(second),
                status,
                ..facts()
            });
            let event = Event::InterventionRescheduled {
                id: JOB,
                technician: Id::new(technician),
                planned_at: date,
            };
            assert_eq!(told(tx, event), expected, "{date:?} {technician} {status:?}");
        }
    }
}
