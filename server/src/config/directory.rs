//! The company's directory, when it says who works here: what it proves itself with.
//!
//! Never holds the secret: the file that does is named.

use std::path::PathBuf;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::secret;

/// Whoever guesses it could deactivate the company.
const TOKEN_CHARS_MIN: usize = 32;
/// A year: whoever wants no warning says 0.
const SILENT_DAYS_MAX: u32 = 366;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Directory {
    pub token_file: Option<PathBuf>,
    /// 0: silence means nothing.
    pub silent_days: u32,
}

impl Default for Directory {
    fn default() -> Self {
        Directory {
            token_file: None,
            silent_days: 7,
        }
    }
}

impl Directory {
    /// The hash of the directory's token; None when there is no directory.
    pub fn token_hash(&self) -> anyhow::Result<Option<[u8; 32]>> {
        if self.silent_days > SILENT_DAYS_MAX {
            bail!("directory.silent_days is at most {SILENT_DAYS_MAX}");
        }
        let Some(path) = &self.token_file else {
            return Ok(None);
        };
        let token = secret(path).context("directory.token_file")?;
        if token.len() < TOKEN_CHARS_MIN || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!(
                "directory.token_file holds a token of at least {TOKEN_CHARS_MIN} letters and digits, as `openssl rand -hex 32` makes one"
            );
        }
        Ok(Some(Sha256::digest(token.as_bytes()).into()))
    }
}
