//! Arguments to configuration to the one thing asked for. Holds no logic of its own.

mod cli;

fn main() -> std::process::ExitCode {
    use clap::Parser as _;
    match cli::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("daylight: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
