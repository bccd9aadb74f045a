//! Notifications: once per event, recipient and channel; whom an object concerns.

use domain::Id;
use domain::event::{Event, EventId};
use domain::intervention::Status;
use domain::notification::{
    About, Channel, Concerned, DeliveryStatus, Notification, NotificationKind, Outgoing, Recipient,
};
use domain::policy::Role;
use domain::technician::Availability;
use domain::user::User;
use test_support::TestDb;

use crate::support::{must, new_user_id, now, user};
use crate::workplace::{Workplace, workplace};

fn notification(user: Id<User>, event: EventId, channel: Channel) -> Notification {
    Notification {
        user,
        event: Some(event),
        about: Some(About::Intervention(Id::new(1))),
        kind: NotificationKind::Assignment,
        channel,
        subject: "Intervention affectée".into(),
        body: "L'intervention vous est affectée.".into(),
        status: DeliveryStatus::Pending,
        attempts: 0,
        sent_at: None,
    }
}

/// An event of the outbox.
async fn event(db: &TestDb) -> EventId {
    must(db, |tx| {
        tx.outbox()
            .push(&Event::InterventionCreated { id: Id::new(1) }, now())
    })
    .await;
    EventId(db.number("SELECT max(id) FROM evenements"))
}

async fn insert(db: &TestDb, rows: Vec<Notification>) -> Vec<(Id<Notification>, Channel)> {
    let inserted = must(db, move |tx| tx.notifications().insert_new(&rows)).await;
    inserted.iter().map(|i| (i.id, i.channel)).collect()
}

async fn outgoing(db: &TestDb, id: Id<Notification>) -> Outgoing {
    must(db, move |tx| tx.notifications().outgoing(id))
        .await
        .expect("a notification")
}

#[tokio::test]
async fn an_event_is_told_once_per_person_and_channel() {
    let Workplace {
        db, technician_user, ..
    } = workplace().await;
    let (first, second) = (event(&db).await, event(&db).await);
    let email = notification(technician_user, first, Channel::Email);
    assert_eq!(insert(&db, vec![email.clone()]).await.len(), 1);
    let push = notification(technician_user, first, Channel::Push);
    let channels: Vec<_> = insert(&db, vec![email.clone(), push])
        .await
        .iter()
        .map(|n| n.1)
        .collect();
    assert_eq!(channels, [Channel::Push], "only what is new");
    assert_eq!(
        insert(&db, vec![notification(technician_user, second, Channel::Email)])
            .await
            .len(),
        1
    );
    assert_eq!(insert(&db, Vec::new()).await, []);
    assert_eq!(db.number("SELECT count(*) FROM notifications"), 3);
}

#[tokio::test]
async fn a_notification_comes_back_as_it_was_written_with_its_recipient() {
    let Workplace {
        db, technician_user, ..
    } = workplace().await;
    for (about, channel) in [
        (Some(About::Intervention(Id::new(1))), Channel::Email),
        (Some(About::Equipment(Id::new(8))), Channel::Push),
        (Some(About::Technician(Id::new(9))), Channel::Log),
        (None, Channel::Sms),
    ] {
        let status = if channel == Channel::Push {
            DeliveryStatus::Sent
        } else {
            DeliveryStatus::Pending
        };
        let sent_at = (status == DeliveryStatus::Sent).then(now);
        let written = Notification {
            about,
            status,
            sent_at,
            ..notification(technician_user, event(&db).await, channel)
        };
        let [(id, _)] = insert(&db, vec![written.clone()]).await[..] else {
            panic!("not one")
        };
        let read = outgoing(&db, id).await;
        assert_eq!((read.id, &read.notification), (id, &written));
        assert_eq!(
            (read.email.as_str(), read.full_name.as_str()),
            ("samir@exemple.ma", "Prénom samir")
        );
        assert_eq!((read.role, read.is_active), (Role::Technician, true));
    }
    assert_eq!(
        must(&db, |tx| tx.notifications().outgoing(Id::new(999))).await,
        None
    );
}

