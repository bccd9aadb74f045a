//! The tree: whole, and without cycles, also when two people move things at once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};

use domain::Id;
use domain::equipment::{Equipment, EquipmentQueries};
use domain::error::{Constraint, RepoError};
use domain::policy::Visibility;
use domain::ports::TxError;
use infra_postgres::equipments::PgEquipmentQueries;

use super::{World, equipment};
use crate::support::{must, repo_error, run};

async fn below(world: &World, serial: &str, parent: Id<Equipment>) -> Id<Equipment> {
    let mut part = equipment(world.atlas, serial);
    part.parent = Some(parent);
    world.insert(part).await.id
}

#[tokio::test]
async fn the_whole_tree_comes_from_any_of_its_nodes_parents_first() {
    let world = World::new().await;
    let root = world.equipment("A-1").await.id;
    let left = below(&world, "A-2", root).await;
    let right = below(&world, "A-3", root).await;
    let leaf = below(&world, "A-4", right).await;
    world.equipment("A-5").await;
    let queries = PgEquipmentQueries::new(world.db.reader());
    for start in [root, left, leaf] {
        let tree = queries.tree(start, &Visibility::All).await.unwrap();
        let nodes: Vec<_> = tree.iter().map(|n| (n.id, n.parent)).collect();
        assert_eq!(
            nodes,
            [
                (root, None),
                (left, Some(root)),
                (right, Some(root)),
                (leaf, Some(right))
            ]
        );
        assert_eq!(tree[3].name, "Machine A-4");
    }
    assert!(
        queries
            .tree(Id::new(9_999), &Visibility::All)
            .await
            .unwrap()
            .is_empty()
    );
    let above = must(&world.db, move |tx| tx.equipments().ancestors(leaf)).await;
    assert_eq!(
        above.iter().map(|n| n.id).collect::<Vec<_>>(),
        [leaf, right, root]
    );
}

async fn move_below(world: &World, id: Id<Equipment>, parent: Id<Equipment>) -> Result<(), TxError> {
    run(&world.db, move |tx| {
        let before = tx.equipments().lock(id)?.unwrap();
        let mut after = before.data.clone();
        after.parent = Some(parent);
        tx.equipments().update(&before, &after).map(|_| ())
    })
    .await
}

fn is_cycle(error: &RepoError) -> bool {
    matches!(
        error,
        RepoError::Conflict {
            constraint: Constraint::EquipmentCycle,
            ..
        }
    )
}

#[tokio::test]
async fn nothing_is_moved_below_itself() {
    let world = World::new().await;
    let root = world.equipment("A-1").await.id;
    let middle = below(&world, "A-2", root).await;
    let leaf = below(&world, "A-3", middle).await;
    for parent in [root, middle, leaf] {
        let refused = repo_error(move_below(&world, root, parent).await);
        assert!(is_cycle(&refused), "{parent}: {refused:?}");
    }
    move_below(&world, leaf, root).await.unwrap();
}

#[tokio::test]
async fn of_two_moves_that_close_a_loop_together_one_is_refused() {
    let world = World::new().await;
    let (a, b) = (world.equipment("A-1").await.id, world.equipment("A-2").await.id);
    // Both hold their row before either writes; only in the first run, or a repetition would wait alone.
    let (both, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
    let exchange = |id: Id<Equipment>, parent: Id<Equipment>| {
        let (both, runs) = (both.clone(), runs.clone());
        run(&world.db, move |tx| {
            let before = tx.equipments().lock(id)?.unwrap();
            if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                both.wait();
            }
            let mut after = before.data.clone();
            after.parent = Some(parent);
            tx.equipments().update(&before, &after).map(|_| ())
        })
    };
    let (first, second) = tokio::join!(exchange(a, b), exchange(b, a));
    let refused: Vec<_> = [first, second].into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(
        matches!(&refused[0], TxError::Repo(error) if is_cycle(error)),
        "{refused:?}"
    );
    assert_eq!(
        world
            .db
            .number("SELECT count(*) FROM equipements WHERE parent_id IS NOT NULL"),
        1
    );
}
