//! Forgetting, and keeping what must outlive it: reseal, destroy keys, drop what they sealed. It knows no policy, only
//! scopes.
//!
//! A destruction of some records of a scope is three steps: [`Writer::renew`] the key, [`Store::reseal`] the others
//! under the fresh generation, [`Writer::destroy_keys`] of the old. Each may be done again after a crash.

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use crate::Position;
use crate::cipher::Key;
use crate::error::Error;
use crate::files::{self, Place};
use crate::id::Id;
use crate::keyring::Keyring;
use crate::record::{self, Part, Raw, Routing};
use crate::scope::Scope;
use crate::store::{Inner, Store};
use crate::writer::Writer;

/// What a scope's destruction would forget. A record whose author's key is mixed in counts with both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Totals {
    /// Records of which the content, or for an audit month the header, would be forgotten.
    pub records: u64,
    /// Files, finished or not.
    pub blobs: u64,
    pub parts: u64,
    /// Bytes of records as they were before sealing, and of blobs and parts as they lie on disk.
    pub bytes: u64,
}

/// What stands in clear of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clear {
    pub position: Position,
    pub at_ms: u64,
    /// What its content is sealed under, and by which generation of the scope's key.
    pub scope: Scope,
    pub generation: u16,
    pub author: Option<Id>,
    pub place: Option<(Id, u64)>,
}

impl Store {
    /// Counts what [`Writer::destroy`] would forget, of what is committed; nothing of a scope that is destroyed.
    pub fn scope_totals(&self, scope: Scope) -> Result<Totals, Error> {
        let inner = &self.inner;
        let (records, record_bytes) = if inner.keyring.is_alive(&scope) {
            inner.journal.scope_totals(&scope)?
        } else {
            (0, 0)
        };
        let (blobs, blob_bytes) = inner.blobs.totals(&scope)?;
        let (parts, part_bytes) = inner.parts.totals(&scope)?;
        Ok(Totals {
            records,
            blobs,
            parts,
            bytes: record_bytes + blob_bytes + part_bytes,
        })
    }

