//! Takes days that are over to where the house keeps them: a folder, a mailbox, an S3-compatible store.
//!
//! Never decides: the door says what is due and records what arrived. Never holds up the sequencer: each destination
//! has a thread of its own, so that one that is down holds up no other.

mod carry;
mod directory;
mod due;
mod mail;
mod sign;
mod status;
mod store;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use migrations_free_store::{BlobReader, Id, Store};
use parking_lot::Mutex;

use crate::chat::archive::Delivery;
use crate::chat::command::Arrived;
use crate::chat::event::Hash;
use crate::clock::Clock;
use crate::config::{self, Destination, Kind};
use crate::export::line::hex;
use crate::sequencer::Door;
use crate::views::Views;

pub use status::{Condition, Down, conditions};

/// Why a destination took nothing. The code is stable; what the other side said is for whoever looks after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: &'static str,
    pub said: String,
}

/// How long a stop waits for what is on its way.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
const STOP_PAUSE: Duration = Duration::from_millis(5);
/// What another machine says is shown as far as it is plain text.
const SAID_CHARS_MAX: usize = 200;

impl Fault {
    pub fn new(code: &'static str, said: impl ToString) -> Fault {
        let said = said.to_string();
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        Fault {
            code,
            said: said.chars().map(plain).take(SAID_CHARS_MAX).collect(),
        }
    }
}

/// A bundle on its way.
pub struct Parcel<'p> {
    pub store: &'p Store,
    pub export: Id,
    pub channel: Id,
    pub day: u32,
    pub blob: Id,
    pub bytes: u64,
    pub sha256: Hash,
    pub now_ms: u64,
}

impl Parcel<'_> {
    /// The same for the same order, whenever it is tried: year, month, day, and a name that no other order has.
    pub fn path(&self) -> (String, String) {
        let date = date(self.day);
        let name = format!("channel-{}-{date}-{}.zip", self.channel, self.export);
        (date.replace('-', "/"), name)
    }

    pub fn hash(&self) -> String {
        hex(&self.sha256.0)
    }

    pub fn reader(&self) -> Result<BlobReader, Fault> {
        self.part(0)
    }

    pub fn part(&self, from: u64) -> Result<BlobReader, Fault> {
        let read = self.store.blob_read(self.blob, from..self.bytes);
        read.map_err(|error| Fault::new("unbuilt", error))
    }

    fn arrived(&self, locked_until: Option<u64>) -> Arrived {
        Arrived {
            bytes: self.bytes,
            sha256: self.sha256,
            pieces: 1,
            locked_until,
        }
    }
}

/// The UTC day as people write it.
pub fn date(day: u32) -> String {
    let at = jiff::Timestamp::from_second(i64::from(day) * 86_400);
    at.map_or_else(
        |_| day.to_string(),
        |at| at.strftime("%Y-%m-%d").to_string(),
    )
}

/// As much of what is left as fits.
fn fill(from: &mut impl Read, block: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match from.read(rest)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// Somewhere that takes parcels.
enum Taker {
    Directory(directory::Directory),
    Mail(mail::Mail),
    Store(store::Bucket),
}

impl Taker {
    fn new(to: &Destination, runtime: &tokio::runtime::Handle) -> Taker {
        match to.kind {
            Kind::Directory => Taker::Directory(directory::Directory::new(to)),
            Kind::Smtp => Taker::Mail(mail::Mail::new(to)),
            Kind::S3 => Taker::Store(store::Bucket::new(to, runtime.clone())),
        }
    }

    fn take(&mut self, parcel: &Parcel<'_>) -> Result<Arrived, Fault> {
        match self {
            Taker::Directory(directory) => directory.take(parcel),
            Taker::Mail(mail) => mail.take(parcel),
            Taker::Store(bucket) => bucket.take(parcel),
        }
    }
}

/// What is known of each destination since the start, by its name.
pub type Statuses = Arc<Mutex<BTreeMap<String, Down>>>;

/// The threads, until they are stopped.
pub struct Archives {
    stops: Vec<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
    pub downs: Statuses,
}

impl Archives {
    /// Within a runtime: what is called over HTTP runs there.
    pub fn start(
        views: &Arc<Views>,
        door: &Door,
        clock: &Clock,
        config: &config::Archive,
        downs: Statuses,
    ) -> io::Result<Archives> {
        let runtime = tokio::runtime::Handle::current();
        let (mut stops, mut threads) = (Vec::new(), Vec::new());
        for to in &config.to {
            let (stop, stopped) = channel();
            let taker = Taker::new(to, &runtime);
            let mut carrier = carry::Carrier::new(
                to.name.clone(),
                config.delay_ms(),
                taker,
                (Arc::clone(views), door.clone(), clock.clone()),
                Arc::clone(&downs),
            );
            let thread = std::thread::Builder::new()
                .name(format!("archive-{}", to.name))
                .spawn(move || carrier.run(&stopped))?;
            stops.push(stop);
            threads.push(thread);
        }
        Ok(Archives {
            stops,
            threads,
            downs,
        })
    }

    /// Blocks until nothing is on its way any more; not for a destination that does not answer. What it was given and
    /// is not on record goes again at the next start, under the same name.
    pub fn stop(self) {
        drop(self.stops);
        let until = Instant::now() + STOP_PATIENCE;
        for thread in self.threads {
            while !thread.is_finished() && Instant::now() < until {
                std::thread::sleep(STOP_PAUSE);
            }
            if thread.is_finished() && thread.join().is_err() {
                tracing::error!("what carries archives panicked");
            }
        }
    }
}

/// The newest delivery of any of these schedules.
pub fn newest<'d>(all: impl Iterator<Item = &'d Delivery>) -> Option<u64> {
    all.map(|delivery| delivery.at).max()
}
