//! Access tokens: HS256 JWTs of at most 15 minutes.
//!
//! The product issues these tokens itself, so the first part of a good token is one of the strings
//! that it writes itself: anything else (another algorithm, foreign key ids, `jku`, `crit`…) is
//! refused before it is looked at. Time is checked here against the `Clock` of the process.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::session::{LiveSession, SessionId};
use domain::{Vocab, ports::Secrets};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::Keys;

/// Who issues.
pub const ISSUER: &str = "erp-mif";
/// What for.
pub const AUDIENCE: &str = "erp-mif-api";
/// Kind of token, so that no other token of the product passes for an access token.
pub const KIND: &str = "at+jwt";
/// How far two clocks may differ, in seconds.
pub const LEEWAY: i64 = 5;
/// Longest token that is looked at.
pub const MAX_LENGTH: usize = 4096;

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// E-mail; for older clients. Nothing is decided on it.
    pub sub: String,
    /// Account.
    pub user_id: i64,
    /// Primary role; for clients. Nothing is decided on it.
    pub role: String,
    /// All roles; for clients.
    pub roles: Vec<String>,
    /// Session, in hexadecimal.
    pub sid: String,
    /// Identifier of the token.
    pub jti: String,
    /// The account's `auth_version` when the token was issued.
    pub ver: i64,
    /// Issued at.
    pub iat: i64,
    /// Not good before.
    pub nbf: i64,
    /// Not good from then on.
    pub exp: i64,
    /// [`ISSUER`].
    pub iss: String,
    /// [`AUDIENCE`].
    pub aud: String,
}

/// What is taken from a good token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Session.
    pub session: SessionId,
    /// Account.
    pub user: i64,
    /// The account's `auth_version` when the token was issued.
    pub version: i64,
}

/// The token is not good. There is one answer for all reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotGood;

struct CheckKey {
    /// First part of the tokens that this key signs, with its dot.
    head: String,
    key: DecodingKey,
}

/// Issues and checks access tokens.
pub struct Tokens {
    header: Header,
    sign: EncodingKey,
    check: Vec<CheckKey>,
    validation: Validation,
    minutes: u32,
}

/// Why tokens cannot be issued.
#[derive(Debug, thiserror::Error)]
#[error("access tokens cannot be signed")]
pub struct TokenError(#[from] jsonwebtoken::errors::Error);

impl Tokens {
    /// With these keys; tokens live for so many minutes.
    ///
    /// # Errors
    /// When signing does not work.
    pub fn new(keys: &Keys, minutes: u32, secrets: &dyn Secrets) -> Result<Self, TokenError> {
        let mut check = Vec::new();
        for key in std::iter::once(&keys.current).chain(&keys.previous) {
            let bytes = key.expose_secret().as_bytes();
            let sample = jsonwebtoken::encode(&header(key, secrets), &(), &EncodingKey::from_secret(bytes))?;
            let head = sample.split_inclusive('.').next().unwrap_or_default().to_owned();
            check.push(CheckKey {
                head,
                key: DecodingKey::from_secret(bytes),
            });
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.leeway = 0;
        // Checked in `verify`, against the clock of the process.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Ok(Self {
            header: header(&keys.current, secrets),
            sign: EncodingKey::from_secret(keys.current.expose_secret().as_bytes()),
            check,
            validation,
            minutes,
        })
    }

    /// Life of a token in seconds.
    pub fn seconds(&self) -> u32 {
        self.minutes * 60
    }

    /// A token for a session.
    ///
    /// # Errors
    /// When signing does not work.
    pub fn issue(
        &self,
        session: &LiveSession,
        now: Timestamp,
        secrets: &dyn Secrets,
    ) -> Result<String, TokenError> {
        let iat = now.as_second();
        let codes: Vec<_> = session
            .actor
            .roles
            .iter()
            .map(|role| role.code().to_owned())
            .collect();
        let claims = Claims {
            sub: session.email.clone(),
            user_id: session.actor.user.get(),
            role: codes.first().cloned().unwrap_or_default(),
            roles: codes,
            sid: session_text(session.id),
            jti: format!("{:032x}", secrets.bits128()),
            ver: session.auth_version,
            iat,
            nbf: iat,
            exp: iat + i64::from(self.seconds()),
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
        };
        Ok(jsonwebtoken::encode(&self.header, &claims, &self.sign)?)
    }

    /// Checks a token.
    ///
    /// # Errors
    /// [`NotGood`], whatever the reason.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Verified, NotGood> {
        if token.len() > MAX_LENGTH {
            return Err(NotGood);
        }
        let key = self
            .check
            .iter()
            .find(|key| token.starts_with(&key.head))
            .ok_or(NotGood)?;
        let claims: Claims = jsonwebtoken::decode(token, &key.key, &self.validation)
            .map_err(|_| NotGood)?
            .claims;
        let now = now.as_second();
        let in_time = claims.exp > now.saturating_sub(LEEWAY)
            && claims.nbf <= now.saturating_add(LEEWAY)
            && claims.iat <= now.saturating_add(LEEWAY)
            // A token that claims a longer life than any was issued with is not ours.
            && claims.exp.saturating_sub(claims.iat) <= 15 * 60;
        let session = session_from(&claims.sid).ok_or(NotGood)?;
        if in_time {
            Ok(Verified {
                session,
                user: claims.user_id,
                version: claims.ver,
            })
        } else {
            Err(NotGood)
        }
    }
}

/// The key is named by a digest of itself, so nothing has to be configured or kept in step.
fn header(key: &SecretString, secrets: &dyn Secrets) -> Header {
    let mut data = b"erp/kid/1".to_vec();
    data.extend_from_slice(&secrets.sha256(key.expose_secret().as_bytes()));
    let digest = secrets.sha256(&data);
    let mut kid = URL_SAFE_NO_PAD.encode(digest);
    kid.truncate(11);
    Header {
        typ: Some(KIND.to_owned()),
        kid: Some(kid),
        ..Header::new(Algorithm::HS256)
    }
}

/// A session on the wire: 32 hexadecimal digits.
pub fn session_text(id: SessionId) -> String {
    format!("{:032x}", id.0)
}

/// The session of 32 lower-case hexadecimal digits.
pub fn session_from(text: &str) -> Option<SessionId> {
    let form = text.len() == 32
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    form.then(|| u128::from_str_radix(text, 16).ok().map(SessionId))
        .flatten()
}
