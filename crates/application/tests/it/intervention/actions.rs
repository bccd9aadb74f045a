//! Actions on jobs: what is judged first, what is locked, what is written.

use super::*;

#[tokio::test]
async fn the_right_is_judged_before_the_version_and_the_version_before_the_state() {
    let closed = || {
        let mut fakes = Fakes::default();
        fakes
            .tx
            .interventions
            .expect_lock()
            .returning(|_| Ok(Some(job(Status::Closed, Some(TECH)))));
        fakes
            .tx
            .interventions
            .expect_detail()
            .returning(|_| Ok(Some(detail(job(Status::Closed, Some(TECH))))));
        fakes.app()
    };
    let start = Asked::to(Goal::Action(Action::Start));
    let mine = |technician| support::technician(technician);
    let hidden = transition(
        &closed(),
        &mine(99),
        Id::new(JOB),
        Some(9),
        start.clone(),
        silent(),
    )
    .await;
    assert!(matches!(hidden, Err(AppError::NotFound)), "{hidden:?}");
    let cancel = Asked {
        reason: Some("Doublon".into()),
        ..Asked::to(Goal::Action(Action::Cancel))
    };
    let client = portal(&[CLIENT]);
    let denied = transition(&closed(), &client, Id::new(JOB), Some(9), cancel, silent()).await;
    assert!(matches!(denied, Err(AppError::Denied)), "{denied:?}");
    let stale = transition(
        &closed(),
        &mine(TECH),
        Id::new(JOB),
        Some(9),
        start.clone(),
        silent(),
    )
    .await;
    assert!(
        matches!(stale, Err(AppError::StaleVersion { current: Some(1) })),
        "{stale:?}"
    );

    let mut fakes = Fakes::default();
    let tx = &mut fakes.tx;
    tx.interventions
        .expect_lock()
        .returning(|_| Ok(Some(job(Status::Closed, None))));
    tx.interventions
        .expect_detail()
        .returning(|_| Ok(Some(detail(job(Status::Closed, None)))));
    tx.equipments.expect_lock().returning(|_| Ok(Some(pump())));
    tx.equipments
        .expect_situation()
        .returning(|_| Ok(Situation::default()));
    assert_eq!(
        code_of(transition(&fakes.app(), &manager(), Id::new(JOB), Some(1), start, silent()).await),
        Code::InvalidTransition
    );
}

#[tokio::test]
async fn who_has_the_right_nowhere_is_told_so_before_anything_is_read() {
    let technician = support::technician(TECH);
    let wordless = Asked::to(Goal::Action(Action::Cancel));
    let refused = transition(
        &Fakes::default().app(),
        &technician,
        Id::new(JOB),
        None,
        wordless.clone(),
        silent(),
    )
    .await;
    assert!(
        matches!(refused, Err(AppError::Denied)),
        "before its missing reason: {refused:?}"
    );
    let refused = transition(
        &Fakes::default().app(),
        &manager(),
        Id::new(JOB),
        None,
        wordless,
        silent(),
    )
    .await;
    assert!(
        matches!(refused, Err(AppError::Invalid(_))),
        "before the job is looked for: {refused:?}"
    );
    let by_state = Asked::to(Goal::Status(Status::Cancelled));
    let refused = transition(
        &Fakes::default().app(),
        &technician,
        Id::new(JOB),
        None,
        by_state,
        silent(),
    )
    .await;
    assert!(matches!(refused, Err(AppError::Denied)), "{refused:?}");
}

