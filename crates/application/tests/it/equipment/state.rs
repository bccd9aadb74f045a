//! Actions on the state, and what they write.

use application::equipment::change_status;
use application::write::silent;
use application::{Code, Detail};
use domain::equipment::machine::{Action, Command};
use domain::equipment::store::{MockEquipmentStore, Situation};
use domain::equipment::{Failure, FailureOrigin, Holder};
use domain::event::Event;
use domain::intervention::history::HistoryAction;
use domain::intervention::store::MockInterventionStore;
use domain::intervention::{Intervention, Status, WaitReason};
use domain::samples;
use mockall::Sequence;

use super::*;

const FAILURE: Id<Failure> = Id::new(70);

fn command(action: Action) -> Command {
    Command {
        action,
        reason: Some("bruit".into()),
        cancel_open: false,
    }
}

async fn act(
    tx: FakeTx,
    by: &Ctx,
    expected: Option<i64>,
    command: Command,
) -> Result<EquipmentDetail, AppError> {
    change_status(&app(tx), by, Id::new(5), expected, command, silent())
        .await?
        .into_value()
}

fn on(equipments: MockEquipmentStore) -> FakeTx {
    FakeTx {
        equipments,
        ..FakeTx::default()
    }
}

fn with(equipment: Equipment, situation: Situation) -> MockEquipmentStore {
    let mut store = store_with(equipment);
    store.expect_situation().returning(move |_| Ok(situation.clone()));
    store
}

fn job(id: i64) -> Record<Intervention> {
    let job = Intervention {
        number: format!("INT-2026-{id:05}"),
        description: "Fuite d'huile au vérin".into(),
        ..samples::intervention(Id::new(5), Id::new(1), now())
    };
    Record::fresh(Id::new(id), now(), job)
}

#[tokio::test]
async fn an_owner_declares_a_breakdown_and_everything_is_written() {
    let mut equipments = with(equipment(), Situation::default());
    let mut order = Sequence::new();
    equipments
        .expect_update()
        .withf(|before, after| before.version == 3 && after.status == EquipmentStatus::Down)
        .times(1)
        .in_sequence(&mut order)
        .returning(|_, after| Ok(record(after.clone())));
    equipments
        .expect_open_failure()
        .withf(|f| {
            (f.origin, f.opened_at, f.description.as_deref())
                == (FailureOrigin::Declared, now(), Some("bruit"))
        })
        .times(1)
        .in_sequence(&mut order)
        .returning(|_| Ok(FAILURE));
    equipments
        .expect_open_downtime()
        .withf(|d| d.status == EquipmentStatus::Down && d.start == now() && !d.planned)
        .times(1)
        .in_sequence(&mut order)
        .returning(|_| Ok(()));
    let mut tx = on(equipments);
    tx.outbox
        .expect_push()
        .withf(|event, at| {
            *event
                == Event::EquipmentDown {
                    id: Id::new(5),
                    job: None,
                }
                && *at == now()
        })
        .times(1)
        .returning(|_, _| Ok(()));
    act(tx, &portal(&[1]), None, command(Action::DeclareFailure))
        .await
        .expect("declared");
}

#[tokio::test]
async fn what_is_not_theirs_does_not_exist_for_a_client_and_the_rest_is_denied() {
    let stranger = portal(&[2]);
    let refused = act(
        on(store_with(equipment())),
        &stranger,
        None,
        command(Action::DeclareFailure),
    )
    .await;
    assert!(matches!(refused, Err(AppError::NotFound)));
    for by in [portal(&[1]), technician(8)] {
        for action in [
            Action::EnterMaintenance,
            Action::ReturnToService,
            Action::Decommission,
        ] {
            let refused = act(FakeTx::default(), &by, None, command(action)).await;
            assert!(matches!(refused, Err(AppError::Denied)), "{action:?}");
        }
    }
    // Any technician may declare one, assigned or not.
    let open = Situation {
        failure: Some((FAILURE, failure())),
        ..Situation::default()
    };
    let down = with(
        Equipment {
            status: EquipmentStatus::Down,
            ..equipment()
        },
        open,
    );
    let mut tx = on(down);
    tx.equipments
        .expect_note_failure()
        .withf(|failure, note| *failure == FAILURE && note == "bruit")
        .times(1)
        .returning(|_, _| Ok(()));
    tx.audit
        .expect_record()
        .withf(|event| {
            (event.action, event.object, event.object_id)
                == ("declaration_panne", "pannes", Some(FAILURE.get()))
                && event.facts == [("equipement_id", "5".to_owned()), ("motif", "bruit".to_owned())]
        })
        .times(1)
        .return_const(());
    let linked = act(tx, &technician(8), None, command(Action::DeclareFailure)).await;
    linked.expect("linked to the open one, with what was seen");
}

