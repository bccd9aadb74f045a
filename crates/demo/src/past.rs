//! The jobs of the past six months that nobody wrote by hand: visits that were due, and faults from
//! the tables, spread by a fixed stream of numbers and fitted into everybody's diary.

use std::collections::{HashMap, HashSet};

use domain::equipment::Criticality;
use domain::intervention::{Kind, Outcome, Priority, WaitReason};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::{Calendar, When, later};
use crate::chance::Chance;
use crate::data::clients::Who;
use crate::data::equipment::{self, Equipment};
use crate::data::faults::{self, Fault};
use crate::data::people::Staff;
use crate::data::visits::{self, CANCELLATIONS, RATINGS, WAITS};
use crate::diary::Diaries;
use crate::error::{SeedError, missing};
use crate::story::{Act, By, Story};

mod place;

use place::Work;

/// Faults that are told of.
const FAULTS: i64 = 34;
/// Working days over which they are spread.
const DAYS: i64 = 125;
/// The last working day of the computed past; what is nearer is written by hand.
const LAST: When = When::Day(3, 17, 30);
/// Calendar days in which visits are looked for.
const VISITS: i32 = 182;
/// Since when the suspended client asks for nothing that can wait.
const SUSPENDED: i64 = 22;

/// The computed part of the demonstration.
pub(crate) struct Past {
    pub(crate) stories: Vec<Story>,
    /// When each machine was due first.
    pub(crate) first_due: HashMap<&'static str, Date>,
}

/// Computes it around what the diaries hold.
pub(crate) fn write(calendar: &Calendar, diaries: Diaries) -> Result<Past, SeedError> {
    let limit = calendar.resolve(LAST)?;
    let past = Past {
        stories: Vec::new(),
        first_due: HashMap::new(),
    };
    let mut writer = Writer {
        calendar,
        diaries,
        chance: Chance::new(0x4d49_4620),
        limit,
        past,
    };
    for machine in equipment::all() {
        writer.visits(machine)?;
    }
    writer.faults()?;
    Ok(writer.past)
}

struct Writer<'a> {
    calendar: &'a Calendar,
    diaries: Diaries,
    chance: Chance,
    limit: Timestamp,
    past: Past,
}

