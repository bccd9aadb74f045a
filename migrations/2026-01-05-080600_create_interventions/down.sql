DROP TABLE interventions_attentes;
DROP TABLE interventions_competences;
DROP TABLE interventions_cloture;
DROP TABLE interventions;
DROP FUNCTION prochain_numero_intervention(integer);

DO $$
BEGIN
    FOR annee IN 2020..2099 LOOP
        EXECUTE format('DROP SEQUENCE %I', 'seq_interventions_numero_' || annee);
    END LOOP;
END
$$;
