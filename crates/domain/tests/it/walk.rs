//! Random sequences of everything that people and jobs can do never break what must always hold.

use std::collections::BTreeMap;

use domain::equipment::machine::{self as equipment_machine, status_of};
use domain::equipment::{EquipmentStatus, Failure, FailureOrigin, Holder};
use domain::event::Event;
use domain::intervention::machine::{Assign, Close, Command, Create};
use domain::intervention::{Kind, Outcome, Status, WaitReason};
use domain::technician::machine::{self as technician_machine, begin_absence, end_absence};
use domain::technician::{Availability, Technician};
use domain::{Id, Record, Vocab};
use jiff::ToSpan;
use proptest::prelude::*;

use crate::build;
use crate::world::{EQUIPMENTS, TECHNICIANS, World};

#[derive(Debug, Clone)]
enum Op {
    Create {
        equipment: i64,
        technician: Option<i64>,
        failure: bool,
        preventive: bool,
    },
    Act {
        job: usize,
        command: Command,
    },
    Declare {
        equipment: i64,
        action: usize,
        cancel_open: bool,
    },
    Be {
        technician: i64,
        action: usize,
    },
    Absence {
        technician: i64,
        kind: Availability,
        begins: bool,
    },
}

impl Op {
    /// Being suddenly away takes the place of whatever was to come.
    fn is_emergency(&self) -> bool {
        use technician_machine::Action;
        matches!(self, Self::Be { action, .. } if Action::all()[*action] == Action::DeclareUnavailable)
    }
}

fn commands() -> impl Strategy<Value = Command> {
    let outcome = prop_oneof![
        1 => Just(None),
        4 => Just(Some(Outcome::Operational)),
        2 => Just(Some(Outcome::Down)),
        1 => Just(Some(Outcome::Decommissioned))
    ];
    prop_oneof![
        3 => (1..=TECHNICIANS).prop_map(|n| Command::Assign(Assign {
            technician: Id::new(n),
            planned_at: None,
            estimated_minutes: None,
            comment: None,
        })),
        1 => Just(Command::Unassign { comment: None }),
        6 => Just(build::start()),
        4 => any::<bool>().prop_map(|equipment_returned| Command::Hold {
            reason: Some(WaitReason::ClientApproval),
            equipment_returned,
            comment: None,
        }),
        4 => Just(build::resume()),
        4 => (outcome, any::<bool>()).prop_map(|(outcome, cancel)| Command::Close(Close {
            report: Some("Travaux terminés.".into()),
            outcome,
            cancel_open: cancel && outcome == Some(Outcome::Decommissioned),
            ..Close::default()
        })),
        2 => Just(build::cancel()),
        1 => Just(Command::Archive),
    ]
}

fn ops() -> impl Strategy<Value = Op> {
    let technician = prop_oneof![1 => Just(None), 3 => (1..=TECHNICIANS).prop_map(Some)];
    let absences = [
        Availability::OnLeave,
        Availability::InTraining,
        Availability::Unavailable,
    ];
    prop_oneof![
        3 => (1..=EQUIPMENTS, technician, any::<bool>(), any::<bool>()).prop_map(
            |(equipment, technician, failure, preventive)| Op::Create { equipment, technician, failure, preventive }
        ),
        8 => (0..12_usize, commands()).prop_map(|(job, command)| Op::Act { job, command }),
        2 => (1..=EQUIPMENTS, 0..4_usize, any::<bool>())
            .prop_map(|(equipment, action, cancel_open)| Op::Declare { equipment, action, cancel_open }),
        2 => (1..=TECHNICIANS, 0..4_usize).prop_map(|(technician, action)| Op::Be { technician, action }),
        1 => (1..=TECHNICIANS, 0..3_usize, any::<bool>()).prop_map(move |(technician, kind, begins)| Op::Absence {
            technician,
            kind: absences[kind],
            begins,
        }),
    ]
}

