//! Where days that are over can go: folders, mail servers, S3-compatible stores.
//!
//! Never holds a secret: the files that do are named, and read when something is delivered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use migrations_free_store::backup::is_apart;
use serde::{Deserialize, Serialize};

use crate::chat::archive::{NAME_CHARS_MAX, is_name};

/// Each has a thread of its own.
const DESTINATIONS_MAX: usize = 8;
/// A week.
const DELAY_MINUTES_MAX: u32 = 7 * 24 * 60;
/// A secret that is longer is no secret but another file.
const SECRET_BYTES_MAX: u64 = 4096;
const LOCK_DAYS_MAX: u32 = 36_500;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Archive {
    pub to: Vec<Destination>,
    pub delay_minutes: u32,
}

impl Default for Archive {
    fn default() -> Self {
        Archive {
            to: Vec::new(),
            delay_minutes: 60,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    #[default]
    Directory,
    Smtp,
    S3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTls {
    Starttls,
    Tls,
    /// To this machine only.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockMode {
    Governance,
    Compliance,
}

impl LockMode {
    pub fn header(self) -> &'static str {
        match self {
            LockMode::Governance => "GOVERNANCE",
            LockMode::Compliance => "COMPLIANCE",
        }
    }
}

/// One of `archive.to`: what is set depends on its kind.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Destination {
    pub name: String,
    pub kind: Kind,
    pub path: Option<PathBuf>,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub tls: Option<MailTls>,
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub endpoint: Option<String>,
    pub bucket: Option<String>,
    pub region: Option<String>,
    pub prefix: Option<String>,
    pub access_key_file: Option<PathBuf>,
    pub secret_key_file: Option<PathBuf>,
    pub lock_mode: Option<LockMode>,
    pub lock_days: Option<u32>,
}

impl Destination {
    /// What belongs to another kind; `name` and `kind` to all.
    fn settings(&self) -> [(&'static str, Kind, bool); 16] {
        [
            ("path", Kind::Directory, self.path.is_some()),
            ("host", Kind::Smtp, self.host.is_some()),
            ("port", Kind::Smtp, self.port.is_some()),
            ("tls", Kind::Smtp, self.tls.is_some()),
            ("user", Kind::Smtp, self.user.is_some()),
            ("password_file", Kind::Smtp, self.password_file.is_some()),
            ("from", Kind::Smtp, self.from.is_some()),
            ("to", Kind::Smtp, self.to.is_some()),
            ("endpoint", Kind::S3, self.endpoint.is_some()),
            ("bucket", Kind::S3, self.bucket.is_some()),
            ("region", Kind::S3, self.region.is_some()),
            ("prefix", Kind::S3, self.prefix.is_some()),
            ("access_key_file", Kind::S3, self.access_key_file.is_some()),
            ("secret_key_file", Kind::S3, self.secret_key_file.is_some()),
            ("lock_mode", Kind::S3, self.lock_mode.is_some()),
            ("lock_days", Kind::S3, self.lock_days.is_some()),
        ]
    }

    fn check(&self) -> anyhow::Result<()> {
        for (setting, kind, is_set) in self.settings() {
            if is_set && kind != self.kind {
                bail!("{setting} is not for this kind");
            }
        }
        let needed: &[&str] = match self.kind {
            Kind::Directory => &["path"],
            Kind::Smtp => &["host", "from", "to"],
            Kind::S3 => &["endpoint", "bucket", "access_key_file", "secret_key_file"],
        };
        for (setting, _, is_set) in self.settings() {
            if needed.contains(&setting) && !is_set {
                bail!("{setting} is missing");
            }
        }
        match self.kind {
            Kind::Directory => Ok(()),
            Kind::Smtp => self.check_mail(),
            Kind::S3 => self.check_store(),
        }
    }

    fn check_mail(&self) -> anyhow::Result<()> {
        if self.user.is_some() != self.password_file.is_some() {
            bail!("user and password_file belong together: set both or none");
        }
        for (setting, address) in [("from", &self.from), ("to", &self.to)] {
            let address = address.as_deref().unwrap_or_default();
            if address.parse::<lettre::Address>().is_err() {
                bail!("{setting} is an e-mail address, as archive@example.com");
            }
        }
        let host = self.host.as_deref().unwrap_or_default();
        if self.tls == Some(MailTls::None) && !is_loopback(host) {
            bail!(
                "tls = \"none\" is for a mail server on this machine only: what people say would cross the network in the clear"
            );
        }
        if let Some(path) = &self.password_file {
            secret(path).context("password_file")?;
        }
        Ok(())
    }

    fn check_store(&self) -> anyhow::Result<()> {
        if self.lock_mode.is_some() != self.lock_days.is_some() {
            bail!("lock_mode and lock_days belong together: set both or none");
        }
        if self
            .lock_days
            .is_some_and(|days| !(1..=LOCK_DAYS_MAX).contains(&days))
        {
            bail!("lock_days is between 1 and {LOCK_DAYS_MAX}");
        }
        let endpoint = self.endpoint.as_deref().unwrap_or_default();
        let rest = endpoint.strip_prefix("http://");
        let host = rest.and_then(|rest| rest.split(['/', ':']).next());
        if host.is_some_and(|host| !is_loopback(host)) {
            bail!("endpoint is an https address; http:// is for a store on this machine only");
        }
        if host.is_none() && !endpoint.starts_with("https://") {
            bail!("endpoint is an https address, as https://s3.eu-central-1.amazonaws.com");
        }
        let plain = |c: u8| c.is_ascii_alphanumeric() || b"-_./".contains(&c);
        let named = [
            ("bucket", &self.bucket),
            ("region", &self.region),
            ("prefix", &self.prefix),
        ];
        for (setting, text) in named {
            let text = text.as_deref().unwrap_or("-");
            if !text.bytes().all(plain)
                || text.is_empty()
                || text.contains("//")
                || text.contains("..")
            {
                bail!("{setting} has letters, digits, hyphens, dots and single slashes only");
            }
        }
        for path in [&self.access_key_file, &self.secret_key_file]
            .into_iter()
            .flatten()
        {
            secret(path).context("access_key_file and secret_key_file")?;
        }
        Ok(())
    }

    pub(super) fn secrets(&mut self) -> [&mut Option<PathBuf>; 3] {
        [
            &mut self.password_file,
            &mut self.access_key_file,
            &mut self.secret_key_file,
        ]
    }
}

impl Archive {
    pub fn names(&self) -> BTreeSet<String> {
        self.to.iter().map(|to| to.name.clone()).collect()
    }

