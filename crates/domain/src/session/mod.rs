//! Sign-in sessions: a family of refresh tokens, of which one at a time is alive.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::Id;
use crate::error::Repo;
use crate::policy::Actor;
use crate::user::User;
use crate::vocab::vocab;

/// Identifier of a session: 128 random bits, the `sid` of its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u128);

/// SHA-256 of a refresh token; the token itself is never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

vocab! {
    /// Why a session ended.
    EndReason {
        /// The user signed out.
        Logout = "deconnexion",
        /// Ended from the list of sessions.
        Revoked = "revocation",
        /// A refresh token was used twice: somebody else has it.
        Reuse = "reutilisation",
        /// The password changed.
        PasswordChanged = "mot_de_passe",
        /// E-mail or roles changed.
        AccessChanged = "changement_acces",
        /// The account was deactivated.
        Deactivated = "desactivation",
        /// Not refreshed in time.
        Expired = "expiration",
    }
}

vocab! {
    /// How the client keeps the refresh token.
    SessionMode {
        /// In its own store, sent in the body.
        Bearer = "bearer",
        /// In an httpOnly cookie.
        Cookie = "cookie",
    }
}

/// A session.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Identifier.
    pub id: SessionId,
    /// Whose.
    pub user: Id<User>,
    /// Sign-in.
    pub created_at: Timestamp,
    /// Last sign-in or refresh.
    pub last_seen_at: Timestamp,
    /// When the present refresh token expires.
    pub expires_at: Timestamp,
    /// When and why it ended.
    pub ended: Option<(Timestamp, EndReason)>,
    /// Address of the last refresh.
    pub ip: Option<String>,
    /// Program of the last refresh.
    pub user_agent: Option<String>,
    /// How the refresh token is kept.
    pub mode: SessionMode,
}

/// One refresh token of a session.
#[derive(Debug, Clone, PartialEq)]
pub struct RefreshToken {
    /// Hash of the token.
    pub hash: TokenHash,
    /// Its session.
    pub session: SessionId,
    /// 0 for the first, then rising by one.
    pub generation: i32,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was exchanged.
    pub used_at: Option<Timestamp>,
    /// Hash of what it was exchanged for.
    pub successor: Option<TokenHash>,
}

/// Password checks of one bucket in its running window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// How many.
    pub count: i32,
    /// Since when.
    pub since: Timestamp,
}

/// Sessions inside a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait SessionStore {
    /// Opens a session with its first refresh token.
    fn open(&mut self, session: &Session, first: &RefreshToken) -> Repo<()>;
    /// The token and its session, both locked.
    fn lock_token(&mut self, hash: &TokenHash) -> Repo<Option<(RefreshToken, Session)>>;
    /// Exchanges a live token for its successor; `false` when it was exchanged meanwhile.
    fn rotate(&mut self, used: &RefreshToken, next: &RefreshToken, seen: &Session) -> Repo<bool>;
    /// The live sessions of a user, newest first.
    fn live_of(&mut self, user: Id<User>) -> Repo<Vec<Session>>;
    /// Ends one session of a user; `false` when there is no such live one.
    fn end(&mut self, user: Id<User>, session: SessionId, at: Timestamp, why: EndReason) -> Repo<bool>;
    /// Ends all live sessions of a user but `keep`; answers which.
    fn end_all(
        &mut self,
        user: Id<User>,
        keep: Option<SessionId>,
        at: Timestamp,
        why: EndReason,
    ) -> Repo<Vec<SessionId>>;
    /// Counts one password check in a bucket's running window; answers what the window has had,
    /// this one included.
    fn count_attempt(&mut self, bucket: &TokenHash, window_start: Timestamp, at: Timestamp)
    -> Repo<Attempts>;
    /// Takes one counted check back: it was right. Not in a window that has had more than `limit`: that
    /// the limit was passed happens once in a window.
    fn uncount_attempt(&mut self, bucket: &TokenHash, limit: i32) -> Repo<()>;
    /// Forgets the counted checks after a success.
    fn clear_attempts(&mut self, bucket: &TokenHash) -> Repo<()>;
}

/// What a live session stands for at this moment.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveSession {
    /// Identifier.
    pub id: SessionId,
    /// Who acts, with roles and scopes as they are now.
    pub actor: Actor,
    /// E-mail of the account.
    pub email: String,
    /// The account's `auth_version`.
    pub auth_version: i64,
    /// When this was read from the truth.
    pub read_at: Timestamp,
}

/// Reads the truth about sessions, outside of a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SessionQueries: Send + Sync {
    /// The sessions of a user that are live at `now`, the one used last first.
    async fn live_of(&self, user: Id<User>, now: Timestamp) -> Repo<Vec<Session>>;
    /// The session with its user's present rights; `None` when ended, expired or deactivated.
    async fn live(&self, id: SessionId, now: Timestamp) -> Repo<Option<LiveSession>>;
    /// Whether such a refresh token was ever given out and is still remembered, used or not: what a
    /// stranger has made up is not worth a unit of work.
    async fn knows_token(&self, hash: &TokenHash) -> Repo<bool>;
}

/// A copy of what [`SessionQueries::live`] answered, shared by the API processes, and the channel
/// that tells them to forget it. Losing it costs speed, never safety: an answer is never older
/// than its `read_at` says, and the reader refuses what is too old.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SessionCache: Send + Sync {
    /// The copy, if there is one and the cache can be reached in time.
    async fn get(&self, id: SessionId) -> Option<LiveSession>;
    /// Keeps a copy.
    async fn put(&self, session: &LiveSession);
    /// Forgets these sessions here and tells every process to do the same.
    async fn revoke(&self, sessions: &[SessionId]);
}
