//! Technicians, teams and skills over HTTP, on PostgreSQL.

mod availability;
mod skills;

use domain::policy::Role;
use serde_json::{Value, json};

use crate::stored::{ADMIN, CLIENT, MANAGER, Stored, TECHNICIAN, stored};
use crate::support::{Reply, ask};

const ALL: &str = "/api/v1/techniciens";
const SKILLS: &str = "/api/v1/techniciens/competences";
const TEAMS: &str = "/api/v1/equipes";

fn one(id: i64) -> String {
    format!("{ALL}/{id}")
}

fn ids(reply: &Reply) -> Vec<i64> {
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    let json = reply.json();
    json["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|i| i["id"].as_i64().expect("id"))
        .collect()
}

fn issue(field: &str, code: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), code.to_owned())]
}

/// The technician of the account 3 with a skill, a team and everything private.
async fn full(s: &Stored) -> (i64, i64, i64) {
    let skill = s
        .made(
            SKILLS,
            &json!({ "nom": "Soudure", "certification_requise": true }),
        )
        .await;
    let team = s
        .made(TEAMS, &json!({ "nom": "Nord", "responsable_id": 2 }))
        .await;
    let body = json!({
        "user_id": 3, "equipe_id": team, "zone_intervention": "Tanger", "date_embauche": "2021-09-01",
        "taux_horaire": "120.50", "telephone": "0612345678",
        "competences": [{ "competence_id": skill, "niveau": "avance", "valide_jusqu_au": "2026-12-31" }]
    });
    (s.made(ALL, &body).await, skill, team)
}

#[actix_web::test]
async fn a_profile_is_created_for_an_account_and_changed() {
    let s = stored().await;
    let (id, skill, team) = full(&s).await;
    let shown = s.get(MANAGER, &one(id)).await;
    let json = shown.json();
    for (field, expected) in [
        ("user_id", json!(3)),
        ("full_name", json!("Personne technicien")),
        ("email", json!("technicien@mif.ma")),
        ("equipe_nom", json!("Nord")),
        ("disponibilite", json!("disponible")),
        ("disponible", json!(true)),
        ("absence_en_attente", Value::Null),
        ("taux_horaire", json!("120.50")),
        (
            "competences",
            json!([{
                "competence_id": skill, "nom": "Soudure", "niveau": "avance", "valide_jusqu_au": "2026-12-31"
            }]),
        ),
        (
            "actions_possibles",
            json!(["partir_en_conge", "partir_en_formation", "declarer_indisponible"]),
        ),
        ("version", json!(1)),
    ] {
        assert_eq!(json[field], expected, "{field}");
    }
    // What GET gave comes back.
    let mut whole = json.clone();
    whole["zone_intervention"] = json!("Safi");
    let put = s.put(MANAGER, &one(id), &whole).await;
    assert_eq!(
        (put.status, put.header("etag")),
        (200, Some("\"v2\"")),
        "{:?}",
        put.body
    );
    assert_eq!(
        (&put.json()["zone_intervention"], &put.json()["competences"]),
        (&json!("Safi"), &json["competences"])
    );
    let mut forced = put.json();
    forced["disponibilite"] = json!("conge");
    forced["user_id"] = json!(2);
    let refused = s.put(MANAGER, &one(id), &forced).await;
    assert_eq!(
        (refused.status, refused.issues()),
        (
            422,
            vec![
                ("disponibilite".into(), "READ_ONLY".into()),
                ("user_id".into(), "READ_ONLY".into()),
            ]
        )
    );
    // What other rows say has moved since, and the version stands still.
    let read = put.json();
    s.db.execute(
        "UPDATE competences SET nom = 'Soudage'; UPDATE equipes SET nom = 'Sud'; \
         UPDATE users SET full_name = 'Autre nom', email = 'autre@mif.ma' WHERE id = 3",
    );
    let again = s.put(MANAGER, &one(id), &read).await;
    assert_eq!(
        (again.status, again.header("etag")),
        (200, Some("\"v2\"")),
        "{:?}",
        again.body
    );
    let again = again.json();
    assert_eq!(
        (
            &again["competences"][0]["nom"],
            &again["equipe_nom"],
            &again["full_name"]
        ),
        (&json!("Soudage"), &json!("Sud"), &json!("Autre nom"))
    );

    let patch = s
        .patch(
            MANAGER,
            &one(id),
            &json!({ "equipe_id": null, "competences": [], "telephone": "" }),
        )
        .await;
    assert_eq!(patch.status, 200, "{:?}", patch.body);
    let patch = patch.json();
    assert_eq!(
        (&patch["equipe_nom"], &patch["competences"], &patch["telephone"]),
        (&Value::Null, &json!([]), &Value::Null)
    );
    assert_eq!(patch["zone_intervention"], "Safi", "what is not named stays");
    for (body, field, code) in [
        (
            json!({ "disponibilite": "conge" }),
            "disponibilite",
            "UNKNOWN_FIELD",
        ),
        (json!({ "user_id": 2 }), "user_id", "UNKNOWN_FIELD"),
        (json!({ "taux_horaire": "-1" }), "taux_horaire", "OUT_OF_RANGE"),
        (
            json!({ "taux_horaire": "1.234" }),
            "taux_horaire",
            "INVALID_FORMAT",
        ),
        (json!({ "telephone": "abc" }), "telephone", "INVALID_PHONE"),
        (json!({ "equipe_id": 999_999 }), "equipe_id", "UNKNOWN_REFERENCE"),
        (
            json!({ "competences": [{ "competence_id": 999_999, "niveau": "expert" }] }),
            "competences[0].competence_id",
            "UNKNOWN_REFERENCE",
        ),
        (
            json!({ "competences": [{ "competence_id": skill, "niveau": "dieu" }] }),
            "competences[0].niveau",
            "UNKNOWN_VALUE",
        ),
        (
            json!({ "competences": [{ "competence_id": skill, "niveau": "expert" }, { "competence_id": skill, "niveau": "avance" }] }),
            "competences[1].competence_id",
            "INCONSISTENT",
        ),
    ] {
        let refused = s.patch(MANAGER, &one(id), &body).await;
        assert_eq!(
            (refused.status, refused.issues()),
            (422, issue(field, code)),
            "{body}"
        );
    }
    assert_eq!(s.delete(MANAGER, &format!("{TEAMS}/{team}")).await.status, 204);
    assert_eq!(s.delete(MANAGER, &one(id)).await.status, 204);
    assert_eq!(s.get(MANAGER, &one(id)).await.status, 404);
    assert_eq!(
        s.db.number("SELECT count(*) FROM users WHERE id = 3 AND is_active"),
        1,
        "the account stays"
    );
}

