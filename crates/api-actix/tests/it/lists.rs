//! Pages, filters, orders.

use crate::support::{World, ask, world};

async fn refused(world: &World, query: &str) -> (u16, Vec<(String, String)>) {
    let reply = ask("GET", &format!("/api/v1/essais?{query}"))
        .by(world, 1)
        .send(world)
        .await;
    (reply.status, reply.issues())
}

#[actix_web::test]
async fn what_is_out_of_range_or_unknown_is_422() {
    let world = world();
    for (query, field, code) in [
        ("limit=0", "limit", "OUT_OF_RANGE"),
        ("limit=201", "limit", "OUT_OF_RANGE"),
        ("limit=99999999999", "limit", "OUT_OF_RANGE"),
        ("limit=", "limit", "WRONG_TYPE"),
        ("limit=-1", "limit", "WRONG_TYPE"),
        ("limit=dix", "limit", "WRONG_TYPE"),
        ("offset=10001", "offset", "OUT_OF_RANGE"),
        ("offset=1&cursor=x", "offset", "INCONSISTENT"),
        ("sort=password_hash", "sort", "UNKNOWN_VALUE"),
        ("sort=--id", "sort", "UNKNOWN_VALUE"),
        ("sort=email,username", "sort", "UNKNOWN_VALUE"),
        ("sort=email,-id", "sort", "UNKNOWN_VALUE"),
        ("inconnu=1", "inconnu", "UNKNOWN_FIELD"),
        ("role=chef", "role", "UNKNOWN_VALUE"),
        ("roles=admin,chef", "roles[1]", "UNKNOWN_VALUE"),
        ("actif=oui", "actif", "WRONG_TYPE"),
        ("client_id=abc", "client_id", "WRONG_TYPE"),
        ("client_id=9223372036854775808", "client_id", "WRONG_TYPE"),
        ("depuis=2026-02-30", "depuis", "INVALID_FORMAT"),
        ("role=a%00", "role", "INVALID_FORMAT"),
    ] {
        let (status, issues) = refused(&world, query).await;
        assert_eq!(
            (status, issues),
            (422, vec![(field.to_owned(), code.to_owned())]),
            "{query}"
        );
    }
    let (_, issues) = refused(&world, "limit=0&offset=20000&sort=x").await;
    assert_eq!(issues.len(), 3, "all at once");
    let (_, issues) = refused(&world, "a=1&b=2").await;
    assert_eq!(issues.len(), 2, "all at once");
}

#[actix_web::test]
async fn a_query_has_at_most_64_parameters() {
    let world = world();
    let query = |n: usize| (0..n).map(|i| format!("p{i}=1&")).collect::<String>();
    let (status, issues) = refused(&world, &query(64)).await;
    assert_eq!((status, issues.len()), (422, 64));
    let (status, issues) = refused(&world, &query(5000)).await;
    assert_eq!(
        (status, issues),
        (422, vec![("requete".to_owned(), "TOO_LONG".to_owned())])
    );
}

#[actix_web::test]
async fn repetitions_and_foreign_encodings_are_400() {
    let world = world();
    for (query, code) in [
        ("role=admin&role=client", "DUPLICATE_PARAMETER"),
        ("limit=1&limit=1", "DUPLICATE_PARAMETER"),
        ("role=%FF", "INVALID_ENCODING"),
    ] {
        let reply = ask("GET", &format!("/api/v1/essais?{query}"))
            .by(&world, 1)
            .send(&world)
            .await;
        assert_eq!((reply.status, reply.code().as_str()), (400, code), "{query}");
    }
}

#[actix_web::test]
async fn pages_and_filters_are_read() {
    let world = world();
    for (query, filter, page) in [
        (
            "",
            "role: None",
            "limit: 50, start: Offset(0), sort: Sort { key: CreatedAt, descending: true }",
        ),
        (
            "limit=200&offset=10000&sort=email",
            "role: None",
            "limit: 200, start: Offset(10000), sort: Sort { key: Email, descending: false }",
        ),
        (
            "cursor=abc%3D&sort=-email,-id",
            "role: None",
            "start: Cursor(\"abc=\"), sort: Sort { key: Email, descending: true }",
        ),
        (
            "role=admin&actif=true&client_id=7",
            "role: Some(Wire(Admin)), actif: Some(true), client_id: Some(7)",
            "limit: 50",
        ),
        (
            "roles=admin,client&depuis=2026-01-05",
            "roles: Some([Wire(Admin), Wire(Client)]), depuis: Some(Day(2026-01-05))",
            "limit: 50",
        ),
    ] {
        let reply = ask("GET", &format!("/api/v1/essais?{query}"))
            .by(&world, 1)
            .send(&world)
            .await;
        let json = reply.json();
        let seen = |i: usize| json["items"][i]["vu"].as_str().expect("text").to_owned();
        assert!(
            seen(0).contains(filter) && seen(1).contains(page),
            "{query}: {json}"
        );
    }
}

#[actix_web::test]
async fn the_envelope_is_complete() {
    let world = world();
    let json = ask("GET", "/api/v1/essais?limit=7&offset=3")
        .by(&world, 1)
        .send(&world)
        .await
        .json();
    let mut names: Vec<_> = json.as_object().expect("object").keys().cloned().collect();
    names.sort();
    assert_eq!(
        names,
        ["items", "limit", "next_cursor", "offset", "total", "total_capped"]
    );
    assert_eq!(
        (
            json["limit"].as_i64(),
            json["offset"].as_i64(),
            json["total"].as_i64()
        ),
        (Some(7), Some(3), Some(2))
    );
}

#[actix_web::test]
async fn plain_queries_are_as_strict() {
    let world = world();
    let status = async |query: &str| {
        ask("GET", &format!("/api/v1/essais/filtres?{query}"))
            .by(&world, 1)
            .send(&world)
            .await
            .status
    };
    assert_eq!(status("role=admin").await, 200);
    assert_eq!(status("limit=1").await, 422);
    assert_eq!(status("client_id=x").await, 422);
}
