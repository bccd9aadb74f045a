//! Signing in, refreshing and signing out; web clients with cookies.

use domain::policy::{Actor, Role};
use domain::session::{
    Attempts, EndReason, LiveSession, RefreshToken, Session, SessionId, SessionMode, TokenHash,
};
use domain::user::User;
use domain::{Id, Record};
use serde_json::{Value, json};

use crate::support::{Ask, Reply, Setup, World, ask, user};

fn actor() -> Actor {
    Actor {
        user: Id::new(3),
        roles: vec![Role::Technician],
        technician: None,
        clients: vec![],
        teams: vec![],
    }
}

/// A live session of u3 and its token.
fn given(mode: SessionMode, hash: TokenHash) -> (RefreshToken, Session) {
    let at: jiff::Timestamp = "2026-03-01T09:00:00Z".parse().expect("instant");
    let end = "2026-03-08T09:00:00Z".parse().expect("instant");
    let id = SessionId(77);
    let token = RefreshToken {
        hash,
        session: id,
        generation: 0,
        issued_at: at,
        expires_at: end,
        used_at: None,
        successor: None,
    };
    let session = Session {
        id,
        user: Id::new(3),
        created_at: at,
        last_seen_at: at,
        expires_at: end,
        ended: None,
        ip: None,
        user_agent: None,
        mode,
    };
    (token, session)
}

/// A process where u3 may sign in with `right`, and the refresh token of 32 sevens is good.
fn world(mode: SessionMode) -> World {
    world_with(
        mode,
        vec![("CORS_ALLOW_ORIGINS", "https://app.mif.ma".to_owned())],
    )
}

fn world_with(mode: SessionMode, settings: Vec<(&'static str, String)>) -> World {
    let mut setup = Setup {
        settings,
        ..Setup::default()
    };
    let known: Record<User> = user(3, Role::Technician);
    setup
        .hasher
        .expect_verify()
        .returning(|_, password, hash| Ok(hash.is_some() && password == " right "));
    let tx = &mut setup.tx;
    tx.sessions
        .expect_count_attempt()
        .returning(|_, _, at| Ok(Attempts { count: 1, since: at }));
    tx.sessions.expect_uncount_attempt().returning(|_, _| Ok(()));
    tx.sessions.expect_live_of().returning(|_| Ok(Vec::new()));
    tx.sessions.expect_clear_attempts().returning(|_| Ok(()));
    tx.sessions.expect_open().returning(|_, _| Ok(()));
    tx.sessions.expect_rotate().returning(|_, _, _| Ok(true));
    tx.sessions
        .expect_lock_token()
        .returning(move |hash| Ok(Some(given(mode, *hash))));
    let found = known.clone();
    tx.users
        .expect_find_by_identifier()
        .returning(move |name| Ok(name.eq_ignore_ascii_case("u3").then(|| found.clone())));
    let locked = known.clone();
    tx.users
        .expect_lock()
        .returning(move |_| Ok(Some(locked.clone())));
    tx.users.expect_find().returning(move |_| Ok(Some(known.clone())));
    tx.users.expect_touch_login().returning(|_, _| Ok(()));
    tx.users.expect_actor().returning(|_| Ok(Some(actor())));
    tx.audit.expect_record().returning(|_| ());
    let world = setup.world();
    let live = LiveSession {
        id: SessionId(77),
        actor: actor(),
        email: "u3@mif.ma".to_owned(),
        auth_version: 1,
        read_at: "2026-03-02T09:00:00Z".parse().expect("instant"),
    };
    world
        .truth
        .live
        .lock()
        .expect("sessions")
        .insert(SessionId(77), live);
    world
}

fn token() -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode([7; 32])
}

fn cookies(reply: &Reply) -> Vec<String> {
    reply
        .headers
        .get_all("set-cookie")
        .map(|v| v.to_str().expect("text").to_owned())
        .collect()
}

fn login(body: &Value) -> Ask {
    ask("POST", "/api/v1/auth/login").json(body)
}

