//! Looks for what is wrong or will be, and says what to do about it: a line each.
//!
//! `outside` needs nothing but the files; `inside` needs the store open, and runs in the server when one runs.
//! Neither says what anyone wrote, and neither changes anything but the note that the log was checked.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use migrations_free_store::backup::{read_backup, read_keys_copy, verify_backup};
use migrations_free_store::{Error, Store, verify};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::config::Config;
use crate::http::certificate;
use crate::room::{LAST_BYTES, free_bytes};
use crate::verified::{self, Verified};
use crate::views::Views;

const DAY_MS: u64 = 24 * 3_600_000;
const HOUR_MS: u64 = 3_600_000;
/// With less time left than this the disk's end is worth a word.
const FULL_IN_DAYS_MIN: u64 = 30;
const CERTIFICATE_DAYS_MIN: u64 = 14;
/// A clock that is behind the newest event by more than this was set back.
const CLOCK_BEHIND_MS_MAX: u64 = 60_000;
/// An upload that has not moved for so long was given up.
const UPLOAD_AGE_MS: u64 = 7 * DAY_MS;
const UNSIGNED_EVENTS_MAX: u64 = 100_000;
const LEFTOVERS_NAMED_MAX: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Sound,
    /// Nothing is wrong now.
    Note,
    Fault,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finding {
    pub verdict: Verdict,
    pub what: String,
    /// What to do.
    pub then: String,
}

fn sound(what: impl Into<String>) -> Finding {
    Finding {
        verdict: Verdict::Sound,
        what: what.into(),
        then: String::new(),
    }
}

fn note(what: impl Into<String>, then: impl Into<String>) -> Finding {
    Finding {
        verdict: Verdict::Note,
        what: what.into(),
        then: then.into(),
    }
}

pub fn fault(what: impl Into<String>, then: impl Into<String>) -> Finding {
    Finding {
        verdict: Verdict::Fault,
        what: what.into(),
        then: then.into(),
    }
}

/// What can be seen without opening anything: settings, rights, room, the disk's kind, certificate, leftovers,
/// and the backups, which are read whole.
pub fn outside(config: &Config, clock: &Clock) -> Vec<Finding> {
    let now_ms = clock.now_ms();
    let mut found = vec![match config.check() {
        Ok(()) => sound("the configuration"),
        Err(error) => fault(
            format!("the configuration: {error:#}"),
            "Correct it; `daylight config` shows every setting.",
        ),
    }];
    found.extend(tls(config, now_ms));
    if !config.data.exists() {
        found.push(note(
            format!("nothing is kept in {} yet", config.data.display()),
            "",
        ));
        return found;
    }
    found.push(rights(&config.data));
    found.push(room(&config.data, config.limits.disk_reserve_bytes()));
    found.extend(surroundings(&config.data));
    found.push(leftovers(&config.data, now_ms));
    found.push(content_backup(config, now_ms));
    found.extend(keys_copy(config, now_ms));
    found
}

/// What the open store tells: every event, proof and file checked, and what waits to be done.
pub fn inside(views: &Views, config: &Config, clock: &Clock) -> Vec<Finding> {
    let (store, now_ms) = (&views.store, clock.now_ms());
    let report = verify::verify_open(store, &mut |_| {});
    Verified::of(&report, now_ms).keep(&config.data);
    let mut found = vec![match &report.first_fault {
        None => sound(told(&report)),
        Some(_) => fault(
            told(&report),
            "Stop the server, keep a copy of the data, and restore the last backup: docs/BACKUP.md.",
        ),
    }];
    found.push(signed(store));
    found.push(times(store, now_ms));
    found.push(growth(store, &config.data, now_ms));
    found.push(blobs(store));
    let (position, unfinished) = {
        let state = views.state.read();
        (state.position, state.unfinished.len())
    };
    found.push(match store.size().saturating_sub(position) {
        behind if behind > UNSIGNED_EVENTS_MAX => fault(
            format!("the views are {behind} events behind the log"),
            "Restart the server; if it stays so, stop it and run `daylight rebuild`.",
        ),
        _ => sound("the views are where the log is"),
    });
    found.push(match unfinished {
        0 => sound("every destruction that was begun is done"),
        begun => fault(
            format!("{begun} destructions were begun and are not done"),
            "A running server does so within retention.sweep_minutes: start it, and read its log for errors.",
        ),
    });
    found.extend(keys_reach(store, config));
    found
}

