//! What is wrong with one field, in French.

use domain::text::{FieldIssue, IssueCode};

/// The sentence for one issue.
pub fn message(issue: &FieldIssue) -> String {
    let fixed = match (issue.code, issue.expected.as_deref()) {
        (IssueCode::TooShort, Some(min)) => return format!("Trop court : au moins {min} caractères"),
        (IssueCode::TooLong, Some(max)) => return format!("Trop long : au plus {max} caractères"),
        (IssueCode::UnknownValue, Some(values)) => {
            return format!("Valeur inconnue ; valeurs possibles : {values}");
        }
        (IssueCode::InvalidFormat, Some(form)) => return format!("Format invalide ; attendu : {form}"),
        (IssueCode::OutOfRange, Some(range)) => return format!("Valeur hors limites ; attendu : {range}"),
        (IssueCode::WrongType, Some(kind)) => return format!("Type incorrect ; attendu : {kind}"),
        (IssueCode::Inconsistent, Some(with)) => return format!("Incohérent avec {with}"),
        (IssueCode::Ambiguous, Some(other)) => {
            return format!("Contredit le champ {other}, autre nom de la même donnée");
        }
        (code, _) => text(code),
    };
    fixed.to_owned()
}

/// The sentence for a code without further explanation.
pub fn text(code: IssueCode) -> &'static str {
    match code {
        IssueCode::Required => "Champ obligatoire",
        IssueCode::TooShort => "Trop court",
        IssueCode::TooLong => "Trop long",
        IssueCode::UnknownValue => "Valeur inconnue",
        IssueCode::InvalidFormat => "Format invalide",
        IssueCode::InvalidEmail => "Adresse e-mail invalide",
        IssueCode::InvalidPhone => "Numéro de téléphone invalide",
        IssueCode::OutOfRange => "Valeur hors limites",
        IssueCode::ReadOnly => "Champ en lecture seule",
        IssueCode::UnknownField => "Champ inconnu",
        IssueCode::Ambiguous => "Deux noms du même champ portent des valeurs différentes",
        IssueCode::UnknownReference => "Cette référence n'existe pas",
        IssueCode::WeakPassword => "Mot de passe trop courant ou trop facile à deviner",
        IssueCode::Inconsistent => "Incohérent avec un autre champ",
        IssueCode::WrongType => "Type incorrect",
    }
}
