//! Every guard of a job's actions, one refusal each.

use domain::equipment::machine::Refusal as EquipmentRefusal;
use domain::equipment::{EquipmentStatus, Holder};
use domain::event::Event;
use domain::intervention::machine::{Command, Facts, Refusal, apply};
use domain::intervention::{Outcome, Status};
use domain::skill::SkillLevel;
use domain::technician::Availability;
use domain::text::IssueCode;
use domain::{Id, Vocab};
use jiff::civil::date;

use crate::build::{self, AMAL, OTHER_JOB, YOUSSEF};

fn refused(command: &Command, facts: &Facts) -> Refusal {
    apply(command, facts).expect_err("must be refused")
}

fn issue(command: &Command, facts: &Facts) -> (String, IssueCode) {
    match refused(command, facts) {
        Refusal::Invalid(issues) if issues.0.len() == 1 => (issues.0[0].field.clone(), issues.0[0].code),
        other => panic!("{other:?}"),
    }
}

#[test]
fn work_needs_a_technician_who_is_assigned_active_and_free() {
    for (command, status) in [(build::start(), Status::Open), (build::resume(), Status::OnHold)] {
        let mut facts = build::facts(status);
        facts.job.data.technician = None;
        facts.technician = None;
        assert_eq!(refused(&command, &facts), Refusal::NoTechnician);

        let mut facts = build::facts(status);
        facts.technician.as_mut().unwrap().is_active = false;
        assert_eq!(
            refused(&command, &facts),
            Refusal::TechnicianInactive { technician: AMAL }
        );

        let mut facts = build::facts(status);
        facts.technician = Some(build::assignee(AMAL, Availability::Busy));
        facts.technician.as_mut().unwrap().running_job = Some(OTHER_JOB);
        let busy = Refusal::TechnicianBusy {
            technician: AMAL,
            job: Some(OTHER_JOB),
        };
        assert_eq!(refused(&command, &facts), busy);

        for away in [
            Availability::OnLeave,
            Availability::InTraining,
            Availability::Unavailable,
        ] {
            let mut facts = build::facts(status);
            facts.technician = Some(build::assignee(AMAL, away));
            let expected = Refusal::TechnicianUnavailable {
                technician: AMAL,
                availability: away,
            };
            assert_eq!(refused(&command, &facts), expected);
        }
    }
}

#[test]
fn work_needs_an_equipment_in_service() {
    for (command, status) in [(build::start(), Status::Open), (build::resume(), Status::OnHold)] {
        let mut facts = build::facts(status);
        facts.equipment.data.status = EquipmentStatus::Decommissioned;
        facts.situation.holders.clear();
        assert_eq!(refused(&command, &facts).code(), "EQUIPMENT_OUT_OF_SERVICE");
    }
}

#[test]
fn the_state_is_judged_before_the_guards_and_fields_before_the_state() {
    let mut facts = build::facts(Status::Closed);
    facts.technician = None;
    assert_eq!(refused(&build::start(), &facts).code(), "INVALID_TRANSITION");
    let nothing = Command::Cancel {
        reason: Some("  ".into()),
    };
    assert_eq!(issue(&nothing, &facts), ("motif".into(), IssueCode::Required));
}

#[test]
fn waiting_and_cancelling_need_a_reason() {
    let hold = Command::Hold {
        reason: None,
        equipment_returned: false,
        comment: None,
    };
    assert_eq!(
        issue(&hold, &build::facts(Status::InProgress)),
        ("motif".into(), IssueCode::Required)
    );
    let cancel = Command::Cancel { reason: None };
    assert_eq!(
        issue(&cancel, &build::facts(Status::Open)),
        ("motif".into(), IssueCode::Required)
    );
    let endless = Command::Cancel {
        reason: Some("x".repeat(2001)),
    };
    assert_eq!(
        issue(&endless, &build::facts(Status::Open)),
        ("motif".into(), IssueCode::TooLong)
    );
}

#[test]
fn closing_needs_a_report_of_ten_characters() {
    let with = |report: Option<&str>| {
        Command::Close(domain::intervention::machine::Close {
            report: report.map(String::from),
            ..Default::default()
        })
    };
    let facts = build::facts(Status::InProgress);
    let field = || "compte_rendu".to_owned();
    assert_eq!(issue(&with(None), &facts), (field(), IssueCode::Required));
    assert_eq!(issue(&with(Some("   ")), &facts), (field(), IssueCode::Required));
    assert_eq!(
        issue(&with(Some(" 123456789 ")), &facts),
        (field(), IssueCode::TooShort)
    );
    assert!(apply(&with(Some("1234567890")), &facts).is_ok());
    assert!(
        apply(&with(Some("éééééééééé")), &facts).is_ok(),
        "characters, not bytes"
    );

    let mut written = facts;
    written.job.data.closing.report = Some("Rédigé pendant les travaux.".into());
    let plan = apply(&with(None), &written).unwrap();
    assert_eq!(
        plan.job.unwrap().closing.report.as_deref(),
        Some("Rédigé pendant les travaux.")
    );
    assert_eq!(
        issue(&with(Some("court")), &written),
        (field(), IssueCode::TooShort)
    );
}

