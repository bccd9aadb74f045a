//! Sending one e-mail, at least once, in three steps: note that a try begins, send with no
//! connection held, note how it ended.
//!
//! A message that was handed over without an answer may have arrived. It is sent again all the same
//! (nobody may miss one), under the same Message-ID, and the possible duplicate is put on record; so
//! is a try whose end nobody noted, because its worker died between sending and noting.
//!
//! A message may be tried for days. Each further try asks first whether what it says is still so.

use std::time::Duration;

use domain::Id;
use domain::audit::AuditEvent;
use domain::job::{Lease, TaskEnd};
use domain::notification::{Channel, DeliveryStatus, Notification, Outgoing};
use domain::ports::{Email, MailError, Tx};
use jiff::Timestamp;

use super::mail::render;
use super::matter::telling;
use super::texts;
use super::{Ended, Jobs, correlation};
use crate::error::AppError;

/// What must be left of the lease when a message goes out: longer than a try can take, so that the
/// next holder never sends while this one still does.
pub const MARGIN: Duration = Duration::from_secs(20);

/// Result of a try.
#[derive(Debug)]
pub enum Attempt {
    /// There was nothing to send, or the task belongs to somebody else now.
    Over(Ended),
    /// The mailer was called; [`record`] must note what it said.
    Tried(Result<(), MailError>),
}

/// First and second step: sends the message, unless there is a reason not to.
///
/// # Errors
/// Those of the store; nothing was sent then.
pub async fn attempt(
    jobs: &Jobs,
    lease: &Lease,
    id: Id<Notification>,
    in_time: &(dyn Fn() -> bool + Sync),
) -> Result<Attempt, AppError> {
    let (held, now) = (lease.clone(), jobs.clock.now());
    let begun = jobs
        .run("notification.begin", &correlation(lease), move |tx| {
            if !tx.tasks().holds(&held, MARGIN)? {
                return Ok(Begun::Over(Ended::Lost));
            }
            let Some(mut outgoing) = tx.notifications().outgoing(id)? else {
                return over(tx, &held);
            };
            let n = &mut outgoing.notification;
            if n.status == DeliveryStatus::Pending && n.attempts > 0 {
                possible_duplicate(tx, id, UNKNOWN_END);
            }
            let reason = match obstacle(&outgoing) {
                None => bring_up_to_date(tx, &mut outgoing)?,
                reason => reason,
            };
            if let Some(reason) = reason {
                if let Reason::Impossible(why) = reason {
                    tx.notifications().record_attempt(
                        id,
                        DeliveryStatus::Abandoned,
                        now,
                        Some(why.to_owned()),
                    )?;
                }
                return over(tx, &held);
            }
            tx.notifications().begin_attempt(id, now)?;
            Ok(Begun::Send(Box::new(outgoing)))
        })
        .await?;
    let outgoing = match begun {
        Begun::Over(ended) => return Ok(Attempt::Over(ended)),
        Begun::Send(outgoing) => outgoing,
    };
    let email: Email = render(&outgoing, &jobs.base_url, &jobs.signature)?;
    if !in_time() {
        return Ok(Attempt::Over(Ended::Lost));
    }
    Ok(Attempt::Tried(jobs.mailer.send(&email).await))
}

enum Begun {
    Over(Ended),
    Send(Box<Outgoing>),
}

