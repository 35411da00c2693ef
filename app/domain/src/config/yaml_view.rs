//! The raw YAML view of a form.
//!
//! Every scalar is a text of the batch syntax as it would be typed into the field, whatever its YAML quotes; quotes of
//! the batch syntax stand inside them. A list is the same as its one-line spelling.

use crate::config::Key;
use crate::grid::{Input, expand, plan, same, text_of};
use crate::schema::parameters::{Parameter, ScalarKind};

use super::Value;
use super::yaml::YamlError;
use super::yaml_edit::{Change, EditError, edit_yaml};
use super::yaml_emit::key;
use super::yaml_read::{Node, read};
use super::yaml_scalar::{resolve, written};

/// The form as YAML: one entry per active parameter, with the text typed, or else the default.
pub fn inputs_to_yaml(parameters: &[Parameter], inputs: &[Input]) -> String {
    let report = plan(parameters, inputs);
    let mut tree = Vec::new();
    for (parameter, field) in parameters.iter().zip(&report.fields) {
        if field.active {
            let typed = inputs
                .iter()
                .find(|input| input.key == parameter.key && !input.text.trim().is_empty());
            insert(&mut tree, parameter.key.as_str(), entry(parameter, typed));
        }
    }
    document(&tree)
}

/// Only what was typed, as YAML: also under sub-commands that are not chosen, and for keys that no parameter knows.
///
/// [`inputs_from_yaml`] reads it back; texts that mean the default, and empty ones, are lost.
pub fn typed_to_yaml(parameters: &[Parameter], inputs: &[Input]) -> String {
    let mut tree = Vec::new();
    for input in inputs.iter().filter(|input| !input.text.trim().is_empty()) {
        let parameter = parameters
            .iter()
            .find(|parameter| parameter.key == input.key);
        let line = Line::Text(format!(" {}", spelled(parameter, input.text.trim())));
        insert(&mut tree, input.key.as_str(), line);
    }
    document(&tree)
}

fn document(tree: &[(String, Line)]) -> String {
    let mut out = String::new();
    write(&mut out, tree, 0);
    if out.is_empty() {
        "{}\n".to_owned()
    } else {
        out
    }
}

/// A line of the view, or what stands below it.
enum Line {
    /// After the colon, space included.
    Text(String),
    Below(Vec<(String, Line)>),
}

fn insert(tree: &mut Vec<(String, Line)>, dotted: &str, line: Line) {
    let Some((head, rest)) = dotted.split_once('.') else {
        tree.push((dotted.to_owned(), line));
        return;
    };
    match tree.iter_mut().find(|(known, _)| known == head) {
        Some((_, Line::Below(inner))) => insert(inner, rest, line),
        Some(_) => tree.push((dotted.to_owned(), line)),
        None => {
            let mut inner = Vec::new();
            insert(&mut inner, rest, line);
            tree.push((head.to_owned(), Line::Below(inner)));
        }
    }
}

fn write(out: &mut String, tree: &[(String, Line)], depth: usize) {
    let indent = "  ".repeat(depth);
    for (name, line) in tree {
        // A key's name is a Python identifier or a dest: never so long that it needs the explicit form.
        out.push_str(&indent);
        out.push_str(&key(name));
        match line {
            Line::Text(text) => {
                out.push_str(text);
                out.push('\n');
            }
            Line::Below(inner) => {
                out.push('\n');
                write(out, inner, depth + 1);
            }
        }
    }
}

fn entry(parameter: &Parameter, typed: Option<&Input>) -> Line {
    let comment = match (&parameter.default_expr, parameter.required) {
        (Some(source), _) => format!("  # {}", source.lines().collect::<Vec<_>>().join(" ")),
        (None, true) => "  # required".to_owned(),
        (None, false) => String::new(),
    };
    Line::Text(match (typed, &parameter.default) {
        (Some(input), _) => format!(" {}", spelled(Some(parameter), input.text.trim())),
        (None, Some(default)) => format!(
            " {}",
            spelled(Some(parameter), &text_of(parameter, default))
        ),
        (None, None) => comment,
    })
}

/// A text of the batch syntax as a YAML value that gives the same text back: itself where YAML allows that.
fn spelled(parameter: Option<&Parameter>, text: &str) -> String {
    let number = match resolve(text) {
        Value::Text(_) => false,
        Value::Null => text == "null" && parameter.is_some_and(|parameter| parameter.kind.nullable),
        _ => parameter.is_some_and(|parameter| parameter.kind.scalar != ScalarKind::Text),
    };
    let list = || {
        text.starts_with('[')
            && !text.contains(['\n', '#'])
            && read(text).is_ok_and(|node| flow(&node).as_deref() == Some(text))
    };
    if number || list() {
        text.to_owned()
    } else {
        written(&Value::Text(text.to_owned()))
    }
}

