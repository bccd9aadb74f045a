//! The clock of the machine.

use domain::ports::Clock;
use jiff::Timestamp;

/// The clock of the machine, in the microseconds that the database keeps: an instant reads the same
/// before and after it was stored.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_have_the_precision_of_the_database() {
        assert_eq!(SystemClock.now().subsec_nanosecond() % 1_000, 0);
    }
}
