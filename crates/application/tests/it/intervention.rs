//! Interventions: what the use cases themselves hold. The whole life of a job is tested on a real database.

use std::sync::Arc;

use application::intervention::{
    Asked, Audience, CreateJob, EditJob, Goal, audience, create, transition, update, view,
};
use application::write::silent;
use application::{AppError, Code, Ctx};
use domain::client::{Client, ClientKind, ClientStatus, ServiceLevel};
use domain::equipment::store::Situation;
use domain::equipment::{Equipment, EquipmentStatus, FailureOrigin, Holder, machine as equipment_machine};
use domain::event::Event;
use domain::idempotency::{Claim, IdempotencyKey, StoredAnswer};
use domain::intervention::edit::EditRefusal;
use domain::intervention::machine::Refusal;
use domain::intervention::{
    Action, Intervention, InterventionDetail, Kind, Named, Origin, Outcome, Priority, Status,
};
use domain::policy::{Actor, Role, Target};
use domain::ports::unit_of_work::FakeTx;
use domain::samples;
use domain::skill::{RequiredSkill, SkillLevel};
use domain::technician::{Availability, Technician, TechnicianDetail};
use domain::text::{IssueCode, Issues};
use domain::{Id, Record};
use jiff::Timestamp;
use mockall::Sequence;

use crate::support::{self, Fakes, actor, code_of, manager, now, portal, written};

mod references;

const JOB: i64 = 70;
const PUMP: i64 = 50;
const CLIENT: i64 = 40;
const TECH: i64 = 30;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn pump() -> Record<Equipment> {
    let data = Equipment {
        ..samples::equipment(Id::new(CLIENT))
    };
    Record::fresh(Id::new(PUMP), now(), data)
}

fn owner() -> Record<Client> {
    let data = Client {
        user: None,
        name: "Atlas".into(),
        sector: None,
        address: None,
        city: None,
        phone: None,
        email: None,
        main_contact: None,
        kind: ClientKind::Company,
        service_level: ServiceLevel::Standard,
        status: ClientStatus::Active,
        ice: None,
        tax_id: None,
        since: "2026-01-05".parse().unwrap(),
    };
    Record::fresh(Id::new(CLIENT), now(), data)
}

fn job(status: Status, technician: Option<i64>) -> Record<Intervention> {
    let data = Intervention {
        technician: technician.map(Id::new),
        status,
        assigned_at: technician.map(|_| at("2026-03-01T08:00:00Z")),
        started_at: (status != Status::Open).then(|| at("2026-03-02T08:00:00Z")),
        ..samples::intervention(Id::new(PUMP), Id::new(CLIENT), at("2026-03-01T08:00:00Z"))
    };
    Record::fresh(Id::new(JOB), now(), data)
}

fn detail(record: Record<Intervention>) -> InterventionDetail {
    InterventionDetail {
        client: Named {
            id: record.client,
            name: "Atlas".into(),
        },
        equipment: Named {
            id: record.equipment,
            name: "Pompe".into(),
        },
        equipment_serial: "P-1".into(),
        equipment_status: EquipmentStatus::Operational,
        site_name: None,
        technician: record.technician.map(|id| Named {
            id,
            name: "Samir".into(),
        }),
        technician_user: None,
        team: None,
        technician_free: true,
        record,
    }
}

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

fn technician() -> Record<Technician> {
    let data = Technician {
        availability: Availability::Busy,
        ..samples::technician(Id::new(7))
    };
    Record::fresh(Id::new(TECH), now(), data)
}

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

#[tokio::test]
async fn a_stored_answer_is_not_given_to_who_may_no_longer_know() {
    let mut fakes = Fakes::default();
    let tx = &mut fakes.tx;
    let answer = StoredAnswer {
        status: 200,
        headers: Vec::new(),
        body: b"{}".to_vec(),
    };
    tx.idempotency
        .expect_claim()
        .returning(move |_| Ok(Claim::Done(answer.clone())));
    tx.interventions
        .expect_find()
        .returning(|_| Ok(Some(job(Status::Open, Some(31)))));
    let mut asked = support::technician(TECH);
    asked.idempotency = Some(IdempotencyKey {
        user: Id::new(7),
        method: "PATCH".into(),
        path: "/interventions/70/status".into(),
        key: "cle".into(),
        fingerprint: [0; 32],
    });
    let start = Asked::to(Goal::Action(Action::Start));
    let refused = transition(&fakes.app(), &asked, Id::new(JOB), None, start, silent()).await;
    assert!(matches!(refused, Err(AppError::NotFound)), "{refused:?}");
}

#[test]
fn a_client_who_is_also_staff_is_shown_what_the_staff_are() {
    let target = Target {
        client: Some(Id::new(CLIENT)),
        technician: Some(Id::new(TECH)),
        ..Target::default()
    };
    let with = |roles: &[Role], technician: Option<i64>| Actor {
        roles: roles.to_vec(),
        clients: vec![Id::new(CLIENT)],
        technician: technician.map(Id::new),
        ..actor(9, Role::Client)
    };
    for (who, expected) in [
        (with(&[Role::Client], None), Audience::Client),
        (with(&[Role::Client, Role::Manager], None), Audience::Staff),
        (
            with(&[Role::Client, Role::Technician], Some(TECH)),
            Audience::Staff,
        ),
        (
            with(&[Role::Client, Role::Technician], Some(99)),
            Audience::Client,
        ),
        (with(&[Role::Technician], Some(TECH)), Audience::Staff),
    ] {
        assert_eq!(audience(&who, &target), expected, "{:?}", who.roles);
    }
    let client = with(&[Role::Client], None);
    let mut request = job(Status::Open, None);
    request.data.origin = Origin::Portal;
    let seen = view(&client, detail(request));
    assert_eq!(
        (seen.audience, seen.actions),
        (Audience::Client, vec![Action::Cancel])
    );
}

#[test]
fn every_refusal_keeps_its_code() {
    let technician = Id::new(TECH);
    let refusals = [
        Refusal::InvalidTransition {
            from: Status::Open,
            action: None,
            allowed: vec![Action::Assign],
        },
        Refusal::NoTechnician,
        Refusal::TechnicianBusy {
            technician,
            job: Some(Id::new(JOB)),
        },
        Refusal::TechnicianUnavailable {
            technician,
            availability: Availability::OnLeave,
        },
        Refusal::TechnicianInactive { technician },
        Refusal::SkillMissing {
            technician,
            missing: Vec::new(),
        },
        Refusal::AlreadyAssigned { technician },
        Refusal::AlreadyArchived,
        Refusal::ClientSuspended,
        Refusal::Equipment(equipment_machine::Refusal::OutOfService),
        Refusal::Invalid(Issues::default()),
    ];
    assert!(samples::every_variant(&refusals));
    for refusal in refusals {
        assert_eq!(AppError::from(refusal.clone()).code().as_str(), refusal.code());
    }
    let fields = vec!["titre"];
    let refusals = [
        EditRefusal::Invalid(Issues::default()),
        EditRefusal::Forbidden {
            fields: fields.clone(),
        },
        EditRefusal::Frozen {
            status: Status::Closed,
            archived: true,
            fields,
        },
        EditRefusal::EquipmentOutOfService,
        EditRefusal::NotClosed,
        EditRefusal::AlreadyRated,
        EditRefusal::AboutFailure { failure: Id::new(7) },
        EditRefusal::SkillMissing {
            technician,
            missing: Vec::new(),
        },
    ];
    assert!(samples::every_variant(&refusals));
    for refusal in refusals {
        assert_eq!(AppError::from(refusal.clone()).code().as_str(), refusal.code());
    }
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
