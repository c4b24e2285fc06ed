//! The edge: bytes to types, and who is asking. Only here: axum, tungstenite, rustls.
//!
//! Holds no policy and no storage: it asks the door and the views.

mod accept;
pub mod acme;
pub mod certificate;
pub mod client;
pub mod cosigning;
mod error;
pub mod foreign;
pub mod frames;
pub mod knock;
pub mod openapi;
pub mod page;
pub(crate) mod rate;
mod redirect;
pub mod routes;
mod scim;
mod session;
mod site;
mod socket;
mod tls;
mod trace;
pub mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use anyhow::Context;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Request, Response, header};
use axum::middleware::{self, Next};
use axum::routing::get;
use migrations_free_store::Id;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};

use crate::archive::{Archives, Statuses};
use crate::backup::{self, Backups};
use crate::chat::command::{Command, Door as Inner};
use crate::chat::{Actor, Refusal};
use crate::clock::Clock;
use crate::config::Config;
use crate::control::Control;
use crate::drafts;
use crate::due::Due;
use crate::export::jobs::Exports;
use crate::files::Uploads;
use crate::files::scan::Scanner;
use crate::identity::challenges::Challenges;
use crate::identity::links::Links;
use crate::identity::secret::{Cost, Hasher, Token};
use crate::identity::throttle::Throttle;
use crate::identity::tickets::{SettingUp, Tickets};
use crate::import::Imports;
use crate::metrics::Metrics;
use crate::open::{self, Engine, Opened};
use crate::previews::Previews;
use crate::push::{Push, Ringing};
use crate::retention::{Broom, Sweeper};
use crate::room::Room;
use crate::running;
use crate::sequencer::{Brought, Door};
use crate::sessions::Used;
use crate::signin::Signin;
use crate::telemetry::Traces;
use crate::views::Views;
use crate::witness::bring::Errands;
use crate::witness::start;
use crate::witness::status::Outside;

use acme::Renewal;
pub use error::Failure;
use error::RefusedBy;
pub use session::Session;
use tls::Tls;

/// The largest JSON body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Secrets hashed at the same time: each takes a core and its memory.
pub(crate) const HASHING_MAX: usize = 2;
/// Which build this is, shown to clients so that an old one can offer to reload.
pub const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), "-", env!("DAYLIGHT_WEB_BUILD"));

/// What every handler can reach.
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub views: Arc<Views>,
    pub door: Door,
    pub links: Links,
    pub uploads: Uploads,
    pub scanner: Arc<Scanner>,
    pub imports: Imports,
    pub exports: Exports,
    pub sweeper: Sweeper,
    /// Who outside has seen the log.
    pub outside: Arc<Outside>,
    pub backups: Backups,
    /// Which of the archive's destinations are down.
    pub(crate) archives: Statuses,
    pub push: Arc<Push>,
    pub previews: Previews,
    pub metrics: Arc<Metrics>,
    pub(crate) traces: Traces,
    pub room: Arc<Room>,
    /// What opens the metrics; None: nothing does.
    pub(crate) metrics_token: Option<[u8; 32]>,
    /// The company's directory.
    pub(crate) provisioning: scim::Provisioning,
    pub(crate) hasher: Arc<Hasher>,
    pub(crate) hashing: Semaphore,
    pub(crate) throttle: Mutex<Throttle>,
    pub(crate) signin: Signin,
    pub(crate) setup: Mutex<Option<Token>>,
    pub(crate) device_links: routes::identity::DeviceLinks,
    pub(crate) tickets: Tickets,
    pub(crate) setting_up: SettingUp,
    pub(crate) challenges: Challenges,
    /// When sessions were last used.
    pub(crate) used: Arc<Used>,
    pub(crate) rates: rate::Rates,
    pub(crate) draft_rates: rate::Rates,
    pub(crate) packs: crate::access::Packs,
    /// Sockets that are open.
    pub(crate) connections: AtomicU32,
    /// A place for each connection.
    pub(crate) places: Arc<Semaphore>,
    pub(crate) started_at: u64,
    /// The server before this one did not end by itself.
    pub(crate) was_cut_off: bool,
    /// The durable end of the log, for those who wait for news.
    pub(crate) news: watch::Receiver<u64>,
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) renewal_failure: acme::Failure,
}

/// A server at work. Dropping it does not stop it: `stop` does, after everything is durable.
pub struct Running {
    pub app: Arc<App>,
    pub address: SocketAddr,
    /// Printed at a first start: whoever opens it becomes the first admin.
    pub setup_url: Option<String>,
    engine: Engine,
    errands: Errands,
    ringing: Ringing,
    due: Due,
    archives: Archives,
    control: Option<Control>,
    stop: watch::Sender<bool>,
    accepting: tokio::task::JoinHandle<()>,
    /// What goes on beside: dropped, it ends.
    beside: JoinSet<()>,
}

