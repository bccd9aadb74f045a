//! Who is told of what happens to an equipment.

use super::Audience::{Clients, Leads};
use super::Condition::StillDown;
use super::Route;
use crate::notification::Notice::{EquipmentDown, FailureKnown};
use crate::notification::NotificationKind as K;

const DOWN: &str = "equipement.en_panne";

pub(super) const ROUTES: &[Route] = &[
    Route::new(DOWN, StillDown, Leads, EquipmentDown, K::Failure),
    Route::new(DOWN, StillDown, Clients, FailureKnown, K::Failure),
];
