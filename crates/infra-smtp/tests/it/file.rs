use std::path::PathBuf;

use domain::ports::{MailError, Mailer};
use infra_smtp::FileMailer;

use crate::{email, sender};

/// A directory of the test's own; removed with it.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mif-mail-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).expect("the directory");
        let mut names: Vec<String> = entries
            .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_message_is_one_file_however_often_it_is_sent() {
    let directory = Directory::new("repeat");
    let mailer = FileMailer::new(&directory.0, sender()).expect("a mailer");
    for _ in 0..3 {
        mailer.send(&email("notification-7")).await.expect("written");
    }
    mailer.send(&email("../8/x")).await.expect("written");
    assert_eq!(
        directory.files(),
        [".partiel", "___8_x.eml", "notification-7.eml"]
    );
    assert_eq!(
        std::fs::read_dir(directory.0.join(".partiel"))
            .expect("it")
            .count(),
        0,
        "nothing is left behind"
    );
    let text = std::fs::read_to_string(directory.0.join("notification-7.eml")).expect("a message");
    assert!(
        text.contains("Message-ID: <notification-7@mif-maroc.com>"),
        "{text}"
    );
}

#[tokio::test]
async fn a_directory_that_went_away_is_a_passing_trouble() {
    let directory = Directory::new("gone");
    let mailer = FileMailer::new(&directory.0, sender()).expect("a mailer");
    std::fs::remove_dir_all(&directory.0).expect("removed");
    assert!(matches!(
        mailer.send(&email("a")).await,
        Err(MailError::Temporary(_))
    ));
}