#[tokio::test]
async fn why_an_equipment_returns_to_service_is_kept() {
    let mut equipments = with(
        Equipment {
            status: EquipmentStatus::InMaintenance,
            ..equipment()
        },
        Situation {
            holders: vec![Holder::Manual],
            ..Situation::default()
        },
    );
    equipments
        .expect_update()
        .returning(|_, after| Ok(record(after.clone())));
    equipments.expect_release().returning(|_, _, _| Ok(()));
    equipments.expect_close_downtime().returning(|_, _| Ok(()));
    let mut tx = on(equipments);
    tx.audit
        .expect_record()
        .withf(|event| {
            (event.action, event.object, event.object_id) == ("remettre_en_service", "equipements", Some(5))
                && event.facts == [("motif", "bruit".to_owned())]
        })
        .times(1)
        .return_const(());
    act(tx, &manager(), None, command(Action::ReturnToService))
        .await
        .expect("returned");
}

fn failure() -> Failure {
    Failure {
        equipment: Id::new(5),
        opened_at: now(),
        closed_at: None,
        origin: FailureOrigin::Declared,
        intervention: None,
        description: None,
    }
}

#[tokio::test]
async fn a_command_is_checked_before_anything_is_read_and_a_version_before_the_state() {
    let without = Command {
        reason: Some("  ".into()),
        ..command(Action::Decommission)
    };
    let refused = act(FakeTx::default(), &manager(), None, without).await;
    assert_eq!(
        issues(refused.expect_err("refused")),
        [("motif".to_owned(), "REQUIRED")]
    );
    let retired = || Equipment {
        status: EquipmentStatus::Decommissioned,
        ..equipment()
    };
    let refused = act(
        on(store_with(retired())),
        &manager(),
        Some(1),
        command(Action::EnterMaintenance),
    )
    .await;
    assert!(matches!(
        refused,
        Err(AppError::StaleVersion { current: Some(3) })
    ));
    let tx = on(with(retired(), Situation::default()));
    match act(tx, &manager(), Some(3), command(Action::EnterMaintenance)).await {
        Err(AppError::Rule {
            code: Code::InvalidTransition,
            details,
        }) => assert_eq!(
            details,
            [
                ("statut", Detail::Text("hors_service".into())),
                ("actions_possibles", Detail::List(Vec::new())),
            ]
        ),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_holds_it_and_which_jobs_are_open_is_told() {
    let in_maintenance = Equipment {
        status: EquipmentStatus::InMaintenance,
        ..equipment()
    };
    let held = Situation {
        holders: vec![Holder::Job(Id::new(12)), Holder::Manual],
        ..Situation::default()
    };
    let refused = act(
        on(with(in_maintenance, held)),
        &manager(),
        None,
        command(Action::Decommission),
    )
    .await;
    match refused {
        Err(AppError::Rule {
            code: Code::EquipmentInUse,
            details,
        }) => assert_eq!(
            details,
            [
                ("interventions", Detail::List(vec!["12".into()])),
                (
                    "actions_possibles",
                    Detail::List(vec!["remettre_en_service".into()])
                ),
            ]
        ),
        other => panic!("{other:?}"),
    }
    let open = Situation {
        open_jobs: vec![Id::new(12), Id::new(13)],
        ..Situation::default()
    };
    let refused = act(
        on(with(equipment(), open)),
        &manager(),
        None,
        command(Action::Decommission),
    )
    .await;
    match refused {
        Err(AppError::Rule {
            code: Code::EquipmentInUse,
            details,
        }) => assert_eq!(
            details,
            [
                ("interventions", Detail::List(vec!["12".into(), "13".into()])),
                ("parametre", Detail::Text("annuler_ouvertes".into())),
            ]
        ),
        other => panic!("{other:?}"),
    }
}

/// A retirement of an equipment with jobs 12 and 13 open on it, of which the first look saw `seen`.
fn retirement(seen: Vec<i64>) -> FakeTx {
    let mut equipments = MockEquipmentStore::new();
    let mut order = Sequence::new();
    let jobs = |ids: Vec<i64>| Situation {
        open_jobs: ids.into_iter().map(Id::new).collect(),
        ..Situation::default()
    };
    let first = jobs(seen.clone());
    equipments
        .expect_situation()
        .times(1)
        .in_sequence(&mut order)
        .returning(move |_| Ok(first.clone()));
    let mut interventions = MockInterventionStore::new();
    for id in seen {
        interventions
            .expect_lock()
            .withf(move |asked| *asked == Id::new(id))
            .times(1)
            .in_sequence(&mut order)
            .returning(move |_| Ok(Some(job(id))));
    }
    let found = record(equipment());
    equipments
        .expect_lock()
        .times(1)
        .in_sequence(&mut order)
        .returning(move |_| Ok(Some(found.clone())));
    equipments
        .expect_situation()
        .times(1)
        .in_sequence(&mut order)
        .returning(move |_| Ok(jobs(vec![12, 13])));
    FakeTx {
        equipments,
        interventions,
        ..FakeTx::default()
    }
}

#[tokio::test]
async fn a_retirement_cancels_the_open_jobs_each_with_its_own_history() {
    let mut tx = retirement(vec![12, 13]);
    tx.interventions
        .expect_update()
        .withf(|before, after| {
            before.status == Status::Open
                && after.status == Status::Cancelled
                && after.closing.cancel_reason.as_deref() == Some("Équipement mis hors service : bruit")
        })
        .times(2)
        .returning(|before, after| {
            Ok(Record {
                data: after.clone(),
                ..before.clone()
            })
        });
    tx.interventions
        .expect_append_history()
        .withf(|entry| entry.action == HistoryAction::Cancelled && entry.user.is_some())
        .times(2)
        .returning(|_| Ok(()));
    tx.equipments
        .expect_update()
        .withf(|_, after| {
            after.status == EquipmentStatus::Decommissioned
                && after.retirement_reason.as_deref() == Some("bruit")
        })
        .times(1)
        .returning(|_, after| Ok(record(after.clone())));
    tx.equipments
        .expect_detail()
        .returning(|_| Ok(Some(detail(record(equipment())))));
    // A change of state and a cancellation per job.
    tx.outbox.expect_push().times(4).returning(|_, _| Ok(()));
    let all = Command {
        cancel_open: true,
        ..command(Action::Decommission)
    };
    act(tx, &admin(), None, all).await.expect("retired");
}

/// Job 13 of a [`retirement`], waiting for parts without its equipment.
fn waiting_job() -> Record<Intervention> {
    let mut waiting = job(13);
    waiting.data.status = Status::OnHold;
    waiting.data.started_at = Some(now());
    waiting.data.wait_reason = Some(WaitReason::Parts);
    waiting.data.equipment_returned = true;
    waiting
}

#[tokio::test]
async fn a_retirement_ends_the_wait_of_a_job_that_gave_the_equipment_back() {
    let mut equipments = with(
        Equipment {
            status: EquipmentStatus::Down,
            ..equipment()
        },
        Situation {
            failure: Some((FAILURE, failure())),
            open_jobs: vec![Id::new(13)],
            ..Situation::default()
        },
    );
    equipments
        .expect_update()
        .withf(|_, after| after.status == EquipmentStatus::Decommissioned)
        .times(1)
        .returning(|_, after| Ok(record(after.clone())));
    // The stop is over, the failure is not: nothing repaired it. The job held nothing any more.
    equipments
        .expect_close_downtime()
        .withf(|id, at| (*id, *at) == (Id::new(5), now()))
        .times(1)
        .returning(|_, _| Ok(()));
    equipments.expect_close_failure().never();
    equipments.expect_release().never();
    let mut tx = on(equipments);
    tx.interventions
        .expect_lock()
        .returning(|_| Ok(Some(waiting_job())));
    tx.interventions
        .expect_update()
        .withf(|before, after| {
            before.id == Id::new(13)
                && after.status == Status::Cancelled
                && (after.wait_reason, after.equipment_returned) == (None, false)
        })
        .times(1)
        .returning(|before, after| {
            Ok(Record {
                data: after.clone(),
                ..before.clone()
            })
        });
    tx.interventions
        .expect_close_wait()
        .withf(|id, at| (*id, *at) == (Id::new(13), now()))
        .times(1)
        .returning(|_, _| Ok(()));
    tx.interventions
        .expect_append_history()
        .withf(|entry| entry.action == HistoryAction::Cancelled)
        .times(1)
        .returning(|_| Ok(()));
    tx.outbox.expect_push().times(2).returning(|_, _| Ok(()));
    let all = Command {
        cancel_open: true,
        ..command(Action::Decommission)
    };
    act(tx, &admin(), None, all).await.expect("retired");
}

#[tokio::test]
async fn a_job_that_waits_with_the_equipment_keeps_it_from_being_retired() {
    for cancel_open in [false, true] {
        let mut equipments = with(
            Equipment {
                status: EquipmentStatus::InMaintenance,
                ..equipment()
            },
            Situation {
                holders: vec![Holder::Job(Id::new(13))],
                ..Situation::default()
            },
        );
        equipments.expect_update().never();
        let retire = Command {
            cancel_open,
            ..command(Action::Decommission)
        };
        match act(on(equipments), &manager(), None, retire).await {
            Err(AppError::Rule {
                code: Code::EquipmentInUse,
                details,
            }) => assert_eq!(details, [("interventions", Detail::List(vec!["13".into()]))]),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_job_that_was_opened_meanwhile_makes_the_work_run_again() {
    let mut tx = retirement(vec![12]);
    tx.interventions.expect_update().returning(|before, after| {
        Ok(Record {
            data: after.clone(),
            ..before.clone()
        })
    });
    tx.interventions.expect_append_history().returning(|_| Ok(()));
    tx.outbox.expect_push().returning(|_, _| Ok(()));
    let all = Command {
        cancel_open: true,
        ..command(Action::Decommission)
    };
    let refused = act(tx, &manager(), None, all).await;
    // The fake runs once; what the real one sees is a stale row, which it runs again.
    assert_eq!(refused.expect_err("stale").code(), Code::Locked);
}
