//! Sealed files derived from a scope's content, such as its search index. They die with the scope's key.

use std::sync::Arc;

use crate::cipher::{self, NONCE_BYTES};
use crate::error::Error;
use crate::files::{self, Place};
use crate::keyring::{Found, Keyring};
use crate::scope::Scope;
use crate::store::Store;

/// Largest part, in bytes.
const PART_BYTES_MAX: usize = 256 << 20;
const LABEL_BYTES_MAX: usize = 100;
const MAGIC: &[u8; 8] = b"DAYLPRT1";

pub(crate) struct Parts {
    dir: Place,
    keyring: Arc<Keyring>,
}

impl Store {
    /// Keeps `bytes` sealed under the scope's newest key, by a label of letters, digits, `.`, `_` and `-`.
    /// A part of the same label is replaced. Durable when it returns.
    pub fn seal(&self, scope: Scope, label: &str, bytes: &[u8]) -> Result<(), Error> {
        self.inner.parts.seal(&scope, label, bytes)
    }

    /// What was sealed under the label; None when nothing was. `Forgotten` when the key is destroyed.
    pub fn unseal(&self, scope: Scope, label: &str) -> Result<Option<Vec<u8>>, Error> {
        self.inner.parts.unseal(&scope, label)
    }

    /// The labels of the scope's parts, sorted.
    pub fn parts_in(&self, scope: Scope) -> Result<Vec<String>, Error> {
        self.inner.parts.labels(&scope)
    }

    /// Unlinks one part; true when it was there.
    pub fn part_delete(&self, scope: Scope, label: &str) -> Result<bool, Error> {
        files::remove(&self.inner.parts.path(&scope, label)?)
    }
}

impl Parts {
    pub fn new(dir: &Place, keyring: Arc<Keyring>) -> Result<Parts, Error> {
        files::make_dir(dir)?;
        Ok(Parts {
            dir: dir.clone(),
            keyring,
        })
    }

    fn path(&self, scope: &Scope, label: &str) -> Result<Place, Error> {
        let fits = !label.is_empty() && label.len() <= LABEL_BYTES_MAX && !label.starts_with('.');
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !fits || !label.bytes().all(plain) || files::is_unfinished(label) {
            return Err(Error::Refused {
                why: "a label has 1 to 100 letters, digits, dots, dashes and underscores",
            });
        }
        Ok(self.dir.join(scope.file_name()).join(label))
    }

    fn seal(&self, scope: &Scope, label: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path(scope, label)?;
        if bytes.len() > PART_BYTES_MAX {
            return Err(Error::TooLarge {
                what: "a part",
                limit: PART_BYTES_MAX as u64,
            });
        }
        let (generation, key) = self.keyring.for_sealing(scope)?;
        self.keyring.sync()?;
        // One key a part: the salt is random, so the nonce may stand still; it is random all the same.
        let (salt, nonce): ([u8; 16], cipher::Nonce) = (cipher::random(), cipher::random());
        let mut file = Vec::with_capacity(bytes.len() + 64);
        file.extend_from_slice(MAGIC);
        file.extend_from_slice(&generation.to_be_bytes());
        file.extend_from_slice(&salt);
        file.extend_from_slice(&nonce);
        let start = file.len();
        file.extend_from_slice(bytes);
        let context = format!("{scope} {label}");
        let cipher = key.derive(None, &salt, b"daylight/part/v1");
        let tag = cipher.seal(
            &nonce,
            context.as_bytes(),
            file.get_mut(start..).unwrap_or_default(),
        );
        file.extend_from_slice(&tag);
        files::make_dir(&path.parent())?;
        files::replace_durably(&path, &file)?;
        // A destruction may have gone by while the file was written.
        if self.keyring.is_alive(scope) {
            return Ok(());
        }
        files::remove(&path)?;
        Err(Error::Forgotten)
    }

    fn unseal(&self, scope: &Scope, label: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path(scope, label)?;
        let Some(file) = files::read(&path)? else {
            return Ok(None);
        };
        let damaged = || Error::damaged(&path, 0, "a sealed part does not open with its key");
        let mut fields = crate::bytes::Fields(&file);
        let (magic, generation, salt) = (fields.take(8), fields.u16(), fields.array::<16>());
        let (Some(generation), Some(salt), Some(nonce)) =
            (generation, salt, fields.array::<NONCE_BYTES>())
        else {
            return Err(damaged());
        };
        if magic != Some(MAGIC) {
            return Err(damaged());
        }
        let key = match self.keyring.find(scope, generation) {
            Found::Live(key) => key,
            Found::Destroyed => return Err(Error::Forgotten),
            Found::Missing => {
                return Err(Error::WrongKey {
                    why: "the keyring has no slot for a sealed part",
                });
            }
        };
        let cipher = key.derive(None, &salt, b"daylight/part/v1");
        let context = format!("{scope} {label}");
        cipher
            .open_tagged(&nonce, context.as_bytes(), fields.0)
            .map(Some)
            .ok_or_else(damaged)
    }

    fn labels(&self, scope: &Scope) -> Result<Vec<String>, Error> {
        let paths = files::list(&self.dir.join(scope.file_name()))?;
        let labels = paths.iter().map(|path| path.name().to_owned());
        Ok(labels
            .filter(|label| !files::is_unfinished(label))
            .collect())
    }

    /// How many parts the scope has, and their bytes.
    pub fn totals(&self, scope: &Scope) -> Result<(u64, u64), Error> {
        let mut totals = (0, 0);
        for path in files::list(&self.dir.join(scope.file_name()))? {
            let bytes = path.length().unwrap_or(0);
            totals = (totals.0 + 1, totals.1 + bytes);
        }
        Ok(totals)
    }

    /// Unlinks every part whose key is destroyed.
    pub fn settle(&self) -> Result<u64, Error> {
        let mut removed = 0;
        for dir in files::list(&self.dir)? {
            let scope = dir.name().replace('_', "/").parse::<Scope>();
            for path in files::list(&dir)? {
                let file = files::read(&path)?.unwrap_or_default();
                let mut fields = crate::bytes::Fields(&file);
                let (magic, generation) = (fields.take(8), fields.u16());
                let lives = match (&scope, magic, generation) {
                    (Ok(scope), Some(_), Some(generation)) => {
                        matches!(self.keyring.find(scope, generation), Found::Live(_))
                    }
                    _ => false,
                };
                if !lives {
                    removed += u64::from(files::remove(&path)?);
                }
            }
            files::sync_dir(&dir)?;
        }
        Ok(removed)
    }

    /// Unlinks every part of the scope.
    pub fn remove_all(&self, scope: &Scope) -> Result<u64, Error> {
        let dir = self.dir.join(scope.file_name());
        let mut removed = 0;
        for path in files::list(&dir)? {
            removed += u64::from(files::remove(&path)?);
        }
        files::remove_empty_dir(&dir);
        Ok(removed)
    }
}
