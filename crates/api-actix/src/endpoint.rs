//! The one way from a request to its answer.
//!
//! Order: name of the request and panic catcher → CORS → authentication → right of the operation →
//! idempotency key → body and arguments → use case → problem → headers and one log line. A refusal
//! at one step is never preceded by work of a later one: a body is not read before its sender is
//! known and may call the operation.
//!
//! One function instead of a stack of middlewares: the order is what is written here, and every
//! answer, whoever made it, gets the same headers and the same log line.

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use application::auth::Visitor;
use application::{AppError, Ctx};
use domain::audit::Origin;
use domain::idempotency::IdempotencyKey;
use futures_util::FutureExt;
use jiff::Timestamp;

use crate::call::{Call, Guest};
use crate::extract::{Parts, number};
use crate::operation::{Access, Caller, Operation};
use crate::problem::{self, HttpCode, Refusal};
use crate::reply::Answer;
use crate::state::AppState;
use crate::table::Found;
use crate::{body, cors, respond};

/// Header that names the idempotent request.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// After this time the sender of a body is looked at again: with the age of a copy of a session it
/// keeps within the second in which what was taken away must be refused.
const SLOW_BODY: Duration = Duration::from_millis(100);

/// What the log line says of a request.
#[derive(Default)]
pub struct Trace {
    /// Path with `{parameters}`.
    pub route: &'static str,
    /// Who called.
    pub user: Option<i64>,
    /// By a path of older clients.
    pub legacy: bool,
    /// Canonical path of an alias, with its parameters in place.
    pub alias_of: Option<String>,
    /// The body has not been read to its end: the connection cannot be used again.
    pub unread: bool,
    /// Code of a refusal.
    pub code: Option<&'static str>,
}

/// Marks a step, for traces and for the test of the order.
fn step(name: &'static str) {
    tracing::trace!(target: "pipeline", step = name);
}

/// Answers a request.
pub async fn serve(state: Arc<AppState>, request: HttpRequest, mut payload: Payload) -> HttpResponse {
    let started = Instant::now();
    step("correlation");
    let name = correlation_id(&state, request.headers());
    let mut trace = Trace {
        unread: has_body(request.headers()),
        ..Trace::default()
    };
    let working = answer(&state, &request, &mut payload, &name, &mut trace);
    let outcome = match AssertUnwindSafe(working).catch_unwind().await {
        Ok(outcome) => outcome,
        // The panic hook has logged what happened; nobody else is told.
        Err(_) => Err(Refusal::App(AppError::internal("panic"))),
    };
    let answer = outcome.unwrap_or_else(|refusal| {
        step("problem");
        trace.code = Some(refusal.code().as_str());
        if let Some(chain) = refusal.chain() {
            tracing::error!(correlation_id = name, error = chain, "request failed");
        }
        refusal.answer(request.path(), &name, state.app.clock.now())
    });
    let response = respond::finish(&state, &request, answer, &name, &trace);
    let response = if trace.unread {
        respond::closing(response, payload)
    } else {
        response
    };
    tracing::info!(
        target: "http",
        method = request.method().as_str(),
        route = trace.route,
        status = response.status().as_u16(),
        duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        user = trace.user,
        code = trace.code,
        legacy = trace.legacy.then_some(true),
        correlation_id = name,
    );
    response
}

async fn answer(
    state: &Arc<AppState>,
    request: &HttpRequest,
    payload: &mut Payload,
    name: &str,
    trace: &mut Trace,
) -> Result<Answer, Refusal> {
    let (operation, params, legacy) = match state.table.find(request.method(), request.path()) {
        Found::Operation {
            operation,
            params,
            legacy,
        } => (operation, params, legacy),
        Found::OtherMethods(allow) if *request.method() == Method::OPTIONS => {
            return Ok(cors::options(request.headers(), &state.config, allow));
        }
        Found::OtherMethods(allow) => {
            let headers = vec![(header::ALLOW, allow)];
            return Err(Refusal::Http {
                code: HttpCode::MethodNotAllowed,
                issues: Vec::new(),
                headers,
            });
        }
        Found::Nothing => return Err(Refusal::http(HttpCode::RouteNotFound)),
    };
    trace.route = operation.path;
    trace.legacy = legacy;
    trace.alias_of = operation.alias_of.map(|path| filled(path, &params));
    let now = state.app.clock.now();
    let origin = Origin {
        actor: None,
        ip: client_ip(request, state).map(|ip| ip.to_string()),
        correlation_id: name.to_owned(),
    };
    let mut caller = gate(state, operation, request, origin.clone(), now, trace).await?;
    step("idempotency");
    let key = if operation.repeatable() {
        idempotency_key(request.headers())?
    } else {
        None
    };
    step("validation");
    let waiting = Instant::now();
    let (body, is_form) = body::read(operation, request.headers(), payload, &state.config).await?;
    trace.unread = false;
    if waiting.elapsed() > SLOW_BODY {
        // The sender decides how long a body takes: who may do what is judged when it is there.
        caller = gate(state, operation, request, origin, state.app.clock.now(), trace).await?;
    }
    if let (Some(key), Caller::Signed(call)) = (key, &mut caller) {
        call.ctx.idempotency = Some(fingerprint(call, request, operation, &params, key, &body));
    }
    let lenient = legacy || operation.alias_of.is_some();
    let query = request.query_string();
    let mut parts = Parts {
        params,
        taken: 0,
        query,
        headers: request.headers(),
        body,
        is_form,
        lenient,
    };
    let running = operation.run(caller, &mut parts)?;
    step("use case");
    running.await
}

