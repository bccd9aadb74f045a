//! Technicians on the wire. The comments of wire types are shown to the users of the API: French.

use application::AppError;
use application::technician::{Account, CreateTechnician, TechnicianProfile, TechnicianView};
use application::user::CreateUser;
use domain::Id;
use domain::policy::Role;
use domain::skill::{HeldSkill, SkillLevel};
use domain::technician::machine::Action;
use domain::technician::{self, Availability, Technician};
use domain::text::{FieldIssue, IssueCode, Lengths};
use domain::user::{self, Locale};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::extract::View;
use crate::json::Dto;
use crate::reply::Versioned;
use crate::routes::users::dto::LocaleCode;
use crate::wire::{Amount, Day, Field, Instant, Set, Wire, filled};

/// Code d'une disponibilité.
pub type AvailabilityCode = Wire<Availability>;
/// Code d'un niveau de compétence.
pub type SkillLevelCode = Wire<SkillLevel>;
/// Code d'une action sur la disponibilité.
pub type AvailabilityActionCode = Wire<Action>;

/// Une compétence détenue.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldSkillView {
    /// Compétence.
    pub competence_id: i64,
    /// Nom de la compétence ; n'est pas lu dans une requête.
    pub nom: Option<String>,
    /// Niveau.
    pub niveau: SkillLevelCode,
    /// Dernier jour de validité du certificat. Obligatoire quand la compétence demande un certificat
    /// (`certification_requise`) ; sans lui elle ne compte pas.
    pub valide_jusqu_au: Option<Day>,
}

impl From<&HeldSkillView> for HeldSkill {
    fn from(held: &HeldSkillView) -> Self {
        Self {
            skill: Id::new(held.competence_id),
            level: held.niveau.0,
            valid_until: held.valide_jusqu_au.map(Date::from),
        }
    }
}

/// Un technicien. Adresse e-mail, téléphone et taux horaire ne sont montrés qu'aux responsables,
/// aux administrateurs et à l'intéressé.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TechnicianBody {
    /// Identifiant.
    pub id: i64,
    /// Compte.
    pub user_id: i64,
    /// Nom.
    pub full_name: String,
    /// Le compte est actif.
    pub is_active: bool,
    /// Adresse e-mail du compte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Spécialité.
    pub specialite: Option<String>,
    /// Équipe.
    pub equipe_id: Option<i64>,
    /// Nom de l'équipe.
    pub equipe_nom: Option<String>,
    /// Disponibilité.
    pub disponibilite: AvailabilityCode,
    /// Peut prendre une intervention maintenant.
    pub disponible: bool,
    /// Absence qui commencera à la fin de l'intervention en cours.
    pub absence_en_attente: Option<AvailabilityCode>,
    /// Zone desservie.
    pub zone_intervention: Option<String>,
    /// Date d'embauche.
    pub date_embauche: Option<Day>,
    /// Coût horaire en MAD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taux_horaire: Option<Option<Amount>>,
    /// Téléphone.
    pub telephone: Option<String>,
    /// Compétences.
    pub competences: Vec<HeldSkillView>,
    /// Actions sur la disponibilité que l'appelant peut faire maintenant.
    pub actions_possibles: Vec<AvailabilityActionCode>,
    /// Création de la fiche.
    pub created_at: Instant,
    /// Dernière modification de la fiche.
    pub updated_at: Instant,
    /// Version, à renvoyer pour modifier.
    pub version: i64,
}

impl View for TechnicianBody {
    const DERIVED: &'static [&'static str] = &[
        "full_name",
        "is_active",
        "email",
        "equipe_nom",
        "disponible",
        "actions_possibles",
    ];
}

