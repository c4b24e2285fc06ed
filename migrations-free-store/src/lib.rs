//! A provable, forgettable, append-only event log, with views that are rebuilt and never migrated.
//! It knows nothing of chat, holds no policy, and opens no socket.
//!
//! In reading order: [`Store::open`] gives a [`Store`] that reads and the one [`Writer`] that appends, signs and
//! destroys. A record is sealed (`record`, `cipher`, `keyring`), framed into a batch of a segment file (`journal`),
//! and its leaf added to the tree (`merkle`, `tiles`, `checkpoint`). Views are folded from the log (`views`,
//! `engine`); files and derived parts are sealed beside it (`blobs`, `parts`); `destroy` forgets; `verify` checks;
//! `backup` copies it all elsewhere and back.
//! All of it lies on a [`Disk`] (`files`, `disk`).

// A match shows both outcomes side by side, which here is the point more often than not.
#![allow(clippy::match_bool, clippy::single_match_else)]

pub mod backup;
mod blobs;
mod bytes;
mod checkpoint;
mod cipher;
mod destroy;
mod disk;
mod engine;
mod error;
mod files;
#[doc(hidden)]
pub mod fuzz;
mod id;
mod journal;
mod keyring;
mod merkle;
mod parts;
mod record;
mod scope;
mod store;
mod tiles;
pub mod verify;
mod views;
mod writer;

pub use blobs::{Blob, BlobReader, BlobWriter, BlobsFound};
pub use checkpoint::{Cosigner, SignedCheckpoint};
pub use destroy::{Clear, Totals};
pub use disk::{Disk, DiskFile, Open, SystemDisk};
pub use error::Error;
pub use id::{BadId, Id};
pub use record::{
    CONTENT_BYTES_MAX, Commitment, HEADER_BYTES_MAX, NewRecord, Part, Pushed, Record,
};
pub use scope::{BadScope, Scope};
pub use store::{Options, Progress, Prover, Scan, Store};
pub use views::{Changes, Entries, Table, View, Views};
pub use writer::{Took, Writer};

/// The index of an event in the log, from 0.
pub type Position = u64;
