//! The HTTP calls, by who makes them. Each reads, or hands a command to the door; none decides.

pub mod admin;
pub mod adoption;
pub mod archive;
pub mod chat;
pub mod company;
pub mod data;
pub mod destructions;
pub mod exports;
pub mod files;
pub mod governance;
pub mod health;
pub mod identity;
pub mod imports;
pub mod log;
pub mod metrics;
pub mod passkeys;
pub mod policy;
pub mod previews;
pub mod push;
pub mod record;
pub mod review;
pub mod second;
pub mod supervision;
pub mod tagged;
pub mod unusual;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

/// Every route. What is not here is not reachable, and what is here is in the API document.
pub fn all() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(identity::site))
        .routes(routes!(identity::setup))
        .routes(routes!(identity::preview))
        .routes(routes!(identity::join))
        .routes(routes!(identity::reset))
        .routes(routes!(identity::sign_in))
        .routes(routes!(company::begin))
        .routes(routes!(company::back))
        .routes(routes!(identity::claim))
        .routes(routes!(identity::sign_out))
        .routes(routes!(identity::change_secret))
        .routes(routes!(identity::device_link))
        .routes(routes!(identity::devices))
        .routes(routes!(second::sign_in))
        .routes(routes!(second::standing))
        .routes(routes!(second::start))
        .routes(routes!(second::confirm))
        .routes(routes!(second::off))
        .routes(routes!(second::recovery))
        .routes(routes!(second::rule))
        .routes(routes!(passkeys::ask))
        .routes(routes!(passkeys::sign_in))
        .routes(routes!(passkeys::start))
        .routes(routes!(passkeys::add))
        .routes(routes!(passkeys::remove))
        .routes(routes!(chat::bootstrap))
        .routes(routes!(chat::command))
        .routes(routes!(chat::channel))
        .routes(routes!(chat::messages))
        .routes(routes!(chat::thread))
        .routes(routes!(chat::history))
        .routes(routes!(chat::receipts))
        .routes(routes!(chat::confirmations))
        .routes(routes!(chat::pins))
        .routes(routes!(chat::media))
        .routes(routes!(chat::community))
        .routes(routes!(chat::asking))
        .routes(routes!(chat::saved))
        .routes(routes!(chat::scheduled))
        .routes(routes!(chat::search))
        .routes(routes!(chat::sync))
        .routes(routes!(previews::make))
        .routes(routes!(push::standing))
        .routes(routes!(push::start))
        .routes(routes!(push::end))
        .routes(routes!(push::test))
        .routes(routes!(push::news))
        .routes(routes!(files::upload))
        .routes(routes!(files::download))
        .routes(routes!(admin::invites))
        .routes(routes!(admin::people))
        .routes(routes!(admin::devices_of))
        .routes(routes!(admin::leaving))
        .routes(routes!(admin::channels))
        .routes(routes!(policy::preview))
        .routes(routes!(policy::proposals))
        .routes(routes!(health::health))
        .routes(routes!(governance::matters))
        .routes(routes!(governance::orders))
        .routes(routes!(governance::preview))
        .routes(routes!(destructions::list))
        .routes(routes!(destructions::one))
        .routes(routes!(destructions::download))
        .routes(routes!(adoption::sums))
        .routes(routes!(unusual::unusual))
        .routes(routes!(data::ask))
        .routes(routes!(data::fetch))
        .routes(routes!(review::grants))
        .routes(routes!(review::count))
        .routes(routes!(review::search))
        .routes(routes!(review::page))
        .routes(routes!(review::file))
        .routes(routes!(review::looks))
        .routes(routes!(tagged::tags))
        .routes(routes!(tagged::chosen))
        .routes(routes!(supervision::rules))
        .routes(routes!(supervision::queue))
        .routes(routes!(supervision::one))
        .routes(routes!(log::ledger))
        .routes(routes!(log::checkpoint))
        .routes(routes!(log::consistency))
        .routes(routes!(log::inclusion))
        .routes(routes!(record::checkpoint))
        .routes(routes!(record::tiles_checkpoint))
        .routes(routes!(record::tile))
        .routes(routes!(record::proof))
        .routes(routes!(record::status))
        .routes(routes!(exports::list))
        .routes(routes!(exports::download))
        .routes(routes!(archive::archive))
        .routes(routes!(imports::upload, imports::list))
        .routes(routes!(imports::preview))
        .routes(routes!(imports::commit))
        .routes(routes!(imports::get, imports::cancel))
        .routes(routes!(metrics::metrics))
        .routes(routes!(identity::healthz))
        .routes(routes!(identity::readyz))
}

/// An empty success.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Done {}
