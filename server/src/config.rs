//! Every setting, documented once: here. `daylight config` prints this as an example file.
//!
//! Nothing needs to be set for a start. Unknown keys are refused. The environment has the last word.

mod archive;
mod check;
mod directory;
pub mod keys;
pub mod signin;
mod telemetry;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use signin::{Ldap, Oidc, Signin};

pub use archive::{Archive, Destination, Kind, LockMode, MailTls, secret};
pub use directory::Directory;
pub use telemetry::Telemetry;

use crate::identity::secret::Cost;

/// The example file: every key with its default and what it means.
pub const EXAMPLE: &str = include_str!("../../deploy/example.toml");

/// Below it the grace period of a rule is told of as too short to be noticed.
pub const GRACE_HOURS_USUAL_MIN: u32 = 24;

/// A token that is shorter can be guessed.
const TOKEN_CHARS_MIN: usize = 16;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub data: PathBuf,
    pub server: Server,
    pub acme: Acme,
    pub identity: Identity,
    pub directory: Directory,
    pub signin: Signin,
    pub oidc: Oidc,
    pub ldap: Ldap,
    pub limits: Limits,
    pub retention: Retention,
    pub auditors: Auditors,
    pub metrics: Metrics,
    pub telemetry: Telemetry,
    pub witness: Witness,
    pub timestamp: Timestamp,
    pub push: Push,
    pub previews: Previews,
    pub scan: Scan,
    pub backup: Backup,
    pub archive: Archive,
    pub log: Log,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    pub listen: SocketAddr,
    pub public_url: Option<String>,
    pub tls_certificate: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    pub behind_proxy: bool,
    pub redirect_from: Option<SocketAddr>,
}

/// Certificates that are fetched and renewed by themselves.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Acme {
    pub on: bool,
    pub directory: String,
    pub contact: Option<String>,
}

/// Where the certificate is that connections are answered with, and its key; they may be one file.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    pub chain: PathBuf,
    pub key: PathBuf,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    pub argon2_memory_kib: u32,
    pub argon2_passes: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub commands_per_minute: u32,
    pub commands_burst: u32,
    pub connections: u32,
    pub disk_reserve_mib: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    pub sweep_minutes: u32,
    /// How long a rule that destroys sooner waits after it was approved.
    pub grace_hours: u32,
    /// Nothing below this is taken for `grace_hours`.
    pub grace_hours_min: u32,
}

/// Those who check the record with tools that cannot sign in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Auditors {
    pub token_sha256: Option<String>,
}

/// Those who watch the machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    pub token_file: Option<PathBuf>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Witness {
    pub by: Vec<WitnessedBy>,
    pub every_seconds: u32,
    pub required_start: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessedBy {
    pub url: String,
    /// The witness's C2SP verifier key.
    pub key: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timestamp {
    pub url: Option<String>,
    pub every_seconds: u32,
}

/// Those whose browsers are told of what is new while Daylight is closed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Push {
    pub enabled: bool,
    /// Where a push service's people find whoever runs this server.
    pub contact: Option<String>,
    pub private_networks: bool,
}

/// What a link leads to, read by the server and sent with the message.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Previews {
    pub on: bool,
    pub private_networks: bool,
}

/// Who looks at what comes in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scan {
    pub clamd: Option<String>,
    pub required: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Backup {
    pub to: Option<PathBuf>,
    pub keys: Option<PathBuf>,
    pub every_hours: u32,
    pub keys_max_age_days: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
            acme: Acme::default(),
            identity: Identity::default(),
            directory: Directory::default(),
            signin: Signin::default(),
            oidc: Oidc::default(),
            ldap: Ldap::default(),
            limits: Limits::default(),
            retention: Retention::default(),
            auditors: Auditors::default(),
            metrics: Metrics::default(),
            telemetry: Telemetry::default(),
            witness: Witness::default(),
            timestamp: Timestamp::default(),
            push: Push::default(),
            previews: Previews::default(),
            scan: Scan::default(),
            backup: Backup::default(),
            archive: Archive::default(),
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
            redirect_from: None,
        }
    }
}

