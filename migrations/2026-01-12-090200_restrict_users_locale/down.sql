ALTER TABLE users DROP CONSTRAINT ck_users_locale,
    ADD CONSTRAINT ck_users_locale CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$');
