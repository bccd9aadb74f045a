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

mod actions;
mod creation;
mod data;
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

fn technician() -> Record<Technician> {
    let data = Technician {
        availability: Availability::Busy,
        ..samples::technician(Id::new(7))
    };
    Record::fresh(Id::new(TECH), now(), data)
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
