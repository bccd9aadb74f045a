//! Diesel's picture of the database, one `table!` per table in the order of the migrations.
//!
//! Table and column names are those of the database (French). Change it in the same commit as the migration that it follows.
//! `joinable!` names the one relation that a plain `inner_join` between two tables means; every other one (`created_by`,
//! `pannes.intervention_id` against `interventions.panne_id`, an equipment's parent) is written with an explicit `.on(…)`.
//! Generated columns (`interventions.urgence`, `equipements.gravite`, `equipements.type_equipement_liste`) are read and sorted by, never inserted.
#![allow(missing_docs, reason = "the migrations explain the columns")]

diesel::table! {
    /// Accounts; `role` is the primary role.
    users (id) {
        id -> BigInt,
        username -> Text,
        email -> Text,
        hashed_password -> Text,
        full_name -> Text,
        role -> Text,
        is_active -> Bool,
        last_login -> Nullable<Timestamptz>,
        locale -> Text,
        mfa_enabled -> Bool,
        auth_version -> BigInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// Additional roles of an account.
    users_roles (user_id, role) {
        user_id -> BigInt,
        role -> Text,
        created_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// Login sessions, one per device.
    sessions (id) {
        id -> Uuid,
        user_id -> BigInt,
        created_at -> Timestamptz,
        last_seen_at -> Timestamptz,
        expires_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        end_reason -> Nullable<Text>,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        mode -> Text,
    }
}

diesel::table! {
    /// Generations of refresh tokens of a session, by hash.
    refresh_tokens (token_hash) {
        token_hash -> Bytea,
        session_id -> Uuid,
        generation -> Integer,
        issued_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
        successor_hash -> Nullable<Bytea>,
    }
}

diesel::table! {
    /// Counters that throttle guessing of passwords.
    connexions_tentatives (identifiant_hash) {
        identifiant_hash -> Bytea,
        echecs -> Integer,
        fenetre_debut -> Timestamptz,
    }
}

diesel::table! {
    /// Customers.
    clients (id) {
        id -> BigInt,
        user_id -> Nullable<BigInt>,
        nom_entreprise -> Text,
        secteur_activite -> Nullable<Text>,
        adresse -> Nullable<Text>,
        ville -> Nullable<Text>,
        telephone -> Nullable<Text>,
        email -> Nullable<Text>,
        contact_principal -> Nullable<Text>,
        type_client -> Text,
        niveau_service -> Text,
        statut_client -> Text,
        ice -> Nullable<Text>,
        identifiant_fiscal -> Nullable<Text>,
        date_creation -> Date,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// Portal accounts of a customer beyond the first.
    clients_utilisateurs (client_id, user_id) {
        client_id -> BigInt,
        user_id -> BigInt,
        created_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// People to reach at a customer.
    clients_contacts (id) {
        id -> BigInt,
        client_id -> BigInt,
        nom -> Text,
        fonction -> Nullable<Text>,
        email -> Nullable<Text>,
        telephone -> Nullable<Text>,
        principal -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// Places of a customer where equipment stands.
    sites (id) {
        id -> BigInt,
        client_id -> BigInt,
        nom -> Text,
        adresse -> Nullable<Text>,
        ville -> Nullable<Text>,
        zone -> Nullable<Text>,
        latitude -> Nullable<Double>,
        longitude -> Nullable<Double>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// Teams of technicians.
    equipes (id) {
        id -> BigInt,
        nom -> Text,
        responsable_id -> Nullable<BigInt>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// Skills.
    competences (id) {
        id -> BigInt,
        nom -> Text,
        domaine -> Nullable<Text>,
        certification_requise -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// Technicians: the working profile of an account.
    techniciens (id) {
        id -> BigInt,
        user_id -> BigInt,
        specialite -> Nullable<Text>,
        equipe_id -> Nullable<BigInt>,
        disponibilite -> Text,
        absence_en_attente -> Nullable<Text>,
        zone_intervention -> Nullable<Text>,
        date_embauche -> Nullable<Date>,
        taux_horaire -> Nullable<Numeric>,
        telephone -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// Skills that a technician holds, with level and validity.
    techniciens_competences (technicien_id, competence_id) {
        technicien_id -> BigInt,
        competence_id -> BigInt,
        niveau -> Text,
        valide_jusqu_au -> Nullable<Date>,
    }
}

diesel::table! {
    /// Reference lists that an administrator edits.
    referentiels (liste, code) {
        liste -> Text,
        code -> Text,
        libelle_fr -> Text,
        libelle_en -> Nullable<Text>,
        libelle_ar -> Nullable<Text>,
        couleur -> Nullable<Text>,
        ordre -> Integer,
        actif -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// Maintained equipment, as a tree per customer.
    equipements (id) {
        id -> BigInt,
        client_id -> BigInt,
        site_id -> Nullable<BigInt>,
        parent_id -> Nullable<BigInt>,
        nom_equipement -> Text,
        modele -> Nullable<Text>,
        marque -> Nullable<Text>,
        numero_serie -> Text,
        type_equipement -> Text,
        type_equipement_liste -> Text,
        statut -> Text,
        criticite -> Text,
        localisation -> Nullable<Text>,
        date_installation -> Nullable<Date>,
        prochaine_maintenance -> Nullable<Date>,
        frequence_maintenance_jours -> Nullable<Integer>,
        code_public -> Text,
        compteur_unite -> Nullable<Text>,
        compteur_valeur -> Nullable<Numeric>,
        valeur_remplacement -> Nullable<Numeric>,
        notes -> Nullable<Text>,
        motif_reforme -> Nullable<Text>,
        gravite -> SmallInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// Skills that work on an equipment requires.
    equipements_competences (equipement_id, competence_id) {
        equipement_id -> BigInt,
        competence_id -> BigInt,
        niveau_min -> Text,
    }
}

diesel::table! {
    /// Maintenance jobs: the columns that lists read.
    interventions (id) {
        id -> BigInt,
        numero -> Text,
        equipement_id -> BigInt,
        client_id -> BigInt,
        site_id -> Nullable<BigInt>,
        technicien_id -> Nullable<BigInt>,
        contrat_id -> Nullable<BigInt>,
        demandeur_id -> Nullable<BigInt>,
        suite_de_id -> Nullable<BigInt>,
        titre -> Text,
        description -> Text,
        #[sql_name = "type"]
        type_ -> Text,
        statut -> Text,
        priorite -> Text,
        est_urgente -> Bool,
        origine -> Text,
        date_creation -> Timestamptz,
        date_prevue -> Nullable<Timestamptz>,
        date_affectation -> Nullable<Timestamptz>,
        date_debut -> Nullable<Timestamptz>,
        date_fin -> Nullable<Timestamptz>,
        duree_estimee_minutes -> Integer,
        motif_attente -> Nullable<Text>,
        panne_id -> Nullable<BigInt>,
        equipement_rendu -> Bool,
        archived_at -> Nullable<Timestamptz>,
        urgence -> SmallInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// What a job reports at its end, 1:1.
    interventions_cloture (intervention_id) {
        intervention_id -> BigInt,
        diagnostic -> Nullable<Text>,
        compte_rendu -> Nullable<Text>,
        mode_defaillance -> Nullable<Text>,
        mecanisme_defaillance -> Nullable<Text>,
        cause_defaillance -> Nullable<Text>,
        resultat -> Nullable<Text>,
        motif_annulation -> Nullable<Text>,
        satisfaction -> Nullable<SmallInt>,
        commentaire_client -> Nullable<Text>,
        satisfaction_le -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// Skills that a job requires.
    interventions_competences (intervention_id, competence_id) {
        intervention_id -> BigInt,
        competence_id -> BigInt,
        niveau_min -> Text,
    }
}

diesel::table! {
    /// Intervals during which a job waited.
    interventions_attentes (id) {
        id -> BigInt,
        intervention_id -> BigInt,
        motif -> Text,
        debut -> Timestamptz,
        fin -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// Failures of equipment.
    pannes (id) {
        id -> BigInt,
        equipement_id -> BigInt,
        ouverte_le -> Timestamptz,
        fermee_le -> Nullable<Timestamptz>,
        origine -> Text,
        intervention_id -> Nullable<BigInt>,
        description -> Nullable<Text>,
        estimee -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// Who holds an equipment in maintenance: a job, or nobody (manual).
    equipements_detentions (id) {
        id -> BigInt,
        equipement_id -> BigInt,
        intervention_id -> Nullable<BigInt>,
        depuis -> Timestamptz,
        jusqu_a -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// Downtime intervals of equipment.
    arrets_equipement (id) {
        id -> BigInt,
        equipement_id -> BigInt,
        etat -> Text,
        debut -> Timestamptz,
        fin -> Nullable<Timestamptz>,
        cause -> Nullable<Text>,
        planifie -> Bool,
        intervention_id -> Nullable<BigInt>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// History of a job; rows are only added.
    historiques_interventions (id) {
        id -> BigInt,
        intervention_id -> BigInt,
        user_id -> Nullable<BigInt>,
        action_type -> Text,
        details -> Nullable<Text>,
        date_action -> Timestamptz,
        metadata -> Jsonb,
    }
}

diesel::table! {
    /// Outbox of domain events.
    evenements (id) {
        id -> BigInt,
        kind -> Text,
        v -> SmallInt,
        aggregate_type -> Text,
        aggregate_id -> BigInt,
        payload -> Jsonb,
        occurred_at -> Timestamptz,
        correlation_id -> Nullable<Text>,
        actor_id -> Nullable<BigInt>,
        dispatched_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    /// Tasks of the job engine.
    taches (id) {
        id -> BigInt,
        kind -> Text,
        payload -> Jsonb,
        run_at -> Timestamptz,
        lease_until -> Nullable<Timestamptz>,
        owner -> Nullable<Text>,
        fence -> BigInt,
        attempts -> Integer,
        max_attempts -> Integer,
        done_at -> Nullable<Timestamptz>,
        dead_at -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
        evenement_id -> Nullable<BigInt>,
        dedup_key -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// Runs of scheduled jobs and their outcome.
    job_runs (id) {
        id -> BigInt,
        job -> Text,
        started_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        outcome -> Nullable<Text>,
        details -> Jsonb,
        owner -> Nullable<Text>,
        tache_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// Due instants of schedules, each inserted once.
    occurrences (schedule, due_at) {
        schedule -> Text,
        due_at -> Timestamptz,
        tache_id -> Nullable<BigInt>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// Messages to a user on one channel.
    notifications (id) {
        id -> BigInt,
        user_id -> BigInt,
        intervention_id -> Nullable<BigInt>,
        module -> Nullable<Text>,
        ref_type -> Nullable<Text>,
        ref_id -> Nullable<BigInt>,
        #[sql_name = "type"]
        type_ -> Text,
        canal -> Text,
        sujet -> Text,
        contenu -> Text,
        statut -> Text,
        tentatives -> Integer,
        date_envoi -> Nullable<Timestamptz>,
        lue_le -> Nullable<Timestamptz>,
        evenement_id -> Nullable<BigInt>,
        derniere_erreur -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    /// Answers stored under an `Idempotency-Key`.
    cles_idempotence (user_id, methode, chemin, cle) {
        user_id -> BigInt,
        methode -> Text,
        chemin -> Text,
        cle -> Text,
        empreinte -> Bytea,
        statut -> Nullable<SmallInt>,
        reponse_entetes -> Nullable<Jsonb>,
        corps -> Nullable<Bytea>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// Audit trail; rows are only added.
    audit_log (id) {
        id -> BigInt,
        at -> Timestamptz,
        actor_id -> Nullable<BigInt>,
        ip -> Nullable<Text>,
        action -> Text,
        objet_type -> Text,
        objet_id -> Nullable<BigInt>,
        avant -> Nullable<Jsonb>,
        apres -> Nullable<Jsonb>,
        correlation_id -> Nullable<Text>,
    }
}

diesel::joinable!(clients -> users (user_id));
diesel::joinable!(clients_contacts -> clients (client_id));
diesel::joinable!(clients_utilisateurs -> clients (client_id));
diesel::joinable!(clients_utilisateurs -> users (user_id));
diesel::joinable!(sites -> clients (client_id));
diesel::joinable!(equipes -> users (responsable_id));
diesel::joinable!(techniciens -> equipes (equipe_id));
diesel::joinable!(techniciens -> users (user_id));
diesel::joinable!(techniciens_competences -> competences (competence_id));
diesel::joinable!(techniciens_competences -> techniciens (technicien_id));
diesel::joinable!(equipements -> clients (client_id));
diesel::joinable!(equipements -> sites (site_id));
diesel::joinable!(equipements_competences -> competences (competence_id));
diesel::joinable!(equipements_competences -> equipements (equipement_id));
diesel::joinable!(interventions -> clients (client_id));
diesel::joinable!(interventions -> equipements (equipement_id));
diesel::joinable!(interventions -> sites (site_id));
diesel::joinable!(interventions -> techniciens (technicien_id));
diesel::joinable!(interventions -> users (demandeur_id));
diesel::joinable!(interventions_cloture -> interventions (intervention_id));
diesel::joinable!(interventions_competences -> competences (competence_id));
diesel::joinable!(interventions_competences -> interventions (intervention_id));
diesel::joinable!(interventions_attentes -> interventions (intervention_id));
diesel::joinable!(pannes -> equipements (equipement_id));
diesel::joinable!(equipements_detentions -> equipements (equipement_id));
diesel::joinable!(equipements_detentions -> interventions (intervention_id));
diesel::joinable!(arrets_equipement -> equipements (equipement_id));
diesel::joinable!(arrets_equipement -> interventions (intervention_id));
diesel::joinable!(historiques_interventions -> interventions (intervention_id));
diesel::joinable!(historiques_interventions -> users (user_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(refresh_tokens -> sessions (session_id));
diesel::joinable!(users_roles -> users (user_id));
diesel::joinable!(taches -> evenements (evenement_id));
diesel::joinable!(occurrences -> taches (tache_id));
diesel::joinable!(notifications -> evenements (evenement_id));
diesel::joinable!(notifications -> interventions (intervention_id));
diesel::joinable!(notifications -> users (user_id));
diesel::joinable!(cles_idempotence -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    users,
    users_roles,
    sessions,
    refresh_tokens,
    connexions_tentatives,
    clients,
    clients_utilisateurs,
    clients_contacts,
    sites,
    equipes,
    competences,
    techniciens,
    techniciens_competences,
    referentiels,
    equipements,
    equipements_competences,
    interventions,
    interventions_cloture,
    interventions_competences,
    interventions_attentes,
    pannes,
    equipements_detentions,
    arrets_equipement,
    historiques_interventions,
    evenements,
    taches,
    job_runs,
    occurrences,
    notifications,
    cles_idempotence,
    audit_log,
);