/// The inputs of an edited YAML view: the entries that differ from the defaults, and those that no parameter knows.
///
/// An empty entry, or `null` where the parameter has no such value, is "not given".
///
/// # Errors
/// [`YamlError`] with the place.
pub fn inputs_from_yaml(parameters: &[Parameter], text: &str) -> Result<Vec<Input>, YamlError> {
    let node = read(text)?;
    let mut inputs = Vec::new();
    match &node {
        Node::Map(..) => flatten(parameters, "", &node, &mut inputs),
        _ => {
            return Err(YamlError {
                message: "a map of keys to values is expected".to_owned(),
                line: 1,
                column: 1,
            });
        }
    }
    Ok(inputs)
}

/// Writes changed inputs into an edited YAML view: comments, order and the other lines stay as the person left them.
///
/// # Errors
/// [`EditError`] if the text is no YAML, or a value stands where only a person can change it (behind an alias).
pub fn inputs_into_yaml(
    parameters: &[Parameter],
    inputs: &[Input],
    text: &str,
) -> Result<String, EditError> {
    let find = |list: &[Input], key: &Key| {
        let found = list.iter().find(|input| input.key == *key);
        found
            .map(|input| input.text.trim().to_owned())
            .filter(|text| !text.is_empty())
    };
    let known = inputs_from_yaml(parameters, text)?;
    let mut keys: Vec<&Key> = parameters.iter().map(|parameter| &parameter.key).collect();
    for input in inputs.iter().chain(&known) {
        if !keys.contains(&&input.key) {
            keys.push(&input.key);
        }
    }
    let mut changes = Vec::new();
    for key in keys {
        let parameter = parameters.iter().find(|parameter| parameter.key == *key);
        let given = find(inputs, key);
        let means_default =
            |text: &String| parameter.is_some_and(|parameter| is_default(parameter, text));
        let given = given.filter(|text| !means_default(text));
        if given == find(&known, key) {
            continue;
        }
        let change = match (given, parameter) {
            (Some(text), _) => Change::Source(spelled(parameter, &text)),
            (None, None) => Change::Remove,
            (None, Some(parameter)) => Change::Source(
                parameter
                    .default
                    .as_ref()
                    .map(|default| spelled(Some(parameter), &text_of(parameter, default)))
                    .unwrap_or_default(),
            ),
        };
        changes.push((key.clone(), change));
    }
    edit_yaml(text, &changes)
}

fn flatten(parameters: &[Parameter], path: &str, node: &Node, inputs: &mut Vec<Input>) {
    if let Node::Map(entries, _) = node {
        for (name, below) in entries {
            let dotted = if path.is_empty() {
                name.text.clone()
            } else {
                format!("{path}.{}", name.text)
            };
            flatten(parameters, &dotted, below, inputs);
        }
        return;
    }
    let parameter = parameters
        .iter()
        .find(|parameter| parameter.key.as_str() == path);
    let text = match node {
        Node::Scalar(scalar) if scalar.plain && resolve(&scalar.text) == Value::Null => {
            let nullable = parameter.is_some_and(|parameter| parameter.kind.nullable);
            if nullable && !scalar.text.is_empty() {
                "null".to_owned()
            } else {
                String::new()
            }
        }
        Node::Scalar(scalar) => scalar.text.clone(),
        Node::List(..) | Node::Map(..) => flow(node).unwrap_or_default(),
    };
    if parameter.is_some_and(|parameter| text.trim().is_empty() || is_default(parameter, &text)) {
        return;
    }
    inputs.push(Input {
        key: Key::new(path),
        text,
    });
}

fn is_default(parameter: &Parameter, text: &str) -> bool {
    let Some(default) = &parameter.default else {
        return false;
    };
    let value = expand(parameter, text)
        .ok()
        .and_then(|expanded| expanded.single());
    value.is_some_and(|value| same(&value, default)) || text_of(parameter, default) == text
}

