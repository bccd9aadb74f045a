//! What every answer gets: its name, protection, origin rules, compression.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_http::ConnectionType;
use actix_http::encoding::Encoder;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::Payload;
use actix_web::http::header::{
    self, AcceptEncoding, ContentEncoding, Encoding, Header, HeaderName, HeaderValue,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use crate::cors;
use crate::endpoint::{Trace, bodiless};
use crate::reply::{Answer, Content};
use crate::state::AppState;

/// Names the request, in both directions.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
/// Since 2026-01-01, as RFC 9745 writes an instant.
const DEPRECATED_SINCE: HeaderValue = HeaderValue::from_static("@1767225600");
const STRICT_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const CROSS_ORIGIN: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Shorter bodies are sent as they are: compressing them costs more than it saves.
const WORTH_COMPRESSING: usize = 1024;

/// Turns an answer into what actix sends.
pub fn finish(
    state: &AppState,
    request: &HttpRequest,
    answer: Answer,
    name: &str,
    trace: &Trace,
) -> HttpResponse {
    let mut response = HttpResponse::build(answer.status);
    let headers = &answer.headers;
    for (key, value) in headers {
        response.append_header((key.clone(), value.clone()));
    }
    let absent = |key: &HeaderName| !headers.iter().any(|(other, _)| other == key);
    if let Ok(name) = HeaderValue::from_str(name) {
        response.insert_header((REQUEST_ID, name));
    }
    protect(&mut response, state, &absent);
    cors::headers(request.headers(), &state.config, |key, value| {
        response.append_header((key, value));
    });
    if trace.legacy || trace.alias_of.is_some() {
        deprecate(&mut response, state, request, trace);
    }
    match answer.body {
        Content::Stream(body) => response.body(body),
        Content::Bytes(bytes) if bodiless(answer.status) || bytes.is_empty() => response.finish(),
        Content::Bytes(bytes) => compress(request, response.body(bytes)),
    }
}

/// Closes the connection after an answer to a request whose body was not read: what follows on it
/// is the rest of that body. A dropped payload would make actix read on for as long as a sender of
/// chunks likes, so the answer holds it until it is sent.
pub fn closing(mut response: HttpResponse, unread: Payload) -> HttpResponse {
    response.head_mut().set_connection_type(ConnectionType::Close);
    response.map_body(|_, body| {
        BoxBody::new(Holding {
            body,
            _unread: unread,
        })
    })
}

/// A body that keeps the unread one of the request.
struct Holding {
    body: BoxBody,
    _unread: Payload,
}

impl MessageBody for Holding {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}

fn protect(response: &mut HttpResponseBuilder, state: &AppState, absent: &impl Fn(&HeaderName) -> bool) {
    response.insert_header((
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ));
    response.insert_header((header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")));
    response.insert_header((header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")));
    response.insert_header((CROSS_ORIGIN, HeaderValue::from_static("same-origin")));
    if absent(&header::CONTENT_SECURITY_POLICY) {
        response.insert_header((header::CONTENT_SECURITY_POLICY, STRICT_POLICY));
    }
    if absent(&header::CACHE_CONTROL) {
        response.insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    }
    if state.config.tls() {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        response.insert_header((header::STRICT_TRANSPORT_SECURITY, year));
    }
}

/// Tells older clients that they use an older path, and which one to use.
fn deprecate(response: &mut HttpResponseBuilder, state: &AppState, request: &HttpRequest, trace: &Trace) {
    response.insert_header((DEPRECATION, DEPRECATED_SINCE));
    let path = trace.alias_of.as_deref().unwrap_or(request.path());
    let link = format!("<{}{path}>; rel=\"successor-version\"", state.config.prefix);
    if let Ok(link) = HeaderValue::try_from(link) {
        response.append_header((header::LINK, link));
    }
}

fn compress(request: &HttpRequest, response: HttpResponse) -> HttpResponse {
    if !request.headers().contains_key(header::ACCEPT_ENCODING) {
        return response;
    }
    let size = match response.body().size() {
        BodySize::Sized(size) => usize::try_from(size).unwrap_or(usize::MAX),
        _ => 0,
    };
    let kind = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let text = kind.starts_with("text/")
        || [
            "application/json",
            "application/problem+json",
            "application/javascript",
            "image/svg+xml",
        ]
        .iter()
        .any(|known| kind.starts_with(known));
    if size < WORTH_COMPRESSING || !text {
        return response;
    }
    let offered = [Encoding::brotli(), Encoding::gzip(), Encoding::identity()];
    let chosen = AcceptEncoding::parse(request)
        .ok()
        .and_then(|accepted| accepted.negotiate(offered.iter()));
    let encoding = match chosen {
        Some(Encoding::Known(encoding)) => encoding,
        // Who accepts nothing that is offered gets the plain body rather than none.
        Some(Encoding::Unknown(_)) | None => ContentEncoding::Identity,
    };
    response.map_body(|head, body: BoxBody| BoxBody::new(Encoder::response(encoding, head, body)))
}
