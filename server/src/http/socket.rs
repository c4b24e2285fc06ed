//! The realtime socket: one task a connection, small buffers, one write for all that waits.
//!
//! Decides nothing: commands go to the door, events come from the fan-out, both as frames.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};
use axum::response::IntoResponse;
use bytes::Bytes;
use migrations_free_store::Id;
use serde::{Deserialize, Serialize};
use tokio_tungstenite::tungstenite::error::Error as WsError;
use tokio_tungstenite::tungstenite::protocol::Message;

use super::accept::Place;
use super::frames::{Frames, Handshake, Unwritten, close_code};
use super::session::Session;
use super::{App, BUILD, wire};
use crate::chat::command::{Command, FILES_MAX, Poll, Send as SendCommand, TEXT_BYTES_MAX};
use crate::chat::decide::message_text;
use crate::chat::{Refusal, Role as PersonRole};
use crate::drafts::{self, Held};
use crate::fanout::{Ending, Listener, Taken};
use crate::files::FILE_BYTES_MAX;
use crate::http::wire::Wire;
use crate::push::Watching;
use crate::sequencer::{Reply, Submission};
use crate::views::resume::Missed;

const PROTOCOL: &str = "daylight.v1";
pub const FRAME_IN_BYTES_MAX: usize = 64 * 1024;
const HELLO_WITHIN: Duration = Duration::from_secs(10);
const HEARTBEAT: Duration = Duration::from_secs(25);
/// Heartbeats unanswered before the socket is taken for dead.
const MISSES_MAX: u32 = 2;
/// A socket with so many commands unanswered is not read from until some are answered.
const UNANSWERED_MAX: usize = 256;
/// Clients come back over this span after a restart, not all at once.
const RETURN_WITHIN_MS: u64 = 5_000;

#[derive(Debug)]
enum Close {
    /// The stream ended, by the client or the network.
    Gone,
    /// What came is no frame that RFC 6455 allows, or is too large.
    Frame(u16),
    Protocol,
    TooSlow,
    SignedOut,
    SecondFirst,
    Restart,
    Unavailable,
}

impl Close {
    fn code(&self) -> Option<(u16, &'static str)> {
        match self {
            Close::Gone => None,
            Close::Frame(code) => Some((*code, "frame")),
            Close::Protocol => Some((4009, "protocol")),
            Close::TooSlow => Some((4008, "too slow")),
            Close::SignedOut => Some((4001, "signed out")),
            Close::SecondFirst => Some((4010, "second factor first")),
            Close::Restart => Some((1012, "restart")),
            Close::Unavailable => Some((1011, "unavailable")),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hello {
    #[serde(rename = "t")]
    _t: String,
    v: u32,
    #[serde(default)]
    cur: Option<String>,
    #[serde(default, rename = "dev")]
    _dev: Option<String>,
    #[serde(default, rename = "open")]
    _open: Vec<Id>,
}

/// `send` is most of what comes in: read without a detour.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SendIn {
    #[serde(rename = "t")]
    _t: String,
    id: Id,
    c: Id,
    b: String,
    #[serde(default)]
    th: Option<u64>,
    #[serde(default)]
    re: Option<u64>,
    #[serde(default)]
    f: Vec<Id>,
    #[serde(default)]
    m: Vec<Id>,
    #[serde(default)]
    ask: bool,
    #[serde(default)]
    urgent: bool,
    #[serde(default)]
    poll: Option<Poll>,
    #[serde(default)]
    lp: Option<Id>,
    #[serde(default)]
    acknowledged: Vec<Id>,
}

#[derive(Deserialize)]
struct Small {
    t: String,
    #[serde(default)]
    n: Option<u64>,
    #[serde(default)]
    c: Option<Id>,
    #[serde(default)]
    th: Option<u64>,
    #[serde(default)]
    on: Option<bool>,
}

/// What is being written; no words: they were sent or cleared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DraftIn {
    #[serde(rename = "t")]
    _t: String,
    c: Id,
    #[serde(default)]
    thread: Option<u64>,
    text: String,
    at: u64,
}

#[derive(Serialize)]
struct Ready<'a> {
    t: &'static str,
    v: u32,
    me: Id,
    dev: Id,
    now: u64,
    hb: u64,
    build: &'static str,
    resumed: bool,
    cur: String,
    online: &'a [Id],
    limits: Limits,
}

/// What clients need to know before they try.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Limits {
    frame: usize,
    text: usize,
    file: u64,
    files: usize,
}

