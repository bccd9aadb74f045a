DROP TABLE historiques_interventions;
DROP FUNCTION refuser_modification();
