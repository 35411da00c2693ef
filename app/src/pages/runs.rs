//! Runs: every task, newest sweep first, with search, filter, selection and acts.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

use super::task_list::TaskList;
use crate::components::notice::Failure;
use crate::components::task_filters::TaskFilters;
use crate::components::task_table::{BulkBar, TaskTable};
use crate::i18n::{Msg, Phrase};
use crate::query::RunsQuery;
use crate::state::use_app;
use crate::view_model::runs::TaskPages;

/// The page.
#[component]
pub(crate) fn RunsPage() -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let params = use_query_map();
    let query = Memo::new(move |_| params.with(RunsQuery::read));
    let list = TaskList::new(app, query);
    provide_context(list);
    view! {
        <Title text=i18n.say(Msg::TitleRuns)/>
        <div class="page runs">
            <div class="page-head">
                <h1>{i18n.say(Msg::NavRuns)}</h1>
                <span class="total" data-testid="runs-total">
                    {move || list.pages.with(TaskPages::total).map(|n| i18n.t(&Msg::Tasks { n: n.into() }))}
                </span>
                <span class="spacer"></span>
                <A href="/batch" attr:class="button small" attr:data-testid="batch-link">{i18n.say(Phrase::BatchFile)}</A>
                <A href="/trash" attr:class="button small" attr:data-testid="trash-link">{i18n.say(Phrase::Trash)}</A>
            </div>
            <TaskFilters/>
            <BulkBar/>
            {move || list.error.get().map(|error| view! { <Failure error retry=move |()| list.refetch()/> })}
            <TaskTable/>
        </div>
    }
}
