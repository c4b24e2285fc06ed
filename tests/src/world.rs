//! A company in a process: the real program on a free port with a data directory of its own, and people who act.
//! It never reaches into the server: everything goes over HTTP and the socket, as a browser would.
//!
//! Methods that state what people do (`says`, `hears`) panic when it does not come true, so that a test reads as the
//! promise it keeps; methods that end in `try_` or return `Result` are for those who want to see a refusal.
#![allow(clippy::panic)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ::daylight::clock::Clock;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Error, Message, WebSocket};

use crate::frame::Ids;
use crate::http::{Answer, Client, Site, Stream};
use crate::launch::{self, Settings};
use crate::process::{Server, free_port};

/// How long anything that must happen may take.
pub const PATIENCE: Duration = Duration::from_secs(10);
const SECRET: &str = "correct horse battery";

pub struct World {
    pub data: PathBuf,
    server: Option<Running>,
    site: Site,
    more: String,
    keep_limits: bool,
    admin: Value,
    admin_cookie: String,
    /// Held so that it goes when the world does.
    #[allow(dead_code)]
    dir: Option<TempDir>,
}

enum Running {
    Program(Server),
    /// The same server in this process, so that a test can move its clock.
    Here {
        runtime: Runtime,
        server: ::daylight::Running,
    },
}

/// A command that was not accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    pub status: u16,
    pub code: String,
    pub message: String,
}

impl World {
    pub fn start() -> World {
        World::with("", false)
    }