#[actix_web::test]
async fn an_administrator_creates_the_account_with_the_profile() {
    let s = stored().await;
    let account = json!({
        "username": "samir", "email": "samir@mif.ma", "full_name": "Samir", "password": "une phrase assez longue"
    });
    let both = json!({ "utilisateur": account, "zone_intervention": "Safi" });
    let refused = s.post(MANAGER, ALL, &both).await;
    assert_eq!(
        (refused.status, &refused.json()["champs"]),
        (403, &json!(["utilisateur"]))
    );
    let made = s.post(ADMIN, ALL, &both).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    assert_eq!(
        (&made.json()["email"], &made.json()["full_name"]),
        (&json!("samir@mif.ma"), &json!("Samir"))
    );
    assert_eq!(
        s.db.number("SELECT count(*) FROM users WHERE username = 'samir' AND role = 'technicien'"),
        1
    );

    let taken = s.post(ADMIN, ALL, &both).await;
    assert_eq!((taken.status, &taken.json()["champ"]), (409, &json!("username")));
    let mut bad = both.clone();
    bad["utilisateur"]["email"] = json!("x");
    bad["telephone"] = json!("x");
    let refused = s.post(ADMIN, ALL, &bad).await;
    assert_eq!(
        refused.issues(),
        [
            issue("telephone", "INVALID_PHONE"),
            issue("utilisateur.email", "INVALID_EMAIL")
        ]
        .concat()
    );
    let mut role = both.clone();
    role["utilisateur"]["role"] = json!("admin");
    assert_eq!(
        s.post(ADMIN, ALL, &role).await.issues(),
        issue("utilisateur.role", "UNKNOWN_FIELD")
    );
    // The profile is refused: the account is not there either.
    let half = json!({ "equipe_id": 999_999, "utilisateur": {
        "username": "autre", "email": "autre@mif.ma", "full_name": "Autre", "password": "une phrase assez longue"
    } });
    assert_eq!(s.post(ADMIN, ALL, &half).await.status, 422);
    assert_eq!(
        s.db.number("SELECT count(*) FROM users WHERE username = 'autre'"),
        0
    );

    assert_eq!(
        s.post(ADMIN, ALL, &json!({})).await.issues(),
        issue("user_id", "REQUIRED")
    );
    let twice = json!({ "user_id": 3, "utilisateur": both["utilisateur"] });
    assert_eq!(
        s.post(ADMIN, ALL, &twice).await.issues(),
        issue("utilisateur", "INCONSISTENT")
    );
    for unfit in [4, 999_999] {
        let refused = s.post(MANAGER, ALL, &json!({ "user_id": unfit })).await;
        assert_eq!(
            (refused.status, refused.issues()),
            (422, issue("user_id", "UNKNOWN_REFERENCE")),
            "{unfit}"
        );
    }
    s.made(ALL, &json!({ "user_id": 3 })).await;
    let again = s.post(MANAGER, ALL, &json!({ "user_id": 3 })).await;
    assert_eq!(
        (again.status, again.code().as_str(), &again.json()["champ"]),
        (409, "ALREADY_EXISTS", &json!("user_id"))
    );
}

