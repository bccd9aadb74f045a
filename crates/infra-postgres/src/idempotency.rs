//! Idempotency keys: the row of a key commits with the effect that it stands for.

use diesel::prelude::*;
use domain::error::{Repo, RepoError};
use domain::idempotency::{Claim, IdempotencyKey, IdempotencyStore, StoredAnswer};

use crate::error::repo;
use crate::schema::cles_idempotence::dsl as t;
use crate::tx::PgTx;

impl IdempotencyStore for PgTx<'_> {
    fn claim(&mut self, key: &IdempotencyKey) -> Repo<Claim> {
        // A concurrent claim of the same key makes this wait until it commits or rolls back.
        let mine = diesel::insert_into(t::cles_idempotence)
            .values((
                t::user_id.eq(key.user.get()),
                t::methode.eq(&key.method),
                t::chemin.eq(&key.path),
                t::cle.eq(&key.key),
                t::empreinte.eq(key.fingerprint.as_slice()),
            ))
            .on_conflict_do_nothing()
            .execute(self.conn)
            .map_err(repo)?;
        if mine == 1 {
            return Ok(Claim::Mine);
        }
        type Row = (Vec<u8>, Option<i16>, Option<serde_json::Value>, Option<Vec<u8>>);
        let found: Option<Row> = t::cles_idempotence
            .find((key.user.get(), &key.method, &key.path, &key.key))
            .select((t::empreinte, t::statut, t::reponse_entetes, t::corps))
            .first(self.conn)
            .optional()
            .map_err(repo)?;
        // Retention has removed it since: the work runs again, and the key is as good as new.
        let (fingerprint, status, headers, body) = found.ok_or(RepoError::Stale)?;
        if fingerprint != key.fingerprint {
            return Ok(Claim::Mismatch);
        }
        let status = status.and_then(|s| u16::try_from(s).ok());
        match (status, body) {
            (Some(status), Some(body)) => {
                let headers = headers
                    .and_then(|h| serde_json::from_value(h).ok())
                    .unwrap_or_default();
                Ok(Claim::Done(StoredAnswer {
                    status,
                    headers,
                    body,
                }))
            }
            _ => Err(RepoError::Backend(
                "an idempotency key was committed without its answer".into(),
            )),
        }
    }

    fn complete(&mut self, key: &IdempotencyKey, answer: &StoredAnswer) -> Repo<()> {
        let headers = serde_json::to_value(&answer.headers).map_err(|e| RepoError::Backend(e.into()))?;
        let status = i16::try_from(answer.status).map_err(|e| RepoError::Backend(e.into()))?;
        diesel::update(t::cles_idempotence.find((key.user.get(), &key.method, &key.path, &key.key)))
            .set((
                t::statut.eq(status),
                t::reponse_entetes.eq(headers),
                t::corps.eq(&answer.body),
            ))
            .execute(self.conn)
            .map_err(repo)?;
        Ok(())
    }
}
