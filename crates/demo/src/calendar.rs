//! Working time in Casablanca, counted from the instant of the demonstration.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use crate::error::SeedError;

/// First minute of a working day.
const OPENS: i64 = 8 * 60;
/// Last minute of a working day.
const CLOSES: i64 = 17 * 60 + 30;

/// An instant as the tables tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// So many minutes before the demonstration, whatever the hour: emergencies do not wait.
    Ago(i64),
    /// So many minutes of working time before the demonstration; at most a working day.
    Lately(i64),
    /// So many working days before today, at this local time.
    Day(i64, i8, i8),
    /// So many working days after today, at this local time.
    Ahead(i64, i8, i8),
    /// Known already.
    At(Timestamp),
}

/// The calendar of one demonstration.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    zone: TimeZone,
    now: Timestamp,
    today: Date,
}

impl Calendar {
    pub(crate) fn new(now: Timestamp) -> Result<Self, SeedError> {
        // The database keeps microseconds, and instants that are read back must compare equal.
        let now = Timestamp::from_microsecond(now.as_microsecond())?;
        let zone = domain::time::zone()?;
        let today = now.to_zoned(zone.clone()).date();
        Ok(Self { zone, now, today })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The day that many calendar days from today.
    pub(crate) fn date(&self, days: i32) -> Result<Date, SeedError> {
        Ok(self.today.checked_add(Span::new().try_days(days)?)?)
    }

    /// The working day that many working days after today (before, when negative).
    fn working_day(&self, count: i64) -> Result<Date, SeedError> {
        let step = Span::new().try_days(count.signum())?;
        let (mut day, mut left) = (self.today, count.abs());
        while left > 0 {
            day = day.checked_add(step)?;
            if is_working(day) {
                left -= 1;
            }
        }
        Ok(day)
    }

    /// A local time of a day.
    pub(crate) fn on(&self, day: Date, hour: i8, minute: i8) -> Result<Timestamp, SeedError> {
        Ok(day
            .at(hour, minute, 0, 0)
            .to_zoned(self.zone.clone())?
            .timestamp())
    }

    /// The instant that a table means.
    pub(crate) fn resolve(&self, when: When) -> Result<Timestamp, SeedError> {
        match when {
            When::Ago(minutes) => Ok(later(self.now, -minutes)),
            When::Lately(minutes) => self.lately(minutes),
            When::Day(back, hour, minute) => self.on(self.working_day(-back)?, hour, minute),
            When::Ahead(days, hour, minute) => self.on(self.working_day(days)?, hour, minute),
            When::At(instant) => Ok(instant),
        }
    }

    fn lately(&self, minutes: i64) -> Result<Timestamp, SeedError> {
        let opening = self.on(self.today, 8, 0)?;
        let closing = self.on(self.today, 17, 30)?;
        let worked = self.now.min(closing).duration_since(opening).as_secs() / 60;
        let worked = if is_working(self.today) { worked.max(0) } else { 0 };
        if minutes <= worked {
            return Ok(later(self.now.min(closing), -minutes));
        }
        let before = self.on(self.working_day(-1)?, 17, 30)?;
        Ok(later(before, worked - minutes))
    }

    /// The first instant, `from` or later, at which `minutes` of work fit into a working day.
    pub(crate) fn fitting(&self, from: Timestamp, minutes: i64) -> Result<Timestamp, SeedError> {
        let local = from.to_zoned(self.zone.clone());
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        let day = local.date();
        if is_working(day) && minute >= OPENS && minute + minutes <= CLOSES {
            return Ok(from);
        }
        if is_working(day) && minute < OPENS {
            return self.on(day, 8, 0);
        }
        let mut next = day.checked_add(Span::new().try_days(1)?)?;
        while !is_working(next) {
            next = next.checked_add(Span::new().try_days(1)?)?;
        }
        self.on(next, 8, 0)
    }
}

fn is_working(day: Date) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// So many minutes after an instant.
pub(crate) fn later(instant: Timestamp, minutes: i64) -> Timestamp {
    instant
        .checked_add(SignedDuration::from_secs(minutes * 60))
        .unwrap_or(instant)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        // A Monday morning.
        Calendar::new("2026-11-23T07:30:00.123456789Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn working_days_leave_out_the_weekend() {
        let at = |when| calendar().resolve(when).unwrap().to_string();
        assert_eq!(at(When::Day(1, 16, 40)), "2026-11-20T16:40:00Z");
        assert_eq!(at(When::Day(6, 8, 0)), "2026-11-13T08:00:00Z");
        assert_eq!(at(When::Ahead(5, 9, 0)), "2026-11-30T09:00:00Z");
        assert_eq!(
            at(When::Ago(45)),
            "2026-11-23T06:45:00.123456Z",
            "to the microsecond"
        );
    }

    #[test]
    fn working_time_jumps_over_nights_and_weekends() {
        let at = |now: &str, minutes| {
            let calendar = Calendar::new(now.parse().unwrap()).unwrap();
            calendar.resolve(When::Lately(minutes)).unwrap().to_string()
        };
        assert_eq!(at("2026-11-23T10:00:00Z", 90), "2026-11-23T08:30:00Z");
        assert_eq!(
            at("2026-11-23T10:00:00Z", 150),
            "2026-11-20T17:00:00Z",
            "since Friday evening"
        );
        assert_eq!(
            at("2026-11-23T05:00:00Z", 10),
            "2026-11-20T17:20:00Z",
            "before the day begins"
        );
        assert_eq!(
            at("2026-11-22T12:00:00Z", 60),
            "2026-11-20T16:30:00Z",
            "on a Sunday"
        );
        assert_eq!(
            at("2026-11-24T22:00:00Z", 30),
            "2026-11-24T17:00:00Z",
            "in the evening"
        );
    }

    #[test]
    fn local_time_follows_the_zone_of_its_day() {
        let c = calendar();
        let summer = c.on(jiff::civil::date(2026, 7, 1), 9, 0).unwrap();
        assert_eq!(
            summer.to_string(),
            "2026-07-01T08:00:00Z",
            "+01 until September 2026"
        );
    }

    #[test]
    fn work_fits_into_working_hours() {
        let c = calendar();
        let fit = |at: &str, minutes| c.fitting(at.parse().unwrap(), minutes).unwrap().to_string();
        assert_eq!(fit("2026-11-18T09:10:00Z", 120), "2026-11-18T09:10:00Z");
        assert_eq!(fit("2026-11-18T05:00:00Z", 120), "2026-11-18T08:00:00Z");
        assert_eq!(fit("2026-11-18T16:00:00Z", 120), "2026-11-19T08:00:00Z");
        assert_eq!(
            fit("2026-11-20T16:00:00Z", 120),
            "2026-11-23T08:00:00Z",
            "over the weekend"
        );
        assert_eq!(fit("2026-11-21T10:00:00Z", 30), "2026-11-23T08:00:00Z");
    }
}
