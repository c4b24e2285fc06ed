//! Views: state folded from the log, kept in the engine with the position it stands for, rebuilt when in doubt.
//! They are never the truth: whatever they say can be had again from the log.

use std::sync::Arc;

use crate::bytes::{Fields, Put};
use crate::engine::{BATCH_KEYS_MAX, Change, Engine};
use crate::error::Error;
use crate::files::Place;
use crate::journal::Journal;
use crate::record::Record;
use crate::store::{Progress, Store};
use crate::{Position, verify};

/// State folded from the log.
///
/// The changes of one save are written in several batches, and the view's position in the last of them. After
/// a crash `apply` is therefore given records again from the saved position on: it must be idempotent.
pub trait View {
    /// The view's table in the engine.
    fn name(&self) -> &'static str;
    /// When it changes, the view is rebuilt from the log.
    fn version(&self) -> u32;
    /// Forgets everything, to be rebuilt from position 0. The table is empty already.
    fn reset(&mut self);
    /// Takes up what was saved.
    fn load(&mut self, table: &Table) -> Result<(), Error>;
    fn apply(&mut self, record: &Record) -> Result<(), Error>;
    /// Gives what changed since it was last asked. Opaque ids and positions only: what the engine holds may
    /// linger on disk, so it may never hold content.
    fn save(&mut self, changes: &mut Changes) -> Result<(), Error>;
}

/// Records applied between two saves while catching up.
const SAVE_EVERY: u64 = 50_000;
/// Records applied between two words of progress.
const TELL_EVERY: u64 = 10_000;
/// Where a table keeps its own facts; keys of the view have a 1 before them.
const FACTS_KEY: &[u8] = &[0];

pub struct Views {
    engine: Arc<Engine>,
    journal: Arc<Journal>,
}

