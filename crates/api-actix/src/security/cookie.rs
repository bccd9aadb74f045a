//! The refresh token of web clients: an httpOnly cookie, and the proof that a request with it
//! comes from the product's own pages.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use application::auth::RefreshSecret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ports::Secrets;
use subtle::ConstantTimeEq;

use crate::problem::{HttpCode, Refusal};
use crate::state::HttpConfig;

/// Name of the cookie with the refresh token, after the prefix.
pub const REFRESH: &str = "erp_refresh";
/// Name of the cookie that pages read to prove themselves, after the prefix.
pub const CSRF: &str = "erp_csrf";
/// Header in which they send it.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// Names with the prefixes by which browsers refuse such a cookie from an insecure page or from
/// another host of the domain; without TLS they would refuse it from us, too.
pub fn names(config: &HttpConfig) -> (String, String) {
    if config.cookie_secure {
        // The first one has a path of its own, which `__Host-` does not allow.
        (format!("__Secure-{REFRESH}"), format!("__Host-{CSRF}"))
    } else {
        (REFRESH.to_owned(), CSRF.to_owned())
    }
}

/// A refresh token as clients hold it.
pub fn refresh_text(secret: &RefreshSecret) -> String {
    URL_SAFE_NO_PAD.encode(secret.0)
}

/// The refresh token of a text.
pub fn refresh_from(text: &str) -> Option<RefreshSecret> {
    // 32 bytes are 43 characters: nothing else is decoded.
    let bytes = if text.len() == 43 {
        URL_SAFE_NO_PAD.decode(text).ok()?
    } else {
        return None;
    };
    bytes.try_into().ok().map(RefreshSecret)
}

/// The value that proves knowledge of a page's own cookie: it follows from the refresh token, so
/// that a planted cookie proves nothing.
pub fn csrf_text(secret: &RefreshSecret, secrets: &dyn Secrets) -> String {
    let mut data = b"erp/csrf/1".to_vec();
    data.extend_from_slice(&secret.0);
    URL_SAFE_NO_PAD.encode(secrets.sha256(&data))
}

/// The headers that give a browser its refresh token.
pub fn set(
    secret: &RefreshSecret,
    config: &HttpConfig,
    secrets: &dyn Secrets,
) -> Vec<(HeaderName, HeaderValue)> {
    let life = Duration::seconds(i64::try_from(config.refresh_ttl.as_secs()).unwrap_or(i64::MAX));
    written(config, refresh_text(secret), csrf_text(secret, secrets), life)
}

/// The headers that take it away.
pub fn clear(config: &HttpConfig) -> Vec<(HeaderName, HeaderValue)> {
    written(config, String::new(), String::new(), Duration::ZERO)
}

fn written(
    config: &HttpConfig,
    refresh: String,
    csrf: String,
    life: Duration,
) -> Vec<(HeaderName, HeaderValue)> {
    let (refresh_name, csrf_name) = names(config);
    let cookie = |name: String, value, path, hidden| {
        Cookie::build(name, value)
            .path(path)
            .http_only(hidden)
            .secure(config.cookie_secure)
            .same_site(SameSite::Strict)
            .max_age(life)
            .finish()
            .to_string()
    };
    let auth = format!("{}/auth", config.prefix);
    [
        cookie(refresh_name, refresh, auth, true),
        cookie(csrf_name, csrf, "/".to_owned(), false),
    ]
    .into_iter()
    .filter_map(|text| Some((header::SET_COOKIE, HeaderValue::try_from(text).ok()?)))
    .collect()
}

/// The refresh token of the request's cookie, once the request has proved where it comes from.
///
/// # Errors
/// `CsrfRefused` when it has not.
pub fn refresh_of(
    headers: &HeaderMap,
    config: &HttpConfig,
    secrets: &dyn Secrets,
) -> Result<Option<RefreshSecret>, Refusal> {
    let Some(secret) = find(headers, &names(config).0).as_deref().and_then(refresh_from) else {
        return Ok(None);
    };
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let proved = match text(CSRF_HEADER) {
        Some(sent) => sent
            .as_bytes()
            .ct_eq(csrf_text(&secret, secrets).as_bytes())
            .into(),
        // A page of another origin that may call cannot read the cookie with the proof; its browser
        // says which one it is.
        None => text("origin").is_some_and(|origin| may_call(origin, config)),
    };
    if proved {
        Ok(Some(secret))
    } else {
        Err(Refusal::http(HttpCode::CsrfRefused))
    }
}

fn may_call(origin: &str, config: &HttpConfig) -> bool {
    let mut known = config.origins.iter();
    known.any(|known| origin.eq_ignore_ascii_case(known))
}

fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .find_map(|pair| {
            pair.trim()
                .strip_prefix(name)?
                .strip_prefix('=')
                .map(ToOwned::to_owned)
        })
}
