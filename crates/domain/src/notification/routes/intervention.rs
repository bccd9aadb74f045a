//! Who is told of what happens to a job.

use super::Audience::{Clients, Leads, Previous, Requester, Technician};
use super::Condition::{
    Always, KnewTheirs, NotOver, Requested, StillAssigned, StillMoved, StillTheirVisit, StillWithdrawn,
    Urgent,
};
use super::{INBOX, MAIL_AND_LOG, Route};
use crate::notification::Notice::{
    JobAssigned, JobCancelled, JobClosed, JobMoved, JobRaised, JobReport, JobWithdrawn, NewRequest,
    RequestReceived, TechnicianNamed, UrgentJob, VisitCancelled, VisitMoved,
};
use crate::notification::NotificationKind as K;

const CREATED: &str = "intervention.creee";
const ASSIGNED: &str = "intervention.affectee";
const RAISED: &str = "intervention.priorite_relevee";
const RESCHEDULED: &str = "intervention.replanifiee";
const CLOSED: &str = "intervention.cloturee";
const CANCELLED: &str = "intervention.annulee";

pub(super) const ROUTES: &[Route] = &[
    Route::new(CREATED, Urgent, Leads, UrgentJob, K::Reminder),
    Route::new(CREATED, Requested, Leads, NewRequest, K::Reminder).by(INBOX),
    Route::new(CREATED, NotOver, Requester, RequestReceived, K::Reminder),
    Route::new(RAISED, Urgent, Leads, JobRaised, K::Reminder),
    Route::new(ASSIGNED, StillAssigned, Technician, JobAssigned, K::Assignment).by(MAIL_AND_LOG),
    Route::new(ASSIGNED, StillAssigned, Clients, TechnicianNamed, K::Assignment),
    Route::new(ASSIGNED, StillWithdrawn, Previous, JobWithdrawn, K::Assignment),
    Route::new(RESCHEDULED, StillTheirVisit, Technician, VisitMoved, K::Reminder),
    Route::new(RESCHEDULED, StillMoved, Clients, JobMoved, K::Reminder),
    Route::new(CLOSED, Always, Clients, JobReport, K::Closing),
    Route::new(CLOSED, Always, Leads, JobClosed, K::Closing).by(INBOX),
    Route::new(CANCELLED, KnewTheirs, Technician, VisitCancelled, K::Closing),
    Route::new(CANCELLED, Always, Clients, JobCancelled, K::Closing),
];
