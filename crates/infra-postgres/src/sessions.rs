//! Sessions and their refresh tokens: the truth about who is signed in.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text, Timestamptz, Untyped};
use domain::audit::{AuditEvent, AuditLog};
use domain::error::Repo;
use domain::session::{
    Attempts, EndReason, LiveSession, RefreshToken, Session, SessionId, SessionMode, SessionQueries,
    SessionStore, TokenHash,
};
use domain::user::User;
use domain::{Id, Vocab};
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::repo;
use crate::reader::Reader;
use crate::schema::{connexions_tentatives, refresh_tokens, sessions};
use crate::sql::{PgVocab, Ts};
use crate::statement::Statement;
use crate::tx::PgTx;
use crate::users::{ACTOR_COLUMNS, ActorRow, actor};

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
struct SessionRow {
    id: Uuid,
    user_id: i64,
    created_at: Ts,
    last_seen_at: Ts,
    expires_at: Ts,
    ended_at: Option<Ts>,
    end_reason: Option<PgVocab<EndReason>>,
    ip: Option<String>,
    user_agent: Option<String>,
    mode: PgVocab<SessionMode>,
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens)]
struct TokenRow {
    token_hash: Vec<u8>,
    session_id: Uuid,
    generation: i32,
    issued_at: Ts,
    expires_at: Ts,
    used_at: Option<Ts>,
    successor_hash: Option<Vec<u8>>,
}

fn uuid(id: SessionId) -> Uuid {
    Uuid::from_u128(id.0)
}

/// Cut to what the column takes; the value comes from a header.
fn clip(text: &Option<String>, max: usize) -> Option<String> {
    text.as_ref().map(|t| t.chars().take(max).collect())
}

impl From<&Session> for SessionRow {
    fn from(s: &Session) -> Self {
        Self {
            id: uuid(s.id),
            user_id: s.user.get(),
            created_at: Ts(s.created_at),
            last_seen_at: Ts(s.last_seen_at),
            expires_at: Ts(s.expires_at),
            ended_at: s.ended.map(|(at, _)| Ts(at)),
            end_reason: s.ended.map(|(_, why)| PgVocab(why)),
            ip: clip(&s.ip, 45),
            user_agent: clip(&s.user_agent, 512),
            mode: PgVocab(s.mode),
        }
    }
}

impl From<SessionRow> for Session {
    fn from(r: SessionRow) -> Self {
        Self {
            id: SessionId(r.id.as_u128()),
            user: Id::new(r.user_id),
            created_at: r.created_at.0,
            last_seen_at: r.last_seen_at.0,
            expires_at: r.expires_at.0,
            ended: r.ended_at.zip(r.end_reason).map(|(at, why)| (at.0, why.0)),
            ip: r.ip,
            user_agent: r.user_agent,
            mode: r.mode.0,
        }
    }
}

impl From<&RefreshToken> for TokenRow {
    fn from(t: &RefreshToken) -> Self {
        Self {
            token_hash: t.hash.0.to_vec(),
            session_id: uuid(t.session),
            generation: t.generation,
            issued_at: Ts(t.issued_at),
            expires_at: Ts(t.expires_at),
            used_at: t.used_at.map(Ts),
            successor_hash: t.successor.map(|h| h.0.to_vec()),
        }
    }
}

fn hash(bytes: &[u8]) -> TokenHash {
    let mut hash = [0; 32];
    // The column is checked to hold 32 bytes.
    for (to, from) in hash.iter_mut().zip(bytes) {
        *to = *from;
    }
    TokenHash(hash)
}

impl From<TokenRow> for RefreshToken {
    fn from(r: TokenRow) -> Self {
        Self {
            hash: hash(&r.token_hash),
            session: SessionId(r.session_id.as_u128()),
            generation: r.generation,
            issued_at: r.issued_at.0,
            expires_at: r.expires_at.0,
            used_at: r.used_at.map(|t| t.0),
            successor: r.successor_hash.as_deref().map(hash),
        }
    }
}

impl PgTx<'_> {
    /// Noted under the account, to whose life it belongs: a session has no number of its own.
    fn audit_session(
        &mut self,
        action: &'static str,
        user: Id<User>,
        session: Uuid,
        (name, fact): (&'static str, &str),
    ) {
        self.record(&AuditEvent {
            action,
            object: "users",
            object_id: Some(user.get()),
            facts: vec![("session", session.to_string()), (name, fact.to_owned())],
        });
    }

    fn audit_end(&mut self, user: Id<User>, session: Uuid, why: EndReason) {
        self.audit_session("session_fermee", user, session, ("motif", why.code()));
    }
}

