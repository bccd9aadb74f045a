//! Changing the data of jobs.

use super::*;

#[tokio::test]
async fn an_edit_that_changes_nothing_writes_nothing() {
    let mut fakes = Fakes::default();
    let tx = &mut fakes.tx;
    let stored = || {
        let mut stored = job(Status::Open, None);
        let needs = |skill| RequiredSkill {
            skill: Id::new(skill),
            min_level: SkillLevel::Beginner,
        };
        stored.data.required_skills = vec![needs(1), needs(2)];
        stored
    };
    tx.interventions
        .expect_lock()
        .returning(move |_| Ok(Some(stored())));
    tx.interventions
        .expect_detail()
        .times(1)
        .returning(move |_| Ok(Some(detail(stored()))));
    let same: EditJob = Arc::new(|seen| {
        let mut after = seen.detail.record.data.clone();
        after.required_skills.reverse();
        Ok(after)
    });
    let kept = update(&fakes.app(), &manager(), Id::new(JOB), Some(1), same, silent())
        .await
        .unwrap();
    assert_eq!(kept.into_value().unwrap().detail.record.version, 1);
}

#[tokio::test]
async fn a_job_that_becomes_critical_is_announced_and_one_that_calms_down_is_not() {
    for (from, to, announced) in [
        (Priority::Normal, Priority::Critical, 1),
        (Priority::Critical, Priority::Normal, 0),
    ] {
        let mut fakes = Fakes::default();
        let tx = &mut fakes.tx;
        let stored = move || {
            let mut stored = job(Status::Open, None);
            stored.data.priority = from;
            stored.data.urgent = from == Priority::Critical;
            stored
        };
        tx.interventions
            .expect_lock()
            .returning(move |_| Ok(Some(stored())));
        tx.interventions
            .expect_detail()
            .returning(move |_| Ok(Some(detail(stored()))));
        tx.interventions
            .expect_update()
            .times(1)
            .returning(|before, after| Ok(written(before, after)));
        tx.interventions
            .expect_append_history()
            .times(1)
            .returning(|_| Ok(()));
        tx.outbox
            .expect_push()
            .withf(|event, _| *event == Event::InterventionRaised { id: Id::new(JOB) })
            .times(announced)
            .returning(|_, _| Ok(()));
        let wanted: EditJob = Arc::new(move |seen| {
            Ok(Intervention {
                priority: to,
                urgent: to == Priority::Critical,
                ..seen.detail.record.data.clone()
            })
        });
        update(&fakes.app(), &manager(), Id::new(JOB), Some(1), wanted, silent())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_moved_date_is_announced_when_somebody_is_to_go_there() {
    for (status, technician, announced) in [
        (Status::Open, Some(TECH), 1),
        (Status::InProgress, Some(TECH), 0),
        (Status::Open, None, 0),
    ] {
        let mut fakes = Fakes::default();
        let tx = &mut fakes.tx;
        let stored = move || job(status, technician);
        tx.interventions
            .expect_lock()
            .returning(move |_| Ok(Some(stored())));
        tx.equipments.expect_lock().returning(|_| Ok(Some(pump())));
        tx.technicians.expect_lock().returning(|_| Ok(None));
        tx.interventions
            .expect_detail()
            .returning(move |_| Ok(Some(detail(stored()))));
        tx.interventions
            .expect_update()
            .times(1)
            .returning(|before, after| Ok(written(before, after)));
        tx.interventions
            .expect_append_history()
            .times(1)
            .returning(|_| Ok(()));
        tx.outbox
            .expect_push()
            .withf(move |event, _| {
                let moved = Event::InterventionRescheduled {
                    id: Id::new(JOB),
                    technician: Id::new(TECH),
                    planned_at: Some(now()),
                };
                *event == moved
            })
            .times(announced)
            .returning(|_, _| Ok(()));
        let later: EditJob = Arc::new(|seen| {
            Ok(Intervention {
                planned_at: Some(now()),
                ..seen.detail.record.data.clone()
            })
        });
        update(&fakes.app(), &manager(), Id::new(JOB), Some(1), later, silent())
            .await
            .unwrap();
    }
}

/// A replacement that leaves `est_urgente` out says `false`, which a critical priority overrules.
#[tokio::test]
async fn a_critical_job_is_urgent_whatever_is_said() {
    let mut fakes = Fakes::default();
    let tx = &mut fakes.tx;
    let stored = || {
        let mut stored = job(Status::Closed, None);
        (stored.data.priority, stored.data.urgent) = (Priority::Critical, true);
        stored
    };
    tx.interventions
        .expect_lock()
        .returning(move |_| Ok(Some(stored())));
    tx.interventions
        .expect_detail()
        .returning(move |_| Ok(Some(detail(stored()))));
    let unsaid: EditJob = Arc::new(|seen| {
        Ok(Intervention {
            urgent: false,
            ..seen.detail.record.data.clone()
        })
    });
    let kept = update(&fakes.app(), &manager(), Id::new(JOB), Some(1), unsaid, silent())
        .await
        .unwrap();
    assert!(kept.into_value().unwrap().detail.record.urgent);
}
