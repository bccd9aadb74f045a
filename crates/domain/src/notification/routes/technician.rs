//! Who is told of what happens to a technician.

use super::Audience::Leads;
use super::Condition::AwayWithOpenJobs;
use super::Route;
use crate::notification::Notice::TechnicianAway;
use crate::notification::NotificationKind as K;

const AVAILABILITY: &str = "technicien.disponibilite_change";

pub(super) const ROUTES: &[Route] = &[Route::new(
    AVAILABILITY,
    AwayWithOpenJobs,
    Leads,
    TechnicianAway,
    K::Availability,
)];
