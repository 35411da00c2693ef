//! The one door of the command line: `/api/v1`, over HTTP if a process holds the project, else in this process.
//!
//! ```text
//! some process holds the lock and answers ──► HTTP on loopback
//! nobody holds it                         ──► the lock, a held dispatcher, and the same router without a socket
//! ```
//!
//! So each command is written once. A held dispatcher starts nothing; what only makes sense while somebody looks after the queue
//! asks for a door that may [stay](Door::stay) open, which leaves a background dispatcher behind.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use clap::Args;
use domain::protocol::{ApiError, ErrorCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::ServiceExt;

use super::background;
use super::open;
use super::remote::{self, Address};
use super::serve;
use super::serving;
use crate::api::access::{Access, random_hex};
use crate::api::router;
use crate::service::ServiceError;
use crate::storage::lock::FileLock;
use crate::storage::server_file::HolderKind;
use crate::storage::{Layout, StorageError, project};

/// How long a process that has just taken the project may take to answer, or to be done with it.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between two looks at it: nothing tells of a lock that is free again.
const LOOK: Duration = Duration::from_millis(20);

/// Which project.
#[derive(Clone, Debug, Default, Args)]
pub struct ProjectArgs {
    /// The folder whose project is meant (default: the one around this folder).
    #[arg(short = 'C', long = "project", value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

impl ProjectArgs {
    /// The project around the folder.
    pub(super) fn layout(&self) -> Result<Layout, ApiError> {
        let dir = self.dir.as_deref().unwrap_or(Path::new("."));
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_path_buf());
        let layout = Layout::new(project::find_root(&dir.join("script")));
        if layout.state_dir().is_dir() {
            return Ok(layout);
        }
        let message = format!("there is no project in `{}` or above it", dir.display());
        Err(ApiError::new(ErrorCode::NotFound, message).with_hint(
            "go to the project's folder, or name it with `-C DIR`; `runyard run SCRIPT` begins one",
        ))
    }
}

/// A way to ask the API of one project.
pub(super) struct Door {
    pub(super) layout: Layout,
    way: Way,
}

enum Way {
    There(Address),
    Here(Here),
}

/// This process holds the project for a moment.
struct Here {
    // Taken when dropped: its threads that wait for adopted runs may block for days.
    runtime: Option<tokio::runtime::Runtime>,
    router: Router,
    token: String,
    _lock: FileLock,
}

impl Drop for Here {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Door {
    /// Opens the door of a project.
    ///
    /// # Errors
    /// Why the project cannot be opened; or its holder, if that does not answer.
    pub(super) fn open(layout: &Layout) -> Result<Self, ApiError> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            match here(layout) {
                Ok(here) => return Ok(Self::new(layout, Way::Here(here))),
                Err(ServiceError::Storage(StorageError::Locked { path, address })) => {
                    if let Some(there) = Address::read(layout).filter(Address::answers) {
                        return Ok(Self::new(layout, Way::There(there)));
                    }
                    if Instant::now() >= give_up {
                        let error = StorageError::Locked { path, address };
                        return Err(ServiceError::from(error).to_api());
                    }
                    thread::sleep(LOOK);
                }
                Err(error) => return Err(error.to_api()),
            }
        }
    }

    /// A door to a process that looks after the queue, started in the background if there is none.
    pub(super) fn staying(layout: &Layout) -> Result<Self, ApiError> {
        let address = background::ensure(layout, None)?;
        Ok(Self::new(layout, Way::There(address)))
    }

    /// This door, if another process is behind it, else [one to such a process](Self::staying).
    pub(super) fn stay(self) -> Result<Self, ApiError> {
        if matches!(self.way, Way::There(_)) {
            return Ok(self);
        }
        let layout = self.layout.clone();
        drop(self);
        Self::staying(&layout)
    }

    fn new(layout: &Layout, way: Way) -> Self {
        Self {
            layout: layout.clone(),
            way,
        }
    }

    /// What kind of process is behind it; `None`: this one.
    pub(super) fn holder(&self) -> Option<HolderKind> {
        match &self.way {
            Way::There(address) => Some(address.kind),
            Way::Here(_) => None,
        }
    }

    /// Asks for something; `path` is what stands behind `/api/v1/`, its segments [encoded](encode).
    pub(super) fn get<R: DeserializeOwned>(&self, path: &str) -> Result<R, ApiError> {
        self.ask(Method::GET, path, &())
    }

    /// Has something done.
    pub(super) fn post<T: Serialize, R: DeserializeOwned>(
        &self,
        path: &str,
        body: &T,
    ) -> Result<R, ApiError> {
        self.ask(Method::POST, path, body)
    }

    /// Any request with a JSON body; a body of `()` is none.
    pub(super) fn ask<T: Serialize, R: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &T,
    ) -> Result<R, ApiError> {
        let body = serde_json::to_string(body)
            .map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string()))?;
        let body = if body == "null" { String::new() } else { body };
        let answer = match &self.way {
            Way::There(address) => address.ask(method, path, body, None)?,
            Way::Here(here) => here.ask(method, path, body)?,
        };
        remote::parsed(&answer)
    }
}

fn here(layout: &Layout) -> Result<Here, ServiceError> {
    let opened = open::existing(layout)?;
    let runtime = serve::runtime().map_err(ServiceError::OutOfRange)?;
    let token = random_hex();
    // Nothing listens: the port is a name that our own request gives.
    let access = Access::new(token.clone(), &layout.root().to_string_lossy(), 0);
    let (router, lock) = runtime.block_on(async {
        let (project, lock) = open::start_held(opened);
        let state = serving::app_state(
            project,
            Arc::new(access),
            ([127, 0, 0, 1], 0).into(),
            HolderKind::Foreground,
        );
        let state = state.map_err(StorageError::read(&layout.state_dir()))?;
        Ok::<_, ServiceError>((router::api_router(state), lock))
    })?;
    Ok(Here {
        runtime: Some(runtime),
        router,
        token,
        _lock: lock,
    })
}

impl Here {
    fn ask(&self, method: Method, path: &str, body: String) -> Result<Vec<u8>, ApiError> {
        let broken = |error: &dyn std::fmt::Display| {
            ApiError::new(
                ErrorCode::Internal,
                format!("could not ask `{path}`: {error}"),
            )
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/{path}"))
            .header(header::HOST, "127.0.0.1:0")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .map_err(|error| broken(&error))?;
        let runtime = self
            .runtime
            .as_ref()
            .ok_or_else(|| broken(&"it is closed"))?;
        runtime.block_on(async {
            let Ok(response) = self.router.clone().oneshot(request).await;
            let is_success = response.status().is_success();
            let body = axum::body::to_bytes(response.into_body(), usize::MAX);
            let body = body.await.map_err(|error| broken(&error))?;
            if is_success {
                return Ok(body.to_vec());
            }
            Err(serde_json::from_slice(&body).map_err(|error| broken(&error))?)
        })
    }
}

/// A name as one segment of a path, or one value of a query.
pub(super) fn encode(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text += &format!("%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_segment_whatever_it_holds() {
        assert_eq!(encode("a b/../c#?%"), "a%20b%2F..%2Fc%23%3F%25");
        assert_eq!(encode("试"), "%E8%AF%95");
    }
}
