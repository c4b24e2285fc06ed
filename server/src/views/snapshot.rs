//! The decision state, kept so that a start needs not read the whole log.
//!
//! Written under two alternating generations with a checksum: a crash while writing leaves the older
//! one whole. Holds no names and no text; those are read back from the log by position.

use migrations_free_store::{Changes, Error, Progress, Record, Store, Table, View};
use sha2::{Digest, Sha256};

use crate::chat::event::Event;
use crate::chat::state::State;

const NAME: &str = "state";
/// Raised with every change to the shape of `State`: the view is then rebuilt from the log.
const VERSION: u32 = 15;
const CHUNK_BYTES: usize = 64 * 1024;
const POINTER: &[u8] = b"current";

/// The state as of the log's end, with names.
pub fn open(store: &Store, progress: &mut dyn FnMut(Progress)) -> Result<State, Error> {
    let mut view = Saved {
        state: State::default(),
        encoded: None,
        generation: 0,
    };
    store.views().catch_up(store, &mut view, progress)?;
    let mut state = view.state;
    state.index();
    let (named, positions): (Vec<_>, Vec<_>) = state.named_positions().into_iter().unzip();
    for (named, record) in named.into_iter().zip(store.read_many(&positions)?) {
        if let Ok(event) = Event::read(&record) {
            state.recall(named, event.content.as_ref());
        }
    }
    Ok(state)
}

/// Encodes under the caller's lock (quick); `save` writes without it (slow).
pub fn encode(state: &State) -> Result<Encoded, postcard::Error> {
    Ok(Encoded {
        bytes: postcard::to_stdvec(state)?,
        position: state.position,
    })
}

pub struct Encoded {
    bytes: Vec<u8>,
    position: u64,
}

pub fn save(store: &Store, encoded: Encoded) -> Result<(), Error> {
    let position = encoded.position;
    let table = store.views().table(NAME);
    let current = table.get(POINTER)?.and_then(|p| p.first().copied());
    let mut view = Saved {
        state: State::default(),
        encoded: Some(encoded),
        generation: u8::from(current == Some(0)),
    };
    store.views().save(&mut view, position)
}

struct Saved {
    state: State,
    encoded: Option<Encoded>,
    generation: u8,
}

impl View for Saved {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn reset(&mut self) {
        self.state = State::default();
    }

    fn load(&mut self, table: &Table) -> Result<(), Error> {
        let Some(pointer) = table.get(POINTER)? else {
            return Ok(());
        };
        let mut bytes = Vec::new();
        if let Some((generation, rest)) = pointer.split_first()
            && let Some((sum, chunks)) = rest.split_first_chunk::<32>()
            && let Ok(chunks) = chunks.try_into().map(u32::from_be_bytes)
        {
            // A longer state of an earlier save may have left chunks beyond these.
            for entry in table.prefix(&[b'g', *generation]).take(chunks as usize) {
                bytes.extend(entry?.1);
            }
            if Sha256::digest(&bytes).as_slice() == sum
                && let Ok(state) = postcard::from_bytes::<State>(&bytes)
            {
                self.state = state;
                self.state.index();
                return Ok(());
            }
        }
        Err(Error::Views {
            why: "the saved state does not match its checksum".into(),
        })
    }

    fn apply(&mut self, record: &Record) -> Result<(), Error> {
        let event = Event::read(record).map_err(|e| Error::DamagedRecord {
            position: e.0,
            why: "its header is not an event",
        })?;
        // A save is one generation: what it already folded in is not folded again.
        if event.position >= self.state.position {
            self.state.apply(&event);
        }
        Ok(())
    }

    fn save(&mut self, changes: &mut Changes) -> Result<(), Error> {
        let encoded = match self.encoded.take() {
            Some(encoded) => encoded,
            None => encode(&self.state).map_err(|e| Error::Views { why: e.to_string() })?,
        };
        let sum: [u8; 32] = Sha256::digest(&encoded.bytes).into();
        for (index, chunk) in encoded.bytes.chunks(CHUNK_BYTES).enumerate() {
            let mut key = vec![b'g', self.generation];
            key.extend((index as u32).to_be_bytes());
            changes.put(&key, chunk);
        }
        let mut pointer = vec![self.generation];
        pointer.extend(sum);
        pointer.extend((encoded.bytes.len().div_ceil(CHUNK_BYTES) as u32).to_be_bytes());
        changes.put(POINTER, &pointer);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::proposal::{Dooms, Proposal, ProposalState, Ruling};
    use migrations_free_store::Id;

    #[test]
    fn a_rule_that_waits_and_would_destroy_nothing_yet_is_read_back_as_it_was() {
        let (mut state, id) = (State::default(), Id([7; 16]));
        let proposal = Proposal {
            channel: None,
            ruling: Ruling::default(),
            dooms: Dooms::default(),
            by: id,
            at: 1,
            lapses_at: 2,
            approval: None,
            state: ProposalState::Waiting,
            stopped_by: Some(id),
        };
        state.proposals.insert(id, proposal);
        let bytes = encode(&state).expect("it is encoded").bytes;
        let again: State = postcard::from_bytes(&bytes).expect("it is read back");
        assert_eq!(
            format!("{:?}", again.proposals),
            format!("{:?}", state.proposals)
        );
    }
}
