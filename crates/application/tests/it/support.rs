//! People, requests, answers and the shapes of tests that all files here share.

use std::sync::Arc;

pub use application::testing::{Fakes, mix, now};
use application::{AppError, Code, Ctx, testing};
use domain::page::{Page, PageRequest, Sort, Start};
use domain::policy::{Actor, Role};
use domain::session::SessionId;
use domain::text::{FieldIssue, IssueCode};
use domain::user::{Locale, User};
use domain::{Id, Record};

pub fn user(id: i64, role: Role) -> Record<User> {
    let data = User {
        username: format!("u{id}"),
        email: format!("u{id}@exemple.ma"),
        password_hash: "hash".into(),
        full_name: format!("Personne {id}"),
        role,
        other_roles: Vec::new(),
        is_active: true,
        last_login: None,
        locale: Locale::French,
        mfa_enabled: false,
        auth_version: 3,
    };
    Record::fresh(Id::new(id), now(), data)
}

pub fn actor(id: i64, role: Role) -> Actor {
    Actor {
        user: Id::new(id),
        roles: vec![role],
        technician: None,
        clients: Vec::new(),
        teams: Vec::new(),
    }
}

pub fn ctx(actor: Actor) -> Ctx {
    Ctx {
        session: Some(SessionId(1)),
        ..testing::ctx(actor)
    }
}

/// An account that is found like this when it is locked.
pub fn locks_user(fakes: &mut Fakes, id: i64, role: Role) {
    let users = &mut fakes.tx.users;
    users.expect_lock().returning(move |_| Ok(Some(user(id, role))));
}

pub fn admin() -> Ctx {
    ctx(actor(1, Role::Admin))
}

pub fn manager() -> Ctx {
    ctx(actor(2, Role::Manager))
}

/// The technician of the account 7, with the profile `profile`.
pub fn technician(profile: i64) -> Ctx {
    ctx(Actor {
        technician: Some(Id::new(profile)),
        ..actor(7, Role::Technician)
    })
}

/// The portal account 8, of the clients that are named.
pub fn portal(clients: &[i64]) -> Ctx {
    ctx(Actor {
        clients: clients.iter().copied().map(Id::new).collect(),
        ..actor(8, Role::Client)
    })
}

/// The first five, by `key`.
pub fn page<K>(key: K) -> PageRequest<K> {
    PageRequest {
        limit: 5,
        start: Start::Offset(0),
        sort: Sort {
            key,
            descending: false,
        },
    }
}

pub fn page_of<T>(items: Vec<T>) -> Page<T> {
    Page {
        total: items.len() as u64,
        items,
        total_capped: false,
        next_cursor: None,
    }
}

/// What an update makes of the data before.
pub type Edit<T> = Arc<dyn Fn(&Record<T>) -> Result<T, AppError> + Send + Sync>;

pub fn edit<T: Clone>(change: impl Fn(&mut T) + Send + Sync + 'static) -> Edit<T> {
    Arc::new(move |before: &Record<T>| {
        let mut after = before.data.clone();
        change(&mut after);
        Ok(after)
    })
}

/// A store that writes what it is given.
pub fn written<T: Clone>(before: &Record<T>, after: &T) -> Record<T> {
    Record {
        data: after.clone(),
        ..before.clone()
    }
}

/// Why it was refused.
pub fn refusal<T>(answer: Result<T, AppError>) -> AppError {
    match answer {
        Ok(_) => panic!("not refused"),
        Err(error) => error,
    }
}

/// The code with which it was refused.
pub fn code_of<T>(answer: Result<T, AppError>) -> Code {
    refusal(answer).code()
}

pub fn issues(error: AppError) -> Vec<FieldIssue> {
    match error {
        AppError::Invalid(issues) => issues,
        other => panic!("not a validation error: {other:?}"),
    }
}

/// Field and code of every issue.
pub fn fields(error: AppError) -> Vec<(String, IssueCode)> {
    issues(error).into_iter().map(|i| (i.field, i.code)).collect()
}

/// The fields that the caller may not change.
pub fn denied_fields<T>(answer: Result<T, AppError>) -> Vec<String> {
    match refusal(answer) {
        AppError::DeniedFields(fields) => fields,
        other => panic!("{other:?}"),
    }
}

/// That the version, which is 1, was told to who named another.
pub fn assert_stale<T>(answer: Result<T, AppError>) {
    let refused = refusal(answer);
    assert!(
        matches!(refused, AppError::StaleVersion { current: Some(1) }),
        "{refused:?}"
    );
}