    /// `more`: lines of configuration; `keep_limits`: with the limits a fresh installation has.
    pub fn with(more: &str, keep_limits: bool) -> World {
        let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("no temporary directory: {e}"));
        let mut world = World::at(&dir.path().join("data"), more, keep_limits);
        world.dir = Some(dir);
        world
    }

    /// In a directory of the caller's, set up anew.
    pub fn at(data: &Path, more: &str, keep_limits: bool) -> World {
        let settings = Settings {
            more,
            keep_limits,
            ..Settings::default()
        };
        let server = must(launch::start(data, &settings));
        let site = server.site.clone();
        let token = must(server.setup_token());
        let mut world = World::set_up(data, site, &token, Running::Program(server));
        more.clone_into(&mut world.more);
        world.keep_limits = keep_limits;
        world
    }

    /// In this process, with a clock that the test holds in its hand.
    pub fn with_clock() -> (World, Clock) {
        let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("no temporary directory: {e}"));
        let data = dir.path().join("data");
        let site = Site::plain(must(free_port()));
        let text = launch::configuration(&data, &site, &Settings::default());
        let config = must(::daylight::config::Config::parse(&text));
        let clock = Clock::default();
        let runtime = must(Runtime::new().context("a runtime"));
        let server = must(runtime.block_on(::daylight::serve(config, clock.clone())));
        let token = server
            .setup_url
            .as_deref()
            .and_then(|u| u.rsplit('/').next())
            .unwrap_or_default()
            .to_owned();
        let mut world = World::set_up(&data, site, &token, Running::Here { runtime, server });
        world.dir = Some(dir);
        (world, clock)
    }

    fn set_up(data: &Path, site: Site, token: &str, server: Running) -> World {
        let mut client = Client::new(site.clone());
        let body =
            json!({"token": token, "workspace": "Acme", "name": "Ada Lovelace", "secret": SECRET});
        let welcome = must(client.post("/api/v1/setup", &body).and_then(|a| a.ok()));
        World {
            data: data.to_owned(),
            site,
            server: Some(server),
            more: String::new(),
            keep_limits: false,
            admin: welcome["me"].clone(),
            admin_cookie: client.cookie.unwrap_or_default(),
            dir: None,
        }
    }

    /// The one who set the company up.
    pub fn admin(&self) -> Person {
        let id = self.admin["id"].as_str().unwrap_or_default().to_owned();
        Person::new(
            id,
            Client::with_cookie(self.site.clone(), &self.admin_cookie),
        )
    }

    /// Somebody new, who joins by an invite of the admin's.
    pub fn person(&self, name: &str) -> Person {
        self.newcomer(name, "member")
    }

    pub fn newcomer(&self, name: &str, role: &str) -> Person {
        let first = if role == "guest" { "guest" } else { "member" };
        let invite = self.admin().does(
            json!({"t": "invite.create", "role": first, "channels": [], "hours": 1, "uses": 1}),
        );
        let mut client = Client::new(self.site.clone());
        let body = json!({"code": invite["code"], "name": name, "secret": SECRET});
        let welcome = must(client.post("/api/v1/join", &body).and_then(|a| a.ok()));
        let id = welcome["me"]["id"].as_str().unwrap_or_default().to_owned();
        if role != first {
            self.admin()
                .does(json!({"t": "person.role", "person": id, "role": role}));
        }
        Person::new(id, client)
    }

    pub fn site(&self) -> Site {
        self.site.clone()
    }

    pub fn server(&mut self) -> &mut Server {
        match &mut self.server {
            Some(Running::Program(server)) => server,
            _ => panic!("no program is running"),
        }
    }

    /// Destroys what is due, and waits until that is done: how many channel-days. Where the clock is in hand only.
    pub fn sweeps(&self) -> u64 {
        match &self.server {
            Some(Running::Here { runtime, server }) => {
                let swept = runtime.block_on(server.app.sweeper.sweep());
                swept.unwrap_or_else(|refusal| panic!("no sweep: {}", refusal.message()))
            }
            _ => panic!("only a server in this process is told to sweep"),
        }
    }

    /// SIGKILL. People keep what they hold; their sockets are dead.
    pub fn kill(&mut self) {
        match self.server.take() {
            Some(Running::Program(server)) => must(server.kill()),
            Some(Running::Here { .. }) => panic!("a server in this process cannot be killed"),
            None => {}
        }
    }

    /// SIGTERM and a clean end; what the program said.
    pub fn stop(&mut self) -> String {
        match self.server.take() {
            Some(Running::Program(server)) => must(server.stop()),
            Some(Running::Here { runtime, server }) => {
                runtime.block_on(server.stop());
                drop(runtime);
                self.waits_for_the_data();
                String::new()
            }
            None => String::new(),
        }
    }

    /// A server that ran in this process has let its data go when its last thread has ended.
    fn waits_for_the_data(&self) {
        let lock = must(std::fs::File::open(self.data.join("lock")).context("the lock"));
        let deadline = Instant::now() + PATIENCE;
        while lock.try_lock().is_err() {
            assert!(Instant::now() < deadline, "somebody still holds the data");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Starts the program again at the same address, on the same data.
    pub fn again(&mut self) {
        let outcome = self.try_again();
        must(outcome);
    }

    pub fn try_again(&mut self) -> Result<()> {
        let data = self.data.clone();
        self.again_on(&data)
    }

    /// Starts the program on another copy of the data, for the same people at the same address.
    pub fn again_on(&mut self, data: &Path) -> Result<()> {
        drop(self.server.take());
        let settings = Settings {
            more: &self.more,
            keep_limits: self.keep_limits,
            ..Settings::default()
        };
        self.server = Some(Running::Program(launch::start_at(
            self.site.addr,
            data,
            &settings,
        )?));
        Ok(())
    }

    /// Runs another subcommand of the program on the data, with the server down.
    pub fn offline(&self, subcommand: &str) -> Result<std::process::Output> {
        launch::offline(subcommand, &self.data)
    }
}

impl Drop for World {
    /// Whatever a test did: the program never panics.
    fn drop(&mut self) {
        if let Some(Running::Program(server)) = &self.server
            && !std::thread::panicking()
        {
            let words = server.words();
            assert!(
                !words.contains("panicked at"),
                "the server panicked: {words}"
            );
        }
    }
}

/// Someone with a session, an HTTP connection, and a socket once she listens.
pub struct Person {
    pub id: String,
    pub http: Client,
    ids: Ids,
    socket: Option<Socket>,
}

impl Person {
    fn new(id: String, http: Client) -> Person {
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
        if command["id"].is_null() && command["t"] != "typing" {
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

#[track_caller]
fn must<T>(outcome: Result<T>) -> T {
    outcome.unwrap_or_else(|error| panic!("{error:#}"))
}
