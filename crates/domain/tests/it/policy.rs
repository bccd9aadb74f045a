//! The grants as a whole, and the decisions that they give.

use std::fmt::Write;

use domain::policy::{Actor, Decision, GRANTS, Permission, Reach, Role, Scope, Target, Visibility};
use domain::{Id, Vocab};

const GOLDEN: &str = include_str!("../golden/rbac.txt");

fn actor(role: Role) -> Actor {
    Actor {
        user: Id::new(1),
        roles: vec![role],
        technician: (role == Role::Technician).then(|| Id::new(11)),
        clients: if role == Role::Client {
            vec![Id::new(21)]
        } else {
            vec![]
        },
        teams: if role == Role::Manager {
            vec![Id::new(31)]
        } else {
            vec![]
        },
    }
}

/// What is tied to the actors in one way each and otherwise to somebody else, and what is a stranger's.
fn targets() -> [(&'static str, Target); 5] {
    [
        ("user", target(1, 12, 22, 32)),
        ("technician", target(2, 11, 22, 32)),
        ("client", target(2, 12, 21, 32)),
        ("team", target(2, 12, 22, 31)),
        ("stranger", STRANGERS),
    ]
}

const STRANGERS: Target = target(2, 12, 22, 32);

const fn target(user: i64, technician: i64, client: i64, team: i64) -> Target {
    Target {
        user: Some(Id::new(user)),
        technician: Some(Id::new(technician)),
        client: Some(Id::new(client)),
        team: Some(Id::new(team)),
    }
}

#[test]
fn role_by_permission_by_scope() {
    let mut grid = String::from(
        "# permission × role: scope of the grant; then the decision about an object that is\n# the actor's by account, technician profile, client or team, and about a stranger's\n",
    );
    for &permission in Permission::all() {
        writeln!(grid, "{}", permission.code()).unwrap();
        for &role in Role::all() {
            let scopes: Vec<_> = actor(role)
                .grants(permission)
                .map(|(_, scope)| scope.code())
                .collect();
            let scopes = if scopes.is_empty() {
                "-".to_owned()
            } else {
                scopes.join("+")
            };
            let decisions: Vec<_> = targets()
                .iter()
                .map(|(name, target)| format!("{name}: {:?}", actor(role).decide(permission, target)))
                .collect();
            writeln!(grid, "  {:<12} {scopes:<6} {}", role.code(), decisions.join(", ")).unwrap();
        }
    }
    assert!(
        grid == GOLDEN,
        "tests/golden/rbac.txt is not what the grants give:\n{grid}"
    );
}

#[test]
fn a_grant_is_written_once() {
    for (at, grant) in GRANTS.iter().enumerate() {
        assert!(
            !GRANTS[at + 1..].iter().any(|g| (g.0, g.1) == (grant.0, grant.1)),
            "{grant:?} is repeated"
        );
    }
}

#[test]
fn whoever_may_change_may_also_see() {
    for &(role, permission, scope) in GRANTS {
        let seen = actor(role).grants(permission.viewing()).any(|(_, s)| s >= scope);
        assert!(
            seen,
            "{role:?} holds {permission:?} in scope {scope:?} but sees less"
        );
    }
}

#[test]
fn a_strangers_object_is_hidden_and_a_known_one_denied() {
    // Theirs by what the role looks at, not by the account.
    let (own, other) = (target(2, 11, 21, 31), STRANGERS);
    for (role, permission, on_own, on_other) in [
        (
            Role::Client,
            Permission::InterventionView,
            Decision::Allowed,
            Decision::Hidden,
        ),
        (
            Role::Client,
            Permission::InterventionExecute,
            Decision::Denied,
            Decision::Hidden,
        ),
        (
            Role::Client,
            Permission::TechnicianView,
            Decision::Hidden,
            Decision::Hidden,
        ),
        (
            Role::Technician,
            Permission::InterventionExecute,
            Decision::Allowed,
            Decision::Hidden,
        ),
        (
            Role::Technician,
            Permission::InterventionAssign,
            Decision::Denied,
            Decision::Hidden,
        ),
        (
            Role::Technician,
            Permission::EquipmentManage,
            Decision::Denied,
            Decision::Denied,
        ),
        (
            Role::Technician,
            Permission::EquipmentDeclareFailure,
            Decision::Allowed,
            Decision::Allowed,
        ),
        (
            Role::Technician,
            Permission::ClientManage,
            Decision::Denied,
            Decision::Hidden,
        ),
        (
            Role::Manager,
            Permission::UserManage,
            Decision::Denied,
            Decision::Denied,
        ),
        (
            Role::Manager,
            Permission::InterventionRate,
            Decision::Denied,
            Decision::Denied,
        ),
        (
            Role::Admin,
            Permission::UserManage,
            Decision::Allowed,
            Decision::Allowed,
        ),
    ] {
        assert_eq!(
            actor(role).decide(permission, &own),
            on_own,
            "{role:?} {permission:?} own"
        );
        assert_eq!(
            actor(role).decide(permission, &other),
            on_other,
            "{role:?} {permission:?} other"
        );
    }
}

#[test]
fn an_own_scope_reaches_only_what_the_role_owns() {
    // A client account that also carries a technician profile gains nothing by it as a client.
    let client = Actor {
        technician: Some(Id::new(11)),
        ..actor(Role::Client)
    };
    let assigned = Target {
        technician: Some(Id::new(11)),
        client: Some(Id::new(22)),
        ..Target::default()
    };
    assert_eq!(
        client.decide(Permission::InterventionView, &assigned),
        Decision::Hidden
    );
    // A technician without a profile owns nothing, least of all what nobody is assigned to.
    let unassigned = Target {
        client: Some(Id::new(22)),
        ..Target::default()
    };
    let bare = Actor {
        technician: None,
        ..actor(Role::Technician)
    };
    assert_eq!(
        bare.decide(Permission::InterventionView, &unassigned),
        Decision::Hidden
    );
}

#[test]
fn several_roles_add_up() {
    let both = Actor {
        roles: vec![Role::Technician, Role::Client],
        clients: vec![Id::new(21)],
        ..actor(Role::Technician)
    };
    let Visibility::Only(reach) = both.visibility(Permission::InterventionView) else {
        panic!()
    };
    let expected = Reach {
        user: Some(Id::new(1)),
        technician: Some(Id::new(11)),
        clients: vec![Id::new(21)],
        teams: vec![],
    };
    assert_eq!(reach, expected);
    assert!(both.may(Permission::InterventionExecute) && both.may(Permission::InterventionRequest));
}

#[test]
fn without_a_grant_nothing_is_visible() {
    let nobody = Actor {
        roles: vec![],
        ..actor(Role::Admin)
    };
    assert!(nobody.permissions().is_empty());
    for &permission in Permission::all() {
        assert_eq!(nobody.visibility(permission), Visibility::Only(Reach::default()));
        for (name, target) in targets() {
            assert_eq!(nobody.decide(permission, &target), Decision::Hidden, "{name}");
        }
    }
}

#[test]
fn lists_show_what_decisions_allow() {
    for &role in Role::all() {
        for &permission in Permission::all() {
            let actor = actor(role);
            let visibility = actor.visibility(permission);
            for (name, target) in targets() {
                assert_eq!(
                    lists(&visibility, &target),
                    actor.reaches(permission, &target),
                    "{role:?} {permission:?} {name}"
                );
            }
            let scope = actor.grants(permission).map(|(_, s)| s).max();
            assert_eq!(visibility == Visibility::All, scope == Some(Scope::All));
        }
    }
}

/// Whether a list with this visibility has the target in it.
fn lists(visibility: &Visibility, target: &Target) -> bool {
    match visibility {
        Visibility::All => true,
        Visibility::Only(reach) => {
            (reach.user.is_some() && reach.user == target.user)
                || (reach.technician.is_some() && reach.technician == target.technician)
                || target.client.is_some_and(|c| reach.clients.contains(&c))
                || target.team.is_some_and(|t| reach.teams.contains(&t))
        }
    }
}
