//! Previews of links: made by this server while somebody writes, and sent with the message, so that everybody sees what
//! its author saw and nobody's device ever asks a stranger. Off unless whoever runs the server turns it on.
//!
//! What a client says of a page is never believed, and nothing here is on disk: a message takes its preview with it.

mod read;

use std::collections::{HashSet, VecDeque};

use migrations_free_store::Id;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::chat::Refusal;
use crate::chat::command::{Command, Send};
use crate::chat::preview::{LINK_BYTES_MAX, LinkPreview};
use crate::config::{Config, Limits};
use crate::http::foreign::Reach;
use crate::http::page::Reader;
use crate::http::rate::Rates;

/// How long a preview waits for its message.
const KEPT_MS: u64 = 15 * 60_000;
/// Previews that wait; above it the oldest go.
const KEPT_MAX: usize = 2_000;
/// Pages read at the same time.
const AT_ONCE_MAX: usize = 8;
/// Links that one person can have looked at.
const PER_MINUTE_MAX: u32 = 20;
const BURST_MAX: u32 = 10;
/// When one's own preview before this one is still being made.
const BUSY_MS: u64 = 1_000;

pub struct Previews {
    on: bool,
    reader: Reader,
    rates: Rates,
    /// Who has one made just now.
    busy: Mutex<HashSet<Id>>,
    places: Semaphore,
    /// Oldest first.
    kept: Mutex<VecDeque<Kept>>,
}

struct Kept {
    id: Id,
    by: Id,
    at_ms: u64,
    preview: LinkPreview,
}

/// One at a time a person; dropping it lets the next one in.
struct Busy<'p> {
    all: &'p Mutex<HashSet<Id>>,
    person: Id,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.all.lock().remove(&self.person);
    }
}

impl Previews {
    pub fn new(config: &Config) -> Previews {
        let reach = match config.previews.private_networks {
            true => Reach::House,
            false => Reach::Public,
        };
        Previews {
            on: config.previews.on,
            reader: Reader::new(reach),
            rates: Rates::new(&Limits {
                commands_per_minute: PER_MINUTE_MAX,
                commands_burst: BURST_MAX,
                ..Limits::default()
            }),
            busy: Mutex::default(),
            places: Semaphore::new(AT_ONCE_MAX),
            kept: Mutex::default(),
        }
    }

    pub fn are_on(&self) -> bool {
        self.on
    }

    /// Reads the page behind a link. None: there is nothing to show, and nobody is told why: else whoever asks could
    /// learn what the server reaches.
    pub async fn make(
        &self,
        person: Id,
        url: &str,
        now_ms: u64,
    ) -> Result<Option<(Id, LinkPreview)>, Refusal> {
        if !self.on {
            return Err(Refusal::Fault {
                code: "previews/off",
                message: "Previews of links are turned off on this server.".into(),
            });
        }
        if url.len() > LINK_BYTES_MAX || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(Refusal::invalid("This is not the address of a page."));
        }
        self.rates.admit(person, now_ms)?;
        let _busy = self.begin(person)?;
        let busy = Refusal::Rate { after_ms: BUSY_MS };
        let _place = self.places.try_acquire().map_err(|_| busy)?;
        let read = match self.reader.read(url).await {
            Ok(page) => {
                let charset = read::charset_in(&page.kind);
                read::read(&page.bytes, charset)
            }
            Err(error) => {
                // Neither the link nor its host: what people are about to write is nobody's.
                tracing::debug!("a page was not read: {error:#}");
                None
            }
        };
        let Some(read) = read else {
            return Ok(None);
        };
        let preview = LinkPreview {
            url: url.to_owned(),
            title: read.title,
            description: read.description,
            site: read.site,
        };
        let id = Id::new(now_ms);
        self.keep(Kept {
            id,
            by: person,
            at_ms: now_ms,
            preview: preview.clone(),
        });
        Ok(Some((id, preview)))
    }

    /// What a message names, when its author had it made and it still waits. It is not used up: a message that is sent
    /// again takes it again.
    pub fn of_command(&self, person: Id, command: &Command, now_ms: u64) -> Option<LinkPreview> {
        let Command::Send(Send { lp: Some(id), .. }) = command else {
            return None;
        };
        let kept = self.kept.lock();
        let found = kept
            .iter()
            .find(|kept| kept.id == *id && kept.by == person && is_fresh(kept, now_ms));
        found.map(|kept| kept.preview.clone())
    }

    fn begin(&self, person: Id) -> Result<Busy<'_>, Refusal> {
        match self.busy.lock().insert(person) {
            true => Ok(Busy {
                all: &self.busy,
                person,
            }),
            false => Err(Refusal::Rate { after_ms: BUSY_MS }),
        }
    }

    fn keep(&self, fresh: Kept) {
        let mut kept = self.kept.lock();
        let now_ms = fresh.at_ms;
        kept.retain(|one| is_fresh(one, now_ms));
        if kept.len() >= KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back(fresh);
    }
}

fn is_fresh(kept: &Kept, now_ms: u64) -> bool {
    now_ms.saturating_sub(kept.at_ms) < KEPT_MS
}
