//! The row, its closing data, required skills and waits.

use domain::Id;
use domain::error::{Constraint, RepoError};
use domain::intervention::{
    Closing, Intervention, InterventionQueries, Kind, Origin, Outcome, Priority, Status, WaitReason,
};
use domain::policy::Visibility;
use domain::skill::{RequiredSkill, Skill, SkillLevel};
use infra_postgres::interventions::PgInterventionQueries;

use super::{World, at};
use crate::support::{conflict, must, repo_error, run};

async fn skills(world: &World) -> [Id<Skill>; 2] {
    must(&world.db, |tx| {
        let mut skill = Skill {
            name: "Soudure".into(),
            domain: None,
            certification_required: false,
        };
        let first = tx.skills().insert(&skill, None)?.id;
        skill.name = "Froid".into();
        Ok([first, tx.skills().insert(&skill, None)?.id])
    })
    .await
}

/// A job with everything that a job can have.
async fn full(world: &World) -> Intervention {
    let first = world.insert(world.job(1)).await;
    let (pump, manager) = (world.pump, world.manager);
    let failure = must(&world.db, move |tx| {
        let failure = domain::equipment::Failure {
            equipment: pump,
            opened_at: at("2026-03-01T07:00:00Z"),
            closed_at: None,
            origin: domain::equipment::FailureOrigin::Declared,
            intervention: None,
            description: None,
        };
        tx.equipments().open_failure(&failure)
    })
    .await;
    let [soudure, froid] = skills(world).await;
    let needs = |skill, min_level| RequiredSkill { skill, min_level };
    Intervention {
        technician: Some(world.samir),
        contract: Some(77),
        requester: Some(manager),
        follow_up_of: Some(first.id),
        title: "Réducteur".into(),
        kind: Kind::Curative,
        status: Status::Closed,
        priority: Priority::Critical,
        urgent: true,
        origin: Origin::Alert,
        opened_at: at("2026-03-01T08:00:00.000001Z"),
        planned_at: Some(at("2026-03-02T08:00:00Z")),
        assigned_at: Some(at("2026-03-03T08:00:00Z")),
        started_at: Some(at("2026-03-04T08:00:00Z")),
        finished_at: Some(at("2026-03-05T08:00:00Z")),
        estimated_minutes: 95,
        failure: Some(failure),
        equipment_returned: true,
        archived_at: Some(at("2026-03-06T08:00:00Z")),
        required_skills: vec![
            needs(froid, SkillLevel::Expert),
            needs(soudure, SkillLevel::Beginner),
        ],
        closing: Closing {
            diagnosis: Some("Constat".into()),
            report: Some("Compte rendu complet".into()),
            failure_mode: Some("mode".into()),
            failure_mechanism: Some("mecanisme".into()),
            failure_cause: Some("cause".into()),
            outcome: Some(Outcome::Down),
            cancel_reason: Some("motif".into()),
            satisfaction: Some(4),
            client_comment: Some("Merci".into()),
            rated_at: Some(at("2026-03-07T08:00:00Z")),
        },
        ..world.job(2)
    }
}