#[tokio::test]
async fn a_try_is_counted_when_it_begins_and_its_end_is_kept() {
    let Workplace {
        db, technician_user, ..
    } = workplace().await;
    let [(id, _)] = insert(
        &db,
        vec![notification(technician_user, event(&db).await, Channel::Email)],
    )
    .await[..] else {
        panic!("not one")
    };
    must(&db, move |tx| tx.notifications().begin_attempt(id, now())).await;
    let state = |o: Outgoing| {
        (
            o.notification.status,
            o.notification.attempts,
            o.notification.sent_at,
        )
    };
    assert_eq!(state(outgoing(&db, id).await), (DeliveryStatus::Pending, 1, None));
    let end = |status, error: Option<&str>| {
        let error = error.map(str::to_owned);
        must(&db, move |tx| {
            tx.notifications()
                .record_attempt(id, status, now(), error.clone())
        })
    };
    end(DeliveryStatus::Failed, Some(&"é\0".repeat(5000))).await;
    assert_eq!(state(outgoing(&db, id).await), (DeliveryStatus::Failed, 1, None));
    assert_eq!(
        db.number("SELECT char_length(derniere_erreur) FROM notifications"),
        4000
    );
    must(&db, move |tx| {
        tx.notifications().reword(id, "Autre objet", "Autre texte")
    })
    .await;
    let reworded = outgoing(&db, id).await.notification;
    assert_eq!(
        (reworded.subject.as_str(), reworded.body.as_str()),
        ("Autre objet", "Autre texte")
    );
    assert_eq!(reworded.status, DeliveryStatus::Failed, "still to be sent");
    must(&db, move |tx| tx.notifications().begin_attempt(id, now())).await;
    assert_eq!(state(outgoing(&db, id).await), (DeliveryStatus::Pending, 2, None));
    end(DeliveryStatus::Sent, None).await;
    assert_eq!(
        state(outgoing(&db, id).await),
        (DeliveryStatus::Sent, 2, Some(now()))
    );
    assert_eq!(
        db.number("SELECT count(*) FROM notifications WHERE derniere_erreur IS NULL AND version = 6"),
        1
    );
}

struct People {
    lead: Id<User>,
    portal: Id<User>,
    colleague: Id<User>,
    manager: Id<User>,
    admin: Id<User>,
}

/// The usual people around the workplace's job, and some who must never appear.
async fn people(w: &Workplace) -> People {
    let lead = new_user_id(&w.db, "lead", Role::Manager).await;
    let portal = new_user_id(&w.db, "portail", Role::Client).await;
    let colleague = new_user_id(&w.db, "collegue", Role::Client).await;
    // An admin by a further role.
    let admin = must(&w.db, |tx| {
        let mut two = user("deux", Role::Manager);
        two.other_roles = vec![Role::Admin];
        Ok(tx.users().insert(&two, None)?.id)
    })
    .await;
    let gone = must(&w.db, |tx| {
        let mut gone = user("parti", Role::Manager);
        gone.is_active = false;
        gone.other_roles = vec![Role::Admin];
        Ok(tx.users().insert(&gone, None)?.id)
    })
    .await;
    let stranger = new_user_id(&w.db, "autre_client", Role::Client).await;
    w.db.execute(&format!(
        "UPDATE equipes SET responsable_id = {lead} WHERE id = {}; \
         UPDATE clients SET user_id = {portal} WHERE id = {client}; \
         UPDATE clients SET user_id = {stranger} WHERE id = {}; \
         INSERT INTO clients_utilisateurs (client_id, user_id) VALUES ({client}, {colleague}), ({client}, {portal}), \
         ({client}, {gone}); \
         UPDATE interventions SET demandeur_id = {colleague}",
        w.team,
        w.other_client,
        client = w.client,
    ));
    People {
        lead,
        portal,
        colleague,
        manager: admin,
        admin,
    }
}

fn ids(people: &[Recipient]) -> Vec<i64> {
    people.iter().map(|p| p.user.get()).collect()
}

