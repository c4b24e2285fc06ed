//! Checks a certificate without the server that made it, with the log's key alone.
//!
//! Never trusts what the certificate says of itself when it can be made again from the proved events.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use migrations_free_store::verify::{Proof, commitment_hash, leaf_hash};
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::facts::{Entry, Facts, order, rule};
use super::pack::{CERTIFICATE, PackedEvent, SUMS};
use super::{Certificate, FORMAT};
use crate::chat::command::Role;
use crate::chat::event::{Hash, Header};
use crate::export::line::hex;
use crate::witness::status::shown_leaf;

/// What the events of one destruction can come to, and more.
const FILES_MAX: usize = 1_000;
const FILE_BYTES_MAX: u64 = 4 << 20;
const ALL_BYTES_MAX: u64 = 64 << 20;

type Files = BTreeMap<String, Vec<u8>>;

/// Is this file a certificate, true or not?
pub fn is_certificate(path: &Path) -> bool {
    let zip = File::open(path)
        .ok()
        .and_then(|file| ZipArchive::new(file).ok());
    zip.is_some_and(|zip| {
        let mut names = zip.file_names();
        names.any(|name| {
            name.is_ok_and(|name| {
                name.starts_with("destruction-") && name.ends_with("/certificate.json")
            })
        })
    })
}

/// In words what was proved.
pub fn verify_certificate(
    path: &Path,
    log_key: &str,
    witness_keys: &[&str],
) -> anyhow::Result<String> {
    let files = files(path)?;
    sums(&files)?;
    let certificate: Certificate = parse(&files, CERTIFICATE)?;
    ensure!(
        certificate.format == FORMAT,
        "{CERTIFICATE}: it is of another format"
    );
    ensure!(
        certificate.log_key == log_key,
        "{CERTIFICATE}: it names another key, {}",
        certificate.log_key
    );
    let mut size = u64::MAX;
    let mut entries = Vec::new();
    for told in &certificate.evidence {
        let at = told.position;
        let name = format!("proofs/{at}.tlog-proof");
        let text = std::str::from_utf8(file(&files, &name)?).with_context(|| name.clone())?;
        let checked = Proof::parse(text)
            .and_then(|proof| proof.check(log_key, witness_keys))
            .with_context(|| name.clone())?;
        ensure!(checked.position == at, "{name}: it is of another position");
        ensure!(
            shown_leaf(checked.leaf) == told.leaf,
            "{name}: it is of another event"
        );
        size = size.min(checked.checkpoint.size);
        let name = format!("events/{at}.json");
        let packed: PackedEvent = parse(&files, &name)?;
        ensure!(
            packed.position == at && packed.leaf == told.leaf,
            "{name}: it is another event"
        );
        if let Some(entry) = opened(&packed, checked.leaf).with_context(|| name.clone())? {
            ensure!(
                (entry.header.at, entry.header.act.name()) == (told.at, told.act.as_str()),
                "{CERTIFICATE}: the event at {at} is not what it is said to be"
            );
            entries.push(entry);
        }
    }
    let facts = &certificate.facts;
    let done = facts.done.position;
    let of_counts = match certificate.made_for {
        Role::Admin => {
            ensure!(
                certificate
                    .evidence
                    .iter()
                    .any(|told| told.position == done),
                "{CERTIFICATE}: the destruction is not among its events"
            );
            let is_said = rule(&entries) == facts.rule && order(&entries) == facts.order;
            ensure!(
                is_said,
                "{CERTIFICATE}: the rule or the order is not as the log has it"
            );
            "the rule or order is as the log has it; the counts are the server's word, for a certificate made for an administrator has no entry to check them by"
        }
        _ => {
            ensure!(
                Facts::of(&entries, done).as_ref() == Some(facts),
                "{CERTIFICATE}: its facts are not those of the log"
            );
            "its counts, its rule or order and its times are those of the log"
        }
    };
    Ok(format!(
        "OK: the destruction at position {done} stands in the log of {size} events with all that led to it, {} in all; {of_counts}",
        certificate.evidence.len()
    ))
}

