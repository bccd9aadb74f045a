//! Rules for accounts: data, passwords, rights, sessions.

use domain::policy::{Actor, Role};
use domain::session::EndReason;
use domain::text::IssueCode;
use domain::user::{User, rules as user};
use domain::{Id, Record};

use crate::build;
use crate::rules::{Case, issues, one};

#[test]
fn user_bounds() {
    let good = build::user(Role::Technician);
    assert_eq!(user::validate(&good), Ok(()));
    let cases: &[Case<User>] = &[
        (|u| u.username.clear(), "username", IssueCode::Required),
        (|u| u.username = "x".repeat(101), "username", IssueCode::TooLong),
        (
            |u| u.username = "a@b.ma".into(),
            "username",
            IssueCode::InvalidFormat,
        ),
        (
            |u| u.username = "a b".into(),
            "username",
            IssueCode::InvalidFormat,
        ),
        (|u| u.email.clear(), "email", IssueCode::Required),
        (|u| u.email = "a@b".into(), "email", IssueCode::InvalidEmail),
        (|u| u.full_name.clear(), "full_name", IssueCode::Required),
        (|u| u.full_name = "x".repeat(256), "full_name", IssueCode::TooLong),
    ];
    for (spoil, field, code) in cases {
        let mut bad = good.clone();
        spoil(&mut bad);
        assert_eq!(one(user::validate(&bad)), ((*field).to_owned(), *code));
    }
}

#[test]
fn passwords() {
    let owner = build::user(Role::Technician);
    let verdict = |password: &str| {
        issues(user::check_password("password", password, &owner))
            .first()
            .map(|(_, code)| *code)
    };
    for good in [
        "Demo-MIF-2026!",
        "correcte agrafe cheval",
        "xK7-vé9!",
        "motdepasse de la pompe",
        "ق١٢٣٤٥٦٧ابت",
    ] {
        assert_eq!(verdict(good), None, "{good}");
    }
    assert_eq!(verdict(""), Some(IssueCode::Required));
    assert_eq!(verdict("Ab3!xyz"), Some(IssueCode::TooShort));
    assert_eq!(verdict(&"aB3!".repeat(251)), Some(IssueCode::TooLong));
    assert_eq!(verdict(&"aB3!".repeat(250)), None, "1000 characters");
    for weak in [
        "password",
        "Password123!",
        "MOTDEPASSE",
        "azertyuiop",
        "12345678",
        "aaaaaaaa",
        "87654321",
        "abcdefgh",
        "Azerty2026",
        "20262026",
        "!!!!1111",
        "P@ssw0rd",
        "1q2w3e4r",
        "Bienvenue1!",
        // the account's own names
        "amal.idrissi",
        "AmalIdrissi1",
        "idrissi.amal",
        "a.idrissi@exemple.ma",
        "A.Idrissi2026",
        "1234Idrissi!",
    ] {
        assert_eq!(verdict(weak), Some(IssueCode::WeakPassword), "{weak}");
    }
}

#[test]
fn nobody_grants_a_role_above_their_own() {
    let actor = |roles: &[Role]| Actor {
        user: Id::new(1),
        roles: roles.to_vec(),
        technician: None,
        clients: vec![],
        teams: vec![],
    };
    assert!(user::may_grant(
        &actor(&[Role::Admin]),
        &[Role::Admin, Role::Client]
    ));
    assert!(user::may_grant(
        &actor(&[Role::Manager]),
        &[Role::Manager, Role::Technician]
    ));
    assert!(!user::may_grant(
        &actor(&[Role::Manager]),
        &[Role::Client, Role::Admin]
    ));
    assert!(
        user::may_grant(&actor(&[Role::Client, Role::Admin]), &[Role::Admin]),
        "the highest counts"
    );
    assert!(!user::may_grant(&actor(&[]), &[Role::Client]));
}

#[test]
fn the_last_active_administrator_stays() {
    let admin = |user: User| Record::fresh(Id::new(1), build::now(), user);
    let before = admin(build::user(Role::Admin));
    let demoted = User {
        role: Role::Manager,
        ..before.data.clone()
    };
    let inactive = User {
        is_active: false,
        ..before.data.clone()
    };
    let kept = User {
        role: Role::Manager,
        other_roles: vec![Role::Admin],
        ..before.data.clone()
    };
    let (alone, two) = ([Id::new(1)], [Id::new(1), Id::new(2)]);
    for gone in [&demoted, &inactive] {
        assert!(!user::keeps_an_admin(&before, gone, &alone));
        assert!(user::keeps_an_admin(&before, gone, &two));
    }
    assert!(
        user::keeps_an_admin(&before, &kept, &alone),
        "a further role counts"
    );
    let manager = admin(build::user(Role::Manager));
    let away = User {
        is_active: false,
        ..manager.data.clone()
    };
    assert!(user::keeps_an_admin(&manager, &away, &[]));
}

#[test]
fn a_change_of_access_kills_older_tokens() {
    let before = build::user(Role::Manager);
    type Change = fn(&mut User);
    let cases: &[(Change, Option<EndReason>)] = &[
        (|u| u.full_name = "Autre Nom".into(), None),
        (|u| u.username = "autre".into(), None),
        (|u| u.mfa_enabled = true, None),
        (
            |u| u.email = "autre@exemple.ma".into(),
            Some(EndReason::AccessChanged),
        ),
        (|u| u.role = Role::Technician, Some(EndReason::AccessChanged)),
        (
            |u| u.other_roles = vec![Role::Technician],
            Some(EndReason::AccessChanged),
        ),
        (|u| u.other_roles = vec![Role::Manager], None),
        (|u| u.password_hash = "y".into(), Some(EndReason::PasswordChanged)),
        (|u| u.is_active = false, Some(EndReason::Deactivated)),
    ];
    for (change, why) in cases {
        let mut after = before.clone();
        change(&mut after);
        assert_eq!(user::ends_sessions(&before, &after), *why);
        assert_eq!(user::access_changed(&before, &after), why.is_some());
        let expected = if why.is_some() { 4 } else { 3 };
        assert_eq!(
            user::with_auth_version(&before, after).auth_version,
            expected,
            "{why:?}"
        );
    }
}