enum Reason {
    /// Sent or given up before.
    Settled,
    /// Cannot be sent.
    Impossible(&'static str),
}

fn obstacle(outgoing: &Outgoing) -> Option<Reason> {
    let n = &outgoing.notification;
    if matches!(n.status, DeliveryStatus::Sent | DeliveryStatus::Abandoned) {
        Some(Reason::Settled)
    } else if n.channel != Channel::Email {
        Some(Reason::Impossible("canal sans envoi"))
    } else if !outgoing.is_active {
        Some(Reason::Impossible("compte désactivé"))
    } else {
        None
    }
}

/// Makes a message that did not go out at first say what is so now; a reason not to send it when its
/// recipient would not be told of its event any more. An event that is gone, or that only another version
/// can read, cannot be asked.
fn bring_up_to_date(tx: &mut dyn Tx, outgoing: &mut Outgoing) -> Result<Option<Reason>, AppError> {
    let (id, n) = (outgoing.id, &mut outgoing.notification);
    let Some(event) = n.event.filter(|_| n.attempts > 0) else {
        return Ok(None);
    };
    let Some(stored) = tx.tasks().readable_event(event)? else {
        return Ok(None);
    };
    let overtaken = Ok(Some(Reason::Impossible("dépassé")));
    let Some((matter, people)) = telling(tx, &stored)? else {
        return overtaken;
    };
    let theirs = people.iter().find(|person| {
        person.to.user == n.user && person.kind == n.kind && person.channels.contains(&n.channel)
    });
    let Some(person) = theirs else { return overtaken };
    if let Some(now) = texts::write(person.notice, &matter.facts)
        && (&now.subject, &now.body) != (&n.subject, &n.body)
    {
        tx.notifications().reword(id, &now.subject, &now.body)?;
        (n.subject, n.body) = (now.subject, now.body);
    }
    Ok(None)
}

fn over(tx: &mut dyn Tx, lease: &Lease) -> Result<Begun, AppError> {
    let held = tx.tasks().finish(lease, &TaskEnd::Done)?;
    Ok(Begun::Over(if held { Ended::Done } else { Ended::Lost }))
}

/// Third step: notes what the mailer said. May be called again when the store was away.
///
/// # Errors
/// Only those of the store.
pub async fn record(
    jobs: &Jobs,
    lease: &Lease,
    id: Id<Notification>,
    said: &Result<(), MailError>,
) -> Result<Ended, AppError> {
    let (held, now, said) = (lease.clone(), jobs.clock.now(), said.clone());
    let wait = jobs.waits.delivery.after(lease.task, lease.attempts);
    jobs.run("notification.record", &correlation(lease), move |tx| {
        let verdict = Verdict::of(&said, held.is_last_try());
        let why = said.as_ref().err().map(ToString::to_string);
        let end = match verdict {
            Verdict::Sent => TaskEnd::Done,
            Verdict::Again => TaskEnd::RetryAfter(wait, why.clone().unwrap_or_default()),
            Verdict::GivenUp => TaskEnd::Dead(why.clone().unwrap_or_default()),
        };
        if !tx.tasks().finish(&held, &end)? {
            return Ok(Ended::Lost);
        }
        if let Err(MailError::Ambiguous(_)) = &said {
            possible_duplicate(tx, id, "remis sans réponse du serveur");
        }
        let (status, ended) = match verdict {
            Verdict::Sent => (DeliveryStatus::Sent, Ended::Done),
            Verdict::Again => (DeliveryStatus::Failed, Ended::Retry),
            Verdict::GivenUp => (DeliveryStatus::Abandoned, Ended::Dead),
        };
        if verdict == Verdict::GivenUp {
            given_up(tx, id, why.clone().unwrap_or_default(), held.attempts);
        }
        tx.notifications().record_attempt(id, status, now, why)?;
        Ok(ended)
    })
    .await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Sent,
    Again,
    GivenUp,
}

impl Verdict {
    fn of(said: &Result<(), MailError>, last: bool) -> Self {
        match said {
            Ok(()) => Self::Sent,
            Err(MailError::Permanent(_)) => Self::GivenUp,
            Err(MailError::Temporary(_) | MailError::Ambiguous(_)) if last => Self::GivenUp,
            Err(MailError::Temporary(_) | MailError::Ambiguous(_)) => Self::Again,
        }
    }
}

/// Gives a message up because its task was, for a reason that the mailer did not give: its last try
/// may have gone out without anybody noting it.
///
/// # Errors
/// Only those of the store.
pub(super) fn abandon(
    tx: &mut dyn Tx,
    lease: &Lease,
    id: Id<Notification>,
    now: Timestamp,
    why: &str,
) -> Result<(), AppError> {
    let Some(outgoing) = tx.notifications().outgoing(id)? else {
        return Ok(());
    };
    let n = &outgoing.notification;
    if matches!(n.status, DeliveryStatus::Sent | DeliveryStatus::Abandoned) {
        return Ok(());
    }
    if n.status == DeliveryStatus::Pending && n.attempts > 0 {
        possible_duplicate(tx, id, UNKNOWN_END);
    }
    given_up(tx, id, why.to_owned(), lease.attempts);
    tx.notifications()
        .record_attempt(id, DeliveryStatus::Abandoned, now, Some(why.to_owned()))?;
    Ok(())
}

const UNKNOWN_END: &str = "tentative précédente sans résultat connu";

fn given_up(tx: &mut dyn Tx, id: Id<Notification>, why: String, attempts: i32) {
    tx.audit().record(&AuditEvent {
        action: "envoi_abandonne",
        object: "notifications",
        object_id: Some(id.get()),
        facts: vec![("motif", why), ("tentatives", attempts.to_string())],
    });
}

fn possible_duplicate(tx: &mut dyn Tx, id: Id<Notification>, why: &str) {
    tx.audit().record(&AuditEvent {
        action: "doublon_possible",
        object: "notifications",
        object_id: Some(id.get()),
        facts: vec![("motif", why.to_owned())],
    });
}

#[cfg(test)]
mod tests {
    use domain::event::{Event, EventId, StoredEvent};
    use domain::job::TaskKind;
    use domain::notification::JobFacts;
    use domain::ports::mailer::MockMailer;
    use domain::ports::unit_of_work::FakeTx;

