-- The numbers of this century: nothing is created while the product runs, so that its role needs no right to.
DO $$
BEGIN
    FOR annee IN 2036..2099 LOOP
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %I', 'seq_interventions_numero_' || annee);
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION prochain_numero_intervention(annee integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    sequence_nom text := 'seq_interventions_numero_' || annee;
    rang text;
BEGIN
    IF sequence_nom IS NULL OR to_regclass(sequence_nom) IS NULL THEN
        RAISE EXCEPTION 'no numbers are prepared for year %', annee USING ERRCODE = 'invalid_parameter_value';
    END IF;
    rang := nextval(sequence_nom::regclass)::text;
    -- lpad cuts what is longer: the width grows with the number.
    RETURN 'INT-' || annee || '-' || lpad(rang, greatest(5, char_length(rang)), '0');
END
$$;
