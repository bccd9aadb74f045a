//! Technicians, teams and skills over HTTP, on PostgreSQL.

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
async fn availability_follows_its_machine_and_is_told() {
    let s = stored().await;
    let (id, ..) = full(&s).await;
    let path = format!("{}/disponibilite", one(id));
    let act = async |action: &str| s.patch(MANAGER, &path, &json!({ "action": action })).await;
    let leave = act("partir_en_conge").await;
    assert_eq!(
        (leave.status, leave.header("etag")),
        (200, Some("\"v2\"")),
        "{:?}",
        leave.body
    );
    let json = leave.json();
    assert_eq!(
        (&json["disponibilite"], &json["disponible"]),
        (&json!("conge"), &json!(false))
    );
    assert_eq!(json["actions_possibles"], json!(["redevenir_disponible"]));
    assert_eq!(
        (
            &json["interventions_a_reaffecter"],
            &json["intervention_interrompue"]
        ),
        (&json!([]), &Value::Null)
    );

    let refused = act("declarer_indisponible").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (409, "INVALID_TRANSITION")
    );
    assert_eq!(refused.json()["disponibilite"], "conge");
    assert_eq!(
        refused.json()["actions_possibles"],
        json!(["redevenir_disponible"])
    );
    for (body, field, code) in [
        (json!({ "action": "dormir" }), "action", "UNKNOWN_VALUE"),
        (json!({}), "action", "REQUIRED"),
        (
            json!({ "action": "partir_en_conge", "motif": "x".repeat(2001) }),
            "motif",
            "TOO_LONG",
        ),
        (
            json!({ "action": "partir_en_conge", "disponibilite": "x" }),
            "disponibilite",
            "UNKNOWN_FIELD",
        ),
    ] {
        let refused = s.patch(MANAGER, &path, &body).await;
        assert_eq!(
            (refused.status, refused.issues()),
            (422, issue(field, code)),
            "{body}"
        );
    }
    let stale = ask("PATCH", &path)
        .by(&s.world, MANAGER)
        .header("if-match", "\"v1\"")
        .json(&json!({ "action": "redevenir_disponible" }))
        .send(&s.world)
        .await;
    assert_eq!(stale.status, 412, "before the state is judged");
    for action in [
        "redevenir_disponible",
        "partir_en_formation",
        "redevenir_disponible",
        "declarer_indisponible",
    ] {
        assert_eq!(act(action).await.status, 200, "{action}");
    }
    assert_eq!(
        s.db.number(
            "SELECT count(*) FROM evenements WHERE kind = 'technicien.disponibilite_change' AND actor_id = 2 \
             AND aggregate_id = (SELECT id FROM techniciens)"
        ),
        5,
        "one per change, none for what was refused"
    );
    assert_eq!(
        s.patch(
            MANAGER,
            &format!("{}/disponibilite", one(999_999)),
            &json!({ "action": "partir_en_conge" })
        )
        .await
        .status,
        404
    );
}

