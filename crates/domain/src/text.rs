//! Rules for texts and other small values that people type, shared by the aggregates.

use rust_decimal::Decimal;

use crate::vocab::vocab;

vocab! {
    /// What is wrong with one field; the code is part of the wire contract.
    IssueCode {
        /// The field is mandatory.
        Required = "REQUIRED",
        /// Shorter than allowed.
        TooShort = "TOO_SHORT",
        /// Longer than allowed.
        TooLong = "TOO_LONG",
        /// Not one of the allowed values.
        UnknownValue = "UNKNOWN_VALUE",
        /// Not of the expected form.
        InvalidFormat = "INVALID_FORMAT",
        /// Not an e-mail address.
        InvalidEmail = "INVALID_EMAIL",
        /// Not a telephone number.
        InvalidPhone = "INVALID_PHONE",
        /// Outside of the allowed range.
        OutOfRange = "OUT_OF_RANGE",
        /// The field may not be changed here.
        ReadOnly = "READ_ONLY",
        /// The field does not exist.
        UnknownField = "UNKNOWN_FIELD",
        /// Two names of one field carry different values.
        Ambiguous = "AMBIGUOUS",
        /// Refers to something that does not exist or that the caller may not use.
        UnknownReference = "UNKNOWN_REFERENCE",
        /// Too weak a password, or one that everybody uses.
        WeakPassword = "WEAK_PASSWORD",
        /// Contradicts another field.
        Inconsistent = "INCONSISTENT",
        /// Of the wrong JSON type.
        WrongType = "WRONG_TYPE",
    }
}

/// Longest reason, comment or note that a person may give, in characters.
pub const MAX_REASON: usize = 2000;
/// Longest report or diagnosis, in characters.
pub const MAX_REPORT: usize = 10_000;

/// Longest e-mail address, in characters.
pub const MAX_EMAIL: usize = 255;
/// Longest telephone number as people write it, in characters.
pub const MAX_PHONE: usize = 30;

/// The texts of an input: wire name, fewest and most characters. The rules and the description of
/// the API read the same table.
pub type Lengths = &'static [(&'static str, usize, usize)];

/// The word that goes with an action.
pub const REASON: Lengths = &[("motif", 0, MAX_REASON)];

/// One thing that is wrong with one field. `field` is the wire name (French), with its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldIssue {
    /// Wire name of the field, e.g. `email` or `competences[2].niveau`.
    pub field: String,
    /// What is wrong.
    pub code: IssueCode,
    /// The bound or the allowed values, when they help ("10", "ouverte, en_cours").
    pub expected: Option<String>,
}

impl FieldIssue {
    /// An issue without further explanation.
    pub fn new(field: impl Into<String>, code: IssueCode) -> Self {
        Self {
            field: field.into(),
            code,
            expected: None,
        }
    }

    /// An issue that tells what would be right.
    pub fn expecting(field: impl Into<String>, code: IssueCode, expected: impl ToString) -> Self {
        Self {
            field: field.into(),
            code,
            expected: Some(expected.to_string()),
        }
    }
}

/// Collects everything that is wrong with an input, so that a caller sees all of it at once.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Issues(pub Vec<FieldIssue>);

impl Issues {
    /// Adds an issue when `wrong`.
    pub fn when(&mut self, wrong: bool, field: &str, code: IssueCode) {
        if wrong {
            self.0.push(FieldIssue::new(field, code));
        }
    }

    /// Requires between `min` and `max` characters.
    pub fn length(&mut self, field: &str, value: &str, min: usize, max: usize) {
        let n = value.chars().count();
        if n == 0 && min > 0 {
            self.0.push(FieldIssue::new(field, IssueCode::Required));
        } else if n < min {
            self.0
                .push(FieldIssue::expecting(field, IssueCode::TooShort, min));
        } else if n > max {
            self.0.push(FieldIssue::expecting(field, IssueCode::TooLong, max));
        }
    }

    /// Requires of each text that is there the length that the table says under its name; what the
    /// table does not know may have no characters.
    pub fn lengths<const N: usize>(&mut self, table: Lengths, texts: [(&str, Option<&str>); N]) {
        for (field, text) in texts {
            let known = table.iter().find(|(name, ..)| *name == field);
            let (min, max) = known.map_or((0, 0), |(_, min, max)| (*min, *max));
            if let Some(text) = text {
                self.length(field, text, min, max);
            }
        }
    }

