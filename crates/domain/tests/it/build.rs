//! Consistent objects to start from.

use domain::client::{Client, ClientKind, ClientStatus, ServiceLevel};
use domain::equipment::store::Situation;
use domain::equipment::{Criticality, Equipment, EquipmentStatus, Failure, FailureOrigin, Holder};
use domain::intervention::machine::{Assignee, Close, Command, Facts};
use domain::intervention::{Closing, Intervention, Kind, Origin, Priority, Status, WaitReason};
use domain::policy::Role;
use domain::skill::{HeldSkill, RequiredSkill, SkillLevel};
use domain::technician::{Availability, Technician};
use domain::user::{Locale, User};
use domain::{Id, Record};
use jiff::Timestamp;

pub const JOB: Id<Intervention> = Id::new(100);
pub const PUMP: Id<Equipment> = Id::new(10);
pub const AMAL: Id<Technician> = Id::new(1);
pub const YOUSSEF: Id<Technician> = Id::new(2);
pub const OWNER: Id<Client> = Id::new(50);
pub const OTHER_JOB: Id<Intervention> = Id::new(200);

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A Friday.
pub fn now() -> Timestamp {
    at("2026-11-20T10:00:00Z")
}

pub fn client(status: ClientStatus) -> Record<Client> {
    let data = Client {
        user: Some(Id::new(504)),
        name: "Conserverie du Port".into(),
        sector: None,
        address: None,
        city: Some("Safi".into()),
        phone: None,
        email: None,
        main_contact: None,
        kind: ClientKind::Company,
        service_level: ServiceLevel::Standard,
        status,
        ice: None,
        tax_id: None,
        since: jiff::civil::date(2020, 1, 1),
    };
    Record::fresh(OWNER, now(), data)
}

pub fn equipment(status: EquipmentStatus) -> Record<Equipment> {
    let data = Equipment {
        client: OWNER,
        site: Some(Id::new(60)),
        parent: None,
        name: "Pompe P-12".into(),
        model: None,
        brand: None,
        serial_number: "SN-12".into(),
        kind: "hydraulique".into(),
        status,
        criticality: Criticality::Important,
        location: None,
        installed_on: None,
        next_maintenance: Some(jiff::civil::date(2026, 11, 18)),
        maintenance_every_days: Some(90),
        public_code: "p-0123456789abcdef".into(),
        meter_unit: None,
        meter_value: None,
        replacement_value: None,
        notes: None,
        retirement_reason: None,
        required_skills: vec![],
    };
    Record::fresh(PUMP, now(), data)
}

pub fn failure() -> (Id<Failure>, Failure) {
    let failure = Failure {
        equipment: PUMP,
        opened_at: at("2026-11-19T08:00:00Z"),
        closed_at: None,
        origin: FailureOrigin::Declared,
        intervention: None,
        description: Some("Fuite au joint".into()),
    };
    (Id::new(7), failure)
}

pub fn technician(id: Id<Technician>, availability: Availability) -> Record<Technician> {
    let data = Technician {
        user: Id::new(id.get() + 500),
        specialty: None,
        team: None,
        availability,
        pending_absence: None,
        zone: None,
        hired_on: None,
        hourly_rate: None,
        phone: None,
        skills: vec![],
    };
    Record::fresh(id, now(), data)
}

pub fn assignee(id: Id<Technician>, availability: Availability) -> Assignee {
    let full_name = if id == AMAL {
        "Amal Idrissi"
    } else {
        "Youssef Alami"
    };
    Assignee {
        record: technician(id, availability),
        full_name: full_name.into(),
        is_active: true,
        running_job: (availability == Availability::Busy).then_some(JOB),
        uncertified: vec![],
    }
}

