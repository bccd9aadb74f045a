//! What the demonstration never touches.

use application::AppError;
use application::error::Code;
use demo::{Found, SeedError};
use test_support::TestDb;

use crate::support::{TABLES, app, content, now, seed};

fn holds(db: &TestDb) -> Vec<String> {
    TABLES.iter().map(|table| content(db, table)).collect()
}

#[tokio::test]
async fn a_database_with_other_accounts_is_left_alone() {
    // Somebody else's account; the administrator's address in real use; a visitor's name.
    for (email, username) in [
        ("dg@exemple.ma", "dg"),
        ("admin@mif.ma", "admin"),
        ("demonstration@mif.example", "autre"),
    ] {
        let db = TestDb::new().await;
        db.execute(&format!(
            "INSERT INTO users (username, email, hashed_password, full_name, role) \
             VALUES ('{username}', '{email}', 'x', 'Personne', 'admin')"
        ));
        let before = holds(&db);
        assert_eq!(demo::look(&app(&db, 1)).await.unwrap(), Found::Other, "{email}");
        let error = seed(&db).await.unwrap_err();
        assert!(matches!(error, SeedError::NotEmpty), "{email}: {error}");
        assert!(error.to_string().contains("nothing was changed"));
        assert_eq!(AppError::from(error).code(), Code::AlreadyExists);
        assert_eq!(holds(&db), before, "{email}");
    }
}

#[tokio::test]
async fn an_interrupted_demonstration_is_not_taken_for_a_whole_one() {
    let db = TestDb::new().await;
    let app = app(&db, 1);
    assert_eq!(demo::look(&app).await.unwrap(), Found::Nothing);
    seed(&db).await.unwrap();
    assert_eq!(demo::look(&app).await.unwrap(), Found::Demonstration);
    db.execute("DELETE FROM users WHERE email = 'demonstration@mif.example'");
    assert_eq!(demo::look(&app).await.unwrap(), Found::Other);
    assert!(matches!(seed(&db).await, Err(SeedError::NotEmpty)));
}

#[tokio::test]
async fn a_weak_password_is_refused_before_anything_is_written() {
    let db = TestDb::new().await;
    let before = holds(&db);
    for weak in ["court", "password", "technicien"] {
        let error = demo::seed(&app(&db, 1), now(), weak).await.unwrap_err();
        assert_eq!(AppError::from(error).code(), Code::ValidationError, "{weak}");
    }
    assert_eq!(holds(&db), before);
}
