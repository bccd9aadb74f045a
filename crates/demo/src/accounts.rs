//! Accounts of the demonstration: four that visitors sign in with, and others that nobody can.

use std::sync::Arc;

use application::user::{CreateUser, EditUser};
use application::write::silent;
use application::{App, AppError, Ctx};
use async_trait::async_trait;
use domain::audit::{AuditEvent, Origin};
use domain::policy::{Actor, Role};
use domain::ports::{HashError, PasswordHasher, Place, Tx};
use domain::user::{Locale, User, rules};
use domain::{Id, Record};
use jiff::Timestamp;

use crate::data::people::{ADMIN, DEMO_ACCOUNTS, Person, SEAL};
use crate::error::{During, SeedError, missing};

/// What a database holds, as far as the demonstration is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// No account at all.
    Nothing,
    /// A whole demonstration.
    Demonstration,
    /// Anything else, a demonstration that was interrupted included.
    Other,
}

/// What marks everything that the demonstration writes.
pub(crate) fn origin(actor: Option<Id<User>>) -> Origin {
    Origin {
        actor,
        ..Origin::system("jeu-de-demonstration")
    }
}

/// One unit of work in nobody's name.
async fn within<R, F>(app: &App, name: &'static str, work: F) -> Result<R, AppError>
where
    R: Send + 'static,
    F: Fn(&mut dyn Tx) -> Result<R, AppError> + Send + Sync + 'static,
{
    app.run(name, &origin(None), work).await
}

/// Looks at the accounts of a database.
pub(crate) async fn look(app: &App) -> Result<Found, SeedError> {
    let looked = within(app, "demo.look", |tx| {
        if !tx.users().any()? {
            return Ok(Found::Nothing);
        }
        // The administrator's address might well be in use outside of any demonstration; an address
        // of the domain that is reserved for examples is not.
        let admin = tx.users().find_by_identifier(ADMIN.email)?;
        let seal = tx.users().find_by_identifier(SEAL.email)?;
        Ok(if admin.is_some() && seal.is_some() {
            Found::Demonstration
        } else {
            Found::Other
        })
    });
    looked.await.during(|| "comptes existants".to_owned())
}

/// The application with a hasher that knows one hash, of a password that nobody was told: a hash
/// costs a quarter of a second, and these accounts are not signed in with.
pub(crate) async fn closed(app: &App) -> Result<App, SeedError> {
    let unknown: String = app
        .secrets
        .bits256()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let hash = app.hasher.hash(&unknown).await.map_err(AppError::from);
    let hash = hash.during(|| "mot de passe inconnu".to_owned())?;
    Ok(App {
        hasher: Arc::new(OneHash(hash)),
        ..app.clone()
    })
}

struct OneHash(String);

#[async_trait]
impl PasswordHasher for OneHash {
    async fn hash(&self, _password: &str) -> Result<String, HashError> {
        Ok(self.0.clone())
    }

    fn reserve(&self, _owner: &str) -> Result<Place, HashError> {
        Ok(Place::new(()))
    }

    async fn verify<'a>(
        &self,
        _place: Place,
        _password: &str,
        _hash: Option<&'a str>,
    ) -> Result<bool, HashError> {
        Ok(false)
    }

    async fn rehash(&self, _place: Place, password: &str) -> Result<String, HashError> {
        self.hash(password).await
    }

    fn needs_rehash(&self, _hash: &str) -> bool {
        false
    }
}

/// The command that makes an account; its password is never used, see [`closed`].
pub(crate) fn account(person: Person, role: Role) -> CreateUser {
    CreateUser {
        username: person.username.to_owned(),
        email: person.email.to_owned(),
        full_name: person.full_name.to_owned(),
        password: "jeu de démonstration, compte sans accès".to_owned(),
        role,
        other_roles: Vec::new(),
        locale: Locale::French,
        is_active: true,
    }
}

