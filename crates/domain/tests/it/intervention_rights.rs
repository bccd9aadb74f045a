//! Who may do what to a job, in which state.

use domain::Id;
use domain::equipment::EquipmentStatus;
use domain::intervention::edit::edit_rights;
use domain::intervention::machine::{Surroundings, actions_for, decide, decide_command};
use domain::intervention::{Action, Intervention, Origin, Outcome, Status};
use domain::policy::{Actor, Decision, Role, Target};

use crate::build::{self, AMAL, OWNER, YOUSSEF};

pub fn actor(role: Role) -> Actor {
    Actor {
        user: Id::new(900),
        roles: vec![role],
        technician: (role == Role::Technician).then_some(AMAL),
        clients: if role == Role::Client { vec![OWNER] } else { vec![] },
        teams: vec![],
    }
}

/// A technician who could begin, and an equipment in service.
const READY: Surroundings = Surroundings {
    technician_free: true,
    equipment: EquipmentStatus::Operational,
};

fn target(job: &Intervention) -> Target {
    Target {
        client: Some(job.client),
        technician: job.technician,
        ..Target::default()
    }
}

#[test]
fn what_each_role_may_do_in_each_state() {
    use Action::{Archive, Assign, Cancel, Close, Hold, Resume, Start, Unassign};
    let open = vec![Assign, Unassign, Start, Cancel];
    let running = vec![Assign, Hold, Close, Cancel];
    let waiting = vec![Assign, Resume, Cancel];
    let expected = [
        (
            Role::Admin,
            [
                open.clone(),
                running.clone(),
                waiting.clone(),
                vec![Archive],
                vec![Archive],
            ],
        ),
        (
            Role::Manager,
            [open, running, waiting, vec![Archive], vec![Archive]],
        ),
        (
            Role::Technician,
            [vec![Start], vec![Hold, Close], vec![Resume], vec![], vec![]],
        ),
        (Role::Client, [vec![], vec![], vec![], vec![], vec![]]),
    ];
    let states = [
        Status::Open,
        Status::InProgress,
        Status::OnHold,
        Status::Closed,
        Status::Cancelled,
    ];
    for (role, by_state) in expected {
        for (status, actions) in states.into_iter().zip(by_state) {
            let job = build::job(status);
            assert_eq!(
                actions_for(&actor(role), &job, READY, &target(&job)),
                actions,
                "{role:?} {status:?}"
            );
        }
    }
}

#[test]
fn a_client_cancels_an_own_request_while_nobody_has_taken_it() {
    let mut job = build::job(Status::Open);
    job.data.origin = Origin::Portal;
    let own = actor(Role::Client);
    assert_eq!(
        decide(&own, Action::Cancel, &job, &target(&job)),
        Decision::Denied,
        "assigned"
    );
    job.data.technician = None;
    assert_eq!(
        decide(&own, Action::Cancel, &job, &target(&job)),
        Decision::Allowed
    );
    assert_eq!(actions_for(&own, &job, READY, &target(&job)), [Action::Cancel]);
    let stranger = Actor {
        clients: vec![Id::new(51)],
        ..own.clone()
    };
    assert_eq!(
        decide(&stranger, Action::Cancel, &job, &target(&job)),
        Decision::Hidden
    );
    job.data.status = Status::OnHold;
    assert_eq!(
        decide(&own, Action::Cancel, &job, &target(&job)),
        Decision::Denied,
        "begun"
    );
}

#[test]
fn what_the_company_opened_is_not_the_clients_to_change_even_while_nobody_has_taken_it() {
    let own = actor(Role::Client);
    for origin in [Origin::Internal, Origin::Plan, Origin::Alert] {
        let mut job = build::job(Status::Open);
        job.data.technician = None;
        job.data.origin = origin;
        let target = target(&job);
        assert_eq!(
            decide(&own, Action::Cancel, &job, &target),
            Decision::Denied,
            "{origin:?}"
        );
        assert_eq!(actions_for(&own, &job, READY, &target), [], "{origin:?}");
        assert_eq!(edit_rights(&own, &job, &target), [], "{origin:?}");
    }
}

#[test]
fn work_is_offered_only_to_a_free_technician_on_an_equipment_in_service() {
    let busy = Surroundings {
        technician_free: false,
        ..READY
    };
    let retired = Surroundings {
        equipment: EquipmentStatus::Decommissioned,
        ..READY
    };
    for (status, work) in [(Status::Open, Action::Start), (Status::OnHold, Action::Resume)] {
        let job = build::job(status);
        for (around, offered) in [(READY, true), (busy, false), (retired, false)] {
            for role in [Role::Manager, Role::Technician] {
                let actions = actions_for(&actor(role), &job, around, &target(&job));
                assert_eq!(actions.contains(&work), offered, "{role:?} {status:?} {around:?}");
            }
        }
    }
}

#[test]
fn an_unassigned_job_can_neither_be_started_nor_unassigned() {
    let mut job = build::job(Status::Open);
    job.data.technician = None;
    assert_eq!(
        actions_for(&actor(Role::Manager), &job, READY, &target(&job)),
        [Action::Assign, Action::Cancel]
    );
}

#[test]
fn an_archived_job_offers_nothing() {
    let mut job = build::job(Status::Closed);
    job.data.archived_at = Some(build::now());
    assert!(actions_for(&actor(Role::Admin), &job, READY, &target(&job)).is_empty());
}

#[test]
fn a_job_that_is_not_theirs_does_not_exist_for_a_technician() {
    let mut job = build::job(Status::Open);
    job.data.technician = Some(YOUSSEF);
    assert_eq!(
        decide(&actor(Role::Technician), Action::Start, &job, &target(&job)),
        Decision::Hidden
    );
}

#[test]
fn a_technician_cannot_decommission_by_closing() {
    let job = build::job(Status::InProgress);
    let technician = actor(Role::Technician);
    let by = |outcome| decide_command(&technician, &build::close(outcome), &job, &target(&job));
    assert_eq!(by(Some(Outcome::Decommissioned)), Decision::Denied);
    assert_eq!(by(Some(Outcome::Down)), Decision::Allowed);
    let retire = build::close(Some(Outcome::Decommissioned));
    assert_eq!(
        decide_command(&actor(Role::Manager), &retire, &job, &target(&job)),
        Decision::Allowed
    );
}
