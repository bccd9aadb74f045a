//! The configured secrets that sign.

use secrecy::SecretString;
use settings::Settings;

/// Keys of this process.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Signs and checks.
    pub current: SecretString,
    /// Only checks: tokens from before a change of the key.
    pub previous: Option<SecretString>,
}

impl Keys {
    /// The configured keys; one from `draw` where none is demanded.
    ///
    /// # Errors
    /// What `draw` failed with.
    pub fn new<E>(settings: &Settings, draw: impl FnOnce() -> Result<SecretString, E>) -> Result<Self, E> {
        let current = match &settings.jwt_secret_key {
            Some(key) => key.clone(),
            None => {
                tracing::warn!("JWT_SECRET_KEY is not set: sessions end with this process");
                draw()?
            }
        };
        Ok(Self {
            current,
            previous: settings.jwt_secret_key_previous.clone(),
        })
    }
}