/// A context for somebody, with the rights that they have now.
pub(crate) async fn context(app: &App, user: Id<User>, now: Timestamp) -> Result<Ctx, SeedError> {
    let actor = within(app, "demo.actor", move |tx| Ok(tx.users().actor(user)?));
    let actor: Option<Actor> = actor.await.during(|| format!("droits du compte {user}"))?;
    let actor = actor.ok_or_else(|| SeedError::Table(format!("no account {user}")))?;
    Ok(Ctx {
        origin: origin(Some(user)),
        actor,
        session: None,
        now,
        idempotency: None,
    })
}

/// Whether the demonstration accounts may have this password: asked before anything is written.
pub(crate) fn check_password(password: &str) -> Result<(), SeedError> {
    for person in DEMO_ACCOUNTS {
        suits(password, &draft(person)).during(|| format!("accès du compte {}", person.email))?;
    }
    Ok(())
}

fn suits(password: &str, user: &User) -> Result<(), AppError> {
    Ok(rules::check_password("DEMO_PASSWORD", password, user)?)
}

fn draft(person: Person) -> User {
    User {
        username: person.username.to_owned(),
        email: person.email.to_owned(),
        password_hash: String::new(),
        full_name: person.full_name.to_owned(),
        role: Role::Client,
        other_roles: Vec::new(),
        is_active: true,
        last_login: None,
        locale: Locale::French,
        mfa_enabled: false,
        auth_version: 1,
    }
}

/// Makes sure that the demonstration accounts are active and have this password. Answers their user
/// names; an account that a visitor has renamed is left alone.
pub(crate) async fn open(app: &App, now: Timestamp, password: &str) -> Result<Vec<String>, SeedError> {
    let mut opened = Vec::new();
    let Some(admin) = find(app, ADMIN).await? else {
        return Ok(opened);
    };
    let ctx = context(app, admin.id, now).await?;
    for person in DEMO_ACCOUNTS {
        let Some(user) = find(app, person).await? else {
            tracing::warn!(
                email = person.email,
                "a demonstration account was renamed: it is left alone"
            );
            continue;
        };
        let done = open_one(app, &ctx, &user, password).await;
        done.during(|| format!("accès du compte {}", person.email))?;
        opened.push(user.username.clone());
    }
    Ok(opened)
}

async fn open_one(app: &App, ctx: &Ctx, user: &Record<User>, password: &str) -> Result<(), AppError> {
    suits(password, user)?;
    let place = app.hasher.reserve("demonstration")?;
    let known = app
        .hasher
        .verify(place, password, Some(&user.password_hash))
        .await?;
    if known && user.is_active {
        return Ok(());
    }
    let hash = if known {
        user.password_hash.clone()
    } else {
        app.hasher.hash(password).await?
    };
    let edit: EditUser = Arc::new(move |before| {
        Ok(User {
            password_hash: hash.clone(),
            is_active: true,
            ..before.data.clone()
        })
    });
    application::user::update(app, ctx, user.id, None, edit, silent())
        .await
        .map(drop)
}

async fn find(app: &App, person: Person) -> Result<Option<Record<User>>, SeedError> {
    let found = within(app, "demo.account", move |tx| {
        Ok(tx.users().find_by_identifier(person.email)?)
    });
    found.await.during(|| format!("compte {}", person.email))
}

/// Writes the account that says that the demonstration is whole.
pub(crate) async fn seal(app: &App, now: Timestamp) -> Result<(), SeedError> {
    let admin = find(app, ADMIN).await?.ok_or_else(|| missing(ADMIN.email))?;
    let ctx = context(app, admin.id, now).await?;
    let inactive = CreateUser {
        is_active: false,
        ..account(SEAL, Role::Client)
    };
    let made = application::user::create(app, &ctx, inactive, silent()).await;
    made.map(drop).during(|| "sceau".to_owned())
}

/// Takes what happened before an instant out of the outbox: nobody is told of it.
pub(crate) async fn settle_history(app: &App, before: Timestamp) -> Result<(), SeedError> {
    let settled = within(app, "demo.settle_history", move |tx| {
        let events = tx.tasks().settle_history(before)?;
        tx.audit().record(&AuditEvent {
            action: "historique_repris",
            object: "evenements",
            object_id: None,
            facts: vec![("avant", before.to_string()), ("nombre", events.to_string())],
        });
        Ok(())
    });
    settled.await.during(|| "événements passés".to_owned())
}
