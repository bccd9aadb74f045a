//! What each reader is shown: lists, single jobs, history.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{JOBS, Shop, issue, one};
use crate::stored::{CLIENT, MANAGER, TECHNICIAN};

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .expect("object")
        .keys()
        .map(String::as_str)
        .collect()
}

fn texts(value: &Value) -> String {
    value.to_string()
}

/// A closed job with everything that could leak, rated; and one of the other client.
async fn told() -> (Shop, i64) {
    let shop = Shop::open().await;
    shop.s
        .db
        .execute("UPDATE techniciens SET telephone = '0600000001', taux_horaire = 123.45");
    let body = json!({
        "equipement_id": shop.pump, "type": "corrective", "description": "Bruit anormal au démarrage",
        "technicien_id": shop.tech, "priorite": "haute"
    });
    let job = shop.s.made(JOBS, &body).await;
    shop.moved(
        job,
        json!({ "action": "demarrer", "commentaire": "Remarque interne" }),
    )
    .await;
    let findings = json!({ "diagnostic": "Mauvais usage par le client", "compte_rendu": "Brouillon" });
    assert_eq!(shop.s.patch(MANAGER, &one(job), &findings).await.status, 200);
    shop.job_on(shop.press, None).await;
    (shop, job)
}

#[actix_web::test]
async fn a_client_is_shown_a_list_of_things_and_nothing_else() {
    let (shop, job) = told().await;
    let seen = shop.seen(CLIENT, job).await;
    let shown = [
        "id",
        "numero",
        "titre",
        "description",
        "type",
        "statut",
        "priorite",
        "est_urgente",
        "equipement_id",
        "equipement",
        "site",
        "technicien",
        "date_creation",
        "date_prevue",
        "date_affectation",
        "date_debut",
        "date_fin",
        "compte_rendu",
        "satisfaction",
        "commentaire_client",
        "sla",
        "actions_possibles",
        "version",
    ];
    assert_eq!(keys(&seen), shown.into_iter().collect());
    assert_eq!(
        (&seen["technicien"], &seen["compte_rendu"]),
        (&json!("Personne technicien"), &Value::Null),
        "a draft is not told"
    );
    shop.moved(
        job,
        json!({ "action": "cloturer", "compte_rendu": "Roulement remplacé" }),
    )
    .await;
    let seen = shop.seen(CLIENT, job).await;
    assert_eq!(seen["compte_rendu"], "Roulement remplacé");

    let list = shop.s.get(CLIENT, JOBS).await.json();
    assert_eq!(
        (&list["total"], &list["items"][0]["id"]),
        (&json!(1), &json!(job)),
        "own jobs only"
    );
    let row = [
        "id",
        "numero",
        "titre",
        "description",
        "type",
        "statut",
        "priorite",
        "est_urgente",
        "equipement_id",
        "equipement",
        "site",
        "technicien",
        "date_creation",
        "date_prevue",
        "date_affectation",
        "date_debut",
        "date_fin",
        "sla",
        "version",
    ];
    assert_eq!(keys(&list["items"][0]), row.into_iter().collect());
    let history = shop
        .s
        .get(CLIENT, &format!("{JOBS}/{job}/historique"))
        .await
        .json();
    assert_eq!(history["total"], 4);
    for entry in history["items"].as_array().expect("items") {
        assert_eq!(
            keys(entry),
            ["action_type", "date_action", "id"].into_iter().collect()
        );
    }
    for body in [&seen, &list, &history] {
        for secret in [
            "@",
            "0600000001",
            "123.45",
            "Mauvais usage",
            "Remarque interne",
            "Brouillon",
        ] {
            assert!(!texts(body).contains(secret), "{secret} in {body}");
        }
    }
}