fn one(person: &Option<Recipient>) -> Option<i64> {
    person.as_ref().map(|p| p.user.get())
}

#[tokio::test]
async fn a_job_concerns_its_technician_their_lead_and_the_accounts_of_its_client() {
    let w = workplace().await;
    let p = people(&w).await;
    let job = w.job;
    let c = must(&w.db, move |tx| tx.notifications().concerned_by_job(job)).await;
    assert_eq!(
        c.technician,
        Some(Recipient {
            user: w.technician_user,
            full_name: "Prénom samir".into()
        })
    );
    assert_eq!(one(&c.team_lead), Some(p.lead.get()));
    assert_eq!(ids(&c.clients), [p.portal.get(), p.colleague.get()]);
    assert_eq!(one(&c.requester), Some(p.colleague.get()));
    assert_eq!(ids(&c.managers), [p.lead.get(), p.manager.get()]);
    assert_eq!(ids(&c.admins), [p.admin.get()]);

    // A requester who is not an account of the client gets no receipt; who left is not concerned.
    w.db.execute(&format!(
        "UPDATE interventions SET demandeur_id = {}; UPDATE users SET is_active = false WHERE id IN ({}, {}, {})",
        p.lead, p.lead, p.portal, w.technician_user
    ));
    let c = must(&w.db, move |tx| tx.notifications().concerned_by_job(job)).await;
    assert_eq!(
        (one(&c.requester), one(&c.team_lead), one(&c.technician)),
        (None, None, None)
    );
    assert_eq!(
        (ids(&c.clients), ids(&c.managers)),
        (vec![p.colleague.get()], vec![p.manager.get()])
    );
}

#[tokio::test]
async fn an_equipment_concerns_its_client_and_a_technician_their_lead() {
    let w = workplace().await;
    let p = people(&w).await;
    let c = must(&w.db, |tx| {
        tx.notifications().concerned_by_equipment(Id::new(1), None)
    })
    .await;
    assert_eq!(ids(&c.clients), [p.portal.get(), p.colleague.get()]);
    assert_eq!(
        (one(&c.technician), one(&c.team_lead), one(&c.requester)),
        (None, None, None)
    );
    assert_eq!(ids(&c.managers), [p.lead.get(), p.manager.get()]);
    // With the job that found the failure, its technician's lead.
    let job = w.job;
    let c = must(&w.db, move |tx| {
        tx.notifications().concerned_by_equipment(Id::new(1), Some(job))
    })
    .await;
    assert_eq!(one(&c.team_lead), Some(p.lead.get()));
    assert_eq!(ids(&c.clients), [p.portal.get(), p.colleague.get()]);
    let (technician, idle) = (w.technician, w.idle_technician);
    let c = must(&w.db, move |tx| {
        tx.notifications().concerned_by_technician(technician)
    })
    .await;
    assert_eq!(
        (one(&c.technician), one(&c.team_lead)),
        (Some(w.technician_user.get()), Some(p.lead.get()))
    );
    assert_eq!((c.clients, ids(&c.admins)), (vec![], vec![p.admin.get()]));
    let c = must(&w.db, move |tx| tx.notifications().concerned_by_technician(idle)).await;
    assert_eq!(one(&c.team_lead), None, "without a team");
    let c = must(&w.db, |tx| {
        tx.notifications().concerned_by_equipment(Id::new(99), None)
    })
    .await;
    assert_eq!(
        Concerned {
            managers: Vec::new(),
            admins: Vec::new(),
            ..c
        },
        Concerned::default()
    );
}

