//! What a port may answer instead of a result.

use crate::vocab::vocab;

vocab! {
    /// A rule that the database itself holds. The code is the constraint's name without its prefix;
    /// `infra-postgres` maps names to members in one place.
    Constraint {
        /// Another user has this e-mail.
        UserEmail = "users_email",
        /// Another user has this user name.
        UserUsername = "users_username",
        /// The user already has a client profile.
        ClientUser = "clients_user",
        /// One main contact per client.
        ContactPrincipal = "clients_contacts_principal",
        /// Another site of the client has this name.
        SiteName = "sites_nom",
        /// Another team has this name.
        TeamName = "equipes_nom",
        /// The user already has a technician profile.
        TechnicianUser = "techniciens_user",
        /// Another skill has this name.
        SkillName = "competences_nom",
        /// Another equipment of the client has this serial number.
        EquipmentSerial = "equipements_numero_serie",
        /// The parent is below the equipment itself.
        EquipmentCycle = "equipements_cycle",
        /// The technician already has a job in progress.
        TechnicianBusy = "interventions_technicien_en_cours",
        /// The row is used by others and cannot be deleted.
        InUse = "in_use",
        /// A row that this one refers to does not exist (or belongs to another client).
        MissingReference = "missing_reference",
        /// Another unique constraint.
        Duplicate = "duplicate",
        /// A value outside of what a column accepts; the validation before it should have said so.
        CheckViolation = "check",
    }
}

/// Failure of a stored-data port.
#[derive(Debug, thiserror::Error)]
pub enum RepoError {
    /// A constraint refused the write.
    #[error("constraint {constraint:?} ({name})")]
    Conflict {
        /// Which rule.
        constraint: Constraint,
        /// The constraint's full name in the database.
        name: String,
    },
    /// The row changed since it was read: nothing was written.
    #[error("the row changed since it was read")]
    Stale,
    /// Serialisation failure or deadlock: the whole unit of work may be run again.
    #[error("transient conflict")]
    Retryable(#[source] BoxError),
    /// Another transaction holds what this one waited for, longer than the lock timeout.
    #[error("lock wait timed out")]
    Locked,
    /// The database cannot be reached, or no connection came free in time.
    #[error("the database is unavailable")]
    Unavailable(#[source] BoxError),
    /// The cursor of a page is not one that this list gave.
    #[error("unusable cursor")]
    BadCursor,
    /// Anything else: a defect.
    #[error("database failure")]
    Backend(#[source] BoxError),
}

/// An error of an adapter, kept for the log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Result of a stored-data port.
pub type Repo<T> = Result<T, RepoError>;
