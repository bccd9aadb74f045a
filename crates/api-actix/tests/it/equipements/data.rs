//! Data: what is sent, what is shown, what is refused.

use serde_json::{Value, json};

use super::{ALL, one, plant, pump, text};
use crate::stored::MANAGER;
use crate::support::ask;

#[actix_web::test]
async fn an_equipment_is_registered_with_all_its_data() {
    let p = plant().await;
    p.s.db
        .execute("INSERT INTO competences (nom) VALUES ('Soudage'), ('Hydraulique')");
    let skill = |nom: &str| {
        p.s.db
            .number(&format!("SELECT id FROM competences WHERE nom = '{nom}'"))
    };
    let (welding, hydraulics) = (skill("Soudage"), skill("Hydraulique"));
    p.s.db.execute(&format!(
        "INSERT INTO sites (client_id, nom) VALUES ({}, 'Usine')",
        p.atlas
    ));
    let site = p.s.db.number("SELECT id FROM sites");
    let parent = p.pump("P-0").await;
    let sent = json!({
        "client_id": p.atlas, "site_id": site, "parent_id": parent, "nom": "Compresseur à vis",
        "modele": "GA 37", "marque": "", "numero_serie": "C-1", "type_equipement": "pneumatique",
        "criticite": "critique", "localisation": "Hall", "date_installation": "2025-12-01",
        "frequence_maintenance_jours": 30, "compteur_unite": "h", "compteur_valeur": 8450.5,
        "valeur_remplacement": "185000.5", "notes": "Ligne 1\r\nLigne 2",
        "competences_requises": [hydraulics, { "competence_id": welding, "niveau_min": "expert" }]
    });
    let reply = p.s.post(MANAGER, ALL, &sent).await;
    assert_eq!(reply.status, 201, "{:?}", reply.body);
    let json = reply.json();
    let id = json["id"].as_i64().expect("id");
    assert_eq!(reply.header("location"), Some(one(id).as_str()));
    assert_eq!(reply.header("etag"), Some("\"v1\""));
    for (field, expected) in [
        ("client_id", json!(p.atlas)),
        ("client", json!({ "id": p.atlas, "nom_entreprise": "Atlas" })),
        ("site", json!({ "id": site, "nom": "Usine" })),
        ("parent_id", json!(parent)),
        ("nom_equipement", json!("Compresseur à vis")),
        ("modele", json!("GA 37")),
        ("marque", Value::Null),
        ("statut", json!("operationnel")),
        ("criticite", json!("critique")),
        ("date_installation", json!("2025-12-01")),
        ("prochaine_maintenance", json!("2025-12-31")),
        ("compteur_valeur", json!("8450.500")),
        ("valeur_remplacement", json!("185000.50")),
        ("notes", json!("Ligne 1\nLigne 2")),
        (
            "competences_requises",
            json!([
                { "competence_id": welding, "niveau_min": "expert" },
                { "competence_id": hydraulics, "niveau_min": "debutant" }
            ]),
        ),
        (
            "competences",
            json!([{ "id": welding, "nom": "Soudage" }, { "id": hydraulics, "nom": "Hydraulique" }]),
        ),
        (
            "actions_possibles",
            json!(["declarer_panne", "mettre_en_maintenance", "mettre_hors_service"]),
        ),
        ("en_panne_depuis", Value::Null),
        ("version", json!(1)),
    ] {
        assert_eq!(json[field], expected, "{field}");
    }
    assert!(json.get("nom").is_none(), "one name in answers");
    let code = text(&json["code_public"]);
    assert!(
        code.len() == 32 && code.bytes().all(|b| b.is_ascii_hexdigit()),
        "{code}"
    );
    assert_ne!(
        p.s.get(MANAGER, &one(parent)).await.json()["code_public"],
        json["code_public"]
    );
    let shown = p.s.get(MANAGER, &one(id)).await;
    assert_eq!((shown.json(), shown.header("etag")), (json, Some("\"v1\"")));
}

