//! Who knows that a job is theirs.

use diesel::prelude::*;
use domain::Id;
use domain::event::{Event, EventId};
use domain::intervention::Status;
use test_support::TestDb;

use crate::support::{must, now};
use crate::workplace::{Workplace, workplace};

/// How somebody came to know of an event, or not.
#[derive(Debug, Clone, Copy, PartialEq)]
enum By {
    /// A notification to them.
    Notice,
    /// They did it themselves.
    Act,
    /// It is history that was brought in.
    Settled,
    /// Not at all: somebody else was told.
    Nothing,
}

/// What happens to the job, seen by its technician.
#[derive(Debug, Clone, Copy)]
enum Step {
    Given(By),
    Taken(By),
    Begun(By),
}

async fn push(db: &TestDb, event: Event) -> EventId {
    must(db, move |tx| tx.outbox().push(&event, now())).await;
    EventId(db.number("SELECT max(id) FROM evenements"))
}

/// Makes the steps happen; answers whether the technician knows that the job is theirs when it is then
/// given to somebody else.
async fn knew(w: &Workplace, steps: &[Step]) -> bool {
    let (me, other) = (Some(w.technician), Some(w.idle_technician));
    w.db.execute("DELETE FROM notifications; DELETE FROM taches; DELETE FROM evenements");
    for step in steps {
        let assigned = |technician, previous| Event::InterventionAssigned {
            id: w.job,
            technician,
            previous,
        };
        let (event, by) = match *step {
            Step::Given(by) => (assigned(me, other), by),
            Step::Taken(by) => (assigned(other, me), by),
            Step::Begun(by) => {
                let event = Event::InterventionStatusChanged {
                    id: w.job,
                    from: Status::Open,
                    to: Status::InProgress,
                };
                (event, by)
            }
        };
        let id = push(&w.db, event).await.0;
        w.db.execute(&match by {
            By::Notice => told(w.technician_user.get(), id),
            By::Act => format!(
                "UPDATE evenements SET actor_id = {} WHERE id = {id}",
                w.technician_user
            ),
            By::Settled => "SELECT 1".to_owned(),
            By::Nothing => told(w.technician_user.get() + 1, id),
        });
        if by == By::Settled {
            let later = "2999-01-01T00:00:00Z".parse().unwrap();
            must(&w.db, move |tx| tx.tasks().settle_history(later)).await;
        } else {
            let dispatched = EventId(id);
            must(&w.db, move |tx| tx.tasks().mark_dispatched(dispatched)).await;
        }
    }
    let (job, technician) = (w.job, w.technician);
    let last = push(
        &w.db,
        Event::InterventionAssigned {
            id: job,
            technician: other,
            previous: me,
        },
    )
    .await;
    // What happens later, and to other jobs, says nothing of it.
    for id in [Id::new(job.get() + 1), job] {
        let later = push(
            &w.db,
            Event::InterventionAssigned {
                id,
                technician: me,
                previous: None,
            },
        );
        let later = later.await.0;
        w.db.execute(&told(w.technician_user.get(), later));
    }
    must(&w.db, move |tx| {
        tx.notifications().knew_theirs(job, technician, last)
    })
    .await
}

fn told(user: i64, event: i64) -> String {
    format!(
        "INSERT INTO notifications (user_id, type, canal, sujet, contenu, evenement_id) \
         VALUES ({user}, 'affectation', 'push', 'Sujet', 'Texte', {event})"
    )
}

#[tokio::test]
async fn the_last_that_a_technician_knows_of_a_job_counts() {
    use By::{Act, Nothing, Notice, Settled};
    use Step::{Begun, Given, Taken};
    let w = workplace().await;
    for (steps, expected) in [
        ([].as_slice(), true),
        (&[Given(Notice)], true),
        (&[Given(Act)], true),
        (&[Given(Settled)], true),
        (&[Given(Nothing)], false),
        // Nothing on record gave it to them.
        (&[Taken(Nothing), Given(Nothing)], true),
        (&[Given(Notice), Taken(Notice), Given(Nothing)], false),
        (&[Given(Notice), Taken(Act), Given(Nothing)], false),
        (&[Given(Settled), Taken(Settled), Given(Nothing)], false),
        // Neither the withdrawal nor the second time was told: to them it is as it was.
        (&[Given(Notice), Taken(Nothing), Given(Nothing)], true),
        (&[Given(Nothing), Taken(Nothing), Given(Notice)], true),
        // Who works on it has seen it.
        (&[Given(Nothing), Begun(Act)], true),
        (&[Given(Nothing), Begun(Nothing)], false),
    ] {
        assert_eq!(knew(&w, steps).await, expected, "{steps:?}");
    }
}

#[tokio::test]
async fn a_job_that_is_held_is_changed_afterwards() {
    let w = workplace().await;
    let (job, url) = (w.job, w.db.url());
    must(&w.db, move |tx| {
        tx.notifications().hold_job(job)?;
        let mut other = PgConnection::establish(&url).unwrap();
        let mut gets = |lock: &str| {
            diesel::sql_query(format!(
                "SELECT id FROM interventions WHERE id = {job} FOR {lock} NOWAIT"
            ))
            .execute(&mut other)
            .is_ok()
        };
        assert!(gets("SHARE"), "others may hold it too");
        assert!(!gets("NO KEY UPDATE"), "who changes it waits");
        Ok(())
    })
    .await;
}
