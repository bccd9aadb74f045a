//! Clients, sites, contacts and portal accounts over HTTP, on PostgreSQL.

use domain::policy::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::stored::{ADMIN, CLIENT, MANAGER, Stored, TECHNICIAN, stored};
use crate::support::ask;

const CLIENTS: &str = "/api/v1/clients";

fn one(id: i64) -> String {
    format!("{CLIENTS}/{id}")
}

async fn new_client(s: &Stored, name: &str) -> i64 {
    s.made(CLIENTS, &json!({ "nom_entreprise": name })).await
}

fn ids(list: &Value) -> Vec<i64> {
    list["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|i| i["id"].as_i64().expect("id"))
        .collect()
}

#[actix_web::test]
async fn a_client_lives_from_post_to_delete() {
    let s = stored().await;
    let made = s
        .post(
            MANAGER,
            CLIENTS,
            &json!({ "nom_entreprise": "  Filature  du Nord ", "ville": "" }),
        )
        .await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    let first = made.json();
    let id = first["id"].as_i64().expect("id");
    assert_eq!(made.header("location"), Some(one(id).as_str()));
    assert_eq!(made.header("etag"), Some("\"v1\""));
    for (field, expected) in [
        ("nom_entreprise", json!("Filature  du Nord")),
        ("type_client", json!("entreprise")),
        ("niveau_service", json!("standard")),
        ("statut_client", json!("actif")),
        ("date_creation", json!("2026-03-02")),
        ("ville", Value::Null),
        ("user_id", Value::Null),
    ] {
        assert_eq!(first[field], expected, "{field}");
    }
    let shown = s.get(MANAGER, &one(id)).await;
    assert_eq!(
        (shown.json(), shown.header("etag")),
        (first.clone(), Some("\"v1\""))
    );

    let patched = s
        .patch(
            MANAGER,
            &one(id),
            &json!({ "ville": "Safi", "niveau_service": "premium" }),
        )
        .await;
    assert_eq!((patched.status, patched.header("etag")), (200, Some("\"v2\"")));
    let stale = ask("PATCH", &one(id))
        .by(&s.world, MANAGER)
        .header("if-match", "\"v1\"")
        .json(&json!({ "ville": "Tanger" }))
        .send(&s.world)
        .await;
    assert_eq!(
        (stale.status, stale.json()["version_actuelle"].as_i64()),
        (412, Some(2))
    );

    let mut whole = patched.json();
    whole["secteur_activite"] = json!("Textile");
    let put = s.put(MANAGER, &one(id), &whole).await;
    assert_eq!(
        (put.status, &put.json()["secteur_activite"]),
        (200, &json!("Textile")),
        "{:?}",
        put.body
    );
    assert_eq!(put.json()["niveau_service"], "premium");
    // A replacement says everything: what it leaves out is emptied, the status stays.
    let bare = ask("PUT", &one(id))
        .by(&s.world, MANAGER)
        .header("if-match", "\"v3\"")
        .json(&json!({ "nom_entreprise": "Filature" }))
        .send(&s.world)
        .await;
    let bare = bare.json();
    assert_eq!(
        (&bare["ville"], &bare["niveau_service"]),
        (&Value::Null, &json!("standard"))
    );
    let versionless = s
        .put(MANAGER, &one(id), &json!({ "nom_entreprise": "Filature" }))
        .await;
    assert_eq!(
        (versionless.status, versionless.code().as_str()),
        (428, "VERSION_REQUIRED")
    );
    let legacy = s
        .put(
            MANAGER,
            &format!("/clients/{id}"),
            &json!({ "nom_entreprise": "Filature" }),
        )
        .await;
    assert_eq!(
        (legacy.status, legacy.header("deprecation").is_some()),
        (200, true)
    );
    let mut echo = legacy.json();
    echo["created_at"] = json!("2020-01-01T00:00:00Z");
    let refused = s.put(MANAGER, &one(id), &echo).await;
    assert_eq!(
        (refused.status, refused.issues()),
        (422, vec![("created_at".into(), "READ_ONLY".into())])
    );

    let gone = s.delete(MANAGER, &one(id)).await;
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    assert_eq!(s.get(MANAGER, &one(id)).await.status, 404);
    assert_eq!(s.delete(MANAGER, &one(id)).await.status, 404);
}

#[actix_web::test]
async fn wrong_bodies_are_refused_field_by_field_and_nothing_is_written() {
    let s = stored().await;
    for (body, expected) in [
        (json!({}), vec![("nom_entreprise", "REQUIRED")]),
        (
            json!({ "nom_entreprise": "" }),
            vec![("nom_entreprise", "REQUIRED")],
        ),
        (
            json!({ "nom_entreprise": "x", "email": "x", "telephone": "tel", "ice": "12" }),
            vec![
                ("telephone", "INVALID_PHONE"),
                ("email", "INVALID_EMAIL"),
                ("ice", "INVALID_FORMAT"),
            ],
        ),
        (
            json!({ "nom_entreprise": "x", "ville": "x".repeat(101) }),
            vec![("ville", "TOO_LONG")],
        ),
        (
            json!({ "nom_entreprise": "x", "type_client": "sarl" }),
            vec![("type_client", "UNKNOWN_VALUE")],
        ),
        (
            json!({ "nom_entreprise": "x", "statut": "actif" }),
            vec![("statut", "UNKNOWN_FIELD")],
        ),
        (
            json!({ "nom_entreprise": "x", "user_id": 999_999 }),
            vec![("user_id", "UNKNOWN_REFERENCE")],
        ),
        (
            json!({ "nom_entreprise": "x", "user_id": 3 }),
            vec![("user_id", "UNKNOWN_REFERENCE")],
        ),
        (
            json!({ "nom_entreprise": "x", "date_creation": "2026-02-30" }),
            vec![("date_creation", "INVALID_FORMAT")],
        ),
    ] {
        let reply = s.post(MANAGER, CLIENTS, &body).await;
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(f, c)| (f.to_owned(), c.to_owned()))
            .collect();
        assert_eq!((reply.status, reply.issues()), (422, expected), "{body}");
    }
    assert_eq!(s.db.number("SELECT count(*) FROM clients"), 0);
    let id = new_client(&s, "A").await;
    for body in [
        json!({ "nom_entreprise": null }),
        json!({ "statut_client": null }),
        json!({ "id": 9 }),
    ] {
        assert_eq!(s.patch(MANAGER, &one(id), &body).await.status, 422, "{body}");
    }
}

