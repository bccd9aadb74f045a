DROP TABLE occurrences;
DROP TABLE job_runs;
DROP TABLE taches;
DROP TABLE evenements;