#[tokio::test]
async fn a_job_comes_back_as_it_went_wherever_it_is_read() {
    let world = World::new().await;
    let job = full(&world).await;
    let stored = world.insert(job.clone()).await;
    let mut expected = job;
    expected.required_skills.sort_by_key(|r| r.skill);
    assert_eq!(
        stored.data, expected,
        "skills in the order in which they are read"
    );
    assert_eq!((stored.version, stored.created_by), (1, Some(world.manager)));

    let id = stored.id;
    let (found, locked, detail) = must(&world.db, move |tx| {
        let store = tx.interventions();
        Ok((store.find(id)?, store.lock(id)?, store.detail(id)?))
    })
    .await;
    assert_eq!(found.as_ref(), Some(&stored));
    assert_eq!(locked.as_ref(), Some(&stored));
    let detail = detail.unwrap();
    assert_eq!(detail.record, stored);
    assert_eq!(
        (detail.client.id, detail.client.name.as_str()),
        (world.atlas, "Atlas")
    );
    assert_eq!(
        (detail.equipment.id, detail.equipment.name.as_str()),
        (world.pump, "Pompe")
    );
    assert_eq!(
        (detail.equipment_serial.as_str(), detail.site_name.as_deref()),
        ("P-1", Some("Usine"))
    );
    let technician = detail.technician.clone().unwrap();
    assert_eq!(
        (technician.id, technician.name.as_str()),
        (world.samir, "Prénom samir")
    );
    assert_eq!(
        (detail.technician_user, detail.team),
        (Some(world.samir_user), Some(world.team))
    );

    let queries = PgInterventionQueries::new(world.db.reader());
    assert_eq!(queries.find(id, &Visibility::All).await.unwrap(), Some(detail));
    assert_eq!(
        queries.find(Id::new(i64::MAX), &Visibility::All).await.unwrap(),
        None
    );

    // A job without anything beside its row.
    let bare = queries.find(Id::new(1), &Visibility::All).await.unwrap().unwrap();
    assert_eq!(bare.record.closing, Closing::default());
    assert!(bare.technician.is_none() && bare.team.is_none() && bare.record.required_skills.is_empty());
}

#[tokio::test]
async fn closing_data_follow_the_version_of_their_job() {
    let world = World::new().await;
    let job = world.insert(world.job(1)).await;
    assert_eq!(
        world.db.number("SELECT count(*) FROM interventions_cloture"),
        0,
        "nothing written, no row"
    );
    let after = Intervention {
        closing: Closing {
            diagnosis: Some("Joint usé".into()),
            ..Closing::default()
        },
        ..job.data.clone()
    };
    let before = job.clone();
    let second = must(&world.db, move |tx| tx.interventions().update(&before, &after)).await;
    let after = Intervention {
        title: "Autre titre".into(),
        ..second.data.clone()
    };
    let before = second.clone();
    let third = must(&world.db, move |tx| tx.interventions().update(&before, &after)).await;
    assert_eq!(
        world.db.number("SELECT version FROM interventions_cloture"),
        2,
        "untouched by a title"
    );
    let mut after = third.data.clone();
    after.closing.diagnosis = None;
    after.closing.report = Some("Joint remplacé".into());
    let before = third.clone();
    let fourth = must(&world.db, move |tx| tx.interventions().update(&before, &after)).await;
    assert_eq!(
        (
            fourth.version,
            world.db.number("SELECT version FROM interventions_cloture")
        ),
        (4, 4)
    );
    let id = job.id;
    let stored = must(&world.db, move |tx| tx.interventions().find(id))
        .await
        .unwrap();
    assert_eq!(stored.data, fourth.data);
    for (action, count) in [("creation", 1), ("modification", 1)] {
        let noted = format!(
            "SELECT count(*) FROM audit_log WHERE objet_type = 'interventions_cloture' AND action = '{action}'"
        );
        assert_eq!(world.db.number(&noted), count, "{action}");
    }
}

#[tokio::test]
async fn required_skills_are_replaced_and_audited_when_they_differ() {
    let world = World::new().await;
    let [soudure, froid] = skills(&world).await;
    let needs = |skill, min_level| RequiredSkill { skill, min_level };
    let job = Intervention {
        required_skills: vec![needs(soudure, SkillLevel::Advanced)],
        ..world.job(1)
    };
    let before = world.insert(job).await;
    let noted = "SELECT count(*) FROM audit_log WHERE objet_type = 'interventions_competences'";
    let after = Intervention {
        title: "Autre".into(),
        ..before.data.clone()
    };
    let first = before.clone();
    let before = must(&world.db, move |tx| tx.interventions().update(&first, &after)).await;
    assert_eq!(world.db.number(noted), 1, "the insertion alone");
    let after = Intervention {
        required_skills: vec![
            needs(froid, SkillLevel::Expert),
            needs(soudure, SkillLevel::Beginner),
        ],
        ..before.data.clone()
    };
    let first = before.clone();
    let stored = must(&world.db, move |tx| tx.interventions().update(&first, &after)).await;
    let id = before.id;
    let read = must(&world.db, move |tx| tx.interventions().find(id))
        .await
        .unwrap();
    assert_eq!(read, stored);
    assert_eq!(
        read.required_skills,
        [
            needs(soudure, SkillLevel::Beginner),
            needs(froid, SkillLevel::Expert)
        ]
    );
    assert_eq!(world.db.number(noted), 2);
}