#[actix_web::test]
async fn falling_ill_at_work_leaves_the_job_waiting_in_one_transaction() {
    let s = stored().await;
    let (id, ..) = full(&s).await;
    let client = s.made("/api/v1/clients", &json!({ "nom_entreprise": "A" })).await;
    s.job(1, client, Some(id), "en_cours");
    s.job(2, client, Some(id), "ouverte");
    s.job(3, client, None, "ouverte");
    s.db.execute(&format!(
        "UPDATE techniciens SET disponibilite = 'occupe' WHERE id = {id}"
    ));
    let path = format!("{}/disponibilite", one(id));
    let refused = s
        .patch(MANAGER, &path, &json!({ "action": "redevenir_disponible" }))
        .await;
    assert_eq!(
        refused.json()["actions_possibles"],
        json!(["declarer_indisponible", "partir_en_conge", "partir_en_formation"])
    );

    let body = json!({ "action": "declarer_indisponible", "motif": "Fièvre" });
    let away = s.patch(MANAGER, &path, &body).await;
    assert_eq!(away.status, 200, "{:?}", away.body);
    let json = away.json();
    assert_eq!(
        (&json["disponibilite"], &json["intervention_interrompue"]),
        (&json!("indisponible"), &json!(1))
    );
    assert_eq!(json["interventions_a_reaffecter"], json!([2]));
    for (what, sql) in [
        (
            "the job waits for its technician",
            "SELECT count(*) FROM interventions WHERE id = 1 AND statut = 'en_attente' \
             AND motif_attente = 'technicien_indisponible' AND technicien_id IS NOT NULL",
        ),
        (
            "since now",
            "SELECT count(*) FROM interventions_attentes WHERE intervention_id = 1 AND fin IS NULL \
             AND debut = '2026-03-02T09:00:00Z'",
        ),
        (
            "the history says so once",
            "SELECT count(*) FROM historiques_interventions WHERE intervention_id = 1 \
             AND action_type = 'changement_statut' AND user_id = 2 AND details LIKE '%Fièvre%'",
        ),
        (
            "the equipment stays held",
            "SELECT count(*) FROM equipements_detentions WHERE jusqu_a IS NULL",
        ),
        (
            "and in maintenance",
            "SELECT count(*) FROM equipements WHERE id = 1 AND statut = 'maintenance'",
        ),
        (
            "the job's event",
            "SELECT count(*) FROM evenements WHERE kind = 'intervention.statut_change'",
        ),
        (
            "the technician's event",
            "SELECT count(*) FROM evenements WHERE kind = 'technicien.disponibilite_change'",
        ),
    ] {
        assert_eq!(s.db.number(sql), 1, "{what}");
    }
    // Who has jobs stays known.
    assert_eq!(s.delete(MANAGER, &one(id)).await.code(), "IN_USE");
}

