-- 10,000 jobs of a service company over two years, for the benchmark: 190 active clients, 2,500 machines, 120
-- technicians. The same data at every run but for the dates, which end now. Identifiers of the tables that a
-- measured request touches lie in ranges of their own, so that a captured parameter tells what it is
-- (bench/src/capture.rs).
\set ON_ERROR_STOP on
BEGIN;
SELECT setseed(0.42);

-- The accounts share the password of the one that create-admin made.
INSERT INTO users (id, username, email, hashed_password, full_name, role)
SELECT n.id, n.nom || n.rang, n.nom || n.rang || '@bench.ma', a.hashed_password, initcap(n.nom) || ' ' || n.rang, n.role
FROM (
    SELECT 1000 + i, 'responsable', i, 'responsable' FROM generate_series(1, 6) i
    UNION ALL SELECT 2000 + i, 'technicien', i, 'technicien' FROM generate_series(1, 120) i
    UNION ALL SELECT 10000 + i, 'portail', i, 'client' FROM generate_series(1, 700) i
) AS n (id, nom, rang, role), users a WHERE a.username = 'admin';

INSERT INTO equipes (id, nom, responsable_id) SELECT i, 'Équipe ' || i, 1001 + i % 6 FROM generate_series(1, 8) i;
INSERT INTO competences (id, nom, domaine, certification_requise)
SELECT 600000 + i, 'Compétence ' || i, (ARRAY['Électricité', 'Mécanique', 'Hydraulique', 'Automatisme'])[1 + i % 4], i % 5 = 0
FROM generate_series(1, 20) i;
INSERT INTO techniciens (id, user_id, specialite, equipe_id, disponibilite, zone_intervention, date_embauche)
SELECT 400000 + i, 2000 + i, (ARRAY['Électricité', 'Mécanique', 'Hydraulique', 'Automatisme'])[1 + i % 4], 1 + i % 8,
    CASE WHEN i <= 80 THEN 'occupe' WHEN i <= 110 THEN 'disponible' ELSE 'conge' END,
    (ARRAY['Casablanca', 'Tanger', 'Kénitra', 'Safi', 'Agadir', 'Fès'])[1 + i % 6], DATE '2019-01-01' + i * 17
FROM generate_series(1, 120) i;
INSERT INTO techniciens_competences (technicien_id, competence_id, niveau)
SELECT 400000 + i, 600001 + (i + k * 3) % 20, (ARRAY['debutant', 'intermediaire', 'avance', 'expert'])[1 + (i + k) % 4]
FROM generate_series(1, 120) i, generate_series(0, 5) k;

INSERT INTO clients (id, nom_entreprise, secteur_activite, ville, telephone, type_client, niveau_service, statut_client)
SELECT 100000 + i, 'Société industrielle ' || i,
    (ARRAY['Agroalimentaire', 'Automobile', 'Textile', 'Chimie', 'Aéronautique'])[1 + i % 5],
    (ARRAY['Casablanca', 'Tanger', 'Kénitra', 'Safi', 'Agadir', 'Fès'])[1 + i % 6], '+2125220' || (10000 + i), 'entreprise',
    CASE WHEN i % 10 = 0 THEN 'premium' WHEN i % 3 = 0 THEN 'basique' ELSE 'standard' END,
    CASE WHEN i <= 190 THEN 'actif' ELSE 'prospect' END
FROM generate_series(1, 200) i;
INSERT INTO clients_utilisateurs (client_id, user_id) SELECT 100001 + i % 190, 10000 + i FROM generate_series(1, 700) i;
INSERT INTO sites (id, client_id, nom, ville, zone)
SELECT 200001 + i, 100001 + i % 190, 'Site ' || i, v, v
FROM generate_series(0, 499) i, LATERAL (SELECT (ARRAY['Casablanca', 'Tanger', 'Kénitra', 'Safi', 'Agadir', 'Fès'])[1 + i % 6]) AS w (v);

-- Few clients own many machines. The last hundred machines are out of service.
INSERT INTO equipements (id, client_id, site_id, nom_equipement, modele, marque, numero_serie, type_equipement, statut,
    criticite, localisation, date_installation, frequence_maintenance_jours, code_public)
