//! Who is told of which event, and how: a table, and the pure function that reads it.
//!
//! What people expect of it:
//! - Nobody is told of what they have just done themselves, in no channel that reaches a person.
//!   The one exception is the acknowledgement of a request, which is the receipt for one's own act.
//! - An e-mail asks for something or is worth keeping; what is merely good to know goes to the
//!   inbox only (a lead sees many closings a day).
//! - Who is concerned twice (a lead who is also the technician) is told once, by the first row.
//! - An assignment that another one has replaced before it was told is not told any more.

use super::{Channel, Concerned, NotificationKind, Recipient};
use crate::Id;
use crate::event::Event;
use crate::user::User;
use crate::vocab::vocab;

vocab! {
    /// What somebody is told; each has a text of its own.
    Notice {
        /// To the lead: a critical job waits for a technician.
        CriticalJob = "intervention_critique",
        /// To the requester: the request has arrived.
        RequestReceived = "demande_recue",
        /// To the technician: a job is theirs.
        JobAssigned = "intervention_affectee",
        /// To the client: who comes, and when.
        TechnicianNamed = "technicien_affecte",
        /// To the client: what was done.
        JobReport = "intervention_terminee",
        /// To the lead: a job is closed.
        JobClosed = "intervention_cloturee",
        /// To the technician of before: the job is not theirs any more.
        JobWithdrawn = "affectation_retiree",
        /// To the technician: not to go there.
        VisitCancelled = "deplacement_annule",
        /// To the client: will not be done.
        JobCancelled = "intervention_annulee",
        /// To the lead: an equipment failed.
        EquipmentDown = "equipement_en_panne",
        /// To the client: the failure is known.
        FailureKnown = "panne_enregistree",
        /// To the lead: a technician is away and has jobs.
        TechnicianAway = "technicien_indisponible",
    }
}

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
    /// The job is critical.
    Critical,
    /// The technician is unavailable and has jobs that are not finished.
    AwayWithOpenJobs,
    /// The technician that the event names is still the one of the job.
    StillAssigned,
    /// The technician of before has not been given the job again.
    StillWithdrawn,
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

const fn route(
    event: &'static str,
    when: Condition,
    to: Audience,
    notice: Notice,
    kind: NotificationKind,
    channels: &'static [Channel],
) -> Route {
    Route {
        event,
        when,
        to,
        notice,
        kind,
        channels,
        even_own: matches!(notice, Notice::RequestReceived),
    }
}

/// The table. An event that is not here tells nobody.
pub const ROUTES: &[Route] = {
    use Audience::{Clients, Leads, Previous, Requester, Technician};
    use Condition::{Always, AwayWithOpenJobs, Critical, StillAssigned, StillWithdrawn};
    use NotificationKind as K;
    &[
        route(
            "intervention.creee",
            Critical,
            Leads,
            Notice::CriticalJob,
            K::Reminder,
            MAIL,
        ),
        route(
            "intervention.creee",
            Always,
            Requester,
            Notice::RequestReceived,
            K::Reminder,
            MAIL,
        ),
        route(
            "intervention.affectee",
            StillAssigned,
            Technician,
            Notice::JobAssigned,
            K::Assignment,
            MAIL_AND_LOG,
        ),
        route(
            "intervention.affectee",
            StillAssigned,
            Clients,
            Notice::TechnicianNamed,
            K::Assignment,
            MAIL,
        ),
        route(
            "intervention.affectee",
            StillWithdrawn,
            Previous,
            Notice::JobWithdrawn,
            K::Assignment,
            MAIL,
        ),
        route(
            "intervention.cloturee",
            Always,
            Clients,
            Notice::JobReport,
            K::Closing,
            MAIL,
        ),
        route(
            "intervention.cloturee",
            Always,
            Leads,
            Notice::JobClosed,
            K::Closing,
            INBOX,
        ),
        route(
            "intervention.annulee",
            Always,
            Technician,
            Notice::VisitCancelled,
            K::Closing,
            MAIL,
        ),
        route(
            "intervention.annulee",
            Always,
            Clients,
            Notice::JobCancelled,
            K::Closing,
            MAIL,
        ),
        route(
            "equipement.en_panne",
            Always,
            Leads,
            Notice::EquipmentDown,
            K::Failure,
            MAIL,
        ),
        route(
            "equipement.en_panne",
            Always,
            Clients,
            Notice::FailureKnown,
            K::Failure,
            MAIL,
        ),
        route(
            "technicien.disponibilite_change",
            AwayWithOpenJobs,
            Leads,
            Notice::TechnicianAway,
            K::Availability,
            MAIL,
        ),
    ]
};

