//! Reading a config file, whatever its format.

use super::Node;
use super::yaml::YamlError;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.yaml`, `.yml`, and any other ending.
    Yaml,
    /// `.toml`
    Toml,
    /// `.json`
    Json,
}

impl Format {
    /// The format that a file's name tells.
    pub fn of(name: &str) -> Self {
        let ending = name.rsplit('.').next().unwrap_or_default().to_lowercase();
        match ending.as_str() {
            "toml" => Self::Toml,
            "json" => Self::Json,
            _ => Self::Yaml,
        }
    }
}

impl Format {
    /// What to do about a text that could not be read.
    pub fn hint(self, error: &YamlError) -> Option<String> {
        match self {
            Self::Yaml => error.hint(),
            Self::Toml => Some(
                "texts stand in quotes, a key and a table once; what is easier in YAML may be a `.yaml` file".to_owned(),
            ),
            Self::Json => Some(
                "JSON has double quotes, no comments and no comma at the end; a `.yaml` file may have all three".to_owned(),
            ),
        }
    }
}

/// Reads a text into a tree with places.
///
/// # Errors
/// [`YamlError`] with the place.
pub fn read_tree(format: Format, text: &str) -> Result<Node, YamlError> {
    match format {
        Format::Yaml => super::yaml_read::read(text).map(|node| node.to_tree()),
        Format::Toml => super::toml_read::read(text),
        Format::Json => super::json_read::read(text),
    }
}
