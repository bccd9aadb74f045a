//! The product's main job, as the people in it do it: a request becomes a closed job, and everybody
//! who must know of it is told, once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use black_box::world::{self, World};
use black_box::{Database, Options, Stack, within};
use serde_json::{Value, json};
use test_support::smtp::{Received, SmtpMode, SmtpSink};

const SOON: Duration = Duration::from_secs(20);
/// The pauses between tries double.
const LATER: Duration = Duration::from_secs(60);
/// E-mails that a scheduler has on their way at once.
const ON_THEIR_WAY: i64 = 6;

async fn with_mail(sink: &SmtpSink, schedulers: usize) -> Stack {
    let options = Options {
        schedulers,
        ..Options::default()
    };
    let options = options.with("SMTP_URL", sink.url()).with("SMTP_TLS", "none");
    // The pause of a real installation is longer than a test should be.
    Stack::with(options.with("SMTP_RETRY_SECONDS", 1)).await
}

/// Every event told, every task done.
async fn all_told(db: &Database) {
    let left = "(SELECT count(*) FROM evenements WHERE dispatched_at IS NULL) \
                + (SELECT count(*) FROM taches WHERE done_at IS NULL AND dead_at IS NULL AND kind <> 'planifiee')";
    within("everybody is told", SOON, || async { db.number(left) == 0 }).await;
}

/// Number of messages by recipient.
fn by_recipient(taken: &[Received]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for message in taken {
        *counts.entry(message.to.clone()).or_default() += 1;
    }
    counts
}

fn state(db: &Database, world: &World) -> (String, String) {
    let one = |sql: String| db.rows(&sql)[0]["s"].as_str().unwrap().to_owned();
    (
        one(format!(
            "SELECT statut AS s FROM equipements WHERE id = {}",
            world.client.equipment
        )),
        one(format!(
            "SELECT disponibilite AS s FROM techniciens WHERE id = {}",
            world.technician.id
        )),
    )
}

fn both(equipment: &str, technician: &str) -> (String, String) {
    (equipment.to_owned(), technician.to_owned())
}

