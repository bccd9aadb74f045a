//! Made twice: in two databases, and again in the same one.

use test_support::TestDb;

use crate::support::{PASSWORD, TABLES, app, content, hash_of, now, seed, texts};

#[tokio::test]
async fn two_databases_get_the_same_demonstration() {
    let (one, other) = (TestDb::new().await, TestDb::new().await);
    let (first, second) = (app(&one, 1), app(&other, 2));
    let (a, b) = tokio::join!(
        demo::seed(&first, now(), PASSWORD),
        demo::seed(&second, now(), PASSWORD)
    );
    assert_eq!(a.unwrap(), b.unwrap());
    for table in TABLES {
        let (a, b) = (content(&one, table), content(&other, table));
        assert!(
            a == b,
            "{table}: {:?}",
            a.lines().zip(b.lines()).find(|(a, b)| a != b)
        );
    }
    let codes = "SELECT string_agg(code_public, ',' ORDER BY id) FROM equipements";
    assert_ne!(
        texts(&one, codes),
        texts(&other, codes),
        "labels are drawn, not computed"
    );
}

#[tokio::test]
async fn a_second_run_only_opens_the_four_accounts() {
    let db = TestDb::new().await;
    assert!(seed(&db).await.unwrap().created);
    let before: Vec<String> = TABLES.iter().map(|table| content(&db, table)).collect();
    let later = now() + jiff::SignedDuration::from_hours(50);

    let again = demo::seed(&app(&db, 3), later, PASSWORD).await.unwrap();
    assert!(!again.created);
    assert_eq!(again.accounts, ["admin", "responsable", "technicien", "client"]);
    for (table, before) in TABLES.iter().zip(&before) {
        assert!(content(&db, table) == *before, "{table} changed");
    }

    db.execute("UPDATE users SET is_active = false, hashed_password = 'x' WHERE username = 'client'");
    let others = "SELECT string_agg(hashed_password || is_active || version, ',' ORDER BY id) FROM users \
                  WHERE username NOT IN ('admin', 'responsable', 'technicien', 'client')";
    let unopened = texts(&db, others);
    let again = demo::seed(&app(&db, 4), later, "Un-Autre-2027").await.unwrap();
    assert_eq!(again.accounts.len(), 4);
    let opened = "SELECT string_agg(username || ' ' || is_active || ' ' || hashed_password, ',' ORDER BY id) \
                  FROM users WHERE email LIKE '%@mif.ma'";
    let expected: Vec<String> = ["admin", "responsable", "technicien", "client"]
        .map(|name| format!("{name} true {}", hash_of("Un-Autre-2027")))
        .into();
    assert_eq!(texts(&db, opened), [expected.join(",")]);
    assert_eq!(texts(&db, others), unopened, "nobody else can sign in");

    db.execute("UPDATE users SET email = 'visiteur@exemple.ma' WHERE username = 'technicien'");
    let again = demo::seed(&app(&db, 5), later, PASSWORD).await.unwrap();
    assert_eq!(
        again.accounts,
        ["admin", "responsable", "client"],
        "a renamed account is left alone"
    );
}
