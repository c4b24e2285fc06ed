//! Promises kept by the real program, in one test binary so that it links once.
//! Build the program first: `cargo build` in the same profile.

mod bad_input;
mod clock;
mod crash;
mod disk_full;
mod disks;
mod forgetting;
mod imports;
mod policy;
mod powercut;
mod search;
mod socket;
