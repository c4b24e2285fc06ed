//! Opens a data directory: the log, the views folded from it, and the sequencer over both.
//!
//! Never listens and never serves: that is `http`.

use std::sync::Arc;
use std::time::Duration;

use migrations_free_store::{Options, Progress, Store, Writer, verify};
use parking_lot::RwLock;

use crate::chat::event::Event;
use crate::clock::Clock;
use crate::config::Config;
use crate::http::wire::{self, Wire};
use crate::identity::links::Links;
use crate::metrics::Metrics;
use crate::room::Room;
use crate::sequencer::{self, Door, Parts};
use crate::telemetry::Traces;
use crate::views::Views;
use crate::views::amendments::Amendments;
use crate::views::cursor::Cursors;
use crate::views::destructions::Destructions;
use crate::views::search::{Indexer, Search};
use crate::views::snapshot;
use crate::witness::start;

/// How often the log is looked at for signing and saving.
const TICK: Duration = Duration::from_secs(1);
/// The views are written when so many events came since, or so many ticks passed with any. A start
/// replays at most that much of the log.
const SAVE_EVENTS: u64 = 100_000;
const SAVE_TICKS: u32 = 60;

/// The log and what is folded from it, before anyone may change it.
pub struct Opened {
    pub store: Store,
    pub writer: Writer,
    pub views: Arc<Views>,
}

pub fn options(config: &Config) -> Options {
    Options::new(config.data.clone(), origin(config))
}

/// What the log is called, for life: as C2SP tlog-tiles has it, the address below which its tiles are. Witnesses tell
/// logs apart by it, so a log that was once signed keeps its name, wherever it moves.
fn origin(config: &Config) -> String {
    let note = std::fs::read_to_string(config.data.join("tree/checkpoint")).unwrap_or_default();
    if let Some(signed) = verify::claim(&note) {
        return signed.origin;
    }
    let url = config.server.public_url.as_deref().unwrap_or_default();
    match url.split_once("://") {
        Some((_, host)) if !host.contains(['+', ' ']) => {
            format!("{}/tiles", host.trim_end_matches('/'))
        }
        _ => "daylight/log".to_owned(),
    }
}

/// A file for each connection, each segment read and each 512 keys: as many as the system lets us have.
pub fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if setrlimit(Resource::Nofile, limit).is_err() {
        tracing::warn!(
            "the number of open files stays limited: {:?}",
            limit.current
        );
    }
}

/// Opens and catches up; long steps are told to `progress`.
pub fn open(config: &Config, progress: &mut dyn FnMut(Progress)) -> anyhow::Result<Opened> {
    let opened = open_with(&options(config), progress)?;
    start::agrees_with_kept(&opened.store, config)?;
    Ok(opened)
}

pub fn open_with(options: &Options, progress: &mut dyn FnMut(Progress)) -> anyhow::Result<Opened> {
    let (store, writer) = Store::open(options, progress)?;
    let amendments = Arc::new(Amendments::open(&store, progress)?);
    let destructions = Arc::new(Destructions::open(&store, progress)?);
    let state = snapshot::open(&store, progress)?;
    let views = Arc::new(Views {
        cursors: Cursors::new(store.secret("cursor")?),
        state: Arc::new(RwLock::new(state)),
        search: Search::new(store.size()),
        amendments,
        destructions,
        store: store.clone(),
    });
    Ok(Opened {
        store,
        writer,
        views,
    })
}

/// Tells a person at the terminal what a long start is doing.
pub fn report(progress: Progress) {
    match progress {
        Progress::Step { what, done, total } => tracing::info!(done, total, "{what}"),
        Progress::Warning(warning) => tracing::warn!("{warning}"),
        _ => {}
    }
}

/// A sequencer at work, with its follower.
pub struct Engine {
    pub door: Door,
    pub room: Arc<Room>,
    sequencer: std::thread::JoinHandle<()>,
    saver: Saver,
    indexer: Indexer,
}

