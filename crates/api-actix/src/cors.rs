//! Pages of other origins: an allow-list, part of the one way of every answer.
//!
//! `actix-cors` would answer preflights and refusals before the request has a name and without
//! the headers and the shape that every answer has here.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::reply::Answer;
use crate::state::HttpConfig;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, if-match, idempotency-key, x-csrf-token, x-request-id",
);
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "etag, location, x-request-id, retry-after, idempotent-replay, deprecation, link, content-disposition",
);

/// The answer to OPTIONS: what the path knows, and to a preflight of a known origin what it may send.
pub fn options(headers: &HeaderMap, config: &HttpConfig, allow: HeaderValue) -> Answer {
    let mut own = vec![(header::ALLOW, allow)];
    let preflight = headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if preflight && known(headers, config).is_some() {
        own.push((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS));
        own.push((header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS));
        own.push((header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")));
    }
    Answer {
        status: StatusCode::NO_CONTENT,
        headers: own,
        body: Vec::new().into(),
    }
}

/// What every answer to a page of a known origin carries.
pub fn headers(request: &HeaderMap, config: &HttpConfig, mut add: impl FnMut(HeaderName, HeaderValue)) {
    if config.origins.is_empty() {
        return;
    }
    add(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = known(request, config) {
        add(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        add(
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
        add(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

fn known<'a>(request: &'a HeaderMap, config: &HttpConfig) -> Option<&'a HeaderValue> {
    let origin = request.get(header::ORIGIN)?;
    let text = origin.to_str().ok()?;
    config
        .origins
        .iter()
        .any(|known| known.eq_ignore_ascii_case(text))
        .then_some(origin)
}
