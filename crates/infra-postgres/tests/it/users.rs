//! Accounts.

use domain::Id;
use domain::audit::Origin;
use domain::page::Start;
use domain::policy::{Reach, Role, Visibility};
use domain::ports::{Erased, Tx, UnitOfWork};
use domain::user::{UserFilter, UserQueries, UserSort};
use infra_postgres::users::PgUserQueries;
use test_support::TestDb;

use crate::support::{must, new_user, new_user_id, now, origin, page, user, walk};

#[tokio::test]
async fn an_account_comes_back_as_it_went_with_all_its_roles() {
    let db = TestDb::new().await;
    let stored = must(&db, |tx| {
        let mut u = user("amal", Role::Manager);
        u.other_roles = vec![Role::Technician];
        let id = tx.users().insert(&u, None)?.id;
        tx.users().find(id)
    })
    .await
    .unwrap();
    assert_eq!(stored.roles(), [Role::Manager, Role::Technician]);
    assert_eq!(
        db.number(
            "SELECT count(*) FROM audit_log WHERE objet_type = 'users_roles' AND apres = '{\"roles\": [\"technicien\"]}'"
        ),
        1
    );
    assert_eq!(
        db.number("SELECT count(*) FROM users_roles WHERE created_by IS NULL"),
        1,
        "nobody is signed in"
    );
    let read = PgUserQueries::new(db.reader())
        .find(stored.id, &Visibility::All)
        .await
        .unwrap();
    assert_eq!(read.as_ref(), Some(&stored));

    let actor = must(&db, move |tx| tx.users().actor(stored.id)).await.unwrap();
    assert_eq!(actor.roles, [Role::Manager, Role::Technician]);
    assert!(actor.technician.is_none() && actor.clients.is_empty() && actor.teams.is_empty());
}

#[tokio::test]
async fn who_granted_a_role_stands_beside_it_and_a_sign_in_outlives_an_update() {
    let db = TestDb::new().await;
    let (amal, karim) = (
        new_user(&db, "amal", Role::Admin).await.id,
        new_user(&db, "karim", Role::Client).await,
    );
    let origin = Origin {
        actor: Some(amal),
        ..origin()
    };
    let work = move |tx: &mut dyn Tx| {
        tx.users().touch_login(karim.id, now())?;
        let mut after = karim.data.clone();
        after.other_roles = vec![Role::Technician];
        // As it was read before the sign-in.
        after.full_name = "Karim Alami".into();
        tx.users().update(&karim, &after)?;
        Ok(Box::new(()) as Erased)
    };
    db.uow()
        .run_erased("test", &origin, Box::new(work))
        .await
        .map(|_| ())
        .unwrap();
    assert_eq!(db.number("SELECT created_by FROM users_roles"), amal.get());
    assert_eq!(
        db.number("SELECT count(*) FROM users WHERE full_name = 'Karim Alami' AND last_login IS NOT NULL"),
        1
    );
}

