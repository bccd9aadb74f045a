//! Hostile access tokens: none is taken, none causes a failure.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{KEY, Setup, World, ask, world};

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn signed(head: &str, claims: &str, key: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, format!("{head}.{claims}").as_bytes());
    format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

struct Good {
    head: String,
    header: Value,
    claims: Value,
}

fn good(world: &World) -> Good {
    let token = world.token(1);
    let parts: Vec<_> = token.split('.').collect();
    let read =
        |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).expect("base64")).expect("JSON");
    Good {
        head: parts[0].to_owned(),
        header: read(parts[0]),
        claims: read(parts[1]),
    }
}

async fn status(world: &World, token: &str) -> u16 {
    let reply = ask("GET", "/api/v1/essais")
        .header("authorization", &format!("Bearer {token}"))
        .send(world)
        .await;
    if reply.status != 200 {
        assert_eq!(reply.code(), "UNAUTHENTICATED", "{token}");
        assert!(reply.header("www-authenticate").is_some());
    }
    reply.status
}

#[actix_web::test]
async fn a_token_of_ours_is_taken_and_says_what_is_agreed() {
    let world = world();
    let good = good(&world);
    assert_eq!(
        status(&world, &signed(&good.head, &part(&good.claims), KEY.as_bytes())).await,
        200
    );
    assert_eq!(
        (&good.header["alg"], &good.header["typ"]),
        (&json!("HS256"), &json!("at+jwt"))
    );
    let claims = good.claims.as_object().expect("claims");
    let mut names: Vec<_> = claims.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "aud", "exp", "iat", "iss", "jti", "nbf", "role", "roles", "sid", "sub", "user_id", "ver"
        ]
    );
    assert_eq!(
        (&claims["sub"], &claims["user_id"], &claims["role"]),
        (&json!("u1@mif.ma"), &json!(1), &json!("admin"))
    );
    let life = claims["exp"].as_i64().expect("exp") - claims["iat"].as_i64().expect("iat");
    assert_eq!(life, 15 * 60);
}

#[actix_web::test]
async fn other_headers_are_refused() {
    let world = world();
    let good = good(&world);
    let mut headers = Vec::new();
    for alg in [
        "none", "None", "nOnE", "", "HS384", "HS512", "RS256", "ES256", "EdDSA", "hs256",
    ] {
        headers.push(("alg", json!(alg)));
    }
    for kid in [
        "../../etc/passwd",
        "' OR 1=1 --",
        "https://evil.ma/key",
        "",
        "unknown",
        "\u{0}",
    ] {
        headers.push(("kid", json!(kid)));
    }
    for (name, value) in [
        ("jku", json!("https://evil.ma/jwks")),
        ("x5u", json!("https://evil.ma/x5u")),
        ("jwk", json!({ "kty": "oct", "k": STANDARD.encode("evil") })),
        ("crit", json!(["exp"])),
        ("typ", json!("JWT")),
        ("typ", json!("refresh+jwt")),
        ("zip", json!("DEF")),
    ] {
        headers.push((name, value));
    }
    for (name, value) in headers {
        let mut header = good.header.clone();
        header[name] = value.clone();
        for key in [KEY.as_bytes(), b"", b"evil"] {
            assert_eq!(
                status(&world, &signed(&part(&header), &part(&good.claims), key)).await,
                401,
                "{name} {value}"
            );
        }
        let unsigned = format!("{}.{}.", part(&header), part(&good.claims));
        assert_eq!(status(&world, &unsigned).await, 401, "{name} {value} unsigned");
    }
    let mut header = good.header.clone();
    header.as_object_mut().expect("header").remove("kid");
    assert_eq!(
        status(
            &world,
            &signed(&part(&header), &part(&good.claims), KEY.as_bytes())
        )
        .await,
        401
    );
}

#[actix_web::test]
async fn other_claims_are_refused() {
    let world = world();
    let good = good(&world);
    let now = good.claims["iat"].as_i64().expect("iat");
    let mut changes = vec![
        ("exp", json!(now - 6)),
        ("exp", json!(now + 15 * 60 + 1)),
        ("nbf", json!(now + 6)),
        ("iat", json!(now + 6)),
        ("iss", json!("evil")),
        ("iss", json!(["erp-mif"])),
        ("aud", json!("other")),
        ("aud", json!(["erp-mif-api"])),
        ("aud", json!([])),
        ("sid", json!("1")),
        ("sid", json!("0000000000000000000000000000000G")),
        ("sid", json!("+0000000000000000000000000000001")),
        ("sid", json!("00000000000000000000000000000009")),
        ("user_id", json!(2)),
        ("ver", json!(0)),
        ("ver", json!(2)),
    ];
    for name in ["exp", "nbf", "iat", "user_id", "ver"] {
        for odd in [
            json!("1772445600"),
            json!(1.5),
            json!(-1),
            json!(null),
            json!(true),
            json!([1]),
            json!(u64::MAX),
            json!(i64::MIN),
        ] {
            changes.push((name, odd));
        }
    }
    for name in ["sub", "iss", "aud", "sid", "jti", "role"] {
        for odd in [json!(7), json!(null), json!({}), json!(true)] {
            changes.push((name, odd));
        }
    }
    let get = async |token: &str| {
        let request = ask("GET", "/api/v1/essais").header("authorization", &format!("Bearer {token}"));
        request.send(&world).await.status
    };
    for (name, value) in changes {
        let mut claims = good.claims.clone();
        claims[name] = value.clone();
        let token = signed(&good.head, &part(&claims), KEY.as_bytes());
        assert_eq!(get(&token).await, 401, "{name} = {value}");
    }
    for name in good.claims.as_object().expect("claims").keys() {
        let mut claims = good.claims.clone();
        claims.as_object_mut().expect("claims").remove(name);
        assert_eq!(
            status(&world, &signed(&good.head, &part(&claims), KEY.as_bytes())).await,
            401,
            "without {name}"
        );
        let twice = format!(
            "{{{:?}:{},{}",
            name,
            good.claims[name],
            &good.claims.to_string()[1..]
        );
        let token = signed(&good.head, &URL_SAFE_NO_PAD.encode(twice), KEY.as_bytes());
        assert_eq!(status(&world, &token).await, 401, "{name} twice");
    }
}