/// Authentication and the right of the operation.
async fn gate(
    state: &Arc<AppState>,
    operation: &Operation,
    request: &HttpRequest,
    mut origin: Origin,
    now: Timestamp,
    trace: &mut Trace,
) -> Result<Caller, Refusal> {
    step("authentication");
    let Access::Signed(needs) = operation.access else {
        let user_agent = request
            .headers()
            .get(header::USER_AGENT)
            .and_then(|v| v.to_str().ok());
        let user_agent = user_agent.map(|text| text.chars().take(255).collect());
        return Ok(Caller::Guest(Guest {
            state: state.clone(),
            visitor: Visitor {
                origin,
                user_agent,
                now,
            },
        }));
    };
    let token = bearer(request.headers()).ok_or_else(problem::unauthenticated)?;
    let token = state
        .tokens
        .verify(token, now)
        .map_err(|_| problem::unauthenticated())?;
    let live = state.sessions.of(&state.app, token, now).await?;
    trace.user = Some(token.user);
    step("permission");
    let needed = needs.permissions();
    if !needed.is_empty() && !needed.iter().any(|permission| live.actor.may(*permission)) {
        return Err(Refusal::App(AppError::Denied));
    }
    origin.actor = Some(live.actor.user);
    let ctx = Ctx {
        actor: live.actor.clone(),
        session: Some(live.id),
        origin,
        now,
        idempotency: None,
    };
    Ok(Caller::Signed(Box::new(Call {
        state: state.clone(),
        ctx,
    })))
}

/// The token of `Authorization: Bearer …`, when there is exactly one such header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION);
    let text = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = text.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The caller's name for the request when it is well formed, else one of ours.
fn correlation_id(state: &AppState, headers: &HeaderMap) -> String {
    let fine = |text: &&str| {
        (8..=128).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    let sent = headers
        .get(respond::REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(fine);
    sent.map_or_else(|| state.request_name(), ToOwned::to_owned)
}

fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    headers.contains_key(header::TRANSFER_ENCODING) || length.is_some_and(|length| length.as_bytes() != b"0")
}

/// The client's address: the last one in `X-Forwarded-For` that is not a trusted proxy, when the
/// connection itself comes from a trusted proxy.
fn client_ip(request: &HttpRequest, state: &AppState) -> Option<IpAddr> {
    // A socket of both families shows addresses of IPv4 as mapped ones.
    let peer = request.peer_addr()?.ip().to_canonical();
    let trusted = |ip: &IpAddr| state.config.trusted_proxies.iter().any(|net| net.contains(ip));
    if !trusted(&peer) {
        return Some(peer);
    }
    let lines: Vec<_> = request.headers().get_all("x-forwarded-for").collect();
    // From the right, and each by itself: proxies append to whatever the client has sent.
    let hops = lines
        .iter()
        .rev()
        .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for hop in hops {
        match hop_ip(hop) {
            Some(ip) if trusted(&ip) => {}
            Some(ip) => return Some(ip),
            // What stands before something unreadable cannot be believed.
            None => return Some(peer),
        }
    }
    Some(peer)
}

/// An address, which some balancers write with its port.
fn hop_ip(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let ip = text
        .parse()
        .or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    ip.ok().map(|ip| ip.to_canonical())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let fine = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fine && values.next().is_none() {
        Ok(Some(text.to_owned()))
    } else {
        Err(Refusal::http(HttpCode::InvalidIdempotencyKey))
    }
}

/// The same request on a path of older clients is the same request.
fn fingerprint(
    call: &Call,
    request: &HttpRequest,
    operation: &Operation,
    params: &[&str],
    key: String,
    body: &[u8],
) -> IdempotencyKey {
    let path = filled(operation.alias_of.unwrap_or(operation.path), params);
    let query = request.query_string();
    let mut data = Vec::with_capacity(query.len() + 1 + body.len());
    data.extend_from_slice(query.as_bytes());
    data.push(0);
    data.extend_from_slice(body);
    IdempotencyKey {
        user: call.ctx.actor.user,
        method: operation.method.as_str().to_owned(),
        path,
        key,
        // Keyed: a body may hold a password, and a plain digest could be tried out.
        fingerprint: call.state.app.secrets.stored_mac(&data),
    }
}

/// A path with its parameters in place; a number in its shortest form.
fn filled(path: &str, params: &[&str]) -> String {
    let mut params = params.iter();
    let mut filled = String::with_capacity(path.len() + 16);
    for (i, segment) in path.split('/').enumerate() {
        if i > 0 {
            filled.push('/');
        }
        if !segment.starts_with('{') {
            filled.push_str(segment);
            continue;
        }
        let param = params.next().copied().unwrap_or_default();
        if param.bytes().all(|b| b.is_ascii_digit()) {
            filled.push_str(&number(param).to_string());
        } else {
            filled.push_str(param);
        }
    }
    filled
}

/// Whether a status carries no body.
pub(crate) fn bodiless(status: StatusCode) -> bool {
    status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED
}
