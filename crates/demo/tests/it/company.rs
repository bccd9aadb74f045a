//! What a visitor finds.

use jiff::Timestamp;
use test_support::TestDb;

use crate::checks::{all_among, among, none};
use crate::invariants;
use crate::support::{PASSWORD, app, hash_of, now, seed, texts};

#[tokio::test]
async fn the_company_is_whole_and_consistent() {
    let db = TestDb::new().await;
    let summary = seed(&db).await.unwrap();
    assert!(summary.created);
    assert_eq!(summary.accounts, ["admin", "responsable", "technicien", "client"]);
    let jobs = db.number("SELECT count(*) FROM interventions");
    assert_eq!(i64::try_from(summary.interventions).unwrap(), jobs);

    invariants::jobs(&db, now());
    invariants::machines(&db);
    invariants::states(&db);
    sizes(&db);
    everybody_has_something_to_begin_with(&db);
    only_fresh_events_wait(&db);
    nobody_else_can_sign_in(&db);
}

#[tokio::test]
async fn any_instant_will_do() {
    // A Sunday before dawn; the last minute of a year; an evening of a working day.
    for at in [
        "2027-02-28T04:03:00Z",
        "2026-12-31T23:59:30Z",
        "2026-10-14T19:20:00Z",
    ] {
        let db = TestDb::new().await;
        let at: Timestamp = at.parse().unwrap();
        demo::seed(&app(&db, 1), at, PASSWORD).await.unwrap();
        invariants::jobs(&db, at);
        invariants::machines(&db);
        invariants::states(&db);
    }
}

#[rustfmt::skip]
fn sizes(db: &TestDb) {
    all_among(db, &[
        (10, 12, "clients"),
        (8, 12, "(SELECT DISTINCT ville FROM sites) x"),
        (4, 4, "(SELECT DISTINCT type_client FROM clients) x"),
        (3, 3, "(SELECT DISTINCT niveau_service FROM clients) x"),
        (58, 68, "equipements"),
        (20, 40, "equipements WHERE parent_id IS NOT NULL"),
        (4, 4, "(SELECT DISTINCT criticite FROM equipements) x"),
        (5, 12, "equipements WHERE prochaine_maintenance < '2026-11-20'"),
        (8, 9, "techniciens"),
        (3, 3, "(SELECT DISTINCT equipe_id FROM techniciens) x"),
        (4, 4, "(SELECT DISTINCT zone_intervention FROM techniciens) x"),
        (9, 12, "competences"),
        (1, 1, "techniciens_competences WHERE valide_jusqu_au < '2026-11-20'"),
        (115, 130, "interventions"),
        (6, 9, "(SELECT DISTINCT type, priorite FROM interventions) x"),
        (30, 60, "interventions WHERE type = 'corrective' AND origine = 'interne'"),
        (15, 45, "interventions WHERE origine = 'portail'"),
        (5, 25, "interventions WHERE archived_at IS NOT NULL"),
        (15, 45, "interventions_cloture WHERE satisfaction IS NOT NULL"),
        (4, 5, "(SELECT DISTINCT satisfaction FROM interventions_cloture WHERE satisfaction IS NOT NULL) x"),
        (1, 1, "interventions WHERE suite_de_id IS NOT NULL"),
        (5, 12, "interventions WHERE statut = 'ouverte' AND technicien_id IS NULL"),
        (3, 6, "interventions WHERE est_urgente AND statut = 'ouverte' AND date_creation > '2026-11-20'"),
        (10, 40, "pannes WHERE fermee_le IS NOT NULL"),
    ]);
    none(db, &[
        "clients c WHERE (SELECT count(*) FROM sites s WHERE s.client_id = c.id) NOT BETWEEN 1 AND 3",
        "clients c WHERE NOT EXISTS (SELECT 1 FROM clients_contacts k WHERE k.client_id = c.id AND k.principal)",
        "sites WHERE latitude NOT BETWEEN 27 AND 36 OR longitude NOT BETWEEN -13 AND -1 OR latitude IS NULL",
        "equipes WHERE responsable_id IS NULL",
        "equipements WHERE marque IS NOT NULL",
    ]);
    // Half a year, up to now.
    among(db, "SELECT extract(day FROM timestamptz '2026-11-20 09:12' - min(date_creation)) FROM interventions", 160, 200);
}

#[rustfmt::skip]
fn everybody_has_something_to_begin_with(db: &TestDb) {
    let technician = "interventions i JOIN techniciens t ON t.id = i.technicien_id JOIN users u ON u.id = t.user_id \
                      WHERE u.email = 'technicien@mif.ma'";
    let client = "interventions i JOIN clients c ON c.id = i.client_id JOIN users u ON u.id = c.user_id \
                  WHERE u.email = 'client@mif.ma'";
    all_among(db, &[
        (3, 6, &format!("{technician} AND i.statut = 'ouverte'")),
        (1, 2, &format!("{technician} AND i.statut = 'ouverte' AND i.est_urgente")),
        (2, 2, &format!("{technician} AND i.statut = 'en_attente' AND i.motif_attente = 'pieces'")),
        // Nothing runs, so that the first thing to try is to start.
        (0, 0, &format!("{technician} AND i.statut = 'en_cours'")),
        (20, 60, client),
        // To rate, to agree to, to change or call off.
        (2, 4, &format!("{client} AND i.statut = 'cloturee' AND i.date_fin > '2026-11-19' AND NOT EXISTS \
         (SELECT 1 FROM interventions_cloture k WHERE k.intervention_id = i.id AND k.satisfaction IS NOT NULL)")),
        (1, 1, &format!("{client} AND i.motif_attente = 'accord_client'")),
        (2, 4, &format!("{client} AND i.statut = 'ouverte' AND i.technicien_id IS NULL AND i.demandeur_id = u.id")),
        (2, 2, "equipes e JOIN users u ON u.id = e.responsable_id WHERE u.email = 'responsable@mif.ma'"),
    ]);
}

#[rustfmt::skip]
fn only_fresh_events_wait(db: &TestDb) {
    none(db, &[
        "evenements WHERE (dispatched_at IS NULL) <> (occurred_at >= '2026-11-19T09:12:34.567891Z')",
        "taches t JOIN evenements e ON e.id = t.evenement_id WHERE (t.done_at IS NULL) <> (e.dispatched_at IS NULL)",
        "notifications",
    ]);
    all_among(db, &[
        (300, 1000, "evenements"),
        (4, 15, "evenements WHERE dispatched_at IS NULL AND kind IN ('intervention.affectee', 'intervention.cloturee')"),
        (1, 1, "audit_log WHERE action = 'historique_repris'"),
    ]);
}

fn nobody_else_can_sign_in(db: &TestDb) {
    let open = format!(
        "SELECT string_agg(username, ',' ORDER BY id) FROM users WHERE hashed_password = '{}'",
        hash_of(PASSWORD)
    );
    let mut open: Vec<_> = texts(db, &open).concat().split(',').map(str::to_owned).collect();
    open.sort();
    assert_eq!(open, ["admin", "client", "responsable", "technicien"]);
    none(
        db,
        &[
            "users WHERE email NOT LIKE '%@mif.ma' AND email NOT LIKE '%.example'",
            // The hash of something that was drawn, and that the sources do not tell.
            "users WHERE email NOT LIKE '%@mif.ma' AND hashed_password !~ '^essai:[0-9a-f]{64}$'",
        ],
    );
    all_among(db, &[(1, 1, "users WHERE NOT is_active")]);
}
