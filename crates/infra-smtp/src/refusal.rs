//! What a refusal for good (5xx) is about: this message and its recipient, or us.

/// Enhanced codes (RFC 3463) about a sender's address: nothing that the recipient could do about.
const ABOUT_SENDERS: [u32; 2] = [7, 8];
/// The message is larger than the server takes.
const TOO_BIG: u32 = 4;

/// Whether another try of the same message to the same recipient would be as useless. A mailbox that
/// does not exist is; a relay that denies us, a block list, a policy are not: somebody puts those right,
/// and until then no message may be lost. What a server does not explain is taken for the latter.
pub fn is_about_the_message(code: Option<u16>, text: &str) -> bool {
    match enhanced(text) {
        // 5.1.0 is "other address status": servers also say it of senders.
        Some((1, detail)) => detail != 0 && !ABOUT_SENDERS.contains(&detail),
        Some((2 | 6, _)) => true,
        Some((3, detail)) => detail == TOO_BIG,
        Some(_) => false,
        // Exceeded storage: the only code that tells by itself.
        None => code == Some(552),
    }
}

/// Subject and detail of the enhanced code `5.subject.detail` that a reply begins with.
fn enhanced(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split_whitespace().next()?.splitn(3, '.');
    if parts.next()? != "5" {
        return None;
    }
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::is_about_the_message;

    #[test]
    fn only_what_concerns_recipient_or_message_is_for_good() {
        for (code, text, expected) in [
            (550, "5.1.1 <x@example.ma>: Recipient address rejected", true),
            (553, "5.1.3 bad address syntax", true),
            (550, "5.1.10 recipient not found", true),
            (552, "5.2.2 mailbox full", true),
            (552, "5.3.4 message size exceeds fixed limit", true),
            (554, "5.6.0 content refused", true),
            (552, "too large", true),
            (554, "5.7.1 <x@example.ma>: Relay access denied", false),
            (550, "5.7.1 Client host rejected", false),
            (550, "5.1.8 Sender address rejected: Domain not found", false),
            (550, "5.1.0 address rejected", false),
            (530, "5.7.0 Authentication required", false),
            (554, "5.3.2 system not accepting messages", false),
            (550, "no thanks", false),
            (554, "4.1.1 contradiction", false),
            (554, "5.1", false),
            (554, "", false),
        ] {
            assert_eq!(is_about_the_message(Some(code), text), expected, "{code} {text}");
        }
    }
}
