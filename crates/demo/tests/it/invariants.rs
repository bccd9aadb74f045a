//! What must hold in any demonstration, whenever it is made.

use jiff::Timestamp;
use test_support::TestDb;

use crate::checks::{all_among, none};

/// Jobs agree with their dates, their people and their history.
#[rustfmt::skip]
pub fn jobs(db: &TestDb, now: Timestamp) {
    none(db, &[
        "interventions WHERE date_affectation < date_creation OR date_debut < date_creation OR date_fin < date_debut",
        &format!("interventions WHERE greatest(date_creation, date_affectation, date_debut, date_fin, archived_at) > '{now}'"),
        &format!("historiques_interventions WHERE date_action > '{now}'"),
        // History is written in the order of time, by somebody, from the creation on.
        "historiques_interventions a JOIN historiques_interventions b USING (intervention_id) \
         WHERE a.id < b.id AND a.date_action > b.date_action",
        "historiques_interventions WHERE user_id IS NULL",
        "interventions i WHERE i.date_creation IS DISTINCT FROM (SELECT min(h.date_action) FROM historiques_interventions h \
         WHERE h.intervention_id = i.id AND h.action_type = 'creation')",
        "interventions i WHERE NOT EXISTS (SELECT 1 FROM audit_log a WHERE a.objet_type = 'interventions' \
         AND a.objet_id = i.id AND a.actor_id IS NOT NULL)",
        "(SELECT 1 FROM interventions WHERE statut = 'en_cours' GROUP BY technicien_id HAVING count(*) > 1) x",
        "techniciens t WHERE (t.disponibilite = 'occupe') <> EXISTS (SELECT 1 FROM interventions i \
         WHERE i.technicien_id = t.id AND i.statut = 'en_cours')",
        "techniciens t WHERE NOT EXISTS (SELECT 1 FROM interventions i WHERE i.technicien_id = t.id AND i.statut = 'cloturee')",
        "interventions i WHERE (i.statut = 'en_attente') <> EXISTS (SELECT 1 FROM interventions_attentes a \
         WHERE a.intervention_id = i.id AND a.fin IS NULL)",
        "interventions i WHERE i.statut = 'cloturee' AND NOT EXISTS (SELECT 1 FROM interventions_cloture c \
         WHERE c.intervention_id = i.id AND char_length(c.compte_rendu) >= 10 AND c.resultat IS NOT NULL)",
        "interventions i WHERE i.statut = 'annulee' AND NOT EXISTS (SELECT 1 FROM interventions_cloture c \
         WHERE c.intervention_id = i.id AND c.motif_annulation <> '')",
    ]);
}

/// Machines agree with the jobs and failures on them, and with their stops.
#[rustfmt::skip]
pub fn machines(db: &TestDb) {
    none(db, &[
        "equipements e WHERE e.statut <> CASE WHEN e.motif_reforme IS NOT NULL THEN 'hors_service' \
         WHEN EXISTS (SELECT 1 FROM equipements_detentions d WHERE d.equipement_id = e.id AND d.jusqu_a IS NULL) THEN 'maintenance' \
         WHEN EXISTS (SELECT 1 FROM pannes p WHERE p.equipement_id = e.id AND p.fermee_le IS NULL) THEN 'en_panne' \
         ELSE 'operationnel' END",
        "equipements e LEFT JOIN arrets_equipement a ON a.equipement_id = e.id AND a.fin IS NULL \
         WHERE a.etat IS DISTINCT FROM nullif(nullif(e.statut, 'operationnel'), 'hors_service')",
        "arrets_equipement a JOIN arrets_equipement b USING (equipement_id) WHERE a.id < b.id AND a.fin > b.debut",
        // A running job holds its machine; a waiting one does unless it gave it back.
        "interventions i WHERE (i.statut = 'en_cours' OR i.statut = 'en_attente' AND NOT i.equipement_rendu) <> EXISTS \
         (SELECT 1 FROM equipements_detentions d WHERE d.intervention_id = i.id AND d.jusqu_a IS NULL)",
        // What was visited is due again one period later.
        "equipements e JOIN LATERAL (SELECT max(date_fin)::date AS le FROM interventions i WHERE i.equipement_id = e.id \
         AND i.type = 'preventive' AND i.statut = 'cloturee') v ON v.le IS NOT NULL \
         WHERE e.prochaine_maintenance <> v.le + e.frequence_maintenance_jours",
    ]);
}

/// Every state of everything is there to be seen.
#[rustfmt::skip]
pub fn states(db: &TestDb) {
    all_among(db, &[
        (16, 26, "interventions WHERE statut = 'ouverte'"),
        (3, 3, "interventions WHERE statut = 'en_cours'"),
        (5, 5, "interventions WHERE statut = 'en_attente'"),
        (70, 95, "interventions WHERE statut = 'cloturee'"),
        (8, 14, "interventions WHERE statut = 'annulee'"),
        (2, 2, "interventions WHERE motif_attente = 'pieces'"),
        (1, 1, "interventions WHERE motif_attente = 'accord_client'"),
        (1, 1, "interventions WHERE motif_attente = 'dependance_externe'"),
        (1, 1, "interventions WHERE motif_attente = 'technicien_indisponible'"),
        (2, 2, "interventions WHERE statut = 'en_attente' AND equipement_rendu"),
        (40, 60, "equipements WHERE statut = 'operationnel'"),
        (4, 8, "equipements WHERE statut = 'en_panne'"),
        (6, 8, "equipements WHERE statut = 'maintenance'"),
        (1, 1, "equipements WHERE statut = 'hors_service'"),
        (1, 1, "equipements_detentions WHERE intervention_id IS NULL AND jusqu_a IS NULL"),
        (3, 3, "techniciens WHERE disponibilite = 'disponible'"),
        (3, 3, "techniciens WHERE disponibilite = 'occupe'"),
        (1, 1, "techniciens WHERE disponibilite = 'conge'"),
        (1, 1, "techniciens WHERE disponibilite = 'formation'"),
        (1, 1, "techniciens WHERE disponibilite = 'indisponible'"),
        (1, 1, "clients WHERE statut_client = 'suspendu'"),
        (1, 1, "clients WHERE statut_client = 'prospect'"),
        (8, 70, "evenements WHERE dispatched_at IS NULL"),
    ]);
}
