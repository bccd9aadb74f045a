//! Finding somebody who can do a job, and a time for it.

use jiff::Timestamp;

use super::{Writer, site_zone};
use crate::calendar::later;
use crate::data::equipment::Equipment;
use crate::data::people::{TECHNICIANS, Tech, Technician};
use crate::error::SeedError;

/// Work that has found its place.
pub(super) struct Work {
    pub(super) tech: Tech,
    /// When somebody is expected, and when they begin.
    pub(super) expected: Timestamp,
    pub(super) start: Timestamp,
    /// Interrupted at the first, resumed at the second instant.
    pub(super) pause: Option<(Timestamp, Timestamp)>,
    pub(super) end: Timestamp,
}

/// Work that looks for its place.
struct Order {
    machine: &'static str,
    from: Timestamp,
    minutes: i64,
    /// Minutes between being expected and beginning.
    late: i64,
    /// Whether it is interrupted.
    pauses: bool,
}

impl Writer<'_> {
    /// Finds whoever can do it first, and writes it into the diaries.
    pub(super) fn place(
        &mut self,
        machine: &'static Equipment,
        from: Timestamp,
        minutes: i64,
        pauses: bool,
    ) -> Result<Option<Work>, SeedError> {
        let zone = site_zone(machine)?;
        let order = Order {
            machine: machine.key,
            from,
            minutes,
            late: self.chance.between(0, 35),
            pauses,
        };
        let mut best: Option<(Timestamp, Work)> = None;
        for technician in TECHNICIANS.iter().filter(|t| is_able(t, machine)) {
            let Some(work) = self.fit(technician.tech, &order)? else {
                continue;
            };
            // Somebody from another zone has to be half a working day quicker.
            let away = if technician.zone == zone { 0 } else { 240 };
            let rank = later(work.start, away);
            if best.as_ref().is_none_or(|(other, _)| rank < *other) {
                best = Some((rank, work));
            }
        }
        let Some((_, work)) = best else { return Ok(None) };
        let (first_end, second_start) = work.pause.unwrap_or((work.end, work.end));
        self.diaries.occupy(work.tech, work.start, first_end);
        self.diaries.occupy(work.tech, second_start, work.end);
        self.diaries.engage(machine.key, work.start, work.end);
        Ok(Some(work))
    }

    fn fit(&self, tech: Tech, order: &Order) -> Result<Option<Work>, SeedError> {
        let Order {
            machine,
            from,
            minutes,
            late,
            pauses,
        } = *order;
        let slot = |from, minutes| {
            self.diaries
                .slot(self.calendar, tech, machine, from, minutes, self.limit)
        };
        let first = if pauses { 50 } else { minutes };
        let Some(expected) = slot(from, first + late)? else {
            return Ok(None);
        };
        let start = later(expected, late);
        let end = later(start, first);
        if !pauses {
            return Ok(Some(Work {
                tech,
                expected,
                start,
                pause: None,
                end,
            }));
        }
        let resumed = slot(later(end, 2 * 24 * 60), minutes)?;
        // The machine is held all the time, so that no other job may come between.
        Ok(resumed
            .filter(|at| self.diaries.is_free(machine, start, later(*at, minutes)))
            .map(|at| Work {
                tech,
                expected,
                start,
                pause: Some((end, at)),
                end: later(at, minutes),
            }))
    }
}

fn is_able(technician: &Technician, machine: &Equipment) -> bool {
    technician.families.contains(&machine.family)
        && machine.needs.iter().all(|(skill, level)| {
            technician
                .skills
                .iter()
                .any(|(held, has, valid)| held == skill && has >= level && valid.is_none_or(|days| days > 0))
        })
}