#[actix_web::test]
async fn broken_texts_are_refused() {
    let world = world();
    let good = good(&world);
    let token = world.token(1);
    let parts: Vec<_> = token.split('.').collect();
    let long = format!("{token}{}", "A".repeat(64 * 1024));
    let mut flipped = token.clone().into_bytes();
    let last = flipped.len() - 5;
    flipped[last] = if flipped[last] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).expect("ASCII");
    let none = signed(&good.head, &part(&json!({})), KEY.as_bytes());
    let list = signed(&good.head, &part(&json!([1, 2])), KEY.as_bytes());
    let not_json = signed(&good.head, &URL_SAFE_NO_PAD.encode([0xff, 0x00]), KEY.as_bytes());
    let wrong_key = signed(&good.head, parts[1], b"another key that is long enough 0123");
    let padded = format!("{token}=");
    for bad in [
        "x",
        ".",
        "..",
        "...",
        parts[0],
        &token[..token.len() - 1],
        &format!("{}.{}", parts[0], parts[1]),
        &format!("{}.{}.", parts[0], parts[1]),
        &format!("{}..{}", parts[0], parts[2]),
        &format!("{token}.{token}"),
        &long,
        &flipped,
        &none,
        &list,
        &not_json,
        &wrong_key,
        &padded,
        &token.to_uppercase(),
    ] {
        assert_eq!(
            status(&world, bad).await,
            401,
            "{}",
            bad.chars().take(80).collect::<String>()
        );
    }
}

#[actix_web::test]
async fn the_header_is_read_strictly() {
    let world = world();
    let token = world.token(1);
    let get = || ask("GET", "/api/v1/essais");
    for (value, expected) in [
        (format!("Bearer {token}"), 200),
        (format!("bearer  {token} "), 200),
        (format!("Basic {token}"), 401),
        (token.clone(), 401),
        ("Bearer".to_owned(), 401),
        ("Bearer ".to_owned(), 401),
        (format!("Bearer {token}, Bearer {token}"), 401),
    ] {
        assert_eq!(
            get().header("authorization", &value).send(&world).await.status,
            expected,
            "{value}"
        );
    }
    let twice = get().header("authorization", &format!("Bearer {token}"));
    assert_eq!(
        twice
            .header("authorization", &format!("Bearer {token}"))
            .send(&world)
            .await
            .status,
        401
    );
    assert_eq!(
        ask("GET", &format!("/api/v1/essais?access_token={token}"))
            .send(&world)
            .await
            .status,
        401
    );
}

#[actix_web::test]
async fn time_is_that_of_the_process_with_five_seconds() {
    let world = world();
    let token = world.token(1);
    world.clock.advance(SignedDuration::from_secs(15 * 60 + 4));
    assert_eq!(status(&world, &token).await, 200);
    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(status(&world, &token).await, 401);
}

#[actix_web::test]
async fn after_a_change_of_key_older_tokens_live_on() {
    let old = world();
    let token = old.token(1);
    let next = "Qz3Wm8Rt5Yp1Ls6Kd9Fg2Hj7Xc4Vb0Nn";
    let with = |changes: Vec<(&'static str, &str)>| {
        let settings = changes.into_iter().map(|(n, v)| (n, v.to_owned())).collect();
        Setup {
            settings,
            ..Setup::default()
        }
        .world()
    };
    let rotated = with(vec![("JWT_SECRET_KEY", next), ("JWT_SECRET_KEY_PREVIOUS", KEY)]);
    assert_eq!(status(&rotated, &token).await, 200);
    assert_eq!(status(&rotated, &rotated.token(1)).await, 200);
    assert_ne!(good(&rotated).header["kid"], good(&old).header["kid"]);
    let forgotten = with(vec![("JWT_SECRET_KEY", next)]);
    assert_eq!(status(&forgotten, &token).await, 401);
}