#[actix_web::test]
async fn what_is_private_is_for_managers_and_the_technician() {
    let s = stored().await;
    let (own, ..) = full(&s).await;
    let colleague = s.account("collegue", Role::Technician).await;
    let body = json!({ "user_id": colleague, "taux_horaire": 99, "telephone": "0698765432" });
    let other = s.made(ALL, &body).await;
    s.refresh().await;
    let private = |json: &Value| {
        let seen: Vec<_> = ["email", "taux_horaire"]
            .into_iter()
            .filter(|f| json.get(*f).is_some())
            .collect();
        assert!(seen.is_empty() || seen.len() == 2, "{seen:?}");
        !seen.is_empty()
    };
    for (who, id, expected) in [
        (ADMIN, own, true),
        (MANAGER, other, true),
        (TECHNICIAN, own, true),
        (TECHNICIAN, other, false),
    ] {
        assert_eq!(
            private(&s.get(who, &one(id)).await.json()),
            expected,
            "{who} {id}"
        );
    }
    for path in [ALL.to_owned(), format!("{ALL}/available")] {
        let list = s.get(TECHNICIAN, &path).await;
        let items = list.json()["items"].as_array().expect("items").clone();
        assert_eq!(
            items.iter().map(private).collect::<Vec<_>>(),
            [true, false],
            "{path}"
        );
        assert_eq!(items[1]["actions_possibles"], json!([]));
        assert_eq!(
            items[1]["telephone"],
            json!("0698765432"),
            "colleagues call each other"
        );
    }
    // No rate is not the same as a rate that is not shown.
    assert_eq!(
        s.patch(MANAGER, &one(other), &json!({ "taux_horaire": null }))
            .await
            .json()["taux_horaire"],
        Value::Null
    );

    for path in [
        ALL,
        &one(own),
        SKILLS,
        TEAMS,
        "/api/v1/techniciens/available",
        "/api/v1/competences",
    ] {
        assert_eq!(s.get(CLIENT, path).await.status, 403, "{path}");
    }
    for who in [TECHNICIAN, CLIENT] {
        assert_eq!(s.post(who, ALL, &json!({ "user_id": 3 })).await.status, 403);
        assert_eq!(
            s.patch(who, &one(own), &json!({ "telephone": "0600000000" }))
                .await
                .status,
            403
        );
        assert_eq!(s.delete(who, &one(own)).await.status, 403);
        let leave = json!({ "action": "partir_en_conge" });
        assert_eq!(
            s.patch(who, &format!("{}/disponibilite", one(own)), &leave)
                .await
                .status,
            403
        );
        assert_eq!(s.post(who, SKILLS, &json!({ "nom": "x" })).await.status, 403);
        assert_eq!(s.post(who, TEAMS, &json!({ "nom": "x" })).await.status, 403);
    }
}

