DROP INDEX ix_notifications_terminees;
DROP INDEX ix_taches_done_at;
DROP INDEX ix_connexions_tentatives_fenetre_debut;
DROP INDEX ix_refresh_tokens_expires_at;
DROP INDEX ix_job_runs_tache_id;
ALTER TABLE job_runs DROP COLUMN tache_id;
CREATE INDEX ix_taches_a_prendre ON taches (run_at, id) WHERE done_at IS NULL AND dead_at IS NULL;
DROP INDEX ix_taches_autres;
DROP INDEX ix_taches_envois;
