//! Attachments: taken in pieces, made safe, sealed under their channel's day, served to members.
//!
//! Bytes wait in memory, never in the clear on disk. What a client claims about a file is never believed.

pub mod sanitise;
pub mod scan;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use migrations_free_store::{Id, Scope, Store};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::chat::command::{Command, Upload};
use crate::chat::event::FileFact;
use crate::chat::state::day_of;
use crate::chat::{Hash, Refusal};
use crate::http::App;
use crate::sequencer::Offer;
use sanitise::{Limits, file_name, hush_mp4, image, inspect};
use scan::Scanner;

/// The largest attachment.
pub const FILE_BYTES_MAX: u64 = 25 * 1024 * 1024;
/// Bytes of unfinished uploads, of one person and of all together.
const STAGED_PERSON_BYTES_MAX: u64 = 64 * 1024 * 1024;
const STAGED_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// An upload nobody continues, or that no message names.
const FORGOTTEN_AFTER_MS: u64 = 6 * 3_600_000;
/// Pictures worked on at the same time: each takes a core and much memory.
const AT_WORK_MAX: usize = 2;

/// Uploads on their way to a message.
pub struct Uploads {
    waiting: Mutex<HashMap<(Id, Id), Waiting>>,
    at_work: Arc<Semaphore>,
    scanner: Arc<Scanner>,
}

struct Waiting {
    channel: Id,
    name: String,
    size: u64,
    at_ms: u64,
    state: State,
}

enum State {
    Coming(Vec<u8>),
    /// Complete, being made safe.
    Working,
    Done {
        fact: FileFact,
        day: u32,
        /// A message names it.
        spent: Arc<AtomicBool>,
    },
}

/// A piece of a file, as it arrives.
pub struct Piece {
    pub person: Id,
    pub id: Id,
    pub channel: Id,
    pub name: String,
    pub size: u64,
    pub offset: u64,
}

pub enum Taken {
    /// So many bytes are here.
    More(u64),
    Done(FileFact),
    /// The piece does not begin where the last one ended.
    Elsewhere(u64),
}

impl Uploads {
    /// Files that are being made safe now, and how many may be.
    pub fn at_work(&self) -> (usize, usize) {
        (AT_WORK_MAX - self.at_work.available_permits(), AT_WORK_MAX)
    }

    pub fn new(scanner: Arc<Scanner>) -> Self {
        Uploads {
            waiting: Mutex::default(),
            at_work: Arc::new(Semaphore::new(AT_WORK_MAX)),
            scanner,
        }
    }

    /// Takes the next piece; with the last one the file is made safe and sealed.
    pub async fn put(&self, app: &App, piece: Piece, bytes: &[u8]) -> Result<Taken, Refusal> {
        if app
            .views
            .state
            .read()
            .seen_channel(piece.channel, piece.person)
            .is_none()
        {
            return Err(Refusal::NotFound);
        }
        if app.room.is_read_only() {
            return Err(Refusal::DiskFull);
        }
        if piece.size == 0 || piece.size > FILE_BYTES_MAX {
            return Err(Refusal::TooLarge {
                limit: FILE_BYTES_MAX,
            });
        }
        let now = app.clock.now_ms();
        let whole = match self.add(&piece, bytes, now)? {
            Added::Whole(whole) => whole,
            Added::Taken(taken) => return Ok(taken),
        };
        let sealed = seal_in_background(
            Arc::clone(&self.at_work),
            Arc::clone(&self.scanner),
            app.views.store.clone(),
            piece.channel,
            piece.person,
            piece.name.clone(),
            whole,
            now,
        )
        .await;
        let mut waiting = self.waiting.lock();
        let key = (piece.person, piece.id);
        match sealed {
            Ok(fact) => {
                if let Some(upload) = waiting.get_mut(&key) {
                    upload.state = State::Done {
                        fact: fact.clone(),
                        day: day_of(now),
                        spent: Arc::default(),
                    };
                }
                Ok(Taken::Done(fact))
            }
            Err(refusal) => {
                waiting.remove(&key);
                Err(refusal)
            }
        }
    }

    fn add(&self, piece: &Piece, bytes: &[u8], now: u64) -> Result<Added, Refusal> {
        let mut waiting = self.waiting.lock();
        waiting.retain(|_, u| now.saturating_sub(u.at_ms) < FORGOTTEN_AFTER_MS);
        let key = (piece.person, piece.id);
        if !waiting.contains_key(&key) {
            let theirs: u64 = waiting
                .iter()
                .filter(|((p, _), _)| *p == piece.person)
                .map(|(_, u)| u.staged())
                .sum();
            let all: u64 = waiting.values().map(Waiting::staged).sum();
            if theirs + piece.size > STAGED_PERSON_BYTES_MAX || all + piece.size > STAGED_BYTES_MAX
            {
                return Err(Refusal::Rate { after_ms: 10_000 });
            }
            if piece.offset != 0 {
                return Ok(Added::Taken(Taken::Elsewhere(0)));
            }
        }
        let upload = waiting.entry(key).or_insert_with(|| Waiting {
            channel: piece.channel,
            name: piece.name.clone(),
            size: piece.size,
            at_ms: now,
            state: State::Coming(Vec::new()),
        });
        if upload.channel != piece.channel || upload.size != piece.size || upload.name != piece.name
        {
            return Err(Refusal::IdReused);
        }
        upload.at_ms = now;
        let here = match &mut upload.state {
            State::Done { fact, .. } => return Ok(Added::Taken(Taken::Done(fact.clone()))),
            State::Working => return Err(Refusal::Rate { after_ms: 500 }),
            State::Coming(here) => here,
        };
        let end = piece.offset.saturating_add(bytes.len() as u64);
        // A piece sent again, its answer lost on the way: what is here stays.
        if piece.offset < here.len() as u64 && end <= here.len() as u64 {
            return Ok(Added::Taken(Taken::More(here.len() as u64)));
        }
        if piece.offset != here.len() as u64 || end > piece.size {
            return Ok(Added::Taken(Taken::Elsewhere(here.len() as u64)));
        }
        here.extend_from_slice(bytes);
        if (here.len() as u64) < piece.size {
            return Ok(Added::Taken(Taken::More(here.len() as u64)));
        }
        let whole = std::mem::take(here);
        upload.state = State::Working;
        Ok(Added::Whole(whole))
    }