impl TechnicianBody {
    /// What the caller may see of a technician.
    pub fn of(view: &TechnicianView) -> Self {
        let (detail, record) = (&view.detail, &view.detail.record);
        let names = detail.skill_names.iter().map(Some).chain(std::iter::repeat(None));
        let held = |(held, name): (&HeldSkill, Option<&String>)| HeldSkillView {
            competence_id: held.skill.get(),
            nom: name.cloned(),
            niveau: Wire(held.level),
            valide_jusqu_au: held.valid_until.map(Day),
        };
        Self {
            id: record.id.get(),
            user_id: record.user.get(),
            full_name: detail.full_name.clone(),
            is_active: detail.is_active,
            email: view.private.then(|| detail.email.clone()),
            specialite: record.specialty.clone(),
            equipe_id: record.team.map(Id::get),
            equipe_nom: detail.team_name.clone(),
            disponibilite: Wire(record.availability),
            disponible: view.is_available(),
            absence_en_attente: record.pending_absence.map(Wire),
            zone_intervention: record.zone.clone(),
            date_embauche: record.hired_on.map(Day),
            taux_horaire: view.private.then(|| record.hourly_rate.map(Amount)),
            telephone: record.phone.clone(),
            competences: record.skills.iter().zip(names).map(held).collect(),
            actions_possibles: view.actions.iter().copied().map(Wire).collect(),
            created_at: Instant(record.created_at),
            updated_at: Instant(record.updated_at),
            version: record.version,
        }
    }
}

impl Versioned for TechnicianView {
    fn key(&self) -> i64 {
        self.detail.record.id.get()
    }
    fn version(&self) -> i64 {
        self.detail.record.version
    }
}

/// Le compte d'un nouveau technicien ; son rôle est technicien.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TechnicianAccount {
    /// Nom d'utilisateur : lettres, chiffres, point, tiret, souligné ; 100 caractères au plus.
    pub username: String,
    /// Adresse e-mail, unique.
    pub email: String,
    /// Nom à afficher.
    pub full_name: String,
    /// Mot de passe : 8 caractères au moins.
    pub password: String,
    /// Langue des messages ; français par défaut.
    pub locale: Option<LocaleCode>,
}

impl From<TechnicianAccount> for CreateUser {
    fn from(account: TechnicianAccount) -> Self {
        Self {
            username: account.username,
            email: account.email,
            full_name: account.full_name,
            password: account.password,
            role: Role::Technician,
            other_roles: Vec::new(),
            locale: account.locale.map_or(Locale::French, |l| l.0),
            is_active: true,
        }
    }
}

/// Un nouveau technicien : pour un compte existant (`user_id`), ou avec son compte (`utilisateur`,
/// administrateurs seulement).
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTechnician {
    /// Compte existant de rôle technicien.
    pub user_id: Option<i64>,
    /// Compte à créer en même temps ; à la place de `user_id`.
    pub utilisateur: Option<TechnicianAccount>,
    /// Spécialité.
    pub specialite: Option<String>,
    /// Équipe.
    pub equipe_id: Option<i64>,
    /// Zone desservie, rapprochée de celle des sites.
    pub zone_intervention: Option<String>,
    /// Date d'embauche.
    pub date_embauche: Option<Day>,
    /// Coût horaire en MAD.
    pub taux_horaire: Option<Amount>,
    /// Téléphone.
    pub telephone: Option<String>,
    /// Compétences, chacune une fois.
    #[serde(default)]
    pub competences: Vec<HeldSkillView>,
}

impl Dto for NewTechnician {
    const VERBATIM: &'static [&'static str] = &["password"];
    const LENGTHS: &'static [Lengths] = &[technician::rules::TEXTS, user::rules::TEXTS];

    fn example() -> Value {
        json!({
            "utilisateur": {
                "username": "y.alaoui", "email": "y.alaoui@mif-maroc.com", "full_name": "Yassine Alaoui",
                "password": "Atelier-Sud-2026", "locale": "fr"
            },
            "specialite": "Froid industriel", "zone_intervention": "Tanger", "date_embauche": "2021-09-01",
            "taux_horaire": "120.00", "telephone": "+212 662 10 20 30"
        })
    }
}

