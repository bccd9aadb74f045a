//! How often passwords may be tried.
//!
//! Three budgets, each for a window: of an account (or a name that is none) from one network, so
//! that a stranger cannot lock the owner out; of an account from everywhere, so that many networks
//! do not help, which spares the networks that have a live session of it; and of one network over all
//! names. A network is an IPv4 address or the /64 that one subscriber of IPv6 has.

use std::net::{IpAddr, Ipv6Addr};

use domain::Id;
use domain::audit::AuditEvent;
use domain::ports::{Secrets, Tx};
use domain::session::{Attempts, TokenHash};
use domain::user::User;
use jiff::Timestamp;

use super::before;
use crate::app::{App, SessionPolicy};
use crate::error::{AppError, Code};

/// One counter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    /// What it is found by.
    pub hash: TokenHash,
    /// What is counted, as the audit log says it.
    kind: &'static str,
    /// Most checks in one window.
    limit: i32,
}

/// The counters of one sign-in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Buckets {
    network: Bucket,
    account: Bucket,
    both: Bucket,
}

/// Who is tried from where.
pub(super) struct Tried<'a> {
    pub identifier: &'a str,
    pub user: Option<Id<User>>,
    /// The identifier as the audit log may say it.
    pub shown: (&'static str, String),
    pub ip: Option<&'a str>,
    pub now: Timestamp,
}

/// What the audit log says of somebody whose limit was passed.
pub(super) struct Whom {
    pub user: Option<Id<User>>,
    pub facts: Vec<(&'static str, String)>,
}

/// The network of an address, as a text.
fn known_network(ip: Option<&str>) -> Option<String> {
    let ip: IpAddr = ip?.parse().ok()?;
    Some(match ip.to_canonical() {
        IpAddr::V6(ip) => {
            let subscriber = u128::from(ip) & (u128::MAX << 64);
            format!("{}/64", Ipv6Addr::from(subscriber))
        }
        ip @ IpAddr::V4(_) => ip.to_string(),
    })
}

/// The same; one for all requests whose address is not known.
fn network(ip: Option<&str>) -> String {
    known_network(ip).unwrap_or_else(|| "-".to_owned())
}

/// Whether the account has a live session that was last used from the network of this address. Not one
/// that is over: who had a telephone of the owner's once must not go on guessing.
fn is_signed_in_from(tx: &mut dyn Tx, user: Id<User>, ip: Option<&str>) -> Result<bool, AppError> {
    let Some(here) = known_network(ip) else {
        return Ok(false);
    };
    let live = tx.sessions().live_of(user)?;
    Ok(live
        .iter()
        .any(|session| known_network(session.ip.as_deref()).as_ref() == Some(&here)))
}

impl Bucket {
    /// The counter of a thing. Found by a digest: the text may be a password that was typed into the
    /// wrong field.
    pub(super) fn of(secrets: &dyn Secrets, kind: &'static str, what: &str, limit: i32) -> Self {
        Self {
            hash: TokenHash(secrets.stored_mac(format!("tentatives\n{kind}\n{what}").as_bytes())),
            kind,
            limit,
        }
    }
}

impl Buckets {
    fn of(secrets: &dyn Secrets, policy: &SessionPolicy, tried: &Tried<'_>, network: &str) -> Self {
        // An account has one budget under all of its names.
        let account = match tried.user {
            Some(user) => format!("compte {user}"),
            None => format!("nom {}", tried.identifier),
        };
        let both = format!("{account}\n{network}");
        Self {
            network: Bucket::of(secrets, "reseau", network, policy.attempts_per_network),
            both: Bucket::of(secrets, "compte et reseau", &both, policy.attempts_per_window),
            account: Bucket::of(secrets, "compte", &account, policy.attempts_per_account),
        }
    }

    /// Counts one try in each; the refusal is a value, because the counts must be kept.
    pub(super) fn count(
        tx: &mut dyn Tx,
        secrets: &dyn Secrets,
        policy: &SessionPolicy,
        tried: &Tried<'_>,
    ) -> Result<Result<Self, AppError>, AppError> {
        let network = network(tried.ip);
        let buckets = Self::of(secrets, policy, tried, &network);
        let from = ("reseau", network);
        // A network is not about the one account that happened to be tried last.
        let anybody = Whom {
            user: None,
            facts: vec![from.clone()],
        };
        let somebody = Whom {
            user: tried.user,
            facts: vec![from, tried.shown.clone()],
        };
        // In one order, so that two sign-ins cannot wait for each other.
        for (bucket, whom) in [
            (&buckets.network, &anybody),
            (&buckets.account, &somebody),
            (&buckets.both, &somebody),
        ] {
            let Err(refusal) = count(tx, policy, bucket, whom, tried.now)? else {
                continue;
            };
            let spared = bucket.hash == buckets.account.hash
                && match tried.user {
                    Some(user) => is_signed_in_from(tx, user, tried.ip)?,
                    None => false,
                };
            if !spared {
                return Ok(Err(refusal));
            }
        }
        Ok(Ok(buckets))
    }

    /// The password was right: the failures of this network on this account are forgotten.
    pub(super) fn settle(&self, tx: &mut dyn Tx) -> Result<(), AppError> {
        for bucket in [self.network, self.account] {
            tx.sessions().uncount_attempt(&bucket.hash, bucket.limit)?;
        }
        Ok(tx.sessions().clear_attempts(&self.both.hash)?)
    }
}

/// Counts one try in one bucket. The first one past the limit leaves a row in the audit log, and no other
/// of that window: whoever goes on trying must not be able to fill it.
pub(super) fn count(
    tx: &mut dyn Tx,
    policy: &SessionPolicy,
    bucket: &Bucket,
    whom: &Whom,
    now: Timestamp,
) -> Result<Result<(), AppError>, AppError> {
    let begun = before(now, policy.attempt_window);
    let Attempts { count, since } = tx.sessions().count_attempt(&bucket.hash, begun, now)?;
    if count <= bucket.limit {
        return Ok(Ok(()));
    }
    if count == bucket.limit.saturating_add(1) {
        let mut facts = vec![("limite", bucket.kind.to_owned())];
        facts.extend(whom.facts.iter().cloned());
        tx.audit().record(&AuditEvent {
            action: "tentatives_depassees",
            object: "users",
            object_id: whom.user.map(Id::get),
            facts,
        });
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