#[actix_web::test]
async fn the_staff_see_names_history_and_what_changed() {
    let (shop, job) = told().await;
    let entries = shop
        .s
        .get(MANAGER, &format!("{JOBS}/{job}/historique?limit=2"))
        .await
        .json();
    assert_eq!(
        (
            &entries["total"],
            entries["items"].as_array().expect("items").len()
        ),
        (&json!(3), 2)
    );
    let (edited, started) = (&entries["items"][0], &entries["items"][1]);
    assert_eq!(
        (&edited["action_type"], &edited["user_nom"]),
        (&json!("commentaire"), &json!("Personne responsable"))
    );
    let change =
        |field: &str, before: Value, after: &str| json!({ "champ": field, "avant": before, "apres": after });
    assert_eq!(
        edited["metadata"],
        json!([
            change("diagnostic", Value::Null, "Mauvais usage par le client"),
            change("compte_rendu", Value::Null, "Brouillon"),
        ])
    );
    assert_eq!(
        started["details"],
        "Travaux démarrés par Personne technicien. Remarque interne"
    );
    assert_eq!(
        started["metadata"][0],
        change("statut", json!("ouverte"), "en_cours")
    );
    let cursor = entries["next_cursor"].as_str().expect("cursor");
    let rest = shop
        .s
        .get(
            MANAGER,
            &format!("{JOBS}/{job}/historique?limit=2&cursor={cursor}"),
        )
        .await
        .json();
    assert_eq!(
        (&rest["items"][0]["action_type"], &rest["next_cursor"]),
        (&json!("creation"), &Value::Null)
    );
    assert_eq!(
        shop.s
            .get(TECHNICIAN, &format!("{JOBS}/{job}/historique"))
            .await
            .json()["total"],
        3,
        "on the own job"
    );
    assert_eq!(
        shop.s
            .get(TECHNICIAN, &format!("{JOBS}/9999/historique"))
            .await
            .status,
        404
    );
}

#[actix_web::test]
async fn lists_are_narrowed_and_sorted_as_asked() {
    let shop = Shop::open().await;
    let first = shop.job(Some(shop.tech)).await;
    let second = shop.job_on(shop.press, None).await;
    let body = json!({
        "equipement_id": shop.pump, "type": "preventive", "description": "Graissage des paliers", "priorite": "critique",
        "date_prevue": "2026-04-01T08:00:00Z"
    });
    let third = shop.s.made(JOBS, &body).await;
    shop.moved(first, json!({ "action": "demarrer" })).await;
    for (query, expected) in [
        ("", vec![third, second, first]),
        ("?sort=date_creation", vec![first, second, third]),
        ("?sort=-date_creation,-id", vec![third, second, first]),
        ("?sort=urgence", vec![third, first, second]),
        ("?statut=en_cours", vec![first]),
        ("?statut=en_cours,ouverte&sort=numero", vec![first, second, third]),
        ("?type=preventive", vec![third]),
        ("?priorite=critique&est_urgente=true", vec![third]),
        (
            "?date_prevue_du=2026-04-01T00:00:00Z&date_prevue_au=2026-04-02T00:00:00Z",
            vec![third],
        ),
        (
            "?date_creation_du=2026-03-02T00:00:00Z&date_creation_au=2026-03-01T00:00:00Z",
            vec![],
        ),
    ] {
        let list = shop.s.get(MANAGER, &format!("{JOBS}{query}")).await;
        assert_eq!(list.status, 200, "{query}: {:?}", list.body);
        let found: Vec<_> = list.json()["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|i| i["id"].as_i64().expect("id"))
            .collect();
        assert_eq!(found, expected, "{query}");
    }
    for (filter, value, expected) in [
        ("client_id", shop.client, 2),
        ("equipement_id", shop.press, 1),
        ("technicien_id", shop.tech, 1),
        ("contrat_id", 5, 0),
    ] {
        assert_eq!(
            shop.s
                .get(MANAGER, &format!("{JOBS}?{filter}={value}"))
                .await
                .json()["total"],
            expected,
            "{filter}"
        );
    }
    let page = shop.s.get(MANAGER, &format!("{JOBS}?limit=2")).await.json();
    let cursor = page["next_cursor"].as_str().expect("cursor");
    let rest = shop
        .s
        .get(MANAGER, &format!("{JOBS}?limit=2&cursor={cursor}"))
        .await
        .json();
    assert_eq!(
        (&rest["items"][0]["id"], &rest["total"], &rest["next_cursor"]),
        (&json!(first), &json!(3), &Value::Null)
    );
    assert_eq!(
        shop.s.get(TECHNICIAN, JOBS).await.json()["total"],
        1,
        "assigned ones"
    );
    for (query, field, code) in [
        ("?statut=finie", "statut[0]", "UNKNOWN_VALUE"),
        ("?est_urgente=oui", "est_urgente", "WRONG_TYPE"),
        ("?sort=titre", "sort", "UNKNOWN_VALUE"),
        ("?couleur=rouge", "couleur", "UNKNOWN_FIELD"),
        ("?date_prevue_du=hier", "date_prevue_du", "INVALID_FORMAT"),
        ("?cursor=xyz", "cursor", "INVALID_FORMAT"),
    ] {
        let reply = shop.s.get(MANAGER, &format!("{JOBS}{query}")).await;
        assert_eq!(
            (reply.status, reply.issues()),
            (422, issue(field, code)),
            "{query}"
        );
    }
}
