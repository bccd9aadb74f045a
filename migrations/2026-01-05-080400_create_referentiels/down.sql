DROP TABLE referentiels;