/// The outcome of a verification in a sentence.
pub fn told(report: &verify::Report) -> String {
    match &report.first_fault {
        None => format!(
            "OK: {} events; {} headers and {} contents opened and checked, {} contents forgotten; key {}",
            report.size,
            report.headers_checked,
            report.contents_checked,
            report.contents_forgotten,
            report.verifier_key
        ),
        Some(fault) => match fault.position {
            Some(position) => format!("REFUSED: position {position}: {}", fault.why),
            None => format!("REFUSED: {}", fault.why),
        },
    }
}

fn tls(config: &Config, now_ms: u64) -> Option<Finding> {
    let files = config.certificate_files()?;
    let renew = match config.acme.on {
        true => {
            "It is renewed by itself while the server runs: see its log, and whether port 443 of this name leads to it."
        }
        false => "Renew it: the server takes it up by itself.",
    };
    let validity = certificate::validity(&files.chain);
    Some(match validity.map(|validity| validity.until_ms) {
        Err(_) if config.acme.on && !files.chain.exists() => {
            sound("the certificate is fetched when the server starts")
        }
        Err(error) => fault(
            format!("the certificate: {error:#}"),
            "Put a PEM certificate at server.tls_certificate.",
        ),
        Ok(ends_ms) if ends_ms <= now_ms => fault(
            format!(
                "the certificate has ended {} days ago",
                (now_ms - ends_ms) / DAY_MS
            ),
            renew,
        ),
        Ok(ends_ms) => match (ends_ms - now_ms) / DAY_MS {
            days if days < CERTIFICATE_DAYS_MIN => {
                fault(format!("the certificate ends in {days} days"), renew)
            }
            days => sound(format!("the certificate lasts {days} days more")),
        },
    })
}

fn rights(data: &Path) -> Finding {
    let open = [data.join("keys")]
        .into_iter()
        .chain(entries(&data.join("keys")))
        .find(|path| mode(path).is_some_and(|mode| mode & 0o077 != 0));
    match open {
        None => sound("the keys are their owner's alone"),
        Some(path) => fault(
            format!("{} can be read by others", path.display()),
            format!("chmod -R go= {}", path.display()),
        ),
    }
}

fn room(data: &Path, reserve: u64) -> Finding {
    match free_bytes(data) {
        None => note(
            "the system does not say how much room the data disk has",
            "",
        ),
        Some(free) if free < 2 * reserve => fault(
            format!("{} MiB free on the data disk", free >> 20),
            format!(
                "Make room: below {} MiB (limits.disk_reserve_mib) nothing can be posted, below {} MiB nothing is \
                 accepted but what makes room.",
                reserve >> 20,
                LAST_BYTES >> 20
            ),
        ),
        Some(free) => sound(format!("{} MiB free on the data disk", free >> 20)),
    }
}

/// Where zeroing a key in place may not reach.
fn surroundings(data: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    match Store::surroundings(data).as_slice() {
        [] => found.push(sound(
            "neither the file system nor swap keeps what is overwritten",
        )),
        warnings => found.extend(warnings.iter().map(|warning| {
            note(
                warning.clone(),
                "Keep DATA/keys on ext4 or XFS without snapshots, and swap off or encrypted.",
            )
        })),
    }
    found
}

