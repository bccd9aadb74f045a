//! A way to a server that can fall silent: connections stay, but nothing passes any more, as when the
//! server's machine or disk hangs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use infra_postgres::PgConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, tcp};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Passes on what it gets until it is told not to. Closes its connections when it is dropped.
pub struct Relay {
    port: u16,
    silent: watch::Sender<bool>,
    held: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Relay {
    /// To this database's server, on a port of its own or on this one.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn to(config: &PgConfig, port: u16) -> Self {
        let target = config.hosts[0].clone();
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (silent, listen) = watch::channel(false);
        let held = Arc::new(AtomicUsize::new(0));
        let counted = held.clone();
        let task = tokio::spawn(async move {
            let mut ways = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(target.clone()).await else {
                    continue;
                };
                let ((from, back), (answers, to)) = (client.into_split(), server.into_split());
                ways.spawn(pass(from, to, listen.clone(), counted.clone()));
                ways.spawn(pass(answers, back, listen.clone(), counted.clone()));
            }
        });
        Self {
            port,
            silent,
            held,
            task,
        }
    }

    /// Settings that lead through it.
    pub fn through(&self, config: &PgConfig) -> PgConfig {
        let mut config = config.clone();
        config.hosts = vec![("127.0.0.1".to_owned(), self.port)];
        config
    }

    /// Passes nothing on from now on.
    pub fn fall_silent(&self) {
        self.silent.send_replace(true);
    }

    /// Passes on again, first what was held back.
    pub fn speak_again(&self) {
        self.silent.send_replace(false);
    }

    /// Whether somebody has said something since.
    pub fn holds_something(&self) -> bool {
        self.held.load(Ordering::SeqCst) > 0
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    mut silent: watch::Receiver<bool>,
    held: Arc<AtomicUsize>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if *silent.borrow() {
            held.fetch_add(read, Ordering::SeqCst);
        }
        let open = silent.wait_for(|silent| !silent).await.is_ok();
        if !open || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
