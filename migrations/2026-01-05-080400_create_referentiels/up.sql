-- Lists that an administrator edits. Closed vocabularies are CHECK constraints; open ones live here.
CREATE TABLE referentiels (
    liste text NOT NULL,
    code text NOT NULL,
    libelle_fr text NOT NULL,
    libelle_en text,
    libelle_ar text,
    couleur text,
    ordre integer NOT NULL DEFAULT 0,
    actif boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by bigint,
    version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (liste, code),
    CONSTRAINT ck_referentiels_liste CHECK (liste ~ '^[a-z][a-z0-9_]{0,49}$'),
    CONSTRAINT ck_referentiels_code CHECK (code ~ '^[a-z0-9][a-z0-9_]{0,49}$'),
    CONSTRAINT ck_referentiels_libelle_fr CHECK (char_length(libelle_fr) BETWEEN 1 AND 100),
    CONSTRAINT ck_referentiels_libelle_en CHECK (char_length(libelle_en) <= 100),
    CONSTRAINT ck_referentiels_libelle_ar CHECK (char_length(libelle_ar) <= 100),
    CONSTRAINT ck_referentiels_couleur CHECK (couleur ~ '^#[0-9a-fA-F]{6}$'),
    CONSTRAINT ck_referentiels_version CHECK (version > 0),
    CONSTRAINT fk_referentiels_created_by FOREIGN KEY (created_by) REFERENCES users (id)
);

INSERT INTO referentiels (liste, code, libelle_fr, libelle_en, libelle_ar, ordre) VALUES
    ('type_equipement', 'mecanique', 'Mécanique', 'Mechanical', 'ميكانيكي', 10),
    ('type_equipement', 'electrique', 'Électrique', 'Electrical', 'كهربائي', 20),
    ('type_equipement', 'hydraulique', 'Hydraulique', 'Hydraulic', 'هيدروليكي', 30),
    ('type_equipement', 'pneumatique', 'Pneumatique', 'Pneumatic', 'هوائي', 40),
    ('type_equipement', 'thermique', 'Thermique', 'Thermal', 'حراري', 50),
    ('type_equipement', 'automatisme', 'Automatisme', 'Automation', 'أتمتة', 60),
    ('type_equipement', 'autre', 'Autre', 'Other', 'آخر', 70);
