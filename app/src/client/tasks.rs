//! Tasks: lists, details and acts.

use domain::protocol::http::{
    ActOnTasksRequest, ActOnTasksResponse, ListTasksQuery, ListTasksResponse,
};
use domain::task::{RunId, TaskDetail, TaskId};

use super::http::{ClientError, Write, get, write};
use super::url::encode;

/// What may be done to tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Queue pending tasks.
    Run,
    /// End queued and running ones.
    Cancel,
    /// Run finished ones again.
    Rerun,
}

impl Act {
    fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Cancel => "cancel",
            Self::Rerun => "rerun",
        }
    }
}

/// One page of the list.
pub(crate) async fn list_tasks(query: &ListTasksQuery) -> Result<ListTasksResponse, ClientError> {
    get(&format!("/api/v1/tasks{}", query_string(query))).await
}

/// Everything about one task.
pub(crate) async fn get_task(id: &TaskId) -> Result<TaskDetail, ClientError> {
    get(&format!(
        "/api/v1/tasks/{}/{}",
        encode(&id.experiment),
        encode(&id.task)
    ))
    .await
}

/// What a run depended on beside its values, by shape.
pub(crate) async fn get_environment(run: &RunId) -> Result<serde_json::Value, ClientError> {
    get(&format!(
        "/api/v1/runs/{}/{}/{}/environment",
        encode(&run.task.experiment),
        encode(&run.task.task),
        run.number
    ))
    .await
}

/// Does something to tasks; the answer says what was refused and why.
pub(crate) async fn act_on_tasks(
    act: Act,
    whom: &ActOnTasksRequest,
) -> Result<ActOnTasksResponse, ClientError> {
    let path = format!("/api/v1/tasks/{}", act.as_str());
    write(Write::Post, &path, whom).await
}

/// `?q=…&status=…`, without what is at its default; empty if all is.
fn query_string(query: &ListTasksQuery) -> String {
    let mut pairs = Vec::new();
    let mut text = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            pairs.push(format!("{name}={}", encode(value)));
        }
    };
    text("q", Some(&query.q));
    text("status", query.status.map(domain::run::ShownStatus::as_str));
    text("experiment", query.experiment.as_deref());
    text("sweep", query.sweep.as_deref());
    text("label", query.label.as_deref());
    text("user", query.user.as_deref());
    for (name, number) in [("offset", query.offset), ("limit", query.limit)] {
        if number != 0 {
            pairs.push(format!("{name}={number}"));
        }
    }
    if pairs.is_empty() {
        String::new()
    } else {
        format!("?{}", pairs.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use domain::run::ShownStatus;

    use super::*;

    #[test]
    fn defaults_are_left_out_and_values_are_escaped() {
        assert_eq!(query_string(&ListTasksQuery::default()), "");
        let query = ListTasksQuery {
            q: "lr 0.1&x".to_owned(),
            status: Some(ShownStatus::Failed),
            offset: 100,
            ..ListTasksQuery::default()
        };
        assert_eq!(
            query_string(&query),
            "?q=lr%200.1%26x&status=failed&offset=100"
        );
    }
}