    /// The complete uploads a command names, sealed under today's key: a file lives and dies with its message.
    pub async fn for_command(
        &self,
        app: &App,
        person: Id,
        command: &Command,
    ) -> Result<HashMap<Id, Offer>, Refusal> {
        let Command::Send(send) = command else {
            return Ok(HashMap::new());
        };
        let today = day_of(app.clock.now_ms());
        let mut uploads = HashMap::new();
        for id in send.f.iter().take(crate::chat::command::FILES_MAX) {
            let found = match self.waiting.lock().get(&(person, *id)) {
                Some(Waiting {
                    channel,
                    state: State::Done { fact, day, spent },
                    ..
                }) if !spent.load(Ordering::Relaxed) => {
                    Some((*channel, fact.clone(), *day, Arc::clone(spent)))
                }
                _ => None,
            };
            let Some((channel, fact, day, spent)) = found else {
                continue;
            };
            if day != today {
                let (store, blobs) = (
                    app.views.store.clone(),
                    std::iter::once(fact.id)
                        .chain(fact.thumb)
                        .collect::<Vec<_>>(),
                );
                let moved = tokio::task::spawn_blocking(move || {
                    blobs.into_iter().try_for_each(|blob| {
                        let day = today;
                        store.blob_reseal(blob, Scope::ChannelDay { channel, day })
                    })
                });
                moved
                    .await
                    .map_err(|_| Refusal::Unavailable)?
                    .map_err(crate::views::unavailable)?;
                if let Some(Waiting {
                    state: State::Done { day, .. },
                    ..
                }) = self.waiting.lock().get_mut(&(person, *id))
                {
                    *day = today;
                }
            }
            let upload = Upload {
                channel,
                by: person,
                fact,
                day: today,
            };
            uploads.insert(*id, Offer { upload, spent });
        }
        Ok(uploads)
    }
}

enum Added {
    Taken(Taken),
    Whole(Vec<u8>),
}

impl Waiting {
    fn staged(&self) -> u64 {
        match self.state {
            State::Coming(_) | State::Working => self.size,
            State::Done { .. } => 0,
        }
    }
}

async fn seal_in_background(
    at_work: Arc<Semaphore>,
    scanner: Arc<Scanner>,
    store: Store,
    channel: Id,
    person: Id,
    name: String,
    whole: Vec<u8>,
    now: u64,
) -> Result<FileFact, Refusal> {
    let _place = at_work
        .acquire_owned()
        .await
        .map_err(|_| Refusal::Unavailable)?;
    let sealed = tokio::task::spawn_blocking(move || {
        seal(
            &store,
            &scanner,
            Scope::channel_day(channel, now),
            person,
            &name,
            whole,
        )
    });
    sealed.await.map_err(|_| Refusal::Unavailable)?
}

/// Has a file looked at, makes it safe and seals it; also for attachments that an import brings.
pub fn seal(
    store: &Store,
    scanner: &Scanner,
    scope: Scope,
    person: Id,
    name: &str,
    mut bytes: Vec<u8>,
) -> Result<FileFact, Refusal> {
    scanner.passes(&bytes)?;
    let kind = inspect(name, &bytes);
    let mut fact = FileFact {
        id: Id([0; 16]),
        name: file_name(name),
        mime: kind.mime.to_owned(),
        size: 0,
        w: None,
        h: None,
        thumb: None,
        sha256: Hash::default(),
    };
    if kind.mime.starts_with("image/") && kind.inline {
        let safe = image(&bytes, &Limits::default()).map_err(|fault| Refusal::Fault {
            code: fault.code(),
            message: fault.to_string(),
        })?;
        safe.mime.clone_into(&mut fact.mime);
        fact.w = Some(safe.width);
        fact.h = Some(safe.height);
        fact.thumb = Some(blob(store, scope, person, &safe.thumb.bytes)?);
        bytes = safe.bytes;
    } else if kind.mime == "video/mp4" || kind.mime == "audio/mp4" {
        hush_mp4(&mut bytes);
    }
    fact.size = bytes.len() as u64;
    fact.sha256 = Hash(Sha256::digest(&bytes).into());
    fact.id = blob(store, scope, person, &bytes)?;
    Ok(fact)
}

fn blob(store: &Store, scope: Scope, person: Id, bytes: &[u8]) -> Result<Id, Refusal> {
    let sealed = store.blob_writer(scope, person).and_then(|mut writer| {
        writer.write(bytes)?;
        writer.finish()
    });
    match sealed {
        Ok(blob) => Ok(blob.id),
        Err(migrations_free_store::Error::DiskFull { .. }) => Err(Refusal::DiskFull),
        Err(error) => Err(crate::views::unavailable(error)),
    }
}