/// The request was made before the job's start was committed: it waited for the lock meanwhile.
#[tokio::test]
async fn nothing_ends_before_it_began() {
    let begun = at("2026-03-02T09:00:05Z");
    let mut running = job(Status::InProgress, Some(TECH));
    running.data.started_at = Some(begun);
    let mut busy = pump();
    busy.data.status = EquipmentStatus::InMaintenance;
    let mut fakes = Fakes::default();
    let tx = &mut fakes.tx;
    tx.interventions
        .expect_lock()
        .returning(move |_| Ok(Some(running.clone())));
    tx.equipments
        .expect_lock()
        .returning(move |_| Ok(Some(busy.clone())));
    let holders = vec![Holder::Job(Id::new(JOB))];
    let situation = Situation {
        holders,
        ..Situation::default()
    };
    tx.equipments
        .expect_situation()
        .returning(move |_| Ok(situation.clone()));
    tx.technicians.expect_lock().returning(|_| Ok(Some(technician())));
    tx.technicians.expect_detail().returning(|_| {
        Ok(Some(TechnicianDetail {
            record: technician(),
            full_name: "Samir".into(),
            email: "samir@exemple.ma".into(),
            is_active: true,
            team_name: None,
            skill_names: Vec::new(),
            uncertified: Vec::new(),
        }))
    });
    tx.technicians
        .expect_running_job()
        .returning(|_| Ok(Some(Id::new(JOB))));
    let update = tx
        .interventions
        .expect_update()
        .withf(move |_, after| after.finished_at == Some(begun));
    update
        .times(1)
        .returning(|before, after| Ok(written(before, after)));
    tx.equipments
        .expect_update()
        .times(1)
        .returning(|before, after| Ok(written(before, after)));
    tx.equipments
        .expect_release()
        .withf(move |_, _, at| *at == begun)
        .times(1)
        .returning(|_, _, _| Ok(()));
    tx.equipments
        .expect_close_downtime()
        .withf(move |_, at| *at == begun)
        .times(1)
        .returning(|_, _| Ok(()));
    let freed = tx
        .technicians
        .expect_update()
        .withf(|_, after| after.availability == Availability::Available);
    freed
        .times(1)
        .returning(|before, after| Ok(written(before, after)));
    tx.interventions
        .expect_append_history()
        .withf(move |entry| entry.at == begun)
        .times(1)
        .returning(|_| Ok(()));
    tx.outbox
        .expect_push()
        .withf(move |_, at| *at == begun)
        .returning(|_, _| Ok(()));
    tx.interventions
        .expect_detail()
        .returning(|_| Ok(Some(detail(job(Status::Closed, Some(TECH))))));
    let close = Asked {
        report: Some("Joint remplacé".into()),
        ..Asked::to(Goal::Action(Action::Close))
    };
    transition(&fakes.app(), &manager(), Id::new(JOB), None, close, silent())
        .await
        .unwrap();
}

#[test]
fn one_remark_serves_older_clients_for_everything() {
    // Kept here as a list, because older clients depend on it.
    let said = |goal, remark: &str, own: Option<&str>| Asked {
        remark: Some(remark.into()),
        report: own.map(Into::into),
        reason: own.map(Into::into),
        outcome: Some(Outcome::Operational),
        ..Asked::to(Goal::Action(goal))
    };
    use domain::intervention::machine::{Close, Command};
    let close = |report: &str, comment: Option<&str>| {
        Command::Close(Close {
            report: Some(report.into()),
            outcome: Some(Outcome::Operational),
            comment: comment.map(Into::into),
            ..Close::default()
        })
    };
    for (asked, action, expected) in [
        (
            said(Action::Close, "Fait et testé", None),
            Action::Close,
            close("Fait et testé", None),
        ),
        (
            said(Action::Close, "Vu avec Ali", Some("Fait et testé")),
            Action::Close,
            close("Fait et testé", Some("Vu avec Ali")),
        ),
        (
            said(Action::Cancel, "Doublon", None),
            Action::Cancel,
            Command::Cancel {
                reason: Some("Doublon".into()),
            },
        ),
        (
            said(Action::Cancel, "Vu avec Ali", Some("Doublon")),
            Action::Cancel,
            Command::Cancel {
                reason: Some("Doublon Vu avec Ali".into()),
            },
        ),
        (
            said(Action::Start, "En route", None),
            Action::Start,
            Command::Start {
                comment: Some("En route".into()),
            },
        ),
    ] {
        assert_eq!(asked.command(action).unwrap(), expected);
    }
}

#[tokio::test]
async fn technicians_are_locked_in_the_order_of_their_ids() {
    let mut fakes = Fakes::default();
    let tx = &mut fakes.tx;
    tx.interventions
        .expect_lock()
        .returning(|_| Ok(Some(job(Status::Open, Some(TECH)))));
    tx.equipments.expect_lock().returning(|_| Ok(Some(pump())));
    tx.equipments
        .expect_situation()
        .returning(|_| Ok(Situation::default()));
    let mut order = Sequence::new();
    // The newcomer has the smaller one.
    for id in [TECH - 1, TECH] {
        tx.technicians
            .expect_lock()
            .withf(move |locked| *locked == Id::new(id))
            .times(1)
            .in_sequence(&mut order)
            .returning(move |_| {
                Ok(Some(Record {
                    id: Id::new(id),
                    ..technician()
                }))
            });
    }
    tx.technicians.expect_detail().returning(|_| {
        Ok(Some(TechnicianDetail {
            record: technician(),
            full_name: "Samir".into(),
            email: "samir@exemple.ma".into(),
            is_active: false,
            team_name: None,
            skill_names: Vec::new(),
            uncertified: Vec::new(),
        }))
    });
    tx.technicians.expect_running_job().returning(|_| Ok(None));
    let asked = Asked {
        technician: Some(Id::new(TECH - 1)),
        ..Asked::to(Goal::Action(Action::Assign))
    };
    assert_eq!(
        code_of(transition(&fakes.app(), &manager(), Id::new(JOB), None, asked, silent()).await),
        Code::TechnicianInactive
    );
}