fn leftovers(data: &Path, now_ms: u64) -> Finding {
    const KNOWN: [&str; 13] = [
        "lock",
        "keys",
        "log",
        "tree",
        "blobs",
        "parts",
        "views",
        "control.sock",
        verified::NOTE,
        "restored",
        "lost+found",
        "views.aside",
        "views.doubt",
    ];
    let mut left: Vec<PathBuf> = entries(data)
        .into_iter()
        .filter(|path| !KNOWN.contains(&name(path)) || name(path) == "views.aside")
        .collect();
    let blobs = entries(&data.join("blobs"));
    let uploads = blobs.iter().flat_map(|dir| entries(dir)).filter(|path| {
        let age_ms = modified_ms(path).map_or(0, |at| now_ms.saturating_sub(at));
        path.extension().is_some_and(|kind| kind == "part") && age_ms > UPLOAD_AGE_MS
    });
    left.extend(uploads);
    if left.is_empty() {
        return sound("nothing is left over");
    }
    let named: Vec<String> = left
        .iter()
        .take(LEFTOVERS_NAMED_MAX)
        .map(|path| path.display().to_string())
        .collect();
    note(
        format!("{} files are left over: {}", left.len(), named.join(", ")),
        "views.aside may be removed; uploads that were given up go with their day; what else is there is not Daylight's.",
    )
}

fn content_backup(config: &Config, now_ms: u64) -> Finding {
    let Some(to) = config.backup.to.as_deref() else {
        return note(
            "no scheduled backup is configured",
            "Set backup.to and backup.keys, or run `daylight backup` yourself: docs/BACKUP.md.",
        );
    };
    let manifest = match verify_backup(to, &mut |_| {}) {
        Ok(manifest) => manifest,
        Err(error) => {
            return fault(
                format!("the backup: {error} ({})", error.code()),
                "Run `daylight backup --check` now: it copies anew what is damaged.",
            );
        }
    };
    let age_h = now_ms.saturating_sub(manifest.made_ms) / HOUR_MS;
    let what = format!(
        "the backup of {age_h} hours ago, {} events, verifies",
        manifest.size
    );
    if age_h > 2 * u64::from(config.backup.every_hours) {
        return fault(
            format!("{what}, but is older than backup.every_hours wants"),
            "Is the server running, and backup.to mounted? Its log says why a backup fails.",
        );
    }
    let device = |path: &Path| fs::metadata(path).ok().map(|about| about.dev());
    if device(to) == device(&config.data) {
        return note(
            format!("{what}, but lies on the disk it backs up"),
            "Mount another disk or a share at backup.to: one broken disk would take both.",
        );
    }
    sound(what)
}

fn keys_copy(config: &Config, now_ms: u64) -> Option<Finding> {
    let Some(to) = config.backup.keys.as_deref() else {
        return config.backup.to.is_some().then(|| {
            fault(
                "the content is backed up, but the keys are not: nobody could read it",
                "Set backup.keys to a folder elsewhere, guarded as closely as the server.",
            )
        });
    };
    let copied = match read_keys_copy(to) {
        Ok(copied) => copied,
        Err(error) => {
            return Some(fault(
                format!("the copy of the keys: {error} ({})", error.code()),
                "Run `daylight backup` now: it makes a new one.",
            ));
        }
    };
    let age_days = now_ms.saturating_sub(copied.made_ms) / DAY_MS;
    if let Some(content) = config
        .backup
        .to
        .as_deref()
        .and_then(|to| read_backup(to).ok())
        && (copied.keys.epoch < content.keys.epoch || copied.keys.slots < content.keys.slots)
    {
        return Some(fault(
            "the copy of the keys is older than the backup of the content: a restore would refuse it",
            "Run `daylight backup` now.",
        ));
    }
    if age_days > u64::from(config.backup.keys_max_age_days) {
        return Some(fault(
            format!("the copy of the keys is {age_days} days old: a restore would refuse it"),
            "Run `daylight backup` now.",
        ));
    }
    Some(sound(format!(
        "the copy of the keys is whole and {age_days} days old"
    )))
}

