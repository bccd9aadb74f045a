//! What technicians are doing, and what it does to their jobs.

use std::sync::Arc;

use application::technician::change_availability;
use application::write::silent;
use application::{AppError, Code, Detail};
use domain::client::Client;
use domain::equipment::store::Situation;
use domain::equipment::{Equipment, EquipmentStatus, Holder};
use domain::event::Event;
use domain::intervention::{HistoryAction, Intervention, Status, WaitReason};
use domain::samples;
use domain::technician::Availability;
use domain::technician::machine::{Action, Command};
use domain::text::IssueCode;
use domain::{Id, Record};

use crate::support::{Fakes, fields, manager, now};
use crate::technician::{ID, detail, finds, locks, shows, stored};

fn away() -> Command {
    Command {
        action: Action::DeclareUnavailable,
        reason: Some("Fièvre".into()),
    }
}

#[tokio::test]
async fn a_free_technician_goes_on_leave_and_tells_it() {
    let mut fakes = Fakes::default();
    finds(&mut fakes, Availability::Available);
    locks(&mut fakes, Availability::Available);
    fakes
        .tx
        .technicians
        .expect_open_jobs()
        .returning(|_| Ok(vec![Id::new(50)]));
    fakes
        .tx
        .technicians
        .expect_update()
        .once()
        .withf(|_, after| after.availability == Availability::OnLeave)
        .returning(|b, _| Ok(b.clone()));
    fakes
        .tx
        .outbox
        .expect_push()
        .once()
        .withf(|event, at| {
            let (from, to) = (Availability::Available, Availability::OnLeave);
            *event
                == Event::TechnicianAvailabilityChanged {
                    id: Id::new(ID),
                    from,
                    to,
                }
                && *at == now()
        })
        .returning(|_, _| Ok(()));
    shows(&mut fakes, Availability::OnLeave);
    let leave = Command {
        action: Action::TakeLeave,
        reason: None,
    };
    let change = change_availability(&fakes.app(), &manager(), Id::new(ID), None, leave, silent())
        .await
        .unwrap();
    let change = change.into_value().unwrap();
    assert_eq!(
        (change.interrupted, change.to_reassign),
        (None, vec![]),
        "leave was planned: nothing to hand over"
    );
}

#[tokio::test]
async fn a_leave_that_is_asked_for_at_work_waits_and_may_be_taken_back() {
    for (pending, action, waits) in [
        (None, Action::TakeLeave, Some(Availability::OnLeave)),
        (None, Action::TakeTraining, Some(Availability::InTraining)),
        (Some(Availability::OnLeave), Action::BecomeAvailable, None),
    ] {
        let at_work = |pending| {
            let mut record = stored(Availability::Busy);
            record.data.pending_absence = pending;
            record
        };
        let mut fakes = Fakes::default();
        finds(&mut fakes, Availability::Busy);
        let technicians = &mut fakes.tx.technicians;
        technicians
            .expect_lock()
            .returning(move |_| Ok(Some(at_work(pending))));
        technicians
            .expect_open_jobs()
            .returning(|_| Ok(vec![Id::new(51)]));
        technicians
            .expect_update()
            .once()
            .withf(move |_, after| (after.availability, after.pending_absence) == (Availability::Busy, waits))
            .returning(|b, _| Ok(b.clone()));
        technicians
            .expect_detail()
            .returning(move |_| Ok(Some(detail(at_work(waits)))));
        // Without a reason, and with nothing that anybody else would notice.
        fakes.tx.outbox.expect_push().never();
        let asked = Command { action, reason: None };
        let change = change_availability(&fakes.app(), &manager(), Id::new(ID), None, asked, silent())
            .await
            .unwrap();
        let change = change.into_value().unwrap();
        assert_eq!((change.interrupted, change.to_reassign), (None, vec![]));
        assert_eq!(change.technician.detail.record.pending_absence, waits);
        let takes_back = change.technician.actions.contains(&Action::BecomeAvailable);
        assert_eq!(takes_back, waits.is_some(), "{action:?}");
    }
}

#[tokio::test]
async fn what_the_state_does_not_allow_is_refused_with_what_it_does() {
    let mut fakes = Fakes::default();
    finds(&mut fakes, Availability::Busy);
    locks(&mut fakes, Availability::Busy);
    fakes.tx.technicians.expect_open_jobs().returning(|_| Ok(vec![]));
    let back = Command {
        action: Action::BecomeAvailable,
        reason: None,
    };
    match change_availability(&fakes.app(), &manager(), Id::new(ID), None, back, silent())
        .await
        .unwrap_err()
    {
        AppError::Rule {
            code: Code::InvalidTransition,
            details,
        } => {
            let possible = ["declarer_indisponible", "partir_en_conge", "partir_en_formation"];
            assert_eq!(
                details,
                [
                    ("disponibilite", Detail::Text("occupe".into())),
                    (
                        "actions_possibles",
                        Detail::List(possible.map(String::from).to_vec())
                    )
                ]
            );
        }
        other => panic!("{other:?}"),
    }
    let long = Command {
        action: Action::TakeLeave,
        reason: Some("x".repeat(2001)),
    };
    let refused = change_availability(
        &Fakes::default().app(),
        &manager(),
        Id::new(ID),
        None,
        long,
        silent(),
    )
    .await;
    assert_eq!(
        fields(refused.unwrap_err()),
        [("motif".to_owned(), IssueCode::TooLong)]
    );
}