    use super::*;
    use crate::jobs::dispatch::tests::{concerned, facts};
    use crate::jobs::testing::{ID, jobs, lease, now, outgoing};

    fn task(attempts: i32) -> Lease {
        lease(TaskKind::Deliver(Id::new(ID)), attempts)
    }

    fn holding(outgoing: Outgoing) -> FakeTx {
        let mut tx = FakeTx::default();
        tx.tasks
            .expect_holds()
            .withf(|_, margin| *margin == MARGIN)
            .return_once(|_, _| Ok(true));
        tx.notifications
            .expect_outgoing()
            .return_once(|_| Ok(Some(outgoing)));
        tx
    }

    async fn try_it(tx: FakeTx, mailer: MockMailer, in_time: bool) -> Attempt {
        attempt(&jobs(tx, mailer), &task(1), Id::new(ID), &move || in_time)
            .await
            .expect("tried")
    }

    #[tokio::test]
    async fn a_try_is_noted_before_the_message_goes_out() {
        for (status, attempts, doubtful) in [
            (DeliveryStatus::Pending, 0, 0),
            (DeliveryStatus::Failed, 3, 0),
            (DeliveryStatus::Pending, 1, 1),
        ] {
            let mut tx = holding(outgoing(status, attempts));
            tx.notifications
                .expect_begin_attempt()
                .times(1)
                .returning(|_, _| Ok(()));
            tx.audit
                .expect_record()
                .withf(|e| e.action == "doublon_possible" && e.object_id == Some(ID))
                .times(doubtful)
                .return_const(());
            let mut mailer = MockMailer::new();
            mailer
                .expect_send()
                .withf(|m| m.message_key.starts_with("notification-7-"))
                .times(1)
                .returning(|_| Ok(()));
            assert!(
                matches!(try_it(tx, mailer, true).await, Attempt::Tried(Ok(()))),
                "{status:?} {attempts}"
            );
        }
    }

    #[tokio::test]
    async fn nothing_is_sent_by_who_has_lost_the_task_or_is_late() {
        let mut tx = FakeTx::default();
        tx.tasks.expect_holds().return_once(|_, _| Ok(false));
        assert!(matches!(
            try_it(tx, MockMailer::new(), true).await,
            Attempt::Over(Ended::Lost)
        ));

        let mut tx = holding(outgoing(DeliveryStatus::Pending, 0));
        tx.notifications.expect_begin_attempt().returning(|_, _| Ok(()));
        assert!(matches!(
            try_it(tx, MockMailer::new(), false).await,
            Attempt::Over(Ended::Lost)
        ));
    }

    #[tokio::test]
    async fn what_is_settled_is_not_sent_again_and_a_closed_account_gets_nothing() {
        for (outgoing, abandoned) in [
            (outgoing(DeliveryStatus::Sent, 1), 0),
            (outgoing(DeliveryStatus::Abandoned, 1), 0),
            (
                Outgoing {
                    is_active: false,
                    ..outgoing(DeliveryStatus::Pending, 0)
                },
                1,
            ),
        ] {
            let mut tx = holding(outgoing);
            tx.notifications
                .expect_record_attempt()
                .withf(|_, status, _, _| *status == DeliveryStatus::Abandoned)
                .times(abandoned)
                .returning(|_, _, _, _| Ok(()));
            tx.tasks
                .expect_finish()
                .withf(|_, end| *end == TaskEnd::Done)
                .times(1)
                .returning(|_, _| Ok(true));
            assert!(matches!(
                try_it(tx, MockMailer::new(), true).await,
                Attempt::Over(Ended::Done)
            ));
        }
    }

    /// An e-mail to technician 4, whose account is 1, that job 9 is theirs, after this many tries, and
    /// whose the job is now.
    fn assigned(attempts: i32, event: Option<i64>, now_of: Option<i64>) -> FakeTx {
        let mut message = outgoing(DeliveryStatus::Failed, attempts);
        message.notification.event = event.map(EventId);
        let mut tx = holding(message);
        tx.notifications.expect_hold_job().returning(|_| Ok(()));
        tx.notifications.expect_job_facts().returning(move |_| {
            Ok(Some(JobFacts {
                technician: now_of.map(Id::new),
                ..facts()
            }))
        });
        tx.notifications
            .expect_concerned_by_job()
            .returning(|_| Ok(concerned()));
        tx
    }

    fn assignment(id: EventId) -> StoredEvent {
        StoredEvent {
            id,
            event: Event::InterventionAssigned {
                id: Id::new(9),
                technician: Some(Id::new(4)),
                previous: None,
            },
            occurred_at: now(),
            actor: None,
            correlation_id: "c".to_owned(),
        }
    }

