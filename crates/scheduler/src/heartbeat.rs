//! A file that is written again with every look into the queue: whoever runs beside the program, such as
//! a container's health check, sees by its age whether it still works.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// Older than this, the program hangs or has lost its database. Longer than a lease: with every slot
/// taken it does not look for that long.
pub const STALE: Duration = Duration::from_secs(90);

/// The file.
#[derive(Debug, Clone)]
pub struct Heartbeat(PathBuf);

impl Heartbeat {
    /// At this place.
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self(path.as_ref().to_owned())
    }

    /// Says that the program works.
    pub fn beat(&self) {
        if let Err(error) = std::fs::write(&self.0, "") {
            tracing::warn!(path = %self.0.display(), error = %error, "the heartbeat could not be written");
        }
    }

    /// Whether it said so lately.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn check(&self, longest: Duration) -> Result<(), String> {
        let path = self.0.display();
        let written = std::fs::metadata(&self.0).and_then(|file| file.modified());
        let written = written.map_err(|error| format!("no scheduler works here ({path}: {error})"))?;
        // Of the future: the clock was set back since.
        let age = written.elapsed().unwrap_or_default();
        if age > longest {
            return Err(format!(
                "the scheduler last looked into its queue {} s ago",
                age.as_secs()
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_is_good_for_a_while() {
        let path = std::env::temp_dir().join(format!("mif-heartbeat-{}", std::process::id()));
        let heartbeat = Heartbeat::at(&path);
        assert!(heartbeat.check(STALE).is_err(), "never written");
        heartbeat.beat();
        assert_eq!(heartbeat.check(STALE), Ok(()));
        let file = std::fs::File::open(&path).expect("the file");
        let written = file
            .metadata()
            .and_then(|file| file.modified())
            .expect("its time");
        file.set_modified(written - STALE - Duration::from_secs(1))
            .expect("an older file");
        let why = heartbeat.check(STALE).expect_err("stale");
        assert!(why.contains("91 s ago"), "{why}");
        std::fs::remove_file(&path).expect("removed");
    }
}
