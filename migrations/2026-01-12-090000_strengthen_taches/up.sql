-- The claim looks for deliveries and for everything else apart, so that neither stands in front of the other.
CREATE INDEX ix_taches_envois ON taches (run_at, id) WHERE done_at IS NULL AND dead_at IS NULL AND kind = 'livraison';
CREATE INDEX ix_taches_autres ON taches (run_at, id) WHERE done_at IS NULL AND dead_at IS NULL AND kind <> 'livraison';
DROP INDEX ix_taches_a_prendre;

-- A run is recorded when it begins; the task tells whose runs never came to an end.
ALTER TABLE job_runs ADD COLUMN tache_id bigint,
    ADD CONSTRAINT fk_job_runs_tache FOREIGN KEY (tache_id) REFERENCES taches (id) ON DELETE SET NULL;
CREATE INDEX ix_job_runs_tache_id ON job_runs (tache_id) WHERE tache_id IS NOT NULL;

-- Retention finds the oldest first, without reading what stays.
CREATE INDEX ix_refresh_tokens_expires_at ON refresh_tokens (expires_at);
CREATE INDEX ix_connexions_tentatives_fenetre_debut ON connexions_tentatives (fenetre_debut);
CREATE INDEX ix_taches_done_at ON taches (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX ix_notifications_terminees ON notifications (created_at)
    WHERE statut IN ('envoyee', 'abandonnee') AND (canal <> 'push' OR lue_le IS NOT NULL);
