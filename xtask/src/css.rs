//! One style sheet out of `style/main.css` and the files it imports.
//!
//! `cargo leptos` knows `style/main.css` only and inlines its imports; this does the same, and refuses a file in
//! `style/` that nothing imports, so that both ways of building show the same page.

use anyhow::{Context as _, Result, bail};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The text of `<folder>/main.css` with every relative `@import` replaced by the file's text, each file once.
pub(crate) fn bundle(folder: &Path) -> Result<String> {
    let mut seen = BTreeSet::new();
    let mut text = String::new();
    inline(&folder.join("main.css"), &mut seen, &mut text)?;
    for entry in
        fs::read_dir(folder).with_context(|| format!("could not list `{}`", folder.display()))?
    {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "css") && !seen.contains(&path) {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            bail!(
                "nothing imports `{}`; add `@import \"./{name}\";` to `style/main.css`",
                path.display()
            );
        }
    }
    Ok(text)
}

fn inline(path: &Path, seen: &mut BTreeSet<PathBuf>, text: &mut String) -> Result<()> {
    if !seen.insert(path.to_path_buf()) {
        return Ok(());
    }
    let source =
        fs::read_to_string(path).with_context(|| format!("could not read `{}`", path.display()))?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    for (index, line) in source.lines().enumerate() {
        match import(line) {
            Import::None => {
                text.push_str(line);
                text.push('\n');
            }
            Import::File(name) => inline(&folder.join(name), seen, text)
                .with_context(|| format!("imported by `{}` line {}", path.display(), index + 1))?,
            Import::Unknown => bail!(
                "`{}` line {}: only `@import \"./name.css\";` on a line of its own is understood",
                path.display(),
                index + 1
            ),
        }
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
enum Import<'a> {
    None,
    File(&'a str),
    Unknown,
}

fn import(line: &str) -> Import<'_> {
    let Some(rest) = line.trim().strip_prefix("@import") else {
        return Import::None;
    };
    let quoted = rest.trim().strip_suffix(';').map(str::trim_end);
    let name = quoted.and_then(|text| {
        let double = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        double.or_else(|| {
            text.strip_prefix('\'')
                .and_then(|text| text.strip_suffix('\''))
        })
    });
    match name.and_then(|name| name.strip_prefix("./")) {
        Some(name) if !name.contains("..") => Import::File(name),
        _ => Import::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_relative_imports_are_understood() {
        assert_eq!(
            import("@import \"./tokens.css\";"),
            Import::File("tokens.css")
        );
        assert_eq!(
            import("  @import './form.css' ; "),
            Import::File("form.css")
        );
        assert_eq!(import("body { color: red }"), Import::None);
        assert_eq!(
            import("@import url(https://example.org/a.css);"),
            Import::Unknown
        );
        assert_eq!(import("@import \"../secret.css\";"), Import::Unknown);
        assert_eq!(import("@import \"./print.css\" print;"), Import::Unknown);
    }

    #[test]
    fn imports_come_once_in_order_and_a_forgotten_file_is_named() {
        let folder = std::env::temp_dir().join(format!("runyard-css-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(
            folder.join("main.css"),
            "@import \"./tokens.css\";\n@import \"./tokens.css\";\nmain {}\n",
        )
        .unwrap();
        fs::write(folder.join("tokens.css"), ":root {}").unwrap();
        assert_eq!(bundle(&folder).unwrap(), ":root {}\nmain {}\n");

        fs::write(folder.join("form.css"), "form {}").unwrap();
        let error = bundle(&folder).unwrap_err().to_string();
        assert!(
            error.contains("form.css") && error.contains("@import"),
            "{error}"
        );
        fs::remove_dir_all(&folder).unwrap();
    }
}