#[actix_web::test]
async fn each_role_sees_and_writes_what_is_its_own() {
    let s = stored().await;
    let (own, other) = (
        new_client(&s, "Conserverie").await,
        new_client(&s, "Filature").await,
    );
    assert_eq!(
        s.patch(ADMIN, &one(own), &json!({ "user_id": 4 })).await.status,
        200
    );
    let technician = s.made("/api/v1/techniciens", &json!({ "user_id": 3 })).await;
    s.job(1, other, Some(technician), "ouverte");
    s.refresh().await;

    for (who, seen, hidden) in [(CLIENT, own, other), (TECHNICIAN, other, own)] {
        let list = s.get(who, CLIENTS).await.json();
        assert_eq!((ids(&list), &list["total"]), (vec![seen], &json!(1)));
        for below in ["", "/sites", "/contacts", "/equipements"] {
            assert_eq!(
                s.get(who, &format!("{}{below}", one(seen))).await.status,
                200,
                "{who} {below}"
            );
            let missing = s.get(who, &format!("{}{below}", one(hidden))).await;
            let never = s.get(who, &format!("{}{below}", one(999_999))).await;
            assert_eq!(
                (missing.status, missing.json()["detail"].clone()),
                (404, never.json()["detail"].clone())
            );
        }
        assert_eq!(
            s.get(who, &format!("{}/utilisateurs", one(seen))).await.status,
            403
        );
        assert_eq!(
            s.post(who, CLIENTS, &json!({ "nom_entreprise": "x" }))
                .await
                .status,
            403
        );
        assert_eq!(s.delete(who, &one(seen)).await.status, 403);
        assert_eq!(
            s.post(who, &format!("{}/sites", one(seen)), &json!({ "nom": "x" }))
                .await
                .status,
            403
        );
        assert_eq!(
            s.post(who, &format!("{}/contacts", one(seen)), &json!({ "nom": "x" }))
                .await
                .status,
            403
        );
    }
    assert_eq!(
        s.patch(TECHNICIAN, &one(other), &json!({ "ville": "Safi" }))
            .await
            .status,
        403
    );

    let contact = json!({
        "telephone": "0539000000", "email": "contact@conserverie.ma", "adresse": "Lot 1\nGzenaya",
        "contact_principal": "Nadia"
    });
    let changed = s.patch(CLIENT, &one(own), &contact).await;
    assert_eq!(
        (changed.status, &changed.json()["adresse"]),
        (200, &json!("Lot 1\nGzenaya")),
        "{:?}",
        changed.body
    );
    for (field, value) in [
        ("statut_client", json!("prospect")),
        ("niveau_service", json!("premium")),
        ("nom_entreprise", json!("Autre")),
        ("ice", json!("001524879000063")),
        ("user_id", Value::Null),
    ] {
        let refused = s
            .patch(
                CLIENT,
                &one(own),
                &json!({ "telephone": "0539111111", field: value }),
            )
            .await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (403, "FIELDS_FORBIDDEN"),
            "{field}"
        );
        assert_eq!(refused.json()["champs"], json!([field]));
    }
    assert_eq!(
        s.patch(CLIENT, &one(other), &json!({ "telephone": "0539111111" }))
            .await
            .status,
        404
    );
    let mut whole = s.get(CLIENT, &one(own)).await.json();
    whole["telephone"] = json!("0539222222");
    let put = s.put(CLIENT, &one(own), &whole).await;
    assert_eq!(
        (put.status, &put.json()["telephone"]),
        (200, &json!("0539222222")),
        "{:?}",
        put.body
    );
    assert_eq!(
        s.db.number("SELECT count(*) FROM audit_log WHERE objet_type = 'clients' AND actor_id = 4"),
        2,
        "what the client changed, and nothing of what was refused"
    );
}