pub const LIMITS: Limits = Limits {
    frame: FRAME_IN_BYTES_MAX,
    text: TEXT_BYTES_MAX,
    file: FILE_BYTES_MAX,
    files: FILES_MAX,
};

#[derive(Serialize)]
struct Tick {
    t: &'static str,
    n: u64,
}

#[derive(Serialize)]
struct Bye {
    t: &'static str,
    why: &'static str,
    after: u64,
}

#[derive(Serialize)]
struct Lag {
    t: &'static str,
    cur: String,
}

/// Answers the handshake; the socket lives on in a task of its own.
pub async fn upgrade(State(app): State<Arc<App>>, mut request: Request<Body>) -> Response<Body> {
    let Some(handshake) = Handshake::of(request.headers(), Some(PROTOCOL)) else {
        return Refusal::BadRequest(
            "This address speaks WebSocket 13 with the subprotocol daylight.v1.".into(),
        )
        .into_response();
    };
    let session = match Session::of(&app, request.headers()) {
        Ok(session) => session,
        Err(refusal) => return refusal.into_response(),
    };
    let place = request.extensions_mut().remove::<Place>();
    let talk = move |frames| async move {
        app.connections.fetch_add(1, Ordering::Relaxed);
        app.metrics.sockets_opened.add(1);
        talk(frames, Arc::clone(&app), session).await;
        app.connections.fetch_sub(1, Ordering::Relaxed);
        drop(place);
    };
    handshake.answer(&mut request, FRAME_IN_BYTES_MAX, talk)
}

async fn talk(frames: Frames, app: Arc<App>, session: Session) {
    let guest = app.views.state.read().role(session.person) == Some(PersonRole::Guest);
    let listener = Listener::new(session.person, session.device, guest);
    let mut socket = Socket {
        frames,
        app: Arc::clone(&app),
        session,
        listener: Arc::clone(&listener),
        watching: None,
        beats: 0,
        misses: 0,
        unanswered: 0,
    };
    let close = match socket.hello().await {
        Ok(()) => {
            let close = socket.run().await;
            app.door.unlisten(&listener).await;
            close
        }
        Err(close) => {
            app.door.unlisten(&listener).await;
            close
        }
    };
    socket.close(&close).await;
}

struct Socket {
    frames: Frames,
    app: Arc<App>,
    session: Session,
    listener: Arc<Listener>,
    /// While the person looks at the page.
    watching: Option<Watching>,
    beats: u64,
    misses: u32,
    /// Commands sent on and not yet answered.
    unanswered: usize,
}

