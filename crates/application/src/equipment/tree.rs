//! The tree that an equipment belongs to.

use domain::Id;
use domain::equipment::Equipment;
use domain::equipment::store::TreeNode;
use domain::policy::Permission;

use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;

/// The whole tree from its root, parents before children. A tree has one owner, so who may know
/// one node may know all.
///
/// # Errors
/// `NotFound` when there is no such equipment that the caller may know of.
pub async fn tree(app: &App, ctx: &Ctx, id: Id<Equipment>) -> Result<Vec<TreeNode>, AppError> {
    let seen = ctx.seen(Permission::EquipmentView)?;
    let nodes = app.equipments.tree(id, &seen).await?;
    if nodes.is_empty() {
        Err(AppError::NotFound)
    } else {
        Ok(nodes)
    }
}
