//! The subcommands. Each opens what it needs, does one thing, and says what it did.

mod check;
mod signals;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use daylight::clock::Clock;
use daylight::config::{Config, EXAMPLE, LogFormat, keys};
use daylight::control::{self, Answer, Order};
use daylight::doctor::{self, Finding, Verdict};
use daylight::http::cosigning;
use daylight::witness::cosigning::Witness;
use daylight::witness::status::Outside;
use daylight::{backup, open, serve};
use migrations_free_store::{Error, Progress, Store};
use signals::Signals;

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
        listen: Option<SocketAddr>,
        /// Where people open it, as https://chat.example.com
        #[arg(long, env = "DAYLIGHT_PUBLIC_URL")]
        public_url: Option<String>,
    },
    /// Checks an export bundle (a .zip or its folder), a whole data directory, a proof, or a log at its address.
    Verify {
        /// A path, or http(s)://host
        what: String,
        /// The key the log must be signed with.
        #[arg(long)]
        key: Option<String>,
        /// The key of a witness who must have cosigned; may be given again.
        #[arg(long)]
        witness: Vec<String>,
        /// An earlier checkpoint of the log, which it must continue.
        #[arg(long)]
        since: Option<PathBuf>,
        /// Where to keep the checkpoint that was checked.
        #[arg(long)]
        keep: Option<PathBuf>,
        /// The leaf that a proof must be of, as the ledger shows it.
        #[arg(long, allow_hyphen_values = true)]
        leaf: Option<String>,
        /// The auditors' token; better given in the environment than on a command line.
        #[arg(long, env = "DAYLIGHT_AUDITOR_TOKEN", hide_env_values = true)]
        token: Option<String>,
    },
    /// Checks an RSMF file before somebody's tool does: every fault with its name.
    Check { file: PathBuf },
    /// Prints the proof that the event at a position is in the log. The server must not run; it gives proofs itself.
    Prove { data: PathBuf, position: u64 },
    /// Cosigns the checkpoints of others' logs, each only when it continues the one before.
    Witness {
        /// The address to listen on.
        #[arg(long)]
        listen: SocketAddr,
        /// Where its key and its memory are kept.
        #[arg(long)]
        dir: PathBuf,
        /// The verifier key of a log; may be given again.
        #[arg(long, required = true)]
        log: Vec<String>,
        /// What it calls itself, for life: best the address where it will be reached, without https://
        #[arg(long, default_value = "daylight/witness")]
        name: String,
    },
    /// Throws the views away and folds them from the log again. The server must not run.
    Rebuild,
    /// Brings a backup of the content up to date, beside a running server or without one.
    Backup {
        /// A folder on another disk. Default: backup.to of the configuration.
        to: Option<PathBuf>,
        /// Where the keys are copied to, apart from the content. Default: backup.keys of the configuration.
        #[arg(long)]
        keys: Option<PathBuf>,
        /// Read again what was copied before, and copy anew what is damaged.
        #[arg(long)]
        check: bool,
    },
    /// Restores a backup into an empty data directory (--data). What was destroyed stays destroyed.
    Restore {
        /// The folder of the content's backup.
        from: PathBuf,
        /// The folder of the keys' copy.
        #[arg(long)]
        keys: PathBuf,
        /// Take keys older than backup.keys_max_age_days, though what was destroyed since becomes readable.
        #[arg(long)]
        accept_old_keys: bool,
        /// Go on though events that the log once had are not in the backup. It is recorded in the log.
        #[arg(long)]
        accept_shorter: bool,
    },
    /// Looks for what is wrong or will be, and says what to do.
    Doctor,
    /// Succeeds when a server runs on the data and takes work; for those who restart what does not.
    Health,
    /// Prints the documented example configuration.
    Config {
        #[command(subcommand)]
        what: Option<OfConfig>,
    },
}