#[actix_web::test]
async fn the_right_password_gives_tokens() {
    let world = world(SessionMode::Bearer);
    for request in [
        login(&json!({ "username": "u3", "password": " right " })),
        login(&json!({ "email": "U3", "password": " right " })),
        ask("POST", "/api/v1/auth/token").json(&json!({ "email": "u3", "password": " right " })),
        ask("POST", "/auth/token").bytes(
            "application/x-www-form-urlencoded",
            b"grant_type=password&username=u3&password=+right+&scope=&client_id=&client_secret=",
        ),
    ] {
        let reply = request.send(&world).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        let json = reply.json();
        assert_eq!(
            (&json["token_type"], &json["expires_in"]),
            (&json!("bearer"), &json!(900))
        );
        assert_eq!(json["user"]["username"], "u3");
        assert_eq!(json["refresh_token"].as_str().map(str::len), Some(43));
        assert!(cookies(&reply).is_empty());
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert!(!json.to_string().contains("canary-hash"), "{json}");
        let access = json["access_token"].as_str().expect("token");
        let me = ask("GET", "/api/v1/essais/filtres").header("authorization", &format!("Bearer {access}"));
        assert_eq!(me.send(&world).await.status, 200, "known at once");
    }
    assert_eq!(world.truth.count(), 0, "what was just read is not read again");
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_account_look_the_same() {
    let world = world(SessionMode::Bearer);
    let mut seen = Vec::new();
    for (name, password) in [("u3", "wrong"), ("nobody", "wrong"), ("u3", "right"), ("u3", "")] {
        let request =
            login(&json!({ "username": name, "password": password })).header("x-request-id", "corr-0001");
        let reply = request.send(&world).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (401, "INVALID_CREDENTIALS"),
            "{name}"
        );
        seen.push((reply.body.clone(), reply.headers.len()));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
}

#[actix_web::test]
async fn sign_in_bodies_are_strict() {
    let world = world(SessionMode::Bearer);
    for (body, field) in [
        (json!({ "password": "x" }), "username"),
        (json!({ "username": "u3" }), "password"),
        (
            json!({ "username": "u3", "email": "u4", "password": "x" }),
            "email",
        ),
        (
            json!({ "username": "u3", "password": "x", "role": "admin" }),
            "role",
        ),
        (
            json!({ "username": "u3", "password": "x", "mode": "url" }),
            "mode",
        ),
    ] {
        let reply = login(&body).send(&world).await;
        assert_eq!(
            (reply.status, reply.issues()[0].0.as_str()),
            (422, field),
            "{body}"
        );
    }
    let other = json!({ "username": "u3", "password": " right ", "grant_type": "client_credentials" });
    let reply = ask("POST", "/api/v1/auth/token").json(&other).send(&world).await;
    assert_eq!(
        reply.issues(),
        [("grant_type".to_owned(), "UNKNOWN_VALUE".to_owned())]
    );
}

#[actix_web::test]
async fn a_browser_gets_the_refresh_token_as_a_cookie_only() {
    let world = world(SessionMode::Cookie);
    let reply = login(&json!({ "username": "u3", "password": " right ", "mode": "cookie" }))
        .send(&world)
        .await;
    assert_eq!(reply.json()["refresh_token"], Value::Null);
    let set = cookies(&reply);
    let refresh = set
        .iter()
        .find(|c| c.starts_with("__Secure-erp_refresh="))
        .expect("refresh cookie");
    for part in [
        "HttpOnly",
        "Secure",
        "SameSite=Strict",
        "Path=/api/v1/auth",
        "Max-Age=604800",
    ] {
        assert!(refresh.contains(part), "{refresh}");
    }
    let csrf = set
        .iter()
        .find(|c| c.starts_with("__Host-erp_csrf="))
        .expect("CSRF cookie");
    assert!(
        !csrf.contains("HttpOnly") && csrf.contains("SameSite=Strict") && csrf.contains("Path=/;"),
        "{csrf}"
    );
}

fn refresh(cookie: &str) -> Ask {
    ask("POST", "/api/v1/auth/refresh").header("cookie", cookie)
}

#[actix_web::test]
async fn a_cookie_alone_refreshes_nothing() {
    let world = world(SessionMode::Cookie);
    let cookie = format!("a=b; __Secure-erp_refresh={}", token());
    for request in [
        refresh(&cookie),
        // What any program can write is no proof.
        refresh(&cookie).header("sec-fetch-site", "same-origin"),
        refresh(&cookie).header("origin", "http://localhost:8000"),
        refresh(&cookie).header("origin", "https://evil.ma"),
        refresh(&cookie).header("origin", "null"),
        refresh(&cookie).header("x-csrf-token", ""),
        refresh(&cookie).header("x-csrf-token", "wrong"),
    ] {
        let reply = request.send(&world).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "CSRF_REFUSED"));
        assert!(cookies(&reply).is_empty());
    }
}

#[actix_web::test]
async fn a_cookie_with_a_proof_refreshes() {
    let world = world(SessionMode::Cookie);
    let cookie = format!("__Secure-erp_refresh={}", token());
    let proof = api_actix::security::cookie::csrf_text(
        &application::auth::RefreshSecret([7; 32]),
        world.state.app.secrets.as_ref(),
    );
    for request in [
        refresh(&cookie).header("x-csrf-token", &proof),
        refresh(&cookie)
            .header("x-csrf-token", &proof)
            .header("origin", "http://localhost:8000"),
        refresh(&cookie).header("origin", "https://app.mif.ma"),
    ] {
        let reply = request.send(&world).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        assert_eq!(reply.json()["refresh_token"], Value::Null);
        let set = cookies(&reply);
        assert!(
            set.iter()
                .any(|c| c.starts_with("__Secure-erp_refresh=") && !c.contains(&token())),
            "a new one: {set:?}"
        );
    }
}

