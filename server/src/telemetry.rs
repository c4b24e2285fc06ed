//! Traces for whoever watches the machine: requests, and the stages of each command, to a collector (OTLP over HTTP).
//!
//! Off unless one is set. It never makes anybody wait: what cannot be sent is dropped, and counted. No span tells a
//! name, a word, a token, an id of ours but a request's, or an address as it was asked.

mod deliver;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use migrations_free_store::Took;
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{
    IdGenerator as _, RandomIdGenerator, SpanData, SpanEvents, SpanLinks,
};
use tokio::sync::{mpsc, oneshot};

use crate::config::Telemetry;
use crate::metrics::Metrics;

/// Spans that wait to be sent.
const QUEUE_MAX: usize = 4096;
/// Others are told of as one.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// How long an end waits for the last spans to arrive.
const FLUSH_PATIENCE: Duration = Duration::from_secs(3);

tokio::task_local! {
    /// The request under way, if it is told of.
    static REQUEST: Option<Place>;
}

/// Where spans go; by default nowhere.
#[derive(Clone, Default)]
pub struct Traces(Option<Arc<Outbox>>);

struct Outbox {
    queue: mpsc::Sender<Parcel>,
    one_in: u32,
    begun: AtomicU32,
    scope: InstrumentationScope,
    metrics: Arc<Metrics>,
}

enum Parcel {
    Span(Box<SpanData>),
    Flush(oneshot::Sender<()>),
}

/// One span: its trace, itself and what it is a part of.
#[derive(Clone, Copy)]
pub struct Place {
    trace: TraceId,
    span: SpanId,
    parent: SpanId,
}

impl Place {
    fn root() -> Place {
        Place {
            trace: RandomIdGenerator::default().new_trace_id(),
            span: RandomIdGenerator::default().new_span_id(),
            parent: SpanId::INVALID,
        }
    }

    fn within(self) -> Place {
        Place {
            span: RandomIdGenerator::default().new_span_id(),
            parent: self.span,
            ..self
        }
    }
}

/// A request that was answered.
pub struct Answered {
    pub id: String,
    pub method: String,
    pub route: String,
    pub status: u16,
}

impl Answered {
    /// By the names of OpenTelemetry's conventions for HTTP.
    fn told(self) -> (String, Vec<KeyValue>, Status) {
        // What is no method of HTTP is whatever somebody wrote.
        let known = METHODS.into_iter().find(|known| *known == self.method);
        let method = known.unwrap_or("_OTHER");
        let name = format!("{method} {}", self.route);
        let attributes = vec![
            KeyValue::new("http.request.method", method),
            KeyValue::new("http.route", self.route),
            KeyValue::new("http.response.status_code", i64::from(self.status)),
            KeyValue::new("daylight.request", self.id),
        ];
        let status = match self.status {
            500.. => Status::error(""),
            _ => Status::Unset,
        };
        (name, attributes, status)
    }
}

/// A command that is told of, since it was submitted.
#[derive(Clone, Copy)]
pub struct Way {
    place: Place,
    since: Instant,
}

/// One batch of the sequencer: which of its commands are told of, and when it was where.
#[derive(Default)]
pub struct Stages {
    commands: Vec<Told>,
    decided: Option<(Instant, Instant)>,
    sent: Option<Instant>,
    took: Option<Took>,
}

struct Told {
    way: Way,
    name: &'static str,
    refused: Option<&'static str>,
}

impl Stages {
    pub fn command(&mut self, way: Way, name: &'static str, refused: Option<&'static str>) {
        self.commands.push(Told { way, name, refused });
    }

    pub fn decided(&mut self, begun: Instant) {
        let first = self.decided.map_or(begun, |(first, _)| first);
        self.decided = Some((first, Instant::now()));
    }

    /// It is on its way to the disk.
    pub fn sent(&mut self) {
        self.sent = Some(Instant::now());
    }

    pub fn took(&mut self, took: Took) {
        self.took = Some(took);
    }
}

