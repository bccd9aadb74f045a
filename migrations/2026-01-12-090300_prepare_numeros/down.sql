CREATE OR REPLACE FUNCTION prochain_numero_intervention(annee integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    sequence_nom text := 'seq_interventions_numero_' || annee;
    rang text;
BEGIN
    IF annee IS NULL OR annee NOT BETWEEN 2000 AND 9999 THEN
        RAISE EXCEPTION 'year % is out of range', annee USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF to_regclass(sequence_nom) IS NULL THEN
        -- IF NOT EXISTS alone still fails when two transactions create the sequence together.
        PERFORM pg_advisory_xact_lock(hashtextextended(sequence_nom, 0));
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %I', sequence_nom);
    END IF;
    rang := nextval(sequence_nom::regclass)::text;
    -- lpad cuts what is longer: the width grows with the number.
    RETURN 'INT-' || annee || '-' || lpad(rang, greatest(5, char_length(rang)), '0');
END
$$;

DO $$
BEGIN
    FOR annee IN 2036..2099 LOOP
        EXECUTE format('DROP SEQUENCE %I', 'seq_interventions_numero_' || annee);
    END LOOP;
END
$$;
