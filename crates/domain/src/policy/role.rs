//! Roles and permissions: the two closed lists of the grant table.

use crate::vocab::vocab;

vocab! {
    /// What a user is in the company. Later modules add rows here and in [`super::GRANTS`].
    Role {
        /// Full access and configuration.
        Admin = "admin",
        /// Manages clients, jobs and teams.
        Manager = "responsable",
        /// Does the jobs.
        Technician = "technicien",
        /// Owns the equipment and asks for jobs.
        Client = "client",
    }
}

impl Role {
    /// Seniority: nobody grants a role above their own.
    pub fn level(self) -> u8 {
        match self {
            Self::Admin => 4,
            Self::Manager => 3,
            Self::Technician => 2,
            Self::Client => 1,
        }
    }
}

vocab! {
    /// How far a grant reaches.
    Scope {
        /// What belongs to the actor.
        Own = "own",
        /// What belongs to technicians of teams that the actor leads.
        Team = "team",
        /// Everything.
        All = "all",
    }
}

vocab! {
    /// A right on a kind of object, named `resource:action`.
    Permission {
        /// Create, modify, deactivate accounts.
        UserManage = "utilisateur:gerer",
        /// Change one's own profile.
        UserEditProfile = "utilisateur:modifier_profil",
        /// See accounts.
        UserView = "utilisateur:voir",
        /// Create and modify clients, sites, contacts.
        ClientManage = "client:gerer",
        /// Change the own contact data.
        ClientEditContact = "client:modifier_coordonnees",
        /// See clients.
        ClientView = "client:voir",
        /// Create and modify technicians, teams, skills, availability.
        TechnicianManage = "technicien:gerer",
        /// See technicians.
        TechnicianView = "technicien:voir",
        /// See rates, e-mail and telephone of technicians.
        TechnicianViewPrivate = "technicien:voir_prive",
        /// Create, modify, decommission equipment.
        EquipmentManage = "equipement:gerer",
        /// Change meter, location and notes.
        EquipmentOperate = "equipement:exploiter",
        /// See equipment.
        EquipmentView = "equipement:voir",
        /// Declare a breakdown.
        EquipmentDeclareFailure = "equipement:declarer_panne",
        /// Create jobs.
        InterventionCreate = "intervention:creer",
        /// Ask for a job on own equipment.
        InterventionRequest = "intervention:demander",
        /// See jobs.
        InterventionView = "intervention:voir",
        /// Change the data of jobs.
        InterventionEdit = "intervention:modifier",
        /// Change what the technician writes (diagnosis, report).
        InterventionDocument = "intervention:documenter",
        /// Change the description of an own request that nobody has taken yet.
        InterventionEditRequest = "intervention:modifier_demande",
        /// Assign and plan jobs.
        InterventionAssign = "intervention:affecter",
        /// Start, hold, resume, close jobs.
        InterventionExecute = "intervention:executer",
        /// Cancel jobs.
        InterventionCancel = "intervention:annuler",
        /// Cancel an own request that nobody has taken yet.
        InterventionCancelRequest = "intervention:annuler_demande",
        /// Archive jobs.
        InterventionArchive = "intervention:archiver",
        /// Rate a closed job.
        InterventionRate = "intervention:noter",
    }
}
