//! Shows what comes in to a virus scanner, when one is configured: clamd, by its INSTREAM command.
//!
//! Never decides what a virus is, keeps nothing of what it was shown, and never lets a scanner hold anybody up for long.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::chat::Refusal;
use crate::config::Scan;

/// Nobody looked at the file: tried later, it may pass.
pub const UNSCANNED: &str = "file/unscanned";
/// What a scanner may take over one of our largest files, and over saying that it is there.
const ANSWER_IN: Duration = Duration::from_mins(1);
const PONG_IN: Duration = Duration::from_secs(2);
const CHUNK_BYTES: usize = 64 * 1024;
/// Longer than any name of a virus.
const ANSWER_BYTES_MAX: u64 = 1024;

/// Where clamd listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clamd {
    Socket(PathBuf),
    Address(SocketAddr),
}

/// The way to the scanner, and what came of it.
#[derive(Debug, Default)]
pub struct Scanner {
    clamd: Option<Clamd>,
    is_required: bool,
    /// Why the last question was not answered; None: it was.
    failed: Mutex<Option<String>>,
    found: AtomicU64,
    unscanned: AtomicU64,
}

/// How it is with the scanner, for those who look after the house.
pub struct Status {
    pub failed: Option<String>,
    /// Files that were refused for a virus, and those that nobody looked at, since the start.
    pub found: u64,
    pub unscanned: u64,
}

impl Clamd {
    /// A path from the root, or an address with its port.
    pub fn parse(text: &str) -> Option<Clamd> {
        if text.starts_with('/') {
            return Some(Clamd::Socket(text.into()));
        }
        text.parse().ok().map(Clamd::Address)
    }

    /// Says one thing and reads the answer, which ends with a zero byte.
    fn ask(
        &self,
        patience: Duration,
        say: impl Fn(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<String> {
        match self {
            Clamd::Socket(path) => {
                let mut stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(patience))?;
                stream.set_write_timeout(Some(patience))?;
                exchange(&mut stream, say)
            }
            Clamd::Address(address) => {
                let mut stream = TcpStream::connect_timeout(address, PONG_IN)?;
                stream.set_read_timeout(Some(patience))?;
                stream.set_write_timeout(Some(patience))?;
                exchange(&mut stream, say)
            }
        }
    }
}

fn exchange<S: Read + Write>(
    stream: &mut S,
    say: impl Fn(&mut dyn Write) -> io::Result<()>,
) -> io::Result<String> {
    // Whoever hangs up in the midst has said why before.
    let said = say(stream);
    let mut answer = Vec::new();
    let heard = stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer);
    if answer.is_empty() {
        said.and(heard)?;
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let words = String::from_utf8_lossy(&answer);
    Ok(words.trim_end_matches('\0').trim().to_owned())
}

impl Scanner {
    pub fn new(config: &Scan) -> Scanner {
        Scanner {
            clamd: config.clamd.as_deref().and_then(Clamd::parse),
            is_required: config.required,
            ..Scanner::default()
        }
    }

    /// Refuses what has a virus; and when nobody looks, all of it, unless the settings let it in.
    pub fn passes(&self, bytes: &[u8]) -> Result<(), Refusal> {
        let Some(clamd) = &self.clamd else {
            return Ok(());
        };
        let answer = clamd.ask(ANSWER_IN, |to| {
            to.write_all(b"zINSTREAM\0")?;
            for chunk in bytes.chunks(CHUNK_BYTES) {
                to.write_all(&(chunk.len() as u32).to_be_bytes())?;
                to.write_all(chunk)?;
            }
            to.write_all(&0u32.to_be_bytes())
        });
        let verdict = match answer {
            Ok(answer) => Verdict::of(&answer),
            Err(error) => Verdict::Failed(error.to_string()),
        };
        *self.failed.lock() = match &verdict {
            Verdict::Failed(why) => Some(why.clone()),
            _ => None,
        };
        match verdict {
            Verdict::Clean => Ok(()),
            Verdict::Found(virus) => {
                self.found.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(virus, "a file was refused");
                Err(refused(Fault::Virus))
            }
            Verdict::Failed(why) => {
                self.unscanned.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(why, "a file could not be shown to the scanner");
                if self.is_required {
                    return Err(refused(Fault::Unscanned));
                }
                Ok(())
            }
        }
    }

    /// Asks whether it is there; None: no scanner is configured.
    pub fn status(&self) -> Option<Status> {
        let clamd = self.clamd.as_ref()?;
        let here = match clamd.ask(PONG_IN, |to| to.write_all(b"zPING\0")) {
            Ok(answer) if answer == "PONG" => Ok(()),
            Ok(answer) => Err(answer),
            Err(error) => Err(error.to_string()),
        };
        // It may be there and not take files; then the next file tells.
        if let Err(why) = here {
            *self.failed.lock() = Some(why);
        } else if self
            .failed
            .lock()
            .as_deref()
            .is_some_and(|why| !why.ends_with("ERROR"))
        {
            *self.failed.lock() = None;
        }
        Some(Status {
            failed: self.failed.lock().clone(),
            found: self.found.load(Ordering::Relaxed),
            unscanned: self.unscanned.load(Ordering::Relaxed),
        })
    }
}

enum Verdict {
    Clean,
    Found(String),
    Failed(String),
}

impl Verdict {
    /// `stream: OK`, `stream: NAME FOUND`, or anything else with `ERROR` behind it.
    fn of(answer: &str) -> Verdict {
        let about = answer.strip_prefix("stream: ");
        match about {
            Some("OK") => Verdict::Clean,
            Some(found) if found.ends_with(" FOUND") => {
                Verdict::Found(found.trim_end_matches(" FOUND").to_owned())
            }
            _ => Verdict::Failed(answer.to_owned()),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Virus,
    Unscanned,
}

fn refused(fault: Fault) -> Refusal {
    let code = match fault {
        Fault::Virus => "file/virus",
        Fault::Unscanned => UNSCANNED,
    };
    Refusal::Fault {
        code,
        message: fault.to_string(),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Virus => "The virus scanner refuses this file.",
            Fault::Unscanned => {
                "Files cannot be checked for viruses just now, so none is taken. Try again later."
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_lets_a_file_in_only_when_it_says_so() {
        let said = |answer: &str| match Verdict::of(answer) {
            Verdict::Clean => "clean".to_owned(),
            Verdict::Found(virus) => format!("found {virus}"),
            Verdict::Failed(why) => format!("failed {why}"),
        };
        assert_eq!(said("stream: OK"), "clean");
        assert_eq!(said("stream: Eicar-Test FOUND"), "found Eicar-Test");
        for answer in [
            "",
            "OK",
            "stream: OK ERROR",
            "INSTREAM size limit exceeded. ERROR",
            "UNKNOWN COMMAND",
        ] {
            assert_eq!(said(answer), format!("failed {answer}"));
        }
    }

    #[test]
    fn clamd_is_named_by_a_path_or_an_address() {
        assert_eq!(
            Clamd::parse("/run/clamd"),
            Some(Clamd::Socket("/run/clamd".into()))
        );
        assert_eq!(
            Clamd::parse("127.0.0.1:3310"),
            Some(Clamd::Address(([127, 0, 0, 1], 3310).into()))
        );
        assert_eq!(
            (
                Clamd::parse("clamd.ctl"),
                Clamd::parse("127.0.0.1"),
                Clamd::parse("")
            ),
            (None, None, None)
        );
    }
}
