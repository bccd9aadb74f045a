//! Lists: filters, orders, and what each may see.

use domain::equipment::{Criticality, EquipmentFilter, EquipmentQueries, EquipmentSort, EquipmentStatus};
use domain::policy::{Reach, Visibility};
use domain::{Id, Vocab};
use infra_postgres::equipments::PgEquipmentQueries;

use super::{World, day, equipment};
use crate::support::walk;

async fn serials(
    world: &World,
    filter: &EquipmentFilter,
    seen: &Visibility,
    key: EquipmentSort,
    descending: bool,
) -> Vec<String> {
    let queries = PgEquipmentQueries::new(world.db.reader());
    let list = async |request| queries.list(filter, seen, &request).await;
    let all = walk(key, descending, list).await;
    all.into_iter().map(|e| e.record.data.serial_number).collect()
}

/// Five of Atlas (every criticality, two days due and two without), one of Rif.
async fn filled() -> World {
    let world = World::new().await;
    let due = [
        Some("2026-05-01"),
        None,
        Some("2026-03-01"),
        Some("2026-05-01"),
        None,
    ];
    let levels = Criticality::all()
        .iter()
        .copied()
        .rev()
        .chain([Criticality::Critical]);
    for (n, (level, due)) in levels.zip(due).enumerate() {
        let mut e = equipment(world.atlas, &format!("A-{n}"));
        e.name = if n < 2 {
            "Même nom".into()
        } else {
            format!("Nom {}", 9 - n)
        };
        e.criticality = level;
        e.next_maintenance = due.map(day);
        world.insert(e).await;
    }
    world.insert(equipment(world.rif, "R-0")).await;
    world
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat_in_every_order() {
    let world = filled().await;
    let filter = EquipmentFilter {
        client: Some(world.atlas),
        ..EquipmentFilter::default()
    };
    for (key, expected) in [
        (EquipmentSort::Id, ["A-0", "A-1", "A-2", "A-3", "A-4"]),
        (EquipmentSort::CreatedAt, ["A-0", "A-1", "A-2", "A-3", "A-4"]),
        (EquipmentSort::Name, ["A-0", "A-1", "A-4", "A-3", "A-2"]),
        // Most serious first, by what a failure would mean: not by alphabet.
        (EquipmentSort::Criticality, ["A-3", "A-4", "A-2", "A-1", "A-0"]),
        // Those without a day come last.
        (
            EquipmentSort::NextMaintenance,
            ["A-2", "A-0", "A-3", "A-1", "A-4"],
        ),
    ] {
        assert_eq!(
            serials(&world, &filter, &Visibility::All, key, false).await,
            expected,
            "{key:?}"
        );
        let mut expected = expected;
        expected.reverse();
        assert_eq!(
            serials(&world, &filter, &Visibility::All, key, true).await,
            expected,
            "-{key:?}"
        );
    }
}

#[tokio::test]
async fn what_is_due_comes_with_the_most_serious_first() {
    let world = filled().await;
    let due = EquipmentFilter {
        due_before: Some(day("2026-05-01")),
        ..EquipmentFilter::default()
    };
    let list = serials(&world, &due, &Visibility::All, EquipmentSort::Criticality, false).await;
    assert_eq!(list, ["A-3", "A-2", "A-0"]);
    let earlier = EquipmentFilter {
        due_before: Some(day("2026-04-30")),
        ..EquipmentFilter::default()
    };
    assert_eq!(
        serials(&world, &earlier, &Visibility::All, EquipmentSort::Id, false).await,
        ["A-2"]
    );
}

#[tokio::test]
async fn every_filter_narrows() {
    let world = filled().await;
    world.db.execute(
        "INSERT INTO sites (client_id, nom) SELECT id, 'Usine' FROM clients WHERE nom_entreprise = 'Atlas'; \
         UPDATE equipements SET site_id = (SELECT id FROM sites) WHERE numero_serie = 'A-1'; \
         UPDATE equipements SET statut = 'en_panne', type_equipement = 'thermique' WHERE numero_serie = 'A-2'",
    );
    let none = EquipmentFilter::default;
    for (filter, expected) in [
        (
            EquipmentFilter {
                client: Some(world.rif),
                ..none()
            },
            vec!["R-0"],
        ),
        (
            EquipmentFilter {
                site: Some(Id::new(world.db.number("SELECT id FROM sites"))),
                ..none()
            },
            vec!["A-1"],
        ),
        (
            EquipmentFilter {
                status: Some(EquipmentStatus::Down),
                ..none()
            },
            vec!["A-2"],
        ),
        (
            EquipmentFilter {
                criticality: Some(Criticality::Critical),
                ..none()
            },
            vec!["A-3", "A-4"],
        ),
        (
            EquipmentFilter {
                kind: Some("thermique".into()),
                ..none()
            },
            vec!["A-2"],
        ),
        (
            EquipmentFilter {
                kind: Some("inconnu".into()),
                ..none()
            },
            vec![],
        ),
    ] {
        let list = serials(&world, &filter, &Visibility::All, EquipmentSort::Id, false).await;
        assert_eq!(list, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn each_sees_what_is_tied_to_them_and_nothing_without_a_tie() {
    let world = filled().await;
    let id = |serial: &str| {
        Id::new(world.db.number(&format!(
            "SELECT id FROM equipements WHERE numero_serie = '{serial}'"
        )))
    };
    world.job(id("A-1"), "en_cours", true);
    world.job(id("A-2"), "cloturee", true);
    world.job(id("A-3"), "ouverte", false);
    let team = Id::new(world.db.number("SELECT id FROM equipes"));
    let only = |reach: Reach| Visibility::Only(reach);
    let queries = PgEquipmentQueries::new(world.db.reader());
    for (who, seen, expected) in [
        (
            "client",
            only(Reach {
                clients: vec![world.rif],
                ..Reach::default()
            }),
            vec!["R-0"],
        ),
        (
            "technician",
            only(Reach {
                technician: Some(world.technician),
                ..Reach::default()
            }),
            vec!["A-1"],
        ),
        (
            "team",
            only(Reach {
                teams: vec![team],
                ..Reach::default()
            }),
            vec!["A-1"],
        ),
        (
            "both",
            only(Reach {
                clients: vec![world.rif],
                technician: Some(world.technician),
                ..Reach::default()
            }),
            vec!["A-1", "R-0"],
        ),
        (
            "account",
            only(Reach {
                user: Some(world.account),
                ..Reach::default()
            }),
            vec![],
        ),
        ("nobody", only(Reach::default()), vec![]),
    ] {
        let list = serials(
            &world,
            &EquipmentFilter::default(),
            &seen,
            EquipmentSort::Id,
            false,
        )
        .await;
        assert_eq!(list, expected, "{who}");
        // One by one, and in the other reads, it is the same.
        for serial in ["A-0", "A-1", "A-2", "A-3", "A-4", "R-0"] {
            let visible = expected.contains(&serial);
            let one = id(serial);
            assert_eq!(
                queries.find(one, &seen).await.unwrap().is_some(),
                visible,
                "{who} find {serial}"
            );
            assert_eq!(
                !queries.tree(one, &seen).await.unwrap().is_empty(),
                visible,
                "{who} tree {serial}"
            );
        }
    }
}