#[actix_web::test]
async fn lists_are_filtered_and_available_means_now() {
    let s = stored().await;
    let weld = s.made(SKILLS, &json!({ "nom": "Soudure" })).await;
    let cool = s.made(SKILLS, &json!({ "nom": "Froid" })).await;
    let team = s.made(TEAMS, &json!({ "nom": "Nord" })).await;
    let held = |skill: i64, level: &str, until: Value| json!({ "competence_id": skill, "niveau": level, "valide_jusqu_au": until });
    let mut made = Vec::new();
    for (name, zone, skills) in [
        (
            "un",
            "Tanger",
            json!([
                held(weld, "expert", Value::Null),
                held(cool, "avance", json!("2026-03-02"))
            ]),
        ),
        ("deux", "Tanger", json!([held(weld, "debutant", Value::Null)])),
        (
            "trois",
            "Safi",
            json!([held(weld, "expert", json!("2026-03-01"))]),
        ),
        ("quatre", "Tanger", json!([held(weld, "expert", Value::Null)])),
    ] {
        let account = s.account(name, Role::Technician).await;
        let body = json!({ "user_id": account, "zone_intervention": zone, "competences": skills, "equipe_id": team });
        made.push((s.made(ALL, &body).await, account));
    }
    let [(one_, _), (two, _), (three, _), (four, account_of_four)] = made.try_into().expect("four");
    let list = async |query: &str| ids(&s.get(MANAGER, &format!("{ALL}{query}")).await);
    for (query, expected) in [
        ("", vec![one_, two, three, four]),
        (&format!("?competence={weld}"), vec![one_, two, four]),
        (&format!("?competence={weld}&niveau_min=avance"), vec![one_, four]),
        ("?zone=Safi", vec![three]),
        (&format!("?equipe_id={team}&sort=-id&limit=2"), vec![four, three]),
        ("?disponibilite=conge", vec![]),
        ("?sort=nom", vec![two, four, three, one_]),
        ("?sort=zone_intervention", vec![three, one_, two, four]),
        (
            &format!("/available?competences={weld},{cool}&niveau_min=avance&zone=Tanger"),
            vec![one_],
        ),
        (&format!("/available?competences={weld}"), vec![one_, two, four]),
    ] {
        assert_eq!(list(query).await, expected, "{query}");
    }
    assert_eq!(
        s.patch(
            ADMIN,
            &format!("/api/v1/users/{account_of_four}"),
            &json!({ "is_active": false })
        )
        .await
        .status,
        200
    );
    s.patch(
        MANAGER,
        &format!("{}/disponibilite", one(one_)),
        &json!({ "action": "partir_en_conge" }),
    )
    .await;
    assert_eq!(list("/available").await, [two, three]);
    assert_eq!(list("?disponibilite=conge").await, [one_]);
    for (query, field) in [
        ("?niveau_min=expert", "niveau_min"),
        ("/available?niveau_min=expert", "niveau_min"),
        ("/available?competences=1,x", "competences[1]"),
        (
            &format!("/available?competences={}", vec!["1"; 21].join(",")),
            "competences",
        ),
        ("?competence=x", "competence"),
        ("?disponibilite=Conge", "disponibilite"),
        ("?sort=taux_horaire", "sort"),
        ("?specialite=x", "specialite"),
    ] {
        let reply = s.get(MANAGER, &format!("{ALL}{query}")).await;
        assert_eq!(
            (reply.status, reply.issues()[0].0.as_str()),
            (422, field),
            "{query}"
        );
    }
}

#[actix_web::test]
async fn teams_are_led_by_managers() {
    let s = stored().await;
    let id = s
        .made(TEAMS, &json!({ "nom": "Nord", "responsable_id": 2 }))
        .await;
    let path = format!("{TEAMS}/{id}");
    for unfit in [3, 4, 999_999] {
        let refused = s.patch(MANAGER, &path, &json!({ "responsable_id": unfit })).await;
        assert_eq!(
            (refused.status, refused.issues()),
            (422, issue("responsable_id", "UNKNOWN_REFERENCE")),
            "{unfit}"
        );
    }
    assert_eq!(
        s.post(MANAGER, TEAMS, &json!({ "nom": "Nord" })).await.code(),
        "ALREADY_EXISTS"
    );
    assert_eq!(
        s.post(MANAGER, TEAMS, &json!({ "nom": "x".repeat(101) }))
            .await
            .issues(),
        issue("nom", "TOO_LONG")
    );
    let renamed = s.patch(MANAGER, &path, &json!({ "nom": "Nord-Ouest" })).await;
    assert_eq!(
        (&renamed.json()["responsable_id"], renamed.header("etag")),
        (&json!(2), Some("\"v2\""))
    );
    let mut whole = renamed.json();
    whole["responsable_id"] = Value::Null;
    let put = s.put(MANAGER, &path, &whole).await;
    assert_eq!(
        (put.status, &put.json()["responsable_id"]),
        (200, &Value::Null),
        "{:?}",
        put.body
    );
    assert_eq!(s.get(TECHNICIAN, &path).await.json(), put.json());
    s.made(ALL, &json!({ "user_id": 3, "equipe_id": id })).await;
    assert_eq!(s.delete(MANAGER, &path).await.code(), "IN_USE");
    assert_eq!(ids(&s.get(TECHNICIAN, TEAMS).await), [id]);
    assert_eq!(s.get(MANAGER, &format!("{TEAMS}/999999")).await.status, 404);
}