impl Views {
    pub(crate) fn open(
        dir: &Place,
        cache_bytes: u64,
        journal: Arc<Journal>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Views, Error> {
        Ok(Views {
            engine: Arc::new(Engine::open(&dir.real(), cache_bytes, progress)?),
            journal,
        })
    }

    pub fn table(&self, name: &str) -> Table {
        Table {
            engine: self.engine.clone(),
            name: name.to_owned(),
        }
    }

    /// Loads the view and applies what the log holds beyond it; rebuilds it when its version changed or when
    /// it does not belong to this log. Gives the position it stands for: the log's end.
    pub fn catch_up(
        &self,
        store: &Store,
        view: &mut dyn View,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Position, Error> {
        let table = self.table(view.name());
        let loaded = match self.saved_position(view)? {
            // A view that cannot take up what was saved is rebuilt like one that never was.
            Some(position) => view.load(&table).ok().map(|()| position),
            None => None,
        };
        let mut position = match loaded {
            Some(position) => position,
            None => {
                self.engine.drop_tree(view.name())?;
                view.reset();
                0
            }
        };
        let mut saved = position;
        while position < store.size() {
            let total = store.size();
            for record in store.scan(position, total) {
                view.apply(&record?)?;
                position += 1;
                if position.is_multiple_of(TELL_EVERY) {
                    progress(Progress::Step {
                        what: format!("view {}", view.name()),
                        done: position,
                        total,
                    });
                }
                if position - saved >= SAVE_EVERY {
                    self.save(view, position)?;
                    saved = position;
                }
            }
        }
        if saved != position {
            self.save(view, position)?;
        }
        Ok(position)
    }

    /// Saves the view as standing for the first `position` events, and binds it to this log.
    pub fn save(&self, view: &mut dyn View, position: Position) -> Result<(), Error> {
        let facts = Facts {
            version: view.version(),
            position,
            leaf: self.leaf_before(position)?,
        };
        let mut changes = Changes::default();
        view.save(&mut changes)?;
        let mut rest = changes.list.into_iter();
        loop {
            let mut batch: Vec<Change> = rest.by_ref().take(BATCH_KEYS_MAX).collect();
            let is_last = rest.len() == 0;
            if is_last {
                batch.push((FACTS_KEY.to_vec(), Some(facts.encode())));
            }
            self.engine.apply(view.name(), batch)?;
            if is_last {
                return self.engine.flush(view.name());
            }
        }
    }

    /// The position the saved view stands for, if it is this version's and this log's.
    fn saved_position(&self, view: &dyn View) -> Result<Option<Position>, Error> {
        let saved = self.engine.get(view.name(), FACTS_KEY)?;
        let Some(facts) = saved.and_then(|bytes| Facts::parse(&bytes)) else {
            return Ok(None);
        };
        let fits = facts.version == view.version()
            && facts.position <= self.journal.size()
            && facts.leaf == self.leaf_before(facts.position)?;
        Ok(fits.then_some(facts.position))
    }

    /// The leaf that a view's position rests on, so that it is never laid over another log, a restored one say.
    fn leaf_before(&self, position: Position) -> Result<verify::Hash, Error> {
        match position.checked_sub(1) {
            Some(last) => self.journal.leaf(last),
            None => Ok([0; 32]),
        }
    }
}

struct Facts {
    version: u32,
    position: Position,
    leaf: verify::Hash,
}

impl Facts {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(44);
        bytes.put_u32(self.version);
        bytes.put_u64(self.position);
        bytes.extend_from_slice(&self.leaf);
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Facts> {
        let mut fields = Fields(bytes);
        Some(Facts {
            version: fields.u32()?,
            position: fields.u64()?,
            leaf: fields.array()?,
        })
    }
}

/// One view's saved keys and values.
#[derive(Clone)]
pub struct Table {
    engine: Arc<Engine>,
    name: String,
}

impl Table {
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.engine.get(&self.name, &inner_key(key))
    }

    /// Pairs by growing key, `from` included, `to` excluded.
    pub fn range(&self, from: &[u8], to: &[u8]) -> Entries {
        self.entries(inner_key(from), inner_key(to))
    }

    /// Pairs whose keys begin with `prefix`, by growing key.
    pub fn prefix(&self, prefix: &[u8]) -> Entries {
        let from = inner_key(prefix);
        let mut to = from.clone();
        // The least key beyond all that have the prefix; the byte 1 in front is always there to grow.
        while let Some(last) = to.pop() {
            if let Some(next) = last.checked_add(1) {
                to.push(next);
                break;
            }
        }
        self.entries(from, to)
    }

    fn entries(&self, from: Vec<u8>, to: Vec<u8>) -> Entries {
        match self.engine.range(&self.name, from, to) {
            Ok(pairs) => Entries {
                pairs: Box::new(pairs),
            },
            Err(error) => Entries {
                pairs: Box::new(std::iter::once(Err(error))),
            },
        }
    }
}

fn inner_key(key: &[u8]) -> Vec<u8> {
    let mut inner = Vec::with_capacity(key.len() + 1);
    inner.push(1);
    inner.extend_from_slice(key);
    inner
}

type Pair = Result<(Vec<u8>, Vec<u8>), Error>;

/// Pairs of a table, by growing key.
pub struct Entries {
    pairs: Box<dyn Iterator<Item = Pair> + Send>,
}

impl Iterator for Entries {
    type Item = Pair;

    fn next(&mut self) -> Option<Self::Item> {
        let pair = self.pairs.next()?;
        Some(pair.map(|(mut key, value)| {
            key.drain(..1);
            (key, value)
        }))
    }
}

/// What a view changed, in order.
#[derive(Default)]
pub struct Changes {
    list: Vec<Change>,
}

impl Changes {
    pub fn put(&mut self, key: &[u8], value: &[u8]) {
        self.list.push((inner_key(key), Some(value.to_vec())));
    }

    pub fn delete(&mut self, key: &[u8]) {
        self.list.push((inner_key(key), None));
    }
}
