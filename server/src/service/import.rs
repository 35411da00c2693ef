//! Import: a config file that a person dropped on a form becomes inputs.

use domain::config::yaml::{YamlError, inputs_from_yaml, to_yaml};
use domain::config::{Format, Key, Value, leaf_keys, read_tree};
use domain::grid::{Input, PlanError, SweepSpec, plan, read_block};
use domain::protocol::import::{ImportRequest, ImportResponse, UnknownEntry};
use domain::schema::parameters::Parameter;

use super::{ServiceError, experiments};
use crate::storage::Layout;

/// `POST /api/v1/experiments/{experiment}/import`
pub fn import(
    layout: &Layout,
    experiment: &str,
    request: &ImportRequest,
) -> Result<ImportResponse, ServiceError> {
    let opened = experiments::read(layout, experiment)?;
    read(&opened.parameters, request).map_err(|error| ServiceError::Import {
        name: request.name.clone(),
        error,
    })
}

fn read(parameters: &[Parameter], request: &ImportRequest) -> Result<ImportResponse, YamlError> {
    let mut config = read_tree(Format::of(&request.name), &request.text)?.to_value();
    let SweepSpec {
        inputs: swept,
        options,
    } = take_block(parameters, &mut config);
    if !matches!(config, Value::Map(_)) {
        return Err(YamlError {
            message: "a map of keys to values is expected".to_owned(),
            line: 1,
            column: 1,
        });
    }
    let is_known = |key: &Key| parameters.iter().any(|parameter| parameter.key == *key);
    let (mut inputs, foreign): (Vec<Input>, Vec<Input>) =
        inputs_from_yaml(parameters, &to_yaml(&config))?
            .into_iter()
            .partition(|input| is_known(&input.key));
    inputs.retain(|input| !swept.iter().any(|axis| axis.key == input.key));
    inputs.extend(swept);
    let is_input = |key: &Key| inputs.iter().any(|input| input.key == *key);
    let unchanged = leaf_keys(&config)
        .into_iter()
        .filter(|key| is_known(key) && !is_input(key))
        .collect();
    Ok(ImportResponse {
        unchanged,
        unknown: unknown(parameters, foreign),
        inputs,
        options: (!options.is_empty()).then_some(options),
    })
}

/// A `sweep:` section becomes inputs and options, unless the script has such a parameter. One that cannot be read stays
/// among the entries.
fn take_block(parameters: &[Parameter], config: &mut Value) -> SweepSpec {
    let Value::Map(entries) = config else {
        return SweepSpec::default();
    };
    let is_parameter = |parameter: &Parameter| parameter.key.segments().next() == Some("sweep");
    let at = entries.iter().position(|(key, _)| key == "sweep");
    let Some(at) = at.filter(|_| !parameters.iter().any(is_parameter)) else {
        return SweepSpec::default();
    };
    let spec = read_block(parameters, &entries[at].1);
    if spec.is_ok() {
        entries.remove(at);
    }
    spec.unwrap_or_default()
}

/// What no parameter takes, each with the parameter it may have meant.
fn unknown(parameters: &[Parameter], foreign: Vec<Input>) -> Vec<UnknownEntry> {
    let errors = plan(parameters, &foreign).errors;
    let nearest_to = |wanted: &Key| {
        errors.iter().find_map(|error| match error {
            PlanError::UnknownKey { key, nearest } if key == wanted => nearest.clone(),
            _ => None,
        })
    };
    foreign
        .into_iter()
        .map(|input| UnknownEntry {
            nearest: nearest_to(&input.key).map(Key::new),
            key: input.key,
            text: input.text,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use domain::config::parameters_of;
    use domain::config::yaml::from_yaml;

    use super::*;

    fn import(name: &str, text: &str) -> ImportResponse {
        let config = from_yaml("lr: 0.1\nseed: 1\nmodel: {depth: 2, name: x}\n").unwrap();
        let request = ImportRequest {
            name: name.to_owned(),
            text: text.to_owned(),
        };
        read(&parameters_of(&config), &request).unwrap()
    }

    #[test]
    fn every_leaf_is_reported_once() {
        let answer = import(
            "old.yaml",
            "lr: 1e-3 | 1e-2\nseed: 1\nmodel: {depht: 3, name: y}\nextra: {a: [1, 2]}\n",
        );
        let inputs: Vec<(&str, &str)> = answer
            .inputs
            .iter()
            .map(|input| (input.key.as_str(), input.text.as_str()))
            .collect();
        assert_eq!(inputs, [("lr", "1e-3 | 1e-2"), ("model.name", "y")]);
        assert_eq!(answer.unchanged, ["seed".into()]);
        let unknown: Vec<(&str, &str, Option<&str>)> = answer
            .unknown
            .iter()
            .map(|entry| {
                (
                    entry.key.as_str(),
                    entry.text.as_str(),
                    entry.nearest.as_ref().map(Key::as_str),
                )
            })
            .collect();
        assert_eq!(
            unknown,
            [
                ("model.depht", "3", Some("model.depth")),
                ("extra.a", "[1, 2]", None)
            ]
        );
    }

    #[test]
    fn a_sweep_section_becomes_options() {
        let answer = import(
            "old.yaml",
            "lr: 0.2\nsweep:\n  product: {model.depth: 1 | 2}\n  where: lr < 1\n  rows: [{seed: 1}, {seed: 2}]\n",
        );
        let options = answer.options.unwrap();
        assert_eq!(options.conditions, ["lr < 1"]);
        assert_eq!(options.rows.len(), 2);
        assert_eq!(answer.inputs[1].text, "1 | 2");
        assert!(answer.unknown.is_empty());
    }

    #[test]
    fn json_is_read_like_yaml() {
        let answer = import("old.json", "{\"lr\": 0.5,\n\t\"model\": {\"depth\": 4}}");
        assert_eq!(answer.inputs.len(), 2);
        assert!(answer.unknown.is_empty());
    }
}
