//! The config as a tree: sections that fold, values edited in place, each with its origin.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::field::Field;
use super::notice::Empty;
use crate::i18n::Msg;
use crate::pages::use_form;
use crate::view_model::sections::Node;

/// The tree.
#[component]
pub(crate) fn TreeView() -> impl IntoView {
    let state = use_form();
    let nodes = Memo::new(move |_| {
        let filter = state.filter.get();
        state.form.with(|form| form.tree(&filter))
    });
    // A search draws the tree anew: what was folded stays folded.
    let folded = StoredValue::new(BTreeSet::<String>::new());
    view! {
        <div class="tree" data-testid="tree">
            {move || {
                let nodes = nodes.get();
                if nodes.is_empty() {
                    view! { <Empty title=Msg::NoMatch hint=Msg::NoMatchHint/> }.into_any()
                } else {
                    branch(nodes, folded)
                }
            }}
        </div>
    }
}

fn branch(nodes: Vec<Node>, folded: StoredValue<BTreeSet<String>>) -> AnyView {
    let node = |node: Node| match node {
        Node::Leaf(index) => view! {
            <li>
                <Field index in_tree=true/>
            </li>
        }
        .into_any(),
        Node::Branch { path, nodes } => {
            let name = path.rsplit('.').next().unwrap_or_default().to_owned();
            let is_open = folded.with_value(|folded| !folded.contains(&path));
            let testid = format!("tree-{path}");
            let toggled = move |event: web_sys::Event| {
                let is_open = event_target::<web_sys::Element>(&event).has_attribute("open");
                folded.update_value(|folded| {
                    if is_open {
                        folded.remove(&path);
                    } else {
                        folded.insert(path.clone());
                    }
                });
            };
            view! {
                <li>
                    <details class="tree-branch" open=is_open data-testid=testid on:toggle=toggled>
                        <summary>
                            <code>{name}</code>
                            <span class="tree-count">{nodes.len()}</span>
                        </summary>
                        {branch(nodes, folded)}
                    </details>
                </li>
            }
            .into_any()
        }
    };
    view! { <ul>{nodes.into_iter().map(node).collect_view()}</ul> }.into_any()
}
