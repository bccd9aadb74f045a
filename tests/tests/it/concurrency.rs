//! Many at once: one effect, one trace of it, and an answer that says so to everybody.

use std::collections::BTreeMap;
use std::time::Duration;

use black_box::world::{self, PASSWORD, World, unique};
use black_box::{Answer, Client, Stack};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

/// Sends `count` requests at once.
async fn all_at_once<F: Future<Output = Answer>>(count: usize, request: impl Fn(usize) -> F) -> Vec<Answer> {
    join_all((0..count).map(request)).await
}

/// Sends `count` requests at once; whoever is told to come back later does.
async fn all_in_the_end<F: Future<Output = Answer>>(
    count: usize,
    request: impl Fn(usize) -> F,
) -> Vec<Answer> {
    join_all((0..count).map(|n| {
        let request = &request;
        async move {
            for _ in 0..200 {
                let answer = request(n).await;
                if answer.status != 503 {
                    return answer;
                }
                answer.assert_problem();
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            panic!("only 503 for 200 tries");
        }
    }))
    .await
}

fn count(answers: &[Answer]) -> BTreeMap<(u16, String), usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry((answer.status.as_u16(), answer.code())).or_default() += 1;
    }
    counts
}

fn expected<const N: usize>(of: [(u16, &str, usize); N]) -> BTreeMap<(u16, String), usize> {
    of.into_iter()
        .map(|(status, code, count)| ((status, code.to_owned()), count))
        .collect()
}

#[tokio::test]
async fn two_hundred_starts_and_closes_of_one_job_have_one_effect_each() {
    let stack = Stack::start().await;
    let world = World::of(&stack).await;
    let (db, job, caller) = (stack.db(), world.job, &world.manager.caller);
    let path = format!("/interventions/{job}/status");
    let history = |action: &str| {
        db.number(&format!(
            "SELECT count(*) FROM historiques_interventions WHERE intervention_id = {job} AND action_type = '{action}'"
        ))
    };
    let events = |kind: &str| {
        db.number(&format!(
            "SELECT count(*) FROM evenements WHERE kind = '{kind}' AND aggregate_id = {job}"
        ))
    };

    let equipment = world.client.equipment;
    let state = |sql: &str| db.rows(&sql.replace("{id}", &equipment.to_string()));

    let answers = all_in_the_end(200, |_| caller.patch(&path, json!({"action": "demarrer"}))).await;
    assert_eq!(
        count(&answers),
        expected([(200, "", 1), (409, "INVALID_TRANSITION", 199)])
    );
    let refusal = answers.iter().find(|a| a.status == 409).unwrap().json();
    let would_work = refusal["actions_possibles"]
        .as_array()
        .expect("what would work instead");
    assert!(would_work.contains(&json!("cloturer")), "{refusal}");
    assert_eq!(
        (history("changement_statut"), events("intervention.statut_change")),
        (1, 1)
    );
    let holders = format!("SELECT count(*) FROM equipements_detentions WHERE intervention_id = {job}");
    assert_eq!(db.number(&holders), 1);
    let tech = &db.rows(&format!(
        "SELECT disponibilite, version FROM techniciens WHERE id = {}",
        world.technician.id
    ))[0];
    assert_eq!(tech, &json!({"disponibilite": "occupe", "version": 2}));

    let close = json!({"action": "cloturer", "compte_rendu": "Roulement remplacé, essai concluant"});
    let answers = all_in_the_end(200, |_| caller.patch(&path, close.clone())).await;
    assert_eq!(
        count(&answers),
        expected([(200, "", 1), (409, "INVALID_TRANSITION", 199)])
    );
    assert_eq!(
        (
            history("cloture"),
            history("changement_statut"),
            events("intervention.cloturee")
        ),
        (1, 1, 1)
    );
    let tech = &db.rows(&format!(
        "SELECT disponibilite, version FROM techniciens WHERE id = {}",
        world.technician.id
    ))[0];
    assert_eq!(tech, &json!({"disponibilite": "disponible", "version": 3}));
    // The equipment is given back once, and the downtime has ended with it.
    assert_eq!(
        state("SELECT statut, version FROM equipements WHERE id = {id}"),
        [json!({"statut": "operationnel", "version": 3})]
    );
    assert_eq!(
        state("SELECT jusqu_a IS NOT NULL AS over FROM equipements_detentions WHERE equipement_id = {id}"),
        [json!({"over": true})]
    );
    assert_eq!(
        state("SELECT fin IS NOT NULL AS over FROM arrets_equipement WHERE equipement_id = {id}"),
        [json!({"over": true})]
    );
}

