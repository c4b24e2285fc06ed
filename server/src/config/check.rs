//! What no configuration may say. Refused before anything is opened.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail};
use migrations_free_store::backup::is_apart;
use migrations_free_store::verify;

use super::{Backup, Config, Retention};
use crate::files::scan::Clamd;

const GRACE_HOURS_MAX: u32 = 24 * 365;
/// RFC 1035.
const HOST_CHARS_MAX: usize = 253;
/// Each is asked for a cosignature in turn.
const WITNESSES_MAX: usize = 16;
/// Above what is kept for forgetting and for ending.
const DISK_RESERVE_MIB_MIN: u32 = 128;

impl Config {
    /// What cannot be right is refused before anything is opened.
    pub fn check(&self) -> anyhow::Result<()> {
        let server = &self.server;
        if server.tls_certificate.is_some() != server.tls_key.is_some() {
            bail!("server.tls_certificate and server.tls_key belong together: set both or none");
        }
        if !self.has_tls() && !server.listen.ip().is_loopback() && !server.behind_proxy {
            bail!(
                "plain HTTP is served on loopback only, and server.listen is {}. Set acme.on = true, or \
                 server.tls_certificate and server.tls_key, or server.behind_proxy = true when a reverse proxy in front of it speaks HTTPS",
                server.listen
            );
        }
        if let Some(url) = &server.public_url
            && !(url.starts_with("https://") || url.starts_with("http://"))
        {
            bail!("server.public_url is a full address, as https://chat.example.com");
        }
        if self.acme.on {
            self.check_acme()?;
        }
        if server.redirect_from.is_some() && !self.has_tls() {
            bail!("server.redirect_from leads to HTTPS, which is not set up here");
        }
        if self.limits.commands_per_minute == 0
            || self.limits.commands_burst == 0
            || self.limits.connections == 0
        {
            bail!("a limit of 0 would refuse everything");
        }
        if self.limits.disk_reserve_mib < DISK_RESERVE_MIB_MIN {
            bail!("limits.disk_reserve_mib is at least {DISK_RESERVE_MIB_MIN}");
        }
        if self.retention.sweep_minutes == 0 {
            bail!("retention.sweep_minutes is at least 1");
        }
        let Retention {
            grace_hours: grace,
            grace_hours_min: least,
            ..
        } = self.retention;
        if grace < least {
            bail!(
                "retention.grace_hours is {grace}, below retention.grace_hours_min = {least}: who could stop a rule must \
                 have the time to hear of it. A trial of the product may lower the minimum; the record will tell"
            );
        }
        if grace > GRACE_HOURS_MAX {
            bail!("retention.grace_hours is at most {GRACE_HOURS_MAX}");
        }
        if let Some(clamd) = &self.scan.clamd
            && Clamd::parse(clamd).is_none()
        {
            bail!(
                "scan.clamd is clamd's socket, as /run/clamav/clamd.ctl, or its address and port, as 127.0.0.1:3310"
            );
        }
        self.metrics.token_hash()?;
        self.telemetry.check()?;
        self.directory.token_hash()?;
        self.oidc.check()?;
        self.ldap.check()?;
        self.check_outside()?;
        self.archive.check(&self.data)?;
        self.backup.check(&self.data)
    }

    fn check_acme(&self) -> anyhow::Result<()> {
        if self.server.tls_certificate.is_some() || self.server.behind_proxy {
            bail!(
                "acme.on fetches a certificate for Daylight itself: leave server.tls_certificate, server.tls_key and \
                 server.behind_proxy out"
            );
        }
        if self.host().is_none() {
            bail!(
                "acme.on needs server.public_url, as https://chat.example.com: authorities certify a name that all the \
                 world can look up"
            );
        }
        if !self.acme.directory.starts_with("https://") {
            bail!("acme.directory is an https address");
        }
        if self
            .acme
            .contact
            .as_ref()
            .is_some_and(|to| !to.contains('@'))
        {
            bail!("acme.contact is an e-mail address, as it@example.com");
        }
        Ok(())
    }

    /// Whoever checks the record from outside.
    fn check_outside(&self) -> anyhow::Result<()> {
        if self.auditors.token_sha256.is_some() && self.auditors.token_hash().is_none() {
            bail!("auditors.token_sha256 is the SHA-256 of the token, in 64 hexadecimal digits");
        }
        let witness = &self.witness;
        if witness.by.len() > WITNESSES_MAX {
            bail!("witness.by names at most {WITNESSES_MAX} witnesses");
        }
        let mut keys = BTreeSet::new();
        for by in &witness.by {
            if verify::witness_name(&by.key).is_none() {
                bail!(
                    "witness.by: {} is not a witness's key; `daylight witness` prints one",
                    by.key
                );
            }
            if !keys.insert(&by.key) {
                bail!("witness.by names {} twice", by.key);
            }
            if !is_address(&by.url) {
                bail!("witness.by: {} is no http or https address", by.url);
            }
        }
        if self
            .timestamp
            .url
            .as_deref()
            .is_some_and(|url| !is_address(url))
        {
            bail!("timestamp.url is an http or https address");
        }
        let contact = self.push.contact.as_deref();
        if contact.is_some_and(|c| !c.starts_with("mailto:") && !c.starts_with("https://")) {
            bail!("push.contact is a mailto: or https: address");
        }
        if witness.every_seconds == 0 || self.timestamp.every_seconds == 0 {
            bail!("witness.every_seconds and timestamp.every_seconds are at least 1");
        }
        Ok(())
    }
}

fn is_address(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

impl Backup {
    /// What is kept apart must be apart.
    fn check(&self, data: &Path) -> anyhow::Result<()> {
        if self.every_hours == 0 {
            bail!("backup.every_hours is at least 1");
        }
        let folders = [Some(data), self.to.as_deref(), self.keys.as_deref()];
        let folders: Vec<&Path> = folders.into_iter().flatten().collect();
        for (n, one) in folders.iter().enumerate() {
            for other in folders.iter().skip(n + 1) {
                is_apart(one, other).context("data, backup.to and backup.keys")?;
            }
        }
        Ok(())
    }
}

/// Could an authority certify it? A name with a dot, and no address.
pub fn is_host_name(host: &str) -> bool {
    let is_label = |label: &str| {
        let inner = label
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || c == b'-');
        inner && !label.is_empty() && !label.starts_with('-')
    };
    host.len() <= HOST_CHARS_MAX
        && host.contains('.')
        && host.split('.').all(is_label)
        && host.ends_with(|c: char| c.is_ascii_alphabetic())
}
