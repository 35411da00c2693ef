//! All routes on one screen.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, patch, post, put};

use super::state::AppState;
use super::{assets, guard, ssr, v1, ws};

/// The largest request body, bytes.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// The whole server: API, socket, pages, assets, behind the guard.
pub fn router(state: AppState) -> Router {
    guarded(ssr::pages(&state).fallback(assets::serve), state)
}

/// The API alone, behind the same guard: what a command asks that holds the project itself.
pub fn api_router(state: AppState) -> Router {
    guarded(Router::new(), state)
}

fn guarded(pages: Router<AppState>, state: AppState) -> Router {
    pages
        .nest("/api/v1", api())
        .layer(middleware::from_fn_with_state(state.clone(), guard::guard))
        .with_state(state)
}

fn api() -> Router<AppState> {
    Router::new()
        .route("/health", get(v1::health::get))
        .route("/handover", post(v1::handover::post))
        .route("/project", get(v1::project::get))
        .route("/settings", get(v1::settings::get).put(v1::settings::put))
        .route("/settings/interpreters", get(v1::settings::interpreters))
        .route("/phone", post(v1::settings::phone))
        .route("/experiments/{experiment}", get(v1::experiments::get))
        .route(
            "/experiments/{experiment}/inputs",
            put(v1::experiments::put_inputs),
        )
        .route("/experiments/{experiment}/config", get(v1::config::get))
        .route(
            "/experiments/{experiment}/completed",
            get(v1::experiments::completed),
        )
        .route(
            "/experiments/{experiment}/sweeps",
            post(v1::experiments::post_sweep),
        )
        .route(
            "/experiments/{experiment}/probe",
            post(v1::probe::post).delete(v1::probe::delete),
        )
        .route(
            "/experiments/{experiment}/parser",
            put(v1::probe::put_parser),
        )
        .route(
            "/experiments/{experiment}/import",
            post(v1::experiments::import),
        )
        .route(
            "/experiments/{experiment}/templates",
            get(v1::templates::list),
        )
        .route(
            "/experiments/{experiment}/templates/{name}",
            put(v1::templates::put).delete(v1::templates::delete),
        )
        .route(
            "/experiments/{experiment}/templates/{name}/rename",
            post(v1::templates::rename),
        )
        .route(
            "/experiments/{experiment}/sweeps/{sweep}",
            patch(v1::queue::patch_sweep),
        )
        .route(
            "/experiments/{experiment}/sweeps/{sweep}/resume",
            post(v1::experiments::resume),
        )
        .route(
            "/experiments/{experiment}/sweeps/{sweep}/changes",
            get(v1::calls::changes),
        )
        .merge(tasks_and_queue())
        .route("/ws", get(ws::handler::upgrade))
        .fallback(v1::not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// Tasks, their runs, and the queue they wait in.
fn tasks_and_queue() -> Router<AppState> {
    Router::new()
        .route(
            "/runs/{experiment}/{task}/{number}/repeat",
            post(v1::tasks::repeat),
        )
        .route("/changes", get(v1::select::changes))
        .route("/commands", post(v1::commands::post_command))
        .route("/batches", post(v1::commands::post_batch))
        .route(
            "/calls",
            post(v1::calls::post).layer(DefaultBodyLimit::max(v1::calls::MAX_BODY_BYTES)),
        )
        .route("/tasks/find", post(v1::select::find))
        .route(
            "/tasks",
            get(v1::tasks::list).patch(v1::organise::patch_tasks),
        )
        .route("/tasks/remove", post(v1::organise::remove))
        .route("/tasks/restore", post(v1::organise::restore))
        .route(
            "/trash",
            get(v1::organise::list_trash).delete(v1::organise::empty_trash),
        )
        .route("/trash/size", get(v1::organise::trash_size))
        .route("/tasks/run", post(v1::tasks::run))
        .route("/tasks/rerun", post(v1::tasks::rerun))
        .route("/tasks/cancel", post(v1::tasks::cancel))
        .route("/tasks/{experiment}/{task}", get(v1::tasks::get))
        .route(
            "/tasks/{experiment}/{task}/notes",
            get(v1::organise::get_notes).put(v1::organise::put_notes),
        )
        .route(
            "/tasks/{experiment}/{task}/command",
            put(v1::organise::put_command),
        )
        .route(
            "/tasks/{experiment}/{task}/rename",
            post(v1::organise::rename_task),
        )
        .route(
            "/runs/{experiment}/{task}/{number}/environment",
            get(v1::tasks::environment),
        )
        .route(
            "/runs/{experiment}/{task}/{number}/usage",
            get(v1::tasks::usage),
        )
        .route(
            "/runs/{experiment}/{task}/{number}/metrics",
            get(v1::records::metrics),
        )
        .route("/runs/{experiment}/{task}/{number}/log", get(v1::logs::raw))
        .route(
            "/runs/{experiment}/{task}/{number}/log/rows",
            get(v1::logs::rows),
        )
        .route("/queue", get(v1::queue::get))
        .route("/queue/pause", post(v1::queue::pause))
        .route("/queue/resume", post(v1::queue::resume))
        .route("/queue/move", post(v1::queue::move_tasks))
}
