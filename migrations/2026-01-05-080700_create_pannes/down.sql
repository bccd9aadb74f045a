DROP TABLE arrets_equipement;
DROP TABLE equipements_detentions;
ALTER TABLE interventions DROP CONSTRAINT fk_interventions_panne;
DROP TABLE pannes;