SELECT 300000 + i, 100001 + c, 200001 + c + 190 * (i % 2), (ARRAY['Compresseur', 'Convoyeur', 'Groupe froid', 'Pompe',
        'Presse', 'Chaudière', 'Ensacheuse', 'Palettiseur'])[1 + i % 8] || ' ' || i,
    'M-' || i % 40, 'Marque ' || i % 25, 'SN-' || lpad(i::text, 6, '0'),
    (ARRAY['mecanique', 'electrique', 'hydraulique', 'pneumatique', 'thermique', 'automatisme'])[1 + i % 6],
    CASE WHEN i <= 2400 THEN 'operationnel' ELSE 'hors_service' END,
    (ARRAY['critique', 'important', 'standard', 'standard', 'standard', 'non_critique'])[1 + i % 6],
    'Atelier ' || i % 12, DATE '2015-01-01' + i, 90, 'bench-' || lpad(i::text, 16, '0')
FROM generate_series(1, 2500) i, LATERAL (SELECT floor(190 * random() ^ 1.7)::int + i * 0) AS tire (c);
INSERT INTO equipements_competences (equipement_id, competence_id, niveau_min)
SELECT 300000 + i, 600001 + i % 20, (ARRAY['debutant', 'intermediaire'])[1 + i % 2] FROM generate_series(1, 2500) i;

CREATE TEMPORARY TABLE tirage ON COMMIT DROP AS
SELECT t.*, CASE WHEN statut = 'en_cours' THEN row_number() OVER (PARTITION BY statut ORDER BY i) END AS rang
FROM (
    SELECT i, now() - (10000 - i) * interval '105 minutes' - interval '1 hour' AS le, random() AS a, random() AS b,
        300001 + floor(2400 * random() ^ 1.5)::int AS equipement,
        CASE
            WHEN i > 9440 AND i % 7 = 0 THEN 'en_cours'
            WHEN i > 9440 AND i % 7 < 4 THEN 'ouverte'
            WHEN i > 9440 AND i % 7 = 4 THEN 'en_attente'
            WHEN i % 25 = 0 THEN 'annulee'
            ELSE 'cloturee'
        END AS statut
    FROM generate_series(1, 10000) i
) t;

INSERT INTO interventions (id, numero, equipement_id, client_id, site_id, technicien_id, demandeur_id, titre, description,
    type, statut, priorite, est_urgente, origine, date_creation, date_prevue, date_affectation, date_debut, date_fin,
    duree_estimee_minutes, motif_attente, archived_at, created_at, updated_at, version)
SELECT t.i, 'INT-' || extract(year FROM t.le) || '-' || lpad(row_number() OVER (PARTITION BY extract(year FROM t.le) ORDER BY t.i)::text, 5, '0'),
    e.id, e.client_id, e.site_id,
    CASE WHEN t.statut = 'en_cours' THEN 400000 + t.rang
         WHEN t.statut IN ('cloturee', 'en_attente') OR t.statut = 'ouverte' AND t.b < 0.4 THEN 400001 + floor(120 * t.a)::int END,
    CASE WHEN t.b < 0.4 THEN 10001 + floor(700 * t.a)::int ELSE 1001 + t.i % 6 END,
    (ARRAY['Fuite', 'Bruit anormal', 'Arrêt intempestif', 'Visite périodique', 'Échauffement'])[1 + t.i % 5] || ' sur ' || e.nom_equipement,
    'Signalé par l''opérateur de quart : ' || repeat('le défaut revient après chaque mise en route. ', 1 + t.i % 5),
    CASE WHEN t.i % 5 = 3 OR t.a < 0.25 THEN 'preventive' WHEN t.a > 0.9 THEN 'curative' ELSE 'corrective' END,
    t.statut, CASE WHEN t.b > 0.92 THEN 'critique' WHEN t.b > 0.7 THEN 'haute' ELSE 'normale' END, t.b > 0.92 OR t.a > 0.93,
    CASE WHEN t.b < 0.4 THEN 'portail' WHEN t.i % 5 = 3 THEN 'plan' ELSE 'interne' END,
    t.le, t.le + (1 + t.i % 5) * interval '1 day',
    CASE WHEN t.statut IN ('en_cours', 'cloturee', 'en_attente') OR t.statut = 'ouverte' AND t.b < 0.4 THEN t.le + interval '1 minute' END,
    CASE WHEN t.statut IN ('en_cours', 'cloturee', 'en_attente') THEN t.le + interval '2 minutes' END,
    CASE WHEN t.statut = 'cloturee' THEN t.le + interval '2 minutes' + (30 + t.i % 300) * interval '1 minute'
         WHEN t.statut = 'annulee' THEN t.le + interval '5 minutes' END,
    30 + 30 * (t.i % 6),
    CASE WHEN t.statut = 'en_attente' THEN (ARRAY['pieces', 'accord_client', 'dependance_externe'])[1 + t.i % 3] END,
    CASE WHEN t.statut IN ('cloturee', 'annulee') AND t.i < 5000 THEN t.le + interval '365 days' END,
    t.le, t.le, CASE WHEN t.statut = 'cloturee' THEN 4 ELSE 1 END
