//! Who works here: accounts, teams, technicians and what they master.

use domain::skill::SkillLevel;
use jiff::civil::{Date, date};

use super::Family;

/// Skills of the company, in the order of [`SKILLS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Skill {
    LowVoltage,
    ElectricalPermit,
    Hydraulics,
    Pneumatics,
    Automation,
    Refrigeration,
    Mechanics,
    Welding,
    Alignment,
    Steam,
    Heights,
}

/// Skill, name, field of work, whether it takes a certificate.
#[rustfmt::skip]
pub(crate) const SKILLS: &[(Skill, &str, &str, bool)] = &[
    (Skill::LowVoltage, "Électricité basse tension", "électricité", false),
    (Skill::ElectricalPermit, "Habilitation électrique BR-BC", "électricité", true),
    (Skill::Hydraulics, "Hydraulique industrielle", "hydraulique", false),
    (Skill::Pneumatics, "Pneumatique et air comprimé", "pneumatique", false),
    (Skill::Automation, "Automatisme et variation de vitesse", "automatisme", false),
    (Skill::Refrigeration, "Froid industriel et fluides frigorigènes", "thermique", true),
    (Skill::Mechanics, "Mécanique générale", "mécanique", false),
    (Skill::Welding, "Soudage TIG et MAG", "mécanique", true),
    (Skill::Alignment, "Alignement et analyse vibratoire", "mécanique", false),
    (Skill::Steam, "Conduite et entretien de générateurs de vapeur", "thermique", true),
    (Skill::Heights, "Travail en hauteur", "sécurité", true),
];

/// Teams, in the order of [`TEAMS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Team {
    Centre,
    North,
    South,
}

/// Team, name, who leads it.
pub(crate) const TEAMS: &[(Team, &str, Staff)] = &[
    (Team::Centre, "Équipe Centre – Casablanca", Staff::Manager),
    (
        Team::North,
        "Équipe Nord – Tanger et Kénitra",
        Staff::NorthManager,
    ),
    (Team::South, "Équipe Sud – Safi et Jorf Lasfar", Staff::Manager),
];

/// People who lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Staff {
    Admin,
    Manager,
    NorthManager,
}

/// An account, without its password.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    pub(crate) username: &'static str,
    pub(crate) email: &'static str,
    pub(crate) full_name: &'static str,
}

const fn person(username: &'static str, email: &'static str, full_name: &'static str) -> Person {
    Person {
        username,
        email,
        full_name,
    }
}

/// The four accounts that visitors sign in with, in the order in which they are announced.
pub(crate) const DEMO_ACCOUNTS: [Person; 4] = [ADMIN, MANAGER, VISITING_TECHNICIAN, VISITING_CLIENT];

pub(crate) const ADMIN: Person = person("admin", "admin@mif.ma", "Samira Belmaadi");
pub(crate) const MANAGER: Person = person("responsable", "responsable@mif.ma", "Nadia Bensghari");
const VISITING_TECHNICIAN: Person = person("technicien", "technicien@mif.ma", "Yassine Oubrahmi");
pub(crate) const VISITING_CLIENT: Person = person("client", "client@mif.ma", "Othmane Chraibati");

/// Nobody signs in with the accounts from here on: their addresses are in a domain that is
/// reserved for examples, so that nothing sent to them reaches anybody.
pub(crate) const NORTH_MANAGER: Person = person("t.ouazzahra", "t.ouazzahra@mif.example", "Tarik Ouazzahra");

/// Written last: while it is missing, the demonstration is not whole.
pub(crate) const SEAL: Person = person(
    "jeu.demonstration",
    "demonstration@mif.example",
    "Jeu de démonstration",
);

/// Technicians, in the order of [`TECHNICIANS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Tech {
    /// `technicien@mif.ma`.
    Visitor,
    Cold,
    Automation,
    Hydraulics,
    Electrician,
    Fitter,
    Rotating,
    Boiler,
    ColdSouth,
}

/// A skill that a technician has: which, how well, and for how many more days it is certified.
pub(crate) type Held = (Skill, SkillLevel, Option<i32>);

/// A technician.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Technician {
    pub(crate) tech: Tech,
    pub(crate) person: Person,
    pub(crate) specialty: &'static str,
    pub(crate) team: Team,
    pub(crate) zone: &'static str,
    pub(crate) hired_on: Date,
    /// MAD per hour.
    pub(crate) rate: i64,
    pub(crate) phone: &'static str,
    pub(crate) skills: &'static [Held],
    /// What they are sent to.
    pub(crate) families: &'static [Family],
}

const fn staff(username: &'static str, email: &'static str, full_name: &'static str) -> Person {
    person(username, email, full_name)
}

use SkillLevel::{Advanced, Beginner, Expert, Intermediate};