/// Runs one operation; answers whether it was done, and on which job.
fn run(world: &mut World, op: &Op) -> bool {
    match op {
        Op::Create {
            equipment,
            technician,
            failure,
            preventive,
        } => {
            let mut create = Create::request(Id::new(1), None, "Une description de travail.".into());
            create.failure = *failure;
            create.kind = if *preventive {
                Kind::Preventive
            } else {
                Kind::Corrective
            };
            world.create(create, Id::new(*equipment), technician.map(Id::new))
        }
        Op::Act { job, command } => {
            let Some(id) = world.jobs.keys().nth(job % world.jobs.len().max(1)).copied() else {
                return false;
            };
            world.act(id, command)
        }
        Op::Declare {
            equipment,
            action,
            cancel_open,
        } => {
            let action = equipment_machine::Action::all()[*action];
            let retires = action == equipment_machine::Action::Decommission;
            let reason = Some("Motif".to_owned());
            let command = equipment_machine::Command {
                action,
                reason,
                cancel_open: *cancel_open && retires,
            };
            world.declare(Id::new(*equipment), &command)
        }
        Op::Be { technician, action } => {
            world.be(Id::new(*technician), technician_machine::Action::all()[*action])
        }
        Op::Absence {
            technician,
            kind,
            begins,
        } => {
            let record = &world.technicians[&Id::new(*technician)];
            let change = if *begins {
                begin_absence(record, *kind)
            } else {
                end_absence(record, *kind)
            };
            world.change(change)
        }
    }
}

fn check(world: &World) {
    technicians_are_busy_with_exactly_one_job(world);
    equipment_follows_its_facts(world);
    jobs_hold_what_they_work_on(world);
    let announced = world
        .events
        .iter()
        .filter(|e| matches!(e, Event::EquipmentDown { .. }))
        .count();
    // Found by the close that retires the equipment: still open, and no news.
    let retired = |f: &&Failure| {
        let gone = world.equipments[&f.equipment].status == EquipmentStatus::Decommissioned;
        gone && f.closed_at.is_none() && f.origin == FailureOrigin::AtClosing
    };
    let silent = world.failures.iter().filter(retired).count();
    let opened = world.failures.len();
    assert!(
        announced <= opened && announced + silent >= opened,
        "one event per failure"
    );
    for stop in &world.downtimes {
        assert!(stop.end.is_none_or(|end| end >= stop.start));
    }
}

fn technicians_are_busy_with_exactly_one_job(world: &World) {
    let mut running: BTreeMap<_, usize> = BTreeMap::new();
    for job in world.jobs.values().filter(|j| j.status == Status::InProgress) {
        *running
            .entry(job.technician.expect("a running job has a technician"))
            .or_default() += 1;
    }
    for technician in world.technicians.values() {
        let jobs = running.get(&technician.id).copied().unwrap_or(0);
        let busy = usize::from(technician.availability == Availability::Busy);
        assert_eq!(
            jobs, busy,
            "technician {} is {:?}",
            technician.id, technician.availability
        );
        assert!(
            technician.pending_absence.is_none() || busy == 1,
            "only a job makes an absence wait"
        );
    }
}

/// Who will be away, and how, once the job in progress lets them go.
fn absences_that_wait(world: &World) -> Vec<(Id<Technician>, Availability)> {
    let waiting = |t: &Record<Technician>| Some((t.id, t.pending_absence?));
    world.technicians.values().filter_map(waiting).collect()
}

/// Whoever had an absence to come still works, or is away as they were to be.
fn none_was_lost(world: &World, waiting: &[(Id<Technician>, Availability)]) -> bool {
    waiting.iter().all(|(id, absence)| {
        let now = world.technicians[id].availability;
        now == Availability::Busy || now == *absence
    })
}