fn job() -> Record<Intervention> {
    let data = Intervention {
        technician: Some(Id::new(ID)),
        description: "Fuite sur la pompe".into(),
        status: Status::InProgress,
        assigned_at: Some(now()),
        started_at: Some(now()),
        ..samples::intervention(Id::new(60), Id::new(5), now())
    };
    Record::fresh(Id::new(50), now(), data)
}

fn pump() -> Record<Equipment> {
    let data = Equipment {
        status: EquipmentStatus::InMaintenance,
        ..samples::equipment(Id::<Client>::new(5))
    };
    Record::fresh(Id::new(60), now(), data)
}

#[tokio::test]
async fn falling_ill_at_work_leaves_the_job_waiting_and_lists_the_others() {
    let mut order = mockall::Sequence::new();
    let mut fakes = Fakes::default();
    finds(&mut fakes, Availability::Busy);
    fakes
        .tx
        .technicians
        .expect_running_job()
        .times(2)
        .returning(|_| Ok(Some(Id::new(50))));
    // The order in which everybody locks: job, equipment, technician.
    fakes
        .tx
        .interventions
        .expect_lock()
        .once()
        .in_sequence(&mut order)
        .returning(|_| Ok(Some(job())));
    fakes
        .tx
        .equipments
        .expect_lock()
        .once()
        .in_sequence(&mut order)
        .returning(|_| Ok(Some(pump())));
    fakes.tx.equipments.expect_situation().returning(|_| {
        Ok(Situation {
            holders: vec![Holder::Job(Id::new(50))],
            ..Situation::default()
        })
    });
    fakes
        .tx
        .technicians
        .expect_lock()
        .once()
        .in_sequence(&mut order)
        .returning(|_| Ok(Some(stored(Availability::Busy))));
    fakes
        .tx
        .technicians
        .expect_open_jobs()
        .returning(|_| Ok(vec![Id::new(51), Id::new(52)]));
    fakes
        .tx
        .audit
        .expect_record()
        .once()
        .withf(|event| {
            (event.action, event.object, event.object_id)
                == ("declarer_indisponible", "techniciens", Some(ID))
                && event.facts == [("motif", "Fièvre".to_owned())]
        })
        .return_const(());
    fakes
        .tx
        .interventions
        .expect_update()
        .once()
        .withf(|b, a| {
            b.id == Id::new(50)
                && a.status == Status::OnHold
                && a.wait_reason == Some(WaitReason::TechnicianAway)
                && a.technician == Some(Id::new(ID))
        })
        .returning(|b, _| Ok(b.clone()));
    fakes
        .tx
        .interventions
        .expect_open_wait()
        .once()
        .withf(|id, why, at| *id == Id::new(50) && *why == WaitReason::TechnicianAway && *at == now())
        .returning(|_, _, _| Ok(()));
    fakes
        .tx
        .interventions
        .expect_append_history()
        .once()
        .withf(|h| {
            h.action == HistoryAction::StatusChanged
                && h.user == Some(Id::new(2))
                && h.details.contains("Fièvre")
        })
        .returning(|_| Ok(()));
    fakes
        .tx
        .technicians
        .expect_update()
        .once()
        .withf(|_, after| after.availability == Availability::Unavailable)
        .returning(|b, _| Ok(b.clone()));
    let mut kinds = vec!["intervention.statut_change", "technicien.disponibilite_change"];
    kinds.sort_unstable();
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let telling = told.clone();
    fakes.tx.outbox.expect_push().times(2).returning(move |event, _| {
        telling.lock().unwrap().push(event.kind());
        Ok(())
    });
    shows(&mut fakes, Availability::Unavailable);
    let change = change_availability(&fakes.app(), &manager(), Id::new(ID), Some(1), away(), silent())
        .await
        .unwrap();
    let change = change.into_value().unwrap();
    assert_eq!(change.interrupted, Some(Id::new(50)));
    assert_eq!(change.to_reassign, [Id::new(51), Id::new(52)]);
    let mut told = told.lock().unwrap().clone();
    told.sort_unstable();
    assert_eq!(told, kinds);
}

#[tokio::test]
async fn a_job_that_began_meanwhile_makes_the_work_run_again() {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let mut fakes = Fakes::default();
    finds(&mut fakes, Availability::Available);
    fakes
        .tx
        .technicians
        .expect_running_job()
        .times(2)
        .returning(move |_| {
            let again = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0;
            Ok(again.then(|| Id::new(50)))
        });
    locks(&mut fakes, Availability::Busy);
    fakes.tx.technicians.expect_update().never();
    let refused = change_availability(&fakes.app(), &manager(), Id::new(ID), None, away(), silent()).await;
    // The fake unit of work does not run again; PostgreSQL's does, and ends there only after five runs.
    assert_eq!(refused.unwrap_err().code(), Code::Locked);
}
