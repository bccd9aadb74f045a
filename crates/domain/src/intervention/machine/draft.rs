//! A plan under construction, shared by the actions.

use super::{Facts, Plan, Refusal, Wait, transition};
use crate::equipment::Holder;
use crate::equipment::machine::{Change, Stop};
use crate::event::Event;
use crate::intervention::history::{HistoryAction, NewHistory};
use crate::intervention::{Action, Intervention, Kind, diff};
use crate::technician::machine::{TechnicianChange, release};

/// A plan under construction: the job and the equipment as they will be.
pub(super) struct Draft<'a> {
    pub(super) facts: &'a Facts,
    pub(super) history: HistoryAction,
    pub(super) job: Intervention,
    pub(super) equipment: Change<'a>,
    pub(super) technicians: Vec<TechnicianChange>,
    pub(super) wait: Option<Wait>,
    pub(super) events: Vec<Event>,
}

impl<'a> Draft<'a> {
    /// Begins a plan with what the table says: the state after, and its events.
    pub(super) fn of(action: Action, facts: &'a Facts) -> Self {
        let mut job = facts.job.data.clone();
        let mut events = Vec::new();
        let from = job.status;
        if let Some(to) = transition(action, from).and_then(|t| t.to) {
            job.status = to;
            events.push(Event::InterventionStatusChanged {
                id: facts.job.id,
                from,
                to,
            });
        }
        Self {
            facts,
            history: action.into(),
            job,
            equipment: Change::of(&facts.equipment, &facts.situation, facts.now),
            technicians: Vec::new(),
            wait: None,
            events,
        }
    }

    /// The job as a holder of its equipment.
    pub(super) fn holder(&self) -> Holder {
        Holder::Job(self.facts.job.id)
    }

    /// The job takes its equipment.
    pub(super) fn take_equipment(&mut self) -> Result<(), Refusal> {
        let stop = Stop {
            cause: Some(format!("Intervention {}", self.job.number)),
            planned: self.job.kind == Kind::Preventive,
            intervention: Some(self.facts.job.id),
        };
        Ok(self.equipment.hold(self.holder(), stop)?)
    }

    /// The technician whom this job keeps busy is free again.
    pub(super) fn free_technician(&mut self) {
        let id = self.facts.job.id;
        let ours = self
            .facts
            .technician
            .as_ref()
            .filter(|t| t.running_job.is_none_or(|job| job == id));
        self.technicians.extend(ours.and_then(|t| release(&t.record)));
    }

    /// The finished plan, with the sentence of its history entry.
    pub(super) fn plan(self, details: String) -> Plan {
        let facts = self.facts;
        let mut equipment = self.equipment.finish();
        let mut events = self.events;
        events.append(&mut equipment.events);
        events.extend(self.technicians.iter().flat_map(TechnicianChange::events));
        let touched = equipment.equipment.is_some()
            || !equipment.effects.is_empty()
            || !equipment.cancel_jobs.is_empty();
        Plan {
            at: facts.now,
            history: NewHistory {
                intervention: facts.job.id,
                user: facts.by,
                action: self.history,
                details,
                at: facts.now,
                changes: diff(&facts.job, &self.job),
            },
            job: Some(self.job),
            equipment: touched.then_some(equipment),
            technicians: self.technicians,
            wait: self.wait,
            events,
        }
    }
}

/// A sentence of the history with the word that somebody added.
pub(super) fn with_comment(sentence: String, comment: Option<&str>) -> String {
    match comment.map(str::trim).filter(|c| !c.is_empty()) {
        Some(comment) => format!("{sentence} {comment}"),
        None => sentence,
    }
}
