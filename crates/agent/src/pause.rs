//! The image of the container that holds a pod's network: one program that waits for ever, and nothing else.

mod program;

use bytes::Bytes;
use futures::StreamExt;
use weir_engine::{Engine, EngineError, ImportSpec};

const REFERENCE: &str = "localhost/weir/pause:1";

/// Makes the image if the engine does not have it, and returns its id.
pub(crate) async fn ensure_image(engine: &dyn Engine) -> Result<String, EngineError> {
    match engine.image(REFERENCE).await {
        Ok(image) => return Ok(image.id),
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(error),
    }
    let architecture = engine.info().await?.architecture;
    let program = program::for_architecture(&architecture).ok_or_else(|| {
        EngineError::refused(format!(
            "pods of several containers are not supported on {architecture} yet"
        ))
    })?;
    let rootfs = archive(&program);
    let spec = ImportSpec {
        rootfs: futures::stream::once(async move { Ok(rootfs) }).boxed(),
        reference: REFERENCE.to_owned(),
        changes: vec!["ENTRYPOINT [\"/pause\"]".to_owned(), "USER 65535:65535".to_owned()],
    };
    engine.import(spec).await
}

/// A tar archive of one executable file: a header block, the content in blocks of 512 bytes, two empty blocks.
fn archive(program: &[u8]) -> Bytes {
    const BLOCK: usize = 512;
    let mut header = [0_u8; BLOCK];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, b"pause");
    put(100, b"0000755\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", program.len()).as_bytes());
    put(136, b"00000000000\0");
    put(156, b"0");
    put(257, b"ustar\x0000");
    // The checksum is taken with blanks in its own place.
    put(148, b"        ");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut archive = header.to_vec();
    archive.extend_from_slice(program);
    archive.resize(archive.len().next_multiple_of(BLOCK) + 2 * BLOCK, 0);
    archive.into()
}

#[cfg(test)]
mod tests {
    use weir_engine::fake::FakeEngine;

    use super::*;

    #[tokio::test]
    async fn the_image_is_made_once() {
        let engine = FakeEngine::new();
        let first = ensure_image(&engine).await.unwrap();
        assert_eq!(ensure_image(&engine).await.unwrap(), first);
        assert_eq!(
            engine.calls().iter().filter(|call| call.starts_with("import")).count(),
            1
        );
    }
}
