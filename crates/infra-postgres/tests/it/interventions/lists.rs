//! Lists: filters, orders, totals, and what each may see.

use domain::Id;
use domain::error::RepoError;
use domain::intervention::{
    Closing, Intervention, InterventionFilter, InterventionQueries, InterventionSort, Kind, Priority, Status,
    WaitReason,
};
use domain::page::Start;
use domain::policy::{Reach, Visibility};
use infra_postgres::equipments::PgEquipmentQueries;
use infra_postgres::interventions::PgInterventionQueries;

use super::{World, at};
use crate::support::{page, walk};

/// Ranks of the numbers of all rows, page by page.
async fn ranks(
    world: &World,
    filter: &InterventionFilter,
    seen: &Visibility,
    key: InterventionSort,
    descending: bool,
) -> Vec<u32> {
    let queries = PgInterventionQueries::new(world.db.reader());
    let list = async |request| queries.list(filter, seen, &request).await;
    let all = walk(key, descending, list).await;
    let rank = |number: &str| number[9..].parse().unwrap();
    all.iter().map(|i| rank(&i.record.number)).collect()
}

async fn numbered(world: &World, filter: &InterventionFilter, seen: &Visibility) -> Vec<u32> {
    ranks(world, filter, seen, InterventionSort::Number, false).await
}

/// Six jobs: 1–4 of Atlas, 5–6 of Rif; 6 is archived.
async fn filled() -> World {
    let world = World::new().await;
    let day = |d: u32| at(&format!("2026-03-{d:02}T08:00:00Z"));
    let started = Some(day(4));
    let jobs = [
        Intervention {
            opened_at: day(3),
            planned_at: Some(day(10)),
            ..world.job(1)
        },
        Intervention {
            opened_at: day(1),
            technician: Some(world.samir),
            status: Status::InProgress,
            started_at: started,
            priority: Priority::High,
            ..world.job(2)
        },
        Intervention {
            opened_at: day(3),
            technician: Some(world.yassine),
            status: Status::OnHold,
            started_at: started,
            wait_reason: Some(WaitReason::Parts),
            planned_at: Some(day(9)),
            contract: Some(7),
            ..world.job(3)
        },
        Intervention {
            kind: Kind::Preventive,
            urgent: true,
            priority: Priority::Critical,
            opened_at: day(2),
            planned_at: Some(day(10)),
            ..world.job(4)
        },
        Intervention {
            equipment: world.press,
            client: world.rif,
            site: None,
            technician: Some(world.samir),
            status: Status::Closed,
            started_at: started,
            finished_at: Some(day(5)),
            opened_at: day(2),
            closing: Closing {
                report: Some("Fait et contrôlé".into()),
                ..Closing::default()
            },
            ..world.job(5)
        },
        Intervention {
            equipment: world.press,
            client: world.rif,
            site: None,
            status: Status::Cancelled,
            archived_at: Some(day(6)),
            ..world.job(6)
        },
    ];
    for job in jobs {
        world.insert(job).await;
    }
    world
}

