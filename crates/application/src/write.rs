//! Writes that may be repeated: the effect and the answer commit together.

use std::sync::Arc;

use domain::idempotency::{Claim, StoredAnswer};
use domain::ports::Tx;

use crate::app::App;
use crate::ctx::Ctx;
use crate::error::{AppError, Code};

/// Turns the result of a use case into the answer that the caller gets; pure, so that it can run
/// inside the transaction and be stored with the effect.
pub type Render<V> = Arc<dyn Fn(&V) -> StoredAnswer + Send + Sync>;

/// Result of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written<V> {
    /// Done now.
    Fresh {
        /// What the use case answers.
        value: V,
        /// The rendered answer.
        answer: StoredAnswer,
    },
    /// Done before, under the same key.
    Replayed(StoredAnswer),
}

impl<V> Written<V> {
    /// The value, when the work was done now.
    ///
    /// # Errors
    /// A defect: programs that need the value send no key.
    pub fn into_value(self) -> Result<V, AppError> {
        match self {
            Self::Fresh { value, .. } => Ok(value),
            Self::Replayed(_) => Err(AppError::internal("a write without a key was replayed")),
        }
    }
}

/// For callers that need no answer to send.
pub fn silent<V>() -> Render<V> {
    Arc::new(|_| StoredAnswer {
        status: 200,
        headers: Vec::new(),
        body: Vec::new(),
    })
}

/// Admits whoever holds the right that was required: what [`App::write`] asks when the answer shows
/// nothing that takes more than that.
///
/// # Errors
/// Never.
pub fn anyone(_: &mut dyn Tx, _: &Ctx) -> Result<(), AppError> {
    Ok(())
}

impl App {
    /// Runs `work` in one transaction under the context's idempotency key, if it has one.
    ///
    /// `admit` is asked before a stored answer is given again: it must refuse who may no longer
    /// see the object. `work` makes the same check itself when it runs. Both are given the context.
    ///
    /// # Errors
    /// What `work` or `admit` refused with; `IdempotencyMismatch`, `IdempotencyRunning`.
    pub async fn write<V, A, F>(
        &self,
        ctx: &Ctx,
        name: &'static str,
        render: Render<V>,
        admit: A,
        work: F,
    ) -> Result<Written<V>, AppError>
    where
        A: Fn(&mut dyn Tx, &Ctx) -> Result<(), AppError> + Send + Sync + 'static,
        F: Fn(&mut dyn Tx, &Ctx) -> Result<V, AppError> + Send + Sync + 'static,
        V: Send + 'static,
    {
        let asking = ctx.clone();
        self.run(name, &ctx.origin, move |tx| {
            let ctx = &asking;
            if let Some(key) = &ctx.idempotency {
                match claim(tx, key)? {
                    Claim::Mine => {}
                    Claim::Mismatch => return Err(AppError::rule(Code::IdempotencyMismatch)),
                    Claim::Done(answer) => {
                        admit(tx, ctx)?;
                        return Ok(Written::Replayed(answer));
                    }
                }
            }
            let value = work(tx, ctx)?;
            let answer = render(&value);
            if let Some(key) = &ctx.idempotency {
                tx.idempotency().complete(key, &answer)?;
            }
            Ok(Written::Fresh { value, answer })
        })
        .await
    }
}

fn claim(tx: &mut dyn Tx, key: &domain::idempotency::IdempotencyKey) -> Result<Claim, AppError> {
    match tx.idempotency().claim(key) {
        Err(domain::error::RepoError::Locked) => Err(AppError::rule(Code::IdempotencyRunning)),
        other => Ok(other?),
    }
}
