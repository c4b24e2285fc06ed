//! Starts the real programs on free ports, ends them, and reads their figures from /proc.
//! It never kills a process that it did not start.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::http::{Client, Site};

/// Linux shows times in /proc in hundredths of a second, whatever its own tick is.
const TICKS_PER_S: f64 = 100.0;

pub struct Server {
    pub site: Site,
    child: Child,
    listeners: Vec<thread::JoinHandle<()>>,
    /// All it has said on stdout and stderr so far.
    pub said: Arc<Mutex<String>>,
    /// From exec to the first 200 on /readyz.
    pub started_in: Duration,
}

impl Server {
    /// Runs `command` and waits until `site` says that it is ready.
    pub fn start(mut command: Command, site: Site) -> Result<Server> {
        let begun = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", command.get_program().display()))?;
        let said = Arc::new(Mutex::new(String::new()));
        let mut listeners = Vec::new();
        if let Some(out) = child.stdout.take() {
            listeners.push(listen(out, Arc::clone(&said)));
        }
        if let Some(err) = child.stderr.take() {
            listeners.push(listen(err, Arc::clone(&said)));
        }
        let mut server = Server {
            site,
            child,
            listeners,
            said,
            started_in: Duration::ZERO,
        };
        let deadline = begun + Duration::from_mins(2);
        while !server.is_ready() {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended with {status}: {}", server.last_words());
            }
            if Instant::now() > deadline {
                bail!("the server did not become ready: {}", server.words());
            }
            thread::sleep(Duration::from_millis(2));
        }
        server.started_in = begun.elapsed();
        Ok(server)
    }

    fn is_ready(&self) -> bool {
        let mut client = Client::new(self.site.clone());
        client
            .get("/readyz")
            .is_ok_and(|answer| answer.status == 200)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn words(&self) -> String {
        self.said.lock().map(|s| s.clone()).unwrap_or_default()
    }

    /// The token of the link printed at first start.
    pub fn setup_token(&self) -> Result<String> {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let words = self.words();
            if let Some(rest) = words.split("/#/setup/").nth(1) {
                return Ok(rest
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
                    .collect());
            }
            if Instant::now() > deadline {
                bail!("no setup link was printed: {words}");
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// SIGKILL: nothing is flushed, nothing is said.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and waits for the end; returns what it said.
    pub fn stop(mut self) -> Result<String> {
        // std knows no SIGTERM, and this crate forbids the unsafe call behind it.
        Command::new("kill")
            .args(["-TERM", &self.pid().to_string()])
            .status()?;
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                bail!("the server did not stop within 30 s: {}", self.words());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(self.last_words())
    }

    /// What it said until its end: the last of it may still be on its way when the program is gone.
    fn last_words(&mut self) -> String {
        for listener in self.listeners.drain(..) {
            let _ = listener.join();
        }
        self.words()
    }

    /// Whether it still runs; a program that ended by itself tells how.
    pub fn ended(&mut self) -> Result<Option<std::process::ExitStatus>> {
        Ok(self.child.try_wait()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(
    from: impl std::io::Read + Send + 'static,
    said: Arc<Mutex<String>>,
) -> thread::JoinHandle<()> {
    const SAID_MAX: usize = 1 << 20;
    thread::spawn(move || {
        let mut lines = BufReader::new(from);
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|n| n > 0) {
            if let Ok(mut said) = said.lock()
                && said.len() < SAID_MAX
            {
                said.push_str(&line);
            }
            line.clear();
        }
    })
}

pub fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// A program built in the same profile as the one that asks.
pub fn program(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let mut dir = own.parent().context("no directory")?;
    if dir.ends_with("deps") {
        dir = dir.parent().context("no directory")?;
    }
    let path = dir.join(name);
    if !path.exists() {
        bail!("{} is not built", path.display());
    }
    Ok(path)
}

/// User and system time of the process and all it started, its dead and waited-for children included.
pub fn cpu_seconds(pid: u32) -> Result<f64> {
    let mut total = 0.0;
    for pid in tree(pid)? {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name in parentheses may hold spaces; fields are counted behind it. utime, stime, cutime, cstime.
        let rest = stat.rsplit(')').next().context("an odd stat line")?;
        let fields = rest.split_whitespace().skip(11).take(4);
        total += fields.filter_map(|f| f.parse::<f64>().ok()).sum::<f64>() / TICKS_PER_S;
    }
    Ok(total)
}

pub fn resident_bytes(pid: u32) -> Result<u64> {
    field_bytes(pid, "VmRSS:")
}

pub fn peak_bytes(pid: u32) -> Result<u64> {
    field_bytes(pid, "VmHWM:")
}

/// From now on `peak_bytes` means from now on.
pub fn forget_peak(pid: u32) -> Result<()> {
    Ok(fs::write(format!("/proc/{pid}/clear_refs"), "5")?)
}

fn field_bytes(pid: u32, field: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|l| l.strip_prefix(field))
        .context("no such field in /proc")?;
    let kib: u64 = line
        .split_whitespace()
        .next()
        .context("no figure")?
        .parse()?;
    Ok(kib * 1024)
}

fn tree(pid: u32) -> Result<Vec<u32>> {
    let mut all = vec![pid];
    let mut at = 0;
    while let Some(pid) = all.get(at).copied() {
        at += 1;
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
            continue;
        };
        for task in tasks {
            let children = fs::read_to_string(task?.path().join("children")).unwrap_or_default();
            all.extend(
                children
                    .split_whitespace()
                    .filter_map(|c| c.parse::<u32>().ok()),
            );
        }
    }
    Ok(all)
}

/// Bytes on disk under `dir`, as allocated.
pub fn disk_bytes(dir: &Path) -> Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut total = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        total += if meta.is_dir() {
            disk_bytes(&entry.path())?
        } else {
            meta.blocks() * 512
        };
    }
    Ok(total)
}
