//! Every key that seals something, each in a slot of its own that can be zeroed where it lies.
//! No key is ever written elsewhere, and none leaves the crate except named secrets.

mod ring;
mod root;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::backup::KeyringMark;
use crate::cipher::Key;
use crate::error::Error;
use crate::files::{self, Place};
use crate::id::Id;
use crate::scope::Scope;
use ring::{Ring, Slot};
use root::Root;

/// What is known of one key.
pub(crate) enum Found {
    Live(Arc<Key>),
    Destroyed,
    /// Never made: a record that names it means that the keyring has lost slots.
    Missing,
}

/// What a key is for, in the fixed form slots use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Name {
    kind: u8,
    id: [u8; 16],
    number: u32,
}

const SECRET: u8 = 16;

impl Name {
    fn of(scope: &Scope) -> Name {
        let (kind, id, number) = scope.to_parts();
        Name {
            kind,
            id: id.0,
            number,
        }
    }

    fn of_secret(name: &str) -> Name {
        let digest = Sha256::new()
            .chain_update(b"daylight/secret/name")
            .chain_update(name)
            .finalize();
        let mut id = [0; 16];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Name {
            kind: SECRET,
            id,
            number: 0,
        }
    }
}

pub(crate) struct Keyring {
    dir: Place,
    state: RwLock<State>,
}

/// A slot's number, and its key unless that is destroyed.
type Kept = (u32, Option<Arc<Key>>);

struct State {
    root: Root,
    ring: Ring,
    /// Slot numbers and keys by name; the index in the list is the key's generation.
    keys: HashMap<Name, Vec<Kept>>,
}

impl Keyring {
    /// Opens `dir`, or makes it when `may_create`: only a log without events may lack its keyring.
    pub fn open(dir: &Place, may_create: bool) -> Result<Keyring, Error> {
        files::make_dir(dir)?;
        let root_path = dir.join("root");
        let root = match Root::read(&root_path)? {
            Some(root) => root,
            None if may_create => {
                let root = Root::first();
                Ring::create(dir, &root, &[])?;
                root.create(&root_path)?;
                root
            }
            None => {
                return Err(Error::WrongKey {
                    why: "the root key file is missing",
                });
            }
        };
        // Whoever wrote them may not have come to their sync, or it failed: before anything rests on this pair, and
        // before the old one goes, it is put on disk.
        root.write(&root_path)?;
        files::sync_dir(dir)?;
        let keyring = Self::load(dir, root, true)?;
        let state = keyring.state.write();
        state.ring.write_again()?;
        // A crash in a change of root leaves the old root or an unfinished ring behind: finish or drop them.
        state.root.forget_others(&root_path)?;
        Ring::wipe_others(dir, state.root.epoch)?;
        drop(state);
        Ok(keyring)
    }

    /// Reads the keyring and changes nothing.
    pub fn open_read_only(dir: &Place) -> Result<Keyring, Error> {
        match Root::read(&dir.join("root"))? {
            Some(root) => Self::load(dir, root, false),
            None => Err(Error::WrongKey {
                why: "the root key file is missing",
            }),
        }
    }

    fn load(dir: &Place, root: Root, writable: bool) -> Result<Keyring, Error> {
        let (ring, slots) = Ring::open(dir, &root, writable)?;
        let mut keys: HashMap<Name, Vec<_>> = HashMap::with_capacity(slots.len());
        for (number, slot) in slots {
            let generations = keys.entry(slot.name).or_default();
            if generations.len() != usize::from(slot.generation) {
                return Err(ring.damaged(number, "a key's generations are out of order"));
            }
            generations.push((number, slot.key.map(Arc::new)));
        }
        Ok(Keyring {
            dir: dir.clone(),
            state: RwLock::new(State { root, ring, keys }),
        })
    }

    pub fn find(&self, scope: &Scope, generation: u16) -> Found {
        let state = self.state.read();
        match state
            .keys
            .get(&Name::of(scope))
            .and_then(|all| all.get(usize::from(generation)))
        {
            Some((_, Some(key))) => Found::Live(key.clone()),
            Some((_, None)) => Found::Destroyed,
            None => Found::Missing,
        }
    }

    /// True when something sealed under the scope now can be read later.
    pub fn is_alive(&self, scope: &Scope) -> bool {
        let state = self.state.read();
        state
            .keys
            .get(&Name::of(scope))
            .and_then(|all| all.last())
            .is_some_and(|(_, key)| key.is_some())
    }

