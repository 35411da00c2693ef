//! A set of files in memory and the folder that is made equal to it.
//!
//! Files whose bytes are the same already are left untouched, so that neither the compiler (which embeds them) nor a
//! watcher sees a change where there is none.

use anyhow::{Context as _, Result};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Relative path to content.
pub(crate) type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// What [`sync`] did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// Files that were added or got new content.
    pub(crate) written: usize,
    /// Files came or went since the last time.
    pub(crate) names_changed: bool,
}

/// Reads every file below `folder`.
pub(crate) fn read(folder: &Path) -> Result<Tree> {
    let mut tree = Tree::new();
    for path in list(folder)? {
        let full = folder.join(&path);
        let bytes =
            fs::read(&full).with_context(|| format!("could not read `{}`", full.display()))?;
        tree.insert(path, bytes);
    }
    Ok(tree)
}

/// Makes `folder` hold exactly `tree`.
pub(crate) fn sync(folder: &Path, tree: &Tree) -> Result<Change> {
    fs::create_dir_all(folder)
        .with_context(|| format!("could not create `{}`", folder.display()))?;
    let mut change = Change::default();
    for stale in list(folder)?
        .iter()
        .filter(|path| !tree.contains_key(*path))
    {
        let full = folder.join(stale);
        fs::remove_file(&full).with_context(|| format!("could not remove `{}`", full.display()))?;
        change.names_changed = true;
    }
    for (path, bytes) in tree {
        let full = folder.join(path);
        let old = fs::read(&full).ok();
        if old.as_ref() == Some(bytes) {
            continue;
        }
        change.names_changed |= old.is_none();
        if let Some(parent) = full.parent() {
            fs::create_dir_all(parent)
                .with_context(|| format!("could not create `{}`", parent.display()))?;
        }
        fs::write(&full, bytes).with_context(|| format!("could not write `{}`", full.display()))?;
        change.written += 1;
    }
    Ok(change)
}

/// Relative paths of all files below `folder`.
fn list(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        let entries =
            fs::read_dir(&next).with_context(|| format!("could not list `{}`", next.display()))?;
        for entry in entries {
            let path = entry
                .with_context(|| format!("could not list `{}`", next.display()))?
                .path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(relative) = path.strip_prefix(folder) {
                found.insert(relative.to_path_buf());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        files
            .iter()
            .map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn the_folder_becomes_the_tree_and_equal_files_stay_untouched() {
        let folder = std::env::temp_dir().join(format!("runyard-xtask-{}", std::process::id()));
        let first = tree(&[("a.css", "a"), ("pkg/b.js", "b")]);
        assert_eq!(
            sync(&folder, &first).unwrap(),
            Change {
                written: 2,
                names_changed: true
            }
        );
        assert_eq!(read(&folder).unwrap(), first);
        assert_eq!(sync(&folder, &first).unwrap(), Change::default());

        let edited = tree(&[("a.css", "A"), ("pkg/b.js", "b")]);
        assert_eq!(
            sync(&folder, &edited).unwrap(),
            Change {
                written: 1,
                names_changed: false
            }
        );

        let fewer = tree(&[("pkg/b.js", "b")]);
        assert_eq!(
            sync(&folder, &fewer).unwrap(),
            Change {
                written: 0,
                names_changed: true
            }
        );
        assert_eq!(read(&folder).unwrap(), fewer);
        fs::remove_dir_all(&folder).unwrap();
    }
}
