//! One change of an equipment, built step by step: every step recomputes the state from the facts
//! and writes the stops that the change of state begins and ends.

use jiff::Timestamp;

use super::{Effect, Plan, Refusal, may_become, status_of};
use crate::equipment::store::Situation;
use crate::equipment::{Downtime, Equipment, EquipmentStatus, Failure, FailureOrigin, Holder};
use crate::event::Event;
use crate::intervention::Intervention;
use crate::{Id, Record};

/// What a stop in maintenance is recorded with.
pub(crate) struct Stop {
    /// What opened it.
    pub(crate) cause: Option<String>,
    /// Whether it was planned.
    pub(crate) planned: bool,
    /// The job that opened it.
    pub(crate) intervention: Option<Id<Intervention>>,
}

/// A change under construction, with the facts as they stand after the steps so far.
pub(crate) struct Change<'a> {
    before: &'a Record<Equipment>,
    after: Equipment,
    holders: Vec<Holder>,
    failure: Option<(Option<Id<Failure>>, Failure)>,
    open_jobs: &'a [Id<Intervention>],
    stop: Option<Stop>,
    retired: bool,
    plan: Plan,
}

impl<'a> Change<'a> {
    /// Begins a change.
    pub(crate) fn of(equipment: &'a Record<Equipment>, situation: &'a Situation, now: Timestamp) -> Self {
        Self {
            before: equipment,
            after: equipment.data.clone(),
            holders: situation.holders.clone(),
            failure: situation.failure.clone().map(|(id, failure)| (Some(id), failure)),
            open_jobs: &situation.open_jobs,
            stop: None,
            retired: equipment.status == EquipmentStatus::Decommissioned,
            plan: Plan {
                id: equipment.id,
                at: now,
                equipment: None,
                steps: Vec::new(),
                effects: Vec::new(),
                cancel_jobs: Vec::new(),
                events: Vec::new(),
            },
        }
    }

    /// The data as they stand now, for what is not state.
    pub(crate) fn data(&mut self) -> &mut Equipment {
        &mut self.after
    }

    /// Whether a failure is open now.
    pub(crate) fn failing(&self) -> bool {
        self.failure.is_some()
    }

    /// `holder` takes the equipment; nothing happens when it has it already.
    pub(crate) fn hold(&mut self, holder: Holder, stop: Stop) -> Result<(), Refusal> {
        if self.holders.contains(&holder) {
            return Ok(());
        }
        self.holders.push(holder);
        self.stop = Some(stop);
        self.plan.effects.push(Effect::Hold(holder));
        self.follow()
    }

    /// `holder` gives the equipment back; nothing happens when it does not have it.
    pub(crate) fn release(&mut self, holder: Holder) -> Result<(), Refusal> {
        if !self.holders.contains(&holder) {
            return Ok(());
        }
        self.holders.retain(|h| *h != holder);
        self.plan.effects.push(Effect::Release(holder));
        self.follow()
    }

    /// A failure opens, or the open one is linked to.
    pub(crate) fn fail(
        &mut self,
        origin: FailureOrigin,
        intervention: Option<Id<Intervention>>,
        description: Option<String>,
    ) -> Result<(), Refusal> {
        if let Some((open, _)) = &self.failure {
            // A job that is about it, or found it, refers to it and has its own words.
            if let (Some(failure), FailureOrigin::Declared) = (*open, origin) {
                self.plan.effects.push(Effect::LinkFailure {
                    failure,
                    note: description,
                });
            }
            return Ok(());
        }
        let failure = Failure {
            equipment: self.before.id,
            opened_at: self.plan.at,
            closed_at: None,
            origin,
            intervention,
            description,
        };
        self.failure = Some((None, failure.clone()));
        let link_job = origin == FailureOrigin::WithJob;
        self.plan.effects.push(Effect::OpenFailure { failure, link_job });
        self.plan.events.push(Event::EquipmentDown {
            id: self.before.id,
            job: intervention,
        });
        self.follow()
    }

    /// The open failure, if there is one, is repaired.
    pub(crate) fn repair(&mut self) -> Result<(), Refusal> {
        if let Some((Some(open), _)) = self.failure.take() {
            self.plan.effects.push(Effect::CloseFailure(open));
        }
        self.follow()
    }

    /// It is retired for good. A failure that is open stays so: nothing repaired it. One that opened in
    /// this same change is no news: nobody is called to a machine that is gone.
    pub(crate) fn retire(&mut self, reason: Option<String>, cancel_open: bool) -> Result<(), Refusal> {
        if !self.holders.is_empty() {
            return Err(Refusal::Held {
                holders: self.holders.clone(),
            });
        }
        if !self.open_jobs.is_empty() && !cancel_open {
            return Err(Refusal::HasOpenJobs {
                jobs: self.open_jobs.to_vec(),
            });
        }
        self.plan.cancel_jobs = self.open_jobs.to_vec();
        self.after.retirement_reason = reason;
        self.retired = true;
        self.plan
            .events
            .retain(|event| !matches!(event, Event::EquipmentDown { .. }));
        self.follow()
    }

    fn follow(&mut self) -> Result<(), Refusal> {
        let from = self.after.status;
        let to = status_of(&self.holders, self.failure.is_some(), self.retired);
        if from == to {
            return Ok(());
        }
        if !may_become(from, to) {
            return Err(Refusal::Inconsistent { from, to });
        }
        self.after.status = to;
        self.plan.steps.push((from, to));
        if is_stop(from) {
            self.plan.effects.push(Effect::CloseDowntime);
        }
        if is_stop(to) {
            let downtime = self.downtime(to);
            self.plan.effects.push(Effect::OpenDowntime(downtime));
        }
        Ok(())
    }

    fn downtime(&self, status: EquipmentStatus) -> Downtime {
        let (cause, planned, intervention) = match (status, &self.stop, &self.failure) {
            (EquipmentStatus::InMaintenance, Some(stop), _) => {
                (stop.cause.clone(), stop.planned, stop.intervention)
            }
            (_, _, Some((_, failure))) => (failure.description.clone(), false, failure.intervention),
            _ => (None, false, None),
        };
        Downtime {
            equipment: self.before.id,
            status,
            start: self.plan.at,
            end: None,
            cause,
            planned,
            intervention,
        }
    }

    /// What has to be written.
    pub(crate) fn finish(self) -> Plan {
        let mut plan = self.plan;
        plan.equipment = (self.after != self.before.data).then_some(self.after);
        plan
    }
}

fn is_stop(status: EquipmentStatus) -> bool {
    matches!(status, EquipmentStatus::Down | EquipmentStatus::InMaintenance)
}
