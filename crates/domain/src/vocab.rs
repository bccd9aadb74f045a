//! Closed lists with stable codes: declared once with `strum`, used by both borders.

use std::hash::Hash;
use std::str::FromStr;

use strum::VariantArray;

/// A closed list whose members have a stable (French) code on the wire and in the database.
///
/// Implemented for every fieldless enum that derives `EnumString`, `IntoStaticStr` and
/// `VariantArray`.
pub trait Vocab:
    Copy + Eq + Hash + Send + Sync + std::fmt::Debug + 'static + FromStr + Into<&'static str> + VariantArray
{
    /// The stable code.
    fn code(self) -> &'static str {
        self.into()
    }

    /// The member with this code, exactly as written.
    fn parse(code: &str) -> Option<Self> {
        code.parse().ok()
    }

    /// All members, in the order of declaration.
    fn all() -> &'static [Self] {
        Self::VARIANTS
    }
}

impl<T> Vocab for T where
    T: Copy
        + Eq
        + Hash
        + Send
        + Sync
        + std::fmt::Debug
        + 'static
        + FromStr
        + Into<&'static str>
        + VariantArray
{
}

/// Declares a vocabulary: the derives that [`Vocab`] needs, and each member with its code.
macro_rules! vocab {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
                 strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
        pub enum $name { $($(#[$vmeta])* #[strum(serialize = $code)] $variant),+ }
    };
}
pub(crate) use vocab;

#[cfg(test)]
mod tests {
    use super::Vocab;
    use crate::intervention::Status;

    #[test]
    fn every_code_parses_back_to_its_member_and_nothing_else_does() {
        for &status in Status::all() {
            assert_eq!(Status::parse(status.code()), Some(status));
        }
        assert_eq!(Status::parse("Ouverte"), None);
        assert_eq!(Status::parse(""), None);
    }
}