impl Traces {
    /// Needs a runtime, on which they are sent.
    pub fn start(config: &Telemetry, metrics: &Arc<Metrics>) -> anyhow::Result<Traces> {
        let Some(collector) = &config.otlp else {
            return Ok(Traces::default());
        };
        let (queue, parcels) = mpsc::channel(QUEUE_MAX);
        let token = config.token()?;
        let exporter = deliver::exporter(collector, token.as_deref())?;
        tokio::spawn(deliver::run(parcels, exporter, Arc::clone(metrics)));
        Ok(Traces(Some(Arc::new(Outbox {
            queue,
            one_in: config.one_in,
            begun: AtomicU32::new(0),
            scope: InstrumentationScope::builder("daylight")
                .with_version(env!("CARGO_PKG_VERSION"))
                .build(),
            metrics: Arc::clone(metrics),
        }))))
    }

    /// Answers a request, which all that it asks of the sequencer is then told as a part of.
    pub async fn request<T>(
        &self,
        answer: impl Future<Output = T>,
        told: impl FnOnce(&T) -> Answered,
    ) -> T {
        let Some(outbox) = &self.0 else {
            return answer.await;
        };
        let place = outbox.begin();
        let begun = Instant::now();
        let answered = REQUEST.scope(place, answer).await;
        if let Some(place) = place {
            let ended = Instant::now();
            let (name, attributes, status) = told(&answered).told();
            let mut span = outbox.span(place, SpanKind::Server, name, (begun, ended), attributes);
            span.status = status;
            outbox.send(span);
        }
        answered
    }

    /// For a command that is about to be submitted. None: it is not told of.
    pub fn way(&self) -> Option<Way> {
        let outbox = self.0.as_ref()?;
        let place = match REQUEST.try_with(|request| *request) {
            Ok(request) => request?.within(),
            Err(_) => outbox.begin()?,
        };
        let since = Instant::now();
        Some(Way { place, since })
    }

    /// A batch is answered and delivered, which took since `fanout`.
    pub fn answered(&self, stages: &Stages, fanout: Instant) {
        let Some(outbox) = &self.0 else { return };
        let ended = Instant::now();
        let written = stages.sent.zip(stages.took).map(|(sent, took)| {
            let appended = sent + took.append;
            [
                ("append", sent, appended),
                ("sync", appended, appended + took.sync),
            ]
        });
        for told in &stages.commands {
            let mut facts = vec![KeyValue::new("daylight.command", told.name)];
            facts.extend(
                told.refused
                    .map(|code| KeyValue::new("daylight.refused", code)),
            );
            let Way { place, since } = told.way;
            let name = told.name.to_owned();
            let whole = outbox.span(place, SpanKind::Internal, name, (since, ended), facts);
            outbox.send(whole);
            // The batch may have been begun before this one came.
            let decided = stages
                .decided
                .map(|(begun, ended)| ("decide", begun.max(since), ended));
            let stages = decided.into_iter().chain(written.into_iter().flatten());
            for (name, begun, ended) in stages.chain([("fanout", fanout, ended)]) {
                let place = place.within();
                let times = (begun, ended);
                let part = outbox.span(place, SpanKind::Internal, name.into(), times, vec![]);
                outbox.send(part);
            }
        }
    }

    /// Waits a moment for what is still to be sent.
    pub async fn flush(&self) {
        let Some(outbox) = &self.0 else { return };
        let (done, flushed) = oneshot::channel();
        let all = async {
            if outbox.queue.send(Parcel::Flush(done)).await.is_ok() {
                let _gone = flushed.await;
            }
        };
        let _late = tokio::time::timeout(FLUSH_PATIENCE, all).await;
    }
}

impl Outbox {
    /// The first span of a trace, if this one is told of.
    fn begin(&self) -> Option<Place> {
        let nth = self.begun.fetch_add(1, Ordering::Relaxed);
        nth.is_multiple_of(self.one_in).then(Place::root)
    }

    fn span(
        &self,
        place: Place,
        span_kind: SpanKind,
        name: String,
        (begun, ended): (Instant, Instant),
        attributes: Vec<KeyValue>,
    ) -> SpanData {
        let now = SystemTime::now();
        let flags = TraceFlags::SAMPLED;
        SpanData {
            span_context: SpanContext::new(
                place.trace,
                place.span,
                flags,
                false,
                TraceState::default(),
            ),
            parent_span_id: place.parent,
            parent_span_is_remote: false,
            span_kind,
            name: name.into(),
            start_time: now - begun.elapsed(),
            end_time: now - ended.elapsed(),
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: self.scope.clone(),
        }
    }

    fn send(&self, span: SpanData) {
        if self.queue.try_send(Parcel::Span(Box::new(span))).is_err() {
            self.metrics.spans_lost.add(1);
        }
    }
}
