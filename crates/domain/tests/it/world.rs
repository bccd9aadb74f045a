//! A store in memory that executes plans as a unit of work would, with the constraints of the
//! database: what these forbid is a failed test.

use std::collections::{BTreeMap, BTreeSet};

use domain::client::ClientStatus;
use domain::equipment::machine::{self as equipment_machine, Effect};
use domain::equipment::store::Situation;
use domain::equipment::{Downtime, Equipment, EquipmentStatus, Failure, Holder};
use domain::event::Event;
use domain::intervention::history::NewHistory;
use domain::intervention::machine::{
    self as job_machine, Assignee, Command, Create, CreateFacts, Facts, Plan, Wait,
};
use domain::intervention::{Intervention, Status, WaitReason};
use domain::technician::machine::{self as technician_machine, TechnicianChange};
use domain::technician::{Availability, Technician};
use domain::{Id, Record};
use jiff::Timestamp;

use crate::build;

pub const EQUIPMENTS: i64 = 3;
pub const TECHNICIANS: i64 = 3;

pub struct World {
    pub now: Timestamp,
    pub jobs: BTreeMap<Id<Intervention>, Record<Intervention>>,
    pub equipments: BTreeMap<Id<Equipment>, Record<Equipment>>,
    pub technicians: BTreeMap<Id<Technician>, Record<Technician>>,
    pub holders: BTreeSet<(Id<Equipment>, Holder)>,
    pub failures: Vec<Failure>,
    pub downtimes: Vec<Downtime>,
    pub waits: Vec<(Id<Intervention>, WaitReason, bool)>,
    pub history: Vec<NewHistory>,
    pub events: Vec<Event>,
}

impl World {
    pub fn new() -> Self {
        let equipment = |n| {
            let mut record = build::equipment(EquipmentStatus::Operational);
            record.id = Id::new(n);
            (record.id, record)
        };
        let technician = |n| (Id::new(n), build::technician(Id::new(n), Availability::Available));
        Self {
            now: build::now(),
            jobs: BTreeMap::new(),
            equipments: (1..=EQUIPMENTS).map(equipment).collect(),
            technicians: (1..=TECHNICIANS).map(technician).collect(),
            holders: BTreeSet::new(),
            failures: vec![],
            downtimes: vec![],
            waits: vec![],
            history: vec![],
            events: vec![],
        }
    }

    pub fn situation(&self, id: Id<Equipment>) -> Situation {
        let open = |f: &&(usize, &Failure)| f.1.equipment == id && f.1.closed_at.is_none();
        Situation {
            holders: self.holders.iter().filter(|h| h.0 == id).map(|h| h.1).collect(),
            failure: self
                .failures
                .iter()
                .enumerate()
                .collect::<Vec<_>>()
                .iter()
                .find(open)
                .map(|(n, f)| (Id::new(*n as i64), (*f).clone())),
            open_jobs: self
                .jobs
                .values()
                .filter(|j| j.equipment == id && (j.status == Status::Open || j.equipment_returned))
                .map(|j| j.id)
                .collect(),
        }
    }

    fn running(&self, id: Id<Technician>) -> Option<Id<Intervention>> {
        let mut running = self
            .jobs
            .values()
            .filter(|j| j.technician == Some(id) && j.status == Status::InProgress);
        let first = running.next().map(|j| j.id);
        assert!(running.next().is_none(), "uq_interventions_technicien_en_cours");
        first
    }

    fn assignee(&self, id: Id<Technician>) -> Assignee {
        Assignee {
            record: self.technicians[&id].clone(),
            full_name: format!("T{id}"),
            is_active: true,
            running_job: self.running(id),
            uncertified: vec![],
        }
    }

    pub fn facts(&self, id: Id<Intervention>, candidate: Option<Id<Technician>>) -> Facts {
        let job = self.jobs[&id].clone();
        Facts {
            equipment: self.equipments[&job.equipment].clone(),
            situation: self.situation(job.equipment),
            technician: job.technician.map(|t| self.assignee(t)),
            candidate: candidate.map(|t| self.assignee(t)),
            by: None,
            now: self.now,
            job,
        }
    }

    /// Runs a command on a job; `false` when refused.
    pub fn act(&mut self, id: Id<Intervention>, command: &Command) -> bool {
        let candidate = match command {
            Command::Assign(assign) => Some(assign.technician),
            _ => None,
        };
        match job_machine::apply(command, &self.facts(id, candidate)) {
            Ok(plan) => {
                self.execute(id, plan);
                true
            }
            Err(_) => false,
        }
    }

    pub fn create(
        &mut self,
        command: Create,
        equipment: Id<Equipment>,
        assignee: Option<Id<Technician>>,
    ) -> bool {
        let facts = CreateFacts {
            equipment: self.equipments[&equipment].clone(),
            situation: self.situation(equipment),
            client: build::client(ClientStatus::Active),
            assignee: assignee.map(|t| self.assignee(t)),
            follow_up_of: None,
            by: None,
            now: self.now,
        };
        let Ok(mut creation) = job_machine::create(command, facts) else {
            return false;
        };
        let id = Id::new(self.jobs.len() as i64 + 1);
        creation.job.number = format!("INT-2026-{:05}", id.get());
        self.jobs
            .insert(id, Record::fresh(id, self.now, creation.job.clone()));
        let plan = creation.plan(id).unwrap();
        self.execute(id, plan);
        true
    }

