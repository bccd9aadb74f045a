//! What every answer carries; names of requests; other origins; compression; older paths.

use serde_json::json;

use crate::support::{Reply, Setup, ask, world};

fn protected(reply: &Reply, what: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{what}: {name}");
    }
    assert!(
        reply
            .header("content-security-policy")
            .expect("policy")
            .contains("frame-ancestors 'none'"),
        "{what}"
    );
    assert!(
        reply.header("x-request-id").is_some_and(|name| name.len() >= 8),
        "{what}"
    );
}

#[actix_web::test]
async fn every_answer_is_protected() {
    let world = world();
    for (method, path, status) in [
        ("GET", "/api/v1/essais", 200),
        ("GET", "/api/v1/rien", 404),
        ("POST", "/api/v1/essais", 415),
        ("DELETE", "/api/v1/users", 405),
        ("DELETE", "/api/v1/essais/1", 204),
        ("GET", "/api/v1/essais/panique", 500),
        ("OPTIONS", "/api/v1/essais", 204),
        ("GET", "/health", 200),
    ] {
        let reply = ask(method, path).by(&world, 1).send(&world).await;
        assert_eq!(reply.status, status, "{method} {path}");
        protected(&reply, path);
        assert_eq!(reply.header("strict-transport-security"), None);
    }
    protected(&ask("GET", "/api/v1/essais").send(&world).await, "401");
}

#[actix_web::test]
async fn tls_is_demanded_where_people_use_it() {
    let settings = vec![("PUBLIC_BASE_URL", "https://erp.mif-maroc.com".to_owned())];
    let world = Setup {
        settings,
        ..Setup::default()
    }
    .world();
    let reply = ask("GET", "/health").send(&world).await;
    assert_eq!(
        reply.header("strict-transport-security"),
        Some("max-age=31536000; includeSubDomains")
    );
}

#[actix_web::test]
async fn a_request_keeps_a_well_formed_name() {
    let world = world();
    for name in ["corr-0001", "A.b_c-1234567890"] {
        let reply = ask("GET", "/health")
            .header("x-request-id", name)
            .send(&world)
            .await;
        assert_eq!(reply.header("x-request-id"), Some(name));
    }
    let long = "x".repeat(129);
    for name in ["short", "with blanks here", "ligne<script>", &long] {
        let reply = ask("GET", "/health")
            .header("x-request-id", name)
            .send(&world)
            .await;
        assert_ne!(reply.header("x-request-id"), Some(name));
    }
    let names = [
        ask("GET", "/health").send(&world).await,
        ask("GET", "/health").send(&world).await,
    ];
    assert_ne!(names[0].header("x-request-id"), names[1].header("x-request-id"));
}

#[actix_web::test]
async fn only_listed_origins_may_read() {
    let settings = vec![("CORS_ALLOW_ORIGINS", "https://app.mif.ma".to_owned())];
    let world = Setup {
        settings,
        ..Setup::default()
    }
    .world();
    let reply = ask("GET", "/health")
        .header("origin", "https://app.mif.ma")
        .send(&world)
        .await;
    assert_eq!(
        reply.header("access-control-allow-origin"),
        Some("https://app.mif.ma")
    );
    assert_eq!(reply.header("access-control-allow-credentials"), Some("true"));
    assert!(
        reply
            .header("access-control-expose-headers")
            .expect("exposed")
            .contains("etag")
    );
    let refused = ask("GET", "/api/v1/essais")
        .header("origin", "https://app.mif.ma")
        .send(&world)
        .await;
    assert_eq!(
        (refused.status, refused.header("access-control-allow-origin")),
        (401, Some("https://app.mif.ma"))
    );
    for origin in [
        "https://evil.ma",
        "https://app.mif.ma.evil.ma",
        "null",
        "http://app.mif.ma",
    ] {
        let reply = ask("GET", "/health").header("origin", origin).send(&world).await;
        assert_eq!(reply.header("access-control-allow-origin"), None, "{origin}");
        assert_eq!(reply.header("vary"), Some("Origin"));
    }
    let preflight = |origin: &'static str| {
        ask("OPTIONS", "/api/v1/essais")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
    };
    let reply = preflight("https://app.mif.ma").send(&world).await;
    assert_eq!(reply.status, 204);
    assert!(
        reply
            .header("access-control-allow-methods")
            .expect("methods")
            .contains("PATCH")
    );
    assert!(
        reply
            .header("access-control-allow-headers")
            .expect("headers")
            .contains("if-match")
    );
    let reply = preflight("https://evil.ma").send(&world).await;
    assert_eq!(reply.header("access-control-allow-methods"), None);
}

#[actix_web::test]
async fn long_answers_are_compressed_for_those_who_ask() {
    let world = world();
    let get = |accepted: &'static str| ask("GET", "/api/v1/essais/grand").header("accept-encoding", accepted);
    let plain = ask("GET", "/api/v1/essais/grand").send(&world).await;
    assert_eq!(plain.header("content-encoding"), None);
    for (accepted, encoding) in [
        ("gzip", Some("gzip")),
        ("br", Some("br")),
        ("gzip, br", Some("br")),
        ("gzip;q=1, br;q=0", Some("gzip")),
        ("identity", None),
        ("zstd, identity;q=0", None),
    ] {
        let reply = get(accepted).send(&world).await;
        assert_eq!(
            (reply.status, reply.header("content-encoding")),
            (200, encoding),
            "{accepted}"
        );
        assert_eq!(
            reply.body.len() < plain.body.len() / 5,
            encoding.is_some(),
            "{accepted}"
        );
    }
    let short = ask("GET", "/health")
        .header("accept-encoding", "gzip")
        .send(&world)
        .await;
    assert_eq!(short.header("content-encoding"), None);
}