#[derive(Subcommand)]
enum OfConfig {
    /// Checks the configuration as the server would, and prints what differs from the defaults.
    Check,
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
        What::Check { file } => check::rsmf(&file),
        What::Verify {
            what,
            key,
            witness,
            since,
            keep,
            leaf,
            token,
        } => check::run(&check::Asked {
            what,
            key,
            witness,
            since,
            keep,
            leaf,
            token,
        }),
        What::Prove { data, position } => prove(&Config { data, ..config }, position),
        What::Witness {
            listen,
            dir,
            log: logs,
            name,
        } => {
            log(&config)?;
            witness(listen, Witness::open(&dir, &name, &logs)?)
        }
        What::Rebuild => rebuild(&config),
        What::Backup { to, keys, check } => back_up(&config, to, keys, check),
        What::Restore {
            from,
            keys,
            accept_old_keys,
            accept_shorter,
        } => restore(
            &config,
            &backup::Ordered {
                from: &from,
                keys: &keys,
                accept_old_keys,
                accept_shorter,
            },
        ),
        What::Doctor => doctor(&config),
        What::Health => health(&config),
        What::Config {
            what: Some(OfConfig::Check),
        } => check_config(&config),
        What::Config { what: None } => {
            print(EXAMPLE.trim_end());
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn run_server(config: Config) -> anyhow::Result<ExitCode> {
    daylight::open::raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Armed before anybody is answered: whoever stops it at once stops it in order too.
        let mut signals = Signals::armed()?;
        let (running, is_asked) = signals.opens(serve(config, Clock::default())).await;
        let running = running?;
        match &running.setup_url {
            Some(url) => print(&format!(
                "\n  Open this once to set up your workspace:\n\n    {url}\n"
            )),
            None => print(&format!(
                "\n  Daylight is open at {}\n",
                running.app.config.base_url(running.address)
            )),
        }
        if !is_asked {
            signals.come().await;
        }
        tracing::info!("stopping: no new work, all acknowledged work is kept");
        running.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}

fn prove(config: &Config, position: u64) -> anyhow::Result<ExitCode> {
    let (store, _writer) = Store::open(&open::options(config), &mut |_| {})?;
    let proof = Outside::open(config, &store)?
        .proof(&store, position)
        .with_context(|| {
            format!("the event at position {position} is not in a signed checkpoint")
        })?;
    print(proof.to_text().trim_end());
    Ok(ExitCode::SUCCESS)
}

fn witness(listen: SocketAddr, witness: Witness) -> anyhow::Result<ExitCode> {
    let key = witness.verifier_key();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(cosigning::serve(
        listen,
        witness,
        Clock::default(),
        |address| {
            print(&format!(
                "This witness is open at http://{address} with the key\n\n    {key}\n"
            ));
        },
        async {
            Signals::armed()?.come().await;
            Ok(())
        },
    ))?;
    Ok(ExitCode::SUCCESS)
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

fn back_up(
    config: &Config,
    to: Option<PathBuf>,
    keys: Option<PathBuf>,
    check: bool,
) -> anyhow::Result<ExitCode> {
    let to = to
        .or_else(|| config.backup.to.clone())
        .context("where to? Name a folder, or set backup.to in the configuration")?;
    let keys = keys.or_else(|| config.backup.keys.clone());
    let (to, keys) = (
        std::path::absolute(to)?,
        keys.map(std::path::absolute).transpose()?,
    );
    let order = Order::BackUp {
        to: to.clone(),
        keys: keys.clone(),
        check,
    };
    let mut step = |what: &str, done: u64, total: u64| print(&format!("{what}: {done} of {total}"));
    let done = match control::order(&config.data, &order, &mut step)? {
        Some(Answer::BackedUp(done)) => done,
        Some(Answer::Refused { code, why }) => anyhow::bail!("{why} ({code})"),
        Some(_) => anyhow::bail!("the server's answer is not to what was asked"),
        None => {
            anyhow::ensure!(
                config.data.join("log").is_dir(),
                "nothing is kept in {}",
                config.data.display()
            );
            let (store, mut writer) =
                Store::open(&open::options(config), &mut |_| {}).map_err(said)?;
            writer.sign_checkpoint().map_err(said)?;
            let now_ms = Clock::default().now_ms();
            let mut progress = |progress| {
                if let Progress::Step { what, done, total } = progress {
                    step(&what, done, total);
                }
            };
            backup::back_up(&store, &to, keys.as_deref(), now_ms, check, &mut progress)
                .map_err(said)?
        }
    };
    let content = &done.content;
    print(&format!(
        "Backed up {} events: {} files, {} bytes, of which {} files, {} bytes were copied now and read back; {} removed.",
        content.size,
        content.files,
        content.bytes,
        content.copied_files,
        content.copied_bytes,
        content.removed
    ));
    match (&done.keys, &keys) {
        (Some(_), Some(keys)) => print(&format!(
            "The keys are copied to {}. Guard it as closely as the server; the content cannot be read without it.",
            keys.display()
        )),
        _ => print(
            "The keys were NOT copied: without a copy made from now on nobody can restore this. Give --keys.",
        ),
    }
    Ok(ExitCode::SUCCESS)
}

fn restore(config: &Config, ordered: &backup::Ordered<'_>) -> anyhow::Result<ExitCode> {
    let mut progress = |progress| match progress {
        Progress::Step { what, done, total } => print(&format!("{what}: {done} of {total}")),
        Progress::Warning(warning) => print(&format!("note: {warning}")),
        _ => {}
    };
    let clock = Clock::default();
    let (restored, report) =
        backup::restore(ordered, config, &clock, &mut progress).map_err(said)?;
    let hours = |at_ms: u64| clock.now_ms().saturating_sub(at_ms) / 3_600_000;
    print(&doctor::told(&report));
    print(&format!(
        "Restored {} events, backed up {} hours ago, with keys copied {} hours ago, into {}.",
        restored.size,
        hours(restored.made_ms),
        hours(restored.keys_made_ms),
        config.data.display()
    ));
    if restored.missing > 0 {
        print(&format!(
            "MISSING: the last {} events that the log had when its keys were copied. Checkpoints signed over them \
             are not continued by this log; the next start records that.",
            restored.missing
        ));
    }
    if restored.destroyed_again > 0 {
        print(&format!(
            "{} records, files and indexes that were destroyed after the backup were destroyed again.",
            restored.destroyed_again
        ));
    }
    print(
        "Start it with `daylight serve`: what else is due is destroyed before anyone is answered.",
    );
    Ok(ExitCode::SUCCESS)
}

fn health(config: &Config) -> anyhow::Result<ExitCode> {
    match control::order(&config.data, &Order::Health, &mut |_, _, _| {})? {
        Some(Answer::Well { read_only: false }) => print("It runs and takes work."),
        Some(Answer::Well { read_only: true }) => {
            print("It runs, and can only be read from: the data disk is nearly full.");
        }
        Some(Answer::Refused { code, why }) => anyhow::bail!("{why} ({code})"),
        Some(_) => anyhow::bail!("the server's answer is not to what was asked"),
        None => anyhow::bail!("no server runs on {}", config.data.display()),
    }
    Ok(ExitCode::SUCCESS)
}

fn check_config(config: &Config) -> anyhow::Result<ExitCode> {
    config.check()?;
    daylight::http::check_tls(config)?;
    tracing_subscriber::EnvFilter::try_new(&config.log.level).context("log.level")?;
    let usual = keys::all();
    for own in keys::of(config) {
        if !usual.contains(&own) {
            print(&format!("{} = {}", own.0, own.1));
        }
    }
    print("The configuration is sound; everything else is as by default.");
    Ok(ExitCode::SUCCESS)
}

/// With its code, by which the documentation and a search find it.
fn said(error: Error) -> anyhow::Error {
    anyhow::anyhow!("{error} ({})", error.code())
}

fn doctor(config: &Config) -> anyhow::Result<ExitCode> {
    let clock = Clock::default();
    let mut found = doctor::outside(config, &clock);
    if config.data.join("log").is_dir() {
        found.extend(look_inside(config, &clock));
    }
    for Finding {
        verdict,
        what,
        then,
    } in &found
    {
        let mark = match verdict {
            Verdict::Sound => "ok   ",
            Verdict::Note => "note ",
            Verdict::Fault => "FAULT",
        };
        print(&format!("{mark} {what}"));
        if !then.is_empty() {
            print(&format!("      {then}"));
        }
    }
    let is_sound = found.iter().all(|f| f.verdict != Verdict::Fault);
    Ok(if is_sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Through the server that runs, or by opening the data when none does.
fn look_inside(config: &Config, clock: &Clock) -> Vec<Finding> {
    let unchecked = |why: String| {
        vec![doctor::fault(
            format!("NOT CHECKED: log, keys, files and views: {why}"),
            "If a server runs, restart it; else read what is said above.",
        )]
    };
    match control::order(&config.data, &Order::Look, &mut |_, _, _| {}) {
        Ok(Some(Answer::Looked { findings })) => return findings,
        Ok(Some(Answer::Refused { why, .. })) => return unchecked(why),
        Ok(Some(_)) => return unchecked("the server answers something else".into()),
        Err(error) => return unchecked(format!("{error:#}")),
        Ok(None) => {}
    }
    match open::open(config, &mut |_| {}) {
        Ok(opened) => doctor::inside(&opened.views, config, clock),
        Err(error) => unchecked(format!("{error:#}")),
    }
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

/// The answer of a subcommand. Whoever asked may have gone: then nobody misses it.
fn print(text: &str) {
    use std::io::Write as _;
    let _nobody_reads = writeln!(std::io::stdout(), "{text}");
}