/// A destroyed key that is still in the copy lives.
fn keys_reach(store: &Store, config: &Config) -> Option<Finding> {
    let copied = read_keys_copy(config.backup.keys.as_deref()?).ok()?;
    Some(match copied.keys.epoch == store.keyring_mark().epoch {
        true => sound("the copy of the keys has seen every destruction"),
        false => fault(
            "keys destroyed here are still in the copy of the keys",
            "Is backup.keys mounted? A running server tries every minute; `daylight backup` does so now.",
        ),
    })
}

fn signed(store: &Store) -> Finding {
    match store.size().saturating_sub(store.checkpoint().size) {
        unsigned if unsigned > UNSIGNED_EVENTS_MAX => fault(
            format!("{unsigned} events are not signed"),
            "Restart the server, and read its log for errors.",
        ),
        _ => sound("the log is signed"),
    }
}

fn times(store: &Store, now_ms: u64) -> Finding {
    let newest_ms = match store.size().checked_sub(1).map(|last| store.read(last)) {
        None => return sound("the clock has nothing to be compared with"),
        Some(Err(error)) => return unreadable(&error),
        Some(Ok(record)) => record.at_ms,
    };
    match newest_ms.saturating_sub(now_ms) {
        behind_ms if behind_ms > CLOCK_BEHIND_MS_MAX => fault(
            format!(
                "the clock is {} minutes behind the newest event",
                behind_ms / 60_000
            ),
            "Set it right (NTP): times and retention go by it. Nothing is destroyed early by a clock set back.",
        ),
        _ => sound("the clock is not behind the newest event"),
    }
}

/// How long the room lasts if it goes on as in the last week.
fn growth(store: &Store, data: &Path, now_ms: u64) -> Finding {
    let (size, bytes) = (store.size(), store.log_bytes());
    let since_ms = now_ms.saturating_sub(7 * DAY_MS);
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        match store.read(middle) {
            Err(error) => return unreadable(&error),
            Ok(record) if record.at_ms < since_ms => low = middle + 1,
            Ok(_) => high = middle,
        }
    }
    let a_day = bytes / size.max(1) * (size - low) / 7;
    let free = free_bytes(data).unwrap_or_default();
    let what = format!(
        "the log has {} MiB and grows by {} KiB a day",
        bytes >> 20,
        a_day >> 10
    );
    match free.checked_div(a_day) {
        Some(days) if days < FULL_IN_DAYS_MIN => fault(
            format!("{what}: the disk is full in {days} days"),
            "Make room, or set a shorter retention.",
        ),
        _ => sound(what),
    }
}

fn blobs(store: &Store) -> Finding {
    let found = match store.check_blobs(&mut |_| {}) {
        Err(error) => return unreadable(&error),
        Ok(found) => found,
    };
    if let Some(first) = found.first_damaged {
        return fault(
            format!("{} files are damaged, the first: {first}", found.damaged),
            "Restore the last backup beside and compare: docs/BACKUP.md.",
        );
    }
    if found.unmarked > 0 {
        return fault(
            format!("{} files would outlive their day", found.unmarked),
            "Keep a copy of the data and report this: their markers in DATA/blobs/in are gone.",
        );
    }
    if found.left_over > 0 {
        return fault(
            format!(
                "{} files are still there although their keys are destroyed",
                found.left_over
            ),
            "Restart the server: it finishes destructions at its start.",
        );
    }
    sound(format!(
        "{} files open, {} are being sent",
        found.whole, found.unfinished
    ))
}

fn unreadable(error: &Error) -> Finding {
    fault(
        format!("the store could not be read: {error} ({})", error.code()),
        "Look at the disk's own health first; then restore the last backup: docs/BACKUP.md.",
    )
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn name(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

fn mode(path: &Path) -> Option<u32> {
    fs::metadata(path)
        .ok()
        .map(|about| about.permissions().mode())
}

fn modified_ms(path: &Path) -> Option<u64> {
    let modified = fs::metadata(path).ok()?.modified().ok()?;
    let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}