    pub fn declare(&mut self, equipment: Id<Equipment>, command: &equipment_machine::Command) -> bool {
        let facts = equipment_machine::Facts {
            equipment: self.equipments[&equipment].clone(),
            situation: self.situation(equipment),
            now: self.now,
        };
        let Ok(plan) = equipment_machine::apply(command, &facts) else {
            return false;
        };
        self.events.extend(plan.events.clone());
        self.execute_equipment(None, plan);
        true
    }

    pub fn be(&mut self, id: Id<Technician>, action: technician_machine::Action) -> bool {
        let running = self.running(id);
        let open = |j: &&Record<Intervention>| {
            j.technician == Some(id) && matches!(j.status, Status::Open | Status::OnHold)
        };
        let facts = technician_machine::Facts {
            technician: self.technicians[&id].clone(),
            running: running.map(|job| self.facts(job, None)),
            open_jobs: self.jobs.values().filter(open).map(|j| j.id).collect(),
            now: self.now,
        };
        let command = technician_machine::Command { action, reason: None };
        let Ok(plan) = technician_machine::apply(&command, &facts) else {
            return false;
        };
        let interrupts = running.filter(|_| action == technician_machine::Action::DeclareUnavailable);
        assert_eq!(plan.job.is_some(), interrupts.is_some());
        self.technicians.get_mut(&id).unwrap().data = plan.technician;
        self.events.extend(plan.events);
        if let (Some(job), Some(plan)) = (running, plan.job) {
            self.execute(job, plan);
        }
        true
    }

    pub fn change(&mut self, change: Option<TechnicianChange>) -> bool {
        let Some(change) = change else { return false };
        for (from, to) in &change.steps {
            let listed = technician_machine::TRANSITIONS
                .iter()
                .any(|t| (t.from, t.to) == (*from, *to));
            assert!(listed, "{from:?} → {to:?} is not in the table");
        }
        self.technicians.get_mut(&change.before.id).unwrap().data = change.after;
        true
    }

    fn execute(&mut self, id: Id<Intervention>, plan: Plan) {
        if let Some(after) = plan.job {
            let before = &self.jobs[&id];
            if before.status != after.status {
                let listed = job_machine::TRANSITIONS
                    .iter()
                    .any(|t| t.to == Some(after.status) && t.from.contains(&before.status));
                assert!(
                    listed,
                    "{:?} → {:?} is not in the table",
                    before.status, after.status
                );
            }
            self.jobs.get_mut(&id).unwrap().data = after;
        }
        match plan.wait {
            Some(Wait::Open(reason)) => {
                assert!(
                    !self.waits.iter().any(|w| w.0 == id && w.2),
                    "uq_interventions_attentes_ouverte"
                );
                self.waits.push((id, reason, true));
            }
            Some(Wait::Close) => {
                self.waits
                    .iter_mut()
                    .find(|w| w.0 == id && w.2)
                    .expect("an open wait")
                    .2 = false;
            }
            None => {}
        }
        for change in plan.technicians {
            self.change(Some(change));
        }
        self.history.push(plan.history);
        self.events.extend(plan.events);
        if let Some(equipment) = plan.equipment {
            assert!(equipment.events.is_empty(), "moved to the outer plan");
            self.execute_equipment(Some(id), equipment);
        }
    }

    fn execute_equipment(&mut self, job: Option<Id<Intervention>>, plan: equipment_machine::Plan) {
        let id = plan.id;
        for (from, to) in &plan.steps {
            assert!(
                equipment_machine::may_become(*from, *to),
                "{from:?} → {to:?} is not in the table"
            );
        }
        for effect in plan.effects {
            match effect {
                Effect::Hold(holder) => assert!(self.holders.insert((id, holder)), "held twice"),
                Effect::Release(holder) => assert!(self.holders.remove(&(id, holder)), "was not held"),
                Effect::OpenFailure { failure, link_job } => {
                    let open = |f: &Failure| f.equipment == id && f.closed_at.is_none();
                    assert!(!self.failures.iter().any(open), "uq_pannes_ouverte");
                    self.failures.push(failure);
                    if link_job {
                        let failure = Id::new(self.failures.len() as i64 - 1);
                        self.jobs.get_mut(&job.unwrap()).unwrap().data.failure = Some(failure);
                    }
                }
                Effect::LinkFailure { failure, .. } => {
                    assert_eq!(
                        self.failures[failure.get() as usize].closed_at,
                        None,
                        "linked to a closed one"
                    );
                }
                Effect::CloseFailure(failure) => {
                    let failure = &mut self.failures[failure.get() as usize];
                    assert_eq!(failure.closed_at.replace(plan.at), None, "closed twice");
                }
                Effect::OpenDowntime(stop) => {
                    assert!(
                        !self
                            .downtimes
                            .iter()
                            .any(|d| d.equipment == id && d.end.is_none()),
                        "two stops"
                    );
                    self.downtimes.push(stop);
                }
                Effect::CloseDowntime => {
                    let open = self
                        .downtimes
                        .iter_mut()
                        .find(|d| d.equipment == id && d.end.is_none());
                    open.expect("an open stop").end = Some(plan.at);
                }
            }
        }
        if let Some(after) = plan.equipment {
            self.equipments.get_mut(&id).unwrap().data = after;
        }
        for other in plan.cancel_jobs {
            assert!(
                self.act(other, &build::cancel()),
                "an open job can always be cancelled"
            );
        }
    }
}
