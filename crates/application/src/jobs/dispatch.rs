//! From an event to what people are told: rows of the inbox and of the log at once, a task for
//! each e-mail. One unit of work, so that an event is told wholly or not at all, and again only
//! with the same rows.

use domain::Id;
use domain::event::{EventId, StoredEvent};
use domain::job::{Lease, TaskEnd, TaskKind};
use domain::notification::{Addressee, Channel, DeliveryStatus, Inserted, Notice, Notification};
use domain::ports::Tx;
use jiff::Timestamp;

use super::matter::{Matter, telling};
use super::texts;
use super::{Ended, Jobs, correlation};
use crate::error::AppError;

/// Tells of an event.
///
/// # Errors
/// Only those of the store.
pub async fn dispatch(jobs: &Jobs, lease: &Lease, id: EventId) -> Result<Ended, AppError> {
    let (held, now) = (lease.clone(), jobs.clock.now());
    let told = jobs
        .run("event.dispatch", &correlation(lease), move |tx| {
            if !tx.tasks().finish(&held, &TaskEnd::Done)? {
                return Ok(None);
            }
            let Some(stored) = tx.tasks().event(id)? else {
                return Ok(Some(Vec::new()));
            };
            let rows = notifications(tx, &stored, now)?;
            let new = tx.notifications().insert_new(&rows)?;
            for row in new.iter().filter(|row| row.channel == Channel::Email) {
                tx.tasks().enqueue(TaskKind::Deliver(row.id), None)?;
            }
            tx.tasks().mark_dispatched(stored.id)?;
            Ok(Some(logged(&rows, &new)))
        })
        .await?;
    let Some(lines) = told else { return Ok(Ended::Lost) };
    // After the commit: the unit of work may run more than once.
    for line in lines {
        tracing::info!(
            notification = line.id.get(),
            user = line.user,
            kind = line.kind,
            subject = line.subject,
            "notification"
        );
    }
    Ok(Ended::Done)
}

/// A notification of the `log` channel.
struct Line {
    id: Id<Notification>,
    user: i64,
    kind: &'static str,
    subject: String,
}

fn logged(rows: &[Notification], new: &[Inserted]) -> Vec<Line> {
    new.iter()
        .filter(|new| new.channel == Channel::Log)
        .filter_map(|new| {
            let row = rows
                .iter()
                .find(|row| row.user == new.user && row.channel == new.channel)?;
            Some(Line {
                id: new.id,
                user: row.user.get(),
                kind: row.kind.into(),
                subject: row.subject.clone(),
            })
        })
        .collect()
}

fn notifications(
    tx: &mut dyn Tx,
    stored: &StoredEvent,
    now: Timestamp,
) -> Result<Vec<Notification>, AppError> {
    let Some((matter, people)) = telling(tx, stored)? else {
        return Ok(Vec::new());
    };
    Ok(people
        .iter()
        .flat_map(|person| rows(person, stored.id, &matter, now))
        .collect())
}