impl Writer<'_> {
    fn visits(&mut self, machine: &'static Equipment) -> Result<(), SeedError> {
        let (Some((every, due_in)), Some(visit)) = (machine.visits, visits::of(machine.family)) else {
            return Ok(());
        };
        let mut first = self.calendar.date(due_in)?;
        for round in 1.. {
            let days = due_in - round * every;
            if days < -VISITS {
                break;
            }
            // Older visits have often been left out: only the last one is always there.
            if round > 1 && !self.chance.once_in(8) {
                continue;
            }
            let due = self.calendar.date(days)?;
            let hour = i8::try_from(self.chance.between(8, 14)).unwrap_or(8);
            let planned = self.calendar.on(due, hour, 0)?;
            let minutes = i64::from(visit.minutes) + 5 * self.chance.between(-3, 6);
            let Some(work) = self.place(machine, planned, minutes, false)? else {
                continue;
            };
            first = first.min(due);
            let opened = self
                .calendar
                .fitting(later(planned, -self.chance.between(9, 12) * 24 * 60), 1)?;
            let assigned = self
                .calendar
                .fitting(later(opened, self.chance.between(60, 1500)), 1)?;
            let by = manager(machine)?;
            let report = self.chance.pick(visit.reports).copied().unwrap_or_default();
            let planned = When::At(planned);
            let mut story = Story::new(
                When::At(opened),
                by,
                machine.key,
                Kind::Preventive,
                visit.title,
                visit.scope,
            )
            .planned(planned, visit.minutes)
            .then(When::At(assigned), by, Act::Assign(work.tech, None, None));
            let close = Act::Close {
                outcome: Outcome::Operational,
                diagnosis: None,
                report,
            };
            story = self.worked(story, machine, &work, close)?;
            self.past.stories.push(story);
        }
        self.past.first_due.insert(machine.key, first);
        Ok(())
    }

    fn faults(&mut self) -> Result<(), SeedError> {
        let machines: Vec<_> = equipment::all()
            .filter(|m| !faults::of(m.family).is_empty())
            .collect();
        let mut told = HashSet::new();
        for n in 0..FAULTS {
            // Denser towards the present: old jobs interest nobody.
            let left = FAULTS - n;
            let back = 4 + (DAYS - 4) * left * (left + FAULTS) / (2 * FAULTS * FAULTS);
            for _ in 0..30 {
                let Some(machine) = self.chance.pick(&machines).copied() else {
                    break;
                };
                let Some(fault) = self.chance.pick(faults::of(machine.family)) else {
                    continue;
                };
                if told.contains(&(machine.key, fault.title))
                    || machine.owner == Who::Tannery && back <= SUSPENDED
                {
                    continue;
                }
                let story = if n % 5 == 4 {
                    self.called_off(machine, fault, back)?
                } else {
                    self.repaired(machine, fault, back)?
                };
                if let Some(story) = story {
                    told.insert((machine.key, fault.title));
                    self.past.stories.push(story);
                    break;
                }
            }
        }
        Ok(())
    }

    /// A fault as it is reported, with the instant.
    fn reported(
        &mut self,
        machine: &'static Equipment,
        fault: &Fault,
        back: i64,
    ) -> Result<(Story, Timestamp), SeedError> {
        let hour = i8::try_from(self.chance.between(8, 15)).unwrap_or(8);
        let minute = i8::try_from(self.chance.between(0, 59)).unwrap_or(0);
        let opened = self.calendar.resolve(When::Day(back, hour, minute))?;
        let portal = machine.owner.row().ok_or_else(|| missing(machine.owner))?.portal;
        let asks = portal.is_some() && !self.chance.once_in(3);
        let by = if asks {
            By::Portal(machine.owner)
        } else {
            manager(machine)?
        };
        let mut story = Story::new(
            When::At(opened),
            by,
            machine.key,
            Kind::Corrective,
            fault.title,
            fault.seen,
        );
        let serious = fault.stops && machine.criticality == Criticality::Critical;
        let priority = match (serious, fault.stops) {
            (true, _) => Priority::Critical,
            (_, true) => Priority::High,
            _ => Priority::Normal,
        };
        if fault.stops {
            story = story.stops();
        }
        if serious {
            story = story.urgent();
        }
        // A client only says that it is urgent; how urgent is the company's word.
        story = match (asks, priority) {
            (_, Priority::Normal) => story,
            (false, _) => story.priority(priority),
            (true, _) => story.then(
                When::At(later(opened, 4)),
                manager(machine)?,
                Act::Prioritise(priority),
            ),
        };
        Ok((story, opened))
    }

    fn repaired(
        &mut self,
        machine: &'static Equipment,
        fault: &Fault,
        back: i64,
    ) -> Result<Option<Story>, SeedError> {
        let (story, opened) = self.reported(machine, fault, back)?;
        if !self.diaries.is_free(machine.key, opened, later(opened, 60)) {
            return Ok(None);
        }
        let assigned = self
            .calendar
            .fitting(later(opened, self.chance.between(8, 75)), 1)?;
        let delay = if fault.stops {
            self.chance.between(25, 90)
        } else {
            self.chance.between(180, 3000)
        };
        let minutes = i64::from(fault.minutes) + 5 * self.chance.between(-4, 9);
        let pauses = self.chance.once_in(3);
        let Some(work) = self.place(machine, later(assigned, delay), minutes, pauses)? else {
            return Ok(None);
        };
        self.diaries.engage(machine.key, opened, work.end);
        let by = manager(machine)?;
        let planned = (!fault.stops).then_some(When::At(work.expected));
        let story = story.then(When::At(assigned), by, Act::Assign(work.tech, planned, None));
        let close = Act::Close {
            outcome: Outcome::Operational,
            diagnosis: Some(fault.diagnosis),
            report: fault.report,
        };
        self.worked(story, machine, &work, close).map(Some)
    }

    fn called_off(
        &mut self,
        machine: &'static Equipment,
        fault: &Fault,
        back: i64,
    ) -> Result<Option<Story>, SeedError> {
        // A failure would stay open: nothing that stops a machine is called off.
        if fault.stops {
            return Ok(None);
        }
        let (story, opened) = self.reported(machine, fault, back)?;
        let at = self
            .calendar
            .fitting(later(opened, self.chance.between(90, 2600)), 1)?;
        if at > self.limit || !self.diaries.is_free(machine.key, opened, at) {
            return Ok(None);
        }
        let why = self.chance.pick(CANCELLATIONS).copied().unwrap_or_default();
        Ok(Some(story.then(
            When::At(at),
            manager(machine)?,
            Act::Cancel(why),
        )))
    }

    /// Start, perhaps an interruption, close, and what follows the close.
    fn worked(
        &mut self,
        story: Story,
        machine: &'static Equipment,
        work: &Work,
        close: Act,
    ) -> Result<Story, SeedError> {
        let who = By::Tech(work.tech);
        let mut story = story.then(When::At(work.start), who, Act::Start);
        if let Some((from, to)) = work.pause {
            let (why, word) = self
                .chance
                .pick(WAITS)
                .copied()
                .unwrap_or((WaitReason::Parts, ""));
            story = story
                .then(
                    When::At(from),
                    who,
                    Act::Hold {
                        why,
                        returned: false,
                        word,
                    },
                )
                .then(When::At(to), who, Act::Resume("Reprise, tout est sur place."));
        }
        let portal = machine.owner.row().and_then(|row| row.portal);
        let rated = portal.is_some() && self.chance.once_in(2);
        story = story.then(When::At(work.end), who, close);
        let rating = self
            .calendar
            .fitting(later(work.end, self.chance.between(300, 4000)), 1)?;
        if rated
            && rating < self.limit
            && let Some((marks, words)) = self.chance.pick(RATINGS)
        {
            story = story.then(
                When::At(rating),
                By::Portal(machine.owner),
                Act::Rate(*marks, *words),
            );
        }
        let archived = self.calendar.fitting(later(work.end, 60 * 24 * 140), 1)?;
        if archived < self.limit {
            story = story.then(When::At(archived), By::Staff(Staff::Admin), Act::Archive);
        }
        Ok(story)
    }
}

fn site_zone(machine: &Equipment) -> Result<&'static str, SeedError> {
    let client = machine.owner.row().ok_or_else(|| missing(machine.owner))?;
    Ok(client
        .sites
        .get(machine.site)
        .ok_or_else(|| missing((machine.key, machine.site)))?
        .zone)
}

/// Who manages the work on a machine.
fn manager(machine: &Equipment) -> Result<By, SeedError> {
    Ok(By::Staff(match site_zone(machine)? {
        "Tanger" | "Kénitra" => Staff::NorthManager,
        _ => Staff::Manager,
    }))
}