/// Starts the sequencer. `follow` is called with every durable batch, on the sequencer's thread: it must be quick.
pub fn start(
    opened: Opened,
    config: &Config,
    clock: &Clock,
    links: &Links,
    metrics: &Arc<Metrics>,
    traces: &Traces,
    mut follow: impl FnMut(&[Event]) + Send + 'static,
) -> anyhow::Result<Engine> {
    let Opened {
        store,
        writer,
        views,
    } = opened;
    tell_of_a_clock_set_back(&store, clock)?;
    let (saved_views, answer_links) = (Arc::clone(&views), links.clone());
    let room = Arc::new(Room::new(&config.data, config.limits.disk_reserve_bytes()));
    let refusals = Arc::clone(metrics);
    let indexer = Indexer::start(Arc::clone(&views), clock.clone())?;
    let (door, sequencer) = sequencer::start(Parts {
        store,
        writer,
        state: Arc::clone(&views.state),
        amendments: Arc::clone(&views.amendments),
        destructions: Arc::clone(&views.destructions),
        clock: clock.clone(),
        grace_hours: config.retention.grace_hours,
        destinations: Arc::new(config.archive.take_mails()),
        room: Arc::clone(&room),
        metrics: Arc::clone(metrics),
        traces: traces.clone(),
        encode: Box::new(Wire {
            views: Arc::clone(&views),
        }),
        answer: Box::new(move |key, answer| {
            if let Err(refusal) = answer {
                refusals.refused(refusal);
            }
            wire::answer(key, answer, &answer_links)
        }),
        follow: Box::new(move |events| {
            views.search.wake();
            follow(events);
        }),
    })?;
    let saver = Saver::start(saved_views, door.clone())?;
    Ok(Engine {
        door,
        room,
        sequencer,
        saver,
        indexer,
    })
}

/// Retention goes by the clock: one that runs behind the log keeps things too long, so whoever runs it should know.
fn tell_of_a_clock_set_back(store: &Store, clock: &Clock) -> anyhow::Result<()> {
    /// Less is how far clocks are corrected any day.
    const BEHIND_MS_MAX: u64 = 5 * 60_000;
    let Some(last) = store.size().checked_sub(1) else {
        return Ok(());
    };
    let behind_ms = store.read(last)?.at_ms.saturating_sub(clock.now_ms());
    if behind_ms > BEHIND_MS_MAX {
        tracing::warn!(
            code = "clock_behind_log",
            hours = behind_ms / 3_600_000,
            "the clock is behind the newest event of the log: was it set back? nothing is destroyed before its time"
        );
    }
    Ok(())
}

impl Engine {
    /// Everything submitted is durable, signed and saved when this returns.
    pub fn join(self) {
        if self.sequencer.join().is_err() {
            tracing::error!("the sequencer panicked");
        }
        self.saver.stop();
        self.indexer.stop();
    }
}

/// Writes the views behind the sequencer's back, so that a start needs not read the whole log.
struct Saver {
    stop: std::sync::mpsc::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl Saver {
    fn start(views: Arc<Views>, door: Door) -> std::io::Result<Saver> {
        let (stop, stopped) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("view saver".into())
            .spawn(move || {
                let mut saved = views.state.read().position;
                let mut ticks = 0;
                loop {
                    let last = stopped.recv_timeout(TICK)
                        != Err(std::sync::mpsc::RecvTimeoutError::Timeout);
                    let size = views.position();
                    if views.store.checkpoint().size < size {
                        door.sign();
                    }
                    ticks += 1;
                    let grown = size.saturating_sub(saved);
                    if grown >= SAVE_EVENTS || (grown > 0 && (last || ticks >= SAVE_TICKS)) {
                        saved = save(&views).unwrap_or(saved);
                        ticks = 0;
                    }
                    if last {
                        return;
                    }
                }
            })?;
        Ok(Saver { stop, thread })
    }

    fn stop(self) {
        let _already_gone = self.stop.send(());
        if self.thread.join().is_err() {
            tracing::error!("the view saver panicked");
        }
    }
}

/// Views that cannot be written are rebuilt at the next start: slower, never wrong.
pub fn save(views: &Views) -> Option<u64> {
    let (encoded, position) = {
        let state = views.state.read();
        (snapshot::encode(&state), state.position)
    };
    let saved = encoded
        .map_err(|error| error.to_string())
        .and_then(|encoded| {
            snapshot::save(&views.store, encoded).map_err(|error| error.to_string())
        })
        .and_then(|()| {
            views
                .amendments
                .save(&views.store, position)
                .and_then(|()| views.destructions.save(&views.store, position))
                .map_err(|error| error.to_string())
        });
    if let Err(error) = saved {
        tracing::warn!(%error, "the views could not be saved; the next start replays more of the log");
        return None;
    }
    Some(position)
}
