//! A mail server under the test's control: it takes messages, refuses them, falls silent, or takes
//! them without saying so.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpMode {
    /// Takes it.
    Ok,
    /// Refuses the recipient for now (451), as greylisting does.
    TemporaryAtRecipient,
    /// Refuses the recipient for good (550).
    PermanentAtRecipient,
    /// Says this when a recipient is named.
    AtRecipient(&'static str),
    /// Reads the message and says this.
    AfterData(&'static str),
    /// Refuses the sender for good (550).
    PermanentAtSender,
    /// Reads the message and refuses it for good (554).
    PermanentAfterData,
    /// Reads the message and refuses it for now (452).
    TemporaryAfterData,
    /// Says nothing at all, not even hello.
    Hang,
    /// Hangs up when the message is about to begin.
    DropAtData,
    /// Takes the message, then hangs up without an answer.
    AcceptThenDrop,
    /// Takes the message, then says nothing.
    AcceptThenHang,
}

/// A message that the server has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Address of the sender, from the envelope.
    pub from: String,
    /// Address of the recipient, from the envelope.
    pub to: String,
    /// The message, as it came.
    pub data: String,
}

impl Received {
    /// A header's value, on one line.
    ///
    /// # Panics
    /// Without this header.
    pub fn header(&self, name: &str) -> String {
        let head = self.data.split("\n\n").next().unwrap_or_default();
        let unfolded = head.replace("\n ", " ");
        let prefix = format!("{name}: ");
        let line = unfolded.lines().find_map(|l| l.strip_prefix(&prefix));
        line.unwrap_or_else(|| panic!("no header {name} in {head}"))
            .to_owned()
    }
}

#[derive(Debug)]
struct State {
    mode: SmtpMode,
    taken: Vec<Received>,
    connections: usize,
}

/// The server; gone when dropped.
#[derive(Debug)]
pub struct SmtpSink {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: Option<JoinHandle<()>>,
}

impl SmtpSink {
    /// On a free port, in mode [`SmtpMode::Ok`].
    pub async fn start() -> Self {
        let state = State {
            mode: SmtpMode::Ok,
            taken: Vec::new(),
            connections: 0,
        };
        let mut sink = Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            state: Arc::new(Mutex::new(state)),
            task: None,
        };
        sink.up().await;
        sink
    }

    /// Listens again after [`SmtpSink::down`], on the same port.
    ///
    /// # Panics
    /// When the port is taken.
    pub async fn up(&mut self) {
        let listener = TcpListener::bind(self.address)
            .await
            .expect("a port for the mail server");
        self.address = listener.local_addr().expect("the port");
        let state = self.state.clone();
        self.task = Some(tokio::spawn(async move {
            // The conversations end with the server.
            let mut conversations = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                conversations.spawn(converse(stream, state.clone()));
            }
        }));
    }

    /// Stops listening: nothing is on the port, and running conversations are cut.
    pub async fn down(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            let _ = task.await;
        }
    }

    /// What it does from now on.
    pub fn set(&self, mode: SmtpMode) {
        self.state().mode = mode;
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as `SMTP_URL`.
    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    /// The messages that it has taken, in order.
    pub fn taken(&self) -> Vec<Received> {
        self.state().taken.clone()
    }

    /// How often somebody connected.
    pub fn connections(&self) -> usize {
        self.state().connections
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("the mail server's state")
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn converse(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mode = {
        let mut state = state.lock().expect("the mail server's state");
        state.connections += 1;
        state.mode
    };
    // A client that goes away ends the conversation; that is no failure of the test.
    let _ = answer(BufReader::new(stream), mode, &state).await;
}

async fn answer(
    mut stream: BufReader<TcpStream>,
    mode: SmtpMode,
    state: &Mutex<State>,
) -> std::io::Result<()> {
    if mode == SmtpMode::Hang {
        std::future::pending::<()>().await;
    }
    say(&mut stream, "220 essai ESMTP").await?;
    let (mut from, mut to) = (String::new(), String::new());
    loop {
        let line = hear(&mut stream).await?;
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let reply = match (verb.as_str(), mode) {
            ("EHLO" | "HELO", _) => "250-essai\r\n250 8BITMIME",
            ("MAIL", SmtpMode::PermanentAtSender) => "550 5.7.1 sender refused",
            ("MAIL", _) => {
                from = address(&line);
                "250 ok"
            }
            ("RCPT", SmtpMode::TemporaryAtRecipient) => "451 4.7.1 try again later",
            ("RCPT", SmtpMode::PermanentAtRecipient) => "550 5.1.1 no such user",
            ("RCPT", SmtpMode::AtRecipient(reply)) => reply,
            ("RCPT", _) => {
                to = address(&line);
                "250 ok"
            }
            ("DATA", SmtpMode::DropAtData) => return Ok(()),
            ("DATA", _) => {
                say(&mut stream, "354 go ahead").await?;
                let data = message(&mut stream).await?;
                let refusal = match mode {
                    SmtpMode::PermanentAfterData => Some("554 5.6.0 refused"),
                    SmtpMode::TemporaryAfterData => Some("452 4.3.1 no room"),
                    SmtpMode::AfterData(reply) => Some(reply),
                    _ => None,
                };
                if refusal.is_none() {
                    let received = Received {
                        from: from.clone(),
                        to: to.clone(),
                        data,
                    };
                    state
                        .lock()
                        .expect("the mail server's state")
                        .taken
                        .push(received);
                }
                match mode {
                    SmtpMode::AcceptThenDrop => return Ok(()),
                    SmtpMode::AcceptThenHang => std::future::pending().await,
                    _ => refusal.unwrap_or("250 2.0.0 taken"),
                }
            }
            ("QUIT", _) => return say(&mut stream, "221 bye").await,
            _ => "250 ok",
        };
        say(&mut stream, reply).await?;
    }
}

async fn say(stream: &mut BufReader<TcpStream>, reply: &str) -> std::io::Result<()> {
    stream
        .get_mut()
        .write_all(format!("{reply}\r\n").as_bytes())
        .await
}

async fn hear(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut line = String::new();
    match stream.read_line(&mut line).await? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}

/// Lines up to the lone dot, with doubled dots undone.
async fn message(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut lines = Vec::new();
    loop {
        let line = hear(stream).await?;
        if line == "." {
            return Ok(lines.join("\n"));
        }
        lines.push(line.strip_prefix('.').map_or(line.clone(), str::to_owned));
    }
}

fn address(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}
