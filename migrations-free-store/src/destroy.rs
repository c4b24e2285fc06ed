//! Forgetting, and keeping what must outlive it: plan, reseal, redact, destroy. It knows no policy, only scopes.

use std::collections::HashSet;

use zeroize::Zeroizing;

use crate::Position;
use crate::cipher::Key;
use crate::error::Error;
use crate::id::Id;
use crate::keyring::Keyring;
use crate::record::{self, Part, Raw};
use crate::scope::Scope;
use crate::writer::Writer;

/// What the destruction of one scope would forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopePlan {
    pub scope: Scope,
    /// Records of which the content, or for an audit month the header, would be forgotten.
    pub records: u64,
    /// Files, finished or not.
    pub blobs: u64,
    pub parts: u64,
    /// Bytes of records as they were before sealing, and of blobs and parts as they lie on disk.
    pub bytes: u64,
}

/// What a destruction would forget, scope by scope. A record in two of the scopes stands in both rows.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Plan {
    pub scopes: Vec<ScopePlan>,
}

/// What a destruction forgot. What was forgotten before is not counted again.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Destroyed {
    /// Scopes whose key existed until now.
    pub scopes: u64,
    pub records: u64,
    pub blobs: u64,
    pub parts: u64,
    pub bytes: u64,
}

impl Writer {
    /// Counts what [`Writer::destroy`] would forget, of what is committed. Nothing is counted of the records of
    /// a scope that is destroyed already.
    pub fn destroy_plan(&self, scopes: &[Scope]) -> Result<Plan, Error> {
        let inner = &self.store.inner;
        let mut plan = Plan::default();
        for scope in distinct(scopes) {
            let alive = inner.keyring.is_alive(&scope);
            let (records, bytes) = if alive {
                inner.journal.scope_totals(&scope)?
            } else {
                (0, 0)
            };
            let (blobs, blob_bytes) = inner.blobs.totals(&scope)?;
            let (parts, part_bytes) = inner.parts.totals(&scope)?;
            plan.scopes.push(ScopePlan {
                scope,
                records,
                blobs,
                parts,
                bytes: bytes + blob_bytes + part_bytes,
            });
        }
        Ok(plan)
    }

    /// Destroys the scopes' keys for ever: zeroes their slots in place, reads back, puts every other key under a
    /// fresh root; unlinks the scopes' blobs and parts; proves that nothing of them opens any more. What is
    /// pushed is committed first. Idempotent: after a crash at any point, call it again.
    pub fn destroy(&mut self, scopes: &[Scope]) -> Result<Destroyed, Error> {
        self.commit()?;
        let plan = self.destroy_plan(scopes)?;
        let inner = &self.store.inner;
        let every_generation: Vec<(Scope, u16)> = plan
            .scopes
            .iter()
            .map(|row| (row.scope, u16::MAX))
            .collect();
        let alive = inner.keyring.destroy(&every_generation)?;
        let mut destroyed = Destroyed {
            scopes: alive.len() as u64,
            ..Destroyed::default()
        };
        for row in &plan.scopes {
            destroyed.records += row.records;
            destroyed.bytes += row.bytes;
            destroyed.blobs += inner.blobs.remove_all(&row.scope)?;
            destroyed.parts += inner.parts.remove_all(&row.scope)?;
        }
        let on_disk = inner.keyring.reread()?;
        for row in &plan.scopes {
            self.prove_forgotten(&row.scope, &on_disk)?;
        }
        Ok(destroyed)
    }

    /// Reads the keyring anew from disk, and tries to open records of the scope with it.
    fn prove_forgotten(&self, scope: &Scope, on_disk: &Keyring) -> Result<(), Error> {
        const RECORDS_TRIED: usize = 16;
        let survived = Error::WrongKey {
            why: "a destroyed scope still has a key on disk",
        };
        if on_disk.is_alive(scope) {
            return Err(survived);
        }
        let mut positions = self.store.records_in(*scope)?;
        positions.truncate(RECORDS_TRIED);
        let is_audit = matches!(scope, Scope::Audit { .. });
        self.store
            .inner
            .journal
            .read(&positions, &mut |position, raw| {
                let record = record::open_record(raw, position, on_disk)?;
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
            })
    }

    /// Seals the content of these records anew under `to`; the author's key stays mixed in unless `to` is a
    /// person or a matter, so that what a matter holds outlives everyone. Leaves, proofs and positions stay as
    /// they are. Gives how many were resealed: a record without content, already forgotten, or already so sealed is
    /// passed over. Idempotent. Each segment touched is written anew, in one step: call it once for many records.
    pub fn reseal(&mut self, positions: &[Position], to: Scope) -> Result<u64, Error> {
        self.commit()?;
        let (generation, key) = self.store.inner.keyring.for_sealing(&to)?;
        self.reseal_under(positions, to, generation, &key)
    }