    /// True when any generation of the scope's key below the given one can still be used.
    pub fn has_living(&self, scope: &Scope, below: u16) -> bool {
        let state = self.state.read();
        let generations = state.keys.get(&Name::of(scope)).into_iter().flatten();
        let mut old = generations.take(usize::from(below));
        old.any(|(_, key)| key.is_some())
    }

    /// False when the scope is destroyed: nothing can be sealed under it any more.
    pub fn can_seal(&self, scope: &Scope) -> bool {
        let state = self.state.read();
        let newest = state.keys.get(&Name::of(scope)).and_then(|all| all.last());
        newest.is_none_or(|(_, key)| key.is_some())
    }

    /// The newest generation of the scope's key; 0 when it has none yet.
    pub fn generation(&self, scope: &Scope) -> u16 {
        let state = self.state.read();
        let count = state.keys.get(&Name::of(scope)).map_or(0, Vec::len);
        count.saturating_sub(1) as u16
    }

    /// The newest key of the scope, made now if the scope never had one. Only [`Keyring::sync`] makes it
    /// durable. A destroyed scope stays destroyed: `Forgotten`.
    pub fn for_sealing(&self, scope: &Scope) -> Result<(u16, Arc<Key>), Error> {
        self.newest_or_new(Name::of(scope))
    }

    fn newest_or_new(&self, name: Name) -> Result<(u16, Arc<Key>), Error> {
        let known = newest(&self.state.read(), name);
        if let Some(found) = known {
            return found;
        }
        let mut state = self.state.write();
        match newest(&state, name) {
            Some(found) => found,
            None => state.add(&self.dir, name),
        }
    }

    /// A fresh generation of the scope's key, beside the old ones; not durable before [`Keyring::sync`].
    pub fn renew(&self, scope: &Scope) -> Result<u16, Error> {
        let added = self.state.write().add(&self.dir, Name::of(scope));
        added.map(|(generation, _)| generation)
    }

    /// Puts every key made so far on disk. Cheap when none is new.
    pub fn sync(&self) -> Result<(), Error> {
        if self.state.read().ring.is_synced() {
            return Ok(());
        }
        self.state.write().ring.sync()
    }

    /// A random secret by name, made and put on disk at its first use.
    pub fn secret(&self, name: &str) -> Result<[u8; 32], Error> {
        let (_, key) = self.newest_or_new(Name::of_secret(name))?;
        self.sync()?;
        Ok(*key.bytes())
    }

    /// The secret, if it was ever made.
    pub fn known_secret(&self, name: &str) -> Option<[u8; 32]> {
        let (_, key) = newest(&self.state.read(), Name::of_secret(name))?.ok()?;
        Some(*key.bytes())
    }

    /// The scopes of which any key was ever destroyed.
    pub fn destroyed(&self) -> Vec<Scope> {
        let state = self.state.read();
        let dead = state
            .keys
            .iter()
            .filter(|(_, all)| all.iter().any(|(_, key)| key.is_none()));
        dead.filter_map(|(name, _)| Scope::from_parts(name.kind, Id(name.id), name.number))
            .collect()
    }

    /// How far it is.
    pub fn mark(&self) -> KeyringMark {
        mark_of(&self.state.read())
    }

    /// Its files as they are on disk, by name, all of one moment.
    pub fn files(&self) -> Result<(KeyringMark, Vec<(String, Zeroizing<Vec<u8>>)>), Error> {
        let state = self.state.read();
        let root = self.dir.join("root");
        let mut found = Vec::new();
        for path in state.ring.places().chain([&root]) {
            let bytes = files::read(path)?.ok_or(Error::NotFound)?;
            found.push((path.name().to_owned(), Zeroizing::new(bytes)));
        }
        Ok((mark_of(&state), found))
    }

    /// Destroys every generation of these scopes below the given one: zeroes their slots in place, syncs,
    /// reads back, then puts all other keys under a fresh root. A scope that never had a key gets a slot
    /// that says destroyed, so that none is made later.
    pub fn destroy(&self, scopes: &[(Scope, u16)]) -> Result<(), Error> {
        let mut state = self.state.write();
        let mut zeroed = Vec::new();
        for (scope, below) in scopes {
            let name = Name::of(scope);
            if !state.keys.contains_key(&name) {
                state.add(&self.dir, name)?;
            }
            let generations = state.keys.get(&name).into_iter().flatten();
            // A slot already zeroed is zeroed again: an earlier try may have stopped before its sync.
            for (generation, (number, _)) in generations.take(usize::from(*below)).enumerate() {
                zeroed.push((
                    *number,
                    Slot {
                        name,
                        generation: generation as u16,
                        key: None,
                    },
                ));
            }
        }
        state.ring.sync()?;
        state.ring.destroy(&zeroed)?;
        for (_, slot) in &zeroed {
            let generation = usize::from(slot.generation);
            if let Some((_, key)) = state
                .keys
                .get_mut(&slot.name)
                .and_then(|all| all.get_mut(generation))
            {
                *key = None;
            }
        }
        state.change_root(&self.dir, Steps::ALL)
    }

