DROP TABLE techniciens_competences;
DROP TABLE techniciens;
DROP TABLE competences;
DROP TABLE equipes;
