//! From bytes to text.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::error::ImportError;
use super::limits::MAX_BYTES;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const UTF16: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];

pub(super) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, ImportError> {
    if bytes.starts_with(&GZIP) {
        let unpacked = gunzip(bytes)?;
        check(&unpacked)?;
        return String::from_utf8(unpacked).map(Cow::Owned).map_err(|e| not_utf8(&e.utf8_error()));
    }
    check(bytes)?;
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|e| not_utf8(&e))
}

fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, ImportError> {
    let mut unpacked = Vec::new();
    let most = MAX_BYTES as u64 + 1;
    MultiGzDecoder::new(bytes).take(most).read_to_end(&mut unpacked).map_err(ImportError::Gzip)?;
    Ok(unpacked)
}

fn check(bytes: &[u8]) -> Result<(), ImportError> {
    match bytes {
        [] => Err(ImportError::Empty),
        _ if bytes.len() > MAX_BYTES => Err(ImportError::TooLarge),
        _ if UTF16.iter().any(|mark| bytes.starts_with(mark)) => Err(ImportError::Utf16),
        _ => Ok(()),
    }
}

fn not_utf8(error: &std::str::Utf8Error) -> ImportError {
    ImportError::NotUtf8 { at: error.valid_up_to() }
}
