//! What the modules share.

use domain::audit::Origin;
use domain::error::{Constraint, Repo, RepoError};
use domain::page::{Page, PageRequest, Sort, Start};
use domain::policy::Role;
use domain::ports::{Erased, Tx, TxError, UnitOfWork};
use domain::user::{Locale, User};
use domain::{Id, Record};
use jiff::Timestamp;
use test_support::TestDb;

pub fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

pub fn origin() -> Origin {
    Origin {
        actor: None,
        ip: Some("127.0.0.1".into()),
        correlation_id: "essai-0001".into(),
    }
}

/// Runs `work` in one unit of work.
pub async fn run<R: Send + 'static>(
    db: &TestDb,
    work: impl Fn(&mut dyn Tx) -> Result<R, RepoError> + Send + Sync + 'static,
) -> Result<R, TxError> {
    let work = move |tx: &mut dyn Tx| -> Result<Erased, TxError> { Ok(Box::new(work(tx)?)) };
    let erased = db.uow().run_erased("test", &origin(), Box::new(work)).await?;
    Ok(*erased.downcast::<R>().unwrap())
}

/// The same when nothing may fail.
pub async fn must<R: Send + 'static>(
    db: &TestDb,
    work: impl Fn(&mut dyn Tx) -> Result<R, RepoError> + Send + Sync + 'static,
) -> R {
    run(db, work).await.unwrap()
}

/// The failure that was expected.
pub fn repo_error<R: std::fmt::Debug>(result: Result<R, TxError>) -> RepoError {
    match result.expect_err("a refusal") {
        TxError::Repo(error) => error,
        TxError::Refused(_) => panic!("refused by the work itself"),
    }
}

/// The rule of the database that was expected to refuse.
pub fn conflict<R: std::fmt::Debug>(result: Result<R, TxError>) -> Constraint {
    match repo_error(result) {
        RepoError::Conflict { constraint, .. } => constraint,
        other => panic!("{other:?}"),
    }
}

/// Asks for a page of two rows.
pub fn page<K>(key: K, descending: bool, start: Start) -> PageRequest<K> {
    PageRequest {
        limit: 2,
        start,
        sort: Sort { key, descending },
    }
}

/// All rows of a list, page by page, each with the total of all.
pub async fn walk<K: Copy, T>(
    key: K,
    descending: bool,
    list: impl AsyncFn(PageRequest<K>) -> Repo<Page<T>>,
) -> Vec<T> {
    let (mut start, mut all, mut totals) = (Start::Offset(0), Vec::new(), Vec::new());
    loop {
        let got = list(page(key, descending, start)).await.unwrap();
        let rows = got.items.len();
        assert!(rows <= 2, "no page is longer than asked");
        assert!(rows == 2 || got.next_cursor.is_none(), "only the last is shorter");
        all.extend(got.items);
        totals.push(got.total);
        match got.next_cursor {
            Some(cursor) => start = Start::Cursor(cursor),
            None => break,
        }
    }
    for total in totals {
        assert_eq!(total, all.len() as u64, "the total is of all pages");
    }
    all
}

pub fn user(name: &str, role: Role) -> User {
    User {
        username: name.into(),
        email: format!("{name}@exemple.ma"),
        password_hash: "$2b$12$0123456789012345678901".into(),
        full_name: format!("Prénom {name}"),
        role,
        other_roles: Vec::new(),
        is_active: true,
        last_login: None,
        locale: Locale::French,
        mfa_enabled: false,
        auth_version: 1,
    }
}

pub async fn new_user(db: &TestDb, name: &'static str, role: Role) -> Record<User> {
    must(db, move |tx| tx.users().insert(&user(name, role), None)).await
}

pub async fn new_user_id(db: &TestDb, name: &'static str, role: Role) -> Id<User> {
    new_user(db, name, role).await.id
}
