//! `daylight verify`: what it is given decides which check is made. Nothing that is checked is changed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use daylight::clock::Clock;
use daylight::destruction;
use daylight::doctor::told;
use daylight::export;
use daylight::witness::{fetched, status::shown_leaf};
use migrations_free_store::verify::{self, Proof};

use super::print;

/// A proof of the longest log with a note of many signatures.
const PROOF_BYTES_MAX: u64 = 64 * 1024;
const PROOF_BEGINS: &[u8] = b"c2sp.org/tlog-proof@";

pub struct Asked {
    pub what: String,
    pub key: Option<String>,
    pub witness: Vec<String>,
    pub since: Option<PathBuf>,
    pub keep: Option<PathBuf>,
    pub leaf: Option<String>,
    pub token: Option<String>,
}

/// `daylight check`: warnings are told, errors fail.
pub fn rsmf(file: &Path) -> anyhow::Result<ExitCode> {
    let report = export::check_rsmf(file).with_context(|| file.display().to_string())?;
    print(&report.to_string());
    Ok(if report.is_loadable() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

pub fn run(asked: &Asked) -> anyhow::Result<ExitCode> {
    let path = Path::new(&asked.what);
    let outcome = if asked.what.starts_with("http://") || asked.what.starts_with("https://") {
        address(asked)
    } else if path.join("log").is_dir() {
        let report = verify::verify_data(path, &mut |_| {})?;
        let key = asked.key.as_ref();
        match report.first_fault {
            None if key.is_some_and(|key| *key != report.verifier_key) => Err(anyhow::anyhow!(
                "the log is signed with another key, {}",
                report.verifier_key
            )),
            None => Ok(told(&report)),
            Some(_) => Err(anyhow::anyhow!(told(&report).replace("REFUSED: ", ""))),
        }
    } else if let Some(text) = proof_text(path)? {
        proof(&text, asked)
    } else if destruction::is_certificate(path) {
        let witnesses: Vec<&str> = asked.witness.iter().map(String::as_str).collect();
        key(asked).and_then(|key| destruction::verify_certificate(path, key, &witnesses))
    } else {
        export::verify_bundle(path, asked.key.as_deref())
            .map(|report| report.to_string())
            .map_err(|fault| anyhow::anyhow!("{fault}"))
    };
    match outcome {
        Ok(told) => {
            print(&told);
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => {
            print(&format!("REFUSED: {fault:#}"));
            Ok(ExitCode::FAILURE)
        }
    }
}

fn address(asked: &Asked) -> anyhow::Result<String> {
    let since = match &asked.since {
        Some(path) => Some(
            std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?,
        ),
        None => None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let found = runtime.block_on(fetched::verify(
        &fetched::Asked {
            url: &asked.what,
            token: asked.token.as_deref(),
            key: key(asked)?,
            witnesses: &asked.witness,
            since: since.as_deref(),
        },
        &Clock::default(),
    ))?;
    if let Some(path) = &asked.keep {
        std::fs::write(path, &found.note)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(found.to_string())
}

fn proof(text: &str, asked: &Asked) -> anyhow::Result<String> {
    let keys: Vec<&str> = asked.witness.iter().map(String::as_str).collect();
    let checked = Proof::parse(text)?.check(key(asked)?, &keys)?;
    let leaf = shown_leaf(checked.leaf);
    if let Some(expected) = &asked.leaf {
        ensure!(*expected == leaf, "the proof is of another event, {leaf}");
    }
    let seen = match checked.witnessed.len() {
        0 => String::new(),
        count => format!(", seen by {count} of the named witnesses"),
    };
    Ok(format!(
        "OK: the event {leaf} stands at position {} of {}, in the log of {} events{seen}",
        checked.position, checked.checkpoint.origin, checked.checkpoint.size,
    ))
}

fn key(asked: &Asked) -> anyhow::Result<&str> {
    match &asked.key {
        Some(key) => Ok(key),
        None => bail!("give the key that the log must be signed with: --key"),
    }
}

fn proof_text(path: &Path) -> anyhow::Result<Option<String>> {
    use std::io::Read as _;
    if !path.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(PROOF_BYTES_MAX).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read {}", path.display()))?;
    match bytes.starts_with(PROOF_BEGINS) {
        true => Ok(Some(
            String::from_utf8(bytes).context("the proof is not text")?,
        )),
        false => Ok(None),
    }
}