#[tokio::test]
async fn a_request_becomes_a_closed_job_and_everybody_is_told_once() {
    let sink = SmtpSink::start().await;
    let stack = with_mail(&sink, 2).await;
    let world = World::of(&stack).await;
    all_told(stack.db()).await;
    let earlier = sink.taken().len();
    let db = stack.db();
    let (client, manager, technician) = (&world.client.person, &world.manager, &world.technician);

    // The client asks.
    let body = json!({
        "equipement_id": world.client.equipment, "titre": "Le compresseur ne démarre plus",
        "description": "Il s'arrête après deux secondes, voyant rouge", "est_urgente": true, "panne": true,
    });
    let asked = client.caller.post("/interventions", body).await;
    let job = asked.expect(201);
    let (id, number) = (world::id(&job), job["numero"].as_str().unwrap().to_owned());
    assert_eq!(asked.header("location"), format!("/api/v1/interventions/{id}"));
    assert_eq!(
        (&job["statut"], &job["type"], job.get("origine")),
        (&json!("ouverte"), &json!("corrective"), None),
        "a client's own view"
    );
    assert_eq!(state(db, &world), both("en_panne", "disponible"));
    let path = format!("/interventions/{id}");

    // The manager gives it to somebody.
    technician
        .person
        .caller
        .get(&path)
        .await
        .refused(404, "NOT_FOUND");
    let body = json!({"technicien_id": technician.id});
    let given = manager
        .caller
        .post(&format!("{path}/affectation"), body)
        .await
        .expect(200);
    assert_eq!(given["technicien"]["id"], technician.id);
    assert_eq!(given["statut"], "ouverte");
    // People are told of what still holds: before it is over.
    all_told(db).await;

    // The technician starts, waits for parts, goes on, closes.
    let status = format!("{path}/status");
    let seen = technician.person.caller.get(&path).await;
    assert!(
        seen.expect(200)["actions_possibles"]
            .as_array()
            .unwrap()
            .contains(&json!("demarrer"))
    );
    let step = async |body: Value| technician.person.caller.patch(&status, body).await.expect(200);
    assert_eq!(step(json!({"action": "demarrer"})).await["statut"], "en_cours");
    assert_eq!(state(db, &world), both("maintenance", "occupe"));
    assert_eq!(
        step(json!({"action": "mettre_en_attente", "motif": "pieces"})).await["statut"],
        "en_attente"
    );
    assert_eq!(state(db, &world), both("maintenance", "disponible"));
    assert_eq!(step(json!({"action": "reprendre"})).await["statut"], "en_cours");
    assert_eq!(state(db, &world), both("maintenance", "occupe"));
    let without = technician
        .person
        .caller
        .patch(&status, json!({"action": "cloturer", "resultat": "operationnel"}))
        .await;
    let issues = without.refused(422, "VALIDATION_ERROR");
    assert_eq!(issues["errors"][0]["field"], "compte_rendu", "{issues}");
    let close = json!({
        "action": "cloturer", "compte_rendu": "Relais thermique remplacé, trois démarrages réussis", "resultat": "operationnel",
    });
    let closed = step(close).await;
    assert_eq!(closed["statut"], "cloturee");
    assert_eq!(closed["actions_possibles"], json!([]));
    assert_eq!(state(db, &world), both("operationnel", "disponible"));

    // What is left behind.
    let left = |sql: &str| db.number(&sql.replace("{id}", &id.to_string()));
    assert_eq!(
        left("SELECT count(*) FROM pannes WHERE intervention_id = {id} AND fermee_le IS NOT NULL"),
        1
    );
    assert_eq!(
        left("SELECT count(*) FROM equipements_detentions WHERE intervention_id = {id} AND jusqu_a IS NULL"),
        0
    );
    assert_eq!(
        left("SELECT count(*) FROM interventions_attentes WHERE intervention_id = {id} AND fin IS NOT NULL"),
        1
    );
    assert_eq!(
        left(&format!(
            "SELECT count(*) FROM arrets_equipement WHERE equipement_id = {} AND fin IS NULL",
            world.client.equipment
        )),
        0
    );
    let history = db.rows(&format!(
        "SELECT action_type, user_id FROM historiques_interventions WHERE intervention_id = {id} ORDER BY id"
    ));
    let history: Vec<_> = history
        .iter()
        .map(|h| (h["action_type"].as_str().unwrap(), h["user_id"].as_i64().unwrap()))
        .collect();
    let (asker, lead, doer) = (client.user, manager.user, technician.person.user);
    assert_eq!(
        history,
        [
            ("creation", asker),
            ("affectation", lead),
            ("changement_statut", doer),
            ("changement_statut", doer),
            ("changement_statut", doer),
            ("cloture", doer),
        ]
    );
    let told = manager
        .caller
        .get(&format!("{path}/historique"))
        .await
        .expect(200);
    assert_eq!(told["total"], 6);
    let seen = client.caller.get(&path).await.expect(200);
    assert_eq!(
        seen["compte_rendu"],
        "Relais thermique remplacé, trois démarrages réussis"
    );

    // Who was told: of the request (urgent, so the manager too), the failure, the technician, the report.
    all_told(db).await;
    let taken = sink.taken().split_off(earlier);
    let expected = [
        (&client.email, 3),
        (&manager.email, 2),
        (&technician.person.email, 1),
    ];
    assert_eq!(
        by_recipient(&taken),
        expected.map(|(to, n)| (to.clone(), n)).into()
    );
    let names: BTreeSet<_> = taken.iter().map(|m| m.header("Message-ID")).collect();
    assert_eq!(names.len(), taken.len(), "each message has its own name");
    for message in &taken {
        assert!(message.data.contains("multipart/alternative"), "text and HTML");
        assert!(message.data.contains("text/html") && message.data.contains("text/plain"));
    }
    assert!(
        taken.iter().any(|m| m.header("Subject").contains(&number)),
        "a subject names {number}"
    );
    let mails = "SELECT count(*) FROM notifications WHERE canal = 'email'";
    assert_eq!(db.number(mails), i64::try_from(sink.taken().len()).unwrap());
    assert_eq!(
        db.number(&format!("{mails} AND (statut <> 'envoyee' OR tentatives <> 1)")),
        0
    );
    // The inbox of the lead tells of the close too.
    let inbox = format!(
        "SELECT count(*) FROM notifications WHERE user_id = {lead} AND canal = 'push' AND type = 'cloture'"
    );
    assert_eq!(db.number(&inbox), 1);
}