impl Default for Acme {
    fn default() -> Self {
        Acme {
            on: false,
            directory: "https://acme-v02.api.letsencrypt.org/directory".into(),
            contact: None,
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
            disk_reserve_mib: 512,
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Retention {
            sweep_minutes: 15,
            grace_hours: 72,
            grace_hours_min: GRACE_HOURS_USUAL_MIN,
        }
    }
}

impl Default for Witness {
    fn default() -> Self {
        Witness {
            by: Vec::new(),
            every_seconds: 60,
            required_start: true,
        }
    }
}

impl Default for Timestamp {
    fn default() -> Self {
        Timestamp {
            url: None,
            every_seconds: 24 * 3600,
        }
    }
}

impl Default for Push {
    fn default() -> Self {
        Push {
            enabled: true,
            contact: None,
            private_networks: false,
        }
    }
}

impl Default for Scan {
    fn default() -> Self {
        Scan {
            clamd: None,
            required: true,
        }
    }
}

impl Default for Backup {
    fn default() -> Self {
        Backup {
            to: None,
            keys: None,
            every_hours: 6,
            keys_max_age_days: 30,
        }
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
    /// Reads a file, or without one the defaults, and then the environment.
    pub fn read(path: Option<&Path>) -> anyhow::Result<Config> {
        let text = match path {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?,
        };
        let said = |name: &str| std::env::var(name).ok();
        let mut config = Config::from_text(&text, said).with_context(|| match path {
            Some(path) => format!("in {}", path.display()),
            None => "in the environment".to_owned(),
        })?;
        if let Some(credentials) = std::env::var_os("CREDENTIALS_DIRECTORY") {
            config.find_credentials(Path::new(&credentials));
        }
        Ok(config)
    }

    pub fn parse(text: &str) -> anyhow::Result<Config> {
        Config::from_text(text, |_| None)
    }

    /// `said`: what the environment says of a variable.
    pub fn from_text(text: &str, said: impl Fn(&str) -> Option<String>) -> anyhow::Result<Config> {
        let mut table: toml::Table = toml::from_str(text)?;
        keys::check(&table)?;
        // For its own sake: an error in the text is told with its line.
        toml::from_str::<Config>(text)?;
        keys::put_environment(&mut table, said)?;
        Ok(table.try_into()?)
    }

    /// A secret that is named without a folder is one that systemd has handed over, when it has.
    fn find_credentials(&mut self, folder: &Path) {
        let paths = [
            &mut self.server.tls_certificate,
            &mut self.server.tls_key,
            &mut self.metrics.token_file,
            &mut self.directory.token_file,
            &mut self.telemetry.token_file,
            &mut self.oidc.client_secret_file,
            &mut self.ldap.password_file,
        ];
        let archives = self.archive.to.iter_mut().flat_map(Destination::secrets);
        for path in paths.into_iter().chain(archives).flatten() {
            let handed = folder.join(&*path);
            if path.components().count() == 1 && handed.exists() {
                *path = handed;
            }
        }
    }

    pub fn has_tls(&self) -> bool {
        self.certificate_files().is_some()
    }

    /// Of one's own, or where those from an authority are kept; None when TLS is not ours to speak.
    pub fn certificate_files(&self) -> Option<CertificateFiles> {
        if self.acme.on {
            let path = self.data.join("tls").join(format!("{}.pem", self.host()?));
            let key = path.clone();
            return Some(CertificateFiles { chain: path, key });
        }
        Some(CertificateFiles {
            chain: self.server.tls_certificate.clone()?,
            key: self.server.tls_key.clone()?,
        })
    }

    /// The name in `public_url`, when it is one that can be certified.
    pub fn host(&self) -> Option<&str> {
        let rest = self
            .server
            .public_url
            .as_deref()?
            .strip_prefix("https://")?;
        let host = rest.split(['/', ':']).next()?;
        check::is_host_name(host).then_some(host)
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

impl Auditors {
    /// None when there is no token, and so nobody comes in with one.
    pub fn token_hash(&self) -> Option<[u8; 32]> {
        let text = self.token_sha256.as_deref()?;
        if text.len() != 64 || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        let mut hash = [0; 32];
        for (byte, digits) in hash.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(hash)
    }
}

impl Limits {
    pub fn disk_reserve_bytes(&self) -> u64 {
        u64::from(self.disk_reserve_mib) << 20
    }
}

impl Metrics {
    /// The hash of the token that opens the metrics; None when nothing does.
    pub fn token_hash(&self) -> anyhow::Result<Option<[u8; 32]>> {
        let Some(path) = &self.token_file else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("metrics.token_file: cannot read {}", path.display()))?;
        let token = text.trim();
        if token.len() < TOKEN_CHARS_MIN {
            bail!("metrics.token_file holds a token of at least {TOKEN_CHARS_MIN} characters");
        }
        Ok(Some(Sha256::digest(token).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_example_is_the_defaults_and_names_every_key() {
        let example = Config::parse(EXAMPLE).unwrap();
        assert_eq!(format!("{example:?}"), format!("{:?}", Config::default()));
        for (key, _) in keys::all() {
            let name = key.rsplit('.').next().unwrap_or_default();
            assert!(
                EXAMPLE.contains(&format!("{name} =")),
                "{key} is not documented"
            );
        }
    }

    #[test]
    fn a_grace_period_in_which_nobody_could_notice_needs_a_lowered_minimum() {
        let short = "retention.grace_hours = 23";
        let refused = Config::parse(short).unwrap().check().unwrap_err();
        assert!(refused.to_string().contains("grace_hours_min"), "{refused}");
        let lowered = format!("{short}\nretention.grace_hours_min = 0");
        assert!(Config::parse(&lowered).unwrap().check().is_ok());
        let endless = "retention.grace_hours = 8761";
        assert!(Config::parse(endless).unwrap().check().is_err());
    }

    #[test]
    fn a_secret_without_a_folder_is_the_one_that_systemd_hands_over() {
        let handed = tempfile::tempdir().expect("a folder");
        std::fs::write(handed.path().join("key.pem"), "k").expect("written");
        let mut config = Config::parse(
            "[server]\ntls_key = 'key.pem'\ntls_certificate = '/etc/cert.pem'\n[metrics]\ntoken_file = 'gone'",
        )
        .expect("it reads");
        config.find_credentials(handed.path());
        let told = [
            config.server.tls_key,
            config.server.tls_certificate,
            config.metrics.token_file,
        ];
        let wanted = [
            handed.path().join("key.pem"),
            "/etc/cert.pem".into(),
            "gone".into(),
        ];
        assert_eq!(told, wanted.map(Some));
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
