//! Registering, changing, removing.

use std::sync::Arc;

use application::Code;
use application::equipment::{CreateEquipment, EditEquipment, create, delete, update};
use application::write::silent;
use domain::Id;
use domain::equipment::store::{MockEquipmentStore, References, TreeNode};
use domain::equipment::{Criticality, Equipment, EquipmentDetail, EquipmentStatus};
use domain::error::{Constraint, RepoError};
use domain::skill::{RequiredSkill, SkillLevel};
use jiff::civil::date;
use rust_decimal::Decimal;

use super::*;

fn new_equipment() -> CreateEquipment {
    CreateEquipment {
        client: Id::new(1),
        site: None,
        parent: None,
        name: "Compresseur".into(),
        model: None,
        brand: None,
        serial_number: "C-1".into(),
        kind: "pneumatique".into(),
        criticality: Criticality::Standard,
        location: None,
        installed_on: None,
        next_maintenance: None,
        maintenance_every_days: None,
        meter_unit: None,
        meter_value: None,
        replacement_value: None,
        notes: None,
        required_skills: Vec::new(),
    }
}

async fn try_create(
    equipments: MockEquipmentStore,
    by: &Ctx,
    cmd: CreateEquipment,
) -> Result<EquipmentDetail, AppError> {
    let app = app(FakeTx {
        equipments,
        ..FakeTx::default()
    });
    create(&app, by, cmd, silent()).await?.into_value()
}

async fn try_update(
    equipments: MockEquipmentStore,
    by: &Ctx,
    expected: Option<i64>,
    edit: impl Fn(&mut Equipment) + Send + Sync + 'static,
) -> Result<EquipmentDetail, AppError> {
    let app = app(FakeTx {
        equipments,
        ..FakeTx::default()
    });
    let edit: EditEquipment = Arc::new(move |seen| {
        let mut after = seen.record.data.clone();
        edit(&mut after);
        Ok(after)
    });
    update(&app, by, Id::new(5), expected, edit, silent())
        .await?
        .into_value()
}

#[tokio::test]
async fn only_those_who_manage_equipment_register_and_remove_it() {
    for by in [technician(8), portal(&[1])] {
        let refused = try_create(MockEquipmentStore::new(), &by, new_equipment()).await;
        assert!(matches!(refused, Err(AppError::Denied)));
        let refused = delete(&app(FakeTx::default()), &by, Id::new(5), None, silent()).await;
        assert!(matches!(refused, Err(AppError::Denied)));
    }
}

#[tokio::test]
async fn a_new_equipment_works_has_an_opaque_code_and_a_day_that_is_due() {
    let mut store = MockEquipmentStore::new();
    store.expect_references().returning(|_| Ok(known()));
    store
        .expect_insert()
        .withf(|e, by| {
            e.status == EquipmentStatus::Operational
                && e.public_code == "0000000000000000000000000000002a"
                && e.next_maintenance == Some(date(2026, 1, 31))
                && by.is_some()
        })
        .returning(|e, _| Ok(record(e.clone())));
    store
        .expect_detail()
        .returning(|_| Ok(Some(detail(record(equipment())))));
    let cmd = CreateEquipment {
        installed_on: Some(date(2026, 1, 1)),
        maintenance_every_days: Some(30),
        ..new_equipment()
    };
    try_create(store, &manager(), cmd).await.expect("created");
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let mut store = MockEquipmentStore::new();
    store.expect_references().returning(|_| {
        Ok(References {
            site: false,
            parent: false,
            unknown_skills: vec![Id::new(4)],
            ..known()
        })
    });
    let cmd = CreateEquipment {
        name: String::new(),
        kind: "nucleaire".into(),
        site: Some(Id::new(2)),
        parent: Some(Id::new(3)),
        required_skills: [9, 4]
            .map(|id| RequiredSkill {
                skill: Id::new(id),
                min_level: SkillLevel::Beginner,
            })
            .to_vec(),
        ..new_equipment()
    };
    let error = try_create(store, &admin(), cmd).await.expect_err("refused");
    let AppError::Invalid(found) = &error else {
        panic!("{error:?}")
    };
    let kind = found
        .iter()
        .find(|i| i.field == "type_equipement")
        .expect("the kind");
    assert_eq!(kind.expected.as_deref(), Some("mecanique, pneumatique"));
    let expected = [
        ("nom_equipement", "REQUIRED"),
        ("site_id", "UNKNOWN_REFERENCE"),
        ("parent_id", "UNKNOWN_REFERENCE"),
        ("type_equipement", "UNKNOWN_VALUE"),
        ("competences_requises[1].competence_id", "UNKNOWN_REFERENCE"),
    ];
    assert_eq!(
        issues(error),
        expected.map(|(field, code)| (field.to_owned(), code))
    );
}