#[test]
fn an_open_failure_makes_the_outcome_mandatory() {
    let facts = build::failing(Status::InProgress);
    assert_eq!(
        issue(&build::close(None), &facts),
        ("resultat".into(), IssueCode::Required)
    );
    let without = build::facts(Status::InProgress);
    let job = apply(&build::close(None), &without).unwrap().job.unwrap();
    assert_eq!(job.closing.outcome, Some(Outcome::Operational));
}

#[test]
fn decommissioning_by_a_close_needs_an_equipment_that_nothing_else_needs() {
    let beyond_repair = build::close(Some(Outcome::Decommissioned));
    let mut facts = build::facts(Status::InProgress);
    facts.situation.holders.push(Holder::Job(OTHER_JOB));
    let others = EquipmentRefusal::Held {
        holders: vec![Holder::Job(OTHER_JOB)],
    };
    assert_eq!(refused(&beyond_repair, &facts), Refusal::Equipment(others));

    let mut facts = build::facts(Status::InProgress);
    facts.situation.open_jobs = vec![OTHER_JOB];
    let open = EquipmentRefusal::HasOpenJobs {
        jobs: vec![OTHER_JOB],
    };
    assert_eq!(refused(&beyond_repair, &facts), Refusal::Equipment(open));

    let Command::Close(mut close) = beyond_repair else {
        unreachable!()
    };
    close.cancel_open = true;
    let plan = apply(&Command::Close(close), &facts).unwrap();
    assert_eq!(plan.equipment.unwrap().cancel_jobs, [OTHER_JOB]);
}

#[test]
fn an_assignee_must_be_active() {
    for status in [Status::Open, Status::OnHold, Status::InProgress] {
        let mut facts = build::facts(status);
        facts.candidate.as_mut().unwrap().is_active = false;
        assert_eq!(
            refused(&build::assign(), &facts),
            Refusal::TechnicianInactive { technician: YOUSSEF }
        );
    }
}

#[test]
fn an_assignee_must_master_what_job_and_equipment_ask_for() {
    let mut facts = build::facts(Status::Open);
    facts.job.data.required_skills = vec![build::wanted(1, SkillLevel::Beginner)];
    facts.equipment.data.required_skills = vec![
        build::wanted(1, SkillLevel::Advanced),
        build::wanted(2, SkillLevel::Beginner),
    ];
    let have = |facts: &mut Facts, skills| facts.candidate.as_mut().unwrap().record.data.skills = skills;

    have(&mut facts, vec![build::held(1, SkillLevel::Intermediate, None)]);
    let missing = vec![
        build::wanted(1, SkillLevel::Advanced),
        build::wanted(2, SkillLevel::Beginner),
    ];
    assert_eq!(
        refused(&build::assign(), &facts),
        Refusal::SkillMissing {
            technician: YOUSSEF,
            missing
        }
    );
    have(
        &mut facts,
        vec![
            build::held(1, SkillLevel::Expert, None),
            build::held(2, SkillLevel::Beginner, None),
        ],
    );
    assert!(apply(&build::assign(), &facts).is_ok());
}

#[test]
fn an_expired_certificate_counts_as_absent_on_the_day_of_the_work() {
    let mut facts = build::facts(Status::Open);
    facts.job.data.required_skills = vec![build::wanted(1, SkillLevel::Beginner)];
    let code = |facts: &Facts| {
        apply(&build::assign(), facts)
            .map(|_| "ok")
            .unwrap_or_else(|r| r.code())
    };
    for (until, planned, expected) in [
        (date(2026, 11, 19), None, "SKILL_MISSING"),
        (date(2026, 11, 20), None, "ok"),
        (date(2026, 11, 25), Some("2026-11-26T08:00:00Z"), "SKILL_MISSING"),
        (date(2026, 11, 26), Some("2026-11-26T08:00:00Z"), "ok"),
        // A plan in the past means today.
        (date(2026, 11, 19), Some("2026-11-01T08:00:00Z"), "SKILL_MISSING"),
    ] {
        let skills = vec![build::held(1, SkillLevel::Expert, Some(until))];
        facts.candidate.as_mut().unwrap().record.data.skills = skills;
        facts.job.data.planned_at = planned.map(build::at);
        assert_eq!(code(&facts), expected, "valid until {until}, planned {planned:?}");
    }
}

