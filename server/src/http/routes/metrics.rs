//! The figures of the house for Prometheus: what is counted, and what can be looked up. Nobody's, and of nobody.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{FromRequestParts, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::files::put;
use super::health::{clock_behind_ms, signed_at};
use super::record::bearer;
use crate::archive::{Condition, conditions};
use crate::chat::Refusal;
use crate::http::{App, BUILD, HASHING_MAX, certificate};
use crate::identity::secret::same;
use crate::metrics::Page;
use crate::room::{free_bytes, total_bytes};
use crate::sequencer::QUEUE_MAX;
use crate::verified::Verified;
use crate::witness::status::Status;

/// Who has the token. To everybody else the page is not there: behind a proxy every address looks like the machine's
/// own, so no address is trusted.
pub struct Watcher;

impl FromRequestParts<Arc<App>> for Watcher {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let given: [u8; 32] =
            Sha256::digest(bearer(&parts.headers).ok_or(Refusal::NotFound)?).into();
        match &app.metrics_token {
            Some(expected) if same(&given, expected) => Ok(Watcher),
            _ => Err(Refusal::NotFound),
        }
    }
}

/// Every figure, in Prometheus' text format. Needs the token of `metrics.token_file`.
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn metrics(State(app): State<Arc<App>>, _: Watcher) -> Result<Response, Refusal> {
    let text = app.read(|app| Ok(page(app))).await?;
    let mut response = text.into_response();
    put(
        response.headers_mut(),
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    );
    Ok(response)
}

fn page(app: &App) -> String {
    let mut page = Page::default();
    page.gauges(
        "daylight_build_info",
        "Which build runs.",
        "build",
        &[(BUILD, 1.0)],
    );
    page.gauge(
        "daylight_start_timestamp_seconds",
        "When it was started.",
        seconds(app.started_at),
    );
    app.metrics.tell(&mut page);
    at_work(app, &mut page);
    record(app, &mut page);
    disk(app, &mut page);
    page.into_text()
}

fn at_work(app: &App, page: &mut Page) {
    let hashing = HASHING_MAX - app.hashing.available_permits();
    let (files, files_max) = app.uploads.at_work();
    let queues = [
        ("commands", app.door.waiting(), QUEUE_MAX),
        ("secrets", hashing, HASHING_MAX),
        ("files", files, files_max),
    ];
    page.gauges(
        "daylight_queue_length",
        "What waits or is being worked on.",
        "queue",
        &queues.map(|(name, length, _)| (name, length as f64)),
    );
    page.gauges(
        "daylight_queue_limit",
        "How much may wait or be worked on.",
        "queue",
        &queues.map(|(name, _, limit)| (name, limit as f64)),
    );
    let limit = app.config.limits.connections as usize;
    // One place is held open for whoever comes next.
    let taken = limit.saturating_sub(app.places.available_permits() + 1);
    page.gauge("daylight_connections", "Open connections.", taken as f64);
    page.gauge(
        "daylight_connections_limit",
        "Connections that may be open; further ones wait.",
        limit as f64,
    );
    page.gauge(
        "daylight_sockets",
        "Open sockets, each of one device.",
        f64::from(app.connections.load(Ordering::Relaxed)),
    );
}

