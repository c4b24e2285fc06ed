//! Where traces go. Never holds the token: its file is named.

use std::path::PathBuf;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use super::archive::secret;

/// Those who want to see where time goes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// A collector; spans are posted to `/v1/traces` below it.
    pub otlp: Option<String>,
    pub token_file: Option<PathBuf>,
    /// Of so many requests one is traced.
    pub one_in: u32,
}

impl Default for Telemetry {
    fn default() -> Self {
        Telemetry {
            otlp: None,
            token_file: None,
            one_in: 10,
        }
    }
}

impl Telemetry {
    pub fn token(&self) -> anyhow::Result<Option<String>> {
        let read = |path| secret(path).context("telemetry.token_file");
        self.token_file.as_deref().map(read).transpose()
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        let is_address = |url: &str| url.starts_with("https://") || url.starts_with("http://");
        if self.otlp.as_deref().is_some_and(|url| !is_address(url)) {
            bail!("telemetry.otlp is an http or https address, as http://127.0.0.1:4318");
        }
        if self.one_in == 0 {
            bail!("telemetry.one_in is at least 1, which traces everything");
        }
        self.token().map(|_| ())
    }
}