impl NewTechnician {
    /// The command.
    ///
    /// # Errors
    /// Neither or both of an existing and a new account.
    pub fn command(self) -> Result<CreateTechnician, AppError> {
        let account = match (self.user_id, self.utilisateur) {
            (Some(id), None) => Account::Existing(Id::new(id)),
            (None, Some(account)) => Account::New(Box::new(account.into())),
            (None, None) => return Err(AppError::field(FieldIssue::new("user_id", IssueCode::Required))),
            (Some(_), Some(_)) => {
                let twice = FieldIssue::expecting("utilisateur", IssueCode::Inconsistent, "user_id");
                return Err(AppError::field(twice));
            }
        };
        let profile = TechnicianProfile {
            specialty: filled(self.specialite),
            team: self.equipe_id.map(Id::new),
            zone: filled(self.zone_intervention),
            hired_on: self.date_embauche.map(Date::from),
            hourly_rate: self.taux_horaire.map(Decimal::from),
            phone: filled(self.telephone),
            skills: self.competences.iter().map(HeldSkill::from).collect(),
        };
        Ok(CreateTechnician { account, profile })
    }
}

/// Un technicien à remplacer en entier.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TechnicianPut {
    /// Spécialité.
    pub specialite: Option<String>,
    /// Équipe.
    pub equipe_id: Option<i64>,
    /// Zone desservie, rapprochée de celle des sites.
    pub zone_intervention: Option<String>,
    /// Date d'embauche.
    pub date_embauche: Option<Day>,
    /// Coût horaire en MAD.
    pub taux_horaire: Option<Amount>,
    /// Téléphone.
    pub telephone: Option<String>,
    /// Compétences, chacune une fois.
    #[serde(default)]
    pub competences: Vec<HeldSkillView>,
}

impl Dto for TechnicianPut {
    const LENGTHS: &'static [Lengths] = &[technician::rules::TEXTS];

    fn example() -> Value {
        json!({
            "specialite": "Froid industriel", "zone_intervention": "Kénitra", "date_embauche": "2021-09-01",
            "taux_horaire": "125.00", "telephone": "+212 662 10 20 30", "competences": []
        })
    }
}

impl TechnicianPut {
    /// The profile as it shall be.
    pub fn onto(self, before: &TechnicianView) -> Technician {
        Technician {
            specialty: filled(self.specialite),
            team: self.equipe_id.map(Id::new),
            zone: filled(self.zone_intervention),
            hired_on: self.date_embauche.map(Date::from),
            hourly_rate: self.taux_horaire.map(Decimal::from),
            phone: filled(self.telephone),
            skills: self.competences.iter().map(HeldSkill::from).collect(),
            ..before.detail.record.data.clone()
        }
    }
}

/// Champs d'un technicien à modifier ; les autres ne changent pas.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TechnicianPatch {
    /// Spécialité.
    #[serde(default)]
    pub specialite: Field<String>,
    /// Équipe.
    #[serde(default)]
    pub equipe_id: Field<i64>,
    /// Zone desservie.
    #[serde(default)]
    pub zone_intervention: Field<String>,
    /// Date d'embauche.
    #[serde(default)]
    pub date_embauche: Field<Day>,
    /// Coût horaire en MAD.
    #[serde(default)]
    pub taux_horaire: Field<Amount>,
    /// Téléphone.
    #[serde(default)]
    pub telephone: Field<String>,
    /// Toutes les compétences : la liste remplace la précédente.
    #[serde(default)]
    pub competences: Set<Vec<HeldSkillView>>,
}

impl Dto for TechnicianPatch {
    const LENGTHS: &'static [Lengths] = &[technician::rules::TEXTS];

    fn example() -> Value {
        json!({ "zone_intervention": "Kénitra", "taux_horaire": "130.00" })
    }
}

impl TechnicianPatch {
    /// The profile as it shall be.
    pub fn onto(self, before: &TechnicianView) -> Technician {
        let mut after = before.detail.record.data.clone();
        self.specialite.apply_text(&mut after.specialty);
        self.equipe_id.apply_id(&mut after.team);
        self.zone_intervention.apply_text(&mut after.zone);
        self.date_embauche.apply(&mut after.hired_on);
        self.taux_horaire.apply(&mut after.hourly_rate);
        self.telephone.apply_text(&mut after.phone);
        if let Set::Value(skills) = self.competences {
            after.skills = skills.iter().map(HeldSkill::from).collect();
        }
        after
    }
}
