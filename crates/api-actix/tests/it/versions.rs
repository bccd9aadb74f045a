//! If-Match, `version`, 412, 428, read-only fields.

use serde_json::{Value, json};

use crate::support::{Ask, World, ask, world};

fn put(world: &World, body: Value) -> Ask {
    ask("PUT", "/api/v1/essais/7").by(world, 1).json(&body)
}

#[actix_web::test]
async fn a_replacement_says_what_it_replaces() {
    let world = world();
    let reply = put(&world, json!({ "nom": "x" })).send(&world).await;
    assert_eq!((reply.status, reply.code().as_str()), (428, "VERSION_REQUIRED"));
    for (tag, status) in [
        ("\"v3\"", 200),
        ("W/\"v3\"", 200),
        ("*", 200),
        ("\"v2\"", 412),
        ("\"abc\"", 412),
        ("\"v99999999999999999999\"", 412),
    ] {
        let reply = put(&world, json!({ "nom": "x" }))
            .header("if-match", tag)
            .send(&world)
            .await;
        assert_eq!(reply.status, status, "{tag}");
        match status {
            200 => assert_eq!(reply.header("etag"), Some("\"v4\"")),
            _ => assert_eq!(reply.json()["version_actuelle"], 3),
        }
    }
    for (version, status) in [
        (json!(3), 200),
        (json!(2), 412),
        (json!("3"), 422),
        (json!(null), 428),
        (json!(1.5), 422),
    ] {
        let reply = put(&world, json!({ "nom": "x", "version": version }))
            .send(&world)
            .await;
        assert_eq!(reply.status, status, "{version}");
    }
}

#[actix_web::test]
async fn header_and_body_must_agree() {
    let world = world();
    let both = |tag: &'static str, version: i64| {
        put(&world, json!({ "nom": "x", "version": version })).header("if-match", tag)
    };
    assert_eq!(both("\"v3\"", 3).send(&world).await.status, 200);
    assert_eq!(both("*", 3).send(&world).await.status, 200);
    let reply = both("\"v3\"", 2).send(&world).await;
    assert_eq!(reply.issues(), [("version".to_owned(), "AMBIGUOUS".to_owned())]);
}

#[actix_web::test]
async fn a_malformed_tag_is_400() {
    let world = world();
    for tag in ["v3", "\"v3", "v3\"", "\"v3\", \"v4\"", ""] {
        let reply = put(&world, json!({ "nom": "x" }))
            .header("if-match", tag)
            .send(&world)
            .await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (400, "INVALID_IF_MATCH"),
            "{tag:?}"
        );
    }
    let twice = put(&world, json!({ "nom": "x" }))
        .header("if-match", "\"v3\"")
        .header("if-match", "\"v3\"");
    assert_eq!(twice.send(&world).await.status, 400);
}

#[actix_web::test]
async fn what_get_gave_is_taken_back() {
    let world = world();
    let same = json!({ "id": 7, "nom": "Nouveau", "auteur": null, "version": 3 });
    assert_eq!(put(&world, same).send(&world).await.status, 200);
    let changed = json!({ "id": 8, "nom": "x", "auteur": "moi", "version": 3 });
    let reply = put(&world, changed).send(&world).await;
    let issue = |field: &str| (field.to_owned(), "READ_ONLY".to_owned());
    assert_eq!(
        (reply.status, reply.issues()),
        (422, vec![issue("auteur"), issue("id")])
    );
    let reply = put(&world, json!({ "nom": "x", "prix": 1, "cout": 2, "version": 3 }))
        .send(&world)
        .await;
    let fields: Vec<_> = reply.issues();
    assert_eq!(
        fields
            .iter()
            .map(|(f, c)| (f.as_str(), c.as_str()))
            .collect::<Vec<_>>(),
        [("cout", "UNKNOWN_FIELD"), ("prix", "UNKNOWN_FIELD")]
    );
}

#[actix_web::test]
async fn of_another_row_only_which_one_it_is_must_be_right() {
    let world = world();
    let renamed = json!({ "nom": "x", "client": { "id": 2, "nom": "Renommé" }, "version": 3 });
    assert_eq!(put(&world, renamed).send(&world).await.status, 200);
    let other = json!({ "nom": "x", "client": { "id": 9, "nom": "Atlas" }, "version": 3 });
    let reply = put(&world, other).send(&world).await;
    let expected = vec![("client".to_owned(), "READ_ONLY".to_owned())];
    assert_eq!((reply.status, reply.issues()), (422, expected));
}

#[actix_web::test]
async fn whoever_names_no_version_does_not_ask_in_vain_either() {
    let world = world();
    let any = |body: Value| put(&world, body).header("if-match", "*");
    let legacy = |body: Value| ask("PUT", "/essais/7").by(&world, 1).json(&body);
    let written_since = json!({ "nom": "x", "auteur": null, "updated_at": "2026-03-01T08:00:00Z" });
    for request in [any(written_since.clone()), legacy(written_since)] {
        assert_eq!(request.send(&world).await.status, 200);
    }
    let wish = json!({ "nom": "x", "auteur": "moi" });
    for request in [any(wish.clone()), legacy(wish)] {
        let reply = request.send(&world).await;
        let expected = vec![("auteur".to_owned(), "READ_ONLY".to_owned())];
        assert_eq!((reply.status, reply.issues()), (422, expected));
    }
}

#[actix_web::test]
async fn on_older_paths_the_last_replacement_counts() {
    let world = world();
    for path in ["/essais/7", "/api/v1/essais/7/remplacer"] {
        let reply = ask("PUT", path)
            .by(&world, 1)
            .json(&json!({ "nom": "x" }))
            .send(&world)
            .await;
        assert_eq!(reply.status, 200, "{path}");
        let reply = ask("PUT", path)
            .by(&world, 1)
            .header("if-match", "\"v2\"")
            .json(&json!({ "nom": "x" }))
            .send(&world)
            .await;
        assert_eq!(reply.status, 412, "{path}");
    }
}

#[actix_web::test]
async fn other_writes_may_name_a_version() {
    let world = world();
    let delete = |tag: Option<&str>| {
        let request = ask("DELETE", "/api/v1/essais/7").by(&world, 1);
        match tag {
            Some(tag) => request.header("if-match", tag),
            None => request,
        }
    };
    assert_eq!(delete(None).send(&world).await.status, 204);
    assert_eq!(delete(Some("\"v3\"")).send(&world).await.status, 204);
    assert_eq!(delete(Some("\"v2\"")).send(&world).await.status, 412);
    let seen = async |body: Value| {
        let reply = ask("PATCH", "/api/v1/essais/7")
            .by(&world, 1)
            .json(&body)
            .send(&world)
            .await;
        reply.json()["vu"].as_str().expect("text").to_owned()
    };
    assert!(seen(json!({})).await.contains("given: Nothing, required: false"));
    assert!(
        seen(json!({ "version": 5 }))
            .await
            .contains("given: Version(5), required: false")
    );
}