impl SessionStore for PgTx<'_> {
    fn open(&mut self, session: &Session, first: &RefreshToken) -> Repo<()> {
        diesel::insert_into(sessions::table)
            .values(SessionRow::from(session))
            .execute(self.conn)
            .map_err(repo)?;
        diesel::insert_into(refresh_tokens::table)
            .values(TokenRow::from(first))
            .execute(self.conn)
            .map_err(repo)?;
        let mode = ("mode", session.mode.code());
        self.audit_session("session_ouverte", session.user, uuid(session.id), mode);
        Ok(())
    }

    fn lock_token(&mut self, hash: &TokenHash) -> Repo<Option<(RefreshToken, Session)>> {
        // The session first: everybody who rotates or ends it locks in this order.
        let session: Option<SessionRow> = sessions::table
            .filter(
                sessions::id.eq_any(
                    refresh_tokens::table
                        .filter(refresh_tokens::token_hash.eq(hash.0.as_slice()))
                        .select(refresh_tokens::session_id),
                ),
            )
            .select(SessionRow::as_select())
            .for_update()
            .first(self.conn)
            .optional()
            .map_err(repo)?;
        let Some(session) = session else { return Ok(None) };
        let token: Option<TokenRow> = refresh_tokens::table
            .find(hash.0.as_slice())
            .select(TokenRow::as_select())
            .for_update()
            .first(self.conn)
            .optional()
            .map_err(repo)?;
        Ok(token.map(|t| (t.into(), session.into())))
    }

    fn rotate(&mut self, used: &RefreshToken, next: &RefreshToken, seen: &Session) -> Repo<bool> {
        let taken = diesel::update(
            refresh_tokens::table
                .find(used.hash.0.as_slice())
                .filter(refresh_tokens::used_at.is_null()),
        )
        .set((
            refresh_tokens::used_at.eq(Ts(next.issued_at)),
            refresh_tokens::successor_hash.eq(next.hash.0.as_slice()),
        ))
        .execute(self.conn)
        .map_err(repo)?;
        if taken == 0 {
            return Ok(false);
        }
        diesel::insert_into(refresh_tokens::table)
            .values(TokenRow::from(next))
            .execute(self.conn)
            .map_err(repo)?;
        diesel::update(sessions::table.find(uuid(seen.id)))
            .set((
                sessions::last_seen_at.eq(Ts(seen.last_seen_at)),
                sessions::expires_at.eq(Ts(seen.expires_at)),
                sessions::ip.eq(clip(&seen.ip, 45)),
                sessions::user_agent.eq(clip(&seen.user_agent, 512)),
            ))
            .execute(self.conn)
            .map_err(repo)?;
        Ok(true)
    }

    fn live_of(&mut self, user: Id<User>) -> Repo<Vec<Session>> {
        let rows: Vec<SessionRow> = sessions::table
            .filter(sessions::user_id.eq(user.get()))
            .filter(sessions::ended_at.is_null())
            .filter(sessions::expires_at.gt(diesel::dsl::now))
            .order(sessions::last_seen_at.desc())
            .limit(200)
            .select(SessionRow::as_select())
            .load(self.conn)
            .map_err(repo)?;
        Ok(rows.into_iter().map(Session::from).collect())
    }

    fn end(&mut self, user: Id<User>, session: SessionId, at: Timestamp, why: EndReason) -> Repo<bool> {
        let ended = diesel::update(
            sessions::table
                .find(uuid(session))
                .filter(sessions::user_id.eq(user.get()))
                .filter(sessions::ended_at.is_null()),
        )
        .set((
            sessions::ended_at.eq(Ts(at)),
            sessions::end_reason.eq(PgVocab(why)),
        ))
        .execute(self.conn)
        .map_err(repo)?;
        if ended > 0 {
            self.audit_end(user, uuid(session), why);
        }
        Ok(ended > 0)
    }

    fn end_all(
        &mut self,
        user: Id<User>,
        keep: Option<SessionId>,
        at: Timestamp,
        why: EndReason,
    ) -> Repo<Vec<SessionId>> {
        let ended: Vec<Uuid> = diesel::update(
            sessions::table
                .filter(sessions::user_id.eq(user.get()))
                .filter(sessions::ended_at.is_null())
                .filter(sessions::id.ne(keep.map_or(Uuid::nil(), uuid))),
        )
        .set((
            sessions::ended_at.eq(Ts(at)),
            sessions::end_reason.eq(PgVocab(why)),
        ))
        .returning(sessions::id)
        .get_results(self.conn)
        .map_err(repo)?;
        for id in &ended {
            self.audit_end(user, *id, why);
        }
        Ok(ended.into_iter().map(|u| SessionId(u.as_u128())).collect())
    }

    fn count_attempt(
        &mut self,
        bucket: &TokenHash,
        window_start: Timestamp,
        at: Timestamp,
    ) -> Repo<Attempts> {
        let (count, since): (i32, Ts) = Statement::<(Integer, Timestamptz)>::new(
            "INSERT INTO connexions_tentatives AS c (identifiant_hash, echecs, fenetre_debut) VALUES (",
        )
        .bind(bucket.0.to_vec())
        .sql(", 1, ")
        .bind(Ts(at))
        .sql(
            ") ON CONFLICT (identifiant_hash) DO UPDATE SET \
             echecs = CASE WHEN c.fenetre_debut < ",
        )
        .bind(Ts(window_start))
        .sql(" THEN 1 ELSE c.echecs + 1 END, fenetre_debut = CASE WHEN c.fenetre_debut < ")
        .bind(Ts(window_start))
        .sql(" THEN excluded.fenetre_debut ELSE c.fenetre_debut END RETURNING echecs, fenetre_debut")
        .get_result(self.conn)
        .map_err(repo)?;
        Ok(Attempts {
            count,
            since: since.0,
        })
    }

    fn uncount_attempt(&mut self, bucket: &TokenHash, limit: i32) -> Repo<()> {
        diesel::update(
            connexions_tentatives::table
                .find(bucket.0.as_slice())
                .filter(connexions_tentatives::echecs.between(1, limit)),
        )
        .set(connexions_tentatives::echecs.eq(connexions_tentatives::echecs - 1))
        .execute(self.conn)
        .map_err(repo)?;
        Ok(())
    }

    fn clear_attempts(&mut self, bucket: &TokenHash) -> Repo<()> {
        diesel::delete(connexions_tentatives::table.find(bucket.0.as_slice()))
            .execute(self.conn)
            .map_err(repo)?;
        Ok(())
    }
}

