//! Accounts and sessions over HTTP.

use std::sync::{Arc, Mutex};

use domain::error::{Constraint, RepoError};
use domain::idempotency::{Claim, StoredAnswer};
use domain::page::Page;
use domain::policy::Role;
use domain::user::User;
use serde_json::json;

use crate::support::{Setup, ask, user};

fn new_user() -> serde_json::Value {
    json!({
        "username": "s.amrani", "email": "s.amrani@mif.ma", "full_name": "Salma Amrani",
        "password": "Atelier-Nord-2026", "role": "technicien"
    })
}

#[actix_web::test]
async fn an_account_is_created() {
    let mut setup = Setup::default();
    setup
        .hasher
        .expect_hash()
        .withf(|p| p == "Atelier-Nord-2026")
        .returning(|_| Ok("canary-hash".to_owned()));
    setup.tx.users.expect_insert().returning(|new, _| {
        assert_eq!(
            (new.password_hash.as_str(), new.role),
            ("canary-hash", Role::Technician)
        );
        let mut stored = user(12, new.role);
        stored.data = new.clone();
        Ok(stored)
    });
    let world = setup.world();
    let reply = ask("POST", "/users")
        .by(&world, 1)
        .json(&new_user())
        .send(&world)
        .await;
    assert_eq!(reply.status, 201, "{:?}", reply.body);
    assert_eq!(reply.header("location"), Some("/api/v1/users/12"));
    assert_eq!(reply.header("etag"), Some("\"v1\""));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let json = reply.json();
    assert_eq!(
        (&json["id"], &json["roles"], &json["is_active"]),
        (&json!(12), &json!(["technicien"]), &json!(true))
    );
    assert!(
        !json.to_string().contains("canary") && json.get("hashed_password").is_none(),
        "{json}"
    );
}

#[actix_web::test]
async fn what_the_domain_and_the_database_refuse_is_told() {
    let mut setup = Setup::default();
    setup.hasher.expect_hash().returning(|_| Ok("hash".to_owned()));
    setup.tx.users.expect_insert().returning(|_, _| {
        Err(RepoError::Conflict {
            constraint: Constraint::UserEmail,
            name: "uq_users_email".to_owned(),
        })
    });
    let world = setup.world();
    let reply = ask("POST", "/api/v1/users")
        .by(&world, 1)
        .json(&new_user())
        .send(&world)
        .await;
    assert_eq!((reply.status, reply.code().as_str()), (409, "ALREADY_EXISTS"));
    assert_eq!(reply.json()["champ"], "email");
    let mut wrong = new_user();
    wrong["email"] = json!("nobody");
    wrong["full_name"] = json!("");
    let reply = ask("POST", "/api/v1/users")
        .by(&world, 1)
        .json(&wrong)
        .send(&world)
        .await;
    let fields: Vec<_> = reply.issues().into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        (reply.status, fields),
        (422, vec!["email".to_owned(), "full_name".to_owned()])
    );
    assert_eq!(reply.json()["detail"], "Validation error");
}

#[actix_web::test]
async fn a_repeated_creation_gets_the_stored_answer() {
    let mut setup = Setup::default();
    setup.hasher.expect_hash().returning(|_| Ok("hash".to_owned()));
    setup.tx.idempotency.expect_claim().returning(|_| {
        let headers = vec![
            ("etag".to_owned(), "\"v1\"".to_owned()),
            ("location".to_owned(), "/api/v1/users/5".to_owned()),
        ];
        Ok(Claim::Done(StoredAnswer {
            status: 201,
            headers,
            body: br#"{"id":5}"#.to_vec(),
        }))
    });
    setup.tx.users.expect_insert().never();
    let world = setup.world();
    let request = ask("POST", "/api/v1/users")
        .by(&world, 1)
        .header("idempotency-key", "k-1")
        .json(&new_user());
    let reply = request.send(&world).await;
    assert_eq!(
        (reply.status, reply.header("idempotent-replay")),
        (201, Some("true"))
    );
    assert_eq!(reply.json(), json!({ "id": 5 }));
    assert_eq!(reply.header("location"), Some("/api/v1/users/5"));
}

