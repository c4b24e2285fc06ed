//! How the house is, in figures with their time, and what needs somebody's attention, by stable code.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::admin::one_of;
use crate::archive::{Condition, conditions};
use crate::chat::{Hash, Refusal, Role, directory};
use crate::config::GRACE_HOURS_USUAL_MIN;
use crate::http::session::Session;
use crate::http::{App, BUILD, certificate};
use crate::room::{free_bytes, total_bytes};
use crate::verified::Verified;
use crate::witness::status::Status;

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
const UNSIGNED_EVENTS_MAX: u64 = 200_000;
/// A witness that has not seen the log for so long is told about.
const UNSEEN_MS_MAX: u64 = HOUR_MS;
/// A clock further behind than this was set back.
const CLOCK_BEHIND_MS_MAX: u64 = 60_000;
/// Sweeps left out before it is told.
const SWEEPS_MISSED_MAX: u64 = 4;
const CERTIFICATE_LEFT_MS_MIN: u64 = 14 * DAY_MS;

#[derive(Serialize, ToSchema)]
pub struct Health {
    build: &'static str,
    started_at: u64,
    /// The server before this one was cut off: by the power, a kill or a crash.
    was_cut_off: bool,
    now: u64,
    log: LogHealth,
    checkpoint: CheckpointHealth,
    sweep: SweepHealth,
    disk: DiskHealth,
    backup: BackupHealth,
    /// Null: none is configured.
    scanner: Option<ScannerHealth>,
    /// The company's sign-in; null: none is configured.
    signin: Option<SigninHealth>,
    witness: WitnessHealth,
    clock: ClockHealth,
    /// The company's directory; null: none is configured.
    directory: Option<DirectoryHealth>,
    /// Null: a proxy has it, or there is none.
    certificate: Option<CertificateHealth>,
    /// The last time that every event and proof was checked; null: never since the data is here.
    verified: Option<Verified>,
    connections: u32,
    /// Where days that are over go.
    archive: Vec<Condition>,
    /// `archive_down`, `archive_late`, `archive_losing`, `archive_gone`, `disk_full`, `disk_low`, `unsigned`, `backup_none`, `backup_failed`, `backup_old`, `keys_none`, `keys_failed`,
    /// `sweep_late`, `witness_late`, `clock_behind`, `certificate_soon`, `certificate_over`, `certificate_unread`,
    /// `certificate_failed`, `scanner_down`, `signin_down`, `directory_silent`, `cut_off`: told for a day, `not_verified`: the last check found a fault, and `grace_short`:
    /// a rule waits so little that nobody could stop it.
    warnings: Vec<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct LogHealth {
    events: u64,
    bytes: u64,
}

#[derive(Serialize, ToSchema)]
struct CheckpointHealth {
    size: u64,
    root: String,
    at: Option<u64>,
}

#[derive(Serialize, ToSchema)]
struct SweepHealth {
    last_at: u64,
    next_at: u64,
    destroyed_scopes: u64,
}

#[derive(Serialize, ToSchema)]
struct DiskHealth {
    free: Option<u64>,
    total: Option<u64>,
    /// With less room nothing can be posted.
    reserve: u64,
    read_only: bool,
}

/// Of the folders that are configured; null: never, or none is.
#[derive(Serialize, ToSchema)]
struct BackupHealth {
    is_configured: bool,
    at: Option<u64>,
    keys_at: Option<u64>,
    /// Why the last try failed, as the system says it.
    failed: Option<String>,
    keys_failed: Option<String>,
}

/// The virus scanner.
#[derive(Serialize, ToSchema)]
struct ScannerHealth {
    /// No file is taken while it is down.
    is_required: bool,
    /// Why it does not answer, as the system or the scanner says it.
    failed: Option<String>,
    /// Files refused for a virus, and files that it could not be shown, since the start.
    found: u64,
    unscanned: u64,
}

/// Who says by SCIM who works here.
#[derive(Serialize, ToSchema)]
struct DirectoryHealth {
    /// Since the start; null: not yet.
    heard_at: Option<u64>,
    /// Whom it sees.
    people: usize,
}

/// The company's sign-in, as it was when it was used last.
#[derive(Serialize, ToSchema)]
struct SigninHealth {
    /// Why it failed, in words that name nobody.
    failed: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct WitnessHealth {
    configured: usize,
    at: Option<u64>,
}

#[derive(Serialize, ToSchema)]
struct ClockHealth {
    /// Behind the newest event.
    behind_ms: u64,
}

#[derive(Serialize, ToSchema)]
struct CertificateHealth {
    /// Null: it cannot be read, or there is none yet.
    ends_at: Option<u64>,
    /// Fetched from an authority, and renewed by itself.
    is_fetched: bool,
    /// Why the authority gave none at the last try.
    failed: Option<String>,
    #[serde(skip)]
    starts_at: Option<u64>,
}

/// How the house is doing, in figures with their time.
#[utoipa::path(get, path = "/api/v1/admin/health", responses((status = 200, body = Health)))]
pub async fn health(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<Health>, Refusal> {
    one_of(
        &app.views.state.read(),
        session,
        &[Role::Admin, Role::Auditor],
    )?;
    app.read(|app| Ok(Json(look(app)))).await
}

fn look(app: &App) -> Health {
    let (store, data) = (&app.views.store, &app.config.data);
    let now = app.clock.now_ms();
    let checkpoint = store.checkpoint();
    let outside = Status::new(&checkpoint, None, &app.outside, now);
    let backups = app.backups.status();
    let files = app.config.certificate_files();
    let mut health = Health {
        build: BUILD,
        started_at: app.started_at,
        was_cut_off: app.was_cut_off,
        now,
        log: LogHealth {
            events: store.size(),
            bytes: store.log_bytes(),
        },
        checkpoint: CheckpointHealth {
            size: checkpoint.size,
            root: Hash(checkpoint.root).to_string(),
            at: signed_at(data),
        },
        sweep: SweepHealth {
            last_at: app.sweeper.last_ms(),
            next_at: app.sweeper.next_ms(),
            destroyed_scopes: app.sweeper.destroyed(),
        },
        disk: DiskHealth {
            free: free_bytes(data),
            total: total_bytes(data),
            reserve: app.room.reserve_bytes(),
            read_only: app.room.is_read_only(),
        },
        backup: BackupHealth {
            is_configured: app.config.backup.to.is_some(),
            at: backups.content_ms,
            keys_at: backups.keys_ms,
            failed: backups.content_failed,
            keys_failed: backups.keys_failed,
        },
        scanner: app.scanner.status().map(|scanner| ScannerHealth {
            is_required: app.config.scan.required,
            failed: scanner.failed,
            found: scanner.found,
            unscanned: scanner.unscanned,
        }),
        signin: app.signin.is_on().then(|| SigninHealth {
            failed: app.signin.failed(),
        }),
        witness: WitnessHealth {
            configured: outside.witnesses.len(),
            at: outside.outside_at,
        },
        clock: ClockHealth {
            behind_ms: clock_behind_ms(app, now).unwrap_or_default(),
        },
        directory: app.provisioning.is_on().then(|| DirectoryHealth {
            heard_at: app.provisioning.heard_at(),
            people: directory::all(&app.views.state.read()).count(),
        }),
        certificate: files.map(|files| {
            let validity = certificate::validity(&files.chain).ok();
            CertificateHealth {
                ends_at: validity.map(|validity| validity.until_ms),
                is_fetched: app.config.acme.on,
                failed: app.renewal_failure.last(),
                starts_at: validity.map(|validity| validity.from_ms),
            }
        }),
        verified: Verified::read(data),
        connections: app.connections.load(Ordering::Relaxed),
        archive: conditions(
            &app.views.state.read(),
            &app.config.archive,
            &app.archives.lock(),
            now,
        ),
        warnings: Vec::new(),
    };
    health.warnings = warnings(app, &health);
    health
}

fn warnings(app: &App, health: &Health) -> Vec<&'static str> {
    let Health {
        now,
        log,
        checkpoint,
        sweep,
        disk,
        backup,
        scanner,
        signin,
        witness,
        clock,
        directory,
        certificate,
        verified,
        archive,
        ..
    } = health;
    let has_archive = |is: fn(&Condition) -> bool| archive.iter().any(is);
    let since = |at: u64| now.saturating_sub(at);
    let config = &app.config;
    let backup_every_ms = u64::from(config.backup.every_hours) * HOUR_MS;
    let sweep_every_ms = u64::from(config.retention.sweep_minutes) * 60_000;
    let silent_ms = u64::from(config.directory.silent_days) * DAY_MS;
    let certificate = certificate.as_ref();
    let failed = certificate.is_some_and(|certificate| certificate.failed.is_some());
    let ends = certificate.map(|certificate| certificate.ends_at);
    // Some last a week, and are renewed when a third of it is left.
    let lasts = certificate.and_then(|c| Some(c.ends_at?.saturating_sub(c.starts_at?)));
    let soon_ms = lasts.map_or(CERTIFICATE_LEFT_MS_MIN, |lasts| {
        CERTIFICATE_LEFT_MS_MIN.min(lasts / 4)
    });
    let is_low = disk.free.is_some_and(|free| free < 2 * disk.reserve);
    let is_old = |at: Option<u64>, most_ms: u64| at.is_none_or(|at| since(at) > most_ms);
    // Whoever has just started has not got round to anything yet.
    let is_new = since(health.started_at) < 10 * 60_000;
    let all = [
        ("disk_full", disk.read_only),
        ("disk_low", is_low && !disk.read_only),
        (
            "unsigned",
            checkpoint.size + UNSIGNED_EVENTS_MAX < log.events,
        ),
        ("backup_none", !backup.is_configured),
        ("backup_failed", backup.failed.is_some()),
        (
            "backup_old",
            backup.is_configured
                && backup.failed.is_none()
                && !is_new
                && is_old(backup.at, 2 * backup_every_ms),
        ),
        (
            "keys_none",
            backup.is_configured && config.backup.keys.is_none(),
        ),
        ("keys_failed", backup.keys_failed.is_some()),
        (
            "sweep_late",
            !is_new && since(sweep.last_at) > SWEEPS_MISSED_MAX * sweep_every_ms,
        ),
        (
            "witness_late",
            witness.configured > 0 && !is_new && is_old(witness.at, UNSEEN_MS_MAX),
        ),
        ("clock_behind", clock.behind_ms > CLOCK_BEHIND_MS_MAX),
        (
            "certificate_soon",
            matches!(ends, Some(Some(at)) if at > *now && at - now < soon_ms),
        ),
        (
            "certificate_over",
            matches!(ends, Some(Some(at)) if at <= *now),
        ),
        ("certificate_unread", ends == Some(None) && !config.acme.on),
        ("certificate_failed", failed),
        (
            "scanner_down",
            scanner
                .as_ref()
                .is_some_and(|scanner| scanner.failed.is_some()),
        ),
        (
            "directory_silent",
            // What was heard before the start is not known any more: from then on it counts.
            directory.as_ref().is_some_and(|directory| {
                silent_ms > 0 && since(directory.heard_at.unwrap_or(health.started_at)) > silent_ms
            }),
        ),
        (
            "signin_down",
            signin
                .as_ref()
                .is_some_and(|signin| signin.failed.is_some()),
        ),
        (
            "cut_off",
            health.was_cut_off && since(health.started_at) < DAY_MS,
        ),
        (
            "not_verified",
            verified.as_ref().is_some_and(|verified| !verified.is_sound),
        ),
        ("archive_down", has_archive(|to| to.failed.is_some())),
        (
            "archive_late",
            !is_new && has_archive(|to| to.is_late && to.failed.is_none() && to.kind.is_some()),
        ),
        (
            "archive_losing",
            has_archive(|to| to.lost_at.is_some() && (to.failed.is_some() || to.is_late)),
        ),
        ("archive_gone", has_archive(|to| to.kind.is_none())),
        (
            "grace_short",
            config.retention.grace_hours < GRACE_HOURS_USUAL_MIN,
        ),
    ];
    all.iter()
        .filter(|(_, is_so)| *is_so)
        .map(|(code, _)| *code)
        .collect()
}

/// None when there is nothing to compare the clock with.
pub fn clock_behind_ms(app: &App, now_ms: u64) -> Option<u64> {
    let last = app.views.store.size().checked_sub(1)?;
    let newest = app.views.store.read(last).ok()?;
    Some(newest.at_ms.saturating_sub(now_ms))
}

/// When the newest checkpoint was written.
pub fn signed_at(data: &std::path::Path) -> Option<u64> {
    let written = std::fs::metadata(data.join("tree/checkpoint"))
        .and_then(|m| m.modified())
        .ok()?;
    let since = written.duration_since(std::time::UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}