FROM tirage t JOIN equipements e ON e.id = t.equipement;

INSERT INTO interventions_competences (intervention_id, competence_id, niveau_min)
SELECT i.id, r.competence_id, r.niveau_min FROM interventions i JOIN equipements_competences r ON r.equipement_id = i.equipement_id;
INSERT INTO interventions_cloture (intervention_id, diagnostic, compte_rendu, mode_defaillance, resultat, motif_annulation,
    satisfaction, satisfaction_le)
SELECT id, CASE WHEN statut = 'cloturee' THEN 'Usure constatée au démontage.' END,
    CASE WHEN statut = 'cloturee' THEN repeat('Remplacement de la pièce usée, essai en charge concluant. ', 1 + (id % 4)::int) END,
    CASE WHEN statut = 'cloturee' THEN 'usure' END, CASE WHEN statut = 'cloturee' THEN 'operationnel' END,
    CASE WHEN statut = 'annulee' THEN 'Demande sans objet après vérification.' END,
    CASE WHEN statut = 'cloturee' AND id % 3 = 0 THEN (3 + id / 3 % 3)::smallint END, CASE WHEN statut = 'cloturee' AND id % 3 = 0 THEN date_fin END
FROM interventions WHERE statut IN ('cloturee', 'annulee');
INSERT INTO interventions_attentes (intervention_id, motif, debut)
SELECT id, motif_attente, date_debut FROM interventions WHERE statut = 'en_attente';

INSERT INTO historiques_interventions (intervention_id, user_id, action_type, details, date_action, metadata)
SELECT i.id, i.demandeur_id, h.action, 'Intervention ' || i.numero, h.le, jsonb_build_object('changements',
    jsonb_build_array(jsonb_build_object('champ', 'statut', 'avant', h.avant, 'apres', h.apres)))
FROM interventions i, LATERAL (VALUES
    ('creation', i.date_creation, NULL, 'ouverte'), ('affectation', i.date_affectation, 'ouverte', 'ouverte'),
    ('changement_statut', i.date_debut, 'ouverte', 'en_cours'),
    (CASE i.statut WHEN 'cloturee' THEN 'cloture' ELSE 'annulation' END, i.date_fin, 'en_cours', i.statut)
) AS h (action, le, avant, apres)
WHERE h.le IS NOT NULL ORDER BY h.le;

-- A machine under repair is held by its job.
UPDATE equipements SET statut = 'maintenance' WHERE id IN (SELECT equipement_id FROM interventions WHERE statut = 'en_cours');
INSERT INTO equipements_detentions (equipement_id, intervention_id, depuis)
SELECT equipement_id, id, date_debut FROM interventions WHERE statut = 'en_cours';

-- Identifiers and numbers go on after what was written.
SELECT setval(pg_get_serial_sequence(t.nom, 'id'), t.dernier) FROM (VALUES ('users', 20000), ('equipes', 8), ('competences', 600020),
    ('techniciens', 400120), ('clients', 100200), ('sites', 200500), ('equipements', 302500), ('interventions', 10000)) AS t (nom, dernier);
SELECT setval(format('seq_interventions_numero_%s', annee)::regclass, nombre)
FROM (SELECT extract(year FROM date_creation) AS annee, count(*) AS nombre FROM interventions GROUP BY 1) AS par_an;
COMMIT;
