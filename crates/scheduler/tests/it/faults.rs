//! Mail servers that are away, refuse or hide their answer; workers that die, stall or panic.

use std::sync::Arc;
use std::time::Duration;

use application::jobs::Ended;
use application::jobs::deliver::{Attempt, attempt};
use application::jobs::replay::replay;
use domain::job::{Room, TaskKind};
use scheduler::Engine;
use test_support::wait::within;
use test_support::{Relay, SmtpMode, SmtpSink};
use tokio::time::timeout;

use crate::company::{Company, MAILS, PACE, smtp};
use crate::mailers::{Gate, Poisoned, REFUSED, Saboteur};

const PATIENCE: Duration = Duration::from_secs(20);
const ONE: Room = Room {
    tasks: 1,
    deliveries: 1,
};

/// A company with one assignment to tell of, by a mail server that behaves like this.
async fn one_assignment(mode: SmtpMode) -> (Company, SmtpSink, Engine) {
    let (company, sink) = (Company::new().await, SmtpSink::start().await);
    let engine = company.engine("a", smtp(&sink));
    sink.set(mode);
    company.assignment(1).await;
    (company, sink, engine)
}

#[tokio::test]
async fn while_the_mail_server_is_away_nothing_is_lost_and_later_each_message_goes_out_once() {
    let (company, mut sink) = (Company::new().await, SmtpSink::start().await);
    let engine = company.engine("a", smtp(&sink));
    sink.down().await;
    company.assignment(1).await;
    for round in 1..=3 {
        let tally = engine.drain().await.expect("drained");
        assert_eq!((tally.retry, company.mails("echec")), (2, 2), "round {round}");
        company.time_passes();
    }
    assert_eq!(
        company.count("notifications", "canal = 'push' AND statut = 'envoyee'"),
        2,
        "the inbox does not wait"
    );
    sink.up().await;
    engine.drain().await.expect("drained");
    assert_eq!((sink.taken().len(), company.mails("envoyee")), (MAILS, 2));
    company.time_passes();
    engine.drain().await.expect("drained");
    assert_eq!(sink.taken().len(), MAILS);
    assert_eq!(
        company.count(
            "notifications",
            "canal = 'email' AND tentatives = 4 AND derniere_erreur IS NULL"
        ),
        2
    );
    assert_eq!(
        company.audited("doublon_possible"),
        0,
        "nothing was ever handed over twice"
    );
}

#[tokio::test]
async fn told_to_stop_while_the_database_hangs_it_stops() {
    let (company, sink) = (Company::new().await, SmtpSink::start().await);
    let relay = Relay::to(company.db.config(), 0).await;
    let jobs = company.jobs_on(relay.through(company.db.config()), smtp(&sink));
    let engine = Engine::new(jobs, &[], PACE, "a");
    engine.drain().await.expect("drained");
    relay.fall_silent();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(async move { engine.run(async { drop(stopped.await) }).await });
    let asks = || std::future::ready(relay.holds_something());
    within("it asks for tasks", PATIENCE, asks).await;
    stop.send(()).expect("somebody listens");
    timeout(Duration::from_secs(5), running)
        .await
        .expect("it does not wait for the answer")
        .expect("ended");
}

