#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| migrations_free_store::fuzz::record(bytes));