#[actix_web::test]
async fn what_is_wrong_is_told_with_what_would_be_right() {
    let p = plant().await;
    let with = |field: &str, value: Value| {
        let mut body = pump(p.atlas, "P-1");
        body[field] = value;
        body
    };
    for (body, field, code) in [
        (with("statut", json!("en_panne")), "statut", "UNKNOWN_FIELD"),
        (with("nom", json!("Autre")), "nom", "AMBIGUOUS"),
        (with("nom_equipement", json!("")), "nom_equipement", "REQUIRED"),
        (with("client_id", json!(9_999)), "client_id", "UNKNOWN_REFERENCE"),
        (with("site_id", json!(9_999)), "site_id", "UNKNOWN_REFERENCE"),
        (with("parent_id", json!(9_999)), "parent_id", "UNKNOWN_REFERENCE"),
        (
            with("competences_requises", json!([7])),
            "competences_requises[0].competence_id",
            "UNKNOWN_REFERENCE",
        ),
        (
            with(
                "competences_requises",
                json!([{ "competence_id": 7, "niveau_min": "maitre" }]),
            ),
            "competences_requises[0].niveau_min",
            "UNKNOWN_VALUE",
        ),
        (
            with("competences_requises", json!(["7"])),
            "competences_requises[0]",
            "WRONG_TYPE",
        ),
        (
            with("type_equipement", json!("nucleaire")),
            "type_equipement",
            "UNKNOWN_VALUE",
        ),
        (with("criticite", json!("grave")), "criticite", "UNKNOWN_VALUE"),
        (
            with("frequence_maintenance_jours", json!(0)),
            "frequence_maintenance_jours",
            "OUT_OF_RANGE",
        ),
        (
            with("compteur_valeur", json!("-1")),
            "compteur_valeur",
            "OUT_OF_RANGE",
        ),
        (
            with("valeur_remplacement", json!("1.005")),
            "valeur_remplacement",
            "INVALID_FORMAT",
        ),
        (
            with("date_installation", json!("2026-02-30")),
            "date_installation",
            "INVALID_FORMAT",
        ),
        (with("notes", json!("a\u{0}b")), "notes", "INVALID_FORMAT"),
        (
            with("localisation", json!("x".repeat(256))),
            "localisation",
            "TOO_LONG",
        ),
    ] {
        let reply = p.s.post(MANAGER, ALL, &body).await;
        assert_eq!(reply.status, 422, "{body}: {:?}", reply.body);
        assert_eq!(reply.issues(), [(field.to_owned(), code.to_owned())], "{body}");
    }
    let kind =
        p.s.post(MANAGER, ALL, &with("type_equipement", json!("nucleaire")))
            .await
            .json();
    assert!(
        text(&kind["errors"][0]["message"]).contains("mecanique"),
        "{kind}"
    );
    assert_eq!(p.count("equipements"), 0);
}

#[actix_web::test]
async fn a_serial_number_is_taken_once_per_client() {
    let p = plant().await;
    let first = p.pump("P-1").await;
    let reply = p.s.post(MANAGER, ALL, &pump(p.atlas, "P-1")).await;
    assert_eq!((reply.status, reply.code().as_str()), (409, "ALREADY_EXISTS"));
    assert_eq!(reply.json()["champ"], "numero_serie");
    assert_eq!(p.s.post(MANAGER, ALL, &pump(p.rif, "P-1")).await.status, 201);
    let second = p.pump("P-2").await;
    let reply =
        p.s.patch(MANAGER, &one(second), &json!({ "numero_serie": "P-1" }))
            .await;
    assert_eq!((reply.status, reply.code().as_str()), (409, "ALREADY_EXISTS"));
    assert_eq!(p.s.get(MANAGER, &one(first)).await.json()["version"], 1);
}