#[actix_web::test]
async fn a_fresh_answer_is_stored_as_it_is_sent() {
    let mut setup = Setup::default();
    setup.hasher.expect_hash().returning(|_| Ok("hash".to_owned()));
    setup.tx.idempotency.expect_claim().returning(|_| Ok(Claim::Mine));
    setup
        .tx
        .users
        .expect_insert()
        .returning(|_, _| Ok(user(12, Role::Technician)));
    let stored = Arc::new(Mutex::new(None));
    let store = stored.clone();
    setup
        .tx
        .idempotency
        .expect_complete()
        .returning(move |_, answer| {
            *store.lock().expect("answer") = Some(answer.clone());
            Ok(())
        });
    let world = setup.world();
    let request = ask("POST", "/api/v1/users")
        .by(&world, 1)
        .header("idempotency-key", "k-1")
        .json(&new_user());
    let reply = request.send(&world).await;
    let stored = stored.lock().expect("answer").clone().expect("stored");
    assert_eq!(
        (stored.status, stored.body.as_slice()),
        (reply.status, &reply.body[..])
    );
    assert_eq!(reply.header("idempotent-replay"), None);
}

#[actix_web::test]
async fn lists_are_for_those_who_see_others() {
    let mut setup = Setup::default();
    setup.users.expect_list().returning(|filter, _, page| {
        assert_eq!((filter.role, page.limit), (Some(Role::Client), 2));
        let items = vec![user(8, Role::Client)];
        Ok(Page {
            items,
            total: 10_000,
            total_capped: true,
            next_cursor: Some("abc".to_owned()),
        })
    });
    let world = setup.world();
    let list = |path: &str, id: u128| ask("GET", &format!("{path}?role=client&limit=2")).by(&world, id);
    for (path, id, status) in [
        ("/api/v1/users", 1, 200),
        ("/api/v1/users", 2, 200),
        ("/api/v1/users", 3, 403),
        ("/api/v1/users", 4, 403),
        ("/api/v1/admin/users", 1, 200),
        ("/api/v1/admin/users", 2, 403),
        ("/api/v1/admin/users", 4, 403),
    ] {
        let reply = list(path, id).send(&world).await;
        assert_eq!(reply.status, status, "{path} {id}");
        if status == 200 {
            let json = reply.json();
            assert_eq!(
                (&json["total_capped"], &json["next_cursor"]),
                (&json!(true), &json!("abc"))
            );
            assert!(!json.to_string().contains("canary"));
        }
    }
}

#[actix_web::test]
async fn everybody_sees_the_own_profile_with_its_rights() {
    let mut setup = Setup::default();
    setup
        .users
        .expect_find()
        .returning(|id, _| Ok(Some(user(id.get(), Role::Client))));
    let world = setup.world();
    for path in ["/api/v1/users/me", "/api/v1/auth/me", "/users/me"] {
        let reply = ask("GET", path).by(&world, 4).send(&world).await;
        let json = reply.json();
        assert_eq!((reply.status, &json["username"]), (200, &json!("u4")), "{path}");
        assert_eq!(reply.header("etag"), Some("\"v1\""));
        let rights = json["permissions"].as_array().expect("permissions");
        assert!(
            rights.contains(&json!("intervention:demander")) && !rights.contains(&json!("utilisateur:gerer"))
        );
        assert!(json.get("hashed_password").is_none() && !json.to_string().contains("canary"));
    }
}

/// The account as it was last written.
fn written(after: &Mutex<Option<User>>) -> User {
    after.lock().expect("account").clone().expect("changed")
}

/// A process whose account 4 changes as it is told.
fn editable() -> (crate::support::World, Arc<Mutex<Option<User>>>) {
    let mut setup = Setup::default();
    let after = Arc::new(Mutex::new(None));
    let store = after.clone();
    setup
        .tx
        .users
        .expect_lock()
        .returning(|id| Ok(Some(user(id.get(), Role::Client))));
    setup.tx.users.expect_update().returning(move |before, changed| {
        *store.lock().expect("account") = Some(changed.clone());
        let mut record = before.clone();
        record.version += 1;
        record.data = changed.clone();
        Ok(record)
    });
    setup
        .tx
        .sessions
        .expect_end_all()
        .returning(|_, _, _, _| Ok(Vec::new()));
    setup.tx.technicians.expect_lock_by_user().returning(|_| Ok(None));
    (setup.world(), after)
}

#[actix_web::test]
async fn a_patch_changes_what_it_names() {
    let (world, after) = editable();
    let patch = |id: u128, body| ask("PATCH", "/api/v1/users/4").by(&world, id).json(&body);
    let reply = patch(4, json!({ "full_name": " Nouveau  nom " }))
        .send(&world)
        .await;
    assert_eq!(
        (reply.status, reply.header("etag")),
        (200, Some("\"v2\"")),
        "{:?}",
        reply.body
    );
    let changed = written(&after);
    let mut expected = user(4, Role::Client).data;
    expected.full_name = "Nouveau  nom".to_owned();
    assert_eq!(changed, expected, "nothing else changes");
    let reply = patch(4, json!({ "role": "admin", "is_active": false }))
        .send(&world)
        .await;
    assert_eq!((reply.status, reply.code().as_str()), (403, "FIELDS_FORBIDDEN"));
    assert_eq!(reply.json()["champs"], json!(["role", "is_active"]));
    for body in [
        json!({ "full_name": null }),
        json!({ "hashed_password": "x" }),
        json!({ "id": 1 }),
        json!({ "auth_version": 1 }),
    ] {
        assert_eq!(patch(1, body.clone()).send(&world).await.status, 422, "{body}");
    }
    let stale = patch(4, json!({ "full_name": "x" }))
        .header("if-match", "\"v7\"")
        .send(&world)
        .await;
    assert_eq!(stale.status, 412);
}

