//! Lines and expressions that the texts of several aggregates share.

use domain::time;
use jiff::Timestamp;

/// A label and its value; a line without a value is left out.
pub(super) type Line = (&'static str, Option<String>);

/// Which equipment.
pub(super) fn machine(name: &str, serial_number: &str) -> Line {
    (
        "Équipement",
        Some(format!("{name} (n° de série {serial_number})")),
    )
}

/// Where it stands.
pub(super) fn place(site: Option<&str>, location: Option<&str>) -> Line {
    let place = match (site, location) {
        (Some(site), Some(location)) => Some(format!("{site}, {location}")),
        (one, other) => one.or(other).map(str::to_owned),
    };
    ("Lieu", place)
}

const DAYS: [&str; 7] = [
    "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
];
const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// An instant as people in Morocco read it, such as `mardi 3 mars 2026 à 10 h 05`.
pub(super) fn french(instant: Timestamp) -> String {
    let at = time::local(instant);
    let name = |names: &[&'static str], index: i8| -> &'static str {
        usize::try_from(index)
            .ok()
            .and_then(|i| names.get(i).copied())
            .unwrap_or_default()
    };
    let day = name(&DAYS, at.weekday().to_monday_zero_offset());
    let month = name(&MONTHS, at.month() - 1);
    let first = if at.day() == 1 { "er" } else { "" };
    format!(
        "{day} {}{first} {month} {} à {} h {:02}",
        at.day(),
        at.year(),
        at.hour(),
        at.minute()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_shown_in_the_time_of_morocco() {
        let shown = |t: &str| french(t.parse().expect("instant"));
        assert_eq!(
            shown("2026-05-03T23:30:00Z"),
            "lundi 4 mai 2026 à 0 h 30",
            "+01 until September 2026"
        );
        assert_eq!(
            shown("2026-12-31T23:30:00Z"),
            "jeudi 31 décembre 2026 à 23 h 30",
            "permanent UTC since"
        );
    }
}
