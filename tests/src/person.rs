//! One of the people of a [`World`](crate::world::World): says, hears, sends and fetches, over HTTP and a socket.
//! Strict where a browser is lenient.
#![allow(clippy::panic)]

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Error, Message, WebSocket};

use crate::frame::Ids;
use crate::http::{Answer, Client, Site, Stream};
use crate::world::{PATIENCE, must};

/// Someone with a session, an HTTP connection, and a socket once she listens.
pub struct Person {
    pub id: String,
    pub http: Client,
    ids: Ids,
    socket: Option<Socket>,
}

impl Person {
    pub fn new(id: String, http: Client) -> Person {
        Person {
            id,
            http,
            ids: must(Ids::new()),
            socket: None,
        }
    }

    /// The same person on another device's browser tab: same session, own connections.
    pub fn tab(&self) -> Person {
        let cookie = self.http.cookie.clone().unwrap_or_default();
        Person::new(
            self.id.clone(),
            Client::with_cookie(self.http.site.clone(), &cookie),
        )
    }

    pub fn mint(&mut self) -> String {
        self.ids.mint_text()
    }

    /// A command over HTTP; an id is added when there is none.
    pub fn tries(&mut self, mut command: Value) -> Result<Value, Refused> {
        if command["id"].is_null() && command["t"] != "typing" && command["t"] != "draft" {
            command["id"] = json!(self.mint());
        }
        let answer = must(self.http.post("/api/v1/commands", &command));
        outcome(&answer)
    }

    /// A command that must be accepted.
    pub fn does(&mut self, command: Value) -> Value {
        let said = command.to_string();
        self.tries(command)
            .unwrap_or_else(|refused| panic!("{said}: {refused:?}"))
    }

    pub fn gets(&mut self, path: &str) -> Value {
        must(self.http.get(path).and_then(|a| a.ok()))
    }

