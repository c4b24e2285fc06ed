//! Takes spans to the collector, some at a time. Never tries twice: there are newer ones.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{
    Protocol, RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use tokio::sync::{Mutex, mpsc};
use tokio::time::{Instant, timeout_at};

use super::Parcel;
use crate::http::client::Client;
use crate::metrics::Metrics;

const SPANS_AT_A_TIME: usize = 512;
const GATHER: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 64 * 1024;

pub fn exporter(collector: &str, token: Option<&str>) -> anyhow::Result<SpanExporter> {
    let address = format!("{}/v1/traces", collector.trim_end_matches('/'));
    let mut client = Client::new(&address, PATIENCE)?;
    if let Some(token) = token {
        client = client.with_token(token)?;
    }
    let mut exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(address)
        .with_timeout(PATIENCE)
        .with_retry_policy(RetryPolicy::disabled())
        .with_http_client(Collector(Mutex::new(client)))
        .build()?;
    let resource = Resource::builder_empty()
        .with_service_name("daylight")
        .with_attribute(opentelemetry::KeyValue::new(
            "service.version",
            env!("CARGO_PKG_VERSION"),
        ))
        .build();
    exporter.set_resource(&resource);
    Ok(exporter)
}

/// Ends when nobody can send a span any more.
pub async fn run(
    mut parcels: mpsc::Receiver<Parcel>,
    exporter: SpanExporter,
    metrics: Arc<Metrics>,
) {
    let mut is_down = false;
    while let Some(first) = parcels.recv().await {
        let until = Instant::now() + GATHER;
        let (mut spans, mut next, mut flushed) = (Vec::new(), Some(first), None);
        while let Some(parcel) = next.take() {
            match parcel {
                Parcel::Span(span) => spans.push(*span),
                Parcel::Flush(done) => {
                    flushed = Some(done);
                    break;
                }
            }
            if spans.len() < SPANS_AT_A_TIME {
                next = timeout_at(until, parcels.recv()).await.ok().flatten();
            }
        }
        if !spans.is_empty() {
            is_down = !send(&exporter, spans, &metrics, is_down).await;
        }
        if let Some(done) = flushed {
            let _nobody_waits = done.send(());
        }
    }
}

/// Whether they arrived. That they do not is told once, until they do again.
async fn send(
    exporter: &SpanExporter,
    spans: Vec<SpanData>,
    metrics: &Metrics,
    was_down: bool,
) -> bool {
    let count = spans.len() as u64;
    match exporter.export(spans).await {
        Ok(()) => {
            metrics.spans_sent.add(count);
            if was_down {
                tracing::info!("traces arrive at the collector again");
            }
            true
        }
        Err(error) => {
            metrics.spans_lost.add(count);
            if !was_down {
                tracing::warn!(%error, "traces do not arrive at the collector: telemetry.otlp");
            }
            false
        }
    }
}

/// Our own way to others, as the exporter wants it.
struct Collector(Mutex<Client>);

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Collector")
    }
}

impl HttpClient for Collector {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let body = request.into_body().to_vec();
            let mut client = self.0.lock().await;
            let kind = "application/x-protobuf";
            let answer = client.post("", kind, body, ANSWER_BYTES_MAX).await?;
            let response = Response::builder().status(answer.status);
            Ok(response.body(answer.body.into())?)
        })
    }
}
