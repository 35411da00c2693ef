//! Notes of a task, safe against two pages that change them at once.

use domain::protocol::organise::{Notes, PutNotesRequest};
use domain::task::TaskId;
use sha2::{Digest, Sha256};

use super::OrganiseError;
use crate::service::{Project, ServiceError, in_background};
use crate::storage::notes::{self, MAX_NOTES_BYTES};

/// `GET /api/v1/tasks/{experiment}/{task}/notes`
pub async fn get(project: &Project, id: TaskId) -> Result<Notes, ServiceError> {
    let id = known(project, id).await?;
    let layout = project.layout.clone();
    in_background(move || Ok(with_version(notes::read(&layout, &id)?))).await
}

/// `PUT /api/v1/tasks/{experiment}/{task}/notes`
pub async fn put(
    project: &Project,
    id: TaskId,
    request: PutNotesRequest,
) -> Result<Notes, ServiceError> {
    if request.text.len() > MAX_NOTES_BYTES {
        return Err(OrganiseError::NotesTooLong(request.text.len()).into());
    }
    // The task must not move between its lookup and the write, and nobody may write between the comparison and it.
    let _one_at_a_time = project.submitting.write().await;
    let id = known(project, id).await?;
    let layout = project.layout.clone();
    in_background(move || {
        if let Some(wanted) = request.if_match {
            let now = with_version(notes::read(&layout, &id)?);
            if now.version != wanted {
                return Err(OrganiseError::NotesChanged(id.to_string()).into());
            }
        }
        notes::write(&layout, &id, &request.text)?;
        Ok(with_version(request.text))
    })
    .await
}

/// Only names that the state knows become paths.
async fn known(project: &Project, id: TaskId) -> Result<TaskId, ServiceError> {
    let wanted = id.clone();
    let found = project
        .dispatcher
        .read(move |state| state.resolve(&wanted).cloned())
        .await?;
    found.ok_or_else(|| ServiceError::NoTask(id.to_string()))
}

fn with_version(text: String) -> Notes {
    let digest = Sha256::digest(text.as_bytes());
    let version = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
    Notes { text, version }
}
