//! The state of an equipment: what follows from what, and what a person may ask for.

use domain::equipment::machine::{
    ACTIONS, Action, Command, Effect, Facts, Refusal, TRANSITIONS, actions_for, allowed, apply, may_become,
    status_of,
};
use domain::equipment::store::Situation;
use domain::equipment::{EquipmentStatus, FailureOrigin, Holder};
use domain::event::Event;
use domain::policy::{Actor, Role, Target};
use domain::text::IssueCode;
use domain::{Id, Vocab};

use crate::build::{self, JOB, OTHER_JOB, PUMP};
use EquipmentStatus::{Decommissioned, Down, InMaintenance, Operational};

fn command(action: Action) -> Command {
    Command {
        action,
        reason: Some("Bruit anormal".into()),
        cancel_open: false,
    }
}

/// Every situation that can be, with a name.
fn situations() -> Vec<(String, Facts)> {
    let mut all = Vec::new();
    let holders = [
        ("", vec![]),
        (" held by hand", vec![Holder::Manual]),
        (" held by a job", vec![Holder::Job(JOB)]),
        (" held by both", vec![Holder::Job(JOB), Holder::Manual]),
    ];
    for retired in [false, true] {
        for failing in [false, true] {
            for (label, holders) in &holders {
                if retired && !holders.is_empty() {
                    continue;
                }
                let status = status_of(holders, failing, retired);
                let failure = if failing { " failing" } else { "" };
                let situation = Situation {
                    holders: holders.clone(),
                    failure: failing.then(build::failure),
                    open_jobs: vec![],
                };
                let facts = Facts {
                    equipment: build::equipment(status),
                    situation,
                    now: build::now(),
                };
                all.push((format!("{}{failure}{label}", status.code()), facts));
            }
        }
    }
    all
}

