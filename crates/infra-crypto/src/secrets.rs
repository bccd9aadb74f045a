//! Unguessable bits and digests.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that asks the machine for chance"
)]

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
    /// The present key, then the one before it.
    refresh: Vec<hmac::Key>,
    stored: hmac::Key,
    /// Stands in should the random source fail after the start; see [`SystemSecrets::bits256`].
    fallback: Mutex<(hmac::Key, u64)>,
}

impl std::fmt::Debug for SystemSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SystemSecrets(..)")
    }
}

impl SystemSecrets {
    /// With a key for each use derived from `key`, so that one configured secret is enough and no
    /// use can be turned against another; what `previous` derived is still recognised.
    ///
    /// # Errors
    /// When the machine gives no random bits.
    pub fn new(key: &SecretString, previous: Option<&SecretString>) -> Result<Self, CryptoError> {
        let mut seed = [0_u8; 32];
        rand::fill(&mut seed).map_err(|_| CryptoError)?;
        Ok(Self {
            refresh: std::iter::once(key)
                .chain(previous)
                .map(|key| derived(key, b"erp/refresh/1"))
                .collect(),
            stored: derived(key, b"erp/stored/1"),
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

    fn refresh_macs(&self, data: &[u8]) -> Vec<[u8; 32]> {
        let mac = |key| bytes(hmac::sign(key, data).as_ref());
        self.refresh.iter().map(mac).collect()
    }

    fn stored_mac(&self, data: &[u8]) -> [u8; 32] {
        bytes(hmac::sign(&self.stored, data).as_ref())
    }
}

fn derived(key: &SecretString, label: &[u8]) -> hmac::Key {
    let root = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, label).as_ref())
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
        let secrets = SystemSecrets::new(&"key".into(), None).expect("random bits");
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
        let secrets = |key: &str, previous: Option<&str>| {
            let previous = previous.map(Into::into);
            SystemSecrets::new(&key.into(), previous.as_ref()).expect("random bits")
        };
        let macs = |key, previous| secrets(key, previous).refresh_macs(b"data");
        assert_eq!(macs("one", None), macs("one", None));
        assert_ne!(macs("one", None), macs("two", None));
        assert_eq!(
            macs("two", Some("one")),
            [macs("two", None), macs("one", None)].concat()
        );
        let stored = secrets("one", None).stored_mac(b"data");
        assert_eq!(stored, secrets("one", Some("two")).stored_mac(b"data"));
        assert_ne!(stored, secrets("two", None).stored_mac(b"data"));
        assert!(!macs("one", None).contains(&stored), "each use has its own key");
    }

    #[test]
    fn bits_differ() {
        let secrets = SystemSecrets::new(&"key".into(), None).expect("random bits");
        assert_ne!(secrets.bits256(), secrets.bits256());
        assert_ne!(secrets.bits128(), secrets.bits128());
    }
}
