//! Receiving a body: of the right type, not too long, in time.

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::Deserialize;

use crate::extract::BodyKind;
use crate::json;
use crate::operation::Operation;
use crate::problem::{HttpCode, Refusal};
use crate::state::HttpConfig;

/// Most bytes that are looked at of a body that nothing reads.
const MAX_NOTHING: usize = 16 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

#[derive(PartialEq)]
enum Type {
    Absent,
    Json,
    Form,
    Other,
}

/// The body, and whether it is a form. actix has no deadline for bodies, so one is set here.
///
/// # Errors
/// 415, 413, 408.
pub async fn read(
    operation: &Operation,
    headers: &HeaderMap,
    payload: &mut Payload,
    config: &HttpConfig,
) -> Result<(Bytes, bool), Refusal> {
    let kind = operation.body;
    let encoded = headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|e| !e.as_bytes().eq_ignore_ascii_case(b"identity"));
    let sent = content_type(headers);
    if kind == BodyKind::None {
        nothing(payload, !encoded && sent == Type::Json, config).await?;
        return Ok((Bytes::new(), false));
    }
    let fits = match sent {
        Type::Json => !encoded,
        Type::Form => !encoded && kind != BodyKind::Json,
        Type::Absent | Type::Other => false,
    };
    // Where nothing may come, nothing has no type: some clients name one all the same.
    if !fits && kind != BodyKind::Optional {
        return Err(Refusal::http(HttpCode::UnsupportedMediaType));
    }
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    let limit = operation.body_limit.unwrap_or(config.body_limit);
    if length.is_some_and(|length| length > limit) {
        return Err(Refusal::http(HttpCode::PayloadTooLarge));
    }
    let receiving = receive(payload, length.unwrap_or(1024), limit);
    let body = match tokio::time::timeout(config.body_deadline, receiving).await {
        Ok(body) => body?,
        Err(_) => return Err(Refusal::http(HttpCode::RequestTimeout)),
    };
    if !fits && !body.is_empty() {
        return Err(Refusal::http(HttpCode::UnsupportedMediaType));
    }
    Ok((body, sent == Type::Form))
}

/// The body of an operation that reads none: nothing, or an object without members, which some
/// clients always send. Anything else asks for something that would not happen.
async fn nothing(payload: &mut Payload, is_json: bool, config: &HttpConfig) -> Result<(), Refusal> {
    let receiving = receive(payload, 0, MAX_NOTHING);
    let body = tokio::time::timeout(config.body_deadline, receiving)
        .await
        .map_err(|_| Refusal::http(HttpCode::RequestTimeout))??;
    if body.is_empty() {
        return Ok(());
    }
    if !is_json {
        return Err(Refusal::http(HttpCode::UnsupportedMediaType));
    }
    json::typed::<Empty>(json::parse(&body)?).map(|Empty {}| ())
}

async fn receive(payload: &mut Payload, expected: usize, limit: usize) -> Result<Bytes, Refusal> {
    let mut body = BytesMut::with_capacity(expected.min(16 * 1024));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| match error {
            PayloadError::Overflow => Refusal::http(HttpCode::PayloadTooLarge),
            _ => Refusal::http(HttpCode::MalformedJson),
        })?;
        if body.len() + chunk.len() > limit {
            return Err(Refusal::http(HttpCode::PayloadTooLarge));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn content_type(headers: &HeaderMap) -> Type {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Type::Absent;
    };
    let Ok(text) = value.to_str() else {
        return Type::Other;
    };
    let (kind, parameters) = text.split_once(';').unwrap_or((text, ""));
    let charset = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim().trim_matches('"'))
    });
    if charset.is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return Type::Other;
    }
    match kind.trim() {
        kind if kind.eq_ignore_ascii_case("application/json") => Type::Json,
        kind if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") => Type::Form,
        _ => Type::Other,
    }
}
