//! Writing YAML.

use super::Value;

/// Writes a tree as YAML that ends with a newline.
pub fn to_yaml(tree: &Value) -> String {
    serde_yaml::to_string(tree).unwrap_or_default()
}