/// The process, where the session is over.
fn ended_world(settings: Vec<(&'static str, String)>) -> World {
    let mut setup = Setup {
        settings,
        ..Setup::default()
    };
    setup.tx.sessions.expect_lock_token().returning(|hash| {
        let (token, session) = given(SessionMode::Cookie, *hash);
        let ended = Some((session.created_at, EndReason::Logout));
        Ok(Some((token, Session { ended, ..session })))
    });
    setup.world()
}

#[actix_web::test]
async fn a_browser_forgets_a_cookie_that_is_refused() {
    for (secure, refresh_name, csrf_name) in [
        ("true", "__Secure-erp_refresh", "__Host-erp_csrf"),
        ("false", "erp_refresh", "erp_csrf"),
    ] {
        let world = ended_world(vec![("COOKIE_SECURE", secure.to_owned())]);
        let proof = api_actix::security::cookie::csrf_text(
            &application::auth::RefreshSecret([7; 32]),
            world.state.app.secrets.as_ref(),
        );
        let cookie = format!("{refresh_name}={}", token());
        let reply = refresh(&cookie).header("x-csrf-token", &proof).send(&world).await;
        assert_eq!((reply.status, reply.code().as_str()), (401, "SESSION_ENDED"));
        let set = cookies(&reply);
        assert_eq!(set.len(), 2, "{set:?}");
        for (name, path) in [(refresh_name, "/api/v1/auth"), (csrf_name, "/")] {
            assert!(
                set.iter().any(|c| c.starts_with(&format!("{name}=;"))
                    && c.contains("Max-Age=0")
                    && c.contains(&format!("Path={path};"))),
                "{name}: {set:?}"
            );
        }
    }
}

#[actix_web::test]
async fn a_browser_keeps_a_cookie_that_was_not_judged() {
    let world = ended_world(Vec::new());
    let cookie = format!("__Secure-erp_refresh={}", token());
    for (request, status) in [
        // A foreign page must not be able to sign anybody out.
        (refresh(&cookie), 403),
        // Refused is what the body holds.
        (refresh(&cookie).json(&json!({ "refresh_token": token() })), 401),
        (ask("POST", "/api/v1/auth/refresh"), 401),
        // One that cannot be read proves nothing: a page of a neighbouring host may have planted it.
        (refresh("__Secure-erp_refresh=none"), 401),
        // To the older path the browser sends only the other cookie.
        (
            ask("POST", "/auth/refresh").header("cookie", "__Host-erp_csrf=abc"),
            401,
        ),
    ] {
        let reply = request.send(&world).await;
        assert_eq!(reply.status, status);
        assert!(cookies(&reply).is_empty());
    }
}

#[actix_web::test]
async fn a_form_of_a_foreign_page_signs_no_browser_in() {
    let world = world(SessionMode::Cookie);
    let form =
        |body: &[u8]| ask("POST", "/api/v1/auth/login").bytes("application/x-www-form-urlencoded", body);
    let reply = form(b"username=u3&password=+right+&mode=cookie")
        .send(&world)
        .await;
    assert_eq!(
        (reply.status, reply.issues()),
        (422, vec![("mode".to_owned(), "INCONSISTENT".to_owned())])
    );
    assert!(cookies(&reply).is_empty());
    let reply = form(b"username=u3&password=+right+").send(&world).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
}

#[actix_web::test]
async fn other_clients_send_the_refresh_token() {
    let world = world(SessionMode::Bearer);
    let send = |body: Value| ask("POST", "/api/v1/auth/refresh").json(&body);
    let reply = send(json!({ "refresh_token": token() })).send(&world).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    assert_ne!(reply.json()["refresh_token"].as_str(), Some(token().as_str()));
    for bad in [
        "",
        "x",
        &"A".repeat(44),
        &"A".repeat(42),
        &format!("{}=", &token()[..42]),
    ] {
        let reply = send(json!({ "refresh_token": bad })).send(&world).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (401, "INVALID_REFRESH_TOKEN"),
            "{bad}"
        );
    }
    let nothing = ask("POST", "/api/v1/auth/refresh").send(&world).await;
    assert_eq!(
        (nothing.status, nothing.code().as_str()),
        (401, "INVALID_REFRESH_TOKEN")
    );
}

#[actix_web::test]
async fn cookies_may_be_insecure_where_there_is_no_tls() {
    let world = world_with(SessionMode::Cookie, vec![("COOKIE_SECURE", "false".to_owned())]);
    let reply = login(&json!({ "username": "u3", "password": " right ", "mode": "cookie" }))
        .send(&world)
        .await;
    assert!(
        cookies(&reply)
            .iter()
            .all(|c| !c.contains("Secure") && c.starts_with("erp_"))
    );
}