#[test]
fn state_by_action() {
    let mut out = String::new();
    for (name, facts) in situations() {
        out.push_str(&format!("\n== {name}\n"));
        for &action in Action::all() {
            let result = match apply(&command(action), &facts) {
                Ok(plan) => {
                    let to = plan
                        .equipment
                        .as_ref()
                        .map_or(facts.equipment.status, |e| e.status)
                        .code();
                    let effects: Vec<String> = plan
                        .effects
                        .iter()
                        .map(|e| format!("{e:?}").split([' ', '(', '{']).next().unwrap().to_owned())
                        .collect();
                    let events: Vec<_> = plan.events.iter().map(Event::kind).collect();
                    format!("→ {to} [{}] [{}]", effects.join(", "), events.join(", "))
                }
                Err(Refusal::InvalidTransition { allowed, .. }) => {
                    let codes: Vec<_> = allowed.iter().map(|a| a.code()).collect();
                    format!("INVALID_TRANSITION, possible: [{}]", codes.join(", "))
                }
                Err(refusal) => refusal.code().to_owned(),
            };
            out.push_str(&format!("  {}: {result}\n", action.code()));
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn the_transitions_are_exactly_those_seven() {
    let listed: Vec<_> = TRANSITIONS.iter().map(|t| (t.from, t.to)).collect();
    let specified = [
        (Operational, InMaintenance),
        (Operational, Down),
        (InMaintenance, Operational),
        (InMaintenance, Down),
        (Down, InMaintenance),
        (Down, Decommissioned),
        (Operational, Decommissioned),
    ];
    assert_eq!(listed, specified);
    for &from in EquipmentStatus::all() {
        for &to in EquipmentStatus::all() {
            assert_eq!(
                may_become(from, to),
                specified.contains(&(from, to)),
                "{from:?} → {to:?}"
            );
        }
    }
}

#[test]
fn the_state_follows_from_the_facts() {
    let (none, one): (&[Holder], &[Holder]) = (&[], &[Holder::Manual]);
    for (holders, failing, retired, expected) in [
        (none, false, false, Operational),
        (none, true, false, Down),
        (one, false, false, InMaintenance),
        (one, true, false, InMaintenance),
        (none, false, true, Decommissioned),
        (none, true, true, Decommissioned),
        (one, true, true, Decommissioned),
    ] {
        assert_eq!(status_of(holders, failing, retired), expected);
    }
}

#[test]
fn every_action_takes_only_steps_of_the_table_and_ends_where_the_facts_say() {
    for (name, facts) in situations() {
        for &action in Action::all() {
            let Ok(plan) = apply(&command(action), &facts) else {
                continue;
            };
            let mut at = facts.equipment.status;
            for &(from, to) in &plan.steps {
                assert_eq!(from, at, "{name} {action:?}");
                assert!(may_become(from, to), "{name} {action:?}: {from:?} → {to:?}");
                at = to;
            }
            let end = plan
                .equipment
                .as_ref()
                .map_or(facts.equipment.status, |e| e.status);
            assert_eq!(at, end, "{name} {action:?}");
            assert!(allowed(facts.equipment.status, &facts.situation).contains(&action));
        }
    }
}

#[test]
fn every_action_has_one_rule() {
    for &action in Action::all() {
        assert_eq!(
            ACTIONS.iter().filter(|r| r.action == action).count(),
            1,
            "{action:?}"
        );
    }
}

fn facts(status: EquipmentStatus) -> Facts {
    let situation = Situation {
        holders: if status == InMaintenance {
            vec![Holder::Manual]
        } else {
            vec![]
        },
        failure: (status == Down).then(build::failure),
        open_jobs: vec![],
    };
    Facts {
        equipment: build::equipment(status),
        situation,
        now: build::now(),
    }
}

#[test]
fn a_declared_failure_opens_with_its_stop() {
    let plan = apply(&command(Action::DeclareFailure), &facts(Operational)).unwrap();
    let [
        Effect::OpenFailure {
            failure,
            link_job: false,
        },
        Effect::OpenDowntime(stop),
    ] = &plan.effects[..]
    else {
        panic!("{:?}", plan.effects)
    };
    assert_eq!(
        (failure.origin, failure.opened_at),
        (FailureOrigin::Declared, build::now())
    );
    assert_eq!(failure.description.as_deref(), Some("Bruit anormal"));
    assert_eq!(
        (stop.status, stop.planned, stop.cause.as_deref()),
        (Down, false, Some("Bruit anormal"))
    );
    assert_eq!(plan.events, [Event::EquipmentDown { id: PUMP, job: None }]);
}

#[test]
fn a_failure_declared_while_held_opens_and_leaves_maintenance() {
    let plan = apply(&command(Action::DeclareFailure), &facts(InMaintenance)).unwrap();
    assert_eq!((plan.steps.len(), plan.equipment), (0, None));
    assert!(matches!(&plan.effects[..], [Effect::OpenFailure { .. }]));
}

#[test]
fn declaring_again_links_to_the_open_failure() {
    let plan = apply(&command(Action::DeclareFailure), &facts(Down)).unwrap();
    let linked = Effect::LinkFailure {
        failure: build::failure().0,
        note: Some("Bruit anormal".to_owned()),
    };
    assert_eq!(plan.effects, [linked], "what was seen is kept");
    assert_eq!((plan.events.len(), plan.steps.len()), (0, 0));
}

#[test]
fn a_return_to_service_ends_the_manual_hold_and_nothing_else() {
    let mut facts = facts(InMaintenance);
    let plan = apply(&command(Action::ReturnToService), &facts).unwrap();
    assert_eq!(plan.steps, [(InMaintenance, Operational)]);
    assert_eq!(
        plan.effects,
        [Effect::Release(Holder::Manual), Effect::CloseDowntime]
    );

    facts.situation.failure = Some(build::failure());
    let plan = apply(&command(Action::ReturnToService), &facts).unwrap();
    assert_eq!(plan.steps, [(InMaintenance, Down)], "only a closed job repairs");
    assert!(plan.events.is_empty());

    facts.situation.holders.push(Holder::Job(JOB));
    let plan = apply(&command(Action::ReturnToService), &facts).unwrap();
    assert_eq!(
        (plan.steps.len(), &plan.effects[..]),
        (0, &[Effect::Release(Holder::Manual)][..])
    );

    facts.situation.holders = vec![Holder::Job(JOB)];
    let refusal = apply(&command(Action::ReturnToService), &facts).unwrap_err();
    let expected = Refusal::InvalidTransition {
        from: InMaintenance,
        action: Action::ReturnToService,
        allowed: vec![Action::DeclareFailure],
    };
    assert_eq!(refusal, expected);
}

#[test]
fn a_failed_equipment_never_becomes_operational_at_once() {
    let refusal = apply(&command(Action::ReturnToService), &facts(Down)).unwrap_err();
    assert_eq!(refusal.code(), "INVALID_TRANSITION");
}

#[test]
fn decommissioning_needs_a_reason_and_an_equipment_that_nobody_needs() {
    let retire = |reason: Option<&str>, cancel_open| Command {
        action: Action::Decommission,
        reason: reason.map(String::from),
        cancel_open,
    };
    let field = |refusal| match refusal {
        Refusal::Invalid(issues) => (issues.0[0].field.clone(), issues.0[0].code),
        other => panic!("{other:?}"),
    };
    for nothing in [None, Some(""), Some("  ")] {
        let refusal = apply(&retire(nothing, false), &facts(Operational)).unwrap_err();
        assert_eq!(field(refusal), ("motif".to_owned(), IssueCode::Required));
    }
    let held = apply(&retire(Some("Corrosion"), true), &facts(InMaintenance)).unwrap_err();
    assert_eq!(
        held,
        Refusal::Held {
            holders: vec![Holder::Manual]
        }
    );

    let mut busy = facts(Operational);
    busy.situation.open_jobs = vec![JOB, OTHER_JOB];
    let refusal = apply(&retire(Some("Corrosion"), false), &busy).unwrap_err();
    assert_eq!(
        refusal,
        Refusal::HasOpenJobs {
            jobs: vec![JOB, OTHER_JOB]
        }
    );
    let plan = apply(&retire(Some("Corrosion"), true), &busy).unwrap();
    assert_eq!(plan.cancel_jobs, [JOB, OTHER_JOB]);
    let equipment = plan.equipment.unwrap();
    assert_eq!(
        (equipment.status, equipment.retirement_reason.as_deref()),
        (Decommissioned, Some("Corrosion"))
    );

    let plan = apply(&retire(Some("Corrosion"), false), &facts(Down)).unwrap();
    assert_eq!(
        plan.effects,
        [Effect::CloseDowntime],
        "the failure was never repaired"
    );
}

#[test]
fn a_decommissioned_equipment_stays_so() {
    for &action in Action::all() {
        let refusal = apply(&command(action), &facts(Decommissioned)).unwrap_err();
        let expected = Refusal::InvalidTransition {
            from: Decommissioned,
            action,
            allowed: vec![],
        };
        assert_eq!(refusal, expected);
    }
}

#[test]
fn only_a_decommissioning_cancels_jobs() {
    let wrong = Command {
        cancel_open: true,
        ..command(Action::DeclareFailure)
    };
    assert_eq!(wrong.validate().0[0].field, "annuler_ouvertes");
}

#[test]
fn each_is_offered_what_the_state_allows_and_the_grants_give() {
    let pump = build::equipment(Operational).data;
    let target = Target {
        client: Some(pump.client),
        ..Target::default()
    };
    let who = |role, clients: &[Id<domain::client::Client>]| Actor {
        user: Id::new(900),
        roles: vec![role],
        technician: None,
        clients: clients.to_vec(),
        teams: vec![],
    };
    let offered = |actor: &Actor, status, by_hand| actions_for(actor, status, by_hand, &target);
    let manager = who(Role::Manager, &[]);
    assert_eq!(
        offered(&manager, Operational, false),
        [
            Action::DeclareFailure,
            Action::EnterMaintenance,
            Action::Decommission
        ]
    );
    assert_eq!(
        offered(&manager, InMaintenance, true),
        [Action::DeclareFailure, Action::ReturnToService]
    );
    assert_eq!(
        offered(&manager, InMaintenance, false),
        [Action::DeclareFailure],
        "a job holds it"
    );
    assert!(offered(&manager, Decommissioned, false).is_empty());
    let owner = who(Role::Client, &[pump.client]);
    assert_eq!(offered(&owner, Operational, false), [Action::DeclareFailure]);
    assert!(offered(&who(Role::Client, &[Id::new(9_999)]), Operational, false).is_empty());
}
