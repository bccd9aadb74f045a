//! Paths, methods and headers that are wrong.

use reqwest::Method;
use serde_json::json;

use super::Ground;

#[tokio::test]
async fn paths_methods_and_headers_that_are_not_there_are_problems_too() {
    let ground = Ground::new().await;
    let admin = &ground.world.admin;
    for path in [
        "/inconnu",
        "/users/abc",
        "/users/-1",
        "/users/1.5",
        "/users/%31%00",
        "/users/0x1",
        "/clients//sites",
        "/../etc/passwd",
        "/equipements/%2e%2e%2f1",
    ] {
        let answer = admin.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        answer.assert_problem();
    }
    for path in [
        "/users/0",
        "/users/999999999",
        "/users/99999999999999999999999999",
        "/interventions/0",
    ] {
        admin.get(path).await.refused(404, "NOT_FOUND");
    }
    for operation in ground.document.operations() {
        let path = ground.targets.path(&operation);
        let known: Vec<_> = ground
            .document
            .operations()
            .into_iter()
            .filter(|o| ground.targets.path(o) == path)
            .map(|o| o.method)
            .collect();
        for method in [
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::TRACE,
        ] {
            if !known.contains(&method) {
                let answer = admin.call_root(method.clone(), &path).send().await;
                answer.refused(405, "METHOD_NOT_ALLOWED");
                let allow = answer.header("allow");
                assert!(
                    known.iter().all(|m| allow.contains(m.as_str())),
                    "{path}: {allow}"
                );
            }
        }
    }
    let job = format!("/interventions/{}", ground.world.job);
    let patch = |name: &str, value: &str| {
        admin
            .call(Method::PATCH, &job)
            .header(name, value)
            .json(json!({"titre": "Autre titre"}))
            .send()
    };
    for tag in ["v1", "\"v1", "\"v1\", \"v2\""] {
        patch("If-Match", tag).await.refused(400, "INVALID_IF_MATCH");
    }
    // Well formed, and no version of this job: it is simply not the present one.
    for tag in ["\"v999\"", "W/\"v999\"", "\"1\"", "\"va\"", "\"\""] {
        patch("If-Match", tag).await.refused(412, "STALE_VERSION");
    }
    for key in ["", "avec blanc", &"k".repeat(256)] {
        patch("Idempotency-Key", key)
            .await
            .refused(400, "INVALID_IDEMPOTENCY_KEY");
    }
    // A name of ours for a request whose own name could forge a log line.
    for name in ["court", "avec blanc et plus", &"x".repeat(129)] {
        let answer = admin
            .call(Method::GET, "/users/me")
            .header("X-Request-ID", name)
            .send()
            .await;
        assert_ne!(answer.header("x-request-id"), name);
        assert!(answer.header("x-request-id").len() >= 8);
    }
    let answer = admin
        .call(Method::GET, "/users/me")
        .header("X-Request-ID", "client-4711-a")
        .send()
        .await;
    assert_eq!(answer.header("x-request-id"), "client-4711-a");
}
