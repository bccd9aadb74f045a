//! Who is told of which event, and how: a table, and the pure function that reads it.
//!
//! What people expect of it:
//! - Nobody is told of what they have just done themselves, in no channel that reaches a person.
//!   The one exception is the acknowledgement of a request, which is the receipt for one's own act.
//! - An e-mail asks for something or is worth keeping; what is merely good to know goes to the
//!   inbox only (a lead sees many closings a day).
//! - Who is concerned twice (a lead who is also the technician) is told once, by the first row. An
//!   urgent job that declares a failure is two things to know, and two messages: each may be over, or
//!   fail to go out, without the other.
//! - What is over before it is told is not told any more: an assignment or a date that another one has
//!   replaced, a request that was cancelled meanwhile, a failure that is repaired. Who was not told that a job is
//!   theirs does not read that it no longer is.

mod equipment;
mod intervention;
mod technician;

use super::{Channel, Concerned, Notice, NotificationKind, Recipient};
use crate::Id;
use crate::event::Event;
use crate::user::User;

/// A group of people that an event concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The assigned technician.
    Technician,
    /// The technician who had the job before.
    Previous,
    /// Lead of the technician's team, or who stands in for a missing one.
    Leads,
    /// All portal accounts of the client.
    Clients,
    /// The portal account that asked.
    Requester,
}

/// When a row of the table applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Always.
    Always,
    /// The job is not over.
    NotOver,
    /// The job is urgent (a critical one always is), and not over.
    Urgent,
    /// A client asked for the job on the portal, and it is not over.
    Requested,
    /// The technician is away and has jobs that are not finished.
    AwayWithOpenJobs,
    /// The equipment's failure is not repaired, and the equipment is still there to be repaired.
    StillDown,
    /// The technician that the event names is still the one of the job, and it is not over.
    StillAssigned,
    /// The technician of before knew of the job, and has not been given it again.
    StillWithdrawn,
    /// The technician who loses the job by the event knew that it was theirs.
    KnewTheirs,
    /// The date that the event names is still the one of the job, and its work is still ahead.
    StillMoved,
    /// The same, and the technician that the event names is still to go there.
    StillTheirVisit,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Stable name of the event.
    pub event: &'static str,
    /// When.
    pub when: Condition,
    /// Who.
    pub to: Audience,
    /// What they are told.
    pub notice: Notice,
    /// Type of the notification.
    pub kind: NotificationKind,
    /// How.
    pub channels: &'static [Channel],
    /// Whether also the one who caused the event.
    pub even_own: bool,
}

const MAIL: &[Channel] = &[Channel::Email, Channel::Push];
const MAIL_AND_LOG: &[Channel] = &[Channel::Email, Channel::Push, Channel::Log];
const INBOX: &[Channel] = &[Channel::Push];

impl Route {
    /// By e-mail and in the inbox, unless [`Self::by`] says otherwise.
    const fn new(
        event: &'static str,
        when: Condition,
        to: Audience,
        notice: Notice,
        kind: NotificationKind,
    ) -> Self {
        Self {
            event,
            when,
            to,
            notice,
            kind,
            channels: MAIL,
            even_own: matches!(notice, Notice::RequestReceived),
        }
    }

    const fn by(self, channels: &'static [Channel]) -> Self {
        Self { channels, ..self }
    }
}

/// The table, a part for each kind of object. An event that is not here tells nobody.
pub const ROUTES: &[&[Route]] = &[intervention::ROUTES, equipment::ROUTES, technician::ROUTES];

/// What the conditions look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Circumstances {
    /// The job is closed or cancelled.
    pub over: bool,
    /// The job is urgent.
    pub urgent: bool,
    /// A client asked for the job on the portal.
    pub requested: bool,
    /// The technician is away and has jobs that are not finished.
    pub away_with_open_jobs: bool,
    /// The equipment's failure is not repaired, and the equipment is still there to be repaired.
    pub still_down: bool,
    /// The technician that the event names is still the one of the job.
    pub still_assigned: bool,
    /// The technician of before has not been given the job again.
    pub still_withdrawn: bool,
    /// The technician who loses the job by the event knew that it was theirs.
    pub knew_theirs: bool,
    /// The date that the event names is still the one of the job, and its work is still ahead.
    pub still_moved: bool,
}

impl Circumstances {
    fn meet(self, condition: Condition) -> bool {
        match condition {
            Condition::Always => true,
            Condition::NotOver => !self.over,
            Condition::Urgent => self.urgent && !self.over,
            Condition::Requested => self.requested && !self.over,
            Condition::AwayWithOpenJobs => self.away_with_open_jobs,
            Condition::StillDown => self.still_down,
            Condition::StillAssigned => self.still_assigned && !self.over,
            Condition::StillWithdrawn => self.still_withdrawn && self.knew_theirs,
            Condition::KnewTheirs => self.knew_theirs,
            Condition::StillMoved => self.still_moved,
            Condition::StillTheirVisit => self.still_moved && self.still_assigned,
        }
    }
}

/// One person to be told one thing, in these channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// Who.
    pub to: Recipient,
    /// What.
    pub notice: Notice,
    /// Type of the notification.
    pub kind: NotificationKind,
    /// How.
    pub channels: &'static [Channel],
}

fn rows() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().copied().flatten()
}

/// Who is told of `event`, which `actor` caused; each person once.
pub fn addressees(
    event: &Event,
    actor: Option<Id<User>>,
    circumstances: Circumstances,
    concerned: &Concerned,
) -> Vec<Addressee> {
    let mut found: Vec<Addressee> = Vec::new();
    for route in rows().filter(|r| r.event == event.kind() && circumstances.meet(r.when)) {
        for to in audience(route.to, concerned) {
            let own = actor == Some(to.user);
            if (own && !route.even_own) || found.iter().any(|a| a.to.user == to.user) {
                continue;
            }
            found.push(Addressee {
                to,
                notice: route.notice,
                kind: route.kind,
                channels: route.channels,
            });
        }
    }
    found
}

fn audience(audience: Audience, concerned: &Concerned) -> Vec<Recipient> {
    match audience {
        Audience::Technician => concerned.technician.iter().cloned().collect(),
        Audience::Previous => concerned.previous.iter().cloned().collect(),
        Audience::Leads => concerned.leads(),
        Audience::Clients => concerned.clients.clone(),
        Audience::Requester => concerned.requester.iter().cloned().collect(),
    }
}

#[cfg(test)]
mod tests;
