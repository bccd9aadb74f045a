DROP TABLE cles_idempotence;