    /// Forgets the content of `victims` and the files `victim_blobs`, all of `scope`; every other record and
    /// file of the scope is sealed anew under a fresh key of the same scope, and the old key is destroyed. The
    /// scope's parts are unlinked, since they may tell of the victims: make them anew. After a crash, call it again.
    pub fn redact(
        &mut self,
        scope: Scope,
        victims: &[Position],
        victim_blobs: &[Id],
    ) -> Result<Destroyed, Error> {
        self.commit()?;
        let inner = &self.store.inner.clone();
        if !inner.keyring.is_alive(&scope) {
            return Err(Error::Forgotten);
        }
        let all = inner.journal.scope_positions(&scope)?;
        let victims: HashSet<Position> = victims.iter().copied().collect();
        let mut destroyed = Destroyed {
            scopes: 1,
            ..Destroyed::default()
        };
        inner.journal.read(&all, &mut |position, raw| {
            if victims.contains(&position) && raw.routing.scope == scope {
                destroyed.records += 1;
                destroyed.bytes += u64::from(raw.content_bytes());
            }
            Ok(())
        })?;
        if destroyed.records != victims.len() as u64 {
            return Err(Error::Refused {
                why: "a record to redact is not sealed under this scope",
            });
        }
        let survivors: Vec<Position> = all
            .into_iter()
            .filter(|position| !victims.contains(position))
            .collect();
        let generation = inner.keyring.renew(&scope)?;
        let (_, key) = inner.keyring.for_sealing(&scope)?;
        self.reseal_under(&survivors, scope, generation, &key)?;
        let (victim_blobs, kept): (Vec<Id>, Vec<Id>) = self
            .store
            .blobs_in(scope)?
            .into_iter()
            .partition(|id| victim_blobs.contains(id));
        for id in kept {
            match self.store.blob_reseal(id, scope) {
                // One that was never finished is sent again by whoever was sending it.
                Err(Error::NotFound) => self.store.blob_delete(id)?,
                result => result?,
            }
        }
        inner.keyring.destroy(&[(scope, generation)])?;
        for id in victim_blobs {
            self.store.blob_delete(id)?;
            destroyed.blobs += 1;
        }
        destroyed.parts = inner.parts.remove_all(&scope)?;
        Ok(destroyed)
    }

    fn reseal_under(
        &mut self,
        positions: &[Position],
        to: Scope,
        generation: u16,
        key: &Key,
    ) -> Result<u64, Error> {
        let inner = self.store.inner.clone();
        inner.keyring.sync()?;
        let mut wanted: Vec<Position> = positions.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted
            .last()
            .is_some_and(|last| *last >= inner.journal.size())
        {
            return Err(Error::NotFound);
        }
        let resealing = Resealing {
            keyring: &inner.keyring,
            to,
            generation,
            key,
        };
        let mut resealed = 0;
        let mut rest = wanted.as_slice();
        while let Some(first) = rest.first().copied() {
            let end = inner.journal.segment_end(first).ok_or(Error::NotFound)?;
            let (here, later) = rest.split_at(rest.partition_point(|position| *position < end));
            rest = later;
            let mut touched = false;
            inner.journal.read(here, &mut |_, raw| {
                touched |= resealing.applies(raw);
                Ok(())
            })?;
            if !touched {
                continue;
            }
            // Whatever fails inside, the old file stays in its place.
            inner.journal.rewrite(
                &mut self.tail.lock(),
                first,
                &mut |position, bytes, raw, out| {
                    if here.binary_search(&position).is_ok() && resealing.applies(raw) {
                        resealed += u64::from(resealing.append(position, bytes, raw, out)?);
                    } else {
                        out.extend_from_slice(bytes);
                    }
                    Ok(())
                },
            )?;
        }
        Ok(resealed)
    }
}

struct Resealing<'a> {
    keyring: &'a Keyring,
    to: Scope,
    generation: u16,
    key: &'a Key,
}

impl Resealing<'_> {
    fn applies(&self, raw: &Raw<'_>) -> bool {
        let routing = &raw.routing;
        routing.has_content && (routing.scope, routing.generation) != (self.to, self.generation)
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
        let author = raw
            .routing
            .author
            .filter(|_| !matches!(self.to, Scope::Person(_) | Scope::Matter(_)));
        let person = match author {
            Some(person) => Some(self.keyring.for_sealing(&Scope::Person(person))?.1),
            None => None,
        };
        let mut routing = raw.routing;
        routing.scope = self.to;
        routing.generation = self.generation;
        routing.author_seals = author.is_some();
        let cipher = record::content_cipher(self.key, person.as_deref(), position);
        record::encode_resealed(raw, &routing, position, &cipher, &salt, &content, out);
        Ok(true)
    }
}

fn distinct(scopes: &[Scope]) -> Vec<Scope> {
    let mut seen = HashSet::new();
    scopes
        .iter()
        .copied()
        .filter(|scope| seen.insert(*scope))
        .collect()
}
