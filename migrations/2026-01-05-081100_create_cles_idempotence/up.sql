-- Idempotency-Key: the stored answer commits with the effect, so a replay can never disagree with the data.
CREATE TABLE cles_idempotence (
    user_id bigint NOT NULL,
    methode text NOT NULL,
    chemin text NOT NULL,
    cle text NOT NULL,
    -- SHA-256 of the request body: the same key with another body is a mistake of the caller.
    empreinte bytea NOT NULL,
    -- Null while the first request still runs.
    statut smallint,
    reponse_entetes jsonb,
    -- Bytes, not jsonb: a replay is the same answer to the byte.
    corps bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, methode, chemin, cle),
    CONSTRAINT ck_cles_idempotence_methode CHECK (methode IN ('POST', 'PATCH')),
    -- In octets: together with the key it must fit in an index row.
    CONSTRAINT ck_cles_idempotence_chemin CHECK (octet_length(chemin) BETWEEN 1 AND 1024),
    CONSTRAINT ck_cles_idempotence_cle CHECK (char_length(cle) BETWEEN 1 AND 255),
    CONSTRAINT ck_cles_idempotence_empreinte CHECK (octet_length(empreinte) = 32),
    CONSTRAINT ck_cles_idempotence_statut CHECK (statut BETWEEN 200 AND 299),
    CONSTRAINT fk_cles_idempotence_user FOREIGN KEY (user_id) REFERENCES users (id)
);

-- Retention.
CREATE INDEX ix_cles_idempotence_created_at ON cles_idempotence (created_at);