#[tokio::test]
async fn facts_are_those_of_the_object() {
    let w = workplace().await;
    let facts = must(&w.db, |tx| tx.notifications().job_facts(Id::new(1)))
        .await
        .expect("facts");
    assert_eq!(
        (facts.number.as_str(), facts.title.as_str()),
        ("INT-2026-00001", "Fuite")
    );
    assert_eq!(
        (facts.equipment.as_str(), facts.client.as_str()),
        ("Pompe", "Conserverie")
    );
    assert_eq!(
        facts.site.as_deref(),
        Some("Usine"),
        "the equipment's, as the job has none"
    );
    assert_eq!(
        (facts.technician, facts.technician_name.as_deref()),
        (Some(w.technician), Some("Prénom samir"))
    );
    assert_eq!(
        (facts.critical, facts.planned_at, facts.report),
        (false, None, None)
    );
    assert_eq!(
        (facts.status, facts.urgent, facts.requested),
        (Status::Open, false, false)
    );

    w.db.execute(
        "UPDATE interventions SET priorite = 'critique', est_urgente = true, origine = 'portail', statut = 'annulee', date_prevue = '2026-03-03 10:00+00'; \
         UPDATE sites SET ville = 'Tanger'; UPDATE equipements SET localisation = 'Atelier 2'; \
         INSERT INTO interventions_cloture (intervention_id, compte_rendu, motif_annulation) VALUES (1, 'Fait.', 'Non.'); \
         INSERT INTO pannes (equipement_id, ouverte_le, fermee_le, origine, description) VALUES \
         (1, '2026-01-01', '2026-01-02', 'declaration', 'ancienne'), (1, '2026-03-01 08:00+00', NULL, 'declaration', 'Fuite')",
    );
    let facts = must(&w.db, |tx| tx.notifications().job_facts(Id::new(1)))
        .await
        .expect("facts");
    assert!(facts.critical && facts.urgent && facts.requested);
    assert_eq!(facts.status, Status::Cancelled);
    w.db.execute("UPDATE interventions SET statut = 'ouverte'");
    assert_eq!(facts.planned_at, Some("2026-03-03T10:00:00Z".parse().unwrap()));
    assert_eq!(
        (facts.site.as_deref(), facts.location.as_deref()),
        (Some("Usine, Tanger"), Some("Atelier 2"))
    );
    assert_eq!(
        (facts.report.as_deref(), facts.cancel_reason.as_deref()),
        (Some("Fait."), Some("Non."))
    );

    let facts = must(&w.db, |tx| tx.notifications().equipment_facts(Id::new(1)))
        .await
        .expect("facts");
    assert_eq!(
        (facts.name.as_str(), facts.serial_number.as_str()),
        ("Pompe", "P-1")
    );
    assert_eq!(facts.failed_at, Some("2026-03-01T08:00:00Z".parse().unwrap()));
    assert_eq!(facts.failure.as_deref(), Some("Fuite"));
    assert!(!facts.decommissioned);
    w.db.execute("UPDATE equipements SET statut = 'hors_service'");
    let gone = must(&w.db, |tx| tx.notifications().equipment_facts(Id::new(1))).await;
    assert!(gone.expect("facts").decommissioned);

    let (busy, idle) = (w.technician, w.idle_technician);
    let facts = must(&w.db, move |tx| tx.notifications().technician_facts(busy))
        .await
        .expect("facts");
    assert_eq!(
        (facts.availability, facts.open_jobs.as_slice()),
        (
            Availability::Available,
            [("INT-2026-00001".to_owned(), "Fuite".to_owned())].as_slice()
        )
    );
    w.db.execute("UPDATE interventions SET statut = 'annulee'");
    let facts = must(&w.db, move |tx| tx.notifications().technician_facts(busy))
        .await
        .expect("facts");
    assert_eq!(
        (facts.full_name.as_str(), facts.open_jobs),
        ("Prénom samir", vec![])
    );
    let facts = must(&w.db, move |tx| tx.notifications().technician_facts(idle))
        .await
        .expect("facts");
    assert_eq!(facts.full_name, "Prénom yassine");

    let unknown = must(&w.db, |tx| {
        Ok((
            tx.notifications().job_facts(Id::new(99))?,
            tx.notifications().equipment_facts(Id::new(99))?,
            tx.notifications().technician_facts(Id::new(99))?,
        ))
    })
    .await;
    assert_eq!(unknown, (None, None, None));
}
