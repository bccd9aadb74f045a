DROP TABLE interventions_attentes;
DROP TABLE interventions_competences;
DROP TABLE interventions_cloture;
DROP TABLE interventions;
DROP FUNCTION prochain_numero_intervention(integer);

-- By pattern: later years were created on demand.
DO $$
DECLARE
    sequence_nom regclass;
BEGIN
    FOR sequence_nom IN
        SELECT oid::regclass FROM pg_class
        WHERE relkind = 'S' AND relnamespace = current_schema()::regnamespace
            AND relname ~ '^seq_interventions_numero_[0-9]{4}$'
    LOOP
        EXECUTE format('DROP SEQUENCE %s', sequence_nom);
    END LOOP;
END
$$;
