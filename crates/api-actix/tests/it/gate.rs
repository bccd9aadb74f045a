//! The order of refusals: 401, 403, body, target.

use std::cell::RefCell;

use domain::policy::Role;
use serde_json::json;
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::support::{Setup, ask, user, world};

#[actix_web::test]
async fn nobody_learns_about_bodies_before_being_known() {
    let world = world();
    for body in [&b"{"[..], b"{}", &[0xff; 10]] {
        let reply = ask("POST", "/api/v1/essais")
            .bytes("text/plain", body)
            .send(&world)
            .await;
        assert_eq!((reply.status, reply.code().as_str()), (401, "UNAUTHENTICATED"));
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"erp\""));
        let reply = ask("POST", "/api/v1/essais")
            .by(&world, 3)
            .bytes("text/plain", body)
            .send(&world)
            .await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "FORBIDDEN"));
        assert_eq!(reply.json()["detail"], "Insufficient permissions");
    }
}

#[actix_web::test]
async fn the_body_is_judged_before_the_target() {
    let mut setup = Setup::default();
    setup.users.expect_find().never();
    setup.tx.users.expect_lock().returning(|_| Ok(None));
    let world = setup.world();
    let reply = ask("PATCH", "/api/v1/users/77")
        .by(&world, 1)
        .json(&json!({ "inconnu": 1 }))
        .send(&world)
        .await;
    assert_eq!(reply.status, 422);
    let reply = ask("PATCH", "/api/v1/users/77")
        .by(&world, 1)
        .json(&json!({ "locale": "fr" }))
        .send(&world)
        .await;
    assert_eq!((reply.status, reply.code().as_str()), (404, "NOT_FOUND"));
}

#[actix_web::test]
async fn the_target_is_judged_before_the_version() {
    let mut setup = Setup::default();
    setup
        .tx
        .users
        .expect_lock()
        .returning(|_| Ok(Some(user(9, Role::Client))));
    let world = setup.world();
    let body = json!({ "username": "x", "email": "x@mif.ma", "full_name": "X", "role": "client" });
    let put = |id: u128| ask("PUT", "/api/v1/users/9").by(&world, id).json(&body);
    assert_eq!(
        put(4).send(&world).await.status,
        404,
        "a client may not know other accounts"
    );
    assert_eq!(put(2).send(&world).await.status, 403, "a manager sees them");
    let reply = put(1).send(&world).await;
    assert_eq!((reply.status, reply.code().as_str()), (428, "VERSION_REQUIRED"));
    let reply = put(1).header("if-match", "\"v2\"").send(&world).await;
    assert_eq!(
        (reply.status, reply.json()["version_actuelle"].as_i64()),
        (412, Some(1))
    );
}

#[actix_web::test]
async fn any_of_several_rights_opens_an_operation() {
    let world = world();
    for (id, status) in [(1, 200), (4, 200), (2, 403), (3, 403)] {
        assert_eq!(
            ask("GET", "/api/v1/essais/origine")
                .by(&world, id)
                .send(&world)
                .await
                .status,
            status,
            "{id}"
        );
    }
}

thread_local! {
    /// Steps of the requests of this thread, while somebody listens.
    static STEPS: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Keeps the steps of the pipeline. One for the whole process: with one per thread, a place in the
/// code that another thread reached first would stay silent.
struct Steps;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Steps {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        struct Step(Option<String>);
        impl tracing::field::Visit for Step {
            fn record_debug(&mut self, _: &tracing::field::Field, _: &dyn std::fmt::Debug) {}
            fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
                if field.name() == "step" {
                    self.0 = Some(value.to_owned());
                }
            }
        }
        let mut step = Step(None);
        match event.metadata().target() {
            "pipeline" => event.record(&mut step),
            "http" => step.0 = Some("log".to_owned()),
            _ => return,
        }
        STEPS.with_borrow_mut(|steps| {
            if let Some(steps) = steps {
                steps.extend(step.0);
            }
        });
    }
}

#[actix_web::test]
async fn a_request_takes_the_steps_in_order() {
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Steps));
    let world = world();
    let seen = async |id: u128| {
        STEPS.set(Some(Vec::new()));
        ask("POST", "/api/v1/essais")
            .by(&world, id)
            .json(&json!({ "nom": "x" }))
            .send(&world)
            .await;
        STEPS.take().expect("steps")
    };
    let whole = [
        "correlation",
        "authentication",
        "permission",
        "idempotency",
        "validation",
        "use case",
        "log",
    ];
    assert_eq!(seen(1).await, whole);
    assert_eq!(
        seen(3).await,
        ["correlation", "authentication", "permission", "problem", "log"]
    );
}
