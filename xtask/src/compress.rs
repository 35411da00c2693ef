//! The `.br` and `.gz` siblings that the server sends to browsers that accept them.

use crate::tree::Tree;
use anyhow::{Context as _, Result};
use std::{
    ffi::OsString,
    io::Write as _,
    path::{Path, PathBuf},
};

/// Extensions worth compressing; pictures and fonts are small already.
const TEXT: [&str; 7] = ["wasm", "js", "css", "html", "svg", "json", "webmanifest"];

/// Adds the siblings of every compressible file.
pub(crate) fn add_siblings(tree: &mut Tree) -> Result<()> {
    let mut siblings = Tree::new();
    for (path, bytes) in tree.iter() {
        let extension = path
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or_default();
        if !TEXT.contains(&extension) {
            continue;
        }
        siblings.insert(
            with_suffix(path, ".br"),
            brotli(bytes).with_context(|| path.display().to_string())?,
        );
        siblings.insert(
            with_suffix(path, ".gz"),
            gzip(bytes).with_context(|| path.display().to_string())?,
        );
    }
    tree.append(&mut siblings);
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        ..Default::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &params)
        .context("could not compress with brotli")?;
    Ok(packed)
}

/// Deterministic: the header carries neither a name nor a time.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder
        .write_all(bytes)
        .context("could not compress with gzip")?;
    encoder.finish().context("could not compress with gzip")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn siblings_unpack_to_the_original_and_pictures_have_none() {
        let text = b"body { color: red } ".repeat(50);
        let mut tree = Tree::from([
            (PathBuf::from("pkg/a.css"), text.clone()),
            (PathBuf::from("b.png"), text.clone()),
        ]);
        add_siblings(&mut tree).unwrap();
        assert_eq!(tree.len(), 4);

        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&tree[Path::new("pkg/a.css.gz")][..])
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, text);
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut &tree[Path::new("pkg/a.css.br")][..], &mut unpacked).unwrap();
        assert_eq!(unpacked, text);
    }
}