#[tokio::test]
async fn an_unknown_owner_is_named() {
    let mut store = MockEquipmentStore::new();
    store.expect_references().returning(|_| {
        Ok(References {
            client: false,
            ..known()
        })
    });
    let error = try_create(store, &manager(), new_equipment())
        .await
        .expect_err("refused");
    assert_eq!(issues(error), [("client_id".to_owned(), "UNKNOWN_REFERENCE")]);
}

#[tokio::test]
async fn a_reference_that_goes_away_meanwhile_makes_the_work_run_again() {
    let mut store = MockEquipmentStore::new();
    store.expect_references().returning(|_| Ok(known()));
    store.expect_insert().returning(|_, _| {
        let name = "fk_equipements_site".to_owned();
        Err(RepoError::Conflict {
            constraint: Constraint::MissingReference,
            name,
        })
    });
    let error = try_create(store, &manager(), new_equipment())
        .await
        .expect_err("refused");
    // The fake runs once; what the real one sees is a stale row, which it runs again.
    assert_eq!(error.code(), Code::Locked);
}

#[tokio::test]
async fn a_technician_changes_what_the_work_shows_on_equipment_of_a_live_job() {
    let me = technician(8);
    let mut store = store_with(equipment());
    store.expect_has_live_job_of().returning(|_, _| Ok(false));
    let refused = try_update(store, &me, None, |e| e.notes = Some("vu".into())).await;
    assert!(matches!(refused, Err(AppError::Denied)), "no job on it");

    let live = || {
        let mut store = store_with(equipment());
        store
            .expect_has_live_job_of()
            .withf(|_, t| *t == Id::new(8))
            .returning(|_, _| Ok(true));
        store
    };
    let refused = try_update(live(), &me, None, |e| {
        e.notes = Some("vu".into());
        e.name = "Autre".into();
        e.criticality = Criticality::Critical;
    })
    .await;
    match refused {
        Err(AppError::DeniedFields(fields)) => assert_eq!(fields, ["nom_equipement", "criticite"]),
        other => panic!("{other:?}"),
    }

    let mut store = live();
    store.expect_references().returning(|_| Ok(known()));
    store
        .expect_update()
        .withf(|before, after| {
            let meter = (Some(Decimal::new(15, 1)), Some("Hall B"), Some("vu"));
            before.version == 3
                && (
                    after.meter_value,
                    after.location.as_deref(),
                    after.notes.as_deref(),
                ) == meter
        })
        .times(1)
        .returning(|_, after| Ok(record(after.clone())));
    try_update(store, &me, None, |e| {
        e.meter_value = Some(Decimal::new(15, 1));
        e.location = Some("Hall B".into());
        e.notes = Some("vu".into());
    })
    .await
    .expect("changed");
}

#[tokio::test]
async fn a_client_changes_nothing() {
    let store = MockEquipmentStore::new();
    let refused = try_update(store, &portal(&[1]), None, |e| e.notes = Some("x".into())).await;
    assert!(matches!(refused, Err(AppError::Denied)));
}

#[tokio::test]
async fn state_and_code_are_not_edited() {
    let refused = try_update(store_with(equipment()), &admin(), None, |e| {
        e.status = EquipmentStatus::Down;
        e.public_code = "autre-code-0123456789".into();
        e.retirement_reason = Some("usé".into());
    })
    .await;
    let expected = ["statut", "code_public", "motif_reforme"].map(|f| (f.to_owned(), "READ_ONLY"));
    assert_eq!(issues(refused.expect_err("refused")), expected);
}

#[tokio::test]
async fn a_change_of_another_version_is_refused_and_no_change_writes_nothing() {
    let stale = try_update(store_with(equipment()), &admin(), Some(2), |_| {}).await;
    assert!(matches!(stale, Err(AppError::StaleVersion { current: Some(3) })));
    let same = try_update(store_with(equipment()), &admin(), Some(3), |_| {})
        .await
        .expect("accepted");
    assert_eq!(same.record.version, 3);
    let gone = try_update(
        {
            let mut store = MockEquipmentStore::new();
            store.expect_lock().returning(|_| Ok(None));
            store
        },
        &admin(),
        None,
        |_| {},
    )
    .await;
    assert!(matches!(gone, Err(AppError::NotFound)));
}

#[tokio::test]
async fn the_same_skills_in_another_order_are_no_change() {
    let skills = |ids: [i64; 2]| {
        ids.map(|id| RequiredSkill {
            skill: Id::new(id),
            min_level: SkillLevel::Beginner,
        })
        .to_vec()
    };
    let store = store_with(Equipment {
        required_skills: skills([1, 2]),
        ..equipment()
    });
    try_update(store, &admin(), None, move |e| e.required_skills = skills([2, 1]))
        .await
        .expect("accepted");
}