    /// Gives the clear part of every record that is sealed under the scope, in log order. None is opened.
    pub fn scan_scope(&self, scope: Scope, each: &mut dyn FnMut(Clear)) -> Result<(), Error> {
        let journal = &self.inner.journal;
        for positions in journal.scope_by_segment(&scope)? {
            journal.read(&positions, &mut |position, raw| {
                let routing = &raw.routing;
                each(Clear {
                    position,
                    at_ms: routing.at_ms,
                    scope: routing.scope,
                    generation: routing.generation,
                    author: routing.author,
                    place: routing.place,
                });
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The newest generation of the scope's key: what is sealed now is sealed under it.
    pub fn generation(&self, scope: Scope) -> u16 {
        self.inner.keyring.generation(&scope)
    }

    /// Seals the content of these records anew under the newest key of `to`, as if it had been said there. Leaves,
    /// proofs and positions stay as they are. Gives how many were resealed: a record without content, already
    /// forgotten, or already so sealed is passed over. Idempotent, and on disk when it returns. Each segment touched is
    /// written anew, in one step: call it once for many records.
    pub fn reseal(&self, positions: &[Position], to: Scope) -> Result<u64, Error> {
        let inner = &self.inner;
        let (generation, key) = inner.keyring.for_sealing(&to)?;
        inner.keyring.sync()?;
        let mut wanted: Vec<Position> = positions.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.last().is_some_and(|last| *last >= self.size()) {
            return Err(Error::NotFound);
        }
        let resealing = Resealing {
            keyring: &inner.keyring,
            to,
            generation,
            key: &key,
        };
        let mut resealed = 0;
        let mut rest = wanted.as_slice();
        while let Some(first) = rest.first().copied() {
            let end = inner.journal.segment_end(first).ok_or(Error::NotFound)?;
            let (here, later) = rest.split_at(rest.partition_point(|position| *position < end));
            rest = later;
            let mut touched = false;
            inner.journal.read(here, &mut |_, raw| {
                if resealing.applies(raw) {
                    touched = true;
                    // Made now if it never was: a key is on disk before what it seals. A dead one is met below.
                    let author = resealing.author(&raw.routing);
                    let _key = author.map(|author| inner.keyring.for_sealing(&author));
                }
                Ok(())
            })?;
            if !touched {
                continue;
            }
            inner.keyring.sync()?;
            // Whatever fails inside, the old file stays in its place.
            inner
                .journal
                .rewrite(&inner.tail, first, &mut |position, bytes, raw, out| {
                    if here.binary_search(&position).is_ok() && resealing.applies(raw) {
                        resealed += u64::from(resealing.append(position, bytes, raw, out)?);
                    } else {
                        out.extend_from_slice(bytes);
                    }
                    Ok(())
                })?;
        }
        Ok(resealed)
    }

    /// Writes every segment anew that holds sealed bytes of destroyed keys, without them. Leaves, proofs and positions
    /// stay. Gives how many records became shorter. After a crash, or when it failed, call it again: what is to be
    /// dropped is kept on disk until it is.
    pub fn drop_forgotten(&self) -> Result<u64, Error> {
        let inner = &self.inner;
        let scopes = {
            let mut added = inner.dropping.lock();
            added.clear();
            Dropping::read(inner)?.scopes
        };
        let (mut dropped, mut failed) = (0, None);
        for scope in &scopes {
            for positions in inner.journal.scope_by_segment(scope)? {
                // One segment that cannot be read leaves the others to be done.
                match drop_parts(inner, &positions) {
                    Ok(count) => dropped += count,
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        if !scopes.is_empty() {
            let added = inner.dropping.lock();
            let mut dropping = Dropping::read(inner)?;
            let is_done = |scope: &Scope| scopes.contains(scope) && !added.contains(scope);
            dropping.scopes.retain(|scope| !is_done(scope));
            dropping.write()?;
        }
        Ok(dropped)
    }

    /// [`Store::drop_forgotten`] of everything that was ever destroyed: for a log that is older than its keyring.
    pub(crate) fn drop_whatever_is_forgotten(&self) -> Result<u64, Error> {
        let inner = &self.inner;
        {
            let _alone = inner.dropping.lock();
            let mut dropping = Dropping::read(inner)?;
            dropping.scopes.extend(inner.keyring.destroyed());
            dropping.write()?;
        }
        self.drop_forgotten()
    }
}

/// Drops what nobody can open any more from the segment that holds these records, if there is anything.
fn drop_parts(inner: &Inner, positions: &[Position]) -> Result<u64, Error> {
    let Some(first) = positions.first() else {
        return Ok(0);
    };
    let mut dropped = 0;
    inner.journal.read(positions, &mut |position, raw| {
        let (header, content) = record::forgotten_parts(raw, position, &inner.keyring)?;
        dropped += u64::from(header || content);
        Ok(())
    })?;
    if dropped == 0 {
        return Ok(0);
    }
    let mut count = 0;
    inner
        .journal
        .rewrite(&inner.tail, *first, &mut |position, bytes, raw, out| {
            let (header, content) = record::forgotten_parts(raw, position, &inner.keyring)?;
            if header || content {
                record::encode_dropped(raw, header, content, out);
                count += 1;
            } else {
                out.extend_from_slice(bytes);
            }
            Ok(())
        })?;
    Ok(count)
}

/// The scopes whose sealed bytes are still to be dropped: one text form a line in `log/dropping`.
struct Dropping {
    place: Place,
    scopes: BTreeSet<Scope>,
}

impl Dropping {
    fn read(inner: &Inner) -> Result<Dropping, Error> {
        let place = inner.journal.dir.join("dropping");
        let bytes = files::read(&place)?.unwrap_or_default();
        let damaged = || Error::damaged(&place, 0, "it is not a list of scopes");
        let scopes = String::from_utf8_lossy(&bytes)
            .lines()
            .map(|line| line.parse().map_err(|_| damaged()))
            .collect::<Result<_, Error>>()?;
        Ok(Dropping { place, scopes })
    }

    fn write(&self) -> Result<(), Error> {
        if self.scopes.is_empty() {
            files::remove(&self.place)?;
            return Ok(());
        }
        let lines: Vec<String> = self
            .scopes
            .iter()
            .map(|scope| format!("{scope}\n"))
            .collect();
        files::replace_durably(&self.place, lines.concat().as_bytes())
    }
}

impl Writer {
    /// A fresh generation of a living scope's key, on disk when it returns: what is pushed from now on is sealed
    /// under it. What is pushed already is committed first. `Refused` for a person and for a month: what they seal
    /// beside a scope does not say its generation, so they have only one.
    pub fn renew(&mut self, scope: Scope) -> Result<u16, Error> {
        if matches!(scope, Scope::Person(_) | Scope::Audit { .. }) {
            return Err(Error::Refused {
                why: "the key of a person or of a month is never renewed",
            });
        }
        self.commit()?;
        let keyring = &self.store.inner.keyring;
        if !keyring.is_alive(&scope) {
            return Err(Error::Forgotten);
        }
        let generation = keyring.renew(&scope)?;
        keyring.sync()?;
        Ok(generation)
    }

    /// Destroys these scopes for ever; see [`Writer::destroy_keys`]. Gives what was forgotten now; what was forgotten
    /// before is not counted again.
    pub fn destroy(&mut self, scopes: &[Scope]) -> Result<Totals, Error> {
        self.commit()?;
        let distinct: BTreeSet<Scope> = scopes.iter().copied().collect();
        let mut destroyed = Totals::default();
        for scope in &distinct {
            let totals = self.store.scope_totals(*scope)?;
            destroyed.records += totals.records;
            destroyed.blobs += totals.blobs;
            destroyed.parts += totals.parts;
            destroyed.bytes += totals.bytes;
        }
        let keys: Vec<_> = distinct.iter().map(|scope| (*scope, u16::MAX)).collect();
        self.destroy_keys(&keys, &[])?;
        Ok(destroyed)
    }

    /// Destroys every generation of the scopes' keys below the given one: zeroes their slots in place, reads back,
    /// puts every other key under a fresh root. With `u16::MAX` the scope is destroyed for ever, and its blobs are
    /// unlinked; else it lives on, and only `blobs` are. Parts go in both cases, since they may tell of what is
    /// forgotten: make them anew. Proves that nothing of it opens any more. What is pushed is committed first.
    /// Idempotent: after a crash at any point, call it again. The sealed bytes are left to [`Store::drop_forgotten`].
    pub fn destroy_keys(&mut self, keys: &[(Scope, u16)], blobs: &[Id]) -> Result<(), Error> {
        self.commit()?;
        let inner = &self.store.inner;
        {
            // Held until the keys are gone, or a drop in between would find nothing to do and take them off the list.
            let mut added = inner.dropping.lock();
            let mut dropping = Dropping::read(inner)?;
            dropping.scopes.extend(keys.iter().map(|(scope, _)| *scope));
            dropping.write()?;
            added.extend(keys.iter().map(|(scope, _)| *scope));
            inner.keyring.destroy(keys)?;
        }
        for id in blobs {
            self.store.blob_delete(*id)?;
        }
        for (scope, below) in keys {
            if *below == u16::MAX {
                inner.blobs.remove_all(scope)?;
            }
            inner.parts.remove_all(scope)?;
        }
        let on_disk = inner.keyring.reread()?;
        for (scope, below) in keys {
            self.prove_forgotten(scope, *below, &on_disk)?;
        }
        Ok(())
    }

    /// Reads the keyring anew from disk, and tries to open records of the scope with it.
    fn prove_forgotten(&self, scope: &Scope, below: u16, on_disk: &Keyring) -> Result<(), Error> {
        const RECORDS_TRIED: usize = 16;
        if on_disk.has_living(scope, below) {
            return Err(Error::WrongKey {
                why: "a destroyed scope still has a key on disk",
            });
        }
        let is_audit = matches!(scope, Scope::Audit { .. });
        let journal = &self.store.inner.journal;
        // Of a scope that lives on, those that are forgotten stand among the others.
        let limit = if below == u16::MAX {
            RECORDS_TRIED
        } else {
            usize::MAX
        };
        for positions in journal.scope_some(scope, limit)? {
            let read = journal.read(&positions, &mut |position, raw| {
                if raw.routing.scope == *scope && raw.routing.generation >= below {
                    return Ok(());
                }
                // What cannot be read at all does not open either; whoever reads it is told.
                let Ok(record) = record::open_record(raw, position, on_disk) else {
                    return Ok(());
                };
                let part = if is_audit {
                    Some(&record.header)
                } else {
                    record.content.as_ref()
                };
                match part {
                    Some(Part::Bytes(_)) => Err(Error::DamagedRecord {
                        position,
                        why: "a forgotten part still opens",
                    }),
                    _ => Ok(()),
                }
            });
            match read {
                Ok(()) | Err(Error::Damaged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

struct Resealing<'a> {
    keyring: &'a Keyring,
    to: Scope,
    generation: u16,
    key: &'a Key,
}

impl Resealing<'_> {
    /// Whose key is mixed in.
    fn author(&self, routing: &Routing) -> Option<Scope> {
        let author = routing.author.filter(|_| self.to.mixes_author());
        author.map(Scope::Person)
    }

    fn applies(&self, raw: &Raw<'_>) -> bool {
        let routing = &raw.routing;
        routing.has_content
            && !routing.content_dropped
            && (routing.scope, routing.generation, routing.author_seals)
                != (self.to, self.generation, self.author(routing).is_some())
    }

    /// True when the record had content left to seal anew; else it is appended as it was.
    fn append(
        &self,
        position: Position,
        bytes: &[u8],
        raw: &Raw<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, Error> {
        let Some((salt, content)) = record::open_content(raw, position, self.keyring)? else {
            out.extend_from_slice(bytes);
            return Ok(false);
        };
        let content = Zeroizing::new(content);
        let mut routing = raw.routing;
        routing.scope = self.to;
        routing.generation = self.generation;
        let author = self.author(&routing);
        routing.author_seals = author.is_some();
        let person = match author {
            Some(person) => Some(self.keyring.for_sealing(&person)?.1),
            None => None,
        };
        let cipher = record::content_cipher(self.key, person.as_deref(), position);
        record::encode_resealed(raw, &routing, position, &cipher, &salt, &content, out);
        Ok(true)
    }
}