    /// Keys alive on disk, read anew, for proving a destruction.
    pub fn reread(&self) -> Result<Keyring, Error> {
        Self::open_read_only(&self.dir)
    }
}

fn mark_of(state: &State) -> KeyringMark {
    KeyringMark {
        epoch: state.root.epoch,
        slots: u64::from(state.ring.slots()),
    }
}

/// Reads a slot of any bytes, as the ring's and as the root's; for tests of what damage may do.
pub(crate) fn look_at(bytes: &[u8]) {
    ring::look_at(bytes);
    root::look_at(bytes);
}

fn newest(state: &State, name: Name) -> Option<Result<(u16, Arc<Key>), Error>> {
    let generations = state.keys.get(&name)?;
    let (_, key) = generations.last()?;
    Some(match key {
        Some(key) => Ok(((generations.len() - 1) as u16, key.clone())),
        None => Err(Error::Forgotten),
    })
}

/// How far a change of root goes; less than all stands for a crash in between.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Steps(u8);

impl Steps {
    #[cfg(test)]
    const RING_WRITTEN: Steps = Steps(1);
    const ROOT_WRITTEN: Steps = Steps(2);
    const OLD_ROOT_ZEROED: Steps = Steps(3);
    const ALL: Steps = Steps(4);
}

impl State {
    fn add(&mut self, dir: &Place, name: Name) -> Result<(u16, Arc<Key>), Error> {
        let made = self.keys.get(&name).map_or(0, Vec::len);
        let generation = u16::try_from(made).map_err(|_| Error::TooLarge {
            what: "a key's generations",
            limit: u64::from(u16::MAX),
        })?;
        let slot = Slot {
            name,
            generation,
            key: Some(Key::random()),
        };
        let number = self.ring.append(dir, &self.root, &slot)?;
        let key = Arc::new(slot.key.unwrap_or_else(Key::random));
        let generations = self.keys.entry(name).or_default();
        generations.push((number, Some(key.clone())));
        Ok((generation, key))
    }