#[tokio::test]
async fn a_stale_write_writes_nothing() {
    let world = World::new().await;
    let job = world.insert(world.job(1)).await;
    let mut old = job.clone();
    old.version = 9;
    let after = Intervention {
        title: "Perdu".into(),
        ..job.data.clone()
    };
    let refused = run(&world.db, move |tx| tx.interventions().update(&old, &after)).await;
    assert!(matches!(repo_error(refused), RepoError::Stale));
    assert_eq!(
        world
            .db
            .number("SELECT count(*) FROM interventions WHERE titre = 'Perdu'"),
        0
    );
}

#[tokio::test]
async fn numbers_count_within_their_year_also_in_one_that_nobody_has_foreseen() {
    let world = World::new().await;
    let number = |year: i16| must(&world.db, move |tx| tx.interventions().next_number(year));
    assert_eq!(number(2026).await, "INT-2026-00001");
    assert_eq!(number(2026).await, "INT-2026-00002");
    assert_eq!(number(2027).await, "INT-2027-00001");
    assert_eq!(number(2051).await, "INT-2051-00001");
    world
        .db
        .execute("SELECT setval('seq_interventions_numero_2026', 99999)");
    assert_eq!(number(2026).await, "INT-2026-100000");
}

#[tokio::test]
async fn a_technician_works_on_one_job_at_a_time() {
    let world = World::new().await;
    let running = |number| Intervention {
        technician: Some(world.samir),
        status: Status::InProgress,
        started_at: Some(at("2026-03-02T08:00:00Z")),
        ..world.job(number)
    };
    world.insert(running(1)).await;
    let second = running(2);
    let refused = conflict(run(&world.db, move |tx| tx.interventions().insert(&second, None)).await);
    assert_eq!(refused, Constraint::TechnicianBusy);
}

#[tokio::test]
async fn waits_are_intervals_that_never_overlap() {
    let world = World::new().await;
    let id = world.insert(world.job(1)).await.id;
    must(&world.db, move |tx| {
        let store = tx.interventions();
        store.close_wait(id, at("2026-03-02T08:00:00Z"))?;
        store.open_wait(id, WaitReason::Parts, at("2026-03-02T09:00:00Z"))?;
        // Requests may come to the lock in another order than they were made.
        store.close_wait(id, at("2026-03-02T08:59:00Z"))?;
        store.open_wait(id, WaitReason::ClientApproval, at("2026-03-02T08:30:00Z"))
    })
    .await;
    let intervals = "SELECT count(*) FROM interventions_attentes WHERE debut = '2026-03-02T09:00:00Z' AND \
        ((motif = 'pieces' AND fin = debut) OR (motif = 'accord_client' AND fin IS NULL))";
    assert_eq!(world.db.number(intervals), 2);
    let twice = run(&world.db, move |tx| {
        tx.interventions()
            .open_wait(id, WaitReason::Parts, at("2026-03-02T10:00:00Z"))
    });
    assert!(matches!(repo_error(twice.await), RepoError::Stale));
    let noted = "SELECT count(*) FROM audit_log WHERE objet_type = 'interventions_attentes' AND action = ";
    assert_eq!(world.db.number(&format!("{noted} 'creation'")), 2);
    assert_eq!(world.db.number(&format!("{noted} 'modification'")), 1);
}