#[actix_web::test]
async fn what_belongs_to_a_client_keeps_it() {
    let s = stored().await;
    let id = new_client(&s, "A").await;
    let site = s
        .made(&format!("{}/sites", one(id)), &json!({ "nom": "Usine" }))
        .await;
    let refused = s.delete(MANAGER, &one(id)).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "IN_USE"));
    assert_eq!(
        s.delete(MANAGER, &format!("{}/sites/{site}", one(id)))
            .await
            .status,
        204
    );
    let contact = s
        .made(&format!("{}/contacts", one(id)), &json!({ "nom": "Nadia" }))
        .await;
    assert_eq!(s.delete(MANAGER, &one(id)).await.status, 409);
    assert_eq!(
        s.delete(MANAGER, &format!("{}/contacts/{contact}", one(id)))
            .await
            .status,
        204
    );
    s.job(1, id, None, "ouverte");
    assert_eq!(s.delete(MANAGER, &one(id)).await.code(), "IN_USE");
}

#[actix_web::test]
async fn sites_are_found_under_their_client_only() {
    let s = stored().await;
    let (id, other) = (new_client(&s, "A").await, new_client(&s, "B").await);
    let sites = format!("{}/sites", one(id));
    let body = json!({ "nom": "Usine", "zone": "Tanger", "latitude": 35.7061, "longitude": -5.9173 });
    let made = s.post(MANAGER, &sites, &body).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    let site = made.json()["id"].as_i64().expect("id");
    let path = format!("{sites}/{site}");
    assert_eq!(made.header("location"), Some(path.as_str()));
    assert_eq!(s.get(MANAGER, &path).await.json(), made.json());
    assert_eq!(made.json()["latitude"], json!(35.7061));
    let elsewhere = format!("{}/sites/{site}", one(other));
    for (method, body) in [
        ("GET", None),
        ("PATCH", Some(json!({ "nom": "x" }))),
        ("PUT", Some(json!({ "nom": "x", "version": 1 }))),
    ] {
        let mut request = ask(method, &elsewhere).by(&s.world, MANAGER);
        if let Some(body) = &body {
            request = request.json(body);
        }
        assert_eq!(request.send(&s.world).await.status, 404, "{method}");
    }
    assert_eq!(s.delete(MANAGER, &elsewhere).await.status, 404);

    let half = s.patch(MANAGER, &path, &json!({ "longitude": null })).await;
    assert_eq!(half.issues(), [("longitude".to_owned(), "REQUIRED".to_owned())]);
    let moved = s
        .patch(MANAGER, &path, &json!({ "zone": null, "ville": "Tanger" }))
        .await;
    assert_eq!(
        (moved.status, &moved.json()["zone"], &moved.json()["version"]),
        (200, &Value::Null, &json!(2))
    );
    let mut whole = moved.json();
    whole["nom"] = json!("Dépôt");
    assert_eq!(s.put(MANAGER, &path, &whole).await.json()["nom"], "Dépôt");
    whole["client_id"] = json!(other);
    whole["version"] = json!(3);
    let refused = s.put(MANAGER, &path, &whole).await;
    assert_eq!(
        (refused.status, refused.issues()),
        (
            422,
            vec![
                ("client_id".into(), "READ_ONLY".into()),
                ("updated_at".into(), "READ_ONLY".into()),
            ]
        )
    );
    s.job(1, id, None, "ouverte");
    s.db.execute(&format!("UPDATE equipements SET site_id = {site} WHERE id = 1"));
    assert_eq!(s.delete(MANAGER, &path).await.code(), "IN_USE");
    assert_eq!(
        s.post(
            MANAGER,
            &format!("{}/sites", one(999_999)),
            &json!({ "nom": "x" })
        )
        .await
        .status,
        404
    );
}