/// Reads sessions.
#[derive(Clone)]
pub struct PgSessionQueries {
    reader: Reader,
}

impl PgSessionQueries {
    /// Through this reader.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }
}

/// More than an account can have: signing in ends what is too much.
const MOST_SHOWN: i64 = 200;

#[derive(Debug, QueryableByName)]
struct LiveRow {
    #[diesel(sql_type = BigInt)]
    user_id: i64,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = BigInt)]
    auth_version: i64,
    #[diesel(embed)]
    actor: ActorRow,
}

/// Asked for by nearly every request of a person, so that its plan is worth keeping.
fn live(id: SessionId, now: Timestamp) -> Statement<Untyped> {
    Statement::new("SELECT u.id AS user_id, u.email, u.auth_version, ")
        .sql(ACTOR_COLUMNS)
        .sql(" FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ")
        .bind(uuid(id))
        .sql(" AND s.ended_at IS NULL AND s.expires_at > ")
        .bind(Ts(now))
        .sql(" AND u.is_active")
}

#[async_trait]
impl SessionQueries for PgSessionQueries {
    async fn live_of(&self, user: Id<User>, now: Timestamp) -> Repo<Vec<Session>> {
        let live = || {
            sessions::table
                .filter(sessions::user_id.eq(user.get()))
                .filter(sessions::ended_at.is_null())
                .filter(sessions::expires_at.gt(Ts(now)))
                .order((sessions::last_seen_at.desc(), sessions::id))
                .limit(MOST_SHOWN)
                .select(SessionRow::as_select())
        };
        let rows: Vec<SessionRow> = self.reader.all(live).await?;
        Ok(rows.into_iter().map(Session::from).collect())
    }

    async fn live(&self, id: SessionId, now: Timestamp) -> Repo<Option<LiveSession>> {
        let row: Option<LiveRow> = self.reader.one(|| live(id, now)).await?;
        Ok(row.map(|r| LiveSession {
            id,
            actor: actor(Id::new(r.user_id), r.actor),
            email: r.email,
            auth_version: r.auth_version,
            read_at: now,
        }))
    }

    async fn knows_token(&self, hash: &TokenHash) -> Repo<bool> {
        let row: Option<i32> = self
            .reader
            .first(|| {
                refresh_tokens::table
                    .find(hash.0.as_slice())
                    .select(refresh_tokens::generation)
            })
            .await?;
        Ok(row.is_some())
    }
}
