//! Whether the database can serve the product.

use diesel::sql_types::Integer;
use domain::error::Repo;

use crate::config::PgConfig;
use crate::migrate;
use crate::reader::Reader;

/// Whether the database answers.
///
/// # Errors
/// Why not.
pub async fn answers(reader: &Reader) -> Repo<()> {
    let one: i32 = reader
        .point(|conn| {
            let query = diesel::select(diesel::dsl::sql::<Integer>("1"));
            Box::pin(async move { diesel_async::RunQueryDsl::get_result(query, &mut &*conn).await })
        })
        .await?;
    debug_assert_eq!(one, 1);
    Ok(())
}

/// Whether the database is at this program's version; asked once it was, it is not asked again.
///
/// # Errors
/// What is missing, or why it could not be asked.
pub async fn is_migrated(config: &PgConfig) -> Result<(), String> {
    use std::sync::atomic::{AtomicBool, Ordering};
    static KNOWN: AtomicBool = AtomicBool::new(false);
    if KNOWN.load(Ordering::Relaxed) {
        return Ok(());
    }
    let config = config.clone();
    let pending = tokio::task::spawn_blocking(move || migrate::pending(&config)).await;
    match pending {
        Ok(Ok(names)) if names.is_empty() => {
            KNOWN.store(true, Ordering::Relaxed);
            Ok(())
        }
        Ok(Ok(names)) => Err(format!("{} migrations are pending", names.len())),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}
