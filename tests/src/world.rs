//! A company in a process: the real program on a free port with a data directory of its own, and people who act.
//! It never reaches into the server: everything goes over HTTP and the socket, as a browser would.
//!
//! Methods that state what people do (`says`, `hears`) panic when it does not come true, so that a test reads as the
//! promise it keeps; methods that end in `try_` or return `Result` are for those who want to see a refusal.
#![allow(clippy::panic)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ::daylight::clock::Clock;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::http::{Client, Site};
use crate::launch::{self, Settings};
pub use crate::person::{Person, Refused, Socket, outcome};
use crate::process::{Server, free_port};

/// How long anything that must happen may take.
pub const PATIENCE: Duration = Duration::from_secs(10);
pub const SECRET: &str = "correct horse battery";

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

    /// In a directory of the caller's, set up anew by a program that another one runs.
    pub fn under(under: &[&str], data: &Path) -> World {
        let settings = Settings {
            under,
            ..Settings::default()
        };
        let server = must(launch::start(data, &settings));
        let site = server.site.clone();
        let token = must(server.setup_token());
        World::set_up(data, site, &token, Running::Program(server))
    }

    /// Behind a proxy that `opens` when it is told where the server listens; people find it at `front`.
    pub fn behind(front: &Site, data: &Path, opens: impl FnOnce(SocketAddr)) -> World {
        let settings = Settings {
            front: Some(front),
            keep_limits: true,
            ..Settings::default()
        };
        let server = must(launch::start(data, &settings));
        let token = must(server.setup_token());
        opens(server.site.addr);
        World::set_up(data, front.clone(), &token, Running::Program(server))
    }

    /// In this process, with a clock that the test holds in its hand.
    pub fn with_clock() -> (World, Clock) {
        World::with_clock_and("")
    }

    /// As `with_clock`; `more`: lines of configuration.
    pub fn with_clock_and(more: &str) -> (World, Clock) {
        World::with_clock_on(Site::plain(must(free_port())), more)
    }

    /// As `with_clock`, by a name that browsers make passkeys for.
    pub fn with_clock_on_localhost() -> (World, Clock) {
        World::with_clock_on(Site::local(must(free_port())), "")
    }

    fn with_clock_on(site: Site, more: &str) -> (World, Clock) {
        let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("no temporary directory: {e}"));
        let data = dir.path().join("data");
        let clock = Clock::default();
        let running = must(here(&data, &site, more, &clock));
        let Running::Here { server, .. } = &running else {
            panic!("the server is not here")
        };
        let token = server
            .setup_url
            .as_deref()
            .and_then(|u| u.rsplit('/').next())
            .unwrap_or_default()
            .to_owned();
        let mut world = World::set_up(&data, site, &token, running);
        more.clone_into(&mut world.more);
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
        let person = self.joins(&invite, name);
        if role != first {
            self.admin()
                .does(json!({"t": "person.role", "person": person.id, "role": role}));
        }
        person
    }

    /// Somebody who follows this invite.
    pub fn joins(&self, invite: &Value, name: &str) -> Person {
        let mut client = Client::new(self.site.clone());
        let body = json!({"code": invite["code"], "name": name, "secret": SECRET});
        let welcome = must(client.post("/api/v1/join", &body).and_then(|a| a.ok()));
        let id = welcome["me"]["id"].as_str().unwrap_or_default().to_owned();
        Person::new(id, client)
    }

    /// A rule of retention in force: the admin sets it, a second person approves it if it needs one.
    pub fn rules(&self, set: Value) {
        let mut second = self.newcomer("Second Pair of Eyes", "officer");
        let made = self.admin().does(set);
        if made["proposal"].is_string() {
            second.does(json!({"t": "policy.approve", "proposal": made["proposal"]}));
            self.holds(&made["proposal"]);
        }
    }

    /// Waits until what was proposed is the rule.
    pub fn holds(&self, proposal: &Value) {
        let deadline = Instant::now() + PATIENCE;
        let mut ada = self.admin();
        let is_rule = |p: &Value| p["id"] == *proposal && p["state"] == "taken";
        loop {
            let all = ada.gets("/api/v1/proposals");
            if all["proposals"]
                .as_array()
                .is_some_and(|all| all.iter().any(is_rule))
            {
                return;
            }
            assert!(Instant::now() < deadline, "the rule does not hold: {all}");
            std::thread::sleep(Duration::from_millis(10));
        }
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

    /// Says by what the company knows somebody, as an admin would. Where the server is in this process only.
    pub fn ties(&self, person: &str, login: &str) {
        use ::daylight::chat::account::{Account, Source};
        use ::daylight::chat::{Actor, Command, Door};
        let Some(Running::Here { runtime, server }) = &self.server else {
            panic!("only a server in this process is told so")
        };
        let set = Door::AccountSet {
            person: must(person.parse().context("a person's id")),
            account: Some(Account::named(login)),
            how: Source::Admin,
        };
        let door = &server.app.door;
        let told = runtime.block_on(door.submit(Actor::System, Command::Door(set), None));
        told.unwrap_or_else(|refusal| panic!("not tied: {}", refusal.message()));
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

    /// Lines of configuration that count from the next start on.
    pub fn configure(&mut self, more: &str) {
        more.clone_into(&mut self.more);
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

    /// As `again_on`, in this process, with a clock that the test holds in its hand.
    pub fn again_here_on(&mut self, data: &Path, clock: &Clock) -> Result<()> {
        drop(self.server.take());
        self.server = Some(here(data, &self.site, &self.more, clock)?);
        data.clone_into(&mut self.data);
        Ok(())
    }

    /// Runs another subcommand of the program on the data, with the server down.
    pub fn offline(&self, subcommand: &str) -> Result<std::process::Output> {
        launch::offline(subcommand, &self.data)
    }

    /// With the server down: everything in the data proves itself.
    pub fn verifies(&self) {
        let output = must(self.offline("verify"));
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// The next noon, so that no test meets midnight on its way. Never back: a rule waits for the newest time on record.
pub fn to_noon(clock: &Clock) {
    const DAY_MS: u64 = 24 * 3_600_000;
    let past_noon = (clock.now_ms() + DAY_MS / 2) % DAY_MS;
    clock.shift(i64::try_from(DAY_MS - past_noon).unwrap_or_default());
}

fn here(data: &Path, site: &Site, more: &str, clock: &Clock) -> Result<Running> {
    let settings = Settings {
        more,
        ..Settings::default()
    };
    let text = launch::configuration(data, site, &settings);
    let config = ::daylight::config::Config::parse(&text)?;
    let runtime = Runtime::new().context("a runtime")?;
    let server = runtime.block_on(::daylight::serve(config, clock.clone()))?;
    Ok(Running::Here { runtime, server })
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

#[track_caller]
pub(crate) fn must<T>(outcome: Result<T>) -> T {
    outcome.unwrap_or_else(|error| panic!("{error:#}"))
}
