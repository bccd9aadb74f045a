DROP TABLE equipements_competences;
DROP TABLE equipements;
DROP FUNCTION equipements_refuser_cycle();