    /// Asks again while it is told that the answer is not complete.
    pub fn searches(&mut self, path: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.gets(path);
            if answer["partial"] != true {
                return answer;
            }
            assert!(Instant::now() < deadline, "still being indexed: {path}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What a search for the words gives in the channel.
    pub fn finds(&mut self, words: &str, channel: &str) -> Vec<Value> {
        let words = words.replace(' ', "%20");
        let found = self.searches(&format!("/api/v1/search?text={words}&c={channel}"));
        found["hits"].as_array().cloned().unwrap_or_default()
    }

    /// A file that waits for its message; returns its id.
    pub fn uploads(&mut self, channel: &str, name: &str, bytes: &[u8]) -> String {
        let id = self.mint();
        let size = bytes.len();
        let path = format!("/api/v1/uploads/{id}?c={channel}&name={name}&size={size}");
        let headers = [("Content-Type", "application/octet-stream")];
        let taken = must(self.http.send("PUT", &path, &headers, bytes));
        assert!(must(taken.ok())["file"].is_object());
        id
    }

    /// A message's file, with a query if there is one.
    pub fn downloads(&mut self, file: &str) -> Answer {
        must(self.http.get(&format!("/api/v1/files/{file}")))
    }

    pub fn channel(&mut self, name: &str, people: &[&Person]) -> String {
        let people: Vec<&str> = people.iter().map(|p| p.id.as_str()).collect();
        let made = self
            .does(json!({"t": "channel.create", "kind": "group", "name": name, "people": people}));
        made["c"].as_str().unwrap_or_default().to_owned()
    }

    /// Says it over the socket when she listens, else over HTTP; returns the ack.
    pub fn says(&mut self, channel: &str, text: &str) -> Value {
        let command = json!({"t": "send", "id": self.mint(), "c": channel, "b": text});
        if self.socket.is_none() {
            return self.does(command);
        }
        let id = command["id"].clone();
        self.puts(&command);
        let answer = self.expects("an answer", |f| f["id"] == id);
        assert_eq!(answer["t"], "ack", "{answer}");
        answer
    }

    /// All items of a channel, oldest first, page by page.
    pub fn reads(&mut self, channel: &str) -> Vec<Value> {
        let mut items: Vec<Value> = Vec::new();
        let mut after = 0;
        loop {
            let page = self.gets(&format!(
                "/api/v1/channels/{channel}/messages?after={after}&limit=100"
            ));
            let list = page["items"].as_array().cloned().unwrap_or_default();
            let Some(last) = list.last() else {
                return items;
            };
            after = last["q"].as_u64().unwrap_or(u64::MAX);
            items.extend(list);
            if page["more_after"] != true {
                return items;
            }
        }
    }

    /// Opens the socket, says hello, waits for `ready`.
    pub fn listens(&mut self) -> Value {
        self.resumes(&Value::Null)
    }

    pub fn resumes(&mut self, cur: &Value) -> Value {
        let socket = must(Socket::open(
            &self.http.site,
            self.http.cookie.as_deref().unwrap_or_default(),
        ));
        self.socket = Some(socket);
        self.puts(&json!({"t": "hello", "v": 1, "cur": cur}));
        self.expects("ready", |f| f["t"] == "ready")
    }

    /// Drops the connection without a word, as a lift does.
    pub fn loses_connection(&mut self) {
        self.socket = None;
    }

    pub fn socket(&mut self) -> &mut Socket {
        self.socket
            .as_mut()
            .unwrap_or_else(|| panic!("{} does not listen", self.id))
    }

    pub fn puts(&mut self, frame: &Value) {
        let text = frame.to_string();
        must(self.socket().send(Message::text(text)));
    }

    /// Waits for a frame that is `wanted`; everything before it is let pass.
    pub fn expects(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        let mut passed = Vec::new();
        while let Some(frame) = self.socket().next(deadline) {
            if wanted(&frame) {
                return frame;
            }
            passed.push(frame.to_string());
        }
        let end = self.socket().closed;
        panic!(
            "{what} did not come; closed: {end:?}; came: {}",
            passed.join("\n")
        );
    }

    pub fn hears(&mut self, text: &str) -> Value {
        self.expects(&format!("the message {text:?}"), |f| {
            f["t"] == "msg" && f["d"]["b"] == text
        })
    }

    /// Nothing of these channels for so long: no event, no trace that something happened.
    pub fn hears_nothing_of(&mut self, channel: &str, time: Duration) {
        let deadline = Instant::now() + time;
        while let Some(frame) = self.socket().next(deadline) {
            assert!(!frame.to_string().contains(channel), "heard {frame}");
        }
    }

    /// Waits for the server to close the socket; its close code.
    pub fn is_closed(&mut self) -> u16 {
        let deadline = Instant::now() + PATIENCE;
        while self.socket().next(deadline).is_some() {}
        self.socket()
            .closed
            .unwrap_or_else(|| panic!("the socket is still open"))
    }
}

/// A strict client: what tungstenite does not accept is a fault of the server's.
pub struct Socket {
    inner: WebSocket<Stream>,
    /// The close code, once closed; 1006 when the connection just ended.
    pub closed: Option<u16>,
    /// Answers heartbeats, unless a test wants to look dead.
    pub answers_pings: bool,
    /// The newest position seen.
    pub cur: Value,
}

impl Socket {
    pub fn open(site: &Site, cookie: &str) -> Result<Socket> {
        Socket::open_from(site, cookie, &site.origin())
    }

    pub fn open_from(site: &Site, cookie: &str, origin: &str) -> Result<Socket> {
        let scheme = if site.origin().starts_with("https") {
            "wss"
        } else {
            "ws"
        };
        let mut request = format!("{scheme}://{}/ws", site.host()).into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("Origin", origin.parse()?);
        headers.insert("Cookie", cookie.parse()?);
        headers.insert("Sec-WebSocket-Protocol", "daylight.v1".parse()?);
        let (inner, _) = tungstenite::client(request, site.connect()?)
            .map_err(|e| anyhow::anyhow!("no upgrade: {e}"))?;
        Ok(Socket {
            inner,
            closed: None,
            answers_pings: true,
            cur: Value::Null,
        })
    }

    pub fn send(&mut self, message: Message) -> Result<()> {
        Ok(self.inner.send(message)?)
    }

    /// Bytes below the WebSocket, for saying wrong things.
    pub fn raw(&mut self) -> &mut Stream {
        self.inner.get_mut()
    }

    /// The next frame before `deadline`; None when there is none, or the socket is closed.
    pub fn next(&mut self, deadline: Instant) -> Option<Value> {
        while self.closed.is_none() {
            let left = deadline
                .checked_duration_since(Instant::now())
                .filter(|l| !l.is_zero())?;
            must(
                self.inner
                    .get_ref()
                    .tcp()
                    .set_read_timeout(Some(left))
                    .context("a time-out"),
            );
            let text = match self.inner.read() {
                Ok(Message::Text(text)) => text,
                Ok(Message::Close(frame)) => {
                    self.closed = Some(frame.map_or(1005, |f| f.code.into()));
                    let _ = self.inner.flush();
                    return None;
                }
                Ok(_) => continue,
                Err(Error::Io(error))
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                    ) =>
                {
                    return None;
                }
                Err(Error::Capacity(error)) => panic!("a frame over the limit: {error}"),
                Err(_) => {
                    self.closed = Some(1006);
                    return None;
                }
            };
            let frame: Value =
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("not JSON: {e}: {text}"));
            assert!(text.starts_with("{\"t\":"), "t comes first: {text}");
            assert!(text.len() <= 256 * 1024, "a frame of {} bytes", text.len());
            if !frame["cur"].is_null() {
                self.cur = frame["cur"].clone();
            }
            if frame["t"] == "ping" && self.answers_pings {
                let pong = json!({"t": "pong", "n": frame["n"]}).to_string();
                let _ = self.send(Message::text(pong));
                continue;
            }
            return Some(frame);
        }
        None
    }
}

/// A command that was not accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    pub status: u16,
    pub code: String,
    pub message: String,
}

/// What a command's HTTP answer means.
pub fn outcome(answer: &Answer) -> Result<Value, Refused> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status == 200 {
        return Ok(body);
    }
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    Err(Refused {
        status: answer.status,
        code: text("code"),
        message: text("message"),
    })
}
