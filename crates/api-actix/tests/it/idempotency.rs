//! The key of a request that may be repeated.

use serde_json::json;

use crate::support::{Ask, World, ask, world};

fn patch(world: &World, path: &str) -> Ask {
    ask("PATCH", path).by(world, 1)
}

async fn key_seen(world: &World, request: Ask) -> String {
    let reply = request.send(world).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    reply.json()["vu"].as_str().expect("text").to_owned()
}

#[actix_web::test]
async fn a_key_has_1_to_255_visible_characters() {
    let world = world();
    let long = "k".repeat(256);
    for key in ["", " ", "a b", "clé", &long] {
        let reply = patch(&world, "/api/v1/essais/7")
            .header("idempotency-key", key)
            .json(&json!({}))
            .send(&world)
            .await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (400, "INVALID_IDEMPOTENCY_KEY"),
            "{key:?}"
        );
    }
    let twice = patch(&world, "/api/v1/essais/7")
        .header("idempotency-key", "a")
        .header("idempotency-key", "a");
    assert_eq!(twice.json(&json!({})).send(&world).await.status, 400);
    for key in ["k", "2f1c-77", &long[1..]] {
        let request = patch(&world, "/api/v1/essais/7")
            .header("idempotency-key", key)
            .json(&json!({}));
        assert!(key_seen(&world, request).await.contains(&format!("key: {key:?}")));
    }
}

#[actix_web::test]
async fn the_fingerprint_is_that_of_the_request() {
    let world = world();
    let seen = async |path: &str, body: serde_json::Value| {
        key_seen(
            &world,
            patch(&world, path).header("idempotency-key", "k").json(&body),
        )
        .await
    };
    let fingerprint = |text: &str| text.split("fingerprint").nth(1).expect("fingerprint").to_owned();
    let path = |text: &str| {
        text.split("path: ")
            .nth(1)
            .expect("path")
            .split(',')
            .next()
            .expect("path")
            .to_owned()
    };
    let first = seen("/api/v1/essais/7", json!({ "nom": "x" })).await;
    assert_eq!(path(&first), "\"/essais/7\"");
    assert_eq!(
        fingerprint(&first),
        fingerprint(&seen("/api/v1/essais/7", json!({ "nom": "x" })).await)
    );
    assert_ne!(
        fingerprint(&first),
        fingerprint(&seen("/api/v1/essais/7", json!({ "nom": "y" })).await)
    );
    assert_ne!(
        path(&first),
        path(&seen("/api/v1/essais/8", json!({ "nom": "x" })).await)
    );
    let zeros = format!("/api/v1/essais/{}7", "0".repeat(1100));
    let padded = seen(&zeros, json!({ "nom": "x" })).await;
    assert_eq!(
        path(&padded),
        path(&first),
        "one resource, one path, and a short one"
    );
    let legacy = seen("/essais/7", json!({ "nom": "x" })).await;
    assert_eq!(
        (path(&legacy), fingerprint(&legacy)),
        (path(&first), fingerprint(&first))
    );
}

#[actix_web::test]
async fn keys_count_only_where_answers_may_be_stored() {
    let world = world();
    let none = key_seen(&world, patch(&world, "/api/v1/essais/7").json(&json!({}))).await;
    assert!(none.ends_with("None)"), "{none}");
    let put = ask("PUT", "/api/v1/essais/7")
        .by(&world, 1)
        .header("idempotency-key", "")
        .header("if-match", "*");
    assert_eq!(
        put.json(&json!({ "nom": "x" })).send(&world).await.status,
        200,
        "PUT repeats itself"
    );
    let body = json!({ "mot_de_passe_actuel": "" });
    let secret = ask("POST", "/api/v1/auth/change-password")
        .by(&world, 1)
        .header("idempotency-key", "");
    assert_eq!(
        secret.json(&body).send(&world).await.status,
        422,
        "nothing secret is stored"
    );
    for operation in world.state.table.operations() {
        if operation.path.starts_with("/auth/") {
            assert!(!operation.repeatable(), "{}", operation.path);
        }
    }
}
