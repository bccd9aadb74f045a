-- The truth about who is logged in; caches only speed it up.
CREATE TABLE sessions (
    -- The `sid` claim of the tokens.
    id uuid PRIMARY KEY,
    user_id bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text,
    ip text,
    user_agent text,
    mode text NOT NULL,
    CONSTRAINT ck_sessions_fin CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CONSTRAINT ck_sessions_end_reason CHECK (end_reason IN (
        'deconnexion', 'revocation', 'reutilisation', 'mot_de_passe', 'desactivation', 'expiration', 'changement_acces')),
    -- Longest text form of an IPv6 address.
    CONSTRAINT ck_sessions_ip CHECK (char_length(ip) <= 45),
    CONSTRAINT ck_sessions_user_agent CHECK (char_length(user_agent) <= 512),
    CONSTRAINT ck_sessions_mode CHECK (mode IN ('bearer', 'cookie')),
    CONSTRAINT fk_sessions_user FOREIGN KEY (user_id) REFERENCES users (id)
);

-- "My sessions" and "end all sessions of this user".
CREATE INDEX ix_sessions_user_id ON sessions (user_id) WHERE ended_at IS NULL;
-- Retention deletes by age.
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    -- SHA-256: the token itself is never stored.
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL,
    generation integer NOT NULL,
    issued_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    successor_hash bytea,
    CONSTRAINT ck_refresh_tokens_token_hash CHECK (octet_length(token_hash) = 32),
    CONSTRAINT ck_refresh_tokens_successor_hash CHECK (octet_length(successor_hash) = 32),
    CONSTRAINT ck_refresh_tokens_generation CHECK (generation >= 0),
    CONSTRAINT ck_refresh_tokens_successor CHECK (successor_hash IS NULL OR used_at IS NOT NULL),
    -- Two parallel refreshes cannot both make a successor.
    CONSTRAINT uq_refresh_tokens_generation UNIQUE (session_id, generation),
    CONSTRAINT fk_refresh_tokens_session FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
);

-- Retention.
CREATE INDEX ix_refresh_tokens_expires_at ON refresh_tokens (expires_at);

-- Login throttling counts password hashes per identifier, known or not, so that guessing reveals nothing.
CREATE TABLE connexions_tentatives (
    identifiant_hash bytea PRIMARY KEY,
    echecs integer NOT NULL DEFAULT 0,
    fenetre_debut timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ck_connexions_tentatives_identifiant_hash CHECK (octet_length(identifiant_hash) = 32),
    CONSTRAINT ck_connexions_tentatives_echecs CHECK (echecs >= 0)
);

-- Retention.
CREATE INDEX ix_connexions_tentatives_fenetre_debut ON connexions_tentatives (fenetre_debut);
