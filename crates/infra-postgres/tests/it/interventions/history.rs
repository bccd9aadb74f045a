//! The history of jobs and of people.

use domain::Id;
use domain::error::RepoError;
use domain::intervention::history::{FieldChange, HistoryAction, NewHistory};
use domain::intervention::{HistoryEntry, Intervention, InterventionQueries};
use infra_postgres::interventions::PgInterventionQueries;

use super::{World, at};
use crate::support::must;

fn entry(job: Id<Intervention>, details: &str) -> NewHistory {
    NewHistory {
        intervention: job,
        user: None,
        action: HistoryAction::Commented,
        details: details.into(),
        at: at("2026-03-02T09:00:00Z"),
        changes: Vec::new(),
    }
}

fn details(entries: &[HistoryEntry]) -> Vec<&str> {
    entries.iter().map(|e| e.details.as_str()).collect()
}

#[tokio::test]
async fn entries_come_back_newest_first_page_by_page() {
    let world = World::new().await;
    let job = world.insert(world.job(1)).await.id;
    let other = world.insert(world.job(2)).await.id;
    let manager = world.manager;
    must(&world.db, move |tx| {
        let store = tx.interventions();
        let change = |field, before: Option<&str>, after: Option<&str>| FieldChange {
            field,
            before: before.map(Into::into),
            after: after.map(Into::into),
        };
        let changes = vec![
            change("statut", Some("ouverte"), Some("en_cours")),
            change("date_debut", None, Some("x")),
        ];
        let started = NewHistory {
            user: Some(manager),
            action: HistoryAction::StatusChanged,
            changes,
            ..entry(job, "un")
        };
        store.append_history(&started)?;
        store.append_history(&entry(other, "ailleurs"))?;
        store.append_history(&entry(job, "deux"))?;
        store.append_history(&NewHistory {
            user: Some(manager),
            ..entry(job, "trois")
        })
    })
    .await;
    let queries = PgInterventionQueries::new(world.db.reader());
    let first = queries.history(job, 2, None).await.unwrap();
    assert_eq!((details(&first.items), first.total), (vec!["trois", "deux"], 3));
    let second = queries.history(job, 2, first.next_cursor.clone()).await.unwrap();
    assert_eq!((details(&second.items), second.next_cursor), (vec!["un"], None));
    let started = &second.items[0];
    assert_eq!(
        (started.user, started.user_name.as_deref()),
        (Some(manager), Some("Prénom salma"))
    );
    assert_eq!(
        (started.action, started.at),
        (HistoryAction::StatusChanged, at("2026-03-02T09:00:00Z"))
    );
    assert_eq!(
        (started.intervention, started.number.as_str()),
        (job, "INT-2026-00001")
    );
    assert_eq!(
        started.changes,
        [
            (
                "statut".to_owned(),
                Some("ouverte".to_owned()),
                Some("en_cours".to_owned())
            ),
            ("date_debut".to_owned(), None, Some("x".to_owned())),
        ]
    );
    assert_eq!(
        (first.items[1].user, first.items[1].user_name.as_deref()),
        (None, None),
        "by the system"
    );

    let done = queries.activity(manager, 50, None).await.unwrap();
    assert_eq!((details(&done.items), done.total), (vec!["trois", "un"], 2));
    for foreign in [first.next_cursor, Some("x".into())] {
        let refused = queries.activity(manager, 50, foreign).await;
        assert!(
            matches!(refused, Err(RepoError::BadCursor)),
            "a cursor of another list"
        );
    }
}
