//! The availability of a technician.

use domain::Vocab;
use domain::event::Event;
use domain::intervention::machine::Wait;
use domain::intervention::{Status, WaitReason};
use domain::technician::Availability;
use domain::technician::machine::{
    Action, Command, Facts, Refusal, TRANSITIONS, Trigger, allowed, apply, begin_absence, end_absence,
    may_deactivate, occupy, release, target,
};

use crate::build::{self, AMAL, JOB, OTHER_JOB};
use Availability::{Available, Busy, InTraining, OnLeave, Unavailable};

fn facts(availability: Availability) -> Facts {
    Facts {
        technician: build::technician(AMAL, availability),
        running: (availability == Busy).then(|| build::facts(Status::InProgress)),
        open_jobs: vec![OTHER_JOB],
        now: build::now(),
    }
}

fn command(action: Action) -> Command {
    Command { action, reason: None }
}

#[test]
fn state_by_action() {
    let mut out = String::new();
    let states = Availability::all().iter().map(|&from| (from, None));
    let waiting = [OnLeave, InTraining, Unavailable].map(|absence| (Busy, Some(absence)));
    for (from, pending) in states.chain(waiting) {
        let then = pending.map_or(String::new(), |absence| format!(", then {}", absence.code()));
        out.push_str(&format!("\n== {}{then}\n", from.code()));
        let mut facts = facts(from);
        facts.technician.data.pending_absence = pending;
        for &action in Action::all() {
            let result = match apply(&command(action), &facts) {
                Ok(plan) => {
                    let events: Vec<_> = plan.events.iter().map(Event::kind).collect();
                    let job = plan.job.map_or("", |_| ", its job waits");
                    let then = plan
                        .technician
                        .pending_absence
                        .map_or(String::new(), |absence| format!(", then {}", absence.code()));
                    format!(
                        "→ {}{then}{job}, {} to reassign [{}]",
                        plan.technician.availability.code(),
                        plan.to_reassign.len(),
                        events.join(", ")
                    )
                }
                Err(Refusal::InvalidTransition { allowed, .. }) => {
                    let codes: Vec<_> = allowed.iter().map(|a| a.code()).collect();
                    format!("INVALID_TRANSITION, possible: [{}]", codes.join(", "))
                }
                Err(refusal) => refusal.code().to_owned(),
            };
            out.push_str(&format!("  {}: {result}\n", action.code()));
        }
        let technician = facts.technician;
        let path = |change: Option<domain::technician::machine::TechnicianChange>| {
            change.map_or("not possible", |c| c.after.availability.code())
        };
        out.push_str(&format!("  (job starts): {}\n", path(occupy(&technician))));
        out.push_str(&format!("  (job ends): {}\n", path(release(&technician))));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn the_transitions_are_exactly_those_ten() {
    let listed: Vec<_> = TRANSITIONS.iter().map(|t| (t.from, t.to)).collect();
    let specified = [
        (Available, Busy),
        (Available, OnLeave),
        (Available, InTraining),
        (Available, Unavailable),
        (Busy, Available),
        (Busy, Unavailable),
        (OnLeave, Available),
        (InTraining, Available),
        (Unavailable, Available),
        (Unavailable, OnLeave),
    ];
    assert_eq!(listed, specified);
    for t in TRANSITIONS {
        assert_eq!(
            target(t.from, t.trigger),
            Some(t.to),
            "{t:?} is not shadowed by another row"
        );
    }
}

#[test]
fn an_emergency_sends_the_running_job_to_wait_and_lists_the_others() {
    let sick = Command {
        action: Action::DeclareUnavailable,
        reason: Some("Accident".into()),
    };
    let plan = apply(&sick, &facts(Busy)).unwrap();
    assert_eq!(plan.technician.availability, Unavailable);
    assert_eq!(plan.to_reassign, [OTHER_JOB]);
    let job = plan.job.unwrap();
    assert_eq!(job.wait, Some(Wait::Open(WaitReason::TechnicianAway)));
    assert_eq!(
        job.history.details,
        "Mise en attente : technicien indisponible. Accident"
    );
    assert!(job.technicians.is_empty(), "the technician is written once");
    assert!(job.events.is_empty(), "all events are in the outer plan");
    let after = job.job.unwrap();
    assert_eq!(
        (after.status, after.wait_reason),
        (Status::OnHold, Some(WaitReason::TechnicianAway))
    );
    assert_eq!(job.equipment, None, "the equipment stays held");
    assert_eq!(
        plan.events,
        [
            Event::TechnicianAvailabilityChanged {
                id: AMAL,
                from: Busy,
                to: Unavailable
            },
            Event::InterventionStatusChanged {
                id: JOB,
                from: Status::InProgress,
                to: Status::OnHold
            },
        ]
    );
}

#[test]
fn an_emergency_without_a_running_job_touches_no_job() {
    let plan = apply(&command(Action::DeclareUnavailable), &facts(Available)).unwrap();
    assert_eq!((plan.job, plan.to_reassign), (None, vec![OTHER_JOB]));
    let leave = apply(&command(Action::TakeLeave), &facts(Available)).unwrap();
    assert!(leave.to_reassign.is_empty());
}

/// The technician in a job, with what waits for its end.
fn busy_until(pending: Option<Availability>) -> Facts {
    let mut facts = facts(Busy);
    facts.technician.data.pending_absence = pending;
    facts
}

#[test]
fn what_is_asked_for_in_the_middle_of_a_job_waits_for_its_end() {
    use Action::{BecomeAvailable, DeclareUnavailable, TakeLeave, TakeTraining};
    for (pending, action, waits) in [
        (None, TakeLeave, Some(Some(OnLeave))),
        (None, TakeTraining, Some(Some(InTraining))),
        (None, BecomeAvailable, None),
        (Some(OnLeave), TakeLeave, None),
        (Some(OnLeave), TakeTraining, Some(Some(InTraining))),
        (Some(OnLeave), BecomeAvailable, Some(None)),
        (Some(InTraining), TakeLeave, Some(Some(OnLeave))),
        (Some(InTraining), TakeTraining, None),
        (Some(InTraining), BecomeAvailable, Some(None)),
        (Some(Unavailable), TakeLeave, Some(Some(OnLeave))),
        (Some(Unavailable), TakeTraining, Some(Some(InTraining))),
        (Some(Unavailable), BecomeAvailable, Some(None)),
    ] {
        let facts = busy_until(pending);
        let possible = allowed(&facts.technician);
        assert!(possible.contains(&DeclareUnavailable));
        assert_eq!(
            possible.contains(&action),
            waits.is_some(),
            "{pending:?} {action:?}"
        );
        match (apply(&command(action), &facts), waits) {
            (Ok(plan), Some(waits)) => {
                let after = (plan.technician.availability, plan.technician.pending_absence);
                assert_eq!(after, (Busy, waits), "{pending:?} {action:?}");
                assert_eq!((plan.job, plan.to_reassign, plan.events), (None, vec![], vec![]));
            }
            (Err(Refusal::InvalidTransition { allowed, .. }), None) => assert_eq!(allowed, possible),
            (result, _) => panic!("{pending:?} {action:?}: {result:?}"),
        }
    }
}

#[test]
fn the_end_of_the_job_leads_through_free_into_the_leave_that_was_asked_for() {
    for (action, absence) in [(Action::TakeLeave, OnLeave), (Action::TakeTraining, InTraining)] {
        let mut stored = build::technician(AMAL, Busy);
        stored.data = apply(&command(action), &facts(Busy)).unwrap().technician;
        let freed = release(&stored).unwrap();
        assert_eq!(freed.steps, [(Busy, Available), (Available, absence)]);
        assert_eq!(freed.after.pending_absence, None);
    }
}

#[test]
fn who_is_suddenly_away_gives_up_the_absence_that_waited() {
    let facts = busy_until(Some(OnLeave));
    let plan = apply(&command(Action::DeclareUnavailable), &facts).unwrap();
    assert_eq!(
        (plan.technician.availability, plan.technician.pending_absence),
        (Unavailable, None)
    );
}

#[test]
fn a_too_long_reason_is_refused() {
    let endless = Command {
        action: Action::TakeLeave,
        reason: Some("x".repeat(2001)),
    };
    assert_eq!(
        apply(&endless, &facts(Available)).unwrap_err().code(),
        "VALIDATION_ERROR"
    );
}

#[test]
fn an_absence_that_begins_during_a_job_waits_for_its_end() {
    for kind in [OnLeave, InTraining, Unavailable] {
        let busy = build::technician(AMAL, Busy);
        let waiting = begin_absence(&busy, kind).unwrap();
        assert_eq!(
            (waiting.after.availability, waiting.after.pending_absence),
            (Busy, Some(kind))
        );
        assert!(waiting.steps.is_empty());
        let mut stored = busy.clone();
        stored.data = waiting.after;
        assert_eq!(begin_absence(&stored, kind), None, "once");

        let freed = release(&stored).unwrap();
        assert_eq!(
            freed.steps,
            [(Busy, Available), (Available, kind)],
            "through disponible"
        );
        assert_eq!(
            (freed.after.availability, freed.after.pending_absence),
            (kind, None)
        );
        assert_eq!(freed.events().count(), 2);

        let back = end_absence(&stored, kind).unwrap();
        assert_eq!(
            (back.after.availability, back.after.pending_absence),
            (Busy, None),
            "over before the job"
        );
    }
}

#[test]
fn an_absence_moves_a_free_technician_at_once_and_back() {
    let free = build::technician(AMAL, Available);
    let gone = begin_absence(&free, OnLeave).unwrap();
    assert_eq!(gone.steps, [(Available, OnLeave)]);
    let mut stored = free;
    stored.data = gone.after;
    assert_eq!(end_absence(&stored, InTraining), None, "not the one that ended");
    assert_eq!(
        end_absence(&stored, OnLeave).unwrap().steps,
        [(OnLeave, Available)]
    );
    assert_eq!(begin_absence(&stored, InTraining), None, "already away");
    let sick = build::technician(AMAL, Unavailable);
    assert_eq!(
        begin_absence(&sick, OnLeave).unwrap().steps,
        [(Unavailable, OnLeave)]
    );
    for not_an_absence in [Available, Busy] {
        assert_eq!(
            begin_absence(&build::technician(AMAL, Available), not_an_absence),
            None
        );
    }
}

#[test]
fn a_job_takes_only_the_free_and_frees_only_the_busy() {
    for &from in Availability::all() {
        let technician = build::technician(AMAL, from);
        assert_eq!(occupy(&technician).is_some(), from == Available);
        assert_eq!(release(&technician).is_some(), from == Busy);
        assert_eq!(target(from, Trigger::JobStarts).is_some(), from == Available);
    }
}

#[test]
fn nobody_is_deactivated_in_the_middle_of_a_job() {
    assert_eq!(may_deactivate(Some(JOB)), Err(Refusal::RunningJob { job: JOB }));
    assert_eq!(may_deactivate(None), Ok(()));
}
