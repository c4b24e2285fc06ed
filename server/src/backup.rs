//! Keeps the backups while the server runs: on schedule, when asked, and the copy of the keys after every
//! destruction; and brings one back.
//!
//! Never holds up the sequencer: it works on a thread of its own. Content and keys never go to the same folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use migrations_free_store::backup::{
    self, BackedUp, RESTORED, Restore, Restored, read_backup, read_keys_copy,
};
use migrations_free_store::verify::{Report, claim};
use migrations_free_store::{Error, Position, Progress, Scope, Store};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::chat::event::{Act, Event, Restoration};
use crate::chat::subject::Subject;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::open;

const HOUR_MS: u64 = 3_600_000;
/// How often it looks whether something is due.
const TICK: Duration = Duration::from_secs(1);
/// After a failure it is tried again: the keys soon, since a destroyed key lives on in the old copy.
const KEYS_AGAIN_MS: u64 = 60_000;
const CONTENT_AGAIN_MS: u64 = 10 * 60_000;
/// Contents copied once more because something was destroyed meanwhile.
const TRIES_MAX: usize = 5;
/// Orders waiting at most.
const ASKS_MAX: usize = 8;

/// What one backup did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    pub content: BackedUp,
    pub keys: Option<KeysCopied>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeysCopied {
    pub made_ms: u64,
    pub size: Position,
    /// Which destruction they have seen last.
    pub epoch: u64,
}

/// What stands between the house and a whole backup, for those who look after it.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// When the content was last brought up to date in the configured folder; None: never, as far as can be seen.
    pub content_ms: Option<u64>,
    pub keys_ms: Option<u64>,
    pub content_failed: Option<String>,
    pub keys_failed: Option<String>,
}

/// The way to the worker.
#[derive(Clone)]
pub struct Backups {
    asks: SyncSender<Ask>,
    status: Arc<Mutex<Status>>,
}

enum Ask {
    BackUp(Box<Order>),
    KeysChanged,
}

/// One backup that somebody waits for.
struct Order {
    to: PathBuf,
    keys: Option<PathBuf>,
    check: bool,
    progress: Box<dyn FnMut(Progress) + Send>,
    reply: oneshot::Sender<Result<Done, Error>>,
}

impl Backups {
    /// Starts the worker. It ends, and lets the store go, when nobody is left who could ask.
    pub fn start(store: Store, clock: Clock, config: &config::Backup) -> std::io::Result<Backups> {
        let (asks, asked) = sync_channel(ASKS_MAX);
        let status = Arc::new(Mutex::new(Status::default()));
        let mut worker = Worker::new(store, clock, config.clone(), Arc::clone(&status));
        std::thread::Builder::new()
            .name("backups".into())
            .spawn(move || worker.run(&asked))?;
        Ok(Backups { asks, status })
    }

    /// Backs up now. `progress` is told on the worker's thread.
    pub async fn back_up(
        &self,
        to: PathBuf,
        keys: Option<PathBuf>,
        check: bool,
        progress: Box<dyn FnMut(Progress) + Send>,
    ) -> Result<Done, Error> {
        let (reply, answer) = oneshot::channel();
        let order = Order {
            to,
            keys,
            check,
            progress,
            reply,
        };
        let busy = |_| Error::Backup {
            code: "backup_busy",
            why: "other backups are waiting already: try again later".into(),
        };
        self.asks
            .try_send(Ask::BackUp(Box::new(order)))
            .map_err(busy)?;
        answer.await.unwrap_or_else(|_| {
            Err(Error::Backup {
                code: "backup_stopped",
                why: "the server stopped before the backup was done; the one before still stands"
                    .into(),
            })
        })
    }

    /// Keys were destroyed: they must go from the copy too. It never waits.
    pub fn keys_changed(&self) {
        // When the queue is full the worker is awake, and looks at the keys by itself.
        let _awake = self.asks.try_send(Ask::KeysChanged);
    }

    /// Called with every durable batch.
    pub fn follow(&self, events: &[Event]) {
        let destroyed = |event: &Event| matches!(event.header.act, Act::DestroyDone { .. });
        if events.iter().any(destroyed) {
            self.keys_changed();
        }
    }

    pub fn status(&self) -> Status {
        self.status.lock().clone()
    }
}

struct Worker {
    store: Store,
    clock: Clock,
    config: config::Backup,
    status: Arc<Mutex<Status>>,
    /// The destruction that the configured copy of the keys has seen last.
    copied_epoch: Option<u64>,
    keys_due_ms: u64,
    content_due_ms: u64,
}