#[tokio::test]
async fn while_the_mail_server_is_down_requests_go_on_and_mail_follows_once() {
    let mut sink = SmtpSink::start().await;
    sink.down().await;
    let stack = with_mail(&sink, 2).await;
    let world = World::of(&stack).await;
    let db = stack.db();
    let jobs = 5;
    for _ in 0..jobs {
        let begun = Instant::now();
        world::job(
            &world.manager.caller,
            world.client.equipment,
            Some(world.technician.id),
        )
        .await;
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
    let all = "SELECT count(*) FROM notifications WHERE canal = 'email'";
    // The world's two jobs, too: a technician and a client each.
    let mails = 2 * (jobs + 2);
    let tried = |times: i64| {
        db.number(&format!(
            "{all} AND tentatives >= {times} AND statut <> 'envoyee'"
        ))
    };
    within("a first try for each", SOON, || async { tried(1) == mails }).await;
    assert_eq!((db.number(all), sink.taken().len()), (mails, 0));
    let inbox = "SELECT count(*) FROM notifications WHERE canal = 'push' AND statut = 'envoyee'";
    assert!(db.number(inbox) >= jobs, "the inbox does not wait for it");

    // Comes back in bad shape, then in good.
    let before = db.number("SELECT max(tentatives) FROM notifications WHERE canal = 'email'");
    sink.set(SmtpMode::TemporaryAtRecipient);
    sink.up().await;
    within("another try for each", LATER, || async {
        tried(before + 1) == mails
    })
    .await;
    assert_eq!(sink.taken().len(), 0);
    sink.set(SmtpMode::Ok);
    within("everything sent", LATER, || async {
        db.number(&format!("{all} AND statut = 'envoyee'")) == mails
    })
    .await;
    let taken = sink.taken();
    let names: BTreeSet<_> = taken.iter().map(|m| m.header("Message-ID")).collect();
    let mails = usize::try_from(mails).unwrap();
    assert_eq!((taken.len(), names.len()), (mails, mails));
    assert_eq!(
        db.number("SELECT count(*) FROM audit_log WHERE action = 'doublon_possible'"),
        0
    );
}

#[tokio::test]
async fn a_scheduler_that_dies_leaves_nothing_undone_and_nothing_done_twice() {
    let sink = SmtpSink::start().await;
    let stack = with_mail(&sink, 2).await;
    let world = World::of(&stack).await;
    let kills = 4;
    let mut dead = Vec::new();
    for round in 0..kills {
        for _ in 0..5 {
            world::job(
                &world.manager.caller,
                world.client.equipment,
                Some(world.technician.id),
            )
            .await;
        }
        // One of the two dies in the middle of its work, another takes its place.
        let mut oldest = stack.programs().await.schedulers.remove(0);
        assert!(oldest.is_running(), "round {round}: {}", oldest.last_lines());
        dead.push(format!("owner LIKE '{}-%'", oldest.pid()));
        oldest.kill();
        stack.start_scheduler().await;
    }
    for scheduler in &mut stack.programs().await.schedulers {
        assert!(scheduler.is_running(), "{}", scheduler.last_lines());
    }
    let db = stack.db();
    // The lease of the dead runs for longer than a test should; that of the living is theirs.
    let expire = format!(
        "UPDATE taches SET lease_until = now() WHERE done_at IS NULL AND dead_at IS NULL \
         AND lease_until > now() AND ({})",
        dead.join(" OR ")
    );
    let left = "SELECT count(*) FROM notifications WHERE canal = 'email' AND statut <> 'envoyee'";
    let mails = 2 * (20 + 2);
    within("everything sent", SOON, || async {
        db.execute(&expire);
        db.number("SELECT count(*) FROM notifications WHERE canal = 'email'") == mails && db.number(left) == 0
    })
    .await;
    let taken = sink.taken();
    let names: BTreeSet<_> = taken.iter().map(|m| m.header("Message-ID")).collect();
    assert_eq!(
        names.len(),
        usize::try_from(mails).unwrap(),
        "each message has gone out"
    );
    // A scheduler killed between the server's answer and its own note of it: repeated under the same name, and
    // audited. At most what its slots held.
    let doubles = i64::try_from(taken.len() - names.len()).unwrap();
    let noted =
        db.number("SELECT count(*) FROM audit_log WHERE action ILIKE '%double%' OR action ILIKE '%doublon%'");
    assert!(
        doubles <= kills * ON_THEIR_WAY && noted >= doubles,
        "{doubles} repeated messages, {noted} of them noted"
    );
}