/// Everybody wants something else of one job: whatever order comes of it, it is one that the machine allows.
#[tokio::test]
async fn actions_that_race_for_one_job_happen_one_after_the_other() {
    let stack = Stack::start().await;
    let world = World::of(&stack).await;
    let (db, job, caller) = (stack.db(), world.job, &world.manager.caller);
    let path = format!("/interventions/{job}/status");
    let actions = [
        json!({"action": "demarrer"}),
        json!({"action": "mettre_en_attente", "motif": "pieces"}),
        json!({"action": "reprendre"}),
        json!({"action": "cloturer", "compte_rendu": "Roulement remplacé, essai concluant"}),
    ];
    let answers = all_in_the_end(200, |n| caller.patch(&path, actions[n % 4].clone())).await;
    let done = |action: &Value| {
        let sent = action.to_string();
        answers
            .iter()
            .filter(|a| a.status == 200 && a.what.ends_with(&sent))
            .count()
    };
    let refused = answers
        .iter()
        .filter(|a| a.status == 409 && a.code() == "INVALID_TRANSITION")
        .count();
    let [started, held, resumed, closed] = [0, 1, 2, 3].map(|n| done(&actions[n]));
    assert_eq!(
        started + held + resumed + closed + refused,
        200,
        "{:?}",
        count(&answers)
    );
    // One start, then holds and resumptions in turns, and nothing after a close.
    assert!(
        started == 1
            && (held == resumed || held == resumed + 1)
            && closed <= 1
            && closed + held - resumed <= 1,
        "{started} started, {held} held, {resumed} resumed, {closed} closed"
    );
    let states = ["en_cours", "en_attente", "cloturee"];
    let state = states[(held - resumed) + 2 * closed];
    assert_eq!(
        caller.get(&format!("/interventions/{job}")).await.expect(200)["statut"],
        state
    );
    let number = |sql: &str| usize::try_from(db.number(&sql.replace("{id}", &job.to_string()))).unwrap();
    let traces =
        "SELECT count(*) FROM historiques_interventions WHERE intervention_id = {id} AND action_type";
    assert_eq!(
        (
            number(&format!("{traces} = 'changement_statut'")),
            number(&format!("{traces} = 'cloture'"))
        ),
        (started + held + resumed, closed)
    );
    assert_eq!(
        number(
            "SELECT count(*) FROM evenements WHERE aggregate_id = {id} AND kind = 'intervention.statut_change'"
        ),
        started + held + resumed + closed
    );
    assert_eq!(
        number("SELECT count(*) FROM interventions_attentes WHERE intervention_id = {id}"),
        held
    );
    let waiting = "SELECT count(*) FROM interventions_attentes WHERE intervention_id = {id} AND fin IS NULL";
    let held_equipment =
        "SELECT count(*) FROM equipements_detentions WHERE intervention_id = {id} AND jusqu_a IS NULL";
    assert_eq!(
        (number(waiting), number(held_equipment)),
        (held - resumed, 1 - closed)
    );
}

