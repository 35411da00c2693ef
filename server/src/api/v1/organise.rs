//! The trash, names, labels and notes.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use domain::protocol::commands::PutCommandRequest;
use domain::protocol::http::{ActOnTasksRequest, ActOnTasksResponse};
use domain::protocol::organise::{
    EmptyTrashRequest, EmptyTrashResponse, GetTrashSizeResponse, ListTrashQuery, ListTrashResponse,
    Notes, PutNotesRequest, RemoveTasksResponse, RenameTaskRequest, RestoreTasksRequest,
};
use domain::protocol::queue::PatchTasksRequest;
use domain::protocol::select::TaskOrder;
use domain::task::TaskId;

use crate::api::ApiFailure;
use crate::api::state::AppState;
use crate::service::organise::{command, notes, patch, rename, trash};
use crate::service::select;

type Answer<T> = Result<Json<T>, ApiFailure>;
type Body<T> = Result<Json<T>, JsonRejection>;

/// `PATCH /api/v1/tasks`
pub async fn patch_tasks(
    State(state): State<AppState>,
    body: Body<PatchTasksRequest>,
) -> Answer<ActOnTasksResponse> {
    let Json(request) = body?;
    Ok(Json(patch::patch(&state.project, request).await?))
}

/// `POST /api/v1/tasks/remove`
pub async fn remove(
    State(state): State<AppState>,
    body: Body<ActOnTasksRequest>,
) -> Answer<RemoveTasksResponse> {
    let Json(ActOnTasksRequest { mut tasks, filter }) = body?;
    select::add_found(&state.project, &mut tasks, filter, TaskOrder::Newest).await?;
    Ok(Json(trash::remove(&state.project, tasks).await?))
}

/// `POST /api/v1/tasks/restore`
pub async fn restore(
    State(state): State<AppState>,
    body: Body<RestoreTasksRequest>,
) -> Answer<ActOnTasksResponse> {
    let Json(request) = body?;
    Ok(Json(trash::restore(&state.project, request).await?))
}

/// `GET /api/v1/trash`
pub async fn list_trash(
    State(state): State<AppState>,
    query: Result<Query<ListTrashQuery>, QueryRejection>,
) -> Answer<ListTrashResponse> {
    let Query(query) = query?;
    Ok(Json(trash::list(&state.project, query).await?))
}

/// `GET /api/v1/trash/size`
pub async fn trash_size(State(state): State<AppState>) -> Answer<GetTrashSizeResponse> {
    Ok(Json(trash::size(&state.project).await?))
}

/// `DELETE /api/v1/trash`
pub async fn empty_trash(
    State(state): State<AppState>,
    body: Body<EmptyTrashRequest>,
) -> Answer<EmptyTrashResponse> {
    let Json(request) = body?;
    Ok(Json(trash::empty(&state.project, request).await?))
}

/// `GET /api/v1/tasks/{experiment}/{task}/notes`
pub async fn get_notes(
    State(state): State<AppState>,
    Path((experiment, task)): Path<(String, String)>,
) -> Answer<Notes> {
    let id = TaskId { experiment, task };
    Ok(Json(notes::get(&state.project, id).await?))
}

/// `PUT /api/v1/tasks/{experiment}/{task}/notes`
pub async fn put_notes(
    State(state): State<AppState>,
    Path((experiment, task)): Path<(String, String)>,
    body: Body<PutNotesRequest>,
) -> Answer<Notes> {
    let Json(request) = body?;
    let id = TaskId { experiment, task };
    Ok(Json(notes::put(&state.project, id, request).await?))
}

/// `PUT /api/v1/tasks/{experiment}/{task}/command`
pub async fn put_command(
    State(state): State<AppState>,
    Path((experiment, task)): Path<(String, String)>,
    body: Body<PutCommandRequest>,
) -> Answer<TaskId> {
    let Json(request) = body?;
    let id = TaskId { experiment, task };
    Ok(Json(command::put(&state.project, id, request).await?))
}

/// `POST /api/v1/tasks/{experiment}/{task}/rename`
pub async fn rename_task(
    State(state): State<AppState>,
    Path((experiment, task)): Path<(String, String)>,
    body: Body<RenameTaskRequest>,
) -> Answer<TaskId> {
    let Json(request) = body?;
    let id = TaskId { experiment, task };
    Ok(Json(rename::rename(&state.project, id, request).await?))
}
