//! A certificate as one small file: what it says, the events it is made of, and their proofs.
//!
//! Held in memory as a whole: the events of a destruction are few and bounded.

use std::io::{Cursor, Write};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use migrations_free_store::Error;
use migrations_free_store::verify::Proof;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::find::{Found, Proved};
use super::{Certificate, page};
use crate::chat::Refusal;
use crate::views::{Views, unavailable};
use crate::witness::status::{Outside, shown_leaf};

pub const CERTIFICATE: &str = "certificate.json";
pub const SUMS: &str = "SHA256SUMS";
const README: &str = include_str!("README.txt");

/// An event with what its leaf is made of, in base64 and exact text.
#[derive(Serialize, Deserialize)]
pub(super) struct PackedEvent {
    pub position: u64,
    pub leaf: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub header: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub header_salt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub content_salt: Option<String>,
}

/// The zip. A destruction that is not yet under a signed checkpoint has no proof, and so no certificate to take out.
pub fn packed(
    views: &Views,
    outside: &Outside,
    found: &Found,
    certificate: &Certificate,
) -> Result<Vec<u8>, Refusal> {
    let mut files = vec![
        (CERTIFICATE.to_owned(), json(certificate)?),
        ("certificate.html".to_owned(), page::html(certificate)),
        ("README.txt".to_owned(), README.to_owned()),
    ];
    for one in found.proved() {
        let position = one.entry.position;
        let proof = proof(views, outside, position)?;
        files.push((format!("events/{position}.json"), json(&event(one))?));
        files.push((format!("proofs/{position}.tlog-proof"), proof.to_text()));
    }
    let mut named: Vec<&(String, String)> = files.iter().collect();
    named.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let sums: String = named
        .into_iter()
        .map(|(name, text)| {
            let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
            format!("{}  {name}\n", crate::export::line::hex(&hash))
        })
        .collect();
    files.push((SUMS.to_owned(), sums));
    zipped(&format!("destruction-{}", found.done), &files).map_err(|error| {
        tracing::error!(%error, "a certificate could not be packed");
        Refusal::Unavailable
    })
}

fn proof(views: &Views, outside: &Outside, position: u64) -> Result<Proof, Refusal> {
    outside
        .proof(&views.store, position)
        .map_err(|error| match error {
            Error::NotFound => Refusal::Conflict(
                "The log was not signed since then. It is in a moment: try again.",
            ),
            error => unavailable(error),
        })
}

fn event(one: &Proved) -> PackedEvent {
    let (header, header_salt) = one.header.clone().unzip();
    let (content, content_salt) = one.content.clone().unzip();
    PackedEvent {
        position: one.entry.position,
        leaf: shown_leaf(one.entry.leaf.0),
        header,
        header_salt: header_salt.map(|salt| STANDARD.encode(salt)),
        content,
        content_salt: content_salt.map(|salt| STANDARD.encode(salt)),
    }
}

fn json(what: &impl Serialize) -> Result<String, Refusal> {
    let text = serde_json::to_string_pretty(what).map_err(|_| Refusal::Unavailable)?;
    Ok(text + "\n")
}

/// With one fixed date: the same certificate under the same checkpoint gives the same bytes.
fn zipped(root: &str, files: &[(String, String)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = SimpleFileOptions::DEFAULT.unix_permissions(0o644);
        zip.start_file(format!("{root}/{name}"), options)?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}
