//! The officer's exports: a range of one channel as a bundle that proves itself, and its checks.
//!
//! Never decides who may export, never writes to the log, and never puts plaintext on the disk.

pub mod bundle;
mod check;
mod fault;
mod formats;
pub mod jobs;
pub(crate) mod line;
mod manifest;
mod order;
mod pack;
mod poll;
pub(crate) mod report;
mod select;
mod sort;
mod source;
mod story;
#[cfg(test)]
mod tests;
mod told;
pub mod verify;

pub use bundle::{Built, Phase, build};
pub use fault::ExportError;
pub use formats::check::{Level, RsmfFault, RsmfReport, check_rsmf};
pub use manifest::Selection;
pub use order::{Order, Person, Policy};
pub use verify::{BundleFault, BundleReport, verify_bundle};
