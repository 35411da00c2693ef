//! The state that lives in the URL, typed: a reload, a bookmark and the back button all keep it.

use domain::protocol::http::ListTasksQuery;
use domain::protocol::select::TaskFilter;
use domain::run::ShownStatus;
use leptos_router::params::ParamsMap;

use crate::client::encode;

/// What the Runs page is filtered by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunsQuery {
    /// The search words.
    pub(crate) q: String,
    /// Only this status.
    pub(crate) status: Option<ShownStatus>,
    /// Only this sweep.
    pub(crate) sweep: Option<String>,
    /// Only with this label.
    pub(crate) label: Option<String>,
    /// Only of this user.
    pub(crate) user: Option<String>,
}

impl RunsQuery {
    /// From the URL; what makes no sense is as if absent.
    pub(crate) fn read(map: &ParamsMap) -> Self {
        let text = |name: &str| map.get(name).filter(|value| !value.is_empty());
        Self {
            q: text("q").unwrap_or_default(),
            status: text("status").and_then(|word| ShownStatus::parse(&word)),
            sweep: text("sweep"),
            label: text("label"),
            user: text("user"),
        }
    }

    /// The path of the page with this state.
    pub(crate) fn path(&self) -> String {
        let mut pairs = Vec::new();
        if !self.q.is_empty() {
            pairs.push(format!("q={}", encode(&self.q)));
        }
        if let Some(status) = self.status {
            pairs.push(format!("status={status}"));
        }
        if let Some(sweep) = &self.sweep {
            pairs.push(format!("sweep={}", encode(sweep)));
        }
        if let Some(label) = &self.label {
            pairs.push(format!("label={}", encode(label)));
        }
        if let Some(user) = &self.user {
            pairs.push(format!("user={}", encode(user)));
        }
        if pairs.is_empty() {
            "/runs".to_owned()
        } else {
            format!("/runs?{}", pairs.join("&"))
        }
    }

    /// True if nothing is filtered.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// As the server's query.
    pub(crate) fn to_list(&self) -> ListTasksQuery {
        ListTasksQuery {
            q: self.q.clone(),
            status: self.status,
            sweep: self.sweep.clone(),
            label: self.label.clone(),
            user: self.user.clone(),
            ..ListTasksQuery::default()
        }
    }

    /// The same tasks as a filter of acts.
    pub(crate) fn to_filter(&self) -> TaskFilter {
        TaskFilter {
            q: self.q.clone(),
            status: self.status.into_iter().collect(),
            sweep: self.sweep.clone(),
            labels: self.label.clone().into_iter().collect(),
            user: self.user.clone(),
            ..TaskFilter::default()
        }
    }
}

/// What the run page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RunTab {
    /// The log.
    #[default]
    Log,
    /// The resolved config.
    Config,
    /// The command line.
    Command,
    /// What else the run depended on.
    Environment,
    /// What it used.
    Usage,
    /// What it asks of the queue.
    Plan,
    /// A person's notes.
    Notes,
}

impl RunTab {
    /// All of them, in order.
    pub(crate) const ALL: [Self; 7] = [
        Self::Log,
        Self::Config,
        Self::Command,
        Self::Environment,
        Self::Usage,
        Self::Plan,
        Self::Notes,
    ];

    /// The value of `tab=`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Config => "config",
            Self::Command => "command",
            Self::Environment => "environment",
            Self::Usage => "usage",
            Self::Plan => "plan",
            Self::Notes => "notes",
        }
    }

    /// From the URL; the log if it says nothing known.
    pub(crate) fn read(map: &ParamsMap) -> Self {
        let word = map.get("tab").unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|tab| tab.as_str() == word)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_survives_its_own_url() {
        let query = RunsQuery {
            q: "lr 0.1&".to_owned(),
            status: Some(ShownStatus::Failed),
            sweep: Some("s".to_owned()),
            label: Some("a b".to_owned()),
            user: Some("ada".to_owned()),
        };
        assert_eq!(
            query.path(),
            "/runs?q=lr%200.1%26&status=failed&sweep=s&label=a%20b&user=ada"
        );
        let mut map = ParamsMap::new();
        map.insert("q", query.q.clone());
        map.insert("status", "failed".to_owned());
        map.insert("sweep", "s".to_owned());
        map.insert("label", "a b".to_owned());
        map.insert("user", "ada".to_owned());
        assert_eq!(RunsQuery::read(&map), query);
        assert!(!query.is_empty());
    }

    #[test]
    fn nonsense_in_the_url_is_as_if_absent() {
        let mut map = ParamsMap::new();
        map.insert("status", "sleeping".to_owned());
        map.insert("tab", "x".to_owned());
        assert!(RunsQuery::read(&map).is_empty());
        assert_eq!(RunTab::read(&map), RunTab::Log);
    }
}