#[tokio::test]
async fn a_hidden_answer_means_the_same_message_again_and_a_note_of_it() {
    let (company, sink, engine) = one_assignment(SmtpMode::AcceptThenDrop).await;
    let tally = engine.drain().await.expect("drained");
    assert_eq!(
        (
            tally.retry,
            sink.taken().len(),
            company.audited("doublon_possible")
        ),
        (2, MAILS, 2)
    );
    sink.set(SmtpMode::Ok);
    company.time_passes();
    engine.drain().await.expect("drained");
    let mut ids: Vec<String> = sink.taken().iter().map(|m| m.header("Message-ID")).collect();
    ids.sort();
    assert_eq!(ids.len(), 2 * MAILS);
    assert!(ids.chunks(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
    assert_eq!(
        (company.mails("envoyee"), company.audited("doublon_possible")),
        (2, 2)
    );
}

#[tokio::test]
async fn a_refusal_for_good_is_not_tried_again_and_is_there_to_be_seen() {
    let (company, sink, engine) = one_assignment(SmtpMode::PermanentAtRecipient).await;
    let tally = engine.drain().await.expect("drained");
    assert_eq!(
        (
            tally.dead,
            company.mails("abandonnee"),
            company.audited("envoi_abandonne")
        ),
        (2, 2, 2)
    );
    assert_eq!(
        company.count("taches", "dead_at IS NOT NULL AND last_error LIKE '%550%'"),
        2
    );
    sink.set(SmtpMode::Ok);
    company.time_passes();
    engine.drain().await.expect("drained");
    assert_eq!(sink.taken(), []);
}

#[tokio::test]
async fn what_a_relay_denied_goes_out_when_it_is_put_right_and_what_was_given_up_when_asked_for() {
    let (company, sink, engine) =
        one_assignment(SmtpMode::AtRecipient("554 5.7.1 Relay access denied")).await;
    let tally = engine.drain().await.expect("drained");
    assert_eq!(
        (tally.retry, company.mails("echec")),
        (2, 2),
        "not the recipient's fault"
    );
    // Nobody puts it right in time: the last try.
    company
        .db
        .execute("UPDATE taches SET attempts = max_attempts - 1 WHERE kind = 'livraison'");
    company.time_passes();
    assert_eq!(engine.drain().await.expect("drained").dead, 2);
    sink.set(SmtpMode::Ok);
    company.time_passes();
    engine.drain().await.expect("drained");
    assert_eq!((sink.taken(), company.mails("abandonnee")), (Vec::new(), 2));

    let jobs = company.jobs(smtp(&sink));
    for dead in jobs.tasks.dead(10).await.expect("a list") {
        assert!(dead.why.contains("Relay access denied"), "{}", dead.why);
        assert!(replay(&jobs, dead.task).await.expect("queued"));
        assert!(!replay(&jobs, dead.task).await.expect("asked"), "once");
    }
    engine.drain().await.expect("drained");
    assert_eq!((sink.taken().len(), company.mails("envoyee")), (MAILS, 2));
    assert_eq!(
        (company.audited("relance"), company.audited("doublon_possible")),
        (2, 0)
    );
}

#[tokio::test]
async fn a_refusal_that_no_text_column_takes_is_written_down_all_the_same() {
    let (company, _sink, engine) = one_assignment(SmtpMode::AtRecipient("550 5.1.1 no\0body")).await;
    let tally = engine.drain().await.expect("drained");
    assert_eq!(
        (
            tally.dead,
            company.audited("envoi_abandonne"),
            company.mails("abandonnee")
        ),
        (2, 2, 2)
    );
}

#[tokio::test]
async fn a_last_try_without_an_end_is_put_on_record() {
    let company = Company::new().await;
    company.assignment(1).await;
    let gate = Arc::new(Gate::shut());
    let stalled = company.engine("mort", gate.clone());
    let stalled = tokio::spawn(async move { stalled.drain().await });
    let _arrived = timeout(PATIENCE, gate.arrived.acquire_many(2))
        .await
        .expect("both messages are on their way")
        .expect("the gate");
    // It dies with both, and it was their last try.
    stalled.abort();
    let _ = stalled.await;
    company.db.execute("UPDATE taches SET attempts = max_attempts");
    company.leases_end();
    let tally = company.engine("b", gate.clone()).drain().await.expect("drained");
    assert_eq!((tally.dead, company.mails("abandonnee")), (2, 2));
    assert_eq!(
        (
            company.audited("doublon_possible"),
            company.audited("envoi_abandonne")
        ),
        (2, 2)
    );
}

#[tokio::test]
async fn e_mails_that_hang_delay_no_event() {
    let (company, sink) = (Company::new().await, SmtpSink::start().await);
    sink.set(SmtpMode::Hang);
    for job in 1..=25 {
        company.assignment(job).await;
    }
    let engine = company.engine("a", smtp(&sink));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let run = tokio::spawn(async move {
        engine
            .run(async {
                let _ = stopped.await;
            })
            .await;
    });
    let inbox = |jobs: i64| {
        let company = &company;
        async move {
            while company.count("notifications", "canal = 'push'") < 2 * jobs {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    };
    timeout(PATIENCE, inbox(25)).await.expect("all are told");
    let hanging = || async {
        while sink.connections() < PACE.deliveries {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, hanging()).await.expect("the e-mails hang");
    company.assignment(26).await;
    timeout(Duration::from_secs(2), inbox(26))
        .await
        .expect("the inbox does not wait for them");
    stop.send(()).expect("still running");
    run.abort();
}

#[tokio::test]
async fn a_message_is_given_up_after_its_last_try() {
    let (company, mut sink) = (Company::new().await, SmtpSink::start().await);
    sink.down().await;
    company.assignment(1).await;
    let engine = company.engine("a", smtp(&sink));
    engine.drain().await.expect("drained");
    company
        .db
        .execute("UPDATE taches SET attempts = max_attempts - 1 WHERE kind = 'livraison'");
    company.time_passes();
    assert_eq!(engine.drain().await.expect("drained").dead, 2);
    assert_eq!(
        (company.mails("abandonnee"), company.audited("envoi_abandonne")),
        (2, 2)
    );
}

#[tokio::test]
async fn a_refusal_for_now_is_tried_again_with_the_same_identity() {
    let (company, sink) = (Company::new().await, SmtpSink::start().await);
    let engine = company.engine("a", smtp(&sink));
    for mode in [
        SmtpMode::TemporaryAtRecipient,
        SmtpMode::TemporaryAfterData,
        SmtpMode::DropAtData,
    ] {
        sink.set(mode);
        company.time_passes();
        company.assignment(1).await;
        engine.drain().await.expect("drained");
        assert_eq!(sink.taken(), [], "{mode:?}");
    }
    sink.set(SmtpMode::Ok);
    company.time_passes();
    engine.drain().await.expect("drained");
    // Three events of one job, each told to two people.
    assert_eq!(sink.taken().len(), 3 * MAILS);
    assert_eq!(
        (company.mails("envoyee"), company.audited("doublon_possible")),
        (6, 0)
    );
}

#[tokio::test]
async fn a_stalled_worker_writes_nothing_after_another_has_taken_over() {
    let (company, sink) = (Company::new().await, SmtpSink::start().await);
    company.assignment(1).await;
    let gate = Arc::new(Gate::shut());
    let stalled = company.engine("zombie", gate.clone());
    let stalled = tokio::spawn(async move { stalled.drain().await.expect("drained") });
    let both = gate.arrived.acquire_many(2);
    let _arrived = timeout(PATIENCE, both)
        .await
        .expect("both messages are on their way")
        .expect("the gate");
    company.leases_end();
    let tally = company.engine("b", smtp(&sink)).drain().await.expect("drained");
    assert_eq!((tally.done, sink.taken().len()), (2, MAILS));
    assert_eq!(
        company.audited("doublon_possible"),
        2,
        "the first try has no known end"
    );
    let before = company.db.number("SELECT sum(version) FROM notifications");
    gate.open.add_permits(2);
    assert_eq!(stalled.await.expect("the stalled engine").lost, 2);
    assert_eq!(
        company.db.number("SELECT sum(version) FROM notifications"),
        before,
        "not a row was touched"
    );
    assert_eq!(
        company.count(
            "taches",
            "owner = 'b' AND done_at IS NOT NULL AND kind = 'livraison'"
        ),
        2
    );
}

#[tokio::test]
async fn a_worker_that_dies_between_sending_and_noting_leaves_a_trace() {
    let (company, sink) = (Company::new().await, SmtpSink::start().await);
    company.assignment(1).await;
    let jobs = company.jobs(smtp(&sink));
    // Works on the event, then dies right after the server has taken the first message.
    let [event] = &jobs
        .tasks
        .claim("mort", ONE, PATIENCE * 3)
        .await
        .expect("claimed")[..]
    else {
        panic!("no event")
    };
    let TaskKind::DispatchEvent(id) = event.kind else {
        panic!("not an event")
    };
    let ended = application::jobs::dispatch::dispatch(&jobs, event, id)
        .await
        .expect("dispatched");
    assert_eq!(ended, Ended::Done);
    let [mail] = &jobs
        .tasks
        .claim("mort", ONE, PATIENCE * 3)
        .await
        .expect("claimed")[..]
    else {
        panic!("no mail")
    };
    let TaskKind::Deliver(id) = mail.kind else {
        panic!("not a mail")
    };
    let tried = attempt(&jobs, mail, id, &|| true).await.expect("tried");
    assert!(matches!(tried, Attempt::Tried(Ok(()))));

    assert_eq!(
        company
            .engine("b", smtp(&sink))
            .drain()
            .await
            .expect("drained")
            .done,
        1,
        "the other one"
    );
    company.leases_end();
    assert_eq!(
        company
            .engine("b", smtp(&sink))
            .drain()
            .await
            .expect("drained")
            .done,
        1
    );
    let mut ids: Vec<String> = sink.taken().iter().map(|m| m.header("Message-ID")).collect();
    ids.sort();
    let taken = ids.len();
    ids.dedup();
    assert_eq!(
        (taken, ids.len()),
        (3, 2),
        "one of them twice, under one identity"
    );
    assert_eq!(
        (company.mails("envoyee"), company.audited("doublon_possible")),
        (2, 1)
    );
}

#[tokio::test]
async fn a_task_that_panics_hurts_nobody_else_and_is_given_up() {
    let company = Company::new().await;
    company.assignment(1).await;
    let engine = company.engine("a", Arc::new(Poisoned("tech@exemple.ma")));
    for round in 1..=5 {
        engine.drain().await.expect("drained");
        assert_eq!(company.mails("envoyee"), 1, "the client's went out");
        assert_eq!(
            company.count("taches", "dead_at IS NOT NULL"),
            i64::from(round == 5),
            "round {round}"
        );
        company.time_passes();
    }
    assert_eq!(company.mails("abandonnee"), 1);
    assert_eq!(company.count("taches", "last_error LIKE 'panic%poison%'"), 1);
}

#[tokio::test]
async fn a_task_whose_tries_never_end_is_given_up() {
    let company = Company::new().await;
    company.assignment(1).await;
    let engine = company.engine("a", Arc::new(Poisoned("nobody@exemple.ma")));
    company.db.execute("UPDATE taches SET attempts = max_attempts");
    let tally = engine.drain().await.expect("drained");
    assert_eq!((tally.dead, company.count("notifications", "true")), (1, 0));
}

#[tokio::test]
async fn an_answer_that_the_database_cannot_take_at_once_is_not_lost() {
    let company = Company::new().await;
    company.db.execute("UPDATE clients SET user_id = NULL");
    company.assignment(1).await;
    let mailer = Arc::new(Saboteur::with(company.db.connection()));
    let tally = company.engine("a", mailer).drain().await.expect("drained");
    assert_eq!(
        company.db.number("SELECT last_value FROM sabotages"),
        REFUSED + 1,
        "refused, and written at last"
    );
    assert_eq!((tally.done, tally.retry, tally.lost), (2, 0, 0));
    assert_eq!(
        company.count(
            "notifications",
            "canal = 'email' AND statut = 'envoyee' AND tentatives = 1"
        ),
        1
    );
    assert_eq!(company.audited("doublon_possible"), 0);
}

#[tokio::test]
async fn told_to_stop_an_engine_finishes_what_it_holds_and_takes_nothing_new() {
    let company = Company::new().await;
    company.assignment(1).await;
    let gate = Arc::new(Gate::shut());
    let engine = company.engine("a", gate.clone());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let run = tokio::spawn(async move {
        engine
            .run(async {
                let _ = stopped.await;
            })
            .await;
    });
    let _arrived = timeout(PATIENCE, gate.arrived.acquire_many(2))
        .await
        .expect("both are on their way")
        .expect("gate");
    stop.send(()).expect("still running");
    company.assignment(2).await;
    gate.open.add_permits(2);
    timeout(PATIENCE, run)
        .await
        .expect("it stops")
        .expect("without a panic");
    assert_eq!(company.mails("envoyee"), 2);
    assert_eq!(
        company.count("taches", "done_at IS NULL AND fence = 0"),
        1,
        "the new event is left to the next one"
    );
}
