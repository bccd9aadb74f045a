//! Leaves a server alone that has just failed.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// What may be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// Ask the server.
    Go,
    /// Do without it.
    Rest,
    /// Do without it, but look whether it is back; nobody else does so at the same time.
    Probe,
}

/// Closed while all is well; open for a while after each failure.
#[derive(Debug)]
pub struct Breaker {
    rest: Duration,
    /// When to look again; `None` while all is well.
    retry_at: Mutex<Option<Instant>>,
}

impl Breaker {
    pub fn new(rest: Duration) -> Self {
        Self {
            rest,
            retry_at: Mutex::new(None),
        }
    }

    /// Whether to ask the server at `now`.
    pub fn leave(&self, now: Instant) -> Leave {
        let mut retry_at = self.lock();
        match *retry_at {
            None => Leave::Go,
            Some(at) if now < at => Leave::Rest,
            Some(_) => {
                *retry_at = Some(now + self.rest);
                Leave::Probe
            }
        }
    }

    /// The server failed at `now`; `true` when it had been well.
    pub fn failed(&self, now: Instant) -> bool {
        self.lock().replace(now + self.rest).is_none()
    }

    /// The server answered; `true` when it had not been well.
    pub fn answered(&self) -> bool {
        self.lock().take().is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.retry_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_failure_one_at_a_time_looks_whether_it_is_back() {
        let (rest, start) = (Duration::from_secs(2), Instant::now());
        let breaker = Breaker::new(rest);
        assert_eq!(breaker.leave(start), Leave::Go);
        assert!(breaker.failed(start));
        assert!(!breaker.failed(start), "told once");
        assert_eq!(breaker.leave(start + rest / 2), Leave::Rest);
        assert_eq!(breaker.leave(start + rest), Leave::Probe);
        assert_eq!(
            breaker.leave(start + rest),
            Leave::Rest,
            "the other one is looking"
        );
        assert_eq!(breaker.leave(start + 2 * rest), Leave::Probe, "it found nothing");
        assert!(breaker.answered());
        assert!(!breaker.answered());
        assert_eq!(breaker.leave(start + 2 * rest), Leave::Go);
    }
}
