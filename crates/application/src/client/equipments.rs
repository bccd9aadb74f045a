//! The equipment of a client.

use domain::Id;
use domain::client::Client;
use domain::equipment::{EquipmentDetail, EquipmentFilter, EquipmentSort};
use domain::page::{Page, PageRequest};

use super::read::known;
use crate::app::App;
use crate::ctx::Ctx;
use crate::equipment;
use crate::error::AppError;

/// One page of a client's equipment, as far as the caller may see it; `filter` narrows further.
///
/// # Errors
/// `NotFound` when the caller may not know of the client.
pub async fn list_equipments(
    app: &App,
    ctx: &Ctx,
    client: Id<Client>,
    filter: EquipmentFilter,
    page: &PageRequest<EquipmentSort>,
) -> Result<Page<EquipmentDetail>, AppError> {
    known(app, ctx, client).await?;
    let filter = EquipmentFilter {
        client: Some(client),
        ..filter
    };
    equipment::list(app, ctx, &filter, page).await
}