/// Opens the data, starts the sequencer and the jobs, and answers on the configured address.
pub async fn serve(config: Config, clock: Clock) -> anyhow::Result<Running> {
    config.check()?;
    let tls = Tls::open(&config)?;
    let listener = listen(config.server.listen).await?;
    let address = listener.local_addr()?;
    let plain = match config.server.redirect_from {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let renewal = tls
        .as_ref()
        .and_then(|tls| Renewal::new(&config, tls, &clock));
    let opened = {
        let config = config.clone();
        tokio::task::spawn_blocking(move || open::open(&config, &mut open::report)).await??
    };
    let Opened {
        ref store,
        ref views,
        ..
    } = opened;
    let (store, views) = (store.clone(), Arc::clone(views));
    start::agrees_with_held(&store, &config).await?;
    let outside = Arc::new(Outside::open(&config, &store)?);
    let log = store.clone();
    let links = Links::new(store.secret("links")?, config.base_url(address));
    let cost = Cost {
        memory_kib: config.identity.argon2_memory_kib,
        passes: config.identity.argon2_passes,
        lanes: 1,
    };
    let hasher = Arc::new(
        Hasher::new(cost, store.secret("pepper")?)
            .map_err(|_| anyhow::anyhow!("identity.argon2_*: this cost is not possible"))?,
    );
    let (news_in, news) = watch::channel(store.size());
    let (stop, stopping) = watch::channel(false);
    let exports = Exports::new(Arc::clone(&views));
    let follow_exports = exports.clone();
    let broom = Broom::new();
    let wake = broom.wake();
    let backups = Backups::start(store.clone(), clock.clone(), &config.backup)?;
    let follow_backups = backups.clone();
    let silent = Push::open(&config, &views, &clock, &config.base_url(address));
    let follow_pushes = silent.push();
    let metrics = Arc::new(Metrics::default());
    let traces = Traces::start(&config.telemetry, &metrics)?;
    let engine = open::start(
        opened,
        &config,
        &clock,
        &links,
        &metrics,
        &traces,
        move |events| {
            if let Some(last) = events.last() {
                news_in.send_replace(last.position + 1);
            }
            follow_exports.follow(events);
            wake.follow(events);
            follow_backups.follow(events);
            follow_pushes.follow(events);
        },
    )?;
    let door = engine.door.clone();
    let restored = backup::just_restored(&config.data);
    let started = Inner::Started { restored };
    door.submit(Actor::System, Command::Door(started), None)
        .await
        .or_else(|refusal| {
            if refusal == Refusal::DiskFull {
                Ok(crate::chat::Ack::default())
            } else {
                Err(refusal)
            }
        })
        .map_err(|r| anyhow::anyhow!("{}", r.message()))?;
    let setup = (!views.state.read().is_set_up()).then(Token::short);
    let setup_url = setup.as_ref().map(|t| links.setup_url(t.text()));
    let started_at = clock.now_ms();
    let scanner = Arc::new(Scanner::new(&config.scan));
    let was_cut_off = running::begins(&config.data);
    let app = Arc::new(App {
        uploads: Uploads::new(Arc::clone(&scanner)),
        imports: Imports::new(
            Arc::clone(&views),
            door.clone(),
            clock.clone(),
            Arc::clone(&scanner),
        ),
        scanner,
        sweeper: broom.start(Arc::clone(&views), door.clone(), clock.clone(), &config)?,
        rates: rate::Rates::new(&config.limits),
        // Of their own: what is not sent takes nothing from what is.
        draft_rates: rate::Rates::new(&crate::config::Limits {
            commands_per_minute: drafts::FRAMES_PER_MINUTE,
            commands_burst: drafts::FRAMES_BURST,
            ..config.limits.clone()
        }),
        packs: crate::access::Packs::default(),
        previews: Previews::new(&config),
        throttle: Mutex::new(Throttle::new(crate::identity::throttle::Limits::default())),
        signin: Signin::new(&config, &config.base_url(address))?,
        hashing: Semaphore::new(HASHING_MAX),
        setup: Mutex::new(setup),
        outside,
        device_links: routes::identity::DeviceLinks::default(),
        tickets: Tickets::default(),
        setting_up: SettingUp::default(),
        challenges: Challenges::default(),
        used: Arc::new(Used::since(started_at)),
        connections: AtomicU32::new(0),
        places: Arc::new(Semaphore::new(config.limits.connections as usize)),
        metrics,
        traces,
        room: Arc::clone(&engine.room),
        metrics_token: config.metrics.token_hash()?,
        provisioning: scim::Provisioning::new(
            config.directory.token_hash()?,
            config.base_url(address),
        ),
        config,
        clock,
        views,
        door,
        links,
        exports,
        backups,
        archives: Statuses::default(),
        push: silent.push(),
        hasher,
        started_at,
        was_cut_off,
        news,
        stopping,
        renewal_failure: renewal.as_ref().map(Renewal::failure).unwrap_or_default(),
    });
    app.exports.start(app.door.clone())?;
    let ringing = silent.start(app.door.clone());
    let errands = Errands::start(&app.outside, &log, &app.config, &app.clock);
    if let Some(restored) = restored {
        tracing::warn!(
            events = restored.size,
            missing = restored.missing,
            "the data was restored: all that is due is destroyed before anyone is answered"
        );
        app.sweeper
            .sweep()
            .await
            .map_err(|refusal| anyhow::anyhow!("{}", refusal.message()))?;
        backup::restored_is_known(&app.config.data)?;
    }
    let due = Due::start(
        Arc::clone(&app.views),
        app.door.clone(),
        app.clock.clone(),
        Arc::clone(&app.used),
    )?;
    let archives = Archives::start(
        &app.views,
        &app.door,
        &app.clock,
        &app.config.archive,
        Arc::clone(&app.archives),
    )?;
    let control = Control::start(&app)
        .inspect_err(|error| tracing::warn!("no orders can be given to this server: {error:#}"))
        .ok();
    let mut beside = JoinSet::new();
    if let Some(tls) = &tls {
        beside.spawn(tls.clone().follow());
    }
    if let Some(plain) = plain {
        let leads_on = redirect::router(app.config.base_url(address));
        beside.spawn(accept::run(plain, None, leads_on, Arc::clone(&app)));
    }
    let accepting = tokio::spawn(accept::run(
        listener,
        tls,
        router(Arc::clone(&app)),
        Arc::clone(&app),
    ));
    // The authority comes to see whether we are here.
    if let Some(renewal) = renewal {
        beside.spawn(renewal.run());
    }
    Ok(Running {
        app,
        address,
        setup_url,
        engine,
        errands,
        ringing,
        due,
        archives,
        control,
        stop,
        accepting,
        beside,
    })
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}

impl Running {
    /// Refuses new work, tells sockets to come back, and waits until all is durable.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.app.door.stop().await;
        let _ended = tokio::time::timeout(std::time::Duration::from_secs(10), self.accepting).await;
        self.errands.stop();
        self.ringing.stop();
        drop(self.beside);
        drop(self.control);
        let (engine, due, archives) = (self.engine, self.due, self.archives);
        let ended = move || {
            archives.stop();
            due.stop();
            engine.join();
        };
        if tokio::task::spawn_blocking(ended).await.is_err() {
            tracing::error!("the engine could not be joined");
            return;
        }
        self.app.traces.flush().await;
        running::ends(&self.app.config.data);
    }
}