#[tokio::test]
async fn each_filter_narrows_and_all_of_them_together() {
    let world = filled().await;
    let none = InterventionFilter::default;
    let day = |d: u32| Some(at(&format!("2026-03-{d:02}T08:00:00Z")));
    let cases = [
        ("nothing", none(), vec![1, 2, 3, 4, 5]),
        (
            "statut",
            InterventionFilter {
                statuses: vec![Status::Open],
                ..none()
            },
            vec![1, 4],
        ),
        (
            "statuts",
            InterventionFilter {
                statuses: vec![Status::InProgress, Status::OnHold],
                ..none()
            },
            vec![2, 3],
        ),
        (
            "type",
            InterventionFilter {
                kind: Some(Kind::Preventive),
                ..none()
            },
            vec![4],
        ),
        (
            "priorite",
            InterventionFilter {
                priority: Some(Priority::High),
                ..none()
            },
            vec![2],
        ),
        (
            "urgentes",
            InterventionFilter {
                urgent: Some(true),
                ..none()
            },
            vec![4],
        ),
        (
            "non urgentes",
            InterventionFilter {
                urgent: Some(false),
                ..none()
            },
            vec![1, 2, 3, 5],
        ),
        (
            "client",
            InterventionFilter {
                client: Some(world.rif),
                ..none()
            },
            vec![5],
        ),
        (
            "equipement",
            InterventionFilter {
                equipment: Some(world.pump),
                ..none()
            },
            vec![1, 2, 3, 4],
        ),
        (
            "technicien",
            InterventionFilter {
                technician: Some(world.samir),
                ..none()
            },
            vec![2, 5],
        ),
        (
            "contrat",
            InterventionFilter {
                contract: Some(7),
                ..none()
            },
            vec![3],
        ),
        (
            "creation du",
            InterventionFilter {
                opened_from: day(2),
                ..none()
            },
            vec![1, 3, 4, 5],
        ),
        (
            "creation au",
            InterventionFilter {
                opened_to: day(2),
                ..none()
            },
            vec![2, 4, 5],
        ),
        (
            "prevue du",
            InterventionFilter {
                planned_from: day(10),
                ..none()
            },
            vec![1, 4],
        ),
        (
            "prevue au",
            InterventionFilter {
                planned_to: day(9),
                ..none()
            },
            vec![3],
        ),
        (
            "archivees",
            InterventionFilter {
                archived: true,
                ..none()
            },
            vec![6],
        ),
        (
            "together",
            InterventionFilter {
                statuses: vec![Status::Open, Status::Closed],
                client: Some(world.atlas),
                urgent: Some(true),
                planned_from: day(10),
                planned_to: day(10),
                ..none()
            },
            vec![4],
        ),
    ];
    for (what, filter, expected) in cases {
        assert_eq!(
            numbered(&world, &filter, &Visibility::All).await,
            expected,
            "{what}"
        );
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat_in_every_order() {
    let world = filled().await;
    let all = InterventionFilter::default();
    use InterventionSort as S;
    for (key, ascending) in [
        (S::OpenedAt, [2, 4, 5, 1, 3]),
        // Without a date counts as the latest.
        (S::PlannedAt, [3, 1, 4, 2, 5]),
        // Open urgent ones, open ones by priority, closed ones.
        (S::Urgency, [4, 2, 1, 3, 5]),
        (S::Number, [1, 2, 3, 4, 5]),
    ] {
        assert_eq!(
            ranks(&world, &all, &Visibility::All, key, false).await,
            ascending,
            "{key:?}"
        );
        let mut descending = ascending;
        descending.reverse();
        assert_eq!(
            ranks(&world, &all, &Visibility::All, key, true).await,
            descending,
            "-{key:?}"
        );
    }
}

#[tokio::test]
async fn a_page_can_begin_at_an_offset_and_a_foreign_cursor_is_refused() {
    let world = filled().await;
    let queries = PgInterventionQueries::new(world.db.reader());
    let filter = InterventionFilter::default();
    let at_three = page(InterventionSort::Number, false, Start::Offset(3));
    let got = queries.list(&filter, &Visibility::All, &at_three).await.unwrap();
    assert_eq!(
        got.items
            .iter()
            .map(|i| i.record.number.as_str())
            .collect::<Vec<_>>(),
        ["INT-2026-00004", "INT-2026-00005"]
    );
    assert_eq!((got.total, got.total_capped, got.next_cursor), (5, false, None));

    let request = page(InterventionSort::Number, false, Start::Offset(0));
    let first = queries.list(&filter, &Visibility::All, &request).await.unwrap();
    let cursor = first.next_cursor.unwrap();
    for (key, descending, text) in [
        (InterventionSort::Number, true, cursor.clone()),
        (InterventionSort::OpenedAt, false, cursor),
        (InterventionSort::Number, false, "n'importe quoi".to_owned()),
    ] {
        let request = page(key, descending, Start::Cursor(text));
        let refused = queries.list(&filter, &Visibility::All, &request).await;
        assert!(matches!(refused, Err(RepoError::BadCursor)), "{key:?}");
    }
}

#[tokio::test]
async fn rows_carry_the_names_and_leave_out_what_lists_do_not_show() {
    let world = filled().await;
    let queries = PgInterventionQueries::new(world.db.reader());
    let of_rif = InterventionFilter {
        client: Some(world.rif),
        ..InterventionFilter::default()
    };
    let request = page(InterventionSort::Number, false, Start::Offset(0));
    let mut got = queries
        .list(&of_rif, &Visibility::All, &request)
        .await
        .unwrap()
        .items;
    let row = got.remove(0);
    let mut whole = queries
        .find(row.record.id, &Visibility::All)
        .await
        .unwrap()
        .unwrap();
    assert!(whole.record.closing.report.is_some());
    whole.record.data.closing = Closing::default();
    assert_eq!(row, whole, "the same job but for its closing data");
    assert_eq!(row.site_name, None);
}

#[tokio::test]
async fn visibility_is_part_of_every_read() {
    let world = filled().await;
    let only = |reach: Reach| Visibility::Only(reach);
    let technician = Reach {
        technician: Some(world.samir),
        user: Some(world.samir_user),
        ..Reach::default()
    };
    let client = Reach {
        clients: vec![world.atlas],
        ..Reach::default()
    };
    let both = Reach {
        clients: vec![world.atlas, world.rif],
        ..Reach::default()
    };
    let team = Reach {
        teams: vec![world.team, Id::new(999)],
        ..Reach::default()
    };
    let mixed = Reach {
        technician: Some(world.yassine),
        teams: vec![world.team],
        ..Reach::default()
    };
    let queries = PgInterventionQueries::new(world.db.reader());
    let equipments = PgEquipmentQueries::new(world.db.reader());
    for (what, seen, expected) in [
        ("the assigned technician", only(technician), vec![2, 5]),
        ("a client", only(client), vec![1, 2, 3, 4]),
        ("two clients", only(both), vec![1, 2, 3, 4, 5]),
        ("a team", only(team), vec![2, 5]),
        ("somebody with two ties", only(mixed), vec![2, 3, 5]),
        ("nobody", only(Reach::default()), vec![]),
        (
            "an account alone",
            only(Reach {
                user: Some(world.manager),
                ..Reach::default()
            }),
            vec![],
        ),
    ] {
        assert_eq!(
            numbered(&world, &InterventionFilter::default(), &seen).await,
            expected,
            "{what}"
        );
        let mut found = Vec::new();
        for rank in 1..=5_u32 {
            let number = format!("SELECT id FROM interventions WHERE numero = 'INT-2026-{rank:05}'");
            let id = Id::new(world.db.number(&number));
            if queries.find(id, &seen).await.unwrap().is_some() {
                found.push(rank);
            }
        }
        assert_eq!(found, expected, "one by one: {what}");
        use domain::equipment::EquipmentQueries;
        let on_pump = equipments.maintenance(world.pump, &seen, 50, None).await.unwrap();
        let expected = expected.iter().filter(|rank| **rank < 5).count();
        assert_eq!(
            (on_pump.items.len(), on_pump.total),
            (expected, expected as u64),
            "on the pump: {what}"
        );
    }
}

#[tokio::test]
async fn the_history_of_an_equipment_is_whole_and_newest_first() {
    let world = filled().await;
    use domain::equipment::EquipmentQueries;
    let equipments = PgEquipmentQueries::new(world.db.reader());
    let first = equipments
        .maintenance(world.press, &Visibility::All, 1, None)
        .await
        .unwrap();
    assert_eq!(
        (first.items[0].record.number.as_str(), first.total),
        ("INT-2026-00005", 2)
    );
    assert!(first.items[0].record.closing.report.is_some());
    let second = equipments
        .maintenance(world.press, &Visibility::All, 1, first.next_cursor)
        .await
        .unwrap();
    assert_eq!(
        (second.items[0].record.number.as_str(), second.next_cursor),
        ("INT-2026-00006", None),
        "archived too"
    );
}
