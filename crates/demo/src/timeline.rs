//! Everything that happens, in the order in which it happens.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::Calendar;
use crate::data::{live, recent};
use crate::diary::Diaries;
use crate::error::SeedError;
use crate::past;
use crate::story::{Act, By, Story, Turn};

/// What happens at one instant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    /// The story with this index begins.
    Open(usize),
    /// Something is done to its job.
    Act(usize, Act),
    Turn(Turn),
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Moment {
    pub(crate) at: Timestamp,
    pub(crate) by: By,
    pub(crate) what: What,
}

/// The whole demonstration in time.
pub(crate) struct Timeline {
    pub(crate) stories: Vec<Story>,
    /// In order of time.
    pub(crate) moments: Vec<Moment>,
    /// When each machine was due first.
    pub(crate) first_due: HashMap<&'static str, Date>,
}

impl Timeline {
    pub(crate) fn new(calendar: &Calendar) -> Result<Self, SeedError> {
        let mut stories = recent::stories();
        stories.extend(live::stories());
        let turns = recent::turns();
        let past = past::write(calendar, Diaries::of(calendar, &stories, &turns)?)?;
        stories.extend(past.stories);

        let mut moments = Vec::new();
        for (at, story) in stories.iter().enumerate() {
            let opened = calendar.resolve(story.opened)?;
            moments.push(Moment {
                at: opened,
                by: story.by,
                what: What::Open(at),
            });
            for (when, by, act) in &story.acts {
                let what = What::Act(at, act.clone());
                moments.push(Moment {
                    at: calendar.resolve(*when)?,
                    by: *by,
                    what,
                });
            }
        }
        for (when, by, turn) in turns {
            moments.push(Moment {
                at: calendar.resolve(when)?,
                by,
                what: What::Turn(turn),
            });
        }
        // Stable: what one story does at one instant stays in its order.
        moments.sort_by_key(|moment| moment.at);
        Ok(Self {
            stories,
            moments,
            first_due: past.first_due,
        })
    }
}

#[cfg(test)]
mod tests;