impl Worker {
    fn new(
        store: Store,
        clock: Clock,
        config: config::Backup,
        status: Arc<Mutex<Status>>,
    ) -> Worker {
        let every_ms = u64::from(config.every_hours) * HOUR_MS;
        let last = config.to.as_deref().and_then(|to| read_backup(to).ok());
        let copied = config
            .keys
            .as_deref()
            .and_then(|keys| read_keys_copy(keys).ok());
        {
            let mut status = status.lock();
            status.content_ms = last.as_ref().map(|last| last.made_ms);
            status.keys_ms = copied.as_ref().map(|copied| copied.made_ms);
        }
        Worker {
            copied_epoch: copied.map(|copied| copied.keys.epoch),
            keys_due_ms: 0,
            content_due_ms: last.map_or(0, |last| last.made_ms + every_ms),
            store,
            clock,
            config,
            status,
        }
    }

    fn run(&mut self, asked: &Receiver<Ask>) {
        loop {
            match asked.recv_timeout(TICK) {
                Ok(Ask::BackUp(order)) => self.carry_out(*order),
                Ok(Ask::KeysChanged) => self.keys_due_ms = 0,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            // What was sealed anew to outlive a destruction is in the content before the old keys are gone
            // from the copy; and if it cannot be, the keys go all the same.
            if self.copied_epoch.is_some() && self.keys_are_due() {
                self.content_due_ms = 0;
            }
            self.keep_content();
            self.keep_keys();
        }
    }

    fn carry_out(&mut self, order: Order) {
        let Order {
            to,
            keys,
            check,
            mut progress,
            reply,
        } = order;
        let now_ms = self.clock.now_ms();
        let outcome = back_up(
            &self.store,
            &to,
            keys.as_deref(),
            now_ms,
            check,
            &mut *progress,
        );
        drop(progress);
        if let Ok(Some(copied)) = outcome.as_ref().map(|done| &done.keys)
            && keys == self.config.keys
        {
            self.copied_epoch = Some(copied.epoch);
            self.status.lock().keys_ms = Some(copied.made_ms);
        }
        // Who asked may be gone; what was backed up stands.
        let _gone = reply.send(outcome);
    }

    /// The copy of the keys has not seen every destruction.
    fn keys_are_due(&self) -> bool {
        self.config.keys.is_some()
            && self.copied_epoch != Some(self.store.keyring_mark().epoch)
            && self.clock.now_ms() >= self.keys_due_ms
    }

    fn keep_keys(&mut self) {
        let now_ms = self.clock.now_ms();
        let Some(to) = self.config.keys.as_deref().filter(|_| self.keys_are_due()) else {
            return;
        };
        match self.store.back_up_keys(to, now_ms) {
            Ok(manifest) => {
                tracing::info!(
                    epoch = manifest.keys.epoch,
                    "the copy of the keys is renewed"
                );
                self.copied_epoch = Some(manifest.keys.epoch);
                let mut status = self.status.lock();
                status.keys_failed = None;
                status.keys_ms = Some(now_ms);
            }
            Err(error) => {
                tracing::error!(
                    code = error.code(),
                    %error,
                    "the copy of the keys could not be renewed: what was destroyed since lives on in it"
                );
                self.keys_due_ms = now_ms + KEYS_AGAIN_MS;
                self.status.lock().keys_failed = Some(error.to_string());
            }
        }
    }

    fn keep_content(&mut self) {
        let now_ms = self.clock.now_ms();
        let Some(to) = &self.config.to else { return };
        if now_ms < self.content_due_ms {
            return;
        }
        let keys = self.config.keys.as_deref();
        match back_up(&self.store, to, keys, now_ms, false, &mut |_| {}) {
            Ok(done) => {
                tracing::info!(
                    events = done.content.size,
                    copied_bytes = done.content.copied_bytes,
                    removed = done.content.removed,
                    "the backup is up to date"
                );
                self.content_due_ms = now_ms + u64::from(self.config.every_hours) * HOUR_MS;
                let mut status = self.status.lock();
                status.content_failed = None;
                status.content_ms = Some(now_ms);
                if let Some(keys) = done.keys {
                    self.copied_epoch = Some(keys.epoch);
                    status.keys_failed = None;
                    status.keys_ms = Some(keys.made_ms);
                }
            }
            Err(error) => {
                tracing::error!(code = error.code(), %error, "the backup failed; the one before still stands");
                self.content_due_ms = now_ms + CONTENT_AGAIN_MS;
                self.status.lock().content_failed = Some(error.to_string());
            }
        }
    }
}

/// Brings the content backup up to date and then, elsewhere, the copy of the keys. With `check`, what was copied
/// before is read again.
pub fn back_up(
    store: &Store,
    to: &Path,
    keys: Option<&Path>,
    now_ms: u64,
    check: bool,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Done, Error> {
    if let Some(keys) = keys {
        backup::is_apart(to, keys)?;
    }
    let mut epoch = store.keyring_mark().epoch;
    let mut content = store.back_up(to, now_ms, check, progress)?;
    for _ in 0..TRIES_MAX {
        // What outlived a destruction meanwhile was copied under a key that is dead by now: once more, as it is sealed
        // today, before the older keys go.
        let now = store.keyring_mark().epoch;
        if now == epoch {
            break;
        }
        epoch = now;
        content = store.back_up(to, now_ms, false, progress)?;
    }
    // After the content, so that they open all of it.
    let keys = keys
        .map(|keys| store.back_up_keys(keys, now_ms))
        .transpose()?
        .map(|manifest| KeysCopied {
            made_ms: manifest.made_ms,
            size: manifest.size,
            epoch: manifest.keys.epoch,
        });
    Ok(Done { content, keys })
}

/// What an admin asks to be restored, and accepts.
#[derive(Clone, Debug)]
pub struct Ordered<'a> {
    pub from: &'a Path,
    pub keys: &'a Path,
    pub accept_old_keys: bool,
    pub accept_shorter: bool,
}

/// Restores into the configured data directory. Every destruction that the restored log tells of is carried out
/// once more before this returns.
pub fn restore(
    ordered: &Ordered<'_>,
    config: &Config,
    clock: &Clock,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(Restored, Report), Error> {
    backup::is_apart(&config.data, ordered.from)?;
    backup::is_apart(&config.data, ordered.keys)?;
    let mut options = open::options(config);
    // The log keeps the name it was signed with; a manifest that cannot be read is refused below, with its reason.
    let signed = read_backup(ordered.from).ok();
    if let Some(signed) = signed.and_then(|manifest| claim(&manifest.checkpoint)) {
        options.origin = signed.origin;
    }
    let order = Restore {
        from: ordered.from,
        keys: ordered.keys,
        options: &options,
        now_ms: clock.now_ms(),
        keys_age_ms_max: u64::from(config.backup.keys_max_age_days) * 24 * HOUR_MS,
        accept_old_keys: ordered.accept_old_keys,
        accept_shorter: ordered.accept_shorter,
    };
    backup::restore(&order, &mut said_destroyed, progress)
}

/// The channel-days and people that the log says are destroyed and of which something is left. Single records need
/// not be looked for: keys older than the content are refused, and in newer ones theirs are dead.
fn said_destroyed(store: &Store) -> Result<Vec<Scope>, Error> {
    let mut scopes = Vec::new();
    for record in store.scan(0, store.size()) {
        let Ok(event) = Event::read(&record?) else {
            continue;
        };
        let Act::DestroyDone { days, narrowed, .. } = event.header.act else {
            continue;
        };
        match Subject::told(event.header.channel, &days, &narrowed) {
            Some(Subject::Days { channel, days }) => {
                let day = |day: &u32| Scope::ChannelDay { channel, day: *day };
                scopes.extend(days.iter().map(day));
            }
            Some(Subject::Person { person, .. }) => scopes.push(Scope::Person(person)),
            Some(Subject::Messages { .. } | Subject::Escrow(_)) | None => {}
        }
    }
    let mut left = Vec::new();
    for scope in scopes {
        if store.is_alive(&scope)
            || !store.blobs_in(scope)?.is_empty()
            || !store.parts_in(scope)?.is_empty()
        {
            left.push(scope);
        }
    }
    Ok(left)
}

/// What a restore left for the first start to know; None when there was none since.
pub fn just_restored(data: &Path) -> Option<Restoration> {
    let note = std::fs::read(data.join(RESTORED)).ok()?;
    let restored: Restored = serde_json::from_slice(&note).ok()?;
    Some(Restoration {
        size: restored.size,
        missing: restored.missing,
        made_at: restored.made_ms,
        keys_at: restored.keys_made_ms,
    })
}

/// The first start has carried out all that was due.
pub fn restored_is_known(data: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(data.join(RESTORED)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => std::fs::File::open(data)?.sync_all(),
    }
}
