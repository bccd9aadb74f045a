//! Just enough HTTP/1.1 to ask 127.0.0.1 and read the answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::Failure;

/// A connection that is kept from request to request.
pub struct Client {
    port: u16,
    open: Option<BufReader<TcpStream>>,
}

impl Client {
    /// Connects when it is first used.
    pub fn new(port: u16) -> Self {
        Self { port, open: None }
    }

    /// Connects, unless it is connected.
    pub fn connect(&mut self) -> Result<&mut BufReader<TcpStream>, Failure> {
        if self.open.is_none() {
            let stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(Duration::from_secs(30)))?;
            self.open = Some(BufReader::new(stream));
        }
        self.open.as_mut().ok_or_else(|| "not connected".into())
    }

    /// Sends a whole request; answers the status of the answer, whose body is read and dropped.
    pub fn ask(&mut self, request: &[u8]) -> Result<u16, Failure> {
        let answered = self.connect().and_then(|stream| exchange(stream, request));
        match answered {
            Ok((status, true)) => Ok(status),
            Ok((status, false)) => {
                self.open = None;
                Ok(status)
            }
            Err(error) => {
                self.open = None;
                Err(error)
            }
        }
    }
}

/// Status, and whether the connection stays open.
fn exchange(stream: &mut BufReader<TcpStream>, request: &[u8]) -> Result<(u16, bool), Failure> {
    stream.get_mut().write_all(request)?;
    let (mut line, mut length, mut stays) = (String::new(), 0_u64, true);
    stream.read_line(&mut line)?;
    let status = line.split(' ').nth(1).ok_or("no status line")?.parse()?;
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Err("the answer ends in its headers".into());
        }
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse()?,
            "transfer-encoding" => return Err("answers in chunks are not understood".into()),
            "connection" => stays = !value.trim().eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    if std::io::copy(&mut stream.by_ref().take(length), &mut std::io::sink())? < length {
        return Err("the answer ends in its body".into());
    }
    Ok((status, stays))
}
