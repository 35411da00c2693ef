//! The door to the files.

/// Reads files for [`compose`](super::compose). Paths are texts; the composition only hands them around.
pub trait Files {
    /// The one name of a file: `path` as written, taken from `folder` unless it is absolute.
    ///
    /// Two spellings of one file must give one name, or a diamond is not recognised.
    fn locate(&self, folder: &str, path: &str) -> String;

    /// The folder of a file that [`Files::locate`] named.
    fn folder(&self, file: &str) -> String;

    /// The folder the process was started in.
    fn cwd(&self) -> String;

    /// The text of a file that [`Files::locate`] named.
    ///
    /// # Errors
    /// The system's reason: `no such file`.
    fn read(&self, file: &str) -> Result<String, String>;

    /// How messages name a file: short where that is clear.
    fn shown(&self, file: &str) -> String {
        file.to_owned()
    }
}
