//! The subcommands. Each opens what it needs, does one thing, and says what it did.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use daylight::clock::Clock;
use daylight::config::{Config, EXAMPLE, LogFormat};
use daylight::{export, open, serve};
use migrations_free_store::{Progress, verify};

#[derive(Parser)]
#[command(
    name = "daylight",
    version,
    about = "Team chat whose record proves itself."
)]
pub struct Cli {
    /// Settings; without one the defaults are used. See `daylight config`.
    #[arg(long, global = true, env = "DAYLIGHT_CONFIG")]
    config: Option<PathBuf>,
    /// Where everything is kept.
    #[arg(long, global = true, env = "DAYLIGHT_DATA")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Runs the server.
    Serve {
        /// The address to listen on.
        #[arg(long, env = "DAYLIGHT_LISTEN")]
        listen: Option<std::net::SocketAddr>,
        /// Where people open it, as https://chat.example.com
        #[arg(long, env = "DAYLIGHT_PUBLIC_URL")]
        public_url: Option<String>,
    },
    /// Checks an export bundle (a .zip or its folder) or a whole data directory, offline.
    Verify {
        path: PathBuf,
        /// The key the log must be signed with.
        #[arg(long)]
        key: Option<String>,
    },
    /// Throws the views away and folds them from the log again. The server must not run.
    Rebuild,
    /// Looks for what is wrong or will be, and says what to do.
    Doctor,
    /// Prints the documented example configuration.
    Config,
}

pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let mut config = Config::read(cli.config.as_deref())?;
    if let Some(data) = cli.data {
        config.data = data;
    }
    match cli.what {
        What::Serve { listen, public_url } => {
            config.server.listen = listen.unwrap_or(config.server.listen);
            config.server.public_url = public_url.or(config.server.public_url);
            log(&config)?;
            run_server(config)
        }
        What::Verify { path, key } => check(&path, key.as_deref()),
        What::Rebuild => rebuild(&config),
        What::Doctor => doctor(&config),
        What::Config => {
            print(EXAMPLE.trim_end());
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn run_server(config: Config) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let running = serve(config, Clock::default()).await?;
        match &running.setup_url {
            Some(url) => print(&format!(
                "\n  Open this once to set up your workspace:\n\n    {url}\n"
            )),
            None => print(&format!(
                "\n  Daylight is open at {}\n",
                running.app.config.base_url(running.address)
            )),
        }
        signal().await?;
        tracing::info!("stopping: no new work, all acknowledged work is kept");
        running.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}

async fn signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

fn check(path: &Path, key: Option<&str>) -> anyhow::Result<ExitCode> {
    if path.join("log").is_dir() {
        let report = verify::verify_data(path, &mut |_| {})?;
        print(&told(&report));
        return Ok(if report.first_fault.is_none() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    match export::verify_bundle(path, key) {
        Ok(report) => {
            print(&report.to_string());
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => {
            print(&format!("REFUSED: {fault}"));
            Ok(ExitCode::FAILURE)
        }
    }
}

fn told(report: &verify::Report) -> String {
    match &report.first_fault {
        None => format!(
            "OK: {} events; {} headers and {} contents opened and checked, {} contents forgotten; key {}",
            report.size,
            report.headers_checked,
            report.contents_checked,
            report.contents_forgotten,
            report.verifier_key
        ),
        Some(fault) => match fault.position {
            Some(position) => format!("REFUSED: position {position}: {}", fault.why),
            None => format!("REFUSED: {}", fault.why),
        },
    }
}

fn rebuild(config: &Config) -> anyhow::Result<ExitCode> {
    let views = config.data.join("views");
    // Opened first: its lock shows that no server runs.
    drop(
        open::open(config, &mut |_| {})
            .context("the log must open before its views are rebuilt")?,
    );
    std::fs::remove_dir_all(&views).with_context(|| format!("cannot clear {}", views.display()))?;
    let opened = open::open(config, &mut |progress| {
        if let Progress::Step { what, done, total } = progress {
            print(&format!("{what}: {done} of {total}"));
        }
    })?;
    open::save(&opened.views);
    let state = opened.views.state.read();
    print(&format!(
        "Rebuilt from {} events: {} people, {} channels.",
        state.position,
        state.people.len(),
        state.channels.len()
    ));
    Ok(ExitCode::SUCCESS)
}

fn doctor(config: &Config) -> anyhow::Result<ExitCode> {
    let mut sound = true;
    let mut say = |ok: bool, what: &str, then: &str| {
        sound &= ok;
        print(&if ok {
            format!("ok    {what}")
        } else {
            format!("FAULT {what}\n      {then}")
        });
    };
    match config.check() {
        Ok(()) => say(true, "the configuration", ""),
        Err(error) => say(
            false,
            &format!("the configuration: {error:#}"),
            "Correct it; `daylight config` shows every setting.",
        ),
    }
    if !config.data.exists() {
        say(
            true,
            &format!("nothing is kept in {} yet", config.data.display()),
            "",
        );
        return Ok(ExitCode::SUCCESS);
    }
    let free = daylight::sequencer::free_bytes(&config.data);
    say(
        free.is_none_or(|free| free > 1 << 30),
        &format!(
            "{} MiB free on the data disk",
            free.unwrap_or_default() >> 20
        ),
        "Make room: below 96 MiB the server accepts nothing new.",
    );
    let private = {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(config.data.join("keys"))
            .is_ok_and(|m| m.permissions().mode() & 0o077 == 0)
    };
    say(
        private,
        "the keys are readable by the server's user only",
        "chmod -R go= DATA/keys",
    );
    let mut warnings = Vec::new();
    match open::open(config, &mut |progress| {
        if let Progress::Warning(warning) = progress {
            warnings.push(warning);
        }
    }) {
        Ok(opened) => {
            drop(opened);
            say(true, "the log, the keys and the views open", "");
            for warning in warnings {
                say(true, &format!("note: {warning}"), "");
            }
            match verify::verify_data(&config.data, &mut |_| {}) {
                Ok(report) => say(
                    report.first_fault.is_none(),
                    &told(&report),
                    "Restore the named file from a backup.",
                ),
                Err(error) => say(
                    false,
                    &format!("the log cannot be checked: {error}"),
                    "Restore the named file from a backup.",
                ),
            }
        }
        Err(error) => say(
            false,
            &format!("{error:#}"),
            "If a server is running, stop it first; else see docs/OPERATIONS.md.",
        ),
    }
    Ok(if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn log(config: &Config) -> anyhow::Result<()> {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_new(&config.log.level).context("log.level")?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match config.log.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}

#[expect(
    clippy::print_stdout,
    reason = "the answer of a subcommand goes to standard output"
)]
fn print(text: &str) {
    println!("{text}");
}
