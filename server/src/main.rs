//! Arguments to configuration to the one thing asked for. Holds no logic of its own.

mod cli;

/// Gives back what it does not need; the system's keeps more with every day of talk.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    use clap::Parser as _;
    match cli::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            let code = error
                .downcast_ref::<migrations_free_store::Error>()
                .map_or(String::new(), |error| format!(" [{}]", error.code()));
            eprintln!("daylight: {error:#}{code}");
            std::process::ExitCode::FAILURE
        }
    }
}
