//! What is read, and for whom.

use application::App;
use application::equipment::{find, maintenance, tree};
use domain::Id;
use domain::equipment::store::MockEquipmentQueries;
use domain::page::Page;
use domain::policy::{Reach, Visibility};
use jiff::civil::date;

use super::*;

fn reading(equipments: MockEquipmentQueries) -> App {
    Fakes {
        equipments,
        ..Fakes::default()
    }
    .app()
}

#[tokio::test]
async fn what_is_not_to_be_seen_is_not_found() {
    let mut queries = MockEquipmentQueries::new();
    queries
        .expect_find()
        .withf(|_, seen| matches!(seen, Visibility::Only(Reach { clients, .. }) if *clients == [Id::new(1)]))
        .returning(|_, _| Ok(None));
    queries.expect_tree().returning(|_, _| Ok(Vec::new()));
    let app = reading(queries);
    let by = portal(&[1]);
    assert!(matches!(
        find(&app, &by, Id::new(5)).await,
        Err(AppError::NotFound)
    ));
    assert!(matches!(
        tree(&app, &by, Id::new(5)).await,
        Err(AppError::NotFound)
    ));
    assert!(matches!(
        maintenance(&app, &by, Id::new(5), 50, None).await,
        Err(AppError::NotFound)
    ));
}

#[tokio::test]
async fn the_history_shows_the_jobs_that_the_caller_may_see_and_what_is_overdue() {
    let mut queries = MockEquipmentQueries::new();
    queries
        .expect_find()
        .withf(|_, seen| *seen == Visibility::All)
        .returning(|_, _| {
            let due = Equipment {
                next_maintenance: Some(date(2026, 3, 1)),
                ..equipment()
            };
            Ok(Some(detail(record(due))))
        });
    let mine = |seen: &Visibility| matches!(seen, Visibility::Only(r) if r.technician == Some(Id::new(8)));
    queries
        .expect_maintenance()
        .withf(move |_, seen, _, _| mine(seen))
        .returning(|_, _, _, _| {
            Ok(Page {
                items: Vec::new(),
                total: 0,
                total_capped: false,
                next_cursor: None,
            })
        });
    queries.expect_downtimes().returning(|_, _| Ok(Vec::new()));
    let app = reading(queries);
    let seen = maintenance(&app, &technician(8), Id::new(5), 50, None)
        .await
        .expect("history");
    assert!(seen.overdue);
}
