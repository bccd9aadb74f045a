//! The actix server: one default service, bounded connections, orderly end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload as RawPayload;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpRequest, HttpServer};
use settings::Settings;

use crate::endpoint;
use crate::state::AppState;

/// Time for the headers of a request.
const HEADERS_WITHIN: Duration = Duration::from_secs(5);
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Time for running requests when the server is told to stop.
const SHUTDOWN_SECONDS: u64 = 10;

/// Makes the process answer every request of an actix application: `App::new().configure(…)`.
pub fn configure(state: Arc<AppState>) -> impl FnOnce(&mut ServiceConfig) + Clone {
    move |config: &mut ServiceConfig| {
        config.default_service(web::to(move |request: HttpRequest, payload: web::Payload| {
            let state = state.clone();
            let payload: RawPayload = payload.into_inner();
            endpoint::serve(state, request, payload)
        }));
    }
}

/// Serves until the process is told to stop.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(state: Arc<AppState>, settings: &Settings) -> io::Result<()> {
    let workers = settings.worker_threads();
    let connections = usize::try_from(settings.max_connections).unwrap_or(usize::MAX);
    let server = HttpServer::new(move || App::new().configure(configure(state.clone())))
        .workers(workers)
        .max_connections(connections.div_ceil(workers))
        .client_request_timeout(HEADERS_WITHIN)
        .client_disconnect_timeout(Duration::from_secs(1))
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .bind((settings.host.as_str(), settings.port))?;
    for address in server.addrs() {
        tracing::info!(%address, workers, "listening");
    }
    server.run().await
}