#[actix_web::test]
async fn what_other_rows_say_does_not_hinder_a_replacement() {
    let p = plant().await;
    let id = p.pump("P-1").await;
    let mut read = p.s.get(MANAGER, &one(id)).await.json();
    p.s.db
        .execute("UPDATE clients SET nom_entreprise = 'Atlas et fils' WHERE nom_entreprise = 'Atlas'");
    read["modele"] = json!("NX");
    let done = p.s.put(MANAGER, &one(id), &read).await;
    assert_eq!(done.status, 200, "{:?}", done.body);
    assert_eq!(done.json()["client"]["nom_entreprise"], "Atlas et fils");
    // Who names no version replaces whatever is there, but a state that is not the present one may be a wish.
    assert_eq!(p.done(id, "declarer_panne").await, "en_panne");
    read.as_object_mut().expect("object").remove("version");
    let path = format!("/equipements/{id}");
    let legacy = p.s.put(MANAGER, &path, &read).await;
    let expected = vec![("statut".to_owned(), "READ_ONLY".to_owned())];
    assert_eq!((legacy.status, legacy.issues()), (422, expected));
    read["statut"] = json!("en_panne");
    let legacy = p.s.put(MANAGER, &path, &read).await;
    assert_eq!(
        (legacy.status, &legacy.json()["statut"]),
        (200, &json!("en_panne"))
    );
}

#[actix_web::test]
async fn a_reason_of_two_lines_is_taken_back() {
    let p = plant().await;
    let id = p.pump("P-1").await;
    let retired = p
        .act(
            MANAGER,
            id,
            json!({ "action": "mettre_hors_service", "motif": "Usée.\nRemplacée." }),
        )
        .await;
    assert_eq!(retired.status, 200, "{:?}", retired.body);
    let read = p.s.get(MANAGER, &one(id)).await.json();
    assert_eq!(read["motif_reforme"], "Usée.\nRemplacée.");
    let back = p.s.put(MANAGER, &one(id), &read).await;
    assert_ne!(back.status, 422, "{:?}", back.body);
}

#[actix_web::test]
async fn what_was_read_can_be_put_back_and_only_what_can_be_written_changes() {
    let p = plant().await;
    let id = p.pump("P-1").await;
    let read = p.s.get(MANAGER, &one(id)).await.json();
    let back = p.s.put(MANAGER, &one(id), &read).await;
    assert_eq!(
        (back.status, back.header("etag")),
        (200, Some("\"v1\"")),
        "nothing changed: {:?}",
        back.body
    );

    let mut changed = read.clone();
    changed["modele"] = json!("NX");
    changed["code_public"] = json!("autre");
    changed["statut"] = json!("en_panne");
    let refused = p.s.put(MANAGER, &one(id), &changed).await;
    let fields: Vec<_> = refused.issues();
    let expected = ["code_public", "statut"].map(|f| (f.to_owned(), "READ_ONLY".to_owned()));
    assert_eq!((refused.status, fields.as_slice()), (422, expected.as_slice()));

    changed["code_public"] = read["code_public"].clone();
    changed["statut"] = read["statut"].clone();
    let done = p.s.put(MANAGER, &one(id), &changed).await;
    assert_eq!((done.status, done.header("etag")), (200, Some("\"v2\"")));
    assert_eq!(done.json()["modele"], "NX");

    let stale = p.s.put(MANAGER, &one(id), &changed).await;
    assert_eq!(
        (stale.status, stale.json()["version_actuelle"].as_i64()),
        (412, Some(2))
    );
    changed.as_object_mut().expect("object").remove("version");
    assert_eq!(p.s.put(MANAGER, &one(id), &changed).await.status, 428);
    let stale = ask("PATCH", &one(id))
        .by(&p.s.world, MANAGER)
        .header("if-match", "\"v1\"");
    assert_eq!(
        stale
            .json(&json!({ "modele": "M" }))
            .send(&p.s.world)
            .await
            .status,
        412
    );
    let emptied =
        p.s.patch(
            MANAGER,
            &one(id),
            &json!({ "modele": null, "compteur_valeur": "3" }),
        )
        .await
        .json();
    assert_eq!(
        (&emptied["modele"], &emptied["compteur_valeur"]),
        (&Value::Null, &json!("3.000"))
    );
}