    /// By name: whether mails go there.
    pub fn take_mails(&self) -> BTreeMap<String, bool> {
        let is_mail = |to: &Destination| (to.name.clone(), to.kind == Kind::Smtp);
        self.to.iter().map(is_mail).collect()
    }

    pub fn delay_ms(&self) -> u64 {
        u64::from(self.delay_minutes) * 60_000
    }

    pub(super) fn check(&self, data: &Path) -> anyhow::Result<()> {
        if self.to.len() > DESTINATIONS_MAX {
            bail!("archive.to names at most {DESTINATIONS_MAX} destinations");
        }
        if self.delay_minutes > DELAY_MINUTES_MAX {
            bail!("archive.delay_minutes is at most {DELAY_MINUTES_MAX}");
        }
        let mut names = BTreeSet::new();
        for to in &self.to {
            if !is_name(&to.name) {
                bail!(
                    "archive.to: a name has 1 to {NAME_CHARS_MAX} small letters, digits and hyphens, and \"{}\" does not",
                    to.name
                );
            }
            if !names.insert(&to.name) {
                bail!("archive.to names {} twice", to.name);
            }
            to.check()
                .with_context(|| format!("archive.to, {}", to.name))?;
            if let Some(path) = &to.path {
                is_apart(data, path).with_context(|| format!("archive.to, {}", to.name))?;
            }
        }
        Ok(())
    }
}

/// What stands in a file, without the end of its line.
pub fn secret(path: &Path) -> anyhow::Result<String> {
    let length = std::fs::metadata(path)
        .with_context(|| format!("cannot read {}", path.display()))?
        .len();
    if length > SECRET_BYTES_MAX {
        bail!("{} is too long for a secret", path.display());
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = text.trim();
    if text.is_empty() {
        bail!("{} is empty", path.display());
    }
    Ok(text.to_owned())
}

pub(super) fn is_loopback(host: &str) -> bool {
    let address: Result<std::net::IpAddr, _> = host.trim_matches(['[', ']']).parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn said(text: &str) -> String {
        let whole = format!("[[archive.to]]\nname = 'vault'\n{text}");
        match Config::parse(&whole).and_then(|config| config.check()) {
            Ok(()) => String::new(),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn a_destination_that_cannot_work_is_refused_with_what_is_wrong() {
        let dir = tempfile::tempdir().expect("a folder");
        let key = dir.path().join("key");
        std::fs::write(&key, "secret\n").expect("written");
        let mail = "kind = 'smtp'\nhost = 'mail.example.com'\nfrom = 'a@example.com'\n";
        let mail_to = format!("{mail}to = 'b@example.com'\n");
        let keys = format!(
            "access_key_file = '{0}'\nsecret_key_file = '{0}'\n",
            key.display()
        );
        let s3 = format!("kind = 's3'\nbucket = 'b'\n{keys}");
        let amazon = format!("{s3}endpoint = 'https://s3.example.com'\n");
        for (text, why) in [
            ("kind = 'directory'", "path is missing"),
            (
                "kind = 'directory'\npath = '/srv/a'\nbucket = 'b'",
                "bucket is not for this kind",
            ),
            (
                "kind = 'directory'\npth = '/srv/a'",
                "archive.to.pth is no setting; archive.to.path is",
            ),
            ("kind = 'ftp'", "unknown variant"),
            (
                "kind = 'directory'\npath = 'daylight-data/archive'",
                "archive.to, vault",
            ),
            (mail, "to is missing"),
            (&format!("{mail}to = 'nobody'"), "to is an e-mail address"),
            (&format!("{mail_to}tls = 'none'"), "on this machine only"),
            (&format!("{mail_to}user = 'u'"), "belong together"),
            (
                &format!("{mail_to}user = 'u'\npassword_file = '/nowhere'"),
                "cannot read /nowhere",
            ),
            (
                &format!("{s3}endpoint = 'http://s3.example.com'"),
                "on this machine only",
            ),
            (
                &format!("{amazon}lock_mode = 'compliance'"),
                "belong together",
            ),
            (
                &format!("{amazon}lock_mode = 'compliance'\nlock_days = 0"),
                "between 1 and",
            ),
            (&format!("{amazon}prefix = '../up'"), "prefix has letters"),
        ] {
            assert!(said(text).contains(why), "{text}: {}", said(text));
        }
        for text in [
            "kind = 'directory'\npath = '/srv/archive'",
            &mail_to,
            "kind = 'smtp'\nhost = '127.0.0.1'\nfrom = 'a@b.c'\nto = 'd@e.f'\ntls = 'none'",
            &format!("{amazon}lock_mode = 'governance'\nlock_days = 3650\nprefix = 'chat/daily'"),
            &format!("{s3}endpoint = 'http://127.0.0.1:9000'"),
        ] {
            assert_eq!(said(text), "", "{text}");
        }
        let twice = "kind = 'directory'\npath = '/srv/a'\n[[archive.to]]\nname = 'vault'\nkind = 'directory'\npath = '/srv/b'";
        assert!(said(twice).contains("twice"));
    }
}