#[tokio::test]
async fn visibility_is_part_of_every_read() {
    let db = TestDb::new().await;
    let (amal, karim) = (
        new_user(&db, "amal", Role::Admin).await,
        new_user(&db, "karim", Role::Client).await,
    );
    let queries = PgUserQueries::new(db.reader());
    let own = Visibility::Only(Reach {
        user: Some(karim.id),
        ..Reach::default()
    });
    assert!(queries.find(karim.id, &own).await.unwrap().is_some());
    assert!(queries.find(amal.id, &own).await.unwrap().is_none());
    let nothing = Visibility::Only(Reach::default());
    assert!(queries.find(karim.id, &nothing).await.unwrap().is_none());
    let all = page(UserSort::Id, false, Start::Offset(0));
    assert_eq!(
        queries
            .list(&UserFilter::default(), &own, &all)
            .await
            .unwrap()
            .total,
        1
    );
    assert_eq!(
        queries
            .list(&UserFilter::default(), &nothing, &all)
            .await
            .unwrap()
            .total,
        0
    );
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat_in_every_order() {
    let db = TestDb::new().await;
    for name in ["a", "b", "c", "d", "e"] {
        must(&db, move |tx| {
            let mut u = user(name, if name == "b" { Role::Admin } else { Role::Client });
            // Ties, so that the identifier has to decide.
            u.full_name = "Même nom".into();
            tx.users().insert(&u, None)
        })
        .await;
    }
    let queries = PgUserQueries::new(db.reader());
    for key in [
        UserSort::Id,
        UserSort::Username,
        UserSort::Email,
        UserSort::FullName,
        UserSort::CreatedAt,
    ] {
        for descending in [false, true] {
            let all = walk(key, descending, async |request| {
                let filter = UserFilter::default();
                queries.list(&filter, &Visibility::All, &request).await
            })
            .await;
            let seen: Vec<Id<_>> = all.iter().map(|u| u.id).collect();
            let mut expected = seen.clone();
            expected.sort();
            if descending {
                expected.reverse();
            }
            assert_eq!(seen, expected, "{key:?} {descending}");
            assert_eq!(seen.len(), 5);
        }
    }
    let admins = UserFilter {
        role: Some(Role::Admin),
        ..UserFilter::default()
    };
    let got = queries
        .list(
            &admins,
            &Visibility::All,
            &page(UserSort::Id, false, Start::Offset(0)),
        )
        .await
        .unwrap();
    assert_eq!(
        got.items.iter().map(|u| u.username.as_str()).collect::<Vec<_>>(),
        ["b"]
    );
}

#[tokio::test]
async fn the_last_admin_question_sees_all_roles() {
    let db = TestDb::new().await;
    let amal = new_user(&db, "amal", Role::Admin).await;
    let karim = must(&db, |tx| {
        let mut u = user("karim", Role::Manager);
        u.other_roles = vec![Role::Admin];
        tx.users().insert(&u, None)
    })
    .await;
    must(&db, |tx| {
        let mut u = user("inactif", Role::Admin);
        u.is_active = false;
        tx.users().insert(&u, None)
    })
    .await;
    assert_eq!(
        must(&db, |tx| tx.users().lock_active_with_role(Role::Admin)).await,
        [amal.id, karim.id]
    );
}

#[tokio::test]
async fn the_first_account_is_made_once_however_many_try() {
    let db = TestDb::new().await;
    let tries = |name: &'static str| {
        must(&db, move |tx| {
            tx.users().lock_first()?;
            if tx.users().any()? {
                return Ok(false);
            }
            tx.users().insert(&user(name, Role::Admin), None)?;
            Ok(true)
        })
    };
    let made = tokio::join!(tries("un"), tries("deux"), tries("trois"), tries("quatre"));
    let made = [made.0, made.1, made.2, made.3];
    assert_eq!(made.iter().filter(|first| **first).count(), 1, "{made:?}");
    assert_eq!(db.number("SELECT count(*) FROM users"), 1);
}

#[tokio::test]
async fn a_renewed_hash_is_told_in_the_log_and_outdates_nobody() {
    let db = TestDb::new().await;
    let amal = new_user_id(&db, "amal", Role::Admin).await;
    let before = must(&db, move |tx| tx.users().find(amal)).await.unwrap();
    must(&db, move |tx| tx.users().renew_hash(amal, "$2b$13$stronger")).await;
    let after = must(&db, move |tx| tx.users().find(amal)).await.unwrap();
    assert_eq!(after.password_hash, "$2b$13$stronger");
    assert_eq!(
        (after.version, after.auth_version, after.updated_at),
        (before.version, before.auth_version, before.updated_at)
    );
    let told = format!("action = 'empreinte_renouvelee' AND objet_type = 'users' AND objet_id = {amal}");
    assert_eq!(
        db.number(&format!("SELECT count(*) FROM audit_log WHERE {told}")),
        1
    );
    assert_eq!(
        db.number("SELECT count(*) FROM audit_log a WHERE a::text LIKE '%$2b$%'"),
        0,
        "what it is stays out of the log"
    );
}
