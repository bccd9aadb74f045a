//! The schedule as data: which job runs when, and what happens to runs that were missed.

use domain::job::ScheduledJob;
use domain::time;
use jiff::civil::{self, Date};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// What happens to runs that nobody was there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// The latest stands for all of them.
    Coalesce,
    /// Each is made up for, oldest first; only so many of the latest.
    CatchUp(usize),
    /// Those that are later than this are dropped.
    Skip(SignedDuration),
}

/// One line of the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The job.
    pub job: ScheduledJob,
    /// Every day at this time of the company's clock.
    pub daily_at: civil::Time,
    /// What happens to missed runs.
    pub missed: Missed,
}

/// The schedule.
pub const SCHEDULE: &[Entry] = &[Entry {
    job: ScheduledJob::Retention,
    daily_at: civil::time(3, 0, 0, 0),
    // What one night left, the next one finds.
    missed: Missed::Coalesce,
}];

/// Furthest that missed runs are looked for.
const MAX_DAYS: usize = 366;

impl Entry {
    /// The occurrences to queue at `now`, oldest first, when `last` is the latest that was queued.
    /// A job that was never queued is treated as one that missed its latest occurrence.
    pub fn due(&self, last: Option<Timestamp>, now: Timestamp) -> Vec<Timestamp> {
        let after = last.unwrap_or(Timestamp::MIN);
        let mut missed: Vec<Timestamp> = self
            .before(now)
            .take_while(|at| *at > after)
            .take(MAX_DAYS)
            .collect();
        match self.missed {
            _ if last.is_none() => missed.truncate(1),
            Missed::Coalesce => missed.truncate(1),
            Missed::CatchUp(most) => missed.truncate(most),
            Missed::Skip(_) => missed.truncate(1),
        }
        if let Missed::Skip(late) = self.missed {
            missed.retain(|at| now.duration_since(*at) <= late);
        }
        missed.reverse();
        missed
    }

    /// The occurrences up to `now`, latest first.
    fn before(&self, now: Timestamp) -> impl Iterator<Item = Timestamp> {
        let (today, daily_at) = (time::local_date(now), self.daily_at);
        std::iter::successors(Some(today), |day: &Date| day.yesterday().ok())
            .filter_map(move |day| instant(day, daily_at))
            .filter(move |at| *at <= now)
    }
}

/// When the company's clock shows this time on this day: once a day, whatever the clock does. A time
/// that is skipped is taken at the end of the gap, one that comes twice the first time.
fn instant(day: Date, at: civil::Time) -> Option<Timestamp> {
    let zone = time::zone().unwrap_or(TimeZone::UTC);
    let shown = zone.to_ambiguous_timestamp(day.to_datetime(at));
    if let AmbiguousOffset::Gap { .. } = shown.offset() {
        let after = shown.later().ok()?;
        return zone.preceding(after).next().map(|change| change.timestamp());
    }
    shown.compatible().ok()
}

#[cfg(test)]
mod tests {
    use domain::Vocab;

    use super::*;

    fn entry(missed: Missed) -> Entry {
        Entry {
            job: ScheduledJob::Retention,
            daily_at: civil::time(3, 0, 0, 0),
            missed,
        }
    }

    fn ts(text: &str) -> Timestamp {
        text.parse().expect("instant")
    }

    fn due(missed: Missed, last: Option<&str>, now: &str) -> Vec<String> {
        entry(missed)
            .due(last.map(ts), ts(now))
            .iter()
            .map(Timestamp::to_string)
            .collect()
    }

    const EACH: Missed = Missed::CatchUp(10);

    #[test]
    fn an_occurrence_is_due_from_its_time_on_and_once() {
        let yesterday = Some("2026-12-01T03:00:00Z");
        assert_eq!(due(EACH, yesterday, "2026-12-02T02:59:59Z"), [""; 0]);
        assert_eq!(
            due(EACH, yesterday, "2026-12-02T03:00:00Z"),
            ["2026-12-02T03:00:00Z"]
        );
        assert_eq!(
            due(EACH, Some("2026-12-02T03:00:00Z"), "2026-12-02T23:00:00Z"),
            [""; 0]
        );
        assert_eq!(
            due(EACH, Some("2026-12-03T03:00:00Z"), "2026-12-02T23:00:00Z"),
            [""; 0],
            "clock set back"
        );
    }

    #[test]
    fn each_policy_treats_an_outage_in_its_own_way() {
        let (last, back) = (Some("2026-12-01T03:00:00Z"), "2026-12-04T04:00:00Z");
        let [first, second, third] = [
            "2026-12-02T03:00:00Z",
            "2026-12-03T03:00:00Z",
            "2026-12-04T03:00:00Z",
        ];
        assert_eq!(due(Missed::Coalesce, last, back), [third]);
        assert_eq!(due(EACH, last, back), [first, second, third]);
        assert_eq!(due(Missed::CatchUp(2), last, back), [second, third]);
        assert_eq!(
            due(Missed::Skip(SignedDuration::from_hours(2)), last, back),
            [third]
        );
        assert_eq!(
            due(Missed::Skip(SignedDuration::from_mins(30)), last, back),
            [""; 0]
        );
    }

    #[test]
    fn a_job_that_never_ran_begins_with_its_latest_occurrence() {
        for missed in [
            Missed::Coalesce,
            EACH,
            Missed::Skip(SignedDuration::from_hours(24)),
        ] {
            assert_eq!(
                due(missed, None, "2026-12-04T02:00:00Z"),
                ["2026-12-03T03:00:00Z"],
                "{missed:?}"
            );
        }
    }

    #[test]
    fn times_are_those_of_the_companys_clock() {
        // +01 until September 2026, UTC since.
        assert_eq!(
            due(EACH, Some("2026-06-01T02:00:00Z"), "2026-06-02T02:00:00Z"),
            ["2026-06-02T02:00:00Z"]
        );
        assert_eq!(
            due(EACH, Some("2026-12-01T03:00:00Z"), "2026-12-02T02:30:00Z"),
            [""; 0]
        );
    }

    #[test]
    fn a_skipped_time_is_taken_at_the_end_of_the_gap_and_a_double_one_once() {
        // 2025: back to UTC at 03:00 on 23 February, forward to +01 at 02:00 on 6 April.
        let at = |day, h, m| {
            instant(day, civil::time(h, m, 0, 0))
                .expect("instant")
                .to_string()
        };
        assert_eq!(at(civil::date(2025, 4, 6), 2, 30), "2025-04-06T02:00:00Z");
        assert_eq!(at(civil::date(2025, 4, 6), 3, 0), "2025-04-06T02:00:00Z");
        assert_eq!(at(civil::date(2025, 2, 23), 2, 30), "2025-02-23T01:30:00Z");
    }

    #[test]
    fn every_job_is_in_the_schedule_once() {
        for job in ScheduledJob::all() {
            assert_eq!(SCHEDULE.iter().filter(|e| e.job == *job).count(), 1, "{job:?}");
        }
    }
}
