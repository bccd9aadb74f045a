//! Local time of the company: Africa/Casablanca from the bundled zone data.
//!
//! Morocco has been on permanent UTC+0 since 2026-09-20; system zone files may still say +01, so
//! nothing here ever reads them.

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, Zoned};

/// Name of the company's time zone.
pub const ZONE: &str = "Africa/Casablanca";

/// The company's time zone, or the reason why it is not known.
pub fn zone() -> Result<TimeZone, jiff::Error> {
    TimeZoneDatabase::bundled().get(ZONE)
}

/// An instant as the company's wall clock shows it. Falls back to UTC, which is the legal time
/// since 2026-09-20, should the bundled data lack the zone; [`self_test`] refuses to start then.
pub fn local(instant: Timestamp) -> Zoned {
    instant.to_zoned(zone().unwrap_or(TimeZone::UTC))
}

/// The company's calendar day at an instant.
pub fn local_date(instant: Timestamp) -> Date {
    local(instant).date()
}

/// Whether an instant is one that somebody can mean and the database can keep: the years 1900 to 9999.
pub fn is_storable(instant: Timestamp) -> bool {
    /// 1900-01-01T00:00:00Z.
    const FIRST: Timestamp = Timestamp::constant(-2_208_988_800, 0);
    instant >= FIRST
}

/// Checks at start-up that the zone data knows the present legal time of Morocco.
///
/// # Errors
/// A sentence that says what is wrong with the data.
pub fn self_test() -> Result<(), String> {
    let zone = zone().map_err(|e| format!("zone {ZONE}: {e}"))?;
    for (instant, expected_hours) in [
        ("2026-06-15T12:00:00Z", 1),
        ("2026-11-20T12:00:00Z", 0),
        ("2027-07-01T12:00:00Z", 0),
    ] {
        let at: Timestamp = instant.parse().map_err(|e| format!("{instant}: {e}"))?;
        let seconds = at.to_zoned(zone.clone()).offset().seconds();
        if seconds != expected_hours * 3600 {
            return Err(format!(
                "zone data says {seconds} s at {instant}, expected {expected_hours} h"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_before_1900_are_not_kept() {
        let storable = |text: &str| is_storable(text.parse().expect("instant"));
        assert!(storable("1900-01-01T00:00:00Z") && storable("9999-12-30T21:59:59Z"));
        assert!(!storable("1899-12-31T23:59:59.999999Z") && !storable("-009000-01-01T00:00:00Z"));
    }

    #[test]
    fn bundled_zone_knows_the_permanent_utc() {
        assert_eq!(self_test(), Ok(()));
        let noon: Timestamp = "2026-12-31T23:30:00Z".parse().expect("instant");
        assert_eq!(local_date(noon).to_string(), "2026-12-31");
        let before: Timestamp = "2025-12-31T23:30:00Z".parse().expect("instant");
        assert_eq!(
            local_date(before).to_string(),
            "2026-01-01",
            "+01 until 2026-09-20"
        );
    }
}
