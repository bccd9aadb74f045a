//! Who calls: the first argument of every handler.

use std::sync::Arc;

use application::auth::Visitor;
use application::{App, Ctx};
use serde::Serialize;
use utoipa::ToSchema;

use crate::reply::{Created, Removed, Show, Updated, Versioned};
use crate::state::AppState;

/// A request without a signed-in user: first argument of handlers of public operations.
pub struct Guest {
    /// The process.
    pub state: Arc<AppState>,
    /// Where the request comes from.
    pub visitor: Visitor,
}

/// A request of a signed-in user that has passed the gate: first argument of all other handlers.
pub struct Call {
    /// The process.
    pub state: Arc<AppState>,
    /// For use cases.
    pub ctx: Ctx,
}

impl Guest {
    /// The ports.
    pub fn app(&self) -> &App {
        &self.state.app
    }
}

impl Call {
    /// The ports.
    pub fn app(&self) -> &App {
        &self.state.app
    }

    /// Shows what a write created, at `path` (without prefix) + `/{id}`: 201.
    pub fn created<R, V>(
        &self,
        path: &str,
        view: impl Fn(&R) -> V + Send + Sync + 'static,
    ) -> Show<R, Created<V>>
    where
        R: Versioned + 'static,
        V: Serialize + ToSchema + 'static,
    {
        Show::<R, Created<V>>::created(format!("{}{path}", self.state.config.prefix), view)
    }

    /// Shows what a write changed: 200.
    pub fn updated<R, V>(&self, view: impl Fn(&R) -> V + Send + Sync + 'static) -> Show<R, Updated<V>>
    where
        R: Versioned + 'static,
        V: Serialize + ToSchema + 'static,
    {
        Show::<R, Updated<V>>::updated(view)
    }

    /// Shows that a write removed something: 204.
    pub fn removed<R: 'static>(&self) -> Show<R, Removed> {
        Show::<R, Removed>::removed()
    }
}
