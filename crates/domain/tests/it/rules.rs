//! Rules for the data of the aggregates.

use domain::Id;
use domain::client::{Client, ClientStatus, Contact, Site, rules as client};
use domain::equipment::store::TreeNode;
use domain::equipment::{Criticality, Equipment, EquipmentStatus, rules as equipment};
use domain::skill::rules::certificates;
use domain::skill::{HeldSkill, Skill, SkillLevel, missing, rules as skill};
use domain::team::Team;
use domain::technician::{Availability, Technician, rules as technician};
use domain::text::{FieldIssue, IssueCode, Issues};
use jiff::civil::{Date, date};

use crate::build::{self, AMAL};

/// Spoils good data; the field and what must be said of it.
pub type Case<T> = (fn(&mut T), &'static str, IssueCode);

pub fn issues(result: Result<(), Issues>) -> Vec<(String, IssueCode)> {
    result
        .err()
        .unwrap_or_default()
        .0
        .into_iter()
        .map(|i| (i.field, i.code))
        .collect()
}

pub fn one(result: Result<(), Issues>) -> (String, IssueCode) {
    let found = issues(result);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

fn text(n: usize) -> Option<String> {
    Some("é".repeat(n))
}

#[test]
fn client_bounds() {
    let good = build::client(ClientStatus::Active).data;
    assert_eq!(client::validate(&good), Ok(()));
    let cases: &[Case<Client>] = &[
        (|c| c.name.clear(), "nom_entreprise", IssueCode::Required),
        (|c| c.name = "x".repeat(256), "nom_entreprise", IssueCode::TooLong),
        (|c| c.sector = text(101), "secteur_activite", IssueCode::TooLong),
        (|c| c.address = text(501), "adresse", IssueCode::TooLong),
        (|c| c.city = text(101), "ville", IssueCode::TooLong),
        (
            |c| c.phone = Some("05-abc".into()),
            "telephone",
            IssueCode::InvalidPhone,
        ),
        (
            |c| c.phone = Some(format!("{}123456", " ".repeat(30))),
            "telephone",
            IssueCode::InvalidPhone,
        ),
        (|c| c.email = Some("x@y".into()), "email", IssueCode::InvalidEmail),
        (
            |c| c.main_contact = text(256),
            "contact_principal",
            IssueCode::TooLong,
        ),
        (
            |c| c.ice = Some("00123456789012".into()),
            "ice",
            IssueCode::InvalidFormat,
        ),
        (
            |c| c.ice = Some("00123456789012x".into()),
            "ice",
            IssueCode::InvalidFormat,
        ),
        (|c| c.tax_id = text(51), "identifiant_fiscal", IssueCode::TooLong),
    ];
    for (spoil, field, code) in cases {
        let mut bad = good.clone();
        spoil(&mut bad);
        assert_eq!(one(client::validate(&bad)), ((*field).to_owned(), *code));
    }
    let full = Client {
        name: "é".repeat(255),
        sector: text(100),
        address: text(500),
        phone: Some("+212 522 12 34 56".into()),
        email: Some("contact@exemple.ma".into()),
        ice: Some("001234567890123".into()),
        tax_id: text(50),
        ..good
    };
    assert_eq!(client::validate(&full), Ok(()));
}

#[test]
fn a_client_keeps_only_the_own_contact_data() {
    let before = build::client(ClientStatus::Active).data;
    let contact = Client {
        address: text(5),
        city: text(5),
        phone: Some("0522123456".into()),
        email: Some("a@b.ma".into()),
        main_contact: text(5),
        ..before.clone()
    };
    assert!(client::beyond_contact_data(&before, &contact).is_empty());
    let greedy = Client {
        status: ClientStatus::Suspended,
        ice: text(15),
        ..contact
    };
    assert_eq!(
        client::beyond_contact_data(&before, &greedy),
        ["statut_client", "ice"]
    );
}

#[test]
fn site_bounds() {
    let good = Site {
        client: Id::new(1),
        name: "Port".into(),
        address: None,
        city: None,
        zone: None,
        latitude: Some(32.3),
        longitude: Some(-9.23),
    };
    assert_eq!(client::validate_site(&good), Ok(()));
    let cases: &[Case<Site>] = &[
        (|s| s.name.clear(), "nom", IssueCode::Required),
        (|s| s.zone = text(101), "zone", IssueCode::TooLong),
        (|s| s.latitude = Some(90.1), "latitude", IssueCode::OutOfRange),
        (|s| s.latitude = Some(f64::NAN), "latitude", IssueCode::OutOfRange),
        (|s| s.longitude = Some(-180.1), "longitude", IssueCode::OutOfRange),
        (|s| s.longitude = None, "longitude", IssueCode::Required),
        (|s| s.latitude = None, "latitude", IssueCode::Required),
    ];
    for (spoil, field, code) in cases {
        let mut bad = good.clone();
        spoil(&mut bad);
        assert_eq!(one(client::validate_site(&bad)), ((*field).to_owned(), *code));
    }
}

#[test]
fn contact_skill_and_team_bounds() {
    let contact = Contact {
        client: Id::new(1),
        name: String::new(),
        function: text(101),
        email: Some("non".into()),
        phone: Some("x".into()),
        principal: true,
    };
    let fields: Vec<_> = issues(client::validate_contact(&contact))
        .into_iter()
        .map(|i| i.0)
        .collect();
    assert_eq!(fields, ["nom", "fonction", "email", "telephone"]);
    let bad = Skill {
        name: "x".repeat(101),
        domain: text(101),
        certification_required: false,
    };
    assert_eq!(issues(skill::validate(&bad)).len(), 2);
    assert_eq!(
        one(domain::team::rules::validate(&Team {
            name: String::new(),
            lead: None
        }))
        .0,
        "nom"
    );
}

#[test]
fn equipment_bounds() {
    let good = build::equipment(EquipmentStatus::Operational).data;
    assert_eq!(equipment::validate(&good), Ok(()));
    let cases: &[Case<Equipment>] = &[
        (|e| e.name.clear(), "nom_equipement", IssueCode::Required),
        (|e| e.serial_number.clear(), "numero_serie", IssueCode::Required),
        (
            |e| e.serial_number = "x".repeat(101),
            "numero_serie",
            IssueCode::TooLong,
        ),
        (|e| e.kind.clear(), "type_equipement", IssueCode::Required),
        (|e| e.model = text(101), "modele", IssueCode::TooLong),
        (|e| e.brand = text(101), "marque", IssueCode::TooLong),
        (|e| e.location = text(256), "localisation", IssueCode::TooLong),
        (
            |e| e.maintenance_every_days = Some(0),
            "frequence_maintenance_jours",
            IssueCode::OutOfRange,
        ),
        (
            |e| e.maintenance_every_days = Some(36_501),
            "frequence_maintenance_jours",
            IssueCode::OutOfRange,
        ),
        (|e| e.meter_unit = text(21), "compteur_unite", IssueCode::TooLong),
        (
            |e| e.meter_value = Some("-0.1".parse().unwrap()),
            "compteur_valeur",
            IssueCode::OutOfRange,
        ),
        (
            |e| e.meter_value = Some("1.0001".parse().unwrap()),
            "compteur_valeur",
            IssueCode::InvalidFormat,
        ),
        (
            |e| e.meter_value = Some("100000000000".parse().unwrap()),
            "compteur_valeur",
            IssueCode::OutOfRange,
        ),
        (
            |e| e.replacement_value = Some("0.001".parse().unwrap()),
            "valeur_remplacement",
            IssueCode::InvalidFormat,
        ),
        (|e| e.notes = text(2001), "notes", IssueCode::TooLong),
        (
            |e| e.required_skills = vec![build::wanted(1, SkillLevel::Expert); 2],
            "competences_requises[1].competence_id",
            IssueCode::Inconsistent,
        ),
    ];
    for (spoil, field, code) in cases {
        let mut bad = good.clone();
        spoil(&mut bad);
        assert_eq!(one(equipment::validate(&bad)), ((*field).to_owned(), *code));
    }
    let edge = Equipment {
        meter_value: Some("99999999999.999".parse().unwrap()),
        replacement_value: Some("10.500".parse().unwrap()),
        maintenance_every_days: Some(1),
        ..good
    };
    assert_eq!(
        equipment::validate(&edge),
        Ok(()),
        "a trailing zero is no decimal"
    );
}

#[test]
fn the_next_maintenance_is_counted_from_the_last_one_or_from_the_installation() {
    let mut pump = build::equipment(EquipmentStatus::Operational).data;
    (pump.installed_on, pump.maintenance_every_days) = (Some(date(2026, 1, 1)), Some(30));
    assert_eq!(equipment::next_due(None, &pump), Some(date(2026, 1, 31)));
    assert_eq!(
        equipment::next_due(Some(date(2026, 2, 27)), &pump),
        Some(date(2026, 3, 29))
    );
    pump.installed_on = None;
    assert_eq!(equipment::next_due(None, &pump), None);
    pump.maintenance_every_days = None;
    assert_eq!(equipment::next_due(Some(date(2026, 2, 27)), &pump), None);
    pump.maintenance_every_days = Some(30);
    assert_eq!(
        equipment::next_due(Some(Date::MAX), &pump),
        None,
        "beyond the calendar"
    );
}

#[test]
fn an_equipment_is_never_below_itself() {
    let node = |id: i64, parent: Option<i64>| TreeNode {
        id: Id::new(id),
        parent: parent.map(Id::new),
        name: String::new(),
        status: EquipmentStatus::Operational,
        criticality: Criticality::Standard,
    };
    let tree = [node(1, None), node(2, Some(1)), node(3, Some(2)), node(4, None)];
    for (equipment, parent, cycle) in [
        (1, 1, true),
        (1, 3, true),
        (2, 3, true),
        (3, 1, false),
        (1, 4, false),
    ] {
        assert_eq!(
            equipment::would_cycle(Id::new(equipment), Id::new(parent), &tree),
            cycle
        );
    }
    let looped = [node(5, Some(6)), node(6, Some(5))];
    assert!(
        !equipment::would_cycle(Id::new(1), Id::new(5), &looped),
        "ends on a stored loop"
    );
}

#[test]
fn a_technician_on_a_job_changes_operational_fields_only() {
    let before = build::equipment(EquipmentStatus::Operational).data;
    let field_work = Equipment {
        meter_value: Some(5.into()),
        location: text(5),
        notes: text(5),
        ..before.clone()
    };
    assert!(equipment::beyond_operation(&before, &field_work).is_empty());
    let more = Equipment {
        name: "Autre".into(),
        criticality: Criticality::Critical,
        ..field_work
    };
    assert_eq!(
        equipment::beyond_operation(&before, &more),
        ["nom_equipement", "criticite"]
    );
}

#[test]
fn technician_bounds() {
    let good = build::technician(AMAL, Availability::Available).data;
    assert_eq!(technician::validate(&good), Ok(()));
    let cases: &[Case<Technician>] = &[
        (|t| t.specialty = text(101), "specialite", IssueCode::TooLong),
        (|t| t.zone = text(101), "zone_intervention", IssueCode::TooLong),
        (
            |t| t.hourly_rate = Some("-1".parse().unwrap()),
            "taux_horaire",
            IssueCode::OutOfRange,
        ),
        (
            |t| t.hourly_rate = Some("1.001".parse().unwrap()),
            "taux_horaire",
            IssueCode::InvalidFormat,
        ),
        (
            |t| t.phone = Some("12".into()),
            "telephone",
            IssueCode::InvalidPhone,
        ),
        (
            |t| t.skills = vec![build::held(1, SkillLevel::Expert, None); 2],
            "competences[1].competence_id",
            IssueCode::Inconsistent,
        ),
    ];
    for (spoil, field, code) in cases {
        let mut bad = good.clone();
        spoil(&mut bad);
        assert_eq!(one(technician::validate(&bad)), ((*field).to_owned(), *code));
    }
}

#[test]
fn a_skill_that_needs_a_certificate_is_declared_with_its_last_day() {
    let until = |day: Option<i8>| day.map(|day| date(2026, 11, day));
    let held = |level, day| build::held(1, level, until(day));
    let (low, high) = (SkillLevel::Beginner, SkillLevel::Expert);
    // What stood there, what is said now, and whether the day is missed.
    for (before, after, missed) in [
        (None, held(low, None), true),
        (None, held(low, Some(20)), false),
        (Some(held(low, None)), held(low, None), false),
        (Some(held(low, None)), held(high, None), true),
        (Some(held(low, Some(20))), held(low, None), true),
        (Some(held(low, Some(20))), held(high, Some(21)), false),
        (Some(build::held(2, low, None)), held(low, None), true),
    ] {
        let before: Vec<_> = before.into_iter().collect();
        let issues = |certified: &[Id<Skill>]| certificates(&before, &[after], certified).0;
        let expected = missed.then(|| FieldIssue::new("competences[0].valide_jusqu_au", IssueCode::Required));
        assert_eq!(
            issues(&[Id::new(1)]),
            expected.into_iter().collect::<Vec<_>>(),
            "{before:?} {after:?}"
        );
        assert_eq!(issues(&[Id::new(2)]), [], "needs none: {before:?} {after:?}");
    }
}

#[test]
fn a_skill_counts_at_its_level_until_the_last_valid_day() {
    let day = date(2026, 11, 20);
    let wanted = [build::wanted(1, SkillLevel::Advanced)];
    let has = |held: HeldSkill| missing(&[held], &wanted, day).is_empty();
    assert!(has(build::held(1, SkillLevel::Advanced, None)));
    assert!(has(build::held(1, SkillLevel::Expert, Some(day))));
    assert!(
        !has(build::held(1, SkillLevel::Expert, Some(date(2026, 11, 19)))),
        "expired yesterday"
    );
    assert!(!has(build::held(1, SkillLevel::Intermediate, None)), "too low");
    assert!(!has(build::held(2, SkillLevel::Expert, None)), "another skill");
}