#[actix_web::test]
async fn one_contact_is_the_principal_one_whoever_comes_last() {
    let s = stored().await;
    let id = new_client(&s, "A").await;
    let contacts = format!("{}/contacts", one(id));
    let first = s
        .made(&contacts, &json!({ "nom": "Nadia", "principal": true }))
        .await;
    let second = s
        .made(&contacts, &json!({ "nom": "Omar", "principal": true }))
        .await;
    let shown = s.get(MANAGER, &format!("{contacts}/{first}")).await;
    assert_eq!(
        (&shown.json()["principal"], shown.header("etag")),
        (&json!(false), Some("\"v2\""))
    );
    let back = s
        .patch(
            MANAGER,
            &format!("{contacts}/{first}"),
            &json!({ "principal": true }),
        )
        .await;
    assert_eq!((back.status, &back.json()["principal"]), (200, &json!(true)));
    assert_eq!(
        s.get(MANAGER, &format!("{contacts}/{second}")).await.json()["principal"],
        false
    );

    let body = json!({ "nom": "Ensemble", "principal": true });
    let together = join_all((0..12).map(|_| s.post(MANAGER, &contacts, &body))).await;
    assert!(
        together.iter().all(|reply| reply.status == 201),
        "{:?}",
        together.iter().map(|r| r.status).collect::<Vec<_>>()
    );
    assert_eq!(
        s.db.number("SELECT count(*) FROM clients_contacts WHERE principal"),
        1
    );
    assert_eq!(s.get(MANAGER, &contacts).await.json()["total"], 14);
}