fn record(app: &App, page: &mut Page) {
    let store = &app.views.store;
    let now_ms = app.clock.now_ms();
    let signed = store.checkpoint();
    let outside = Status::new(&signed, None, &app.outside, now_ms);
    let backups = app.backups.status();
    page.gauge(
        "daylight_log_bytes",
        "The log on disk.",
        store.log_bytes() as f64,
    );
    page.gauge(
        "daylight_log_events",
        "Events in the log.",
        store.size() as f64,
    );
    page.gauge(
        "daylight_checkpoint_events",
        "Events under the newest signed checkpoint.",
        signed.size as f64,
    );
    page.known(
        "daylight_checkpoint_timestamp_seconds",
        "When the newest checkpoint was signed.",
        signed_at(&app.config.data).map(seconds),
    );
    page.gauge(
        "daylight_witnesses",
        "Witnesses that are configured.",
        outside.witnesses.len() as f64,
    );
    page.known(
        "daylight_witness_timestamp_seconds",
        "When a witness last saw the log.",
        outside.outside_at.map(seconds),
    );
    page.known(
        "daylight_backup_timestamp_seconds",
        "When the content was last backed up to backup.to.",
        backups.content_ms.map(seconds),
    );
    page.known(
        "daylight_keys_copy_timestamp_seconds",
        "When the keys were last copied to backup.keys.",
        backups.keys_ms.map(seconds),
    );
    let failing = [
        ("content", backups.content_failed.is_some()),
        ("keys", backups.keys_failed.is_some()),
    ];
    page.gauges(
        "daylight_backup_failing",
        "1 when the last try to back up failed.",
        "part",
        &failing.map(|(part, failed)| (part, f64::from(u8::from(failed)))),
    );
    let scanner = app.scanner.status();
    page.gauge(
        "daylight_scanner_failing",
        "1 when the virus scanner that is configured does not answer.",
        f64::from(u8::from(scanner.is_some_and(|s| s.failed.is_some()))),
    );
    page.gauge(
        "daylight_signin_failing",
        "1 when the company's sign-in failed when it was used last.",
        f64::from(u8::from(app.signin.failed().is_some())),
    );
    archive(app, page, now_ms);
    page.known(
        "daylight_sweep_timestamp_seconds",
        "When what had passed its time was last destroyed.",
        Some(app.sweeper.last_ms())
            .filter(|at| *at > 0)
            .map(seconds),
    );
    page.known(
        "daylight_clock_behind_seconds",
        "How far the clock is behind the newest event; more than a minute: it was set back.",
        clock_behind_ms(app, now_ms).map(seconds),
    );
    page.known(
        "daylight_verified_timestamp_seconds",
        "When the whole log was last checked and found sound.",
        Verified::read(&app.config.data)
            .filter(|verified| verified.is_sound)
            .map(|verified| seconds(verified.at)),
    );
    let certificate = app.config.certificate_files();
    let validity = certificate.and_then(|files| certificate::validity(&files.chain).ok());
    page.known(
        "daylight_certificate_end_timestamp_seconds",
        "When the certificate ends.",
        validity.map(|validity| seconds(validity.until_ms)),
    );
}

/// By destination: their names are the configuration's, and nobody's.
fn archive(app: &App, page: &mut Page, now_ms: u64) {
    let all = conditions(
        &app.views.state.read(),
        &app.config.archive,
        &app.archives.lock(),
        now_ms,
    );
    let of = |figure: &dyn Fn(&Condition) -> Option<f64>| -> Vec<(&str, f64)> {
        let named = all
            .iter()
            .filter_map(|to| Some((to.name.as_str(), figure(to)?)));
        named.collect()
    };
    page.gauges(
        "daylight_archive_timestamp_seconds",
        "When a day last arrived at this destination.",
        "destination",
        &of(&|to| to.at.map(seconds)),
    );
    page.gauges(
        "daylight_archive_waiting_days",
        "Days that are over and not all delivered.",
        "destination",
        &of(&|to| Some(to.waiting as f64)),
    );
    page.gauges(
        "daylight_archive_failing",
        "1 when the last try to deliver failed, or nobody set the destination up.",
        "destination",
        &of(&|to| {
            Some(f64::from(u8::from(
                to.failed.is_some() || to.kind.is_none(),
            )))
        }),
    );
    page.gauges(
        "daylight_archive_missed",
        "Channel-days that were destroyed before they were delivered.",
        "destination",
        &of(&|to| Some(to.missed as f64)),
    );
}

fn disk(app: &App, page: &mut Page) {
    let data = &app.config.data;
    let bytes = |bytes: u64| bytes as f64;
    page.known(
        "daylight_disk_free_bytes",
        "Room on the data disk.",
        free_bytes(data).map(bytes),
    );
    page.known(
        "daylight_disk_size_bytes",
        "The size of the data disk.",
        total_bytes(data).map(bytes),
    );
    page.gauge(
        "daylight_disk_reserve_bytes",
        "With less room nothing can be posted.",
        bytes(app.room.reserve_bytes()),
    );
    page.gauge(
        "daylight_read_only",
        "1 while the data disk is nearly full and nothing can be posted.",
        f64::from(u8::from(app.room.is_read_only())),
    );
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}
