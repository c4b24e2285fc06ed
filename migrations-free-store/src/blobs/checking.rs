//! A look at every blob on disk: does it open, and will it go with what it belongs to. Nothing is changed.

use super::sealed::{self, SealedFile};
use super::{Blobs, IN};
use crate::error::Error;
use crate::files::{self, Place};
use crate::store::{Progress, Store};

/// What a look at all blobs found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlobsFound {
    /// Header and trailer open.
    pub whole: u64,
    /// Not finished: still being sent, or given up.
    pub unfinished: u64,
    /// The key is destroyed but the file is still there: a destruction was cut short.
    pub left_over: u64,
    /// No destruction would find these.
    pub unmarked: u64,
    pub damaged: u64,
    /// The first that is damaged, and how.
    pub first_damaged: Option<String>,
}

impl Store {
    /// Opens header and trailer of every blob. A blob that goes meanwhile is passed over.
    pub fn check_blobs(&self, progress: &mut dyn FnMut(Progress)) -> Result<BlobsFound, Error> {
        let blobs = &self.inner.blobs;
        let mut found = BlobsFound::default();
        let folders = files::list(&blobs.dir)?;
        for (number, dir) in folders.iter().enumerate() {
            if dir.name() == IN {
                continue;
            }
            for place in files::list(dir)? {
                blobs.check(&place, &mut found)?;
            }
            progress(Progress::Step {
                what: "looking at files".into(),
                done: number as u64 + 1,
                total: folders.len() as u64,
            });
        }
        Ok(found)
    }
}

impl Blobs {
    fn check(&self, place: &Place, found: &mut BlobsFound) -> Result<(), Error> {
        if place.name().contains('.') {
            found.unfinished += 1;
            return Ok(());
        }
        let opened = SealedFile::open(place, false, &self.keyring)
            .and_then(|(sealed, _)| sealed.read_trailer().map(|_| sealed.header));
        match opened {
            Ok(header) => {
                let is_marked = header
                    .scopes()
                    .all(|scope| self.marker(&scope, header.id).exists());
                // One that was resealed or deleted since it was read has other markers, or none.
                let is_same =
                    sealed::read_header(place)?.is_some_and(|now| now.scopes().eq(header.scopes()));
                found.whole += 1;
                found.unmarked += u64::from(!is_marked && is_same);
            }
            Err(_) if !place.exists() => {}
            Err(Error::Forgotten) => found.left_over += 1,
            Err(error) => {
                found.damaged += 1;
                found.first_damaged.get_or_insert_with(|| error.to_string());
            }
        }
        Ok(())
    }
}
