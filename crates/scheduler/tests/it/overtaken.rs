//! What was so when it happened, and is not when it is told.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use domain::Id;
use domain::event::Event;
use test_support::wait::within;
use test_support::{SmtpSink, TestDb};

use crate::company::{Company, TECHNICIAN, smtp};

/// Account of a second technician.
const NEWCOMER: i64 = 5;

async fn with_newcomer() -> (Company, SmtpSink) {
    let company = Company::new().await;
    company.db.execute(
        "INSERT INTO users (id, username, email, hashed_password, full_name, role) VALUES \
         (5, 'nouveau', 'nouveau@exemple.ma', 'x', 'Nadia Nouvelle', 'technicien'); \
         INSERT INTO techniciens (id, user_id, equipe_id) VALUES (2, 5, 1)",
    );
    (company, SmtpSink::start().await)
}

fn reassigned() -> Event {
    Event::InterventionAssigned {
        id: Id::new(1),
        technician: Some(Id::new(2)),
        previous: Some(Id::new(1)),
    }
}

/// How many such subjects the inbox of an account has.
fn inbox(company: &Company, user: i64, like: &str) -> i64 {
    company.count(
        "notifications",
        &format!("user_id = {user} AND canal = 'push' AND sujet LIKE '{like}'"),
    )
}

/// Whether somebody waits for a lock.
fn waiting(db: &TestDb) -> bool {
    db.number(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    ) > 0
}

#[tokio::test]
async fn an_assignment_that_is_being_replaced_is_told_as_it_will_be() {
    let (company, sink) = with_newcomer().await;
    company.assignment(1).await;
    let mut writer = company.db.connection();
    writer
        .batch_execute("BEGIN; UPDATE interventions SET technicien_id = 2 WHERE id = 1")
        .expect("a change under way");
    let engine = company.engine("a", smtp(&sink));
    let telling = tokio::spawn(async move { engine.drain().await.expect("drained") });
    // Who does not wait has told by then.
    within("a worker at the job", Duration::from_secs(2), || {
        let there = waiting(&company.db) || company.count("notifications", "true") > 0;
        async move { there }
    })
    .await;
    writer.batch_execute("COMMIT").expect("committed");
    telling.await.expect("told");
    company.happens(reassigned()).await;
    company.engine("b", smtp(&sink)).drain().await.expect("drained");
    assert_eq!(
        company.count("notifications", &format!("user_id = {TECHNICIAN}")),
        0,
        "neither of the job nor of its loss"
    );
    assert_eq!(inbox(&company, NEWCOMER, "%affectée%"), 1);
}

#[tokio::test]
async fn after_an_outage_of_the_mail_server_nobody_reads_what_has_been_overtaken() {
    let (company, mut sink) = with_newcomer().await;
    let engine = company.engine("a", smtp(&sink));
    sink.down().await;
    company.assignment(1).await;
    engine.drain().await.expect("drained");
    company
        .db
        .execute("UPDATE interventions SET technicien_id = 2 WHERE id = 1");
    company.happens(reassigned()).await;
    engine.drain().await.expect("drained");
    sink.up().await;
    company.time_passes();
    engine.drain().await.expect("drained");

    let taken = sink.taken();
    let to = |address: &str| -> Vec<String> {
        let theirs = taken.iter().filter(|m| m.to == address);
        theirs.map(|m| m.data.replace("=\n", "")).collect()
    };
    let lost = to("tech@exemple.ma");
    assert!(
        lost.len() == 1 && lost[0].contains("ne vous est plus affect"),
        "only of the loss: {lost:?}"
    );
    assert_eq!(to("nouveau@exemple.ma").len(), 1);
    assert_eq!(
        to("client@exemple.ma").len(),
        1,
        "of the technician who comes, once"
    );
    assert_eq!(
        company.count(
            "notifications",
            "canal = 'email' AND statut = 'abandonnee' AND derniere_erreur = 'dépassé'"
        ),
        2
    );
    assert_eq!(company.count("taches", "done_at IS NULL"), 0);
    assert_eq!(inbox(&company, TECHNICIAN, "%"), 2, "the inbox keeps both");
}