#[actix_web::test]
async fn a_leave_that_is_asked_for_at_work_begins_when_the_job_ends() {
    let s = stored().await;
    let (id, ..) = full(&s).await;
    let client = s.made("/api/v1/clients", &json!({ "nom_entreprise": "A" })).await;
    s.job(1, client, Some(id), "en_cours");
    s.db.execute(&format!(
        "UPDATE techniciens SET disponibilite = 'occupe' WHERE id = {id}"
    ));
    let path = format!("{}/disponibilite", one(id));
    let act = async |action: &str| s.patch(MANAGER, &path, &json!({ "action": action })).await;
    for (action, waits) in [
        ("partir_en_formation", json!("formation")),
        ("redevenir_disponible", Value::Null),
        ("partir_en_conge", json!("conge")),
    ] {
        let answer = act(action).await;
        assert_eq!(answer.status, 200, "{action} {:?}", answer.body);
        let json = answer.json();
        assert_eq!(
            (&json["disponibilite"], &json["absence_en_attente"]),
            (&json!("occupe"), &waits),
            "{action}"
        );
        assert_eq!(json["intervention_interrompue"], Value::Null, "the job goes on");
    }
    let twice = act("partir_en_conge").await;
    assert_eq!((twice.status, twice.code().as_str()), (409, "INVALID_TRANSITION"));
    let events = "SELECT count(*) FROM evenements WHERE kind = 'technicien.disponibilite_change'";
    assert_eq!(s.db.number(events), 0, "nothing has changed yet");

    let report = json!({ "action": "cloturer", "compte_rendu": "Joint remplacé, essai concluant." });
    let closed = s.patch(MANAGER, "/api/v1/interventions/1/status", &report).await;
    assert_eq!(closed.status, 200, "{:?}", closed.body);
    let after = s.get(MANAGER, &one(id)).await.json();
    assert_eq!(
        (&after["disponibilite"], &after["absence_en_attente"]),
        (&json!("conge"), &Value::Null)
    );
    assert_eq!(s.db.number(events), 2, "through disponible");
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
async fn a_skill_that_needs_a_certificate_is_declared_until_a_day() {
    let s = stored().await;
    let skill = async |name: &str, certified: bool| {
        let body = json!({ "nom": name, "certification_requise": certified });
        s.made(SKILLS, &body).await
    };
    let (weld, cool) = (skill("Soudure", true).await, skill("Froid", false).await);
    let held = |skill: i64, until: Value| json!({ "competence_id": skill, "niveau": "expert", "valide_jusqu_au": until });
    let required = |at: usize| issue(&format!("competences[{at}].valide_jusqu_au"), "REQUIRED");
    let undated = json!([held(cool, Value::Null), held(weld, Value::Null)]);
    let refused = s
        .post(MANAGER, ALL, &json!({ "user_id": 3, "competences": undated }))
        .await;
    assert_eq!((refused.status, refused.issues()), (422, required(1)));

    let dated = json!([held(cool, Value::Null), held(weld, json!("2026-12-31"))]);
    let id = s.made(ALL, &json!({ "user_id": 3, "competences": dated })).await;
    let refused = s
        .patch(MANAGER, &one(id), &json!({ "competences": undated }))
        .await;
    assert_eq!((refused.status, refused.issues()), (422, required(1)));

    // What needs a certificate from now on stays as it is, and counts for nothing until it is dated.
    let able = async |skill: i64| {
        ids(&s
            .get(MANAGER, &format!("{ALL}/available?competences={skill}"))
            .await)
    };
    assert_eq!(able(cool).await, [id]);
    let needs = json!({ "certification_requise": true });
    assert_eq!(
        s.patch(MANAGER, &format!("{SKILLS}/{cool}"), &needs).await.status,
        200
    );
    assert!(able(cool).await.is_empty());
    let same = json!({ "competences": dated, "zone_intervention": "Safi" });
    assert_eq!(s.patch(MANAGER, &one(id), &same).await.status, 200);
    let renewed = json!({ "competences": [held(cool, json!("2026-12-31"))] });
    assert_eq!(s.patch(MANAGER, &one(id), &renewed).await.status, 200);
    assert_eq!(able(cool).await, [id]);
}

#[actix_web::test]
async fn skills_answer_at_both_paths() {
    let s = stored().await;
    let made = s
        .post(
            MANAGER,
            SKILLS,
            &json!({ "nom": "Soudure", "domaine": "Mécanique" }),
        )
        .await;
    let id = made.json()["id"].as_i64().expect("id");
    assert_eq!(
        (made.status, made.header("location")),
        (201, Some(format!("{SKILLS}/{id}").as_str()))
    );
    assert_eq!(made.json()["certification_requise"], false);
    let taken = s
        .post(MANAGER, "/api/v1/competences", &json!({ "nom": "Soudure" }))
        .await;
    assert_eq!((taken.status, &taken.json()["champ"]), (409, &json!("nom")));
    let alias = format!("/api/v1/competences/{id}");
    let shown = s.get(TECHNICIAN, &alias).await;
    assert_eq!(
        (shown.json(), shown.header("deprecation").is_some()),
        (made.json(), true)
    );
    assert!(s.get(TECHNICIAN, SKILLS).await.header("deprecation").is_none());
    assert_eq!(
        s.patch(MANAGER, &alias, &json!({ "certification_requise": true }))
            .await
            .json()["version"],
        2
    );
    let put = s.put(MANAGER, &alias, &json!({ "nom": "Soudure TIG" })).await;
    assert_eq!(
        (put.status, &put.json()["domaine"]),
        (200, &Value::Null),
        "the last one counts on older paths"
    );
    let strict = s
        .put(MANAGER, &format!("{SKILLS}/{id}"), &json!({ "nom": "Soudure" }))
        .await;
    assert_eq!(strict.status, 428);
    s.made(
        ALL,
        &json!({ "user_id": 3, "competences": [{ "competence_id": id, "niveau": "debutant" }] }),
    )
    .await;
    assert_eq!(s.delete(MANAGER, &alias).await.code(), "IN_USE");
    let unused = s.made(SKILLS, &json!({ "nom": "Froid" })).await;
    assert_eq!(
        ids(&s.get(MANAGER, "/api/v1/competences").await),
        [unused, id],
        "by name"
    );
    assert_eq!(s.delete(MANAGER, &format!("{SKILLS}/{unused}")).await.status, 204);
    assert_eq!(s.get(MANAGER, &format!("{SKILLS}/{unused}")).await.status, 404);
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
