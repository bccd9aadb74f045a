//! Holders, failures and stops.

use domain::equipment::{
    Downtime, Equipment, EquipmentQueries, EquipmentStatus, Failure, FailureOrigin, Holder,
};
use domain::error::RepoError;
use domain::policy::{Reach, Visibility};
use domain::{Id, Record};
use infra_postgres::equipments::PgEquipmentQueries;
use jiff::{SignedDuration, Timestamp};

use super::World;
use crate::support::{must, now, repo_error, run};

fn at(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

fn failure(equipment: Id<Equipment>, opened_at: Timestamp) -> Failure {
    Failure {
        equipment,
        opened_at,
        closed_at: None,
        origin: FailureOrigin::Declared,
        intervention: None,
        description: Some("Bruit".into()),
    }
}

fn stop(equipment: Id<Equipment>, status: EquipmentStatus, start: Timestamp) -> Downtime {
    Downtime {
        equipment,
        status,
        start,
        end: None,
        cause: Some("Bruit".into()),
        planned: false,
        intervention: None,
    }
}

async fn situation(world: &World, id: Id<Equipment>) -> domain::equipment::store::Situation {
    must(&world.db, move |tx| tx.equipments().situation(id)).await
}

#[tokio::test]
async fn the_situation_is_what_is_held_failing_and_open() {
    let world = World::new().await;
    let (id, other) = (world.equipment("A-1").await.id, world.equipment("A-2").await.id);
    assert_eq!(situation(&world, id).await, Default::default());
    let (open, running) = (world.job(id, "ouverte", false), world.job(id, "en_cours", true));
    world.job(id, "cloturee", true);
    world.job(other, "ouverte", false);
    let job = Holder::Job(Id::new(running));
    let opened = must(&world.db, move |tx| {
        let store = tx.equipments();
        store.hold(id, job, at(0))?;
        store.hold(id, Holder::Manual, at(1))?;
        store.open_failure(&failure(id, at(2)))
    })
    .await;
    let seen = situation(&world, id).await;
    assert_eq!(seen.holders, [job, Holder::Manual]);
    assert_eq!(seen.open_jobs, [Id::new(open)]);
    assert_eq!(seen.failure, Some((opened, failure(id, at(2)))));
    let shown = must(&world.db, move |tx| tx.equipments().detail(id))
        .await
        .unwrap();
    assert_eq!((shown.failing_since, shown.held_by_hand), (Some(at(2)), true));

    must(&world.db, move |tx| {
        let store = tx.equipments();
        store.release(id, job, at(3))?;
        store.release(id, Holder::Manual, at(3))?;
        store.close_failure(opened, at(3))
    })
    .await;
    let seen = situation(&world, id).await;
    assert!(seen.holders.is_empty() && seen.failure.is_none());
    let shown = must(&world.db, move |tx| tx.equipments().detail(id))
        .await
        .unwrap();
    assert_eq!((shown.failing_since, shown.held_by_hand), (None, false));
    let traces = |sql: &str| {
        world
            .db
            .number(&format!("SELECT count(*) FROM audit_log WHERE {sql}"))
    };
    assert_eq!(
        traces("action = 'creation' AND objet_type IN ('pannes', 'equipements_detentions')"),
        3
    );
    let end = "2026-03-02T09:03:00Z";
    assert_eq!(
        traces(&format!(
            "objet_type = 'pannes' AND apres = '{{\"fermee_le\": \"{end}\"}}'"
        )),
        1
    );
    assert_eq!(
        traces(&format!(
            "objet_type = 'equipements_detentions' AND apres = '{{\"jusqu_a\": \"{end}\"}}'"
        )),
        2
    );
}

#[tokio::test]
async fn nothing_begins_twice_or_ends_before_it_began() {
    let world = World::new().await;
    let id = world.equipment("A-1").await.id;
    let opened = must(&world.db, move |tx| {
        let store = tx.equipments();
        store.hold(id, Holder::Manual, at(0))?;
        store.open_downtime(&stop(id, EquipmentStatus::InMaintenance, at(0)))?;
        store.open_failure(&failure(id, at(0)))
    })
    .await;
    type Again = fn(&mut dyn domain::ports::Tx, Id<Equipment>) -> Result<(), RepoError>;
    let again: [Again; 3] = [
        |tx, id| tx.equipments().hold(id, Holder::Manual, at(1)),
        |tx, id| {
            tx.equipments()
                .open_downtime(&stop(id, EquipmentStatus::Down, at(1)))
        },
        |tx, id| tx.equipments().open_failure(&failure(id, at(1))).map(|_| ()),
    ];
    for again in again {
        let refused = repo_error(run(&world.db, move |tx| again(tx, id)).await);
        assert!(
            matches!(refused, RepoError::Stale),
            "only somebody else at the same moment can do that: {refused:?}"
        );
    }
    // The request that ends them was made before the one that began them, and came later.
    must(&world.db, move |tx| {
        let store = tx.equipments();
        store.release(id, Holder::Manual, at(-5))?;
        store.close_downtime(id, at(-5))?;
        store.close_failure(opened, at(-5))
    })
    .await;
    for (table, from, to) in [
        ("equipements_detentions", "depuis", "jusqu_a"),
        ("arrets_equipement", "debut", "fin"),
        ("pannes", "ouverte_le", "fermee_le"),
    ] {
        assert_eq!(
            world
                .db
                .number(&format!("SELECT count(*) FROM {table} WHERE {from} = {to}")),
            1,
            "{table}"
        );
    }
    let ended: [Again; 2] = [
        |tx, id| tx.equipments().release(id, Holder::Manual, at(2)),
        |tx, id| tx.equipments().close_failure(Id::new(id.get()), at(2)),
    ];
    for again in ended {
        let refused = repo_error(run(&world.db, move |tx| again(tx, id)).await);
        assert!(matches!(refused, RepoError::Stale), "{refused:?}");
    }
    must(&world.db, move |tx| tx.equipments().close_downtime(id, at(2))).await;
}

#[tokio::test]
async fn stops_and_failures_of_an_equipment_do_not_overlap() {
    let world = World::new().await;
    let id = world.equipment("A-1").await.id;
    must(&world.db, move |tx| {
        let store = tx.equipments();
        store.open_downtime(&stop(id, EquipmentStatus::Down, at(0)))?;
        let first = store.open_failure(&failure(id, at(0)))?;
        store.close_downtime(id, at(10))?;
        store.close_failure(first, at(10))?;
        // Made before the end of the last one.
        store.open_downtime(&stop(id, EquipmentStatus::InMaintenance, at(4)))?;
        store.open_failure(&failure(id, at(4))).map(|_| ())
    })
    .await;
    let queries = PgEquipmentQueries::new(world.db.reader());
    let stops = queries.downtimes(id, &Visibility::All).await.unwrap();
    let shown: Vec<_> = stops.iter().map(|d| (d.status, d.start, d.end)).collect();
    let expected = [
        (EquipmentStatus::InMaintenance, at(10), None),
        (EquipmentStatus::Down, at(0), Some(at(10))),
    ];
    assert_eq!(shown, expected, "newest first");
    let seen = situation(&world, id).await;
    assert_eq!(seen.failure.map(|(_, f)| f.opened_at), Some(at(10)));
    let nobody = Visibility::Only(Reach::default());
    assert!(queries.downtimes(id, &nobody).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_live_job_ties_its_technician_to_the_equipment() {
    let world = World::new().await;
    let me = world.technician;
    for (statut, live) in [
        ("ouverte", true),
        ("en_cours", true),
        ("en_attente", true),
        ("cloturee", false),
    ] {
        let Record { id, .. } = world.equipment(statut).await;
        // One job in progress at a time.
        world
            .db
            .execute("UPDATE interventions SET technicien_id = NULL WHERE statut = 'en_attente'");
        let tied = || must(&world.db, move |tx| tx.equipments().has_live_job_of(id, me));
        assert!(!tied().await);
        world.job(id, statut, true);
        assert_eq!(tied().await, live, "{statut}");
        let stranger = must(&world.db, move |tx| {
            tx.equipments().has_live_job_of(id, Id::new(9_999))
        })
        .await;
        assert!(!stranger);
    }
}

#[tokio::test]
async fn the_last_preventive_job_is_the_last_that_was_closed() {
    let world = World::new().await;
    let id = world.equipment("A-1").await.id;
    let last = || must(&world.db, move |tx| tx.equipments().last_preventive(id));
    world.job_at(id, "en_cours", true, "2026-03-01T08:00:00Z");
    assert_eq!(last().await, None);
    for at in [
        "2026-01-10T08:00:00Z",
        "2026-02-10T08:00:00Z",
        "2026-01-20T08:00:00Z",
    ] {
        world.job_at(id, "cloturee", true, at);
    }
    let corrective = world.job_at(id, "cloturee", true, "2026-02-20T08:00:00Z");
    world.db.execute(&format!(
        "UPDATE interventions SET type = 'corrective' WHERE id = {corrective}"
    ));
    assert_eq!(
        last().await.map(|t| t.to_string()).as_deref(),
        Some("2026-02-10T08:00:00Z")
    );
}

#[tokio::test]
async fn what_a_second_person_saw_stands_with_the_failure_and_its_stop() {
    let world = World::new().await;
    let id = world.equipment("A-1").await.id;
    must(&world.db, move |tx| {
        let store = tx.equipments();
        let opened = store.open_failure(&failure(id, at(0)))?;
        store.open_downtime(&stop(id, EquipmentStatus::Down, at(0)))?;
        store.note_failure(opened, "Fumée au moteur")
    })
    .await;
    let same = |sql: &str| world.db.number(&format!("SELECT count(*) FROM {sql}"));
    let texts = "E'Bruit\nFumée au moteur'";
    assert_eq!(same(&format!("pannes WHERE description = {texts}")), 1);
    assert_eq!(same(&format!("arrets_equipement WHERE cause = {texts}")), 1);
    assert_eq!(
        same("audit_log WHERE action = 'modification' AND objet_type IN ('pannes', 'arrets_equipement')"),
        2
    );
    // There is only so much room: the first words stay.
    must(&world.db, move |tx| {
        let store = tx.equipments();
        let (open, _) = store.situation(id)?.failure.unwrap();
        store.note_failure(open, &"é".repeat(2000))
    })
    .await;
    assert_eq!(
        same("pannes WHERE char_length(description) = 2000 AND description LIKE 'Bruit%'"),
        1
    );
}

#[tokio::test]
async fn a_job_that_waits_without_its_equipment_is_open_for_who_would_retire_it() {
    let world = World::new().await;
    let id = world.equipment("A-1").await.id;
    let (kept, given_back) = (
        world.job(id, "en_attente", true),
        world.job(id, "en_attente", true),
    );
    world.db.execute(&format!(
        "UPDATE interventions SET equipement_rendu = true WHERE id = {given_back}"
    ));
    assert_ne!(kept, given_back);
    assert_eq!(situation(&world, id).await.open_jobs, [Id::new(given_back)]);
}

#[tokio::test]
async fn a_retired_equipment_fails_no_more() {
    let world = World::new().await;
    let id = world.equipment("A-1").await.id;
    must(&world.db, move |tx| {
        tx.equipments().open_failure(&failure(id, at(0)))
    })
    .await;
    world.db.execute(&format!(
        "UPDATE equipements SET statut = 'hors_service' WHERE id = {id}"
    ));
    let shown = must(&world.db, move |tx| tx.equipments().detail(id))
        .await
        .unwrap();
    assert_eq!(shown.failing_since, None);
}
