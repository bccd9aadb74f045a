DROP TABLE connexions_tentatives;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
