use std::collections::HashSet;

use super::*;
use crate::samples::every_variant;
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
fn told(event: &Event, actor: Option<i64>, c: Circumstances, who: &Concerned) -> Vec<(i64, Notice, String)> {
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

fn moved() -> Event {
    Event::InterventionRescheduled {
        id: Id::new(9),
        technician: Id::new(7),
        planned_at: None,
    }
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
        urgent: true,
        requested: true,
        away_with_open_jobs: true,
        still_down: true,
        still_assigned: true,
        still_withdrawn: true,
        knew_theirs: true,
        still_moved: true,
        over: false,
    };
    let id = Id::new(9);
    let mail = "email+push".to_owned();
    let expected = [
        (
            created(),
            vec![
                (LEAD, Notice::UrgentJob, mail.clone()),
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
            moved(),
            vec![
                (TECHNICIAN, Notice::VisitMoved, mail.clone()),
                (3, Notice::JobMoved, mail.clone()),
                (4, Notice::JobMoved, mail.clone()),
            ],
        ),
        (
            Event::InterventionRaised { id },
            vec![(LEAD, Notice::JobRaised, mail.clone())],
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
    let events: Vec<Event> = expected.iter().map(|(event, _)| event.clone()).collect();
    assert!(every_variant(&events), "each event is here");
    let kinds: HashSet<_> = events.iter().map(Event::kind).collect();
    for route in rows() {
        assert!(kinds.contains(route.event), "{}", route.event);
    }
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
fn who_did_not_know_that_a_job_was_theirs_does_not_read_that_it_no_longer_is() {
    let cancelled = Event::InterventionCancelled { id: Id::new(9) };
    for (event, loser, others) in [
        (assigned(), PREVIOUS, vec![]),
        (cancelled, TECHNICIAN, CLIENTS.to_vec()),
    ] {
        for knew_theirs in [true, false] {
            let c = Circumstances {
                still_withdrawn: true,
                over: true,
                knew_theirs,
                ..Circumstances::default()
            };
            let mut expected = if knew_theirs { vec![loser] } else { vec![] };
            expected.extend(&others);
            let users: Vec<i64> = told(&event, None, c, &everybody()).iter().map(|t| t.0).collect();
            assert_eq!(users, expected, "{} {knew_theirs}", event.kind());
        }
    }
}

#[test]
fn a_new_date_is_told_to_the_technician_who_is_to_go_there_then_and_to_the_client() {
    for (still_moved, still_assigned, expected) in [
        (true, true, vec![TECHNICIAN, 3, 4]),
        (true, false, vec![3, 4]),
        (false, true, vec![]),
    ] {
        let c = Circumstances {
            still_moved,
            still_assigned,
            ..Circumstances::default()
        };
        let users: Vec<i64> = told(&moved(), None, c, &everybody())
            .iter()
            .map(|t| t.0)
            .collect();
        assert_eq!(users, expected, "{still_moved} {still_assigned}");
    }
}

#[test]
fn a_request_that_is_not_urgent_waits_in_the_inbox_of_the_lead() {
    let requested = Circumstances {
        requested: true,
        ..Circumstances::default()
    };
    assert_eq!(
        told(&created(), Some(CLIENTS[0]), requested, &everybody()),
        [
            (LEAD, Notice::NewRequest, "push".to_owned()),
            (CLIENTS[0], Notice::RequestReceived, "email+push".to_owned()),
        ]
    );
}

#[test]
fn what_is_over_is_not_told_any_more() {
    let over = Circumstances {
        over: true,
        urgent: true,
        requested: true,
        away_with_open_jobs: true,
        still_assigned: true,
        still_withdrawn: true,
        knew_theirs: true,
        still_moved: false,
        still_down: false,
    };
    let down = Event::EquipmentDown {
        id: Id::new(8),
        job: None,
    };
    assert_eq!(told(&created(), None, over, &everybody()), []);
    assert_eq!(told(&down, None, over, &everybody()), []);
    for event in [moved(), Event::InterventionRaised { id: Id::new(9) }] {
        assert_eq!(told(&event, None, over, &everybody()), []);
    }
    let told = told(&assigned(), None, over, &everybody());
    assert_eq!(
        told.iter().map(|t| (t.0, t.1)).collect::<Vec<_>>(),
        [(PREVIOUS, Notice::JobWithdrawn)],
        "who was told that it is theirs"
    );
}

#[test]
fn nobody_is_told_of_their_own_act_but_the_requester_gets_a_receipt() {
    let critical = Circumstances {
        urgent: true,
        still_down: true,
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
        Circumstances {
            knew_theirs: true,
            ..critical
        },
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
        urgent: true,
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
fn every_notice_is_sent_by_some_row() {
    use strum::VariantArray;
    for notice in Notice::VARIANTS {
        assert_eq!(rows().filter(|r| r.notice == *notice).count(), 1, "{notice:?}");
    }
}
