//! Rules for accounts: their data, their passwords, and who may change whose rights.

use super::User;
use crate::policy::{Actor, Role};
use crate::session::EndReason;
use crate::text::{FieldIssue, IssueCode, Issues, Lengths, MAX_EMAIL};
use crate::vocab::Vocab;
use crate::{Id, Record};

/// Fewest characters of a password.
pub const MIN_PASSWORD: usize = 8;
/// Most characters of a password; longer ones only serve to keep the server busy.
pub const MAX_PASSWORD: usize = 1000;

/// The texts of an account; the password is a field of those who are created.
pub const TEXTS: Lengths = &[
    ("username", 1, 100),
    ("email", 1, MAX_EMAIL),
    ("full_name", 1, 255),
    ("password", MIN_PASSWORD, MAX_PASSWORD),
];

/// Words that passwords are made of most often, French and international, without the digits and
/// signs that people put behind them.
const COMMON: &[&str] = &[
    "password",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "motdepasse",
    "motdepass",
    "azerty",
    "azertyuiop",
    "qwerty",
    "qwertyuiop",
    "qwertz",
    "qsdfghjklm",
    "wxcvbn",
    "asdfghjkl",
    "abcdefgh",
    "abcdefghi",
    "abcd",
    "abc",
    "admin",
    "administrateur",
    "administrator",
    "root",
    "toor",
    "bonjour",
    "bienvenue",
    "welcome",
    "soleil",
    "chocolat",
    "doudou",
    "loulou",
    "jetaime",
    "iloveyou",
    "sunshine",
    "princess",
    "princesse",
    "football",
    "baseball",
    "superman",
    "batman",
    "pokemon",
    "dragon",
    "monkey",
    "shadow",
    "master",
    "letmein",
    "trustno",
    "secret",
    "changeme",
    "changezmoi",
    "default",
    "test",
    "tester",
    "testtest",
    "guest",
    "invite",
    "user",
    "utilisateur",
    "client",
    "technicien",
    "responsable",
    "maintenance",
    "casablanca",
    "marrakech",
    "tanger",
    "rabat",
    "kenitra",
    "maroc",
    "morocco",
    "raja",
    "wydad",
    "bismillah",
    "inchallah",
    "hamdoullah",
    "mohamed",
    "mohammed",
    "fatima",
    "computer",
    "ordinateur",
    "internet",
    "michael",
    "jennifer",
    "nicolas",
    "starwars",
    "whatever",
    "qazwsx",
    "qazwsxedc",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "zaq12wsx",
    "azerqsdf",
    "1a2z3e4r",
];

/// Whether the data of an account are right; the password is judged apart.
///
/// # Errors
/// What is wrong, by wire name.
pub fn validate(user: &User) -> Result<(), Issues> {
    let mut issues = Issues::default();
    issues.lengths(TEXTS, [("username", Some(&user.username))]);
    // An `@` would let one account's user name be another's e-mail: both sign in.
    let strange = |c: char| !(c.is_alphanumeric() || "._-".contains(c));
    issues.when(
        user.username.contains(strange),
        "username",
        IssueCode::InvalidFormat,
    );
    if user.email.is_empty() {
        issues.0.push(FieldIssue::new("email", IssueCode::Required));
    } else {
        issues.email("email", &user.email);
    }
    issues.lengths(TEXTS, [("full_name", Some(&user.full_name))]);
    issues.into_result()
}

/// Whether a password is good enough for this account; `field` is its wire name.
///
/// # Errors
/// What is wrong with it.
pub fn check_password(field: &str, password: &str, user: &User) -> Result<(), Issues> {
    let mut issues = Issues::default();
    issues.length(field, password, MIN_PASSWORD, MAX_PASSWORD);
    if issues.0.is_empty() {
        let weak = is_common(password) || is_own(password, user);
        issues.when(weak, field, IssueCode::WeakPassword);
    }
    issues.into_result()
}

fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let word = lower.trim_matches(|c: char| !c.is_alphabetic());
    let steps = |step: i32| {
        lower
            .chars()
            .zip(lower.chars().skip(1))
            .all(|(a, b)| b as i32 - a as i32 == step)
    };
    let digits_only = lower.chars().all(|c| c.is_ascii_digit());
    let tail = lower.trim_end_matches(|c: char| !c.is_alphanumeric());
    COMMON.contains(&word)
        || COMMON.contains(&tail)
        || word.is_empty() && (digits_only || lower.len() < 12)
        || [-1, 0, 1].into_iter().any(steps)
}

/// Whether the password is the account's own name in disguise: the same letters, whatever digits
/// and signs stand around them.
fn is_own(password: &str, user: &User) -> bool {
    let letters = |text: &str| -> String {
        text.to_lowercase()
            .chars()
            .filter(|c| c.is_alphabetic())
            .collect()
    };
    let typed = letters(password);
    let local = user.email.split('@').next().unwrap_or_default();
    let reversed: String = user.full_name.split_whitespace().rev().collect();
    [
        user.username.as_str(),
        user.email.as_str(),
        local,
        user.full_name.as_str(),
        reversed.as_str(),
    ]
    .into_iter()
    .chain(user.full_name.split_whitespace())
    .map(letters)
    .any(|own| own.chars().count() >= 3 && own == typed)
}

/// Whether a password that was checked against one reading of an account is still the one of another: a
/// hash that was only made anew has no new version.
pub fn same_password(checked: &Record<User>, now: &Record<User>) -> bool {
    checked.password_hash == now.password_hash || checked.version == now.version
}

/// Nobody grants a role above their own.
pub fn may_grant(actor: &Actor, roles: &[Role]) -> bool {
    let own = actor.roles.iter().map(|r| r.level()).max().unwrap_or_default();
    roles.iter().all(|r| r.level() <= own)
}

/// Whether an administrator is left after the change: the last active one cannot be deactivated or
/// demoted. `active_admins` is what the store answered with these accounts locked.
pub fn keeps_an_admin(before: &Record<User>, after: &User, active_admins: &[Id<User>]) -> bool {
    !administers(before) || administers(after) || active_admins.iter().any(|id| *id != before.id)
}

fn administers(user: &User) -> bool {
    user.is_active && user.roles().contains(&Role::Admin)
}

/// Whether tokens that were given out before a change must die with it: then `auth_version` rises
/// and the sessions end.
pub fn access_changed(before: &User, after: &User) -> bool {
    ends_sessions(before, after).is_some()
}

/// Why the sessions of an account end with a change of it, if they do.
pub fn ends_sessions(before: &User, after: &User) -> Option<EndReason> {
    let roles = |user: &User| {
        let mut roles: Vec<&str> = user.roles().into_iter().map(Vocab::code).collect();
        roles.sort_unstable();
        (user.role, roles)
    };
    if before.is_active != after.is_active {
        Some(EndReason::Deactivated)
    } else if before.password_hash != after.password_hash {
        Some(EndReason::PasswordChanged)
    } else if before.email != after.email || roles(before) != roles(after) {
        Some(EndReason::AccessChanged)
    } else {
        None
    }
}

/// `after` with the `auth_version` that it must have: one more than before when tokens that were
/// given out before must die, else the same.
pub fn with_auth_version(before: &User, after: User) -> User {
    let step = i64::from(access_changed(before, &after));
    User {
        auth_version: before.auth_version + step,
        ..after
    }
}
