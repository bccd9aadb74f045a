//! Creating a job.

use domain::client::ClientStatus;
use domain::equipment::machine::Effect;
use domain::equipment::store::Situation;
use domain::equipment::{EquipmentStatus, FailureOrigin, Holder};
use domain::event::Event;
use domain::intervention::machine::{Create, CreateFacts, Refusal, create, not_for_clients};
use domain::intervention::{Kind, Origin, Priority, Status};
use domain::skill::SkillLevel;
use domain::technician::Availability;
use domain::text::IssueCode;
use domain::{Id, Vocab};

use crate::build::{self, AMAL, JOB, OWNER, PUMP};

fn facts() -> CreateFacts {
    CreateFacts {
        equipment: build::equipment(EquipmentStatus::Operational),
        situation: Situation::default(),
        client: build::client(ClientStatus::Active),
        assignee: None,
        follow_up_of: None,
        by: Some(Id::new(900)),
        now: build::now(),
    }
}

fn request() -> Create {
    Create::request(Id::new(504), None, "La pompe perd de l'huile.".into())
}

#[test]
fn a_request_is_open_corrective_and_from_the_portal() {
    let job = create(request(), facts()).unwrap().job;
    assert_eq!(
        (job.status, job.kind, job.origin),
        (Status::Open, Kind::Corrective, Origin::Portal)
    );
    assert_eq!((job.priority, job.urgent), (Priority::Normal, false));
    assert_eq!(
        (job.client, job.site, job.equipment),
        (OWNER, Some(Id::new(60)), PUMP)
    );
    assert_eq!(job.title, "Maintenance corrective – Pompe P-12");
    assert_eq!((job.requester, job.estimated_minutes), (Some(Id::new(504)), 60));
    assert_eq!(
        (job.technician, job.assigned_at, job.opened_at),
        (None, None, build::now())
    );
}

#[test]
fn a_client_may_fill_six_fields() {
    let sent = [
        "equipement_id",
        "titre",
        "description",
        "est_urgente",
        "date_prevue",
        "panne",
    ];
    assert!(not_for_clients(sent).is_empty());
    assert_eq!(
        not_for_clients(["titre", "type", "priorite", "technicien_id"]),
        ["type", "priorite", "technicien_id"]
    );
}

#[test]
fn a_critical_job_is_urgent() {
    let job = create(
        Create {
            priority: Priority::Critical,
            ..request()
        },
        facts(),
    )
    .unwrap()
    .job;
    assert!(job.urgent);
}

#[test]
fn a_suspended_client_asks_for_urgent_work_only() {
    let suspended = || CreateFacts {
        client: build::client(ClientStatus::Suspended),
        ..facts()
    };
    assert_eq!(
        create(request(), suspended()).unwrap_err(),
        Refusal::ClientSuspended
    );
    let planned = Create {
        origin: Origin::Internal,
        ..request()
    };
    assert!(create(planned, suspended()).is_ok(), "the company's own decision");
    assert!(
        create(
            Create {
                urgent: true,
                ..request()
            },
            suspended()
        )
        .is_ok()
    );
    assert!(
        create(
            Create {
                priority: Priority::Critical,
                ..request()
            },
            suspended()
        )
        .is_ok()
    );
}

#[test]
fn nothing_is_done_to_a_decommissioned_equipment() {
    let gone = CreateFacts {
        equipment: build::equipment(EquipmentStatus::Decommissioned),
        ..facts()
    };
    assert_eq!(
        create(request(), gone).unwrap_err().code(),
        "EQUIPMENT_OUT_OF_SERVICE"
    );
}

#[test]
fn all_wrong_fields_are_named_at_once() {
    let wrong = Create {
        title: Some("x".repeat(256)),
        description: "court".into(),
        estimated_minutes: Some(0),
        required_skills: vec![
            build::wanted(1, SkillLevel::Beginner),
            build::wanted(1, SkillLevel::Expert),
        ],
        ..request()
    };
    let Err(Refusal::Invalid(issues)) = create(wrong, facts()) else {
        panic!()
    };
    let fields: Vec<_> = issues.0.iter().map(|i| (i.field.as_str(), i.code)).collect();
    assert_eq!(
        fields,
        [
            ("titre", IssueCode::TooLong),
            ("description", IssueCode::TooShort),
            ("duree_estimee_minutes", IssueCode::OutOfRange),
            ("competences_requises[1].competence_id", IssueCode::Inconsistent),
        ]
    );
}