#[actix_web::test]
async fn a_tree_has_no_cycle_and_is_shown_whole() {
    let p = plant().await;
    let (root, part) = (p.pump("P-1").await, p.pump("P-2").await);
    let below = json!({ "parent_id": root });
    assert_eq!(p.s.patch(MANAGER, &one(part), &below).await.status, 200);
    for parent in [root, part] {
        let refused =
            p.s.patch(MANAGER, &one(root), &json!({ "parent_id": parent }))
                .await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (409, "EQUIPMENT_CYCLE"),
            "{parent}"
        );
    }
    let foreign = p.s.made(ALL, &pump(p.rif, "R-1")).await;
    let refused = p.s.patch(MANAGER, &one(foreign), &below).await;
    assert_eq!(
        refused.issues(),
        [("parent_id".to_owned(), "UNKNOWN_REFERENCE".to_owned())]
    );

    let tree = p.s.get(MANAGER, &format!("{}/arbre", one(part))).await.json();
    assert_eq!(
        (tree["equipement_id"].as_i64(), tree["racine_id"].as_i64()),
        (Some(part), Some(root))
    );
    let node = |id: i64, parent: Value, serial: &str| {
        json!({
            "id": id, "parent_id": parent, "nom_equipement": format!("Pompe {serial}"),
            "statut": "operationnel", "criticite": "standard"
        })
    };
    assert_eq!(
        tree["items"],
        json!([node(root, Value::Null, "P-1"), node(part, json!(root), "P-2")])
    );
    let used = p.s.delete(MANAGER, &one(root)).await;
    assert_eq!((used.status, used.code().as_str()), (409, "IN_USE"));
    assert_eq!(p.s.delete(MANAGER, &one(part)).await.status, 204);
    assert_eq!(p.s.get(MANAGER, &one(part)).await.status, 404);
}

#[actix_web::test]
async fn lists_are_narrowed_and_ordered() {
    let p = plant().await;
    for (serial, criticality, due) in [
        ("P-1", "standard", "2026-03-01"),
        ("P-2", "critique", "2026-03-05"),
        ("P-3", "important", "2026-09-01"),
    ] {
        let mut body = pump(p.atlas, serial);
        body["criticite"] = json!(criticality);
        body["prochaine_maintenance"] = json!(due);
        p.s.made(ALL, &body).await;
    }
    p.s.made(ALL, &pump(p.rif, "R-1")).await;
    let serials = async |query: &str| {
        let reply = p.s.get(MANAGER, &format!("{ALL}?{query}")).await;
        assert_eq!(reply.status, 200, "{query}: {:?}", reply.body);
        let json = reply.json();
        json["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|e| text(&e["numero_serie"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(serials("").await, ["P-1", "P-2", "P-3", "R-1"]);
    assert_eq!(
        serials("echeance_avant=2026-03-31&sort=criticite").await,
        ["P-2", "P-1"]
    );
    assert_eq!(
        serials("sort=-prochaine_maintenance&limit=2&offset=1").await,
        ["P-3", "P-2"]
    );
    assert_eq!(serials(&format!("client_id={}", p.rif)).await, ["R-1"]);
    assert_eq!(
        serials("criticite=important&statut=operationnel&type_equipement=hydraulique").await,
        ["P-3"]
    );
    for (query, field, code) in [
        ("statut=casse", "statut", "UNKNOWN_VALUE"),
        ("echeance_avant=demain", "echeance_avant", "INVALID_FORMAT"),
        ("client_id=x", "client_id", "WRONG_TYPE"),
        ("couleur=vert", "couleur", "UNKNOWN_FIELD"),
        ("sort=notes", "sort", "UNKNOWN_VALUE"),
    ] {
        let reply = p.s.get(MANAGER, &format!("{ALL}?{query}")).await;
        assert_eq!(
            (reply.status, reply.issues()),
            (422, vec![(field.to_owned(), code.to_owned())]),
            "{query}"
        );
    }
}