fn equipment_follows_its_facts(world: &World) {
    for equipment in world.equipments.values() {
        let situation = world.situation(equipment.id);
        let retired = equipment.status == EquipmentStatus::Decommissioned;
        let expected = status_of(&situation.holders, situation.failure.is_some(), retired);
        assert_eq!(equipment.status, expected);
        assert!(
            !retired || situation.holders.is_empty(),
            "a retired equipment is not held"
        );
        assert!(
            !retired || situation.open_jobs.is_empty(),
            "a retired equipment has no open job"
        );
        let open: Vec<_> = world
            .downtimes
            .iter()
            .filter(|d| d.equipment == equipment.id && d.end.is_none())
            .map(|d| d.status)
            .collect();
        let stopped = matches!(
            equipment.status,
            EquipmentStatus::Down | EquipmentStatus::InMaintenance
        );
        assert_eq!(open, if stopped { vec![equipment.status] } else { vec![] });
    }
}

fn jobs_hold_what_they_work_on(world: &World) {
    for job in world.jobs.values() {
        let holds = world.holders.contains(&(job.equipment, Holder::Job(job.id)));
        let expected = match job.status {
            Status::InProgress => true,
            Status::OnHold => !job.equipment_returned,
            Status::Open | Status::Closed | Status::Cancelled => false,
        };
        assert_eq!(holds, expected, "{} is {:?}", job.number, job.status);
        let waits: Vec<_> = world
            .waits
            .iter()
            .filter(|w| w.0 == job.id && w.2)
            .map(|w| w.1)
            .collect();
        assert_eq!(waits, job.wait_reason.into_iter().collect::<Vec<_>>());
        assert_eq!(job.wait_reason.is_some(), job.status == Status::OnHold);
        assert_eq!(job.finished_at.is_some(), job.status == Status::Closed);
        assert_eq!(job.closing.outcome.is_some(), job.status == Status::Closed);
        assert_eq!(
            job.closing.cancel_reason.is_some(),
            job.status == Status::Cancelled
        );
        assert!(
            !job.equipment_returned || job.status == Status::OnHold,
            "only while it waits"
        );
        assert!(job.finished_at.is_none_or(|end| Some(end) >= job.started_at));
        let over = matches!(job.status, Status::Closed | Status::Cancelled);
        assert!(job.archived_at.is_none() || over);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_anybody_does_breaks_the_rules(script in proptest::collection::vec(ops(), 1..80)) {
        let mut world = World::new();
        for op in &script {
            world.now += 1.minute();
            let before = (world.jobs.clone(), world.history.len());
            let waiting = absences_that_wait(&world);
            let done = run(&mut world, op);
            let changed = world.jobs.iter().filter(|(id, job)| before.0.get(id) != Some(job)).count();
            prop_assert_eq!(world.history.len() - before.1, changed, "one history entry per changed job: {:?}", op);
            prop_assert!(done || changed == 0);
            prop_assert!(op.is_emergency() || none_was_lost(&world, &waiting), "{:?}", op);
            check(&world);
        }
    }
}

/// The walks would prove little if most of what they try were refused.
#[test]
fn the_walks_reach_every_state() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let scripts = proptest::collection::vec(ops(), 60..80);
    let (mut jobs, mut equipment, mut people) = (vec![], vec![], vec![]);
    let mut left_after_a_job = 0;
    for _ in 0..100 {
        let script = scripts.new_tree(&mut runner).unwrap().current();
        let mut world = World::new();
        for op in &script {
            let waiting = absences_that_wait(&world);
            run(&mut world, op);
            let left = |(id, absence): &&(Id<Technician>, Availability)| {
                world.technicians[id].availability == *absence
            };
            left_after_a_job += waiting.iter().filter(left).count();
            jobs.extend(world.jobs.values().map(|j| j.status));
            equipment.extend(world.equipments.values().map(|e| e.status));
            people.extend(world.technicians.values().map(|t| t.availability));
        }
    }
    assert!(Status::all().iter().all(|s| jobs.contains(s)));
    assert!(EquipmentStatus::all().iter().all(|s| equipment.contains(s)));
    assert!(Availability::all().iter().all(|s| people.contains(s)));
    assert!(left_after_a_job > 0, "an absence waits, and begins");
}
