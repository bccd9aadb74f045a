//! What happens in the demonstration, before it is played: jobs with their acts, and what happens
//! beside them.

use domain::intervention::{Kind, Outcome, Priority, WaitReason};

use crate::calendar::When;
use crate::data::clients::Who;
use crate::data::people::{Staff, Tech};

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum By {
    Staff(Staff),
    Tech(Tech),
    /// The portal account of a client.
    Portal(Who),
}

/// Something that is done to a job.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Act {
    /// With the planned instant, if there is one, and a word for the history.
    Assign(Tech, Option<When>, Option<&'static str>),
    Unassign(&'static str),
    Prioritise(Priority),
    Start,
    Hold {
        why: WaitReason,
        returned: bool,
        word: &'static str,
    },
    Resume(&'static str),
    Close {
        outcome: Outcome,
        diagnosis: Option<&'static str>,
        report: &'static str,
    },
    Cancel(&'static str),
    Archive,
    Rate(i16, Option<&'static str>),
}

/// One job from its request on.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    /// Name by which a later story follows it up.
    pub(crate) name: Option<&'static str>,
    pub(crate) follows: Option<&'static str>,
    /// Key of the equipment.
    pub(crate) equipment: &'static str,
    pub(crate) kind: Kind,
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    pub(crate) by: By,
    pub(crate) opened: When,
    pub(crate) planned: Option<When>,
    pub(crate) minutes: Option<i32>,
    pub(crate) priority: Priority,
    pub(crate) urgent: bool,
    /// The equipment has failed.
    pub(crate) stops: bool,
    pub(crate) acts: Vec<(When, By, Act)>,
}

impl Story {
    /// A job as somebody asks for it.
    pub(crate) fn new(
        opened: When,
        by: By,
        equipment: &'static str,
        kind: Kind,
        title: &'static str,
        text: &'static str,
    ) -> Self {
        Self {
            name: None,
            follows: None,
            equipment,
            kind,
            title,
            text,
            by,
            opened,
            planned: None,
            minutes: None,
            priority: Priority::Normal,
            urgent: false,
            stops: false,
            acts: Vec::new(),
        }
    }

    pub(crate) fn named(self, name: &'static str) -> Self {
        Self {
            name: Some(name),
            ..self
        }
    }

    pub(crate) fn following(self, name: &'static str) -> Self {
        Self {
            follows: Some(name),
            ..self
        }
    }

    pub(crate) fn planned(self, when: When, minutes: i32) -> Self {
        Self {
            planned: Some(when),
            minutes: Some(minutes),
            ..self
        }
    }

    pub(crate) fn priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    pub(crate) fn urgent(self) -> Self {
        Self { urgent: true, ..self }
    }

    pub(crate) fn stops(self) -> Self {
        Self { stops: true, ..self }
    }

    pub(crate) fn then(mut self, when: When, by: By, act: Act) -> Self {
        self.acts.push((when, by, act));
        self
    }
}

/// Something that happens beside the jobs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Turn {
    /// An equipment fails, and nobody has asked for a job yet.
    Fail(&'static str, &'static str),
    /// An equipment is taken out of use by hand.
    Maintain(&'static str, &'static str),
    Leave(Tech, &'static str),
    Train(Tech, &'static str),
    /// Suddenly away.
    Drop(Tech, &'static str),
    Return(Tech, &'static str),
    /// A client is only served in urgent cases from now on.
    Suspend(Who),
}
