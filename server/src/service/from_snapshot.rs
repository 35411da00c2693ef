//! Tasks whose code runs from the snapshot of its source: later edits do not reach them.

use std::path::Path;

use super::ServiceError;
use crate::storage::Layout;
use crate::storage::format::Kept;
use crate::storage::store::Store;
use crate::storage::sweeps::NewTask;

/// Makes the tasks run the snapshot's script, or the snapshot's modules. Their working directories stay.
///
/// # Errors
/// [`ServiceError::NotInSnapshot`] if there is no snapshot, or one without the script.
pub fn relocate(
    layout: &Layout,
    kept: &Kept,
    script: &Path,
    tasks: &mut [NewTask],
) -> Result<(), ServiceError> {
    let missing = |what: &Path| ServiceError::NotInSnapshot {
        what: what.to_string_lossy().into_owned(),
    };
    let (Some(id), Some(root)) = (&kept.source, &kept.root) else {
        return Err(missing(script));
    };
    let tree = Store::new(layout).tree(id)?;
    let moved = |path: &Path| {
        let inside = path.strip_prefix(root).map_err(|_| missing(path))?;
        let there = tree.join(inside);
        if there.exists() {
            Ok(there.to_string_lossy().into_owned())
        } else {
            Err(missing(path))
        }
    };
    let spelled = script.to_string_lossy();
    for NewTask { task, .. } in tasks {
        task.snapshot = Some(id.clone());
        match &mut task.run_folder {
            Some(folder) => {
                let there = moved(Path::new(&folder.code))?;
                // The program that calls the function is told the same folder.
                for word in task
                    .command
                    .iter_mut()
                    .skip(2)
                    .filter(|word| **word == folder.code)
                {
                    word.clone_from(&there);
                }
                folder.code = there;
            }
            // The word after the interpreter; an argument of the same text is the script's own business.
            None => match task.command.get_mut(1) {
                Some(word) if *word == spelled => *word = moved(script)?,
                _ => return Err(missing(script)),
            },
        }
    }
    Ok(())
}
