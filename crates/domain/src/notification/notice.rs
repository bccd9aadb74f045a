//! The things that people are told.

use crate::vocab::vocab;

vocab! {
    /// What somebody is told; each has a text of its own.
    Notice {
        /// To the lead: a job is urgent, or critical.
        UrgentJob = "intervention_urgente",
        /// To the lead: a job has become urgent, or critical.
        JobRaised = "priorite_relevee",
        /// To the lead: a client asks for something.
        NewRequest = "demande_nouvelle",
        /// To the requester: the request has arrived.
        RequestReceived = "demande_recue",
        /// To the technician: a job is theirs.
        JobAssigned = "intervention_affectee",
        /// To the client: who comes, and when.
        TechnicianNamed = "technicien_affecte",
        /// To the technician: the visit has another date.
        VisitMoved = "deplacement_reporte",
        /// To the client: the job has another date.
        JobMoved = "intervention_replanifiee",
        /// To the client: what was done.
        JobReport = "intervention_terminee",
        /// To the lead: a job is closed.
        JobClosed = "intervention_cloturee",
        /// To the technician of before: the job is not theirs any more.
        JobWithdrawn = "affectation_retiree",
        /// To the technician: not to go there.
        VisitCancelled = "deplacement_annule",
        /// To the client: will not be done.
        JobCancelled = "intervention_annulee",
        /// To the lead: an equipment failed.
        EquipmentDown = "equipement_en_panne",
        /// To the client: the failure is known.
        FailureKnown = "panne_enregistree",
        /// To the lead: a technician is away and has jobs.
        TechnicianAway = "technicien_indisponible",
    }
}
