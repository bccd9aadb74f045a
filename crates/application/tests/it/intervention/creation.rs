//! Creating jobs.

use super::*;

fn create_job() -> CreateJob {
    CreateJob {
        equipment: Id::new(PUMP),
        title: None,
        description: "Fuite sous le réducteur".into(),
        kind: Kind::Corrective,
        priority: Priority::Normal,
        urgent: false,
        planned_at: None,
        estimated_minutes: None,
        follow_up_of: None,
        required_skills: Vec::new(),
        technician: None,
        failure: false,
    }
}

/// Stores on which a job can be created; the test adds what it looks at.
fn creating(tx: &mut FakeTx, pump: Record<Equipment>) {
    tx.equipments
        .expect_lock()
        .returning(move |_| Ok(Some(pump.clone())));
    tx.clients.expect_find().returning(|_| Ok(Some(owner())));
    tx.interventions
        .expect_append_history()
        .times(1)
        .returning(|_| Ok(()));
    tx.outbox.expect_push().returning(|_, _| Ok(()));
    tx.interventions
        .expect_detail()
        .returning(|_| Ok(Some(detail(job(Status::Open, None)))));
}

#[tokio::test]
async fn the_number_belongs_to_the_local_year() {
    let mut fakes = Fakes::default();
    let tx = &mut fakes.tx;
    creating(tx, pump());
    tx.interventions
        .expect_next_number()
        .withf(|year| *year == 2026)
        .times(1)
        .returning(|_| Ok("INT-2026-00009".into()));
    let insert = tx
        .interventions
        .expect_insert()
        .withf(|job, by| job.number == "INT-2026-00009" && *by == Some(Id::new(2)));
    insert
        .times(1)
        .returning(|job, _| Ok(Record::fresh(Id::new(JOB), now(), job.clone())));
    tx.interventions
        .expect_suggestions()
        .returning(|_, _, _| Ok(Vec::new()));
    // Half an hour before midnight UTC; Casablanca was one hour ahead.
    let ctx = Ctx {
        now: at("2025-12-31T23:30:00Z"),
        ..manager()
    };
    let made = create(&fakes.app(), &ctx, create_job(), silent())
        .await
        .unwrap()
        .into_value()
        .unwrap();
    assert_eq!(made.suggestions, Some(Vec::new()), "asked for, nobody found");
}

#[tokio::test]
async fn the_skills_of_the_equipment_count_without_a_copy_in_the_job() {
    let needs = RequiredSkill {
        skill: Id::new(3),
        min_level: SkillLevel::Advanced,
    };
    let own = RequiredSkill {
        skill: Id::new(4),
        ..needs
    };
    for (said, expected) in [(vec![], vec![]), (vec![own], vec![own])] {
        let mut fakes = Fakes::default();
        let tx = &mut fakes.tx;
        let mut pump = pump();
        pump.data.required_skills = vec![needs];
        creating(tx, pump);
        tx.skills.expect_unknown().returning(|_| Ok(Vec::new()));
        tx.interventions
            .expect_next_number()
            .returning(|_| Ok("INT-2026-00009".into()));
        let insert = tx
            .interventions
            .expect_insert()
            .withf(move |job, _| job.required_skills == expected);
        insert
            .times(1)
            .returning(|job, _| Ok(Record::fresh(Id::new(JOB), now(), job.clone())));
        tx.interventions
            .expect_suggestions()
            .returning(|_, _, _| Ok(Vec::new()));
        let cmd = CreateJob {
            required_skills: said,
            ..create_job()
        };
        create(&fakes.app(), &manager(), cmd, silent()).await.unwrap();
    }
}

#[tokio::test]
async fn a_job_refers_to_the_failure_that_opens_with_it() {
    let mut fakes = Fakes::default();
    let tx = &mut fakes.tx;
    creating(tx, pump());
    tx.interventions
        .expect_next_number()
        .returning(|_| Ok("INT-2026-00009".into()));
    let mut order = Sequence::new();
    let insert = tx
        .interventions
        .expect_insert()
        .withf(|job, _| job.failure.is_none());
    insert
        .times(1)
        .in_sequence(&mut order)
        .returning(|job, _| Ok(Record::fresh(Id::new(JOB), now(), job.clone())));
    tx.equipments
        .expect_situation()
        .returning(|_| Ok(Situation::default()));
    tx.equipments
        .expect_update()
        .times(1)
        .returning(|before, after| Ok(written(before, after)));
    let open = tx.equipments.expect_open_failure();
    let open = open.withf(|f| f.origin == FailureOrigin::WithJob && f.intervention == Some(Id::new(JOB)));
    open.times(1)
        .in_sequence(&mut order)
        .returning(|_| Ok(Id::new(8)));
    tx.equipments
        .expect_open_downtime()
        .times(1)
        .returning(|_| Ok(()));
    let update = tx
        .interventions
        .expect_update()
        .withf(|_, after| after.failure == Some(Id::new(8)));
    update
        .times(1)
        .in_sequence(&mut order)
        .returning(|before, after| Ok(written(before, after)));
    tx.interventions
        .expect_suggestions()
        .returning(|_, _, _| Ok(Vec::new()));
    let cmd = CreateJob {
        failure: true,
        ..create_job()
    };
    create(&fakes.app(), &manager(), cmd, silent()).await.unwrap();
}
