//! How a session stands in Redis: compact JSON that says which version of this code wrote it.
//! Another version's copy is no copy: programs of two versions may run side by side.

use domain::policy::{Actor, Role};
use domain::session::{LiveSession, SessionId};
use domain::{Id, Vocab};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Raise it when a field changes its meaning, or when the rights of an actor do.
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Copy {
    v: u8,
    /// Account.
    u: i64,
    /// Roles.
    r: Vec<String>,
    /// Technician profile.
    t: Option<i64>,
    /// Clients.
    c: Vec<i64>,
    /// Teams.
    e: Vec<i64>,
    /// E-mail.
    m: String,
    /// Version of the account's access.
    a: i64,
    /// Microseconds at which the truth was read.
    l: i64,
}

/// The bytes of a copy; `None` when there can be none.
pub fn encode(session: &LiveSession) -> Option<Vec<u8>> {
    let actor = &session.actor;
    let copy = Copy {
        v: VERSION,
        u: actor.user.get(),
        r: actor.roles.iter().map(|r| r.code().to_owned()).collect(),
        t: actor.technician.map(Id::get),
        c: actor.clients.iter().map(|id| id.get()).collect(),
        e: actor.teams.iter().map(|id| id.get()).collect(),
        m: session.email.clone(),
        a: session.auth_version,
        l: session.read_at.as_microsecond(),
    };
    serde_json::to_vec(&copy).ok()
}

/// The session of a copy; `None` for whatever this version did not write.
pub fn decode(id: SessionId, bytes: &[u8]) -> Option<LiveSession> {
    let copy: Copy = serde_json::from_slice(bytes)
        .ok()
        .filter(|c: &Copy| c.v == VERSION)?;
    // An unknown role makes the whole copy unusable: a part of somebody's rights is not their rights.
    let roles: Vec<Role> = copy
        .r
        .iter()
        .map(|code| Role::parse(code))
        .collect::<Option<_>>()?;
    Some(LiveSession {
        id,
        actor: Actor {
            user: Id::new(copy.u),
            roles,
            technician: copy.t.map(Id::new),
            clients: copy.c.into_iter().map(Id::new).collect(),
            teams: copy.e.into_iter().map(Id::new).collect(),
        },
        email: copy.m,
        auth_version: copy.a,
        read_at: Timestamp::from_microsecond(copy.l).ok()?,
    })
}

/// The message that tells of ended sessions.
pub fn announce(sessions: &[SessionId]) -> String {
    let ids: Vec<String> = sessions.iter().map(|s| format!("{:032x}", s.0)).collect();
    format!("{VERSION} {}", ids.join(","))
}

/// The sessions of such a message; `None` when it is not one that this version understands.
pub fn announced(message: &str) -> Option<Vec<SessionId>> {
    let (version, ids) = message.split_once(' ')?;
    if version != VERSION.to_string() {
        return None;
    }
    ids.split(',')
        .map(|hex| u128::from_str_radix(hex, 16).ok().map(SessionId))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> LiveSession {
        LiveSession {
            id: SessionId(7),
            actor: Actor {
                user: Id::new(3),
                roles: vec![Role::Manager, Role::Technician],
                technician: Some(Id::new(4)),
                clients: vec![Id::new(5), Id::new(6)],
                teams: vec![Id::new(8)],
            },
            email: "é@exemple.ma".to_owned(),
            auth_version: 12,
            read_at: "2026-03-02T09:00:00.123456Z".parse().expect("instant"),
        }
    }

    #[test]
    fn a_copy_is_what_was_copied() {
        let bytes = encode(&session()).expect("bytes");
        assert_eq!(decode(SessionId(7), &bytes), Some(session()));
        assert!(bytes.len() < 160, "{} bytes", bytes.len());
    }

    #[test]
    fn what_another_version_wrote_is_no_copy() {
        let text = String::from_utf8(encode(&session()).expect("bytes")).expect("JSON");
        let foreign = [
            text.replace("\"v\":1", "\"v\":2"),
            text.replace("responsable", "planificateur"),
            text.replace("\"v\":1", "\"v\":1,\"x\":0"),
            text.replace("\"a\":12,", ""),
            String::new(),
            "null".to_owned(),
        ];
        for other in foreign {
            assert_eq!(decode(SessionId(7), other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn announcements_come_back_and_foreign_ones_do_not() {
        let ids = [SessionId(1), SessionId(u128::MAX)];
        assert_eq!(announced(&announce(&ids)), Some(ids.to_vec()));
        for foreign in ["", "1", "1 ", "2 01", "1 xyz", "1 01,,02"] {
            assert_eq!(announced(foreign), None, "{foreign}");
        }
    }
}
