//! The decision: pure, over the grant table, the actor and what ties the target to people.

use super::{GRANTS, Permission, Role, Scope};
use crate::Id;
use crate::client::Client;
use crate::team::Team;
use crate::technician::Technician;
use crate::user::User;

/// Who acts, with everything that scopes depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Account.
    pub user: Id<User>,
    /// Roles, the primary one first.
    pub roles: Vec<Role>,
    /// Technician profile.
    pub technician: Option<Id<Technician>>,
    /// Clients whose portal account this is.
    pub clients: Vec<Id<Client>>,
    /// Teams that the actor leads.
    pub teams: Vec<Id<Team>>,
}

/// What ties an object to people. A field is `None` when nobody of that kind is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Target {
    /// The account itself, for accounts and what belongs to one.
    pub user: Option<Id<User>>,
    /// The client that it belongs to.
    pub client: Option<Id<Client>>,
    /// The technician who is assigned to it.
    pub technician: Option<Id<Technician>>,
    /// The team of that technician.
    pub team: Option<Id<Team>>,
}

/// Result of a decision about one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Allowed.
    Allowed,
    /// The actor may know the target, but not do this: 403.
    Denied,
    /// The actor may not know that the target exists: 404.
    Hidden,
}

/// The part of the data that somebody may see; becomes SQL in every query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visibility {
    /// Everything.
    All,
    /// What is tied to at least one of these; nothing when all are empty.
    Only(Reach),
}

/// What a limited [`Visibility`] is tied to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    /// This account. Alone it reaches what belongs to an account (profiles, inboxes), and no jobs,
    /// clients or equipment.
    pub user: Option<Id<User>>,
    /// This technician.
    pub technician: Option<Id<Technician>>,
    /// These clients.
    pub clients: Vec<Id<Client>>,
    /// Technicians of these teams.
    pub teams: Vec<Id<Team>>,
}

impl Permission {
    /// The right to know that an object exists, for the kind of object that this right is about.
    pub fn viewing(self) -> Permission {
        use Permission as P;
        match self {
            P::UserManage | P::UserEditProfile | P::UserView => P::UserView,
            P::ClientManage | P::ClientEditContact | P::ClientView => P::ClientView,
            P::TechnicianManage | P::TechnicianView | P::TechnicianViewPrivate => P::TechnicianView,
            P::EquipmentManage | P::EquipmentOperate | P::EquipmentView | P::EquipmentDeclareFailure => {
                P::EquipmentView
            }
            P::InterventionCreate
            | P::InterventionRequest
            | P::InterventionView
            | P::InterventionEdit
            | P::InterventionDocument
            | P::InterventionEditRequest
            | P::InterventionAssign
            | P::InterventionExecute
            | P::InterventionCancel
            | P::InterventionCancelRequest
            | P::InterventionArchive
            | P::InterventionRate => P::InterventionView,
        }
    }
}

impl Actor {
    /// The scopes in which the actor's roles hold a right, with the role that gives each.
    pub fn grants(&self, permission: Permission) -> impl Iterator<Item = (Role, Scope)> + '_ {
        GRANTS
            .iter()
            .filter(move |(role, p, _)| *p == permission && self.roles.contains(role))
            .map(|(role, _, scope)| (*role, *scope))
    }

    /// Whether the actor holds the right in any scope: the coarse gate of a route.
    pub fn may(&self, permission: Permission) -> bool {
        self.grants(permission).next().is_some()
    }

    /// Whether some right reaches as far as the teams that the actor leads: only then a target's team
    /// matters.
    pub fn reaches_teams(&self) -> bool {
        let by_team =
            |(role, _, scope): &(Role, Permission, Scope)| *scope == Scope::Team && self.roles.contains(role);
        !self.teams.is_empty() && GRANTS.iter().any(by_team)
    }

    /// All rights that the actor holds in some scope.
    pub fn permissions(&self) -> Vec<Permission> {
        use crate::vocab::Vocab;
        Permission::all()
            .iter()
            .copied()
            .filter(|p| self.may(*p))
            .collect()
    }

    /// Whether the grants reach the target.
    pub fn reaches(&self, permission: Permission, target: &Target) -> bool {
        self.grants(permission).any(|(role, scope)| match scope {
            Scope::All => true,
            Scope::Team => target.team.is_some_and(|t| self.teams.contains(&t)),
            Scope::Own => self.owns(role, target),
        })
    }

    fn owns(&self, role: Role, target: &Target) -> bool {
        if target.user == Some(self.user) {
            return true;
        }
        match role {
            Role::Technician => self.technician.is_some() && target.technician == self.technician,
            Role::Client => target.client.is_some_and(|c| self.clients.contains(&c)),
            Role::Admin | Role::Manager => false,
        }
    }

    /// Decides about one target.
    pub fn decide(&self, permission: Permission, target: &Target) -> Decision {
        if self.reaches(permission, target) {
            Decision::Allowed
        } else if self.reaches(permission.viewing(), target) {
            Decision::Denied
        } else {
            Decision::Hidden
        }
    }

    /// What of a kind of object the actor may see in lists.
    pub fn visibility(&self, permission: Permission) -> Visibility {
        let mut reach = Reach::default();
        for (role, scope) in self.grants(permission) {
            match (scope, role) {
                (Scope::All, _) => return Visibility::All,
                (Scope::Team, _) => reach.teams.clone_from(&self.teams),
                (Scope::Own, Role::Technician) => {
                    reach.user = Some(self.user);
                    reach.technician = self.technician;
                }
                (Scope::Own, Role::Client) => {
                    reach.user = Some(self.user);
                    reach.clients.clone_from(&self.clients);
                }
                (Scope::Own, Role::Admin | Role::Manager) => reach.user = Some(self.user),
            }
        }
        Visibility::Only(reach)
    }
}