fn rows(person: &Addressee, event: EventId, matter: &Matter, now: Timestamp) -> Vec<Notification> {
    let Some(written) = texts::write(person.notice, &matter.facts) else {
        return Vec::new();
    };
    let row = |&channel: &Channel| {
        // The inbox and the log have nobody who could refuse.
        let arrives = matches!(channel, Channel::Push | Channel::Log);
        Notification {
            user: person.to.user,
            event: Some(event),
            // What somebody lost they may no longer read.
            about: (person.notice != Notice::JobWithdrawn).then_some(matter.about),
            kind: person.kind,
            channel,
            subject: written.subject.clone(),
            body: written.body.clone(),
            status: if arrives {
                DeliveryStatus::Sent
            } else {
                DeliveryStatus::Pending
            },
            attempts: i32::from(arrives),
            sent_at: arrives.then_some(now),
        }
    };
    person.channels.iter().map(row).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::{Arc, Mutex};

    use domain::event::Event;
    use domain::intervention::Status;
    use domain::notification::{Concerned, EquipmentFacts, JobFacts, Recipient, TechnicianFacts};
    use domain::ports::mailer::MockMailer;
    use domain::ports::unit_of_work::FakeTx;
    use domain::technician::Availability;

    use super::*;
    use crate::jobs::testing::{jobs, lease, now};

    pub(crate) fn facts() -> JobFacts {
        JobFacts {
            number: "INT-2026-00012".to_owned(),
            status: Status::Open,
            title: "Fuite".to_owned(),
            description: "Huile au sol.".to_owned(),
            critical: false,
            urgent: false,
            requested: false,
            failure: false,
            equipment: "Presse".to_owned(),
            serial_number: "P-1".to_owned(),
            location: None,
            client: "Atlas".to_owned(),
            site: None,
            planned_at: None,
            finished_at: None,
            technician: Some(Id::new(4)),
            technician_name: Some("Youssef".to_owned()),
            report: None,
            cancel_reason: None,
        }
    }

    pub(crate) fn concerned() -> Concerned {
        let person = |id| Recipient {
            user: Id::new(id),
            full_name: format!("p{id}"),
        };
        Concerned {
            technician: Some(person(1)),
            clients: vec![person(3)],
            ..Concerned::default()
        }
    }

    fn with_event(tx: &mut FakeTx, technician: i64) {
        with_assignment(tx, Some(technician), None);
    }

    fn with_assignment(tx: &mut FakeTx, technician: Option<i64>, previous: Option<i64>) {
        let event = Event::InterventionAssigned {
            id: Id::new(9),
            technician: technician.map(Id::new),
            previous: previous.map(Id::new),
        };
        with(tx, event);
        tx.notifications.expect_hold_job().returning(|_| Ok(()));
        tx.notifications
            .expect_job_facts()
            .returning(|_| Ok(Some(facts())));
        tx.notifications
            .expect_concerned_by_job()
            .returning(|_| Ok(concerned()));
    }

    /// An event that is to be dispatched.
    fn with(tx: &mut FakeTx, event: Event) {
        tx.tasks
            .expect_finish()
            .withf(|_, end| *end == TaskEnd::Done)
            .return_once(|_, _| Ok(true));
        tx.tasks.expect_event().return_once(move |id| {
            Ok(Some(StoredEvent {
                id,
                event,
                occurred_at: now(),
                actor: Some(Id::new(50)),
                correlation_id: "c".to_owned(),
            }))
        });
        tx.tasks.expect_mark_dispatched().times(1).returning(|_| Ok(()));
    }

    /// Whom the event is told.
    async fn told(mut tx: FakeTx) -> Vec<i64> {
        let told = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&told);
        tx.notifications
            .expect_insert_new()
            .times(1)
            .returning(move |rows| {
                let mut users: Vec<i64> = rows.iter().map(|row| row.user.get()).collect();
                users.dedup();
                *seen.lock().expect("a lock") = users;
                Ok(Vec::new())
            });
        let ended = dispatch(&jobs(tx, MockMailer::new()), &task(), EventId(5)).await;
        assert_eq!(ended.expect("dispatched"), Ended::Done);
        let users = told.lock().expect("a lock");
        users.clone()
    }

    #[tokio::test]
    async fn a_job_that_is_over_is_told_neither_as_new_nor_as_assigned() {
        for (status, expected) in [
            (Status::Open, vec![1, 3]),
            (Status::OnHold, vec![1, 3]),
            (Status::Closed, vec![]),
            (Status::Cancelled, vec![]),
        ] {
            let events = [
                Event::InterventionCreated { id: Id::new(9) },
                Event::InterventionAssigned {
                    id: Id::new(9),
                    technician: Some(Id::new(4)),
                    previous: None,
                },
            ];
            for event in events {
                let kind = event.kind();
                let mut tx = FakeTx::default();
                with(&mut tx, event);
                tx.notifications.expect_hold_job().returning(|_| Ok(()));
                tx.notifications.expect_job_facts().returning(move |_| {
                    Ok(Some(JobFacts {
                        status,
                        urgent: true,
                        requested: true,
                        ..facts()
                    }))
                });
                tx.notifications.expect_concerned_by_job().returning(|_| {
                    let mut people = concerned();
                    people.team_lead = people.technician.clone();
                    people.requester = people.clients.first().cloned();
                    Ok(people)
                });
                assert_eq!(told(tx).await, expected, "{kind} {status:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_failure_that_is_repaired_and_a_technician_who_is_back_are_not_told() {
        let lead = || Concerned {
            team_lead: concerned().technician,
            ..Concerned::default()
        };
        for (failed_at, decommissioned, expected) in [
            (Some(now()), false, vec![1]),
            (None, false, vec![]),
            (Some(now()), true, vec![]),
        ] {
            let mut tx = FakeTx::default();
            let event = Event::EquipmentDown {
                id: Id::new(8),
                job: None,
            };
            with(&mut tx, event);
            tx.notifications.expect_equipment_facts().returning(move |_| {
                Ok(Some(EquipmentFacts {
                    decommissioned,
                    ..broken(failed_at)
                }))
            });
            tx.notifications
                .expect_concerned_by_equipment()
                .returning(move |_, _| Ok(lead()));
            assert_eq!(told(tx).await, expected, "{failed_at:?} {decommissioned}");
        }
        for (availability, expected) in [
            (Availability::Unavailable, vec![1]),
            (Availability::Available, vec![]),
            (Availability::Busy, vec![]),
            (Availability::OnLeave, vec![1]),
            (Availability::InTraining, vec![1]),
        ] {
            let mut tx = FakeTx::default();
            let event = Event::TechnicianAvailabilityChanged {
                id: Id::new(4),
                from: Availability::Available,
                to: Availability::Unavailable,
            };
            with(&mut tx, event);
            tx.notifications.expect_technician_facts().returning(move |_| {
                Ok(Some(TechnicianFacts {
                    full_name: "Youssef".to_owned(),
                    availability,
                    open_jobs: vec![("INT-2026-00012".to_owned(), "Fuite".to_owned())],
                }))
            });
            tx.notifications
                .expect_concerned_by_technician()
                .returning(move |_| Ok(lead()));
            assert_eq!(told(tx).await, expected, "{availability:?}");
        }
    }

    fn broken(failed_at: Option<Timestamp>) -> EquipmentFacts {
        EquipmentFacts {
            name: "Presse".to_owned(),
            serial_number: "P-1".to_owned(),
            location: None,
            client: "Atlas".to_owned(),
            site: None,
            decommissioned: false,
            failed_at,
            failure: None,
        }
    }

    fn task() -> Lease {
        lease(TaskKind::DispatchEvent(EventId(5)), 1)
    }

    #[tokio::test]
    async fn inbox_and_log_have_arrived_and_each_email_gets_a_task() {
        let mut tx = FakeTx::default();
        with_event(&mut tx, 4);
        tx.notifications.expect_insert_new().times(1).returning(|rows| {
            let states: Vec<_> = rows
                .iter()
                .map(|r| (r.user.get(), r.channel, r.status, r.sent_at.is_some()))
                .collect();
            assert_eq!(
                states,
                [
                    (1, Channel::Email, DeliveryStatus::Pending, false),
                    (1, Channel::Push, DeliveryStatus::Sent, true),
                    (1, Channel::Log, DeliveryStatus::Sent, true),
                    (3, Channel::Email, DeliveryStatus::Pending, false),
                    (3, Channel::Push, DeliveryStatus::Sent, true),
                ]
            );
            assert!(rows.iter().all(|r| r.event == Some(EventId(5))));
            let inserted = |(id, row): (i64, &Notification)| Inserted {
                id: Id::new(id),
                user: row.user,
                channel: row.channel,
            };
            Ok((100..).zip(rows).map(inserted).collect())
        });
        for id in [100, 103] {
            tx.tasks
                .expect_enqueue()
                .withf(move |kind, at| *kind == TaskKind::Deliver(Id::new(id)) && at.is_none())
                .times(1)
                .returning(|_, _| Ok(()));
        }
        let ended = dispatch(&jobs(tx, MockMailer::new()), &task(), EventId(5)).await;
        assert_eq!(ended.expect("dispatched"), Ended::Done);
    }

    #[tokio::test]
    async fn a_repeated_event_enqueues_nothing_again() {
        let mut tx = FakeTx::default();
        with_event(&mut tx, 4);
        tx.notifications
            .expect_insert_new()
            .times(1)
            .returning(|_| Ok(Vec::new()));
        let ended = dispatch(&jobs(tx, MockMailer::new()), &task(), EventId(5)).await;
        assert_eq!(ended.expect("dispatched"), Ended::Done);
    }

    #[tokio::test]
    async fn an_assignment_that_was_replaced_is_not_told() {
        let mut tx = FakeTx::default();
        with_event(&mut tx, 77);
        tx.notifications
            .expect_insert_new()
            .withf(<[_]>::is_empty)
            .times(1)
            .returning(|_| Ok(Vec::new()));
        let ended = dispatch(&jobs(tx, MockMailer::new()), &task(), EventId(5)).await;
        assert_eq!(ended.expect("dispatched"), Ended::Done);
    }

    #[tokio::test]
    async fn who_loses_a_job_is_told_without_a_way_to_it_unless_they_have_it_again() {
        for (technician, previous, knew, told) in [
            (Some(4), Some(8), true, true),
            (None, Some(8), true, true),
            // The job is the fourth technician's again.
            (Some(8), Some(4), true, false),
            // Its assignment was replaced before it was told.
            (Some(4), Some(8), false, false),
            (None, Some(8), false, false),
        ] {
            let mut tx = FakeTx::default();
            with_assignment(&mut tx, technician, previous);
            tx.notifications
                .expect_concerned_by_technician()
                .withf(move |id| Some(id.get()) == previous)
                .returning(|_| {
                    Ok(Concerned {
                        technician: Some(Recipient {
                            user: Id::new(20),
                            full_name: "Samir".to_owned(),
                        }),
                        ..Concerned::default()
                    })
                });
            tx.notifications
                .expect_knew_theirs()
                .withf(move |job, technician, event| {
                    (*job, Some(technician.get()), *event) == (Id::new(9), previous, EventId(5))
                })
                .returning(move |_, _, _| Ok(knew));
            tx.notifications
                .expect_insert_new()
                .withf(move |rows| {
                    let theirs: Vec<_> = rows.iter().filter(|r| r.user == Id::new(20)).collect();
                    let subject = "Intervention INT-2026-00012 retirée : Presse (Atlas)";
                    theirs.is_empty() != told
                        && theirs.iter().all(|r| r.about.is_none() && r.subject == subject)
                })
                .times(1)
                .returning(|_| Ok(Vec::new()));
            let ended = dispatch(&jobs(tx, MockMailer::new()), &task(), EventId(5)).await;
            assert_eq!(ended.expect("dispatched"), Ended::Done);
        }
    }

    #[tokio::test]
    async fn whoever_lost_the_task_writes_nothing() {
        let mut tx = FakeTx::default();
        tx.tasks.expect_finish().return_once(|_, _| Ok(false));
        let ended = dispatch(&jobs(tx, MockMailer::new()), &task(), EventId(5)).await;
        assert_eq!(ended.expect("answered"), Ended::Lost);
    }
}