    /// New ring, new root, then the old root and the old ring are zeroed. A crash before the new root is on
    /// disk leaves the old pair whole; after it, the new pair is whole and opening finishes the zeroing.
    fn change_root(&mut self, dir: &Place, until: Steps) -> Result<(), Error> {
        let mut slots: Vec<(u32, Slot)> = Vec::new();
        for (name, generations) in &self.keys {
            for (generation, (number, key)) in generations.iter().enumerate() {
                let key = key.as_deref().cloned();
                slots.push((
                    *number,
                    Slot {
                        name: *name,
                        generation: generation as u16,
                        key,
                    },
                ));
            }
        }
        slots.sort_by_key(|(number, _)| *number);
        let slots: Vec<Slot> = slots.into_iter().map(|(_, slot)| slot).collect();
        let root = self.root.next();
        let ring = Ring::create(dir, &root, &slots)?;
        if until < Steps::ROOT_WRITTEN {
            return Ok(());
        }
        let root_path = dir.join("root");
        root.write(&root_path)?;
        if until < Steps::OLD_ROOT_ZEROED {
            return Ok(());
        }
        root.forget_others(&root_path)?;
        if until < Steps::ALL {
            return Ok(());
        }
        Ring::wipe_others(dir, root.epoch)?;
        self.root = root;
        self.ring = ring;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    fn on_disk(dir: &tempfile::TempDir) -> Place {
        Place::on_system(dir.path())
    }

    fn person(n: u8) -> Scope {
        Scope::Person(Id([n; 16]))
    }

    fn key_of(keyring: &Keyring, scope: &Scope) -> Option<[u8; 32]> {
        match keyring.find(scope, 0) {
            Found::Live(key) => Some(*key.bytes()),
            _ => None,
        }
    }

    #[test]
    fn a_change_of_root_cut_short_at_any_step_keeps_every_living_key_and_no_dead_one() {
        for until in [
            Steps::RING_WRITTEN,
            Steps::ROOT_WRITTEN,
            Steps::OLD_ROOT_ZEROED,
            Steps::ALL,
        ] {
            let dir = tempfile::tempdir().expect("a folder");
            let keyring = Keyring::open(&on_disk(&dir), true).expect("made");
            for n in 0..5 {
                keyring.for_sealing(&person(n)).expect("a key");
            }
            keyring.sync().expect("synced");
            keyring
                .destroy(&[(person(1), u16::MAX)])
                .expect("destroyed");
            let kept = [0, 2, 3, 4].map(|n| key_of(&keyring, &person(n)));
            keyring
                .state
                .write()
                .change_root(&on_disk(&dir), until)
                .expect("changed");
            drop(keyring);
            for _ in 0..2 {
                let again = Keyring::open(&on_disk(&dir), false).expect("opens");
                assert_eq!([0, 2, 3, 4].map(|n| key_of(&again, &person(n))), kept);
                assert!(matches!(again.find(&person(1), 0), Found::Destroyed));
                assert!(matches!(
                    again.for_sealing(&person(1)),
                    Err(Error::Forgotten)
                ));
            }
            let rings = files::list(&on_disk(&dir)).expect("listed");
            assert_eq!(rings.len(), 2, "one root, one ring: {rings:?}");
        }
    }

    #[test]
    fn a_destroyed_key_is_zeros_where_it_lay_before_anything_else_changes() {
        let dir = tempfile::tempdir().expect("a folder");
        let place = Place::on_system(dir.path());
        let keyring = Keyring::open(&place, true).expect("made");
        keyring.for_sealing(&person(1)).expect("a key");
        keyring.sync().expect("synced");
        let slot = |path: &std::path::Path| {
            let bytes = std::fs::read(path).expect("read");
            bytes[4096 + 24..4096 + 124].to_vec()
        };
        let ring = dir.path().join("ring-00000001-0000.keys");
        assert!(slot(&ring).iter().any(|byte| *byte != 0));
        let dead = Slot {
            name: Name::of(&person(1)),
            generation: 0,
            key: None,
        };
        let mut state = keyring.state.write();
        state.ring.destroy(&[(0, dead)]).expect("destroyed");
        assert!(slot(&ring).iter().all(|byte| *byte == 0));
    }

    #[test]
    fn more_keys_than_a_file_holds_are_all_found_again() {
        let dir = tempfile::tempdir().expect("a folder");
        let keyring = Keyring::open(&on_disk(&dir), true).expect("made");
        let scopes: Vec<Scope> = (0..2500).map(|month| Scope::Audit { month }).collect();
        let made: Vec<_> = scopes
            .iter()
            .map(|s| *keyring.for_sealing(s).expect("key").1.bytes())
            .collect();
        keyring.sync().expect("synced");
        let before = Keyring::open(&on_disk(&dir), false).expect("opens");
        keyring
            .destroy(&[(scopes[7], u16::MAX)])
            .expect("destroyed");
        let after = Keyring::open(&on_disk(&dir), false).expect("opens");
        for (n, scope) in scopes.iter().enumerate() {
            assert_eq!(key_of(&before, scope), Some(made[n]));
            assert_eq!(key_of(&after, scope), (n != 7).then_some(made[n]));
        }
        for missing in ["ring-00000002-0002.keys", "ring-00000002-0000.keys"] {
            let path = dir.path().join(missing);
            let bytes = std::fs::read(&path).expect("read");
            std::fs::remove_file(&path).expect("removed");
            assert!(matches!(
                Keyring::open(&on_disk(&dir), false),
                Err(Error::Damaged { .. })
            ));
            for length in [0, 100, 4096, bytes.len() - 1] {
                std::fs::write(&path, &bytes[..length]).expect("written");
                assert!(matches!(
                    Keyring::open(&on_disk(&dir), false),
                    Err(Error::Damaged { .. })
                ));
            }
            std::fs::write(&path, &bytes).expect("written");
        }
        assert!(Keyring::open(&on_disk(&dir), false).is_ok());
    }

    #[test]
    fn a_lost_or_foreign_root_is_an_error_and_never_a_new_keyring() {
        let (dir, other) = (
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        );
        Keyring::open(&on_disk(&dir), true)
            .expect("made")
            .secret("a")
            .expect("a secret");
        Keyring::open(&on_disk(&other), true).expect("made");
        std::fs::copy(other.path().join("root"), dir.path().join("root")).expect("copied");
        assert!(matches!(
            Keyring::open(&on_disk(&dir), false),
            Err(Error::WrongKey { .. })
        ));
        std::fs::remove_file(dir.path().join("root")).expect("removed");
        assert!(matches!(
            Keyring::open(&on_disk(&dir), false),
            Err(Error::WrongKey { .. })
        ));
    }
}
