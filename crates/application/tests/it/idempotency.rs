//! One effect per key.

use application::write::{anyone, silent};
use application::{AppError, Code, Ctx, Written};
use domain::Id;
use domain::error::RepoError;
use domain::idempotency::{Claim, IdempotencyKey, StoredAnswer};
use domain::policy::Role;
use domain::ports::Tx;

use crate::support::{Fakes, actor, code_of, ctx};

fn key() -> IdempotencyKey {
    IdempotencyKey {
        user: Id::new(1),
        method: "POST".into(),
        path: "/x".into(),
        key: "k".into(),
        fingerprint: [0; 32],
    }
}

fn stored() -> StoredAnswer {
    StoredAnswer {
        status: 201,
        headers: vec![("ETag".into(), "\"v1\"".into())],
        body: b"{}".to_vec(),
    }
}

fn keyed() -> Ctx {
    Ctx {
        idempotency: Some(key()),
        ..ctx(actor(1, Role::Admin))
    }
}

#[tokio::test]
async fn the_answer_is_stored_last_in_the_same_unit_of_work() {
    let mut fakes = Fakes::default();
    fakes
        .tx
        .idempotency
        .expect_claim()
        .once()
        .returning(|_| Ok(Claim::Mine));
    fakes
        .tx
        .idempotency
        .expect_complete()
        .once()
        .withf(|k, a| *k == key() && *a == stored())
        .returning(|_, _| Ok(()));
    let render: application::Render<u8> = std::sync::Arc::new(|_| stored());
    let written = fakes
        .app()
        .write(
            &keyed(),
            "t",
            render,
            |_, _| panic!("not a replay"),
            |_, _| Ok(7_u8),
        )
        .await
        .unwrap();
    assert_eq!(
        written,
        Written::Fresh {
            value: 7,
            answer: stored()
        }
    );
}

#[tokio::test]
async fn a_refusal_stores_nothing() {
    let mut fakes = Fakes::default();
    fakes
        .tx
        .idempotency
        .expect_claim()
        .once()
        .returning(|_| Ok(Claim::Mine));
    fakes.tx.idempotency.expect_complete().never();
    let work = |_: &mut dyn Tx, _: &Ctx| -> Result<u8, AppError> { Err(AppError::rule(Code::NoTechnician)) };
    assert_eq!(
        code_of(fakes.app().write(&keyed(), "t", silent(), anyone, work).await),
        Code::NoTechnician
    );
}

#[tokio::test]
async fn a_stored_answer_is_given_only_to_who_may_still_see_the_object() {
    for (admitted, expected) in [(true, None), (false, Some(Code::NotFound))] {
        let mut fakes = Fakes::default();
        fakes
            .tx
            .idempotency
            .expect_claim()
            .once()
            .returning(|_| Ok(Claim::Done(stored())));
        let admit = move |_: &mut dyn Tx, _: &Ctx| if admitted { Ok(()) } else { Err(AppError::NotFound) };
        let work = |_: &mut dyn Tx, _: &Ctx| -> Result<u8, AppError> { panic!("must not run again") };
        match (
            fakes.app().write(&keyed(), "t", silent(), admit, work).await,
            expected,
        ) {
            (Ok(Written::Replayed(answer)), None) => assert_eq!(answer, stored()),
            (Err(error), Some(code)) => assert_eq!(error.code(), code),
            (other, _) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn other_request_and_running_request_are_told_apart() {
    for (claim, code) in [
        (Ok(Claim::Mismatch), Code::IdempotencyMismatch),
        (Err(RepoError::Locked), Code::IdempotencyRunning),
    ] {
        let mut fakes = Fakes::default();
        let claim = std::sync::Mutex::new(Some(claim));
        fakes
            .tx
            .idempotency
            .expect_claim()
            .once()
            .returning(move |_| claim.lock().unwrap().take().unwrap());
        assert_eq!(
            code_of(
                fakes
                    .app()
                    .write(&keyed(), "t", silent(), anyone, |_, _| Ok(1_u8))
                    .await
            ),
            code
        );
    }
}
