-- A language that the product does not speak would make every list of accounts unreadable.
UPDATE users SET locale = CASE WHEN left(locale, 2) IN ('fr', 'en', 'ar') THEN left(locale, 2) ELSE 'fr' END
    WHERE locale NOT IN ('fr', 'en', 'ar');
ALTER TABLE users DROP CONSTRAINT ck_users_locale,
    ADD CONSTRAINT ck_users_locale CHECK (locale IN ('fr', 'en', 'ar'));

-- evenements.kind, taches.kind and job_runs.job stay open: an older program leaves what it does not know to a newer one.
