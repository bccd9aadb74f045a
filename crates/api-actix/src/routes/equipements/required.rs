//! Skills that an equipment or a job asks for, as they are sent: with a level, or as a bare identifier.

use std::borrow::Cow;
use std::fmt;

use domain::Id;
use domain::skill::{RequiredSkill, SkillLevel};
use serde::Serialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use utoipa::__dev::ComposeSchema;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};

use crate::wire::{Wire, reference};

/// Code d'un niveau de compétence.
pub type LevelCode = Wire<SkillLevel>;

/// Une compétence requise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompetenceRequise {
    /// Compétence.
    pub competence_id: i64,
    /// Niveau minimal ; débutant par défaut.
    #[serde(default = "beginner")]
    pub niveau_min: LevelCode,
}

fn beginner() -> LevelCode {
    Wire(SkillLevel::Beginner)
}

impl From<&RequiredSkill> for CompetenceRequise {
    fn from(required: &RequiredSkill) -> Self {
        Self {
            competence_id: required.skill.get(),
            niveau_min: Wire(required.min_level),
        }
    }
}

/// A required skill in a request: an object, or the identifier alone for the lowest level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompetenceDemandee(pub CompetenceRequise);

impl From<CompetenceDemandee> for RequiredSkill {
    fn from(asked: CompetenceDemandee) -> Self {
        Self {
            skill: Id::new(asked.0.competence_id),
            min_level: asked.0.niveau_min.0,
        }
    }
}

/// The skills of a request.
pub fn required(asked: Vec<CompetenceDemandee>) -> Vec<RequiredSkill> {
    asked.into_iter().map(Into::into).collect()
}

impl<'de> Deserialize<'de> for CompetenceDemandee {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = CompetenceRequise;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("struct CompetenceRequise")
            }
            fn visit_i64<E: de::Error>(self, id: i64) -> Result<CompetenceRequise, E> {
                Ok(CompetenceRequise {
                    competence_id: id,
                    niveau_min: beginner(),
                })
            }
            fn visit_u64<E: de::Error>(self, id: u64) -> Result<CompetenceRequise, E> {
                self.visit_i64(i64::try_from(id).unwrap_or(i64::MAX))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<CompetenceRequise, A::Error> {
                CompetenceRequise::deserialize(MapAccessDeserializer::new(map))
            }
        }
        d.deserialize_any(Visit).map(Self)
    }
}

impl ComposeSchema for CompetenceDemandee {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        let bare = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .description(Some("Identifiant seul : niveau débutant."));
        OneOfBuilder::new()
            .item(bare)
            .item(reference(&CompetenceRequise::name()))
            .into()
    }
}

impl ToSchema for CompetenceDemandee {
    fn name() -> Cow<'static, str> {
        "CompetenceDemandee".into()
    }
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        CompetenceRequise::schemas(schemas);
        schemas.push((
            CompetenceRequise::name().into_owned(),
            <CompetenceRequise as utoipa::PartialSchema>::schema(),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_a_level_without_or_bare() {
        let read = |text: &str| serde_json::from_str::<CompetenceDemandee>(text).map(RequiredSkill::from);
        let skill = |min_level| RequiredSkill {
            skill: Id::new(4),
            min_level,
        };
        assert_eq!(read("4").expect("bare"), skill(SkillLevel::Beginner));
        assert_eq!(
            read(r#"{"competence_id": 4}"#).expect("default"),
            skill(SkillLevel::Beginner)
        );
        let whole = r#"{"competence_id": 4, "niveau_min": "expert"}"#;
        assert_eq!(read(whole).expect("whole"), skill(SkillLevel::Expert));
        for wrong in [
            "\"4\"",
            "4.5",
            "null",
            "{}",
            r#"{"competence_id": 4, "niveau": "expert"}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
