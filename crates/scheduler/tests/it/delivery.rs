//! What people get of an event.

use std::collections::BTreeSet;

use application::jobs::deliver::MARGIN;
use domain::Id;
use domain::event::Event;
use domain::technician::Availability;
use infra_smtp::{Security, SmtpConfig};
use scheduler::engine::{LAST_WORDS, Pace};
use test_support::SmtpSink;

use crate::company::{ADMIN, CLIENT, Company, LEAD, MAILS, TECHNICIAN, smtp};

#[tokio::test]
async fn an_assignment_reaches_the_technician_and_the_client_in_every_channel() {
    let (company, sink) = (Company::new().await, SmtpSink::start().await);
    company.assignment(12).await;
    let tally = company.engine("a", smtp(&sink)).drain().await.expect("drained");
    assert_eq!(
        (tally.done, tally.retry, tally.dead, tally.lost),
        (3, 0, 0, 0),
        "one event, two e-mails"
    );

    let taken = sink.taken();
    let to: BTreeSet<&str> = taken.iter().map(|m| m.to.as_str()).collect();
    assert_eq!(to, BTreeSet::from(["tech@exemple.ma", "client@exemple.ma"]));
    let mail = taken
        .iter()
        .find(|m| m.to == "tech@exemple.ma")
        .expect("the technician's");
    assert_eq!(mail.from, "ne-pas-repondre@mif-maroc.com");
    for part in [
        "INT-2026-00012",
        "Compresseur GA37",
        "Atlas Textile",
        "mardi 1er d=C3=A9cembre 2026",
        "https://erp.exemple.ma/app/jour/12",
        "text/html",
    ] {
        assert!(
            mail.data.replace("=\n", "").contains(part),
            "{part} in {}",
            mail.data
        );
    }
    let per = |user, channel| {
        company.count("notifications", &format!("user_id = {user} AND canal = '{channel}' AND statut = 'envoyee' AND date_envoi IS NOT NULL AND intervention_id = 12"))
    };
    for (user, channel, rows) in [
        (TECHNICIAN, "email", 1),
        (TECHNICIAN, "push", 1),
        (TECHNICIAN, "log", 1),
        (CLIENT, "email", 1),
        (CLIENT, "push", 1),
        (CLIENT, "log", 0),
        (LEAD, "email", 0),
        (ADMIN, "push", 0),
    ] {
        assert_eq!(per(user, channel), rows, "{user} {channel}");
    }
    assert_eq!(company.count("evenements", "dispatched_at IS NULL"), 0);
    assert_eq!(company.count("taches", "done_at IS NULL"), 0);
}

#[tokio::test]
async fn each_kind_of_event_reaches_its_people() {
    let (company, sink) = (Company::new().await, SmtpSink::start().await);
    company.db.execute(
        "UPDATE interventions SET priorite = 'critique', est_urgente = true, demandeur_id = 4 WHERE id = 1; \
         INSERT INTO interventions_cloture (intervention_id, compte_rendu, motif_annulation) \
         VALUES (2, 'Joint remplacé, essai concluant.', NULL), (3, NULL, 'Motif interne'); \
         UPDATE interventions SET demandeur_id = 4; \
         INSERT INTO pannes (equipement_id, ouverte_le, origine) VALUES (1, now(), 'declaration')",
    );
    let unavailable = Event::TechnicianAvailabilityChanged {
        id: Id::new(1),
        from: Availability::Available,
        to: Availability::Unavailable,
    };
    for (event, expected) in [
        (
            Event::InterventionCreated { id: Id::new(1) },
            [("client@exemple.ma", "Demande INT-2026-00001 bien")].as_slice(),
        ),
        (
            Event::InterventionClosed { id: Id::new(2) },
            &[("client@exemple.ma", "Joint remplac=C3=A9")],
        ),
        (
            Event::InterventionCancelled { id: Id::new(3) },
            &[
                ("client@exemple.ma", "annul=C3=A9e"),
                ("tech@exemple.ma", "Motif interne"),
            ],
        ),
        (
            Event::EquipmentDown {
                id: Id::new(1),
                job: None,
            },
            &[("client@exemple.ma", "Compresseur GA37")],
        ),
        (unavailable, &[]),
    ] {
        let before = sink.taken().len();
        company.happens(event.clone()).await;
        company.engine("a", smtp(&sink)).drain().await.expect("drained");
        let mut taken = sink.taken().split_off(before);
        taken.sort_by(|a, b| a.to.cmp(&b.to));
        assert_eq!(taken.len(), expected.len(), "{event:?}");
        for (mail, (to, part)) in taken.iter().zip(expected) {
            assert_eq!(mail.to, *to, "{event:?}");
            assert!(
                mail.data.replace("=\n", "").contains(part),
                "{part} in {}",
                mail.data
            );
            assert!(
                *to != "client@exemple.ma" || !mail.data.contains("Motif interne"),
                "not for clients"
            );
        }
    }
    // The lead did all of it, so nothing of it is news to them.
    assert_eq!(company.count("notifications", &format!("user_id = {LEAD}")), 0);
}

#[tokio::test]
async fn an_event_that_is_handled_again_gives_the_same_rows() {
    let (company, sink) = (Company::new().await, SmtpSink::start().await);
    company.assignment(1).await;
    let engine = company.engine("a", smtp(&sink));
    engine.drain().await.expect("drained");
    let rows = company.count("notifications", "true");
    company
        .db
        .execute("UPDATE taches SET done_at = NULL WHERE kind = 'evenement'");
    let tally = engine.drain().await.expect("drained");
    assert_eq!(tally.done, 1, "the event was handled again");
    assert_eq!(
        (company.count("notifications", "true"), sink.taken().len()),
        (rows, MAILS)
    );
}

#[tokio::test]
async fn engines_side_by_side_send_each_message_once() {
    let (company, sink) = (Company::new().await, SmtpSink::start().await);
    for job in 1..=40 {
        company.assignment(job).await;
    }
    let engines = ["a", "b", "c"].map(|owner| {
        let engine = company.engine(owner, smtp(&sink));
        tokio::spawn(async move { engine.drain().await.expect("drained") })
    });
    let mut done = 0;
    for engine in engines {
        done += engine.await.expect("an engine").done;
    }
    // One of them may have found an empty queue while the others still made tasks.
    done += company
        .engine("d", smtp(&sink))
        .drain()
        .await
        .expect("drained")
        .done;
    assert_eq!(done, 40 * 3, "every task ended once");
    let ids: BTreeSet<String> = sink.taken().iter().map(|m| m.header("Message-ID")).collect();
    assert_eq!((sink.taken().len(), ids.len()), (40 * MAILS, 40 * MAILS));
    assert_eq!(company.mails("envoyee"), 80);
    assert_eq!(company.audited("doublon_possible"), 0);
}

#[test]
fn a_try_ends_and_is_written_down_before_its_lease_does() {
    let smtp = SmtpConfig::new("mail", 25, Security::None);
    assert!(smtp.command_timeout < smtp.message_timeout);
    assert!(smtp.message_timeout + LAST_WORDS <= MARGIN);
    assert!(MARGIN < Pace::default().lease);
}
