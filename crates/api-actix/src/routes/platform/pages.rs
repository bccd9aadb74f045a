//! The documentation pages, served from the program itself: they work without any other server.

use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use application::AppError;

use crate::call::Guest;
use crate::extract::PathText;
use crate::problem::{HttpCode, Refusal};
use crate::reply::{Answered, File, JSON, JsonFile, Redirect};

const REDOC: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../third_party/redoc/redoc.standalone.js"
));
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const SCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");

/// Both viewers write styles into the page; scripts come from here only.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

pub(super) async fn openapi(guest: Guest) -> Answered<JsonFile> {
    Ok(JsonFile(File {
        kind: JSON,
        bytes: guest.state.openapi.clone(),
        policy: None,
    }))
}

pub(super) async fn swagger(_: Guest) -> Answered<Redirect> {
    Ok(Redirect("/docs/index.html"))
}

pub(super) async fn swagger_file(guest: Guest, file: PathText) -> Answered<File> {
    let config = utoipa_swagger_ui::Config::from(format!("{}/openapi.json", guest.state.config.prefix))
        .try_it_out_enabled(true)
        .validator_url("none");
    let found = utoipa_swagger_ui::serve(&file.0, Arc::new(config));
    let found = found.map_err(|e| AppError::internal(e.to_string()))?;
    let file = found.ok_or_else(|| Refusal::http(HttpCode::RouteNotFound))?;
    let kind = HeaderValue::try_from(file.content_type).unwrap_or(HTML);
    Ok(File {
        kind,
        bytes: Bytes::from(file.bytes.into_owned()),
        policy: Some(POLICY),
    })
}

pub(super) async fn redoc(guest: Guest) -> Answered<File> {
    let page = format!(
        "<!doctype html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <style>body {{ margin: 0 }} a[href^='https://redocly.com'] {{ display: none }}</style>\n</head>\n\
         <body>\n<redoc spec-url=\"{prefix}/openapi.json\" disable-search=\"false\"></redoc>\n\
         <script src=\"/redoc/redoc.standalone.js\"></script>\n</body>\n</html>\n",
        title = escaped(&guest.state.config.title),
        prefix = guest.state.config.prefix,
    );
    Ok(File {
        kind: HTML,
        bytes: page.into(),
        policy: Some(POLICY),
    })
}

pub(super) async fn redoc_file(_: Guest, file: PathText) -> Answered<File> {
    if file.0 == "redoc.standalone.js" {
        Ok(File {
            kind: SCRIPT,
            bytes: Bytes::from_static(REDOC),
            policy: None,
        })
    } else {
        Err(Refusal::http(HttpCode::RouteNotFound))
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
