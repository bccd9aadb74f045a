//! Unguessable bits and digests.

use std::sync::Mutex;

use aws_lc_rs::{digest, hmac, rand};
use domain::ports::Secrets;
use secrecy::{ExposeSecret, SecretString};

/// The machine gives no random bits.
#[derive(Debug, thiserror::Error)]
#[error("the system's random source failed")]
pub struct CryptoError;

/// Bits from the system, digests by aws-lc.
pub struct SystemSecrets {
    refresh: hmac::Key,
    /// Stands in should the random source fail after the start; see [`SystemSecrets::bits256`].
    fallback: Mutex<(hmac::Key, u64)>,
}

impl std::fmt::Debug for SystemSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SystemSecrets(..)")
    }
}

impl SystemSecrets {
    /// With the key of refresh tokens derived from `key`, so that one configured secret is enough
    /// and neither use can be turned against the other.
    ///
    /// # Errors
    /// When the machine gives no random bits.
    pub fn new(key: &SecretString) -> Result<Self, CryptoError> {
        let mut seed = [0_u8; 32];
        rand::fill(&mut seed).map_err(|_| CryptoError)?;
        let root = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
        let refresh = hmac::sign(&root, b"erp/refresh/1");
        Ok(Self {
            refresh: hmac::Key::new(hmac::HMAC_SHA256, refresh.as_ref()),
            fallback: Mutex::new((hmac::Key::new(hmac::HMAC_SHA256, &seed), 0)),
        })
    }

    /// A new key for a process that was given none.
    ///
    /// # Errors
    /// When the machine gives no random bits.
    pub fn draw_key() -> Result<SecretString, CryptoError> {
        use base64::Engine as _;
        let mut bits = [0_u8; 48];
        rand::fill(&mut bits).map_err(|_| CryptoError)?;
        Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD
            .encode(bits)
            .into())
    }
}

impl Secrets for SystemSecrets {
    fn bits256(&self) -> [u8; 32] {
        let mut bits = [0; 32];
        if rand::fill(&mut bits).is_err() {
            // Never predictable bits: a keyed counter over a seed that was drawn at the start.
            let mut state = self
                .fallback
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            state.1 += 1;
            bits = bytes(hmac::sign(&state.0, &state.1.to_be_bytes()).as_ref());
        }
        bits
    }

    fn sha256(&self, data: &[u8]) -> [u8; 32] {
        bytes(digest::digest(&digest::SHA256, data).as_ref())
    }

    fn refresh_mac(&self, data: &[u8]) -> [u8; 32] {
        bytes(hmac::sign(&self.refresh, data).as_ref())
    }
}

/// Both algorithms give 32 bytes.
fn bytes(digest: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(digest) {
        *to = *from;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_the_published_ones() {
        let secrets = SystemSecrets::new(&"key".into()).expect("random bits");
        let hex: String = secrets
            .sha256(b"abc")
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(
            hex,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn the_refresh_key_follows_the_configured_one() {
        let mac = |key: &str| {
            SystemSecrets::new(&key.into())
                .expect("random bits")
                .refresh_mac(b"data")
        };
        assert_eq!(mac("one"), mac("one"));
        assert_ne!(mac("one"), mac("two"));
    }

    #[test]
    fn bits_differ() {
        let secrets = SystemSecrets::new(&"key".into()).expect("random bits");
        assert_ne!(secrets.bits256(), secrets.bits256());
        assert_ne!(secrets.bits128(), secrets.bits128());
    }
}
