//! Histories brought from elsewhere: read, previewed, matched to people, merged, marked unverified.
//!
//! Goes through the door like everyone; holds what is uploaded in memory only.

mod compare;
mod job;
mod jobs;
mod known;
mod people;
mod reading;
mod recorded;
mod rows;
mod run;
pub mod whatsapp;

pub use job::{DateOrder, ImportJob};
pub use jobs::{FILE_BYTES_MAX, Imports, Place};