    /// Like [`Issues::length`] for a value that may be absent.
    pub fn optional_length(&mut self, field: &str, value: Option<&str>, max: usize) {
        if let Some(v) = value {
            self.length(field, v, 0, max);
        }
    }

    /// Requires the form of an e-mail address (one `@`, a dotted domain, no blanks, at most [`MAX_EMAIL`]).
    pub fn email(&mut self, field: &str, value: &str) {
        self.when(!is_email(value), field, IssueCode::InvalidEmail);
    }

    /// Requires the form of a telephone number: 6 to 20 digits, blanks, dots, dashes, a leading `+`, at most
    /// [`MAX_PHONE`] characters in all.
    pub fn phone(&mut self, field: &str, value: Option<&str>) {
        if let Some(v) = value {
            self.when(!is_phone(v), field, IssueCode::InvalidPhone);
        }
    }

    /// Requires a number that is not negative, with at most `whole` digits before the point and
    /// `scale` after it.
    pub fn amount(&mut self, field: &str, value: Option<Decimal>, whole: u32, scale: u32) {
        let Some(value) = value else { return };
        let bound = Decimal::from(10_i64.saturating_pow(whole));
        if value < Decimal::ZERO || value >= bound {
            self.0.push(FieldIssue::expecting(
                field,
                IssueCode::OutOfRange,
                format!("0 ≤ x < {bound}"),
            ));
        } else if value.normalize().scale() > scale {
            self.0.push(FieldIssue::expecting(
                field,
                IssueCode::InvalidFormat,
                format!("{scale} décimales"),
            ));
        }
    }

    /// Ok when nothing was wrong.
    ///
    /// # Errors
    /// The collected issues.
    pub fn into_result(self) -> Result<(), Issues> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

/// Whether `value` has the form of an e-mail address that the product can write to.
pub fn is_email(value: &str) -> bool {
    let Some((local, host)) = value.rsplit_once('@') else {
        return false;
    };
    let label_ok = |l: &str| {
        !l.is_empty()
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    value.chars().count() <= MAX_EMAIL
        && (1..=64).contains(&local.len())
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local
            .chars()
            .all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c))
        && host.contains('.')
        && host.split('.').all(label_ok)
}

/// Whether `value` has the form of a telephone number.
pub fn is_phone(value: &str) -> bool {
    let rest = value.strip_prefix('+').unwrap_or(value);
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    (6..=20).contains(&digits)
        && value.chars().count() <= MAX_PHONE
        && rest.chars().all(|c| c.is_ascii_digit() || " .-()".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_forms() {
        for ok in [
            "a@b.ma",
            "amal.el-fassi@mif-maroc.com",
            "x+y@sous.domaine.co.ma",
            "élodie@exemple.fr",
        ] {
            assert!(is_email(ok), "{ok}");
        }
        for bad in [
            "", "a", "a@b", "@b.ma", "a@", "a b@c.ma", "a@b..ma", "a@-b.ma", ".a@b.ma", "a@b.ma ", "a@@b.ma",
            "a\n@b.ma",
        ] {
            assert!(!is_email(bad), "{bad:?}");
        }
        assert!(!is_email(&format!("a@{}.ma", "b".repeat(260))));
    }

    #[test]
    fn phone_forms() {
        for ok in ["+212 522-12-34-56", "0612345678", "(05) 22.12.34.56"] {
            assert!(is_phone(ok), "{ok}");
        }
        for bad in ["", "12", "tel", "+", "06123456789012345678901", "0612345678;"] {
            assert!(!is_phone(bad), "{bad}");
        }
    }

    #[test]
    fn all_issues_are_collected_at_once() {
        let mut issues = Issues::default();
        issues.length("titre", "", 1, 10);
        issues.length("description", "court", 10, 20);
        issues.length("nom", "trop long", 1, 4);
        issues.email("email", "x");
        let codes: Vec<_> = issues.0.iter().map(|i| (i.field.as_str(), i.code)).collect();
        assert_eq!(
            codes,
            [
                ("titre", IssueCode::Required),
                ("description", IssueCode::TooShort),
                ("nom", IssueCode::TooLong),
                ("email", IssueCode::InvalidEmail)
            ]
        );
    }
}