#[actix_web::test]
async fn a_trailing_slash_does_not_matter() {
    let world = world();
    for path in ["/api/v1/essais/", "/essais/", "/health/"] {
        assert_eq!(
            ask("GET", path).by(&world, 1).send(&world).await.status,
            200,
            "{path}"
        );
    }
    assert_eq!(
        ask("GET", "/api/v1/essais//")
            .by(&world, 1)
            .send(&world)
            .await
            .status,
        404
    );
}

#[actix_web::test]
async fn head_is_get() {
    let world = world();
    assert_eq!(
        ask("HEAD", "/api/v1/essais")
            .by(&world, 1)
            .send(&world)
            .await
            .status,
        200
    );
    assert_eq!(ask("HEAD", "/api/v1/essais").send(&world).await.status, 401);
}

#[actix_web::test]
async fn older_paths_answer_and_say_that_they_are_old() {
    let world = world();
    let reply = ask("GET", "/essais").by(&world, 1).send(&world).await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("deprecation").expect("deprecation").starts_with('@'));
    assert_eq!(
        reply.header("link"),
        Some("</api/v1/essais>; rel=\"successor-version\"")
    );
    let new = ask("GET", "/api/v1/essais").by(&world, 1).send(&world).await;
    assert_eq!(new.header("deprecation"), None);
    assert_eq!(reply.body, new.body);
    assert_eq!(
        ask("GET", "/essais").send(&world).await.status,
        401,
        "the gate is the same"
    );
    let alias = ask("PUT", "/api/v1/essais/7/remplacer")
        .by(&world, 1)
        .json(&json!({ "nom": "x" }))
        .send(&world)
        .await;
    assert_eq!(alias.status, 200);
    assert!(alias.header("deprecation").is_some());
    assert_eq!(
        alias.header("link"),
        Some("</api/v1/essais/7>; rel=\"successor-version\""),
        "an address that can be asked for"
    );
}

#[actix_web::test]
async fn older_paths_can_be_turned_off() {
    let settings = vec![("LEGACY_ROUTES", "false".to_owned())];
    let world = Setup {
        settings,
        ..Setup::default()
    }
    .world();
    assert_eq!(ask("GET", "/essais").by(&world, 1).send(&world).await.status, 404);
    assert_eq!(
        ask("GET", "/api/v1/essais")
            .by(&world, 1)
            .send(&world)
            .await
            .status,
        200
    );
    assert_eq!(ask("GET", "/health").send(&world).await.status, 200);
}

#[actix_web::test]
async fn only_trusted_proxies_tell_the_address() {
    let seen = async |settings: Vec<(&'static str, String)>, forwarded: &str| {
        let world = Setup {
            settings,
            ..Setup::default()
        }
        .world();
        let request = ask("GET", "/api/v1/essais/origine")
            .by(&world, 1)
            .header("x-forwarded-for", forwarded);
        request.send(&world).await.json()["vu"].to_string()
    };
    assert!(seen(vec![], "203.0.113.7").await.contains("127.0.0.1"));
    let trusted = || vec![("TRUSTED_PROXIES", "127.0.0.0/8,10.0.0.0/8".to_owned())];
    assert!(seen(trusted(), "203.0.113.7").await.contains("203.0.113.7"));
    assert!(
        seen(trusted(), "198.51.100.1, 203.0.113.7, 10.1.2.3")
            .await
            .contains("203.0.113.7")
    );
    for (forwarded, expected) in [
        ("203.0.113.7, nonsense", "127.0.0.1"),
        // A proxy appends to what the client has sent, whatever that is.
        ("é, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, é", "127.0.0.1"),
        ("203.0.113.7:5678", "203.0.113.7"),
        ("[2001:db8::7]:5678", "2001:db8::7"),
        ("203.0.113.7, ::ffff:10.1.2.3", "203.0.113.7"),
    ] {
        let vu = seen(trusted(), forwarded).await;
        assert!(vu.contains(&format!("\\\"{expected}\\\"")), "{forwarded}: {vu}");
    }
}

#[actix_web::test]
async fn a_proxy_is_known_by_its_mapped_address() {
    for (proxies, forwarded, expected) in [
        ("10.0.0.0/8", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.0/8", "nonsense", "10.0.0.5"),
        // Written as the mapped addresses that they come from.
        ("::ffff:10.0.0.5", "203.0.113.7", "203.0.113.7"),
        ("::ffff:10.0.0.0/104", "203.0.113.7", "203.0.113.7"),
    ] {
        let world = Setup {
            settings: vec![("TRUSTED_PROXIES", proxies.to_owned())],
            ..Setup::default()
        }
        .world();
        let request = ask("GET", "/api/v1/essais/origine")
            .by(&world, 1)
            .from("::ffff:10.0.0.5")
            .header("x-forwarded-for", forwarded);
        let vu = request.send(&world).await.json()["vu"].to_string();
        assert!(vu.contains(&format!("\\\"{expected}\\\"")), "{vu}");
    }
}