impl Socket {
    /// The client's first frame, then `ready` and what it missed.
    async fn hello(&mut self) -> Result<(), Close> {
        let first = tokio::time::timeout(HELLO_WITHIN, self.frames.next())
            .await
            .map_err(|_| Close::Protocol)?;
        let text = match first {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(_)) => return Err(Close::Protocol),
            Some(Err(_)) | None => return Err(Close::Gone),
        };
        let hello: Hello = serde_json::from_str(&text).map_err(|_| Close::Protocol)?;
        if hello.v != 1 || !text.contains("\"hello\"") {
            return Err(Close::Protocol);
        }
        let listening = self
            .app
            .door
            .listen(&self.listener)
            .await
            .map_err(|_| Close::Restart)?;
        // A page that does not say is seen.
        self.looks(true);
        let now = self.app.clock.now_ms();
        let from = hello
            .cur
            .as_deref()
            .and_then(|cur| self.app.views.cursors.open(cur));
        let missed = match from {
            None => Missed::Reset,
            Some(from) => self.missed(from, listening.position, now).await?,
        };
        let frames = match missed {
            Missed::Frames { frames, .. } => Some(frames),
            Missed::Reset => None,
        };
        let ready = wire::frame(&Ready {
            t: "ready",
            v: 1,
            me: self.session.person,
            dev: self.session.device,
            now,
            hb: HEARTBEAT.as_secs(),
            build: BUILD,
            resumed: frames.is_some(),
            cur: self.app.views.cursors.seal(listening.position),
            online: &listening.online,
            limits: LIMITS,
        });
        let drafts = listening.drafts.iter();
        let drafts = drafts.map(|(place, held)| wire::draft(*place, held));
        self.write(
            std::iter::once(ready)
                .chain(frames.into_iter().flatten())
                .chain(drafts)
                .collect(),
        )
        .await
    }

    fn looks(&mut self, on: bool) {
        let eyes = &self.app.push.eyes;
        self.watching = on.then(|| eyes.open(self.session.device));
    }

    async fn missed(&self, from: u64, to: u64, now: u64) -> Result<Missed, Close> {
        let (views, person) = (Arc::clone(&self.app.views), self.session.person);
        let read = tokio::task::spawn_blocking(move || {
            let mut encode = Wire {
                views: Arc::clone(&views),
            };
            views.missed(person, from, to, now, &mut encode)
        });
        read.await
            .map_err(|_| Close::Unavailable)?
            .map_err(|_| Close::Unavailable)
    }

    async fn run(&mut self) -> Close {
        // Spread over the span, so that ten thousand sockets do not beat as one.
        let jitter = u64::from(self.session.device.0[15]) * 20;
        let mut beat = tokio::time::interval_at(
            tokio::time::Instant::now() + HEARTBEAT - Duration::from_millis(jitter),
            HEARTBEAT,
        );
        loop {
            let listener = Arc::clone(&self.listener);
            let step = tokio::select! {
                read = self.frames.next(), if self.unanswered < UNANSWERED_MAX => self.read(read).await,
                () = listener.ready() => self.hand_out(listener.take()).await,
                _ = beat.tick() => self.beat().await,
            };
            if let Err(close) = step {
                return close;
            }
        }
    }

    async fn read(&mut self, read: Option<Result<Message, WsError>>) -> Result<(), Close> {
        match read {
            None => Err(Close::Gone),
            Some(Ok(Message::Text(text))) => self.frame(&text).await,
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
            // The stream answers and ends by itself; dropping it now would close unclean.
            Some(Ok(Message::Close(_))) => Ok(()),
            Some(Ok(Message::Binary(_))) => {
                self.refuse(None, &Refusal::BadRequest("Frames are text.".into()))
                    .await?;
                Err(Close::Protocol)
            }
            Some(Err(error)) => {
                match &error {
                    WsError::Capacity(_) => {
                        let limit = FRAME_IN_BYTES_MAX as u64;
                        self.refuse(None, &Refusal::TooLarge { limit }).await?;
                    }
                    WsError::Utf8(_) => {
                        let why = Refusal::BadRequest("Text frames are UTF-8.".into());
                        self.refuse(None, &why).await?;
                    }
                    _ => {}
                }
                Err(close_code(&error).map_or(Close::Gone, Close::Frame))
            }
        }
    }

    async fn frame(&mut self, text: &str) -> Result<(), Close> {
        if text.starts_with(r#"{"t":"send""#) {
            return match serde_json::from_str::<SendIn>(text) {
                Ok(SendIn {
                    id,
                    c,
                    b,
                    th,
                    re,
                    f,
                    m,
                    ask,
                    urgent,
                    poll,
                    lp,
                    acknowledged,
                    ..
                }) => {
                    let send = SendCommand {
                        c,
                        b,
                        th,
                        re,
                        f,
                        m,
                        ask,
                        urgent,
                        poll,
                        lp,
                        acknowledged,
                    };
                    self.submit(id, Command::Send(send)).await
                }
                Err(error) => {
                    self.refuse(id_in(text), &Refusal::BadRequest(error.to_string()))
                        .await
                }
            };
        }
        let small: Small = match serde_json::from_str(text) {
            Ok(small) => small,
            Err(error) => {
                return self
                    .refuse(None, &Refusal::BadRequest(error.to_string()))
                    .await;
            }
        };
        if let ("here", Some(on)) = (small.t.as_str(), small.on) {
            self.looks(on);
            return Ok(());
        }
        match (small.t.as_str(), small.n, small.c) {
            ("pong", _, _) => {
                self.misses = 0;
                let now = self.app.clock.now_ms();
                self.app.used.mark(self.session.device, now);
                Ok(())
            }
            ("ping", Some(n), _) => {
                self.write(VecDeque::from([wire::frame(&Tick { t: "pong", n })]))
                    .await
            }
            ("typing", _, Some(c)) => {
                if self
                    .app
                    .rates
                    .admit(self.session.device, self.app.clock.now_ms())
                    .is_ok()
                {
                    self.app.door.typing(c, self.session.person, small.th);
                }
                Ok(())
            }
            ("draft", _, _) => match self.draft(text) {
                Ok(()) => Ok(()),
                Err(refusal) => self.refuse(None, &refusal).await,
            },
            _ => match parse(text.as_bytes()) {
                Ok((id, command)) => self.submit(id, command).await,
                Err(refusal) => self.refuse(id_in(text), &refusal).await,
            },
        }
    }

    fn draft(&self, text: &str) -> Result<(), Refusal> {
        let now = self.app.clock.now_ms();
        self.app.draft_rates.admit(self.session.device, now)?;
        let draft: DraftIn =
            serde_json::from_str(text).map_err(|error| Refusal::BadRequest(error.to_string()))?;
        let held = Held::of(message_text(&draft.text)?, draft.at.min(now));
        let place = drafts::Place {
            channel: draft.c,
            thread: draft.thread,
        };
        self.app.door.draft(&self.listener, place, held)
    }

    async fn submit(&mut self, id: Id, command: Command) -> Result<(), Close> {
        if let Err(refusal) = self
            .app
            .rates
            .admit(self.session.device, self.app.clock.now_ms())
        {
            return self.refuse(Some(id), &refusal).await;
        }
        let brought = match self.app.brought(self.session.person, &command).await {
            Ok(brought) => brought,
            Err(refusal) => return self.refuse(Some(id), &refusal).await,
        };
        let reply = Reply::Frame(Arc::clone(&self.listener));
        let submission = Submission {
            actor: self.session.actor(),
            command,
            key: Some(id),
            brought,
            reply,
        };
        match self.app.door.enqueue(submission).await {
            Ok(()) => {
                self.unanswered += 1;
                Ok(())
            }
            Err(refusal) => self.refuse(Some(id), &refusal).await,
        }
    }

    async fn refuse(&mut self, id: Option<Id>, refusal: &Refusal) -> Result<(), Close> {
        self.app.metrics.refused(refusal);
        self.write(VecDeque::from([wire::refused(id, refusal)]))
            .await
    }

    async fn hand_out(&mut self, taken: Taken) -> Result<(), Close> {
        let mut frames = taken.frames;
        self.unanswered = self.unanswered.saturating_sub(taken.answers);
        if taken.lagged {
            self.app.metrics.slow_readers.add(1);
            let cur = self.app.views.cursors.seal(self.app.views.position());
            frames.push_back(wire::frame(&Lag { t: "lag", cur }));
        }
        self.write(frames).await?;
        match taken.ending {
            None => Ok(()),
            Some(Ending::SignedOut) => Err(Close::SignedOut),
            Some(Ending::SecondFirst) => Err(Close::SecondFirst),
            Some(Ending::Restart) => Err(Close::Restart),
        }
    }

    async fn beat(&mut self) -> Result<(), Close> {
        if self.misses >= MISSES_MAX {
            return Err(Close::Gone);
        }
        self.misses += 1;
        self.beats += 1;
        self.write(VecDeque::from([wire::frame(&Tick {
            t: "ping",
            n: self.beats,
        })]))
        .await
    }

    async fn write(&mut self, frames: VecDeque<Bytes>) -> Result<(), Close> {
        (self.frames.write(frames).await).map_err(|unwritten| match unwritten {
            Unwritten::Gone => Close::Gone,
            Unwritten::TooSlow => Close::TooSlow,
        })
    }

    async fn close(&mut self, close: &Close) {
        let Some((code, reason)) = close.code() else {
            return;
        };
        if matches!(close, Close::Restart) {
            let after = u64::from(self.session.device.0[14]) * RETURN_WITHIN_MS / 255;
            let _best_effort = self
                .write(VecDeque::from([wire::frame(&Bye {
                    t: "bye",
                    why: "restart",
                    after,
                })]))
                .await;
        }
        self.frames.close(code, reason).await;
    }
}

/// A command in its JSON form, as frame or as body: `t`, `id`, and its fields.
pub fn parse(bytes: &[u8]) -> Result<(Id, Command), Refusal> {
    let bad = |error: serde_json::Error| Refusal::BadRequest(error.to_string());
    let mut value: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(bytes).map_err(bad)?;
    let id = value
        .remove("id")
        .ok_or_else(|| Refusal::BadRequest("missing field `id`".into()))?;
    let id = serde_json::from_value(id).map_err(bad)?;
    let command = serde_json::from_value(value.into()).map_err(bad)?;
    Ok((id, command))
}

/// The id of a command that could not be read, so that the answer finds its question.
fn id_in(text: &str) -> Option<Id> {
    #[derive(Deserialize)]
    struct OnlyId {
        id: Id,
    }
    serde_json::from_str::<OnlyId>(text).ok().map(|o| o.id)
}