/// What the conditions look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Circumstances {
    /// The job is critical.
    pub critical: bool,
    /// The technician is unavailable and has jobs that are not finished.
    pub away_with_open_jobs: bool,
    /// The technician that the event names is still the one of the job.
    pub still_assigned: bool,
    /// The technician of before has not been given the job again.
    pub still_withdrawn: bool,
}

impl Circumstances {
    fn meet(self, condition: Condition) -> bool {
        match condition {
            Condition::Always => true,
            Condition::Critical => self.critical,
            Condition::AwayWithOpenJobs => self.away_with_open_jobs,
            Condition::StillAssigned => self.still_assigned,
            Condition::StillWithdrawn => self.still_withdrawn,
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

/// Who is told of `event`, which `actor` caused; each person once.
pub fn addressees(
    event: &Event,
    actor: Option<Id<User>>,
    circumstances: Circumstances,
    concerned: &Concerned,
) -> Vec<Addressee> {
    let mut found: Vec<Addressee> = Vec::new();
    for route in ROUTES
        .iter()
        .filter(|r| r.event == event.kind() && circumstances.meet(r.when))
    {
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
mod tests {
    use super::*;
    use crate::technician::Availability;

    const TECHNICIAN: i64 = 1;
    const LEAD: i64 = 2;
    const PREVIOUS: i64 = 7;
    const CLIENTS: [i64; 2] = [3, 4];
    const MANAGERS: [i64; 2] = [2, 5];
    const ADMIN: i64 = 6;

    fn person(id: i64) -> Recipient {
        Recipient {
            user: Id::new(id),
            full_name: format!("personne {id}"),
        }
    }

    fn everybody() -> Concerned {
        Concerned {
            technician: Some(person(TECHNICIAN)),
            previous: Some(person(PREVIOUS)),
            team_lead: Some(person(LEAD)),
            clients: CLIENTS.map(person).to_vec(),
            requester: Some(person(CLIENTS[0])),
            managers: MANAGERS.map(person).to_vec(),
            admins: vec![person(ADMIN)],
        }
    }

    /// As (user, notice, channels).
    fn told(
        event: &Event,
        actor: Option<i64>,
        c: Circumstances,
        who: &Concerned,
    ) -> Vec<(i64, Notice, String)> {
        addressees(event, actor.map(Id::new), c, who)
            .into_iter()
            .map(|a| {
                let channels: Vec<&str> = a.channels.iter().map(|c| (*c).into()).collect();
                (a.to.user.get(), a.notice, channels.join("+"))
            })
            .collect()
    }

    fn created() -> Event {
        Event::InterventionCreated { id: Id::new(9) }
    }

    fn assigned() -> Event {
        Event::InterventionAssigned {
            id: Id::new(9),
            technician: Some(Id::new(7)),
            previous: None,
        }
    }

    #[test]
    fn each_event_reaches_exactly_those_of_the_table() {
        let all = Circumstances {
            critical: true,
            away_with_open_jobs: true,
            still_assigned: true,
            still_withdrawn: true,
        };
        let id = Id::new(9);
        let mail = "email+push".to_owned();
        let expected = [
            (
                created(),
                vec![
                    (LEAD, Notice::CriticalJob, mail.clone()),
                    (3, Notice::RequestReceived, mail.clone()),
                ],
            ),
            (
                assigned(),
                vec![
                    (TECHNICIAN, Notice::JobAssigned, "email+push+log".to_owned()),
                    (3, Notice::TechnicianNamed, mail.clone()),
                    (4, Notice::TechnicianNamed, mail.clone()),
                    (PREVIOUS, Notice::JobWithdrawn, mail.clone()),
                ],
            ),
            (
                Event::InterventionClosed { id },
                vec![
                    (3, Notice::JobReport, mail.clone()),
                    (4, Notice::JobReport, mail.clone()),
                    (LEAD, Notice::JobClosed, "push".to_owned()),
                ],
            ),
            (
                Event::InterventionCancelled { id },
                vec![
                    (TECHNICIAN, Notice::VisitCancelled, mail.clone()),
                    (3, Notice::JobCancelled, mail.clone()),
                    (4, Notice::JobCancelled, mail.clone()),
                ],
            ),
            (
                Event::EquipmentDown {
                    id: Id::new(8),
                    job: None,
                },
                vec![
                    (LEAD, Notice::EquipmentDown, mail.clone()),
                    (3, Notice::FailureKnown, mail.clone()),
                    (4, Notice::FailureKnown, mail.clone()),
                ],
            ),
            (
                Event::TechnicianAvailabilityChanged {
                    id: Id::new(7),
                    from: Availability::Busy,
                    to: Availability::Unavailable,
                },
                vec![(LEAD, Notice::TechnicianAway, mail)],
            ),
            (
                Event::InterventionStatusChanged {
                    id,
                    from: crate::intervention::Status::Open,
                    to: crate::intervention::Status::InProgress,
                },
                vec![],
            ),
        ];
        for (event, people) in expected {
            assert_eq!(
                told(&event, Some(99), all, &everybody()),
                people,
                "{}",
                event.kind()
            );
        }
    }

    #[test]
    fn conditions_hold_back() {
        let none = Circumstances::default();
        assert_eq!(
            told(&created(), None, none, &everybody()).len(),
            1,
            "only the acknowledgement"
        );
        assert_eq!(
            told(&assigned(), None, none, &everybody()),
            [],
            "replaced meanwhile"
        );
        let away = Event::TechnicianAvailabilityChanged {
            id: Id::new(7),
            from: Availability::Available,
            to: Availability::OnLeave,
        };
        assert_eq!(told(&away, None, none, &everybody()), []);
    }

    #[test]
    fn nobody_is_told_of_their_own_act_but_the_requester_gets_a_receipt() {
        let critical = Circumstances {
            critical: true,
            still_assigned: true,
            ..Circumstances::default()
        };
        let by_client = told(&created(), Some(CLIENTS[0]), critical, &everybody());
        assert_eq!(
            by_client.iter().map(|t| t.0).collect::<Vec<_>>(),
            [LEAD, CLIENTS[0]]
        );
        let by_lead = told(&created(), Some(LEAD), critical, &everybody());
        assert_eq!(by_lead.iter().map(|t| t.0).collect::<Vec<_>>(), [CLIENTS[0]]);
        let by_technician = told(
            &Event::InterventionCancelled { id: Id::new(9) },
            Some(TECHNICIAN),
            critical,
            &everybody(),
        );
        assert_eq!(by_technician.iter().map(|t| t.0).collect::<Vec<_>>(), CLIENTS);
        let by_client = told(
            &Event::EquipmentDown {
                id: Id::new(8),
                job: None,
            },
            Some(CLIENTS[1]),
            critical,
            &everybody(),
        );
        assert_eq!(
            by_client.iter().map(|t| t.0).collect::<Vec<_>>(),
            [LEAD, CLIENTS[0]]
        );
    }

    #[test]
    fn leads_fall_back_to_managers_then_to_admins() {
        let critical = Circumstances {
            critical: true,
            ..Circumstances::default()
        };
        let mut who = Concerned {
            team_lead: None,
            requester: None,
            ..everybody()
        };
        let users = |who: &Concerned| {
            told(&created(), None, critical, who)
                .iter()
                .map(|t| t.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(users(&who), MANAGERS);
        who.managers.clear();
        assert_eq!(users(&who), [ADMIN]);
        who.admins.clear();
        assert_eq!(users(&who), [0; 0]);
    }

    #[test]
    fn who_is_concerned_twice_is_told_once_by_the_first_row() {
        let still = Circumstances {
            still_assigned: true,
            ..Circumstances::default()
        };
        let who = Concerned {
            clients: vec![person(TECHNICIAN), person(3)],
            ..everybody()
        };
        assert_eq!(
            told(&assigned(), None, still, &who)
                .iter()
                .map(|t| (t.0, t.1))
                .collect::<Vec<_>>(),
            [(TECHNICIAN, Notice::JobAssigned), (3, Notice::TechnicianNamed)]
        );
    }

    #[test]
    fn every_notice_is_sent_by_some_row_and_every_row_names_an_event() {
        use strum::VariantArray;
        for notice in Notice::VARIANTS {
            assert_eq!(
                ROUTES.iter().filter(|r| r.notice == *notice).count(),
                1,
                "{notice:?}"
            );
        }
        let known = [
            created().kind(),
            assigned().kind(),
            "intervention.cloturee",
            "intervention.annulee",
            "equipement.en_panne",
            "technicien.disponibilite_change",
        ];
        for route in ROUTES {
            assert!(known.contains(&route.event), "{}", route.event);
        }
    }
}