#[test]
fn a_follow_up_stays_with_the_client() {
    let mut first = build::job(Status::Closed);
    let linked = create(
        request(),
        CreateFacts {
            follow_up_of: Some(first.clone()),
            ..facts()
        },
    )
    .unwrap();
    assert_eq!(linked.job.follow_up_of, Some(JOB));
    first.data.client = Id::new(51);
    let Err(Refusal::Invalid(issues)) = create(
        request(),
        CreateFacts {
            follow_up_of: Some(first),
            ..facts()
        },
    ) else {
        panic!()
    };
    assert_eq!(issues.0[0].field, "suite_de_id");
}

#[test]
fn a_technician_given_at_once_passes_the_guards_of_an_assignment() {
    let with = |change: fn(&mut CreateFacts)| {
        let mut facts = CreateFacts {
            assignee: Some(build::assignee(AMAL, Availability::OnLeave)),
            ..facts()
        };
        change(&mut facts);
        create(request(), facts)
    };
    let creation = with(|_| ()).unwrap();
    assert_eq!(
        (creation.job.technician, creation.job.assigned_at),
        (Some(AMAL), Some(build::now()))
    );
    let plan = creation.plan(JOB).unwrap();
    assert_eq!(
        plan.events,
        [
            Event::InterventionCreated { id: JOB },
            Event::InterventionAssigned {
                id: JOB,
                technician: Some(AMAL),
                previous: None
            }
        ]
    );
    assert_eq!(plan.history.action.code(), "creation", "one entry, not two");
    let inactive = with(|f| f.assignee.as_mut().unwrap().is_active = false).unwrap_err();
    assert_eq!(inactive.code(), "TECHNICIAN_INACTIVE");
    let unskilled = with(|f| f.equipment.data.required_skills = vec![build::wanted(9, SkillLevel::Beginner)])
        .unwrap_err();
    assert_eq!(unskilled.code(), "SKILL_MISSING");
}

#[test]
fn a_failure_declared_with_the_job_opens_and_is_linked() {
    let plan = create(
        Create {
            failure: true,
            ..request()
        },
        facts(),
    )
    .unwrap()
    .plan(JOB)
    .unwrap();
    let equipment = plan.equipment.unwrap();
    assert_eq!(
        equipment.steps,
        [(EquipmentStatus::Operational, EquipmentStatus::Down)]
    );
    let [
        Effect::OpenFailure {
            failure,
            link_job: true,
        },
        Effect::OpenDowntime(stop),
    ] = &equipment.effects[..]
    else {
        panic!("{:?}", equipment.effects)
    };
    assert_eq!(
        (failure.origin, failure.intervention),
        (FailureOrigin::WithJob, Some(JOB))
    );
    assert_eq!(
        (stop.status, stop.intervention, stop.planned),
        (EquipmentStatus::Down, Some(JOB), false)
    );
    assert!(plan.events.contains(&Event::EquipmentDown {
        id: PUMP,
        job: Some(JOB)
    }));
}

#[test]
fn a_failure_that_is_open_already_is_linked_to() {
    let mut facts = facts();
    facts.equipment.data.status = EquipmentStatus::Down;
    facts.situation.failure = Some(build::failure());
    let creation = create(
        Create {
            failure: true,
            ..request()
        },
        facts.clone(),
    )
    .unwrap();
    assert_eq!(creation.job.failure, Some(build::failure().0));
    let plan = creation.plan(JOB).unwrap();
    assert_eq!((plan.equipment, plan.events.len()), (None, 1));
    let other = create(request(), facts).unwrap();
    assert_eq!(other.job.failure, None, "not declared with this job");
}

#[test]
fn a_failure_declared_during_maintenance_shows_later() {
    let mut facts = facts();
    facts.equipment.data.status = EquipmentStatus::InMaintenance;
    facts.situation.holders = vec![Holder::Manual];
    let plan = create(
        Create {
            failure: true,
            ..request()
        },
        facts,
    )
    .unwrap()
    .plan(JOB)
    .unwrap();
    let equipment = plan.equipment.unwrap();
    assert_eq!((equipment.steps.len(), equipment.effects.len()), (0, 1));
    assert!(plan.events.contains(&Event::EquipmentDown {
        id: PUMP,
        job: Some(JOB)
    }));
}