pub fn job(status: Status) -> Record<Intervention> {
    let begun = !matches!(status, Status::Open);
    let data = Intervention {
        number: "INT-2026-00042".into(),
        equipment: PUMP,
        client: OWNER,
        site: Some(Id::new(60)),
        technician: Some(AMAL),
        contract: None,
        requester: Some(Id::new(504)),
        follow_up_of: None,
        title: "Fuite sur la pompe".into(),
        description: "La pompe perd de l'huile au joint avant.".into(),
        kind: Kind::Corrective,
        status,
        priority: Priority::Normal,
        urgent: false,
        origin: Origin::Internal,
        opened_at: at("2026-11-19T08:00:00Z"),
        planned_at: None,
        assigned_at: Some(at("2026-11-19T09:00:00Z")),
        started_at: begun.then(|| at("2026-11-20T08:00:00Z")),
        finished_at: (status == Status::Closed).then(|| at("2026-11-20T09:00:00Z")),
        estimated_minutes: 60,
        wait_reason: (status == Status::OnHold).then_some(WaitReason::Parts),
        failure: None,
        equipment_returned: false,
        archived_at: None,
        required_skills: vec![],
        closing: Closing::default(),
    };
    Record::fresh(JOB, now(), data)
}

/// Everything as it is while the job is in this state and the equipment has no failure.
pub fn facts(status: Status) -> Facts {
    let holds = matches!(status, Status::InProgress | Status::OnHold);
    let stands = if holds {
        EquipmentStatus::InMaintenance
    } else {
        EquipmentStatus::Operational
    };
    let busy = if status == Status::InProgress {
        Availability::Busy
    } else {
        Availability::Available
    };
    Facts {
        job: job(status),
        equipment: equipment(stands),
        situation: Situation {
            holders: if holds { vec![Holder::Job(JOB)] } else { vec![] },
            failure: None,
            open_jobs: if status == Status::Open { vec![JOB] } else { vec![] },
        },
        technician: Some(assignee(AMAL, busy)),
        candidate: Some(assignee(YOUSSEF, Availability::Available)),
        by: Some(Id::new(900)),
        now: now(),
    }
}

/// The same with an open failure.
pub fn failing(status: Status) -> Facts {
    let mut facts = facts(status);
    facts.situation.failure = Some(failure());
    if facts.equipment.status == EquipmentStatus::Operational {
        facts.equipment.data.status = EquipmentStatus::Down;
    }
    facts
}

pub fn assign() -> Command {
    Command::Assign(domain::intervention::machine::Assign {
        technician: YOUSSEF,
        planned_at: None,
        estimated_minutes: None,
        comment: None,
    })
}

/// Another date for the technician who has the job.
pub fn postpone() -> Command {
    Command::Assign(domain::intervention::machine::Assign {
        technician: AMAL,
        planned_at: Some(at("2026-12-01T08:00:00Z")),
        estimated_minutes: None,
        comment: None,
    })
}

pub fn start() -> Command {
    Command::Start { comment: None }
}

pub fn resume() -> Command {
    Command::Resume { comment: None }
}

pub fn hold(equipment_returned: bool) -> Command {
    Command::Hold {
        reason: Some(WaitReason::Parts),
        equipment_returned,
        comment: None,
    }
}

pub fn close(outcome: Option<domain::intervention::Outcome>) -> Command {
    Command::Close(Close {
        report: Some("Joint remplacé, essai concluant.".into()),
        outcome,
        ..Close::default()
    })
}

pub fn cancel() -> Command {
    Command::Cancel {
        reason: Some("Doublon".into()),
    }
}

/// One valid command per action, in the order of the table.
pub fn commands() -> Vec<Command> {
    vec![
        assign(),
        Command::Unassign { comment: None },
        start(),
        hold(false),
        resume(),
        close(None),
        cancel(),
        Command::Archive,
    ]
}

pub fn held(skill: i64, level: SkillLevel, until: Option<jiff::civil::Date>) -> HeldSkill {
    HeldSkill {
        skill: Id::new(skill),
        level,
        valid_until: until,
    }
}

pub fn wanted(skill: i64, min_level: SkillLevel) -> RequiredSkill {
    RequiredSkill {
        skill: Id::new(skill),
        min_level,
    }
}

pub fn user(role: Role) -> User {
    User {
        username: "amal.idrissi".into(),
        email: "a.idrissi@exemple.ma".into(),
        password_hash: "x".into(),
        full_name: "Amal Idrissi".into(),
        role,
        other_roles: vec![],
        is_active: true,
        last_login: None,
        locale: Locale::French,
        mfa_enabled: false,
        auth_version: 3,
    }
}