#[actix_web::test]
async fn portal_accounts_are_linked_and_see_their_client() {
    let s = stored().await;
    let id = new_client(&s, "A").await;
    let users = format!("{}/utilisateurs", one(id));
    let linked = s.post(MANAGER, &users, &json!({ "user_id": 4 })).await;
    assert_eq!(linked.status, 201, "{:?}", linked.body);
    assert_eq!(linked.json()["principal"], false);
    let path = format!("{users}/4");
    assert_eq!(linked.header("location"), Some(path.as_str()));
    assert_eq!(s.get(MANAGER, &path).await.json(), linked.json());
    s.refresh().await;
    assert_eq!(s.get(CLIENT, &one(id)).await.status, 200);
    let twice = s.post(MANAGER, &users, &json!({ "user_id": 4 })).await;
    assert_eq!((twice.status, &twice.json()["champ"]), (409, &json!("user_id")));
    for unfit in [3, 999_999] {
        let refused = s.post(MANAGER, &users, &json!({ "user_id": unfit })).await;
        assert_eq!(
            (refused.status, refused.issues()[0].1.as_str()),
            (422, "UNKNOWN_REFERENCE"),
            "{unfit}"
        );
    }
    let second = s.account("associe", Role::Client).await;
    assert_eq!(
        s.patch(MANAGER, &one(id), &json!({ "user_id": second }))
            .await
            .status,
        200
    );
    let list = s.get(MANAGER, &format!("{users}?sort=nom")).await.json();
    let found: Vec<_> = list["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|u| (u["user_id"].clone(), u["principal"].clone()))
        .collect();
    assert_eq!(found, [(json!(second), json!(true)), (json!(4), json!(false))]);
    let other = new_client(&s, "B").await;
    let taken = s.patch(MANAGER, &one(other), &json!({ "user_id": second })).await;
    assert_eq!((taken.status, taken.code().as_str()), (409, "ALREADY_EXISTS"));

    let tag = async || s.get(MANAGER, &path).await.header("etag").map(ToOwned::to_owned);
    let before = tag().await.expect("etag");
    let renamed = json!({ "full_name": "Un autre nom" });
    assert_eq!(s.patch(ADMIN, "/api/v1/users/4", &renamed).await.status, 200);
    assert_ne!(tag().await.as_ref(), Some(&before), "what is shown has changed");
    let stale = ask("DELETE", &path)
        .by(&s.world, MANAGER)
        .header("if-match", &before)
        .send(&s.world)
        .await;
    assert_eq!((stale.status, stale.code().as_str()), (412, "STALE_VERSION"));
    assert_eq!(s.delete(MANAGER, &path).await.status, 204);
    assert_eq!(s.delete(MANAGER, &path).await.status, 404);
    assert_eq!(s.delete(MANAGER, &format!("{users}/{second}")).await.status, 204);
    assert_eq!(s.get(MANAGER, &one(id)).await.json()["user_id"], Value::Null);
    s.refresh().await;
    assert_eq!(s.get(CLIENT, &one(id)).await.status, 404);
}

#[actix_web::test]
async fn lists_are_filtered_sorted_and_paged() {
    let s = stored().await;
    for (name, city, status) in [
        ("C", json!("Tanger"), "actif"),
        ("A", Value::Null, "suspendu"),
        ("B", json!("Safi"), "actif"),
        ("D", json!("Tanger"), "actif"),
    ] {
        let body = json!({
            "nom_entreprise": name, "ville": city, "statut_client": status, "secteur_activite": "Textile",
            "niveau_service": if name == "A" { "premium" } else { "basique" }
        });
        s.made(CLIENTS, &body).await;
    }
    let names = async |query: &str| -> Vec<String> {
        let reply = s.get(MANAGER, &format!("{CLIENTS}?{query}")).await;
        assert_eq!(reply.status, 200, "{query}: {:?}", reply.body);
        let items = reply.json()["items"].as_array().expect("items").clone();
        items
            .iter()
            .map(|c| c["nom_entreprise"].as_str().expect("name").to_owned())
            .collect()
    };
    for (query, expected) in [
        ("", "CABD"),
        ("sort=nom_entreprise", "ABCD"),
        ("sort=-nom_entreprise", "DCBA"),
        ("sort=ville", "BCDA"),
        ("sort=-ville", "ADCB"),
        ("ville=Tanger", "CD"),
        ("ville=Tanger&sort=-id&limit=1", "D"),
        ("statut_client=suspendu", "A"),
        ("niveau_service=basique&sort=nom_entreprise&offset=1", "CD"),
        ("secteur_activite=Textile&ville=Safi", "B"),
        ("ville=tanger", "CD"),
    ] {
        assert_eq!(names(query).await.concat(), expected, "{query}");
    }
    let (mut cursor, mut seen) = (String::new(), String::new());
    loop {
        let reply = s
            .get(MANAGER, &format!("{CLIENTS}?sort=-ville&limit=1{cursor}"))
            .await
            .json();
        assert_eq!(reply["total"], 4);
        seen.push_str(reply["items"][0]["nom_entreprise"].as_str().expect("name"));
        match reply["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, "ADCB");
    for (query, field) in [
        ("statut_client=Actif", "statut_client"),
        ("nom=A", "nom"),
        ("sort=telephone", "sort"),
        ("limit=201", "limit"),
        ("cursor=x", "cursor"),
    ] {
        let reply = s.get(MANAGER, &format!("{CLIENTS}?{query}")).await;
        assert_eq!(
            (reply.status, reply.issues()[0].0.as_str()),
            (422, field),
            "{query}"
        );
    }
}

#[actix_web::test]
async fn the_equipment_of_a_client_is_listed_below_it() {
    let s = stored().await;
    let (own, other) = (new_client(&s, "A").await, new_client(&s, "B").await);
    s.job(1, own, None, "ouverte");
    s.job(2, other, None, "ouverte");
    let list = s.get(MANAGER, &format!("{}/equipements", one(own))).await.json();
    assert_eq!(ids(&list), [1]);
    let narrowed = s
        .get(MANAGER, &format!("{}/equipements?statut=en_panne", one(own)))
        .await
        .json();
    assert_eq!(narrowed["total"], 0);
    let refused = s
        .get(MANAGER, &format!("{}/equipements?client_id={other}", one(own)))
        .await;
    assert_eq!(
        (refused.status, refused.issues()[0].1.as_str()),
        (422, "UNKNOWN_FIELD")
    );
    assert_eq!(
        s.get(MANAGER, &format!("{}/equipements", one(999_999)))
            .await
            .status,
        404
    );
}

#[actix_web::test]
async fn a_repeated_request_makes_one_client() {
    let s = stored().await;
    let again = async |name: &str| {
        ask("POST", CLIENTS)
            .by(&s.world, MANAGER)
            .header("idempotency-key", "cle-1")
            .json(&json!({ "nom_entreprise": name }))
            .send(&s.world)
            .await
    };
    let (first, second) = (again("A").await, again("A").await);
    assert_eq!(
        (first.status, second.status, second.header("idempotent-replay")),
        (201, 201, Some("true"))
    );
    assert_eq!(
        (first.body.clone(), first.header("location")),
        (second.body.clone(), second.header("location"))
    );
    assert_eq!(again("B").await.status, 422, "the same key for another body");
    assert_eq!(s.db.number("SELECT count(*) FROM clients"), 1);
}
