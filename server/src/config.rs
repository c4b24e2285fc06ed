//! Every setting, documented once: here. `daylight config` prints this as an example file.
//!
//! Nothing needs to be set for a start. Unknown keys are refused.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::identity::secret::Cost;

/// The example file: every key with its default and what it means.
pub const EXAMPLE: &str = include_str!("../../deploy/example.toml");

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub data: PathBuf,
    pub server: Server,
    pub identity: Identity,
    pub limits: Limits,
    pub retention: Retention,
    pub log: Log,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    pub listen: SocketAddr,
    pub public_url: Option<String>,
    pub tls_certificate: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    pub behind_proxy: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    pub argon2_memory_kib: u32,
    pub argon2_passes: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub commands_per_minute: u32,
    pub commands_burst: u32,
    pub connections: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    pub sweep_minutes: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            data: "daylight-data".into(),
            server: Server::default(),
            identity: Identity::default(),
            limits: Limits::default(),
            retention: Retention::default(),
            log: Log::default(),
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        Server {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            tls_certificate: None,
            tls_key: None,
            behind_proxy: false,
        }
    }
}

impl Default for Identity {
    fn default() -> Self {
        let cost = Cost::default();
        Identity {
            argon2_memory_kib: cost.memory_kib,
            argon2_passes: cost.passes,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            commands_per_minute: 120,
            commands_burst: 20,
            connections: 20_000,
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Retention { sweep_minutes: 15 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Log {
            format: LogFormat::Text,
            level: "info".into(),
        }
    }
}

impl Config {
    /// Reads a file; without one, the defaults.
    pub fn read(path: Option<&Path>) -> anyhow::Result<Config> {
        let Some(path) = path else {
            return Ok(Config::default());
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        Config::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    pub fn parse(text: &str) -> anyhow::Result<Config> {
        Ok(toml::from_str(text)?)
    }

    /// What cannot be right is refused before anything is opened.
    pub fn check(&self) -> anyhow::Result<()> {
        let server = &self.server;
        if server.tls_certificate.is_some() != server.tls_key.is_some() {
            bail!("server.tls_certificate and server.tls_key belong together: set both or none");
        }
        if !self.has_tls() && !server.listen.ip().is_loopback() && !server.behind_proxy {
            bail!(
                "plain HTTP is served on loopback only, and server.listen is {}. Set server.tls_certificate and \
                 server.tls_key, or server.behind_proxy = true when a reverse proxy in front of it speaks HTTPS",
                server.listen
            );
        }
        if let Some(url) = &server.public_url
            && !(url.starts_with("https://") || url.starts_with("http://"))
        {
            bail!("server.public_url is a full address, as https://chat.example.com");
        }
        if self.limits.commands_per_minute == 0
            || self.limits.commands_burst == 0
            || self.limits.connections == 0
        {
            bail!("a limit of 0 would refuse everything");
        }
        if self.retention.sweep_minutes == 0 {
            bail!("retention.sweep_minutes is at least 1");
        }
        Ok(())
    }

    pub fn has_tls(&self) -> bool {
        self.server.tls_certificate.is_some()
    }

    /// Cookies are `Secure` unless the browser itself speaks plain HTTP to loopback.
    pub fn is_secure(&self) -> bool {
        self.has_tls()
            || self.server.behind_proxy
            || self
                .server
                .public_url
                .as_deref()
                .is_some_and(|u| u.starts_with("https://"))
    }

    /// Where people open it, without a trailing slash.
    pub fn base_url(&self, bound: SocketAddr) -> String {
        match &self.server.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!(
                "{}://{bound}",
                if self.has_tls() { "https" } else { "http" }
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_example_is_the_defaults_and_names_every_key() {
        let example = Config::parse(EXAMPLE).unwrap();
        assert_eq!(format!("{example:?}"), format!("{:?}", Config::default()));
        for key in [
            "data",
            "listen",
            "public_url",
            "tls_certificate",
            "tls_key",
            "behind_proxy",
            "argon2_memory_kib",
            "argon2_passes",
            "commands_per_minute",
            "commands_burst",
            "connections",
            "sweep_minutes",
            "format",
            "level",
        ] {
            assert!(
                EXAMPLE.contains(&format!("{key} =")),
                "{key} is not documented"
            );
        }
    }

    #[test]
    fn plain_http_beyond_loopback_needs_a_declared_proxy() {
        let open = "server.listen = '0.0.0.0:8080'";
        assert!(Config::parse(open).unwrap().check().is_err());
        assert!(
            Config::parse(&format!("{open}\nserver.behind_proxy = true"))
                .unwrap()
                .check()
                .is_ok()
        );
        assert!(
            Config::parse("[server]\nlisten_on = '127.0.0.1:1'").is_err(),
            "unknown keys are refused"
        );
    }
}
