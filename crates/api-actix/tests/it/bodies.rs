//! Bodies: type, length, form, fields.

use serde_json::{Value, json};

use crate::support::{Ask, Reply, World, ask, world};

fn post(world: &World) -> Ask {
    ask("POST", "/api/v1/essais").by(world, 1)
}

async fn raw(world: &World, body: &[u8]) -> Reply {
    post(world).bytes("application/json", body).send(world).await
}

#[actix_web::test]
async fn what_is_not_json_is_400() {
    let world = world();
    let deep = format!("{{\"nom\":{}{}}}", "[".repeat(40), "]".repeat(40));
    let many = format!("{{\"nom\":[{}0]}}", "0,".repeat(1000));
    for (body, code) in [
        (&b""[..], "MALFORMED_JSON"),
        (b"{", "MALFORMED_JSON"),
        (b"nom=x", "MALFORMED_JSON"),
        (br#"{"nom":"x"} x"#, "MALFORMED_JSON"),
        (br#"{"nom":"x",}"#, "MALFORMED_JSON"),
        (br#"{"nom":1e400}"#, "MALFORMED_JSON"),
        (br#"{"nom":"\ud800"}"#, "MALFORMED_JSON"),
        (b"{\"nom\":\"a\x00b\"}", "MALFORMED_JSON"),
        (b"{\"nom\":\"\xff\"}", "INVALID_ENCODING"),
        (br#"{"nom":"a","nom":"b"}"#, "DUPLICATE_KEY"),
        (
            br#"{"nom":"a","adresses":[{"ville":"x","ville":"x"}]}"#,
            "DUPLICATE_KEY",
        ),
        (deep.as_bytes(), "MALFORMED_JSON"),
        (many.as_bytes(), "MALFORMED_JSON"),
    ] {
        let reply = raw(&world, body).await;
        let shown = String::from_utf8_lossy(body).chars().take(60).collect::<String>();
        assert_eq!((reply.status, reply.code().as_str()), (400, code), "{shown}");
    }
}

#[actix_web::test]
async fn what_does_not_fit_is_422_and_names_the_field() {
    let world = world();
    for (body, field, code) in [
        (json!({}), "nom", "REQUIRED"),
        (json!([]), "corps", "WRONG_TYPE"),
        (json!("x"), "corps", "WRONG_TYPE"),
        (json!({ "nom": null }), "nom", "WRONG_TYPE"),
        (json!({ "nom": 7 }), "nom", "WRONG_TYPE"),
        (json!({ "nom": "x", "prix": 1 }), "prix", "UNKNOWN_FIELD"),
        (json!({ "nom": "x", "nombre": "7" }), "nombre", "WRONG_TYPE"),
        (json!({ "nom": "x", "nombre": 1.5 }), "nombre", "WRONG_TYPE"),
        (
            json!({ "nom": "x", "nombre": 3_000_000_000_i64 }),
            "nombre",
            "OUT_OF_RANGE",
        ),
        (json!({ "nom": "x", "role": "Admin" }), "role", "UNKNOWN_VALUE"),
        (
            json!({ "nom": "x", "montant": "12,5" }),
            "montant",
            "INVALID_FORMAT",
        ),
        (json!({ "nom": "x", "montant": true }), "montant", "WRONG_TYPE"),
        (
            json!({ "nom": "x", "jour": "2026-13-01" }),
            "jour",
            "INVALID_FORMAT",
        ),
        (
            json!({ "nom": "x", "jour": "2026-01-01T00:00:00Z" }),
            "jour",
            "INVALID_FORMAT",
        ),
        (
            json!({ "nom": "x", "instant": "2026-01-01T00:00:00" }),
            "instant",
            "INVALID_FORMAT",
        ),
        (
            json!({ "nom": "x", "etiquettes": ["a", 2] }),
            "etiquettes[1]",
            "WRONG_TYPE",
        ),
        (
            json!({ "nom": "x", "adresses": [{ "ville": "a" }, {}] }),
            "adresses[1].ville",
            "REQUIRED",
        ),
        (
            json!({ "nom": "x", "adresses": [{ "ville": "a", "rue": "b" }] }),
            "adresses[0].rue",
            "UNKNOWN_FIELD",
        ),
        (json!({ "nom": "a\u{0}b" }), "nom", "INVALID_FORMAT"),
        (json!({ "nom": "a\nb" }), "nom", "INVALID_FORMAT"),
        (
            json!({ "nom": "x", "description": "a\u{7}b" }),
            "description",
            "INVALID_FORMAT",
        ),
        (
            json!({ "nom": "x", "adresses": [{ "ville": "a\u{1b}b" }] }),
            "adresses[0].ville",
            "INVALID_FORMAT",
        ),
        (json!({ "nom": "x", "nom_essai": "y" }), "nom_essai", "AMBIGUOUS"),
    ] {
        let reply = post(&world).json(&body).send(&world).await;
        assert_eq!(reply.status, 422, "{body}: {:?}", reply.body);
        assert_eq!(reply.code(), "VALIDATION_ERROR", "{body}");
        assert_eq!(reply.issues(), [(field.to_owned(), code.to_owned())], "{body}");
        let json = reply.json();
        let message = json["errors"][0]["message"].as_str().expect("message");
        assert!(!message.is_empty() && json["detail"].is_string(), "{json}");
    }
}

#[actix_web::test]
async fn every_text_that_is_refused_is_named() {
    let world = world();
    let reply = post(&world)
        .json(&json!({ "nom": "a\u{0}", "etiquettes": ["ok", "b\u{1}"] }))
        .send(&world)
        .await;
    let fields: Vec<_> = reply.issues().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["etiquettes[1]", "nom"]);
}

async fn seen(body: Value) -> String {
    let world = world();
    let reply = post(&world).json(&body).send(&world).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    reply.json()["vu"].as_str().expect("text").to_owned()
}

#[actix_web::test]
async fn texts_are_brought_to_one_form() {
    let got = seen(json!({
        "nom": "  cafe\u{301} ", "description": " a\r\nb\tc ", "mot_de_passe": " cafe\u{301}\u{0} "
    }))
    .await;
    assert!(got.contains(r#"nom: "café""#), "{got}");
    assert!(got.contains(r#"description: Some("a\nb\tc")"#), "{got}");
    assert!(got.contains(r#"mot_de_passe: Some(" cafe\u{301}\0 ")"#), "{got}");
}

#[actix_web::test]
async fn a_second_name_is_the_first_one() {
    assert!(seen(json!({ "nom_essai": "x" })).await.contains(r#"nom: "x""#));
    assert!(
        seen(json!({ "nom_essai": "x", "nom": "x" }))
            .await
            .contains(r#"nom: "x""#)
    );
}

#[actix_web::test]
async fn amounts_come_as_texts_or_numbers() {
    for (amount, read) in [
        (json!("1250.00"), "1250.00"),
        (json!(12.5), "12.5"),
        (json!(7), "7"),
        (json!("-3"), "-3"),
    ] {
        let got = seen(json!({ "nom": "x", "montant": amount })).await;
        assert!(got.contains(&format!("Amount({read})")), "{got}");
    }
    let world = world();
    for bad in [
        "",
        ".5",
        "5.",
        "1e3",
        "+1",
        "1 000",
        "NaN",
        "--1",
        "79228162514264337593543950336",
    ] {
        let reply = post(&world)
            .json(&json!({ "nom": "x", "montant": bad }))
            .send(&world)
            .await;
        assert_eq!((reply.status, reply.issues().len()), (422, 1), "{bad}");
    }
}

#[actix_web::test]
async fn other_types_of_content_are_415() {
    let world = world();
    for kind in [
        "text/plain",
        "application/xml",
        "application/json; charset=latin1",
        "application/x-www-form-urlencoded",
        "x",
    ] {
        let reply = post(&world).bytes(kind, br#"{"nom":"x"}"#).send(&world).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (415, "UNSUPPORTED_MEDIA_TYPE"),
            "{kind}"
        );
    }
    let reply = post(&world).send(&world).await;
    assert_eq!(reply.status, 415, "no type at all");
    let packed = post(&world)
        .json(&json!({ "nom": "x" }))
        .header("content-encoding", "gzip")
        .send(&world)
        .await;
    assert_eq!(packed.status, 415);
    for kind in [
        "application/json",
        "Application/JSON; charset=UTF-8",
        "application/json; charset=\"utf-8\"",
    ] {
        assert_eq!(
            post(&world)
                .bytes(kind, br#"{"nom":"x"}"#)
                .send(&world)
                .await
                .status,
            200,
            "{kind}"
        );
    }
}

#[actix_web::test]
async fn a_body_has_at_most_one_mebibyte() {
    let world = world();
    let body = |size: usize| {
        let frame = json!({ "nom": "x", "mot_de_passe": "" }).to_string();
        json!({ "nom": "x", "mot_de_passe": "y".repeat(size - frame.len()) }).to_string()
    };
    let limit = 1024 * 1024;
    assert_eq!(raw(&world, body(limit).as_bytes()).await.status, 200);
    let reply = raw(&world, body(limit + 1).as_bytes()).await;
    assert_eq!((reply.status, reply.code().as_str()), (413, "PAYLOAD_TOO_LARGE"));
}

#[actix_web::test]
async fn strangers_send_short_bodies_only() {
    let world = world();
    let sign_in = async |size: usize| {
        let body = json!({ "username": "x".repeat(size), "password": "" }).to_string();
        let reply = ask("POST", "/api/v1/auth/login").bytes("application/json", body.as_bytes());
        reply.send(&world).await.status
    };
    assert_eq!(sign_in(17 * 1024).await, 413);
    assert_eq!(sign_in(8 * 1024).await, 422);
}

#[actix_web::test]
async fn a_refusal_is_not_larger_than_it_must_be() {
    let world = world();
    let members = |n: usize| {
        (0..n)
            .map(|i| format!(",\"m{i}\":\"\\u0001\""))
            .collect::<String>()
    };
    let reply = raw(&world, format!("{{\"nom\":\"x\"{}}}", members(900)).as_bytes()).await;
    assert_eq!((reply.status, reply.issues().len()), (422, 100));
    let reply = raw(&world, format!("{{\"nom\":\"x\"{}}}", members(1000)).as_bytes()).await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "MALFORMED_JSON"));
    // Few issues with long names: a name of its own, one that stands twice, and nested ones.
    let long = "k".repeat(100_000);
    let bad = vec!["\u{1}"; 100];
    let nested = (0..25).fold(json!(bad), |inner, _| json!({ "k".repeat(64): inner }));
    for (body, status) in [
        (json!({ &long: bad }).to_string(), 422),
        (json!({ &long[..64]: bad }).to_string(), 422),
        (json!({ &long[..65]: bad }).to_string(), 422),
        (format!("{{\"{long}\":1,\"{long}\":1}}"), 422),
        (json!({ &long: 1 }).to_string(), 422),
        (json!({ "é".repeat(50): 1 }).to_string(), 422),
        (json!({ format!("\u{1}{}", "a".repeat(70)): 1 }).to_string(), 422),
        (r#"{"\u0001x":1,"\u0001x":2}"#.to_owned(), 400),
        (nested.to_string(), 422),
    ] {
        let reply = raw(&world, body.as_bytes()).await;
        assert_eq!(reply.status, status);
        assert!(reply.body.len() < 32 * 1024, "{} bytes", reply.body.len());
    }
    let form = format!("{long}=1&{long}=1");
    let reply = ask("POST", "/api/v1/essais/formulaire")
        .bytes("application/x-www-form-urlencoded", form.as_bytes())
        .send(&world)
        .await;
    assert!(
        reply.status == 422 && reply.body.len() < 1024,
        "{} bytes",
        reply.body.len()
    );
}

#[actix_web::test]
async fn the_longest_body_is_judged_at_once() {
    let world = world();
    // As many elements as fit, under the longest names.
    let row = format!("[{}0]", "0,".repeat(999));
    let rows = format!("[{}0]", format!("{row},").repeat(250));
    let body = format!("{{\"{}\":{rows}}}", "k".repeat(500_000));
    let started = std::time::Instant::now();
    let reply = raw(&world, body.as_bytes()).await;
    let expected = vec![("k".repeat(64), "UNKNOWN_FIELD".to_owned())];
    assert_eq!((reply.status, reply.issues()), (422, expected));
    assert!(started.elapsed() < std::time::Duration::from_secs(5));
}

#[actix_web::test]
async fn what_nothing_reads_is_refused() {
    let world = world();
    let unknown = |field: &str| vec![(field.to_owned(), "UNKNOWN_FIELD".to_owned())];
    let origin = |query: &str| ask("GET", &format!("/api/v1/essais/origine{query}")).by(&world, 1);
    for body in ["", "{}", " { } "] {
        let reply = origin("")
            .bytes("application/json", body.as_bytes())
            .send(&world)
            .await;
        assert_eq!(reply.status, 200, "{body}: {:?}", reply.body);
    }
    for (body, status, field) in [
        (r#"{"version":3}"#, 422, "version"),
        (r#"{"is_active":false}"#, 422, "is_active"),
    ] {
        let reply = origin("")
            .bytes("application/json", body.as_bytes())
            .send(&world)
            .await;
        assert_eq!((reply.status, reply.issues()), (status, unknown(field)), "{body}");
    }
    for (body, status) in [("{", 400), ("all=true", 400), ("[1]", 422), ("7", 422)] {
        let reply = origin("")
            .bytes("application/json", body.as_bytes())
            .send(&world)
            .await;
        assert_eq!(reply.status, status, "{body}");
    }
    for (kind, body) in [
        ("text/plain", "{}"),
        ("text/xml", "<x/>"),
        ("application/x-www-form-urlencoded", "all=true"),
    ] {
        let reply = origin("").bytes(kind, body.as_bytes()).send(&world).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (415, "UNSUPPORTED_MEDIA_TYPE"),
            "{kind}"
        );
    }
    let packed = origin("")
        .bytes("application/json", b"{}")
        .header("content-encoding", "gzip");
    assert_eq!(packed.send(&world).await.status, 415);
    let long = origin("").bytes("application/json", " ".repeat(17 * 1024).as_bytes());
    assert_eq!(long.send(&world).await.status, 413);

    let reply = origin("?dry_run=true").send(&world).await;
    assert_eq!((reply.status, reply.issues()), (422, unknown("dry_run")));
    let posted = ask("POST", "/api/v1/essais?dry_run=true")
        .by(&world, 1)
        .json(&json!({ "nom": "x" }))
        .send(&world)
        .await;
    assert_eq!((posted.status, posted.issues()), (422, unknown("dry_run")));
    let probe = ask("GET", "/health?t=1").send(&world).await;
    assert_eq!(probe.status, 200, "the root is for people and probes");
}

#[actix_web::test]
async fn forms_are_taken_where_they_are_documented() {
    let world = world();
    let send = |body: &'static str| {
        ask("POST", "/api/v1/essais/formulaire").bytes("application/x-www-form-urlencoded", body.as_bytes())
    };
    let reply = send("nom=caf%C3%A9+noir&mot_de_passe=+a").send(&world).await;
    let got = reply.json()["vu"].to_string();
    assert!(got.contains("café noir") && got.contains("\\\" a\\\""), "{got}");
    for (body, status, code) in [
        ("nom=x&nom=y", 400, "DUPLICATE_KEY"),
        ("nom=%FF", 400, "INVALID_ENCODING"),
        ("nom=a%00b", 422, "VALIDATION_ERROR"),
        ("autre=x&nom=y", 422, "VALIDATION_ERROR"),
        ("", 422, "VALIDATION_ERROR"),
    ] {
        let reply = send(body).send(&world).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{body}");
    }
    let json = ask("POST", "/api/v1/essais/formulaire")
        .json(&json!({ "nom": "x" }))
        .send(&world)
        .await;
    assert_eq!(json.status, 200);
}

#[actix_web::test]
async fn a_patch_tells_absent_null_and_value_apart() {
    let world = world();
    let send = |body: Value| ask("PATCH", "/api/v1/essais/7").by(&world, 1).json(&body);
    for (body, nom, ville) in [
        (json!({}), "nom: Absent", "ville: Absent"),
        (json!({ "nom": "x" }), r#"nom: Value("x")"#, "ville: Absent"),
        (json!({ "ville": null }), "nom: Absent", "ville: Null"),
        (json!({ "ville": " y " }), "nom: Absent", r#"ville: Value("y")"#),
    ] {
        let reply = send(body.clone()).send(&world).await;
        let got = reply.json()["vu"].as_str().expect("text").to_owned();
        assert!(got.contains(nom) && got.contains(ville), "{body}: {got}");
    }
    let reply = send(json!({ "nom": null })).send(&world).await;
    assert_eq!(reply.issues(), [("nom".to_owned(), "WRONG_TYPE".to_owned())]);
    let reply = send(json!({ "id": 1 })).send(&world).await;
    assert_eq!(reply.issues(), [("id".to_owned(), "UNKNOWN_FIELD".to_owned())]);
}