    #[tokio::test]
    async fn what_has_been_overtaken_since_the_first_try_is_not_sent_any_more() {
        for (attempts, event, kept, now_of, asked, sent) in [
            (1, Some(5), true, Some(4), 1, true),
            (1, Some(5), true, Some(8), 1, false),
            (1, Some(5), true, None, 1, false),
            // It was dispatched a moment ago.
            (0, Some(5), true, Some(8), 0, true),
            // Its event is gone, before or after it was written.
            (1, Some(5), false, Some(8), 1, true),
            (1, None, false, Some(8), 0, true),
        ] {
            let mut tx = assigned(attempts, event, now_of);
            tx.tasks
                .expect_readable_event()
                .times(asked)
                .returning(move |id| Ok(kept.then(|| assignment(id))));
            tx.notifications
                .expect_begin_attempt()
                .times(usize::from(sent))
                .returning(|_, _| Ok(()));
            tx.notifications
                .expect_record_attempt()
                .withf(|_, status, _, why| {
                    *status == DeliveryStatus::Abandoned && why.as_deref() == Some("dépassé")
                })
                .times(usize::from(!sent))
                .returning(|_, _, _, _| Ok(()));
            tx.tasks
                .expect_finish()
                .withf(|_, end| *end == TaskEnd::Done)
                .times(usize::from(!sent))
                .returning(|_, _| Ok(true));
            // It goes out with the words of now.
            let reworded = sent && asked == 1 && kept;
            tx.notifications
                .expect_reword()
                .times(usize::from(reworded))
                .returning(|_, _, _| Ok(()));
            let mut mailer = MockMailer::new();
            mailer
                .expect_send()
                .withf(move |email| email.subject.contains("INT-2026-00012") == reworded)
                .times(usize::from(sent))
                .returning(|_| Ok(()));
            let tried = matches!(try_it(tx, mailer, true).await, Attempt::Tried(Ok(())));
            assert_eq!(tried, sent, "{attempts} {event:?} {kept} {now_of:?}");
        }
    }

    /// Records `said` at this try; answers the end, the status and the audited actions.
    async fn recorded(
        said: Result<(), MailError>,
        attempts: i32,
    ) -> (Ended, DeliveryStatus, Vec<&'static str>) {
        use std::sync::{Arc, Mutex};
        let (status, actions) = (Arc::new(Mutex::new(None)), Arc::new(Mutex::new(Vec::new())));
        let (status_in, actions_in) = (status.clone(), actions.clone());
        let mut tx = FakeTx::default();
        tx.tasks.expect_finish().times(1).returning(|_, _| Ok(true));
        tx.notifications
            .expect_record_attempt()
            .times(1)
            .returning(move |_, s, _, _| {
                *status_in.lock().expect("status") = Some(s);
                Ok(())
            });
        tx.audit
            .expect_record()
            .returning(move |e| actions_in.lock().expect("actions").push(e.action));
        let ended = record(&jobs(tx, MockMailer::new()), &task(attempts), Id::new(ID), &said)
            .await
            .expect("recorded");
        let status = status.lock().expect("status").expect("a status");
        let actions = actions.lock().expect("actions").clone();
        (ended, status, actions)
    }

    #[tokio::test]
    async fn each_answer_of_the_mailer_has_its_end() {
        use DeliveryStatus::{Abandoned, Failed, Sent};
        let temporary = || Err(MailError::Temporary("451".to_owned()));
        let permanent = || Err(MailError::Permanent("550".to_owned()));
        let ambiguous = || Err(MailError::Ambiguous("silence".to_owned()));
        assert_eq!(recorded(Ok(()), 1).await, (Ended::Done, Sent, vec![]));
        assert_eq!(recorded(Ok(()), 56).await, (Ended::Done, Sent, vec![]));
        assert_eq!(recorded(temporary(), 15).await, (Ended::Retry, Failed, vec![]));
        assert_eq!(
            recorded(temporary(), 56).await,
            (Ended::Dead, Abandoned, vec!["envoi_abandonne"])
        );
        assert_eq!(
            recorded(permanent(), 1).await,
            (Ended::Dead, Abandoned, vec!["envoi_abandonne"])
        );
        assert_eq!(
            recorded(ambiguous(), 1).await,
            (Ended::Retry, Failed, vec!["doublon_possible"])
        );
        assert_eq!(
            recorded(ambiguous(), 56).await,
            (
                Ended::Dead,
                Abandoned,
                vec!["doublon_possible", "envoi_abandonne"]
            )
        );
    }

    #[tokio::test]
    async fn a_late_result_of_a_lost_task_is_not_written() {
        let mut tx = FakeTx::default();
        tx.tasks.expect_finish().return_once(|_, _| Ok(false));
        let ended = record(&jobs(tx, MockMailer::new()), &task(1), Id::new(ID), &Ok(())).await;
        assert_eq!(ended.expect("answered"), Ended::Lost);
    }
}
