//! Who and what is taken when, so that the computed jobs fit around the written ones.

use std::collections::HashMap;
use std::hash::Hash;

use domain::intervention::Outcome;
use jiff::Timestamp;

use crate::calendar::{Calendar, When, later};
use crate::data::people::Tech;
use crate::error::SeedError;
use crate::story::{Act, By, Story, Turn};

/// Pause between two jobs, in minutes.
const PAUSE: i64 = 20;

/// Intervals in which each of `K` is taken.
#[derive(Debug)]
struct Taken<K>(HashMap<K, Vec<(Timestamp, Timestamp)>>);

impl<K: Eq + Hash> Taken<K> {
    fn new() -> Self {
        Self(HashMap::new())
    }

    fn add(&mut self, who: K, from: Timestamp, to: Timestamp) {
        self.0.entry(who).or_default().push((from, to));
    }

    /// The end of an interval that overlaps [from, to).
    fn clash(&self, who: &K, from: Timestamp, to: Timestamp) -> Option<Timestamp> {
        let intervals = self.0.get(who)?;
        intervals
            .iter()
            .filter(|(start, end)| *start < to && from < *end)
            .map(|(_, end)| *end)
            .max()
    }
}

/// The diaries of technicians and machines.
#[derive(Debug)]
pub(crate) struct Diaries {
    people: Taken<Tech>,
    machines: Taken<&'static str>,
}

impl Diaries {
    /// What the written stories and turns take.
    pub(crate) fn of(
        calendar: &Calendar,
        stories: &[Story],
        turns: &[(When, By, Turn)],
    ) -> Result<Self, SeedError> {
        let mut diaries = Self {
            people: Taken::new(),
            machines: Taken::new(),
        };
        for story in stories {
            diaries.enter(calendar, story)?;
        }
        for (at, turn) in turns
            .iter()
            .map(|(when, _, turn)| (calendar.resolve(*when), turn))
        {
            let at = at?;
            match turn {
                Turn::Fail(machine, _) | Turn::Maintain(machine, _) => {
                    diaries.machines.add(*machine, at, Timestamp::MAX);
                }
                Turn::Leave(tech, _) | Turn::Train(tech, _) | Turn::Drop(tech, _) => {
                    let back = turns.iter().find_map(|(when, _, other)| match other {
                        Turn::Return(who, _) if who == tech => Some(*when),
                        _ => None,
                    });
                    let until = back.map(|when| calendar.resolve(when)).transpose()?;
                    diaries.people.add(*tech, at, until.unwrap_or(Timestamp::MAX));
                }
                Turn::Return(..) | Turn::Suspend(_) => {}
            }
        }
        Ok(diaries)
    }

    fn enter(&mut self, calendar: &Calendar, story: &Story) -> Result<(), SeedError> {
        let opened = calendar.resolve(story.opened)?;
        let (mut tech, mut since, mut over) = (None, None, Timestamp::MAX);
        for (when, _, act) in &story.acts {
            let at = calendar.resolve(*when)?;
            let mut stop = |since: &mut Option<Timestamp>, tech: Option<Tech>| {
                if let (Some(from), Some(tech)) = (since.take(), tech) {
                    self.people.add(tech, from, at);
                }
            };
            match act {
                Act::Assign(other, ..) => {
                    if since.is_some() {
                        stop(&mut since, tech);
                        since = Some(at);
                    }
                    tech = Some(*other);
                }
                Act::Start | Act::Resume(_) => since = since.or(Some(at)),
                Act::Hold { .. } => stop(&mut since, tech),
                Act::Cancel(_) => {
                    stop(&mut since, tech);
                    over = at;
                }
                Act::Close { outcome, .. } => {
                    stop(&mut since, tech);
                    // What still fails, or is retired, is nothing for a computed job.
                    if *outcome == Outcome::Operational {
                        over = at;
                    }
                }
                Act::Unassign(_) | Act::Prioritise(_) | Act::Archive | Act::Rate(..) => {}
            }
        }
        if let (Some(from), Some(tech)) = (since, tech) {
            self.people.add(tech, from, Timestamp::MAX);
        }
        self.machines.add(story.equipment, opened, over);
        Ok(())
    }

    /// Whether a machine is free from one instant to another.
    pub(crate) fn is_free(&self, machine: &'static str, from: Timestamp, to: Timestamp) -> bool {
        self.machines.clash(&machine, from, to).is_none()
    }

    /// When a technician can work so long on a machine, from an instant on and over by `limit`.
    pub(crate) fn slot(
        &self,
        calendar: &Calendar,
        tech: Tech,
        machine: &'static str,
        from: Timestamp,
        minutes: i64,
        limit: Timestamp,
    ) -> Result<Option<Timestamp>, SeedError> {
        let mut start = calendar.fitting(from, minutes)?;
        loop {
            let end = later(start, minutes);
            if end > limit {
                return Ok(None);
            }
            let busy = self.people.clash(&tech, later(start, -PAUSE), later(end, PAUSE));
            match busy.max(self.machines.clash(&machine, start, end)) {
                None => return Ok(Some(start)),
                Some(until) if until > limit => return Ok(None),
                Some(until) => start = calendar.fitting(later(until, PAUSE), minutes)?,
            }
        }
    }

    /// A technician works.
    pub(crate) fn occupy(&mut self, tech: Tech, from: Timestamp, to: Timestamp) {
        self.people.add(tech, from, to);
    }

    /// A machine has a job.
    pub(crate) fn engage(&mut self, machine: &'static str, from: Timestamp, to: Timestamp) {
        self.machines.add(machine, from, to);
    }
}
