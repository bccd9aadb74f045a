//! The language of the server's messages. Neither driver passes on every error's SQLSTATE: deadlocks, lock
//! and statement timeouts, a server that restarts are known by their English text alone.

use diesel::PgConnection;
use diesel::RunQueryDsl;
use diesel::sql_types::Text;
use domain::error::BoxError;

/// Asks for untranslated messages where the role may (`lc_messages` is for superusers and for whom it was
/// granted), and leaves what an error says afterwards in a setting of the session.
pub const ASK: &str = "DO $$ BEGIN \
    BEGIN PERFORM set_config('lc_messages', 'C', false); EXCEPTION WHEN insufficient_privilege THEN NULL; END; \
    BEGIN PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN PERFORM set_config('erp.message', SQLERRM, false); END; \
    END $$";

/// What the error of [`ASK`] says in English.
const ENGLISH: &str = "division by zero";

/// Asks for untranslated messages; see [`ASK`].
///
/// # Errors
/// Those of the connection.
pub fn speak_english(conn: &mut PgConnection) -> diesel::QueryResult<()> {
    diesel::sql_query(ASK).execute(conn).map(|_| ())
}

/// Whether the server speaks English on this connection, after [`speak_english`].
///
/// # Errors
/// What to do about it, or why it could not be asked.
pub fn check(conn: &mut PgConnection, role: &str) -> Result<(), BoxError> {
    let said: String =
        diesel::select(diesel::dsl::sql::<Text>("current_setting('erp.message')")).get_result(conn)?;
    if is_english(&said) {
        return Ok(());
    }
    let role = role.replace('"', "\"\"");
    Err(format!(
        "the database answers in another language than English, which some of its errors are known by: \
         run `ALTER ROLE \"{role}\" SET lc_messages = 'C'` as a superuser and start again"
    )
    .into())
}

fn is_english(said: &str) -> bool {
    said == ENGLISH
}

#[cfg(test)]
mod tests {
    use super::is_english;

    #[test]
    fn other_languages_are_noticed() {
        assert!(is_english("division by zero"));
        assert!(!is_english("division par zéro"));
        assert!(!is_english("Division durch Null"));
    }
}
