//! The maintenance history.

use domain::Id;
use domain::equipment::EquipmentQueries;
use domain::policy::{Reach, Visibility};
use infra_postgres::equipments::PgEquipmentQueries;

use super::World;

#[tokio::test]
async fn the_history_is_newest_first_page_by_page_with_what_is_archived() {
    let world = World::new().await;
    let (id, other) = (world.equipment("A-1").await.id, world.equipment("A-2").await.id);
    let first = world.job_at(id, "cloturee", true, "2026-01-10T08:00:00Z");
    let last = world.job_at(id, "ouverte", false, "2026-02-20T08:00:00Z");
    let second = world.job_at(id, "en_cours", true, "2026-02-10T08:00:00Z");
    world.job(other, "ouverte", false);
    world.db.execute(&format!(
        "UPDATE interventions SET archived_at = now() WHERE id = {first}"
    ));
    let queries = PgEquipmentQueries::new(world.db.reader());
    let page = queries.maintenance(id, &Visibility::All, 2, None).await.unwrap();
    let ids = |page: &domain::page::Page<domain::intervention::InterventionDetail>| {
        page.items.iter().map(|j| j.record.id.get()).collect::<Vec<_>>()
    };
    assert_eq!((ids(&page), page.total), (vec![last, second], 3));
    let page = queries
        .maintenance(id, &Visibility::All, 2, page.next_cursor)
        .await
        .unwrap();
    assert_eq!((ids(&page), page.next_cursor), (vec![first], None));

    let seen = |reach: Reach| Visibility::Only(reach);
    for (reach, expected) in [
        (
            Reach {
                technician: Some(world.technician),
                ..Reach::default()
            },
            vec![second, first],
        ),
        (
            Reach {
                clients: vec![world.atlas],
                ..Reach::default()
            },
            vec![last, second, first],
        ),
        (
            Reach {
                clients: vec![world.rif],
                ..Reach::default()
            },
            vec![],
        ),
        (Reach::default(), vec![]),
    ] {
        let page = queries
            .maintenance(id, &seen(reach.clone()), 50, None)
            .await
            .unwrap();
        assert_eq!(ids(&page), expected, "{reach:?}");
    }
    assert!(
        queries
            .maintenance(Id::new(9_999), &Visibility::All, 50, None)
            .await
            .unwrap()
            .items
            .is_empty()
    );
}
