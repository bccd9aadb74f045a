//! Greeting, health, documentation pages.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use api_actix::health::Probe;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Setup, ask, world};

#[actix_web::test]
async fn the_root_greets() {
    let world = world();
    let json = ask("GET", "/").send(&world).await.json();
    assert!(
        json["message"]
            .as_str()
            .expect("text")
            .contains("ERP Interventions")
    );
    assert_eq!(json["openapi"], "/api/v1/openapi.json");
}

#[actix_web::test]
async fn health_says_that_the_process_answers() {
    let world = world();
    for path in ["/health", "/health/live"] {
        let json = ask("GET", path).send(&world).await.json();
        assert_eq!(
            json,
            json!({ "status": "ok", "timestamp": "2026-03-02T09:00:00Z", "version": env!("CARGO_PKG_VERSION") })
        );
    }
    assert_eq!(
        ask("GET", "/api/v1/health").send(&world).await.status,
        404,
        "at the root only"
    );
}

fn probe(name: &'static str, required: bool, up: bool) -> Probe {
    let answer = move || async move {
        if up {
            Ok(())
        } else {
            Err("connection to 10.0.0.5 refused".to_owned())
        }
    };
    Probe::new(name, required, answer)
}

#[actix_web::test]
async fn readiness_needs_what_is_required() {
    let ready = async |probes: Vec<Probe>| {
        let world = Setup {
            probes,
            ..Setup::default()
        }
        .world();
        ask("GET", "/health/ready").send(&world).await
    };
    let reply = ready(vec![
        probe("base_de_donnees", true, true),
        probe("redis", false, false),
    ])
    .await;
    let services = &reply.json()["services"];
    assert_eq!(reply.status, 200);
    assert_eq!(
        services[1],
        json!({ "nom": "redis", "disponible": false, "indispensable": false })
    );
    let reply = ready(vec![
        probe("base_de_donnees", true, false),
        probe("redis", false, true),
    ])
    .await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "UNAVAILABLE"));
    assert_eq!(reply.json()["services_indisponibles"], json!(["base_de_donnees"]));
    assert!(!String::from_utf8_lossy(&reply.body).contains("10.0.0.5"));
}

#[actix_web::test]
async fn a_crowd_that_asks_for_readiness_is_one_question() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let probe = Probe::new("base_de_donnees", true, move || {
        count.fetch_add(1, Ordering::Relaxed);
        async { Ok(()) }
    });
    let world = Setup {
        probes: vec![probe],
        ..Setup::default()
    }
    .world();
    let replies = join_all((0..50).map(|_| ask("GET", "/health/ready").send(&world))).await;
    assert!(replies.iter().all(|reply| reply.status == 200));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[actix_web::test]
async fn documentation_is_served_without_any_other_server() {
    let world = world();
    let redirect = ask("GET", "/docs").send(&world).await;
    assert_eq!(
        (redirect.status, redirect.header("location")),
        (302, Some("/docs/index.html"))
    );
    for (path, kind, text) in [
        ("/docs/index.html", "text/html", "swagger-ui"),
        (
            "/docs/swagger-initializer.js",
            "javascript",
            "/api/v1/openapi.json",
        ),
        ("/docs/swagger-ui-bundle.js", "javascript", "function"),
        ("/redoc", "text/html", "spec-url=\"/api/v1/openapi.json\""),
        ("/redoc/redoc.standalone.js", "javascript", "Redoc"),
    ] {
        let reply = ask("GET", path).send(&world).await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(
            reply.header("content-type").expect("type").contains(kind),
            "{path}"
        );
        let body = String::from_utf8_lossy(&reply.body);
        assert!(body.contains(text), "{path}");
        if kind == "text/html" {
            let policy = reply.header("content-security-policy").expect("policy");
            assert!(
                policy.contains("script-src 'self';") && policy.contains("connect-src 'self'"),
                "{path}"
            );
            assert!(
                !body.contains("src=\"http") && !body.contains("href=\"http"),
                "{path} asks another server"
            );
            assert!(
                !body.contains("<script>"),
                "{path} has scripts that the policy refuses"
            );
        }
    }
    for path in [
        "/docs/rien.js",
        "/redoc/rien.js",
        "/docs/../../etc/passwd",
        "/docs/%2e%2e/x",
    ] {
        assert_eq!(ask("GET", path).send(&world).await.status, 404, "{path}");
    }
}
