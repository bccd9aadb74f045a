//! Access tokens that must not pass.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::stack::JWT_KEY;

/// The claims of a token.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&BASE64.decode(payload).expect("base64")).expect("claims")
}

/// A token with the header of another one, signed with the product's key.
pub fn signed_like(token: &str, claims: &Value) -> String {
    let header = jsonwebtoken::decode_header(token).expect("a header");
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(JWT_KEY.as_bytes())).expect("a token")
}

/// The same token as it would have been some time ago: only the time is wrong with it.
pub fn aged(token: &str, seconds: i64) -> String {
    let mut claims = claims(token);
    for name in ["iat", "nbf", "exp"] {
        claims[name] = (claims[name].as_i64().expect("a time") - seconds).into();
    }
    signed_like(token, &claims)
}

/// Tokens that are wrong in one way each.
pub fn hostile(token: &str) -> Vec<(&'static str, String)> {
    let header = jsonwebtoken::decode_header(token).expect("a header");
    let good = claims(token);
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        signed_like(token, &claims)
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        signed_like(token, &claims)
    };
    let encode = |header: &Header, key: &[u8]| {
        jsonwebtoken::encode(header, &good, &EncodingKey::from_secret(key)).expect("a token")
    };
    let parts: Vec<_> = token.split('.').collect();
    let raw = |header: Value| format!("{}.{}", BASE64.encode(header.to_string()), parts[1]);
    let exp = good["exp"].as_i64().unwrap();
    vec![
        ("empty", String::new()),
        ("garbage", "garbage".to_owned()),
        ("without signature", format!("{}.{}.", parts[0], parts[1])),
        (
            "of another signature",
            format!("{}.{}.{}", parts[0], parts[1], "A".repeat(43)),
        ),
        (
            "signed with another key",
            encode(&header, b"another-key-of-more-than-32-bytes-length"),
        ),
        ("signed with an empty key", encode(&header, b"")),
        (
            "of another algorithm",
            encode(
                &Header {
                    alg: Algorithm::HS512,
                    ..header.clone()
                },
                JWT_KEY.as_bytes(),
            ),
        ),
        (
            "without algorithm",
            format!("{}.", raw(json!({"alg": "none", "typ": "at+jwt"}))),
        ),
        (
            "with a header of its own key",
            format!("{}.{}", raw(json!({"alg": "HS256", "jwk": {}})), parts[2]),
        ),
        (
            "of another kind",
            encode(
                &Header {
                    typ: Some("JWT".into()),
                    ..header.clone()
                },
                JWT_KEY.as_bytes(),
            ),
        ),
        ("expired", aged(token, 3600)),
        ("just expired", aged(token, 15 * 60 + 10)),
        ("of the future", aged(token, -3600)),
        ("with a long life", with("exp", (exp + 3600).into())),
        ("with a time as text", with("exp", exp.to_string().into())),
        ("without end", without("exp")),
        ("without beginning", without("nbf")),
        ("of another issuer", with("iss", "https://ailleurs.ma".into())),
        ("for another audience", with("aud", "autre".into())),
        ("of nobody's session", with("sid", "0".repeat(32).into())),
        ("of a session as text", with("sid", "../../1".into())),
        ("without session", without("sid")),
        (
            "of another account",
            with("user_id", (good["user_id"].as_i64().unwrap() + 1).into()),
        ),
        ("of an account that is a text", with("user_id", "1".into())),
        ("of an older access", with("ver", 0.into())),
        ("of a newer access", with("ver", 1_000_000.into())),
        ("twice", format!("{token}{token}")),
        ("very long", format!("{token}{}", "A".repeat(6000))),
    ]
}
