//! Skills, and who has them until when.

use super::*;

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
