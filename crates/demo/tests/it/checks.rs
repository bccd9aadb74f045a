//! How the tests look at a database.

use test_support::TestDb;

/// A count must lie between two numbers.
pub fn among(db: &TestDb, sql: &str, low: i64, high: i64) {
    let n = db.number(sql);
    assert!((low..=high).contains(&n), "{n} instead of {low} to {high}: {sql}");
}

/// Counts with their bounds.
pub fn all_among(db: &TestDb, checks: &[(i64, i64, &str)]) {
    for (low, high, from) in checks {
        among(db, &format!("SELECT count(*) FROM {from}"), *low, *high);
    }
}

/// There must be no such row.
pub fn none(db: &TestDb, checks: &[&str]) {
    for from in checks {
        assert_eq!(db.number(&format!("SELECT count(*) FROM {from}")), 0, "{from}");
    }
}