#[actix_web::test]
async fn a_profile_is_replaced_with_a_version() {
    let (world, after) = editable();
    let body = json!({ "email": "u4@mif.ma", "full_name": "Autre" });
    let put = |path: &str| ask("PUT", path).by(&world, 4);
    let reply = put("/api/v1/users/me").json(&body).send(&world).await;
    assert_eq!(reply.code(), "VERSION_REQUIRED");
    let reply = put("/api/v1/users/me")
        .header("if-match", "\"v1\"")
        .json(&body)
        .send(&world)
        .await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    assert!(reply.json()["permissions"].is_array());
    assert_eq!(written(&after).full_name, "Autre");
    for path in ["/api/v1/users/update", "/users/me", "/users/update"] {
        let reply = put(path).json(&body).send(&world).await;
        assert_eq!(
            (reply.status, reply.header("deprecation").is_some()),
            (200, true),
            "{path}"
        );
    }
    let mut whole = reply.json();
    whole["full_name"] = json!("Encore");
    whole["version"] = json!(1);
    let echo = put("/api/v1/users/me").json(&whole).send(&world).await;
    assert_eq!(echo.status, 200, "what GET gave is taken back: {:?}", echo.body);
    assert_eq!(written(&after).full_name, "Encore");
    // Of the program's version, not of the row's: during a rollout they may differ.
    whole["permissions"] = json!(["utilisateur:gerer"]);
    whole["role"] = json!("admin");
    let echo = put("/api/v1/users/me").json(&whole).send(&world).await;
    let fields: Vec<_> = echo.issues().into_iter().map(|(field, _)| field).collect();
    assert_eq!((echo.status, fields), (422, vec!["role".to_owned()]));
}

#[actix_web::test]
async fn what_get_gives_put_takes() {
    let (world, after) = editable();
    let shown = serde_json::to_value(api_actix::routes::users::dto::UserView::of(&user(
        4,
        Role::Client,
    )))
    .expect("JSON");
    let mut body = shown.clone();
    body["full_name"] = json!("Autre");
    let reply = ask("PUT", "/api/v1/users/4")
        .by(&world, 1)
        .json(&body)
        .send(&world)
        .await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    assert_eq!(written(&after).full_name, "Autre");
    // A sign-in since then is no other version.
    body["last_login"] = json!("2026-03-01T08:00:00Z");
    let reply = ask("PUT", "/api/v1/users/4")
        .by(&world, 1)
        .json(&body)
        .send(&world)
        .await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    body["created_at"] = json!("2020-01-01T00:00:00Z");
    body["mfa_enabled"] = json!(true);
    let reply = ask("PUT", "/api/v1/users/4")
        .by(&world, 1)
        .json(&body)
        .send(&world)
        .await;
    let fields: Vec<_> = reply.issues();
    assert_eq!(
        fields,
        [
            ("created_at".to_owned(), "READ_ONLY".to_owned()),
            ("mfa_enabled".to_owned(), "READ_ONLY".to_owned())
        ]
    );
}

#[actix_web::test]
async fn accounts_are_deactivated_and_activated() {
    let (world, after) = editable();
    let reply = ask("DELETE", "/api/v1/users/4").by(&world, 1).send(&world).await;
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    assert!(!written(&after).is_active);
    let reply = ask("PATCH", "/api/v1/users/4/activate")
        .by(&world, 1)
        .send(&world)
        .await;
    assert_eq!((reply.status, &reply.json()["is_active"]), (200, &json!(true)));
    assert_eq!(
        ask("DELETE", "/api/v1/users/4")
            .by(&world, 2)
            .send(&world)
            .await
            .status,
        403
    );
    let stale = ask("DELETE", "/api/v1/users/4")
        .by(&world, 1)
        .header("if-match", "\"v9\"")
        .send(&world)
        .await;
    assert_eq!(stale.status, 412);
}

