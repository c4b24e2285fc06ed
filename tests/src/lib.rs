//! What the tests and the benches share. Nothing here is part of the product.
//!
//! Reading order: `http` and `frame` are small clients made by hand, so that they cost less than the server they
//! measure and can say wrong things on purpose; `process` starts a real program and reads its
//! figures from /proc; `launch` is the one place that knows how Daylight is configured;
//! `second` is what people hold in their hands to sign in; `company` fills it with people and channels; `load` makes it sweat. `world` is the
//! other half: a small company in a process, for tests that read as promises.

pub mod company;
pub mod frame;
pub mod http;
pub mod launch;
pub mod load;
pub mod person;
pub mod process;
pub mod second;
pub mod words;
pub mod world;