impl App {
    /// What a command names of what its author made before: files, and the preview of a link.
    pub(crate) async fn brought(&self, person: Id, command: &Command) -> Result<Brought, Refusal> {
        Ok(Brought {
            uploads: self.uploads.for_command(self, person, command).await?,
            preview: self
                .previews
                .of_command(person, command, self.clock.now_ms()),
        })
    }

    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

/// Whether the certificate and its key can be read and belong together.
pub fn check_tls(config: &Config) -> anyhow::Result<()> {
    Tls::open(config).map(|_| ())
}

fn router(app: Arc<App>) -> Router {
    let (api, document) = openapi::split(routes::all());
    Router::new()
        .merge(api)
        .route(
            "/api/openapi.json",
            get(move || async move { openapi::serve(document) }),
        )
        .route("/ws", get(socket::upgrade))
        .nest(scim::PREFIX, scim::router(Arc::clone(&app)))
        .fallback(site::serve)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(
            CompressionLayer::new().compress_when(
                DefaultPredicate::new()
                    .and(NotForContentType::new("application/zip"))
                    .and(NotForContentType::new("application/octet-stream"))
                    .and(NotForContentType::new("video/"))
                    .and(NotForContentType::new("audio/")),
            ),
        )
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            session::same_origin,
        ))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), headers))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            trace::request,
        ))
        .with_state(app)
}

/// What a page of ours may do: nothing from elsewhere, nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
    media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types sw";

async fn headers(
    axum::extract::State(app): axum::extract::State<Arc<App>>,
    request: Request<axum::body::Body>,
    next: Next,
) -> Response<axum::body::Body> {
    let mut response = next.run(request).await;
    app.metrics.answered(response.status().as_u16());
    if let Some(RefusedBy(code)) = response.extensions().get() {
        app.metrics.refused_code(code);
    }
    let set = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        set.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "no-referrer");
    put(header::X_FRAME_OPTIONS, "DENY");
    put(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    put(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    put(
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(self), geolocation=()",
    );
    put(header::CACHE_CONTROL, "no-store");
    if app.config.is_secure() {
        put(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}
