//! What an account did: its own rows of the business history.

use domain::Id;
use domain::intervention::history::HistoryEntry;
use domain::page::Page;
use domain::user::User;

use super::read;
use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;

/// One page of what `user` did, newest first; everybody for those who see all accounts, else oneself.
///
/// # Errors
/// `NotFound` when there is no account that the caller may know of.
pub async fn activity(
    app: &App,
    ctx: &Ctx,
    user: Id<User>,
    limit: u32,
    cursor: Option<String>,
) -> Result<Page<HistoryEntry>, AppError> {
    read::find(app, ctx, user).await?;
    Ok(app.interventions.activity(user, limit, cursor).await?)
}

#[cfg(test)]
mod tests {
    use domain::intervention::store::MockInterventionQueries;
    use domain::policy::{Actor, Role};
    use domain::user::store::MockUserQueries;

    use super::*;
    use crate::testing::{self, Fakes};

    #[tokio::test]
    async fn an_account_that_is_hidden_has_no_activity() {
        let mut users = MockUserQueries::new();
        users.expect_find().returning(|_, _| Ok(None));
        let mut history = MockInterventionQueries::new();
        history.expect_activity().never();
        let app = Fakes {
            users,
            interventions: history,
            ..Fakes::default()
        }
        .strict();
        let actor = Actor {
            user: Id::new(5),
            roles: vec![Role::Technician],
            technician: None,
            clients: Vec::new(),
            teams: Vec::new(),
        };
        let refused = activity(&app, &testing::ctx(actor), Id::new(6), 50, None).await;
        assert!(matches!(refused, Err(AppError::NotFound)));
    }
}
