-- A list in this order shows those without a date too, which an index without them cannot give.
DROP INDEX ix_interventions_date_prevue;
CREATE INDEX ix_interventions_date_prevue ON interventions (date_prevue, id);
DROP INDEX ix_equipements_prochaine_maintenance;
CREATE INDEX ix_equipements_prochaine_maintenance ON equipements (prochaine_maintenance, id);

-- The other orders of the lists that grow.
CREATE INDEX ix_interventions_archives_urgence ON interventions (urgence, id) WHERE archived_at IS NOT NULL;
CREATE INDEX ix_clients_nom_entreprise ON clients (nom_entreprise, id);
CREATE INDEX ix_clients_created_at ON clients (created_at, id);
CREATE INDEX ix_equipements_created_at ON equipements (created_at, id);

-- As text INT-2026-100000 comes before INT-2026-99999. Not a column: that would write the whole table anew.
CREATE INDEX ix_interventions_rang ON interventions ((left(numero, 9) || lpad(substr(numero, 10), 12, '0')), id);

-- Towns and zones are compared without regard to case, here as in suggestions.
CREATE INDEX ix_clients_ville_lower ON clients (lower(ville), id);
CREATE INDEX ix_techniciens_zone_lower ON techniciens (lower(zone_intervention), id);

-- What refers to a job or a site is looked up from there, and before it goes.
CREATE INDEX ix_interventions_suite_de_id ON interventions (suite_de_id) WHERE suite_de_id IS NOT NULL;
CREATE INDEX ix_interventions_site_id ON interventions (site_id) WHERE site_id IS NOT NULL;
CREATE INDEX ix_interventions_panne_id ON interventions (panne_id) WHERE panne_id IS NOT NULL;