/// None: what its leaf is made of is not told.
fn opened(packed: &PackedEvent, leaf: [u8; 32]) -> anyhow::Result<Option<Entry>> {
    let Some(text) = &packed.header else {
        return Ok(None);
    };
    let header_salt = salt(packed.header_salt.as_deref())?;
    ensure!(
        leaf_hash(&header_salt, text.as_bytes()) == leaf,
        "its header is not what its leaf was made of"
    );
    let header: Header = serde_json::from_str(text).context("its header cannot be read")?;
    let content = match &packed.content {
        None => None,
        Some(content) => {
            let content_salt = salt(packed.content_salt.as_deref())?;
            let hash = Hash(commitment_hash(&content_salt, content.as_bytes()));
            ensure!(
                header.content_commitment == Some(hash),
                "its content is not what its header commits to"
            );
            Some(serde_json::from_str(content).context("its content cannot be read")?)
        }
    };
    Ok(Some(Entry {
        position: packed.position,
        leaf: Hash(leaf),
        header,
        content,
    }))
}

fn salt(text: Option<&str>) -> anyhow::Result<[u8; 32]> {
    let bytes = STANDARD.decode(text.context("a salt is missing")?);
    let salt = bytes.context("a salt cannot be read")?.try_into();
    salt.map_err(|_| anyhow::anyhow!("a salt has another length"))
}

fn files(path: &Path) -> anyhow::Result<Files> {
    let mut zip = ZipArchive::new(File::open(path)?).context("it cannot be read as a zip file")?;
    ensure!(zip.len() <= FILES_MAX, "it has too many files");
    let (mut files, mut all) = (Files::new(), 0);
    for n in 0..zip.len() {
        let entry = zip.by_index(n)?;
        let name = entry.name()?.into_owned();
        let Some((_, name)) = name.split_once('/') else {
            bail!("{name}: it is not in the certificate's folder");
        };
        let name = name.to_owned();
        let mut bytes = Vec::new();
        let mut limited = entry.take(FILE_BYTES_MAX + 1);
        limited
            .read_to_end(&mut bytes)
            .with_context(|| name.clone())?;
        let length = bytes.len() as u64;
        all += length;
        ensure!(
            length <= FILE_BYTES_MAX && all <= ALL_BYTES_MAX,
            "{name}: it is too large"
        );
        ensure!(
            files.insert(name.clone(), bytes).is_none(),
            "{name}: it is there twice"
        );
    }
    Ok(files)
}

/// The list is of exactly the files that are here, and they match.
fn sums(files: &Files) -> anyhow::Result<()> {
    let list = std::str::from_utf8(file(files, SUMS)?).context(SUMS)?;
    let mut listed = BTreeMap::new();
    for line in list.lines() {
        let (hash, name) = line.split_once("  ").context("SHA256SUMS cannot be read")?;
        listed.insert(name, hash);
    }
    for (name, bytes) in files.iter().filter(|(name, _)| *name != SUMS) {
        let hash: [u8; 32] = Sha256::digest(bytes).into();
        match listed.remove(name.as_str()) {
            None => bail!("{name}: it is not in {SUMS}"),
            Some(expected) => ensure!(expected == hex(&hash), "{name}: it does not match {SUMS}"),
        }
    }
    match listed.keys().next() {
        Some(name) => bail!("{name}: it is missing"),
        None => Ok(()),
    }
}

fn file<'f>(files: &'f Files, name: &str) -> anyhow::Result<&'f [u8]> {
    let bytes = files.get(name).map(Vec::as_slice);
    bytes.with_context(|| format!("{name}: it is missing"))
}

fn parse<T: serde::de::DeserializeOwned>(files: &Files, name: &str) -> anyhow::Result<T> {
    serde_json::from_slice(file(files, name)?).with_context(|| format!("{name} cannot be read"))
}
