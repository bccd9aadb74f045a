//! Who could take a job now.

use domain::page::{Page, PageRequest};
use domain::skill::RequiredSkill;
use domain::technician::{Availability, TechnicianFilter, TechnicianSort};

use super::TechnicianView;
use super::read::list;
use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;

/// One page of the technicians with an active account who are free now, have every required skill
/// with a certificate that is valid today, and serve the zone if one is given.
///
/// # Errors
/// `Denied` without the right.
pub async fn available(
    app: &App,
    ctx: &Ctx,
    required: Vec<RequiredSkill>,
    zone: Option<String>,
    page: &PageRequest<TechnicianSort>,
) -> Result<Page<TechnicianView>, AppError> {
    let filter = TechnicianFilter {
        availability: Some(Availability::Available),
        is_active: Some(true),
        required,
        zone,
        ..TechnicianFilter::default()
    };
    list(app, ctx, &filter, page).await
}