#[rustfmt::skip]
pub(crate) const TECHNICIANS: &[Technician] = &[
    Technician {
        tech: Tech::Visitor, person: VISITING_TECHNICIAN, specialty: "Électromécanicien",
        team: Team::Centre, zone: "Casablanca", hired_on: date(2019, 3, 4), rate: 95, phone: "+212 6 00 10 01 01",
        skills: &[
            (Skill::Mechanics, Advanced, None), (Skill::Pneumatics, Advanced, None),
            (Skill::LowVoltage, Intermediate, None), (Skill::ElectricalPermit, Intermediate, Some(212)),
        ],
        families: &[Family::Compressor, Family::Machine, Family::Conveyor, Family::Electrical, Family::Heat],
    },
    Technician {
        tech: Tech::Cold, person: staff("m.ziatani", "m.ziatani@mif.example", "Meryem Ziatani"), specialty: "Frigoriste",
        team: Team::Centre, zone: "Casablanca", hired_on: date(2016, 9, 12), rate: 118, phone: "+212 6 00 10 01 02",
        skills: &[
            (Skill::Refrigeration, Expert, Some(311)), (Skill::LowVoltage, Intermediate, None),
            (Skill::ElectricalPermit, Intermediate, Some(94)),
        ],
        families: &[Family::Cold],
    },
    Technician {
        tech: Tech::Automation, person: staff("h.lakhdari", "h.lakhdari@mif.example", "Hamza Lakhdari"), specialty: "Automaticien",
        team: Team::Centre, zone: "Casablanca", hired_on: date(2018, 1, 8), rate: 130, phone: "+212 6 00 10 01 03",
        skills: &[
            (Skill::Automation, Expert, None), (Skill::LowVoltage, Advanced, None),
            (Skill::ElectricalPermit, Advanced, Some(423)), (Skill::Hydraulics, Beginner, None),
        ],
        families: &[Family::Control, Family::Electrical, Family::Injection],
    },
    Technician {
        tech: Tech::Hydraulics, person: staff("a.senhadri", "a.senhadri@mif.example", "Ayoub Senhadri"), specialty: "Hydraulicien",
        team: Team::North, zone: "Kénitra", hired_on: date(2014, 5, 19), rate: 122, phone: "+212 6 00 10 01 04",
        skills: &[
            (Skill::Hydraulics, Expert, None), (Skill::Mechanics, Advanced, None),
            (Skill::Welding, Intermediate, Some(140)), (Skill::Heights, Intermediate, Some(266)),
        ],
        families: &[Family::Press, Family::Pump, Family::Injection, Family::Lifting, Family::Cooling],
    },
    Technician {
        tech: Tech::Electrician, person: staff("i.rkioui", "i.rkioui@mif.example", "Imane Rkioui"), specialty: "Électrotechnicienne",
        team: Team::North, zone: "Tanger", hired_on: date(2020, 2, 3), rate: 105, phone: "+212 6 00 10 01 05",
        skills: &[
            (Skill::LowVoltage, Expert, None), (Skill::ElectricalPermit, Expert, Some(151)),
            (Skill::Automation, Intermediate, None),
        ],
        families: &[Family::Electrical, Family::Control, Family::Genset],
    },
    Technician {
        tech: Tech::Fitter, person: staff("s.beltaib", "s.beltaib@mif.example", "Soufiane Beltaib"), specialty: "Mécanicien monteur",
        team: Team::North, zone: "Tanger", hired_on: date(2022, 10, 17), rate: 78, phone: "+212 6 00 10 01 06",
        skills: &[
            (Skill::Mechanics, Advanced, None), (Skill::Pneumatics, Intermediate, None),
            (Skill::Heights, Intermediate, Some(58)),
        ],
        families: &[Family::Machine, Family::Compressor, Family::Conveyor, Family::Lifting],
    },
    Technician {
        tech: Tech::Rotating, person: staff("r.amezgar", "r.amezgar@mif.example", "Rachid Amezgari"), specialty: "Mécanicien machines tournantes",
        team: Team::South, zone: "Safi", hired_on: date(2011, 6, 6), rate: 128, phone: "+212 6 00 10 01 07",
        skills: &[
            (Skill::Mechanics, Expert, None), (Skill::Alignment, Expert, None), (Skill::Hydraulics, Intermediate, None),
            // Expired: counts as absent until it is renewed.
            (Skill::ElectricalPermit, Beginner, Some(-41)),
        ],
        families: &[Family::Pump, Family::Conveyor, Family::Compressor, Family::Cooling],
    },
    Technician {
        tech: Tech::Boiler, person: staff("n.tazarini", "n.tazarini@mif.example", "Nabil Tazarini"), specialty: "Chauffagiste industriel",
        team: Team::South, zone: "Safi", hired_on: date(2017, 11, 13), rate: 112, phone: "+212 6 00 10 01 08",
        skills: &[
            (Skill::Steam, Expert, Some(243)), (Skill::Welding, Advanced, Some(31)), (Skill::Mechanics, Intermediate, None),
            (Skill::LowVoltage, Beginner, None),
        ],
        families: &[Family::Heat, Family::Machine],
    },
    Technician {
        tech: Tech::ColdSouth, person: staff("k.moussaddar", "k.moussaddar@mif.example", "Khalid Moussaddari"), specialty: "Frigoriste électricien",
        team: Team::South, zone: "Safi", hired_on: date(2021, 4, 26), rate: 99, phone: "+212 6 00 10 01 09",
        skills: &[
            (Skill::Refrigeration, Advanced, Some(76)), (Skill::LowVoltage, Advanced, None),
            (Skill::ElectricalPermit, Advanced, Some(183)),
        ],
        families: &[Family::Cold, Family::Electrical, Family::Genset],
    },
];
