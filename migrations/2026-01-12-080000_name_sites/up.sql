-- A client knows its sites by their names. Where two share one, the later ones get their number behind it.
UPDATE sites s
SET nom = left(s.nom, 230) || ' (' || s.id || ')', updated_at = now(), version = s.version + 1
WHERE EXISTS (SELECT 1 FROM sites o WHERE o.client_id = s.client_id AND lower(o.nom) = lower(s.nom) AND o.id < s.id);

CREATE UNIQUE INDEX uq_sites_nom ON sites (client_id, lower(nom));
