//! What an event is about and whom it concerns, read when it is told.

use domain::Id;
use domain::event::{Event, StoredEvent};
use domain::intervention::{Intervention, Status};
use domain::notification::{About, Addressee, Circumstances, Concerned, addressees};
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

/// What the event is about, and who is told what of it as things are now; `None` when there is
/// nothing to tell.
pub(super) fn telling(
    tx: &mut dyn Tx,
    stored: &StoredEvent,
) -> Result<Option<(Matter, Vec<Addressee>)>, AppError> {
    let Some(matter) = matter(tx, stored)? else {
        return Ok(None);
    };
    let people = addressees(
        &stored.event,
        stored.actor,
        matter.circumstances,
        &matter.concerned,
    );
    Ok(Some((matter, people)))
}

fn matter(tx: &mut dyn Tx, stored: &StoredEvent) -> Result<Option<Matter>, AppError> {
    match stored.event {
        Event::InterventionStatusChanged { .. } => Ok(None),
        Event::InterventionCreated { id }
        | Event::InterventionRaised { id }
        | Event::InterventionClosed { id }
        | Event::InterventionCancelled { id } => job(tx, stored, id, Named::default()),
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
            job(tx, stored, id, named)
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
            job(tx, stored, id, named)
        }
        Event::EquipmentDown { id, job } => {
            let Some(facts) = tx.notifications().equipment_facts(id)? else {
                return Ok(None);
            };
            let still_down = facts.failed_at.is_some() && !facts.decommissioned;
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
            // Who is on leave by now leaves the same jobs to others.
            let present = matches!(facts.availability, Availability::Available | Availability::Busy);
            let away_with_open_jobs = !present && !facts.open_jobs.is_empty();
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

fn job(
    tx: &mut dyn Tx,
    stored: &StoredEvent,
    id: Id<Intervention>,
    named: Named,
) -> Result<Option<Matter>, AppError> {
    // Until what is told of it stands: who changes the job meanwhile waits, and the telling of that change
    // finds the rows of this one. No lock follows that a writer of jobs could hold.
    tx.notifications().hold_job(id)?;
    let Some(facts) = tx.notifications().job_facts(id)? else {
        return Ok(None);
    };
    // Who has lost the job by the event.
    let loser = match stored.event {
        Event::InterventionCancelled { .. } => facts.technician,
        _ => named.previous,
    };
    let knew_theirs = match loser {
        Some(technician) => tx.notifications().knew_theirs(id, technician, stored.id)?,
        None => false,
    };
    let circumstances = Circumstances {
        knew_theirs,
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
        concerned.previous = tx.notifications().concerned_by_technician(previous)?.technician;
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
    use domain::notification::JobFacts;
    use domain::ports::unit_of_work::FakeTx;
    use mockall::Sequence;

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
        let mut order = Sequence::new();
        tx.notifications
            .expect_hold_job()
            .withf(|id| *id == JOB)
            .times(1)
            .in_sequence(&mut order)
            .returning(|_| Ok(()));
        tx.notifications
            .expect_job_facts()
            .times(1)
            .in_sequence(&mut order)
            .returning(move |_| Ok(Some(job.clone())));
        tx.notifications
            .expect_concerned_by_job()
            .returning(|_| Ok(concerned()));
        tx
    }

    /// Whom the event is told.
    fn told(mut tx: FakeTx, event: Event) -> Vec<i64> {
        let (_, people) = telling(&mut tx, &stored(event)).expect("read").expect("a job");
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

    #[test]
    fn a_technician_who_knew_of_the_job_is_told_of_its_cancellation() {
        for (technician, knew, expected) in [
            (Some(4), true, vec![1, 3]),
            (Some(4), false, vec![3]),
            (None, false, vec![3]),
        ] {
            let mut tx = FakeTx::default();
            tx.notifications.expect_hold_job().returning(|_| Ok(()));
            tx.notifications.expect_job_facts().returning(move |_| {
                Ok(Some(JobFacts {
                    status: Status::Cancelled,
                    technician: technician.map(Id::new),
                    ..facts()
                }))
            });
            tx.notifications.expect_concerned_by_job().returning(move |_| {
                let mut people = concerned();
                people.technician = people.technician.filter(|_| technician.is_some());
                Ok(people)
            });
            tx.notifications
                .expect_knew_theirs()
                .withf(|job, technician, event| (*job, *technician, *event) == (JOB, Id::new(4), EventId(5)))
                .times(usize::from(technician.is_some()))
                .returning(move |_, _, _| Ok(knew));
            let event = Event::InterventionCancelled { id: JOB };
            assert_eq!(told(tx, event), expected, "{technician:?} {knew}");
        }
    }
}
