//! The catalogue as the wire and the documentation show it.

use std::collections::HashSet;

use api_actix::problem::{AnyCode, Refusal, docs, entry};
use application::{AppError, Code, Detail};
use domain::Vocab;
use domain::text::{FieldIssue, IssueCode};
use serde_json::Value;

use crate::support::world;

fn shown(refusal: &Refusal) -> (u16, Value, Vec<String>) {
    let answer = refusal.answer(
        "/api/v1/essais",
        "corr-0001",
        "2026-03-02T09:00:00Z".parse().expect("instant"),
    );
    let api_actix::reply::Content::Bytes(body) = answer.body else {
        panic!("a body")
    };
    let headers = answer.headers.iter().map(|(name, _)| name.to_string()).collect();
    (
        answer.status.as_u16(),
        serde_json::from_slice(&body).expect("JSON"),
        headers,
    )
}

#[actix_web::test]
async fn every_code_has_the_one_shape() {
    for code in AnyCode::all() {
        let refusal = match code {
            AnyCode::App(code) => Refusal::App(AppError::rule(code)),
            AnyCode::Http(code) => Refusal::http(code),
        };
        let (status, body, headers) = shown(&refusal);
        let what = entry(code);
        assert_eq!(
            (status, body["status"].as_u64()),
            (what.status, Some(what.status.into())),
            "{code:?}"
        );
        assert_eq!(body["code"], code.as_str());
        assert_eq!(body["type"], format!("/problems/{}", what.family));
        assert_eq!(body["title"], what.title);
        assert!(
            body["detail"].is_string() && body["errors"].is_array(),
            "{code:?}"
        );
        assert_eq!(body["timestamp"], "2026-03-02T09:00:00Z");
        assert_eq!(body["path"], "/api/v1/essais");
        assert_eq!(body["correlation_id"], "corr-0001");
        assert_eq!(
            headers.contains(&"www-authenticate".to_owned()),
            status == 401,
            "{code:?}"
        );
        assert!(
            status != 503 || headers.contains(&"retry-after".to_owned()),
            "{code:?}"
        );
    }
}

#[test]
fn refusals_say_what_would_help() {
    let details = vec![
        ("champ", Detail::Text("email".to_owned())),
        ("intervention_id", Detail::Number(7)),
        ("actions_possibles", Detail::List(vec!["affecter".to_owned()])),
    ];
    let (_, body, _) = shown(&Refusal::App(AppError::Rule {
        code: Code::AlreadyExists,
        details,
    }));
    assert_eq!(body["champ"], "email");
    assert_eq!(body["intervention_id"], 7);
    assert_eq!(body["actions_possibles"][0], "affecter");
    let (_, body, _) = shown(&Refusal::App(AppError::DeniedFields(vec!["role".to_owned()])));
    assert_eq!(body["champs"][0], "role");
    let (status, body, _) = shown(&Refusal::App(AppError::StaleVersion { current: Some(9) }));
    assert_eq!((status, body["version_actuelle"].as_i64()), (412, Some(9)));
    let (status, body, headers) = shown(&Refusal::App(AppError::Busy {
        code: Code::RateLimited,
        retry_after: 60,
    }));
    assert_eq!((status, body["retry_after"].as_i64()), (429, Some(60)));
    assert!(headers.contains(&"retry-after".to_owned()));
}

#[test]
fn a_detail_never_replaces_a_member_of_the_shape() {
    let details = vec![
        ("status", Detail::Number(200)),
        ("code", Detail::Text("OK".to_owned())),
    ];
    let (_, body, _) = shown(&Refusal::App(AppError::Rule {
        code: Code::InUse,
        details,
    }));
    assert_eq!(
        (body["status"].as_u64(), body["code"].as_str()),
        (Some(409), Some("IN_USE"))
    );
}

#[test]
fn every_issue_has_a_message() {
    let mut seen = HashSet::new();
    for &code in IssueCode::all() {
        let (_, body, _) = shown(&Refusal::field(FieldIssue::new("champ", code)));
        let message = body["errors"][0]["message"].as_str().expect("message").to_owned();
        assert!(seen.insert(message), "{code:?} says what another one says");
    }
}

#[test]
fn failures_keep_their_cause_for_the_log() {
    let refusal = Refusal::App(AppError::Unavailable("connection to 10.0.0.5 refused".into()));
    assert!(refusal.chain().expect("chain").contains("10.0.0.5"));
    let (_, body, _) = shown(&refusal);
    assert!(!body.to_string().contains("10.0.0.5"));
    assert_eq!(Refusal::App(AppError::NotFound).chain(), None);
}

#[test]
fn the_page_lists_every_code() {
    let page = docs::page();
    for code in AnyCode::all() {
        assert!(page.contains(&format!("| `{}` |", code.as_str())), "{code:?}");
    }
}

#[actix_web::test]
async fn the_vendored_bundle_is_the_one_that_its_readme_names() {
    let world = world();
    let bundle = include_bytes!("../../../../third_party/redoc/redoc.standalone.js");
    let readme = include_str!("../../../../third_party/redoc/README.md");
    let sum: String = world
        .state
        .app
        .secrets
        .sha256(bundle)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert!(readme.contains(&sum), "{sum}");
}