/// A list in the batch syntax; `None` if there is a map in it.
fn flow(node: &Node) -> Option<String> {
    match node {
        Node::Scalar(scalar) => {
            let text = &scalar.text;
            let bare = !text.is_empty()
                && text.trim() == text
                && !text.contains([',', '[', ']', '\'', '"', '\\', '|']);
            Some(if bare {
                text.clone()
            } else {
                format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            })
        }
        Node::List(items, _) => items
            .iter()
            .map(flow)
            .collect::<Option<Vec<_>>>()
            .map(|items| format!("[{}]", items.join(", "))),
        Node::Map(..) => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::parameters::parameters;
    use crate::schema::{
        Argument, Decided, Literal, Nargs, ParserSchema, SubcommandChoice, Subcommands,
    };

    use super::*;

    fn argument(dest: &str, type_name: &str, default: Literal) -> Argument {
        let type_name = Decided::Known(Some(type_name.to_owned()));
        Argument {
            dest: dest.to_owned(),
            flags: vec![format!("--{dest}")],
            type_name,
            default,
            ..Argument::default()
        }
    }

    fn form() -> Vec<Parameter> {
        let sizes = Literal::List(vec![Literal::Int(64), Literal::Int(128)]);
        let under = |argument: Argument| Argument {
            subcommand: vec!["train".to_owned()],
            ..argument
        };
        let args = vec![
            argument("lr", "float", Literal::Float(1e-20)),
            argument("seed", "int", Literal::Int(1)),
            argument("name", "str", Literal::Text("on".to_owned())),
            argument("data", "str", Literal::Null),
            argument(
                "home",
                "str",
                Literal::Expr("os.environ['HOME']".to_owned()),
            ),
            Argument {
                nargs: Decided::Known(Some(Nargs::OneOrMore)),
                ..argument("sizes", "int", sizes)
            },
            under(argument("epochs", "int", Literal::Int(3))),
        ];
        let choices = vec![SubcommandChoice {
            name: "train".to_owned(),
            ..SubcommandChoice::default()
        }];
        let subcommands = vec![Subcommands {
            dest: Some("cmd".to_owned()),
            required: true,
            at: Vec::new(),
            choices,
        }];
        parameters(&ParserSchema {
            args,
            subcommands,
            ..ParserSchema::default()
        })
    }

    fn inputs(texts: &[(&str, &str)]) -> Vec<Input> {
        texts
            .iter()
            .map(|(key, text)| Input {
                key: (*key).into(),
                text: (*text).to_owned(),
            })
            .collect()
    }

    #[test]
    fn the_view_shows_texts_or_defaults() {
        let yaml = inputs_to_yaml(
            &form(),
            &inputs(&[("lr", "1e-3 | 0.10"), ("seed", "1:5"), ("cmd", "train")]),
        );
        insta::assert_snapshot!(yaml, @r"
        lr: '1e-3 | 0.10'
        seed: '1:5'
        name: 'on'
        data: null
        home:  # os.environ['HOME']
        sizes: [64, 128]
        cmd: train
        train:
          epochs: 3
        ");
        assert_eq!(
            inputs_from_yaml(&form(), &yaml).unwrap(),
            inputs(&[("lr", "1e-3 | 0.10"), ("seed", "1:5"), ("cmd", "train")])
        );
    }

    #[test]
    fn typed_texts_survive_the_view() {
        let texts: &[(&str, &str)] = &[
            ("lr", "1e-3"),
            ("seed", "0012"),
            ("name", "\"null\""),
            ("data", "a: b # c"),
            ("home", "~"),
            ("sizes", "[1] | [2, 3]"),
            ("cmd", "train"),
            ("train.epochs", "(1 | 2)"),
        ];
        for (key, text) in texts {
            let typed = inputs(&[("cmd", "train"), (key, text)]);
            let yaml = inputs_to_yaml(&form(), &typed);
            let back = inputs_from_yaml(&form(), &yaml).unwrap();
            assert!(back.contains(typed.last().unwrap()), "{yaml}");
        }
    }

    #[test]
    fn what_was_typed_is_kept_whatever_is_chosen() {
        let typed = inputs(&[
            ("lr", "1e-3"),
            ("train.epochs", "1:5"),
            ("gone", "x"),
            ("gone.x", "12"),
        ]);
        let yaml = typed_to_yaml(&form(), &typed);
        assert_eq!(
            yaml,
            "lr: 1e-3\ntrain:\n  epochs: '1:5'\ngone: x\n'gone.x': '12'\n"
                .replace("'gone.x'", "gone.x")
        );
        assert_eq!(inputs_from_yaml(&form(), &yaml).unwrap(), typed);
    }

    #[test]
    fn a_change_in_the_form_leaves_the_persons_text_alone() {
        let text = "# mine\nname: bert   # the big one\n\ntrain:\n  epochs: 3\nlr: '1e-3 | 1e-2' # two\nsizes: [1]\n";
        let typed = inputs(&[
            ("lr", "0.5"),
            ("name", "bert"),
            ("home", "/x"),
            ("train.epochs", "1:5"),
        ]);
        let edited = inputs_into_yaml(&form(), &typed, text).unwrap();
        insta::assert_snapshot!(edited);
        assert_eq!(
            inputs_from_yaml(&form(), &edited).unwrap().len(),
            typed.len()
        );
        assert_eq!(inputs_into_yaml(&form(), &typed, &edited).unwrap(), edited);
    }

    #[test]
    fn edited_entries_become_inputs() {
        let yaml = "lr: 0.1\nseed:\nname: null\nsizes:\n- 1\n- 2\nextra: {x: [a, 'b, c']}\n";
        let expected = inputs(&[
            ("lr", "0.1"),
            ("sizes", "[1, 2]"),
            ("extra.x", "[a, \"b, c\"]"),
        ]);
        assert_eq!(inputs_from_yaml(&form(), yaml).unwrap(), expected);
        assert_eq!(
            inputs_from_yaml(&form(), "- 1").unwrap_err().to_string(),
            "line 1, column 1: a map of keys to values is expected"
        );
    }
}
