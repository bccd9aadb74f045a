use std::time::{Duration, Instant};

use domain::ports::{MailError, Mailer};
use infra_smtp::{Security, SmtpConfig, SmtpMailer};
use secrecy::SecretString;
use test_support::{SmtpMode, SmtpSink};

use crate::{email, sender};

const SHORT: Duration = Duration::from_millis(200);

fn mailer(sink: &SmtpSink) -> SmtpMailer {
    let mut config = SmtpConfig::from_url(&sink.url()).expect("url");
    config.command_timeout = SHORT;
    SmtpMailer::new(config, sender())
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Sent,
    Temporary,
    Permanent,
    Ambiguous,
}

fn kind(result: Result<(), MailError>) -> Kind {
    match result {
        Ok(()) => Kind::Sent,
        Err(MailError::Temporary(_)) => Kind::Temporary,
        Err(MailError::Permanent(_)) => Kind::Permanent,
        Err(MailError::Ambiguous(_)) => Kind::Ambiguous,
    }
}

#[tokio::test]
async fn a_message_arrives_whole_and_with_its_identity() {
    let sink = SmtpSink::start().await;
    mailer(&sink).send(&email("notification-7")).await.expect("sent");
    let taken = sink.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(
        (taken[0].from.as_str(), taken[0].to.as_str()),
        ("ne-pas-repondre@mif-maroc.com", "y.amrani@exemple.ma")
    );
    assert_eq!(taken[0].header("Message-ID"), "<notification-7@mif-maroc.com>");
    assert!(
        taken[0].data.contains(".. deux points, puis un point seul."),
        "{}",
        taken[0].data
    );
}

#[tokio::test]
async fn every_failure_says_whether_the_message_may_have_arrived() {
    use SmtpMode as M;
    for (mode, expected, taken) in [
        (M::TemporaryAtRecipient, Kind::Temporary, 0),
        (M::PermanentAtRecipient, Kind::Permanent, 0),
        (M::PermanentAtSender, Kind::Temporary, 0),
        (M::PermanentAfterData, Kind::Permanent, 0),
        (M::TemporaryAfterData, Kind::Temporary, 0),
        (
            M::AtRecipient("554 5.7.1 Relay access denied"),
            Kind::Temporary,
            0,
        ),
        (M::AtRecipient("550 not today"), Kind::Temporary, 0),
        (M::AtRecipient("550 5.2.1 mailbox disabled"), Kind::Permanent, 0),
        (M::AfterData("550 5.7.1 blocked by policy"), Kind::Temporary, 0),
        (M::AfterData("552 5.3.4 too big"), Kind::Permanent, 0),
        (M::DropAtData, Kind::Temporary, 0),
        (M::Hang, Kind::Temporary, 0),
        (M::AcceptThenDrop, Kind::Ambiguous, 1),
        (M::AcceptThenHang, Kind::Ambiguous, 1),
    ] {
        let sink = SmtpSink::start().await;
        sink.set(mode);
        assert_eq!(
            kind(mailer(&sink).send(&email("notification-7")).await),
            expected,
            "{mode:?}"
        );
        assert_eq!(sink.taken().len(), taken, "{mode:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_a_passing_trouble() {
    let mut sink = SmtpSink::start().await;
    sink.down().await;
    assert_eq!(kind(mailer(&sink).send(&email("a")).await), Kind::Temporary);
    sink.up().await;
    assert_eq!(kind(mailer(&sink).send(&email("a")).await), Kind::Sent);
}

#[tokio::test]
async fn the_whole_message_has_a_deadline_of_its_own() {
    for (mode, expected) in [
        (SmtpMode::Hang, Kind::Temporary),
        (SmtpMode::AcceptThenHang, Kind::Ambiguous),
    ] {
        let sink = SmtpSink::start().await;
        sink.set(mode);
        let mut config = SmtpConfig::from_url(&sink.url()).expect("url");
        config.command_timeout = Duration::from_secs(60);
        config.message_timeout = SHORT;
        let begun = Instant::now();
        assert_eq!(
            kind(SmtpMailer::new(config, sender()).send(&email("a")).await),
            expected,
            "{mode:?}"
        );
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn nothing_goes_out_in_clear_that_must_not() {
    // The server offers no STARTTLS.
    let sink = SmtpSink::start().await;
    let at = |security| SmtpConfig::new("127.0.0.1", sink.address().port(), security);
    let required = SmtpMailer::new(at(Security::StartTls), sender());
    assert_eq!(kind(required.send(&email("a")).await), Kind::Temporary);
    let mut with_password = at(Security::Opportunistic);
    with_password.credentials = Some(("user".to_owned(), SecretString::from("canary")));
    let error = SmtpMailer::new(with_password, sender())
        .send(&email("a"))
        .await
        .expect_err("refused");
    assert!(
        matches!(&error, MailError::Temporary(_)) && !error.to_string().contains("canary"),
        "{error}"
    );
    assert_eq!(sink.taken(), []);
    let plain = SmtpMailer::new(at(Security::Opportunistic), sender());
    assert_eq!(kind(plain.send(&email("a")).await), Kind::Sent);
}
