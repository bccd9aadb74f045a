DROP INDEX ix_interventions_panne_id;
DROP INDEX ix_interventions_site_id;
DROP INDEX ix_interventions_suite_de_id;
DROP INDEX ix_techniciens_zone_lower;
DROP INDEX ix_clients_ville_lower;
DROP INDEX ix_interventions_rang;
DROP INDEX ix_equipements_created_at;
DROP INDEX ix_clients_created_at;
DROP INDEX ix_clients_nom_entreprise;
DROP INDEX ix_interventions_archives_urgence;
DROP INDEX ix_equipements_prochaine_maintenance;
CREATE INDEX ix_equipements_prochaine_maintenance ON equipements (prochaine_maintenance, id)
    WHERE prochaine_maintenance IS NOT NULL;
DROP INDEX ix_interventions_date_prevue;
CREATE INDEX ix_interventions_date_prevue ON interventions (date_prevue, id) WHERE date_prevue IS NOT NULL;
