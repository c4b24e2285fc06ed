//! The edge: bytes to types, and who is asking. Only here: axum, tungstenite, rustls.
//!
//! Holds no policy and no storage: it asks the door and the views.

mod accept;
mod error;
pub mod openapi;
mod rate;
pub mod routes;
mod session;
mod site;
mod socket;
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
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};

use crate::chat::command::{Command, Door as Inner};
use crate::chat::{Actor, Refusal};
use crate::clock::Clock;
use crate::config::Config;
use crate::export::jobs::Exports;
use crate::files::Uploads;
use crate::identity::links::Links;
use crate::identity::secret::{Cost, Hasher, Token};
use crate::identity::throttle::Throttle;
use crate::import::Imports;
use crate::open::{self, Engine, Opened};
use crate::retention::Sweeper;
use crate::sequencer::Door;
use crate::views::Views;

pub use error::Failure;
pub use session::Session;

/// The largest JSON body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Secrets hashed at the same time: each takes a core and its memory.
const HASHING_MAX: usize = 2;
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
    pub imports: Imports,
    pub exports: Exports,
    pub sweeper: Sweeper,
    pub(crate) hasher: Arc<Hasher>,
    pub(crate) hashing: Semaphore,
    pub(crate) throttle: Mutex<Throttle>,
    pub(crate) setup: Mutex<Option<Token>>,
    pub(crate) device_links: routes::identity::DeviceLinks,
    pub(crate) rates: rate::Rates,
    pub(crate) connections: AtomicU32,
    pub(crate) started_at: u64,
    /// The durable end of the log, for those who wait for news.
    pub(crate) news: watch::Receiver<u64>,
    pub(crate) stopping: watch::Receiver<bool>,
}

/// A server at work. Dropping it does not stop it: `stop` does, after everything is durable.
pub struct Running {
    pub app: Arc<App>,
    pub address: SocketAddr,
    /// Printed at a first start: whoever opens it becomes the first admin.
    pub setup_url: Option<String>,
    engine: Engine,
    stop: watch::Sender<bool>,
    accepting: tokio::task::JoinHandle<()>,
}

/// Opens the data, starts the sequencer and the jobs, and answers on the configured address.
pub async fn serve(config: Config, clock: Clock) -> anyhow::Result<Running> {
    config.check()?;
    let tls = accept::tls(&config)?;
    let listener = TcpListener::bind(config.server.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.server.listen))?;
    let address = listener.local_addr()?;
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
    let engine = open::start(opened, &config, &clock, &links, move |events| {
        if let Some(last) = events.last() {
            news_in.send_replace(last.position + 1);
        }
        follow_exports.follow(events);
    })?;
    let door = engine.door.clone();
    door.submit(Actor::System, Command::Door(Inner::Started), None)
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
    let app = Arc::new(App {
        uploads: Uploads::new(),
        imports: Imports::new(Arc::clone(&views), door.clone(), clock.clone()),
        sweeper: Sweeper::start(Arc::clone(&views), door.clone(), clock.clone(), &config)?,
        rates: rate::Rates::new(&config.limits),
        throttle: Mutex::new(Throttle::new(crate::identity::throttle::Limits::default())),
        hashing: Semaphore::new(HASHING_MAX),
        setup: Mutex::new(setup),
        device_links: routes::identity::DeviceLinks::default(),
        connections: AtomicU32::new(0),
        config,
        clock,
        views,
        door,
        links,
        exports,
        hasher,
        started_at,
        news,
        stopping,
    });
    app.exports.start(app.door.clone())?;
    let accepting = tokio::spawn(accept::run(
        listener,
        tls,
        router(Arc::clone(&app)),
        Arc::clone(&app),
    ));
    Ok(Running {
        app,
        address,
        setup_url,
        engine,
        stop,
        accepting,
    })
}

impl Running {
    /// Refuses new work, tells sockets to come back, and waits until all is durable.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.app.door.stop().await;
        let _ended = tokio::time::timeout(std::time::Duration::from_secs(10), self.accepting).await;
        self.app.sweeper.stop();
        let engine = self.engine;
        if tokio::task::spawn_blocking(move || engine.join())
            .await
            .is_err()
        {
            tracing::error!("the engine could not be joined");
        }
    }
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
