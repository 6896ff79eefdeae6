//! What comes of undoing a write.

/// Why a record is left as it is.
pub const OF_SOMEBODY_ELSE: &str = "somebody else has changed it since, and it was not written over";

/// What became of a write.
#[derive(Debug)]
pub enum Came {
    Undone(String),
    /// The target refused it with this status, and it was not there.
    Refused(u16),
}

/// Why a write could not be undone.
#[derive(Debug)]
pub struct Left {
    pub why: String,
    /// It was seen to be there.
    pub found: bool,
    /// It was seen not to be there (404, 410).
    pub gone: bool,
}

impl Left {
    pub fn there(why: String) -> Left {
        Left { why, found: true, gone: false }
    }
}

impl From<String> for Left {
    fn from(why: String) -> Left {
        Left { why, found: false, gone: false }
    }
}

/// Whether an answer says that nothing was done. A timeout of the server (408) does not, and neither does an error.
pub fn refuses(status: u16) -> bool {
    (400..500).contains(&status) && status != 408
}

pub fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// Whether a write was undone, and how; or why not.
pub fn told(came: &Result<Came, String>) -> (bool, String) {
    match came {
        Ok(Came::Refused(status)) => (true, format!("it was refused with {status}")),
        Ok(Came::Undone(how)) => (true, how.clone()),
        Err(why) => (false, why.clone()),
    }
}
