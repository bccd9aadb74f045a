DROP INDEX uq_sites_nom;
