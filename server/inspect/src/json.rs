//! The object that `inspect --json` prints.

use domain::schema::{Argument, ParserSchema, Schema};
use serde_json::{Map, Value as Json, json};

use crate::value::SUPPRESS;

/// Number of the format of [`to_inspect_json`].
const SCHEMA_VERSION: u32 = 1;

/// The schema as a JSON object for people's own tools. A key that is absent means argparse's own default.
pub fn to_inspect_json(schema: &Schema, script: &str) -> Json {
    let mut object = json!({ "schema_version": SCHEMA_VERSION, "script": script });
    let Some(map) = object.as_object_mut() else {
        return object;
    };
    parser_into(&schema.parser, map);
    let alternative = |parser: &ParserSchema| {
        let mut map = Map::new();
        parser_into(parser, &mut map);
        Json::Object(map)
    };
    map.insert(
        "alternatives".to_owned(),
        schema.alternatives.iter().map(alternative).collect(),
    );
    let warning = |warning: &domain::schema::Warning| json!({ "line": warning.line, "message": warning.message });
    map.insert(
        "warnings".to_owned(),
        schema.warnings.iter().map(warning).collect(),
    );
    object
}

fn parser_into(parser: &ParserSchema, map: &mut Map<String, Json>) {
    map.insert(
        "args".to_owned(),
        parser.args.iter().map(argument).collect(),
    );
    let subcommands = parser.subcommands.iter().map(|subs| {
        let choice = |choice: &domain::schema::SubcommandChoice| {
            json!({ "name": choice.name, "aliases": choice.aliases })
        };
        json!({
            "dest": subs.dest,
            "required": subs.required,
            "at": subs.at,
            "choices": subs.choices.iter().map(choice).collect::<Vec<_>>(),
        })
    });
    map.insert("subcommands".to_owned(), subcommands.collect());
    let group = |group: &domain::schema::ExclusiveGroup| json!({ "id": group.id, "required": group.required });
    map.insert(
        "exclusive_groups".to_owned(),
        parser.exclusive_groups.iter().map(group).collect(),
    );
    let defaults: Map<String, Json> = parser
        .set_defaults
        .iter()
        .map(|(dest, value)| (dest.clone(), json!(value)))
        .collect();
    map.insert("set_defaults".to_owned(), Json::Object(defaults));
}

fn argument(argument: &Argument) -> Json {
    let mut json = json!(argument);
    let suppressed = argument.help.known().and_then(Option::as_deref) == Some(SUPPRESS);
    if let (true, Some(map)) = (suppressed, json.as_object_mut()) {
        map.insert("help".to_owned(), json!({ "$suppress": true }));
    }
    json
}