#[actix_web::test]
async fn the_activity_is_a_page() {
    let mut setup = Setup::default();
    setup
        .users
        .expect_find()
        .returning(|id, _| Ok((id.get() == 4).then(|| user(4, Role::Client))));
    setup
        .interventions
        .expect_activity()
        .returning(|_, limit, cursor| {
            assert_eq!((limit, cursor.as_deref()), (5, Some("abc")));
            Ok(Page {
                items: Vec::new(),
                total: 0,
                total_capped: false,
                next_cursor: None,
            })
        });
    let world = setup.world();
    let get = |path: &str| ask("GET", path).by(&world, 4);
    let reply = get("/api/v1/users/4/activite?limit=5&cursor=abc")
        .send(&world)
        .await;
    assert_eq!((reply.status, &reply.json()["limit"]), (200, &json!(5)));
    assert_eq!(get("/api/v1/users/5/activite").send(&world).await.status, 404);
    for query in ["limit=0", "limit=201", "offset=1"] {
        assert_eq!(
            get(&format!("/api/v1/users/4/activite?{query}"))
                .send(&world)
                .await
                .status,
            422,
            "{query}"
        );
    }
}

#[actix_web::test]
async fn sessions_are_seen_and_ended() {
    use domain::session::{EndReason, SessionId};
    let mut setup = Setup::default();
    setup.tx.sessions.expect_end().returning(|_, id, _, why| {
        Ok(matches!(
            (id.0, why),
            (4, EndReason::Logout) | (0xabc, EndReason::Revoked)
        ))
    });
    setup
        .tx
        .sessions
        .expect_end_all()
        .returning(|_, _, _, _| Ok(vec![SessionId(4)]));
    let world = setup.world();
    let send = async |method: &str, path: &str| ask(method, path).by(&world, 4).send(&world).await;
    let json = send("GET", "/api/v1/auth/sessions").await.json();
    assert_eq!(
        (&json["items"][0]["courante"], &json["total"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(json["items"][0]["id"], format!("{:032x}", 4));
    assert_eq!(
        send("DELETE", &format!("/api/v1/auth/sessions/{:032x}", 0xabc))
            .await
            .status,
        204
    );
    assert_eq!(
        send("DELETE", &format!("/api/v1/auth/sessions/{:032x}", 5))
            .await
            .status,
        404
    );
    assert_eq!(send("DELETE", "/api/v1/auth/sessions/1234").await.status, 404);
    assert_eq!(send("DELETE", "/api/v1/auth/sessions").await.status, 204);
    assert_eq!(send("POST", "/api/v1/auth/logout?all=true").await.status, 204);
    assert_eq!(
        send("POST", "/api/v1/auth/logout?all=peut-etre").await.status,
        422
    );
    let reply = send("POST", "/api/v1/auth/logout").await;
    assert_eq!(reply.status, 204);
    let gone: Vec<_> = reply.headers.get_all("set-cookie").collect();
    assert_eq!(gone.len(), 2);
    world.truth.end(4);
    assert_eq!(
        send("GET", "/api/v1/auth/sessions").await.status,
        401,
        "this process forgets at once"
    );
}

#[actix_web::test]
async fn who_is_signed_out_already_is_signed_out() {
    let mut setup = Setup::default();
    setup
        .tx
        .sessions
        .expect_end()
        .times(5)
        .returning(|_, _, _, _| Ok(false));
    let world = setup.world();
    let send = async |method: &str, path: &str| ask(method, path).by(&world, 4).send(&world).await;
    // Ended on another process a moment ago, which this one has not heard of.
    let reply = send("POST", "/api/v1/auth/logout").await;
    assert_eq!(reply.status, 204);
    assert_eq!(reply.headers.get_all("set-cookie").count(), 2);
    // Some clients send what they have.
    for (kind, body, status) in [
        ("application/json", r#"{"refresh_token":"abc"}"#, 204),
        ("application/x-www-form-urlencoded", "refresh_token=abc", 204),
        // What a browser names when a page sends an empty text.
        ("text/plain;charset=UTF-8", "", 204),
        ("text/plain;charset=UTF-8", "x", 415),
        ("application/json", r#"{"all":true}"#, 422),
    ] {
        let logout = ask("POST", "/api/v1/auth/logout").by(&world, 4);
        let reply = logout.bytes(kind, body.as_bytes()).send(&world).await;
        assert_eq!(reply.status, status, "{body}");
    }
    let named = format!("/api/v1/auth/sessions/{:032x}", 4);
    assert_eq!(send("DELETE", &named).await.status, 404, "there is none to end");
    world.truth.end(4);
    world.state.sessions.forget_all();
    let reply = send("POST", "/api/v1/auth/logout").await;
    assert_eq!((reply.status, reply.code().as_str()), (401, "SESSION_ENDED"));
}