#[tokio::test]
async fn a_hundred_posts_with_one_key_make_one_row() {
    let stack = Stack::start().await;
    let world = World::of(&stack).await;
    let (db, caller) = (stack.db(), &world.manager.caller);
    let title = format!("Demande répétée {}", unique());
    let body = json!({
        "equipement_id": world.client.equipment, "type": "corrective", "titre": title,
        "description": "Fuite d'huile sous le groupe hydraulique",
    });
    let send = |key: &str, body: Value| {
        caller
            .call(Method::POST, "/interventions")
            .header("Idempotency-Key", key)
            .json(body)
    };

    let answers = all_at_once(100, |_| send("cle-1", body.clone()).send()).await;
    let (done, waiting): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.status == 201);
    assert!(
        waiting.iter().all(|a| a.code() == "IDEMPOTENCY_RUNNING"),
        "{:?}",
        count(&answers)
    );
    assert_eq!(
        done.iter()
            .filter(|a| a.header("idempotent-replay") != "true")
            .count(),
        1,
        "{:?}",
        count(&answers)
    );
    assert!(
        done.iter()
            .all(|a| a.body == done[0].body && a.header("location") == done[0].header("location"))
    );
    let rows = |title: &str| {
        db.number(&format!(
            "SELECT count(*) FROM interventions WHERE titre = '{title}'"
        ))
    };
    assert_eq!(rows(&title), 1);
    assert_eq!(
        db.number(&format!(
            "SELECT count(*) FROM evenements WHERE aggregate_id = {}",
            world::id(&done[0].json())
        )),
        1
    );

    let again = send("cle-1", body.clone()).send().await;
    assert_eq!(
        (again.status, &again.body, again.header("etag")),
        (done[0].status, &done[0].body, done[0].header("etag"))
    );
    assert_eq!(again.header("idempotent-replay"), "true");
    let mut other = body.clone();
    other["titre"] = "Autre titre".into();
    send("cle-1", other)
        .send()
        .await
        .refused(422, "IDEMPOTENCY_MISMATCH");

    // The key is one caller's: somebody else's equal key is another key.
    let answer = world
        .admin
        .call(Method::POST, "/interventions")
        .header("Idempotency-Key", "cle-1")
        .json(body)
        .send()
        .await;
    answer.expect(201);
    assert_eq!(answer.header("idempotent-replay"), "");
    assert_eq!(rows(&title), 2);
}

#[tokio::test]
async fn of_many_accounts_with_one_address_one_is_made() {
    let stack = Stack::start().await;
    let admin = stack.admin().await;
    let answers = all_at_once(40, |n| {
        // The address differs in case: it is one address all the same.
        let email = if n % 2 == 0 {
            "Meme.Adresse@essai.ma"
        } else {
            "meme.adresse@ESSAI.ma"
        };
        let body = json!({
            "username": format!("double.{n}"), "email": email, "full_name": "Double Compte", "role": "client",
            "password": PASSWORD,
        });
        let admin = admin.clone();
        async move { admin.post("/users", body).await }
    })
    .await;
    assert_eq!(
        count(&answers),
        expected([(201, "", 1), (409, "ALREADY_EXISTS", 39)])
    );
    let refusal = answers.iter().find(|a| a.status == 409).unwrap().json();
    assert_eq!(refusal["champ"], "email", "{refusal}");
    assert_eq!(
        stack
            .db()
            .number("SELECT count(*) FROM users WHERE lower(email) = 'meme.adresse@essai.ma'"),
        1
    );
}

async fn refresh(caller: &Client, token: &str) -> Answer {
    caller
        .post("/auth/refresh", json!({"refresh_token": token}))
        .await
}

#[tokio::test]
async fn a_refresh_race_has_one_successor_and_a_reuse_ends_the_session() {
    let stack = Stack::start().await;
    let admin = stack.admin().await;
    let person = world::person(&admin, "technicien").await;
    let anonymous = stack.anonymous();
    let live = |stack: &Stack| {
        stack.db().number(&format!(
            "SELECT count(*) FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id \
             WHERE s.user_id = {} AND t.used_at IS NULL AND s.ended_at IS NULL",
            person.user
        ))
    };

    let answers = all_at_once(64, |_| refresh(&anonymous, &person.refresh)).await;
    assert_eq!(count(&answers), expected([(200, "", 64)]));
    let successor = answers[0].json()["refresh_token"].as_str().unwrap().to_owned();
    assert!(
        answers
            .iter()
            .all(|a| a.json()["refresh_token"] == successor.as_str())
    );
    assert_ne!(successor, person.refresh);
    assert_eq!(live(&stack), 1);

    // Once the successor is used, whoever still shows the first token stole it, or was robbed.
    let next = refresh(&anonymous, &successor).await.expect(200);
    let access = anonymous.bearing(next["access_token"].as_str().unwrap());
    access.get("/users/me").await.expect(200);
    refresh(&anonymous, &person.refresh)
        .await
        .refused(401, "REFRESH_TOKEN_REUSED");
    refresh(&anonymous, next["refresh_token"].as_str().unwrap())
        .await
        .refused(401, "SESSION_ENDED");
    assert_eq!(live(&stack), 0);
    black_box::within("the session is refused", Duration::from_secs(1), || async {
        access.get("/users/me").await.status == 401
    })
    .await;
}
