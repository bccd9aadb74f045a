//! How often passwords may be tried.
//!
//! Three budgets, each for a window: of an account (or a name that is none) from one network, so
//! that a stranger cannot lock the owner out; of an account from everywhere, so that many networks
//! do not help, which spares the networks that are signed in to it; and of one network over all
//! names. A network is an IPv4 address or the /64 that one subscriber of IPv6 has.

use std::net::{IpAddr, Ipv6Addr};

use domain::Id;
use domain::ports::{Secrets, Tx};
use domain::session::{Attempts, TokenHash};
use domain::user::User;
use jiff::Timestamp;

use super::before;
use crate::app::{App, SessionPolicy};
use crate::error::{AppError, Code};

/// The counters of one sign-in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Buckets {
    network: TokenHash,
    account: TokenHash,
    both: TokenHash,
}

/// Who is tried from where.
pub(super) struct Tried<'a> {
    pub identifier: &'a str,
    pub user: Option<Id<User>>,
    pub ip: Option<&'a str>,
    pub now: Timestamp,
}

/// The network of an address, as a text.
pub(super) fn network(ip: Option<&str>) -> String {
    match ip
        .and_then(|ip| ip.parse::<IpAddr>().ok())
        .map(|ip| ip.to_canonical())
    {
        Some(IpAddr::V6(ip)) => {
            let subscriber = u128::from(ip) & (u128::MAX << 64);
            format!("{}/64", Ipv6Addr::from(subscriber))
        }
        Some(ip) => ip.to_string(),
        None => "-".to_owned(),
    }
}

/// What a counter is found by. The text may be a password that was typed into the wrong field.
pub(super) fn bucket(secrets: &dyn Secrets, kind: &str, what: &str) -> TokenHash {
    TokenHash(secrets.stored_mac(format!("tentatives\n{kind}\n{what}").as_bytes()))
}

impl Buckets {
    fn of(secrets: &dyn Secrets, tried: &Tried<'_>) -> Self {
        let network = network(tried.ip);
        // An account has one budget under all of its names.
        let account = match tried.user {
            Some(user) => format!("compte {user}"),
            None => format!("nom {}", tried.identifier),
        };
        Self {
            network: bucket(secrets, "reseau", &network),
            both: bucket(secrets, "compte et reseau", &format!("{account}\n{network}")),
            account: bucket(secrets, "compte", &account),
        }
    }

    /// Counts one try in each; the refusal is a value, because the counts must be kept.
    pub(super) fn count(
        tx: &mut dyn Tx,
        secrets: &dyn Secrets,
        policy: &SessionPolicy,
        tried: &Tried<'_>,
    ) -> Result<Result<Self, AppError>, AppError> {
        let buckets = Self::of(secrets, tried);
        // In one order, so that two sign-ins cannot wait for each other.
        for (bucket, limit) in [
            (&buckets.network, policy.attempts_per_network),
            (&buckets.account, policy.attempts_per_account),
            (&buckets.both, policy.attempts_per_window),
        ] {
            let Err(refusal) = count(tx, policy, bucket, limit, tried.now)? else {
                continue;
            };
            let spared = bucket == &buckets.account
                && match (tried.user, tried.ip) {
                    (Some(user), Some(ip)) => tx.sessions().knows_address(user, ip)?,
                    _ => false,
                };
            if !spared {
                return Ok(Err(refusal));
            }
        }
        Ok(Ok(buckets))
    }

    /// The password was right: the failures of this network on this account are forgotten.
    pub(super) fn settle(&self, tx: &mut dyn Tx) -> Result<(), AppError> {
        tx.sessions().uncount_attempt(&self.network)?;
        tx.sessions().uncount_attempt(&self.account)?;
        Ok(tx.sessions().clear_attempts(&self.both)?)
    }
}

/// Counts one try in one bucket.
pub(super) fn count(
    tx: &mut dyn Tx,
    policy: &SessionPolicy,
    bucket: &TokenHash,
    limit: i32,
    now: Timestamp,
) -> Result<Result<(), AppError>, AppError> {
    let Attempts { count, since } =
        tx.sessions()
            .count_attempt(bucket, before(now, policy.attempt_window), now)?;
    if count <= limit {
        return Ok(Ok(()));
    }
    let passed = u64::try_from(now.duration_since(since).as_secs()).unwrap_or_default();
    let left = policy.attempt_window.as_secs().saturating_sub(passed).max(1);
    Ok(Err(AppError::Busy {
        code: Code::RateLimited,
        retry_after: u32::try_from(left).unwrap_or(u32::MAX),
    }))
}

/// Where a request comes from, for the places of the hash queue.
pub(super) fn reserve(app: &App, ip: Option<&str>) -> Result<domain::ports::Place, AppError> {
    Ok(app.hasher.reserve(&network(ip))?)
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn a_subscriber_is_one_network() {
        for (ip, expected) in [
            ("203.0.113.7", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
            ("not an address", "-"),
        ] {
            assert_eq!(network(Some(ip)), expected);
        }
        assert_eq!(network(None), "-");
    }
}
