//! How Daylight is started for a test: the one place that knows its command line and its configuration.
//! Limits are raised and hashing is made cheap only where a test says so.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::http::Site;
use crate::process::{Server, free_port, program};

/// A certificate for `localhost`, made on the spot.
pub struct Certificate {
    pub der: Vec<u8>,
    pub cert_path: PathBuf,
    pub key_path: PathBuf,
}

impl Certificate {
    pub fn make(dir: &Path) -> Result<Certificate> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let (cert_path, key_path) = (dir.join("cert.pem"), dir.join("key.pem"));
        fs::write(&cert_path, made.cert.pem())?;
        fs::write(&key_path, made.signing_key.serialize_pem())?;
        Ok(Certificate {
            der: made.cert.der().to_vec(),
            cert_path,
            key_path,
        })
    }
}

/// What a test wants different from a fresh installation.
#[derive(Default)]
pub struct Settings<'a> {
    pub certificate: Option<&'a Certificate>,
    /// Where people find it, when a proxy stands in front.
    pub front: Option<&'a Site>,
    /// More lines of TOML, after the test's own.
    pub more: &'a str,
    /// The limits a person meets: kept when a test is about them, raised when it is about something else.
    pub keep_limits: bool,
    /// The program to run it under, with its arguments; it must become the server, not stand before it.
    pub under: &'a [&'a str],
}

/// Runs the real program on `data` at a free port. The configuration lies beside the data.
pub fn start(data: &Path, settings: &Settings<'_>) -> Result<Server> {
    start_at(free_port()?, data, settings)
}

/// As `start`, at the address that people already know.
pub fn start_at(addr: SocketAddr, data: &Path, settings: &Settings<'_>) -> Result<Server> {
    let site = match settings.certificate {
        Some(certificate) => Site::tls(addr, &certificate.der)?,
        None => Site::plain(addr),
    };
    let config = data.with_extension("toml");
    fs::write(&config, configuration(data, &site, settings))
        .with_context(|| format!("writing {}", config.display()))?;
    let own = program("daylight")?;
    let mut command = match settings.under.split_first() {
        Some((under, arguments)) => {
            let mut command = Command::new(under);
            command.args(arguments).arg(own);
            command
        }
        None => Command::new(own),
    };
    command.arg("serve").arg("--config").arg(&config);
    Server::start(command, site)
}

pub fn configuration(data: &Path, site: &Site, settings: &Settings<'_>) -> String {
    use std::fmt::Write;
    let mut text = format!("data = '{}'\n", data.display());
    let front = settings.front.unwrap_or(site);
    let _ = write!(
        text,
        "[server]\nlisten = '{}'\npublic_url = '{}'\nbehind_proxy = {}\n",
        site.addr,
        front.origin(),
        settings.front.is_some()
    );
    if let Some(certificate) = settings.certificate {
        let (cert, key) = (
            certificate.cert_path.display(),
            certificate.key_path.display(),
        );
        let _ = write!(text, "tls_certificate = '{cert}'\ntls_key = '{key}'\n");
    }
    // A second person approves a rule in every test; the days after that are waited for where a test is about them.
    if !settings.more.contains("grace_hours") {
        text.push_str("[retention]\ngrace_hours = 0\ngrace_hours_min = 0\n");
    }
    text.push_str("[identity]\nargon2_memory_kib = 8\nargon2_passes = 1\n");
    if !settings.keep_limits {
        text.push_str("[limits]\ncommands_per_minute = 100000000\ncommands_burst = 1000000\n");
    }
    text.push_str(settings.more);
    text
}

/// Runs a subcommand on data that no server has open.
pub fn offline(subcommand: &str, data: &Path) -> Result<std::process::Output> {
    let mut command = Command::new(program("daylight")?);
    command.arg("--data").arg(data).arg(subcommand);
    if subcommand == "verify" {
        command.arg(data);
    }
    Ok(command.output()?)
}

/// Runs the program with these words on `data`, whether a server has it open or not.
pub fn run(data: &Path, words: &[&str]) -> Result<std::process::Output> {
    let mut command = Command::new(program("daylight")?);
    command.arg("--data").arg(data).args(words);
    Ok(command.output()?)
}

/// As `run`, with the configuration that lies beside the data.
pub fn run_configured(data: &Path, words: &[&str]) -> Result<std::process::Output> {
    let mut command = Command::new(program("daylight")?);
    command
        .arg("--config")
        .arg(data.with_extension("toml"))
        .args(words);
    Ok(command.output()?)
}
