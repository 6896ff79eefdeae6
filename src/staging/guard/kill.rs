//! The kill switch: once thrown, nothing is sent any more, and what is under way is dropped.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

/// Who or what threw it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// Ctrl-C, or a polite request to end.
    Asked,
    /// The kill file is there.
    File,
    /// The cap on the duration.
    Deadline,
    /// A stop condition of the targets file.
    Condition(String),
}

/// A switch that many hold. It can be thrown once, and never back.
#[derive(Clone, Debug)]
pub struct Kill(Arc<watch::Sender<Option<Stopped>>>);

impl Default for Kill {
    fn default() -> Kill {
        Kill(Arc::new(watch::Sender::new(None)))
    }
}

impl Kill {
    /// Throws it. Who comes first gives the reason.
    pub fn throw(&self, why: Stopped) {
        self.0.send_if_modified(|thrown| {
            let first = thrown.is_none();
            if first {
                *thrown = Some(why);
            }
            first
        });
    }

    /// Why it was thrown, if it was.
    pub fn thrown(&self) -> Option<Stopped> {
        self.0.borrow().clone()
    }

    /// Does what nobody may do once it is thrown. Whoever throws it meanwhile waits until this is done.
    pub fn unless_thrown<T>(&self, does: impl FnOnce() -> T) -> Result<T, Stopped> {
        let thrown = self.0.borrow();
        thrown.as_ref().map_or_else(|| Ok(does()), |why| Err(why.clone()))
    }

    /// Waits until it is thrown.
    pub async fn wait(&self) -> Stopped {
        let mut watching = self.0.subscribe();
        match watching.wait_for(Option::is_some).await {
            Ok(thrown) => thrown.clone().unwrap_or(Stopped::Asked),
            // The sender lives in `self`.
            Err(_) => Stopped::Asked,
        }
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stopped::Asked => f.write_str("somebody asked to stop"),
            Stopped::File => f.write_str("the kill file is there"),
            Stopped::Deadline => f.write_str("the cap on the duration"),
            Stopped::Condition(which) => f.write_str(which),
        }
    }
}