#[test]
fn a_skill_without_the_certificate_that_it_needs_counts_as_absent() {
    for status in [Status::Open, Status::OnHold, Status::InProgress] {
        let mut facts = build::facts(status);
        facts.job.data.required_skills = vec![build::wanted(1, SkillLevel::Beginner)];
        let candidate = facts.candidate.as_mut().unwrap();
        candidate.record.data.skills = vec![build::held(1, SkillLevel::Expert, None)];
        assert!(apply(&build::assign(), &facts).is_ok(), "needs none");
        facts.candidate.as_mut().unwrap().uncertified = vec![Id::new(1)];
        assert_eq!(
            refused(&build::assign(), &facts),
            Refusal::SkillMissing {
                technician: YOUSSEF,
                missing: vec![build::wanted(1, SkillLevel::Beginner)]
            },
            "{status:?}"
        );
    }
}

#[test]
fn a_running_job_is_done_today_whatever_was_planned() {
    let mut facts = build::facts(Status::InProgress);
    facts.job.data.required_skills = vec![build::wanted(1, SkillLevel::Beginner)];
    facts.job.data.planned_at = Some(build::at("2026-12-24T08:00:00Z"));
    let skills = vec![build::held(1, SkillLevel::Expert, Some(date(2026, 11, 20)))];
    facts.candidate.as_mut().unwrap().record.data.skills = skills;
    assert!(apply(&build::assign(), &facts).is_ok());
}

#[test]
fn an_open_job_may_go_to_somebody_who_is_away_now_but_a_running_one_may_not() {
    for away in [
        Availability::OnLeave,
        Availability::InTraining,
        Availability::Unavailable,
        Availability::Busy,
    ] {
        let mut facts = build::facts(Status::Open);
        facts.candidate = Some(build::assignee(YOUSSEF, away));
        assert!(apply(&build::assign(), &facts).is_ok(), "{away:?}");
        let mut facts = build::facts(Status::InProgress);
        facts.candidate = Some(build::assignee(YOUSSEF, away));
        let code = refused(&build::assign(), &facts).code();
        let expected = if away == Availability::Busy {
            "TECHNICIAN_BUSY"
        } else {
            "TECHNICIAN_UNAVAILABLE"
        };
        assert_eq!(code, expected);
    }
}

#[test]
fn assigning_the_same_technician_again_changes_the_date_or_nothing() {
    let again = |planned: Option<&str>| {
        Command::Assign(domain::intervention::machine::Assign {
            technician: AMAL,
            planned_at: planned.map(build::at),
            estimated_minutes: None,
            comment: None,
        })
    };
    let mut facts = build::facts(Status::Open);
    facts.candidate = facts.technician.clone();
    assert_eq!(
        refused(&again(None), &facts),
        Refusal::AlreadyAssigned { technician: AMAL }
    );
    let plan = apply(&again(Some("2026-12-01T08:00:00Z")), &facts).unwrap();
    assert_eq!(plan.history.action.code(), "replanification");
    let moved = Event::InterventionRescheduled {
        id: facts.job.id,
        technician: AMAL,
        planned_at: Some(build::at("2026-12-01T08:00:00Z")),
    };
    assert_eq!(plan.events, [moved], "who goes there must know");
    assert_eq!(plan.job.unwrap().assigned_at, facts.job.assigned_at);

    let mut working = build::facts(Status::InProgress);
    working.candidate = working.technician.clone();
    let refusal = refused(&again(Some("2026-12-01T08:00:00Z")), &working);
    assert_eq!(refusal, Refusal::AlreadyAssigned { technician: AMAL });
}

#[test]
fn an_unknown_candidate_is_a_wrong_field() {
    let mut facts = build::facts(Status::Open);
    facts.candidate = None;
    assert_eq!(
        issue(&build::assign(), &facts),
        ("technicien_id".into(), IssueCode::UnknownReference)
    );
}

#[test]
fn only_somebody_can_be_taken_off_and_only_before_the_start() {
    let mut facts = build::facts(Status::Open);
    facts.job.data.technician = None;
    facts.technician = None;
    assert_eq!(
        refused(&Command::Unassign { comment: None }, &facts),
        Refusal::NoTechnician
    );
}

#[test]
fn a_job_is_archived_once() {
    let mut facts = build::facts(Status::Closed);
    facts.job.data.archived_at = Some(build::now());
    assert_eq!(refused(&Command::Archive, &facts), Refusal::AlreadyArchived);
    assert_eq!(refused(&build::cancel(), &facts).code(), "INVALID_TRANSITION");
}