#[tokio::test]
async fn an_equipment_is_not_moved_below_itself() {
    let mut store = store_with(equipment());
    store.expect_references().returning(|_| Ok(known()));
    store
        .expect_ancestors()
        .withf(|id| *id == Id::new(7))
        .returning(|_| {
            let node = |id, parent: Option<i64>| TreeNode {
                id: Id::new(id),
                parent: parent.map(Id::new),
                name: "x".into(),
                status: EquipmentStatus::Operational,
                criticality: Criticality::Standard,
            };
            Ok(vec![node(7, Some(6)), node(6, Some(5)), node(5, None)])
        });
    let refused = try_update(store, &admin(), None, |e| e.parent = Some(Id::new(7))).await;
    assert_eq!(refused.expect_err("refused").code(), Code::EquipmentCycle);
}

#[tokio::test]
async fn a_kind_that_was_retired_from_the_list_stays_right_where_it_stands() {
    let retired = || {
        let mut store = store_with(Equipment {
            kind: "vapeur".into(),
            ..equipment()
        });
        store.expect_references().returning(|_| Ok(known()));
        store
            .expect_update()
            .returning(|_, after| Ok(record(after.clone())));
        store
    };
    try_update(retired(), &admin(), None, |e| e.brand = Some("Atlas".into()))
        .await
        .expect("kept");
    let refused = try_update(retired(), &admin(), None, |e| e.kind = "charbon".into()).await;
    assert_eq!(
        issues(refused.expect_err("refused")),
        [("type_equipement".to_owned(), "UNKNOWN_VALUE")]
    );
}

#[tokio::test]
async fn a_new_frequency_moves_the_day_that_is_due_unless_the_caller_sets_it() {
    let store = |due: Option<jiff::civil::Date>| {
        let mut store = store_with(Equipment {
            installed_on: Some(date(2025, 1, 1)),
            ..equipment()
        });
        store.expect_references().returning(|_| Ok(known()));
        store.expect_last_preventive().returning(|_| Ok(Some(now())));
        store
            .expect_update()
            .withf(move |_, after| after.next_maintenance == due)
            .times(1)
            .returning(|_, after| Ok(record(after.clone())));
        store
    };
    // The last preventive job was closed on 2 March.
    let moved = store(Some(date(2026, 3, 12)));
    try_update(moved, &admin(), None, |e| e.maintenance_every_days = Some(10))
        .await
        .expect("changed");
    let set = store(Some(date(2026, 5, 1)));
    try_update(set, &admin(), None, |e| {
        e.maintenance_every_days = Some(10);
        e.next_maintenance = Some(date(2026, 5, 1));
    })
    .await
    .expect("changed");
}

#[tokio::test]
async fn without_a_frequency_nothing_is_due_but_what_somebody_set() {
    let due = date(2026, 3, 1);
    let store = |every: Option<i32>, expected: Option<jiff::civil::Date>| {
        let mut store = store_with(Equipment {
            installed_on: Some(date(2025, 1, 1)),
            maintenance_every_days: every,
            next_maintenance: Some(due),
            ..equipment()
        });
        store.expect_references().returning(|_| Ok(known()));
        store.expect_last_preventive().returning(|_| Ok(None));
        store
            .expect_update()
            .withf(move |_, after| after.next_maintenance == expected)
            .times(1)
            .returning(|_, after| Ok(record(after.clone())));
        store
    };
    try_update(store(Some(90), None), &admin(), None, |e| {
        e.maintenance_every_days = None;
    })
    .await
    .expect("changed");
    let set = date(2026, 6, 1);
    try_update(store(Some(90), Some(set)), &admin(), None, move |e| {
        e.maintenance_every_days = None;
        e.next_maintenance = Some(set);
    })
    .await
    .expect("changed");
    try_update(store(None, Some(due)), &admin(), None, |e| {
        e.installed_on = Some(date(2025, 2, 1));
    })
    .await
    .expect("changed");
}

#[tokio::test]
async fn a_removal_honours_the_version_and_says_when_the_equipment_is_used() {
    let used = |constraint| {
        let mut store = store_with(equipment());
        store.expect_delete().returning(move |_| {
            Err(RepoError::Conflict {
                constraint,
                name: "fk_x".into(),
            })
        });
        app(FakeTx {
            equipments: store,
            ..FakeTx::default()
        })
    };
    let app = used(Constraint::InUse);
    let stale = delete(&app, &admin(), Id::new(5), Some(1), silent()).await;
    assert!(matches!(stale, Err(AppError::StaleVersion { current: Some(3) })));
    let refused = delete(&app, &admin(), Id::new(5), Some(3), silent()).await;
    assert_eq!(refused.expect_err("used").code(), Code::InUse);
}
