//! Which data of a job may change, when, by whom; and the rating.

use domain::equipment::{Equipment, EquipmentStatus};
use domain::event::Event;
use domain::intervention::edit::{
    EditFacts, EditRefusal, EditRight, edit, edit_rights, not_for_requests, rate,
};
use domain::intervention::rules::urgent_after;
use domain::intervention::{Intervention, Kind, Origin, Outcome, Priority, Status};
use domain::policy::{Actor, Role, Target};
use domain::skill::SkillLevel;
use domain::technician::Availability;
use domain::text::IssueCode;
use domain::{Id, Record, Vocab};

use crate::build::{self, AMAL, YOUSSEF};
use crate::intervention_rights::actor;

type Change = (&'static str, fn(&mut Intervention));

const CHANGES: &[Change] = &[
    ("equipement_id", |j| j.equipment = Id::new(11)),
    ("titre", |j| j.title = "Autre titre".into()),
    ("description", |j| j.description = "Une autre description.".into()),
    ("type", |j| j.kind = Kind::Curative),
    ("priorite", |j| j.priority = Priority::High),
    ("est_urgente", |j| j.urgent = true),
    ("date_prevue", |j| j.planned_at = Some(build::now())),
    ("duree_estimee_minutes", |j| j.estimated_minutes = 90),
    ("competences_requises", |j| {
        j.required_skills = vec![build::wanted(3, SkillLevel::Expert)]
    }),
    ("contrat_id", |j| j.contract = Some(4)),
    ("suite_de_id", |j| j.follow_up_of = Some(Id::new(4))),
    ("diagnostic", |j| j.closing.diagnosis = Some("Joint usé".into())),
    ("compte_rendu", |j| {
        j.closing.report = Some("Joint remplacé".into())
    }),
    ("mode_defaillance", |j| {
        j.closing.failure_mode = Some("FUI".into())
    }),
    ("mecanisme_defaillance", |j| {
        j.closing.failure_mechanism = Some("USU".into())
    }),
    ("cause_defaillance", |j| {
        j.closing.failure_cause = Some("LUB".into())
    }),
    ("technicien_id", |j| j.technician = Some(YOUSSEF)),
    ("client_id", |j| j.client = Id::new(51)),
    ("site_id", |j| j.site = None),
    ("statut", |j| j.status = Status::Closed),
    ("statut", |j| j.status = Status::Cancelled),
    ("numero", |j| j.number = "INT-2026-00043".into()),
    ("demandeur_id", |j| j.requester = None),
    ("origine", |j| j.origin = Origin::Plan),
    ("date_creation", |j| {
        j.opened_at = build::at("2020-01-01T00:00:00Z")
    }),
    ("date_affectation", |j| j.assigned_at = None),
    ("date_debut", |j| {
        j.started_at = Some(build::at("2020-01-01T00:00:00Z"))
    }),
    ("date_fin", |j| {
        j.finished_at = Some(build::at("2020-01-01T00:00:00Z"))
    }),
    ("equipement_rendu", |j| {
        j.equipment_returned = !j.equipment_returned
    }),
    ("archived_at", |j| {
        j.archived_at = Some(build::at("2020-01-01T00:00:00Z"))
    }),
    ("panne_id", |j| j.failure = Some(Id::new(3))),
    ("resultat", |j| j.closing.outcome = Some(Outcome::Down)),
    ("motif_annulation", |j| j.closing.cancel_reason = Some("x".into())),
    ("satisfaction", |j| j.closing.satisfaction = Some(5)),
    ("commentaire_client", |j| {
        j.closing.client_comment = Some("x".into())
    }),
    ("satisfaction_le", |j| j.closing.rated_at = Some(build::now())),
];

/// An edit that nothing around the job is read for.
fn alone() -> EditFacts {
    EditFacts {
        equipment: None,
        assignee: None,
        now: build::now(),
    }
}

/// An edit that leaves the job on, or moves it to, this equipment, for the assigned technician.
fn on(equipment: Record<Equipment>) -> EditFacts {
    EditFacts {
        equipment: Some(equipment),
        assignee: Some(build::assignee(AMAL, Availability::Available)),
        now: build::now(),
    }
}

fn verdict(before: &Intervention, change: &Change, rights: &[EditRight]) -> String {
    let mut after = before.clone();
    change.1(&mut after);
    let mut other = build::equipment(EquipmentStatus::Operational);
    other.id = Id::new(11);
    if after == *before {
        return "same".into();
    }
    match edit(before, after, rights, &on(other)) {
        Ok(edit) => {
            let entry = edit.history(build::JOB, None, build::now());
            assert!(
                entry.changes.iter().any(|c| c.field == change.0),
                "{} is in the history",
                change.0
            );
            "yes".into()
        }
        Err(EditRefusal::Invalid(issues)) => {
            assert!(
                issues.0.iter().all(|i| i.code == IssueCode::ReadOnly),
                "{issues:?}"
            );
            assert_eq!(issues.0[0].field, change.0);
            "422 READ_ONLY".into()
        }
        Err(EditRefusal::Forbidden { fields }) => {
            assert_eq!(fields, [change.0]);
            "403".into()
        }
        Err(EditRefusal::Frozen { fields, .. }) => {
            assert_eq!(fields, [change.0]);
            "409".into()
        }
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn field_by_state_and_right() {
    let mut states: Vec<(&str, Intervention)> = vec![
        ("ouverte", build::job(Status::Open).data),
        ("en_cours", build::job(Status::InProgress).data),
        ("en_attente", build::job(Status::OnHold).data),
        ("cloturee", build::job(Status::Closed).data),
        ("annulee", build::job(Status::Cancelled).data),
        ("archivee", build::job(Status::Closed).data),
    ];
    states[5].1.archived_at = Some(build::now());
    let mut out = String::new();
    for right in [EditRight::Manage, EditRight::Document, EditRight::Request] {
        out.push_str(&format!("\n== {right:?}\n{:<24}", "field"));
        for (name, _) in &states {
            out.push_str(&format!("{name:<15}"));
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        for change in CHANGES {
            out.push_str(&format!("{:<24}", change.0));
            for (_, job) in &states {
                out.push_str(&format!("{:<15}", verdict(job, change, &[right])));
            }
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn rights_follow_the_role_and_the_job() {
    let mut job = build::job(Status::Open);
    let rights = |actor: &Actor, job: &Intervention| {
        let target = Target {
            client: Some(job.client),
            technician: job.technician,
            ..Target::default()
        };
        edit_rights(actor, job, &target)
    };
    assert_eq!(
        rights(&actor(Role::Manager), &job),
        [EditRight::Manage, EditRight::Document]
    );
    assert_eq!(rights(&actor(Role::Technician), &job), [EditRight::Document]);
    assert_eq!(rights(&actor(Role::Client), &job), [], "somebody has taken it");
    job.data.technician = None;
    assert_eq!(rights(&actor(Role::Technician), &job), []);
    job.data.origin = Origin::Portal;
    assert_eq!(rights(&actor(Role::Client), &job), [EditRight::Request]);
    job.data.status = Status::Cancelled;
    assert_eq!(rights(&actor(Role::Client), &job), []);
    job.data.client = Id::new(51);
    job.data.status = Status::Open;
    assert_eq!(rights(&actor(Role::Client), &job), []);
}

#[test]
fn nothing_changed_is_nothing_to_write_even_on_an_archived_job() {
    let mut job = build::job(Status::Cancelled).data;
    job.archived_at = Some(build::now());
    let same = edit(&job, job.clone(), &[], &alone()).unwrap();
    assert!(same.changes.is_empty());
}

#[test]
fn a_critical_job_is_made_urgent() {
    let before = build::job(Status::Open).data;
    let after = Intervention {
        priority: Priority::Critical,
        ..before.clone()
    };
    let edit = edit(&before, after, &[EditRight::Manage], &alone()).unwrap();
    assert!(edit.job.urgent);
    assert_eq!(
        edit.changes.iter().map(|c| c.field).collect::<Vec<_>>(),
        ["priorite", "est_urgente"]
    );
}

#[test]
fn bounds_are_checked() {
    let before = build::job(Status::Open).data;
    for (change, field, code) in [
        (
            (|j| j.title = String::new()) as fn(&mut Intervention),
            "titre",
            IssueCode::Required,
        ),
        (|j| j.title = "é".repeat(256), "titre", IssueCode::TooLong),
        (
            |j| j.description = "x".repeat(9),
            "description",
            IssueCode::TooShort,
        ),
        (
            |j| j.description = "x".repeat(2001),
            "description",
            IssueCode::TooLong,
        ),
        (
            |j| j.estimated_minutes = 0,
            "duree_estimee_minutes",
            IssueCode::OutOfRange,
        ),
        (
            |j| j.closing.diagnosis = Some("x".repeat(10_001)),
            "diagnostic",
            IssueCode::TooLong,
        ),
        (
            |j| j.closing.report = Some("x".repeat(10_001)),
            "compte_rendu",
            IssueCode::TooLong,
        ),
        (
            |j| j.closing.failure_mode = Some("x".repeat(51)),
            "mode_defaillance",
            IssueCode::TooLong,
        ),
    ] {
        let mut after = before.clone();
        change(&mut after);
        let Err(EditRefusal::Invalid(issues)) = edit(&before, after, &[EditRight::Manage], &alone()) else {
            panic!("{field}")
        };
        assert_eq!((issues.0[0].field.as_str(), issues.0[0].code), (field, code));
    }
    for (title, description) in [("é".repeat(255), "x".repeat(2000)), ("x".into(), "x".repeat(10))] {
        let after = Intervention {
            title,
            description,
            ..before.clone()
        };
        assert!(edit(&before, after, &[EditRight::Manage], &alone()).is_ok());
    }
}

#[test]
fn another_equipment_brings_its_site_and_must_be_the_clients_and_in_service() {
    let mut before = build::job(Status::Open).data;
    let after = Intervention {
        equipment: Id::new(11),
        ..before.clone()
    };
    let mut other = build::equipment(EquipmentStatus::Operational);
    other.id = Id::new(11);
    other.data.site = Some(Id::new(61));
    let manage = &[EditRight::Manage];
    let moved = edit(&before, after.clone(), manage, &on(other.clone()))
        .unwrap()
        .job;
    assert_eq!(moved.site, Some(Id::new(61)));

    let field = |result: Result<_, EditRefusal>| match result {
        Err(EditRefusal::Invalid(issues)) => (issues.0[0].field.clone(), issues.0[0].code),
        other => panic!("{other:?}"),
    };
    let unknown = field(edit(&before, after.clone(), manage, &alone()).map(|_| ()));
    assert_eq!(unknown, ("equipement_id".into(), IssueCode::UnknownReference));
    let mut foreign = other.clone();
    foreign.data.client = Id::new(51);
    let theirs = field(edit(&before, after.clone(), manage, &on(foreign)).map(|_| ()));
    assert_eq!(theirs, ("equipement_id".into(), IssueCode::Inconsistent));
    let mut retired = other.clone();
    retired.data.status = EquipmentStatus::Decommissioned;
    assert_eq!(
        edit(&before, after.clone(), manage, &on(retired)).unwrap_err(),
        EditRefusal::EquipmentOutOfService
    );

    // What was declared with the job is true of the first equipment, which nothing has repaired.
    before.failure = Some(Id::new(7));
    let after = Intervention {
        failure: before.failure,
        ..after
    };
    assert_eq!(
        edit(&before, after, manage, &on(other)).unwrap_err(),
        EditRefusal::AboutFailure { failure: Id::new(7) }
    );
}

#[test]
fn who_is_assigned_must_master_what_an_edit_asks_for() {
    let until = Some(jiff::civil::date(2026, 11, 30));
    let able = |equipment: Record<Equipment>| {
        let mut facts = on(equipment);
        if let Some(amal) = &mut facts.assignee {
            amal.record.data.skills = vec![build::held(3, SkillLevel::Expert, until)];
        }
        facts
    };
    let pump = || build::equipment(EquipmentStatus::Operational);
    let wanting = |skill: i64, mut on: Record<Equipment>| {
        on.data.required_skills = vec![build::wanted(skill, SkillLevel::Beginner)];
        on
    };
    let manage = &[EditRight::Manage];
    let mut other = pump();
    other.id = Id::new(11);
    let verdict = |status: Status, change: fn(&mut Intervention), facts: EditFacts| {
        let before = build::job(status).data;
        let mut after = before.clone();
        change(&mut after);
        match edit(&before, after, manage, &facts) {
            Ok(_) => Vec::new(),
            Err(EditRefusal::SkillMissing { technician, missing }) => {
                assert_eq!(technician, AMAL);
                missing.iter().map(|m| m.skill.get()).collect()
            }
            Err(other) => panic!("{other:?}"),
        }
    };
    let asks_three: fn(&mut Intervention) =
        |j| j.required_skills = vec![build::wanted(3, SkillLevel::Expert)];
    let asks_four: fn(&mut Intervention) =
        |j| j.required_skills = vec![build::wanted(4, SkillLevel::Beginner)];
    let moves: fn(&mut Intervention) = |j| j.equipment = Id::new(11);
    let in_time: fn(&mut Intervention) = |j| j.planned_at = Some(build::at("2026-11-30T10:00:00Z"));
    let too_late: fn(&mut Intervention) = |j| j.planned_at = Some(build::at("2026-12-01T10:00:00Z"));
    for status in [Status::Open, Status::OnHold] {
        assert_eq!(verdict(status, asks_three, able(pump())), [0; 0]);
        assert_eq!(verdict(status, asks_four, able(pump())), [4]);
        assert_eq!(verdict(status, in_time, able(wanting(3, pump()))), [0; 0]);
        assert_eq!(
            verdict(status, too_late, able(wanting(3, pump()))),
            [3],
            "expired by then"
        );
        let words: fn(&mut Intervention) = |j| j.title = "Autre".into();
        assert_eq!(
            verdict(status, words, able(wanting(4, pump()))),
            [0; 0],
            "nothing else is asked for"
        );
    }
    assert_eq!(
        verdict(Status::Open, moves, able(wanting(3, other.clone()))),
        [0; 0]
    );
    assert_eq!(verdict(Status::Open, moves, able(wanting(4, other))), [4]);
    assert_eq!(
        verdict(Status::InProgress, asks_four, able(pump())),
        [0; 0],
        "begun as it was"
    );
}

#[test]
fn urgency_that_came_with_a_critical_priority_goes_with_it() {
    let urgent = |priority: Priority, urgent: bool, to: Priority, asked: Option<bool>| {
        let before = Intervention {
            priority,
            urgent,
            ..build::job(Status::Open).data
        };
        urgent_after(&before, to, asked)
    };
    use Priority::{Critical, High, Normal};
    assert!(!urgent(Critical, true, Normal, None));
    assert!(urgent(Critical, true, Normal, Some(true)));
    assert!(urgent(Critical, true, Critical, None) && urgent(Critical, true, Critical, Some(false)));
    assert!(urgent(High, true, Normal, None), "somebody asked for it");
    assert!(!urgent(High, true, Normal, Some(false)) && !urgent(High, false, Normal, None));
    assert!(urgent(Normal, false, Critical, None));
}

#[test]
fn of_an_own_request_a_client_changes_the_words_alone() {
    assert_eq!(
        not_for_requests(["titre", "description", "diagnostic"]),
        ["titre", "diagnostic"]
    );
}

#[test]
fn a_new_date_is_a_rescheduling_and_the_rest_a_comment() {
    let before = build::job(Status::Open).data;
    let kind = |after: Intervention| {
        let edit = edit(&before, after, &[EditRight::Manage], &alone()).unwrap();
        edit.history(build::JOB, None, build::now()).action.code()
    };
    assert_eq!(
        kind(Intervention {
            planned_at: Some(build::now()),
            ..before.clone()
        }),
        "replanification"
    );
    assert_eq!(
        kind(Intervention {
            title: "Autre".into(),
            ..before.clone()
        }),
        "commentaire"
    );
}

#[test]
fn a_new_date_is_an_event_while_somebody_is_still_to_go_there() {
    for (status, told) in [
        (Status::Open, true),
        (Status::OnHold, true),
        (Status::InProgress, false),
    ] {
        let before = build::job(status).data;
        let planned_at = Some(build::at("2026-12-01T08:00:00Z"));
        let facts = on(build::facts(status).equipment);
        let event = |after: Intervention| {
            let edit = edit(&before, after, &[EditRight::Manage], &facts).unwrap();
            edit.events(build::JOB)
        };
        let moved = Intervention {
            planned_at,
            ..before.clone()
        };
        let expected = Event::InterventionRescheduled {
            id: build::JOB,
            technician: AMAL,
            planned_at,
        };
        assert_eq!(
            event(moved),
            told.then_some(expected).into_iter().collect::<Vec<_>>(),
            "{status:?}"
        );
        let named = Intervention {
            title: "Autre".into(),
            ..before.clone()
        };
        assert_eq!(event(named), [], "{status:?}");
    }
}

#[test]
fn a_job_that_becomes_urgent_or_critical_is_announced() {
    use Priority::{Critical, High, Normal};
    let raised = Event::InterventionRaised { id: build::JOB };
    let moved = Event::InterventionRescheduled {
        id: build::JOB,
        technician: AMAL,
        planned_at: Some(build::now()),
    };
    // Priority and urgency before and after.
    for (before, after, announced) in [
        ((Normal, false), (Critical, true), true),
        ((High, true), (Critical, true), true),
        ((Normal, false), (Normal, true), true),
        ((Normal, false), (High, false), false),
        ((High, true), (Normal, true), false),
        ((Critical, true), (High, true), false),
        ((Critical, true), (Normal, false), false),
        ((Critical, true), (Critical, true), false),
    ] {
        for (planned_at, also) in [(None, vec![]), (Some(build::now()), vec![moved.clone()])] {
            let job = |(priority, urgent), planned_at| Intervention {
                priority,
                urgent,
                planned_at,
                ..build::job(Status::Open).data
            };
            let (stored, wanted) = (job(before, None), job(after, planned_at));
            let edit = edit(&stored, wanted, &[EditRight::Manage], &alone()).unwrap();
            let mut expected = also;
            expected.extend(announced.then(|| raised.clone()));
            assert_eq!(edit.events(build::JOB), expected, "{before:?} → {after:?}");
        }
    }
}

#[test]
fn a_closed_job_is_rated_once_between_one_and_five() {
    let closed = build::job(Status::Closed).data;
    let rated = rate(&closed, 4, Some("Rapide".into()), build::now()).unwrap();
    assert_eq!(
        (rated.job.closing.satisfaction, rated.job.closing.rated_at),
        (Some(4), Some(build::now()))
    );
    assert_eq!(
        rate(&rated.job, 5, None, build::now()).unwrap_err(),
        EditRefusal::AlreadyRated
    );
    for out in [0, 6, -1] {
        assert_eq!(
            rate(&closed, out, None, build::now()).unwrap_err().code(),
            "VALIDATION_ERROR"
        );
    }
    for status in [
        Status::Open,
        Status::InProgress,
        Status::OnHold,
        Status::Cancelled,
    ] {
        let job = build::job(status).data;
        assert_eq!(
            rate(&job, 4, None, build::now()).unwrap_err(),
            EditRefusal::NotClosed
        );
    }
    let archived = Intervention {
        archived_at: Some(build::now()),
        ..closed
    };
    assert_eq!(
        rate(&archived, 4, None, build::now()).unwrap_err().code(),
        "READ_ONLY_STATE"
    );
}
