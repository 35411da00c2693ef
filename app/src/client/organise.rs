//! What a person does to tasks beside running them: marks, names, notes, the trash. And what a run used.

use domain::protocol::http::{ActOnTasksRequest, ActOnTasksResponse};
use domain::protocol::organise::{
    EmptyTrashRequest, EmptyTrashResponse, GetTrashSizeResponse, ListTrashResponse, Notes,
    PutNotesRequest, RemoveTasksResponse, RenameTaskRequest, RestoreTasksRequest, TrashId,
};
use domain::protocol::queue::PatchTasksRequest;
use domain::run::GetUsageResponse;
use domain::task::{RunId, TaskId};

use super::http::{ClientError, Write, get, write};
use super::url::encode;

fn task_path(id: &TaskId) -> String {
    format!(
        "/api/v1/tasks/{}/{}",
        encode(&id.experiment),
        encode(&id.task)
    )
}

/// Changes what is saved of tasks.
pub(crate) async fn patch_tasks(
    request: &PatchTasksRequest,
) -> Result<ActOnTasksResponse, ClientError> {
    write(Write::Patch, "/api/v1/tasks", request).await
}

/// Moves tasks to the trash.
pub(crate) async fn remove_tasks(
    whom: &ActOnTasksRequest,
) -> Result<RemoveTasksResponse, ClientError> {
    write(Write::Post, "/api/v1/tasks/remove", whom).await
}

/// Tasks that one request restores: a body has its limit, and a selection has none.
const AT_ONCE: usize = 5_000;

/// Takes tasks out of the trash again.
pub(crate) async fn restore_tasks(tasks: Vec<TrashId>) -> Result<ActOnTasksResponse, ClientError> {
    let mut all = ActOnTasksResponse {
        done: 0,
        refused: Vec::new(),
    };
    for some in tasks.chunks(AT_ONCE) {
        let request = RestoreTasksRequest {
            tasks: some.to_vec(),
        };
        let answer: ActOnTasksResponse =
            write(Write::Post, "/api/v1/tasks/restore", &request).await?;
        all.done += answer.done;
        all.refused.extend(answer.refused);
    }
    Ok(all)
}

/// What was removed, last removed first.
pub(crate) async fn list_trash(limit: u64) -> Result<ListTrashResponse, ClientError> {
    get(&format!("/api/v1/trash?limit={limit}")).await
}

/// The room that the trash takes.
pub(crate) async fn get_trash_size() -> Result<GetTrashSizeResponse, ClientError> {
    get("/api/v1/trash/size").await
}

/// Deletes for good.
pub(crate) async fn empty_trash(
    request: &EmptyTrashRequest,
) -> Result<EmptyTrashResponse, ClientError> {
    write(Write::Delete, "/api/v1/trash", request).await
}

/// The notes of a task.
pub(crate) async fn get_notes(id: &TaskId) -> Result<Notes, ClientError> {
    get(&format!("{}/notes", task_path(id))).await
}

/// Saves the notes of a task; refused if somebody else changed them.
pub(crate) async fn put_notes(id: &TaskId, notes: &Notes) -> Result<Notes, ClientError> {
    let request = PutNotesRequest {
        text: notes.text.clone(),
        if_match: Some(notes.version.clone()),
    };
    write(Write::Put, &format!("{}/notes", task_path(id)), &request).await
}

/// Gives a task another name; the answer is the one from now on.
pub(crate) async fn rename_task(id: &TaskId, to: String) -> Result<TaskId, ClientError> {
    let request = RenameTaskRequest { to };
    write(Write::Post, &format!("{}/rename", task_path(id)), &request).await
}

/// Memory and processors of a run over time.
pub(crate) async fn get_usage(run: &RunId) -> Result<GetUsageResponse, ClientError> {
    get(&format!(
        "/api/v1/runs/{}/{}/{}/usage",
        encode(&run.task.experiment),
        encode(&run.task.task),
        run.number
    ))
    .await
}
