//! Removing what a run made: by its mark, or by the id that the write was answered with.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::outcome::{Came, Left, is_success};
use super::put_back::PutBack;
use super::rows::elements;
use super::same::shows;
use super::undo_line::Line;
use super::undo_log::Write;
use crate::staging::targets::{FOUND, MARKER, Pointer, Request};

/// A lookup that says nothing is tried so often, so far apart.
const TRIES: u32 = 3;
const APART: Duration = Duration::from_millis(500);

impl PutBack<'_> {
    /// Removes whatever has the mark, until nothing has. A lookup may find more than it was asked for: what neither shows the
    /// mark nor has the id that this write was answered with was there before.
    pub(super) async fn marked(
        &self,
        (find, ids, delete): (&Request, Option<&Pointer>, &Request),
        mut filled: BTreeMap<String, String>,
        write: &Write,
    ) -> Result<usize, Left> {
        let made = write.made.as_deref();
        let mut there = self.lookup(find, ids, &filled, made).await?;
        while there.is_empty() && self.may_still_arrive(write).await {
            there = self.lookup(find, ids, &filled, made).await?;
        }
        let found = there.len();
        if found > 0 && !write.found {
            // Should this end in the middle, nothing being there means that it was removed. Where the disk is full, that is
            // not known later; removing it matters more.
            let _ = self.log.add(&Line::Found { n: write.meant.n });
        }
        for id in there {
            filled.insert(FOUND.to_owned(), id);
            let answer = self.ask(delete, &filled).await.and_then(|answer| answer).map_err(Left::there)?;
            if !is_success(answer.status) && !matches!(answer.status, 404 | 410) {
                return Err(Left::there(format!("removing it was answered with {}", answer.status)));
            }
        }
        filled.remove(FOUND);
        let still =
            self.lookup(find, ids, &filled, made).await.map_err(|why| Left { found: found > 0, ..why.into() })?;
        match still.len() {
            0 => Ok(found),
            n => Err(Left::there(format!("{n} are still there after they were removed"))),
        }
    }

    /// Removes what a write was answered with, where no lookup finds it. Only that it is there no more shows that it is gone.
    pub(super) async fn by_its_id(
        &self,
        delete: &Request,
        mut filled: BTreeMap<String, String>,
        made: Option<&String>,
    ) -> Result<Came, Left> {
        let Some(id) = made else { return Err("it was accepted, and the lookup does not find it".to_owned().into()) };
        filled.insert(FOUND.to_owned(), id.clone());
        for how in ["nothing was there", "removed by the id that it was answered with"] {
            let answer = self.ask(delete, &filled).await?.map_err(Left::there)?;
            match answer.status {
                404 | 410 => return Ok(Came::Undone(how.to_owned())),
                status if is_success(status) => {}
                status => return Err(Left::there(format!("removing it was answered with {status}"))),
            }
        }
        Err("no lookup finds it, and removing it is accepted again and again".to_owned().into())
    }

    /// The ids of what has the mark.
    async fn lookup(
        &self,
        find: &Request,
        ids: Option<&Pointer>,
        filled: &BTreeMap<String, String>,
        made: Option<&str>,
    ) -> Result<Vec<String>, String> {
        let mark = filled.get(MARKER).map(String::as_str);
        let mut why = String::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                sleep_until(Instant::now() + APART).await;
            }
            match self.ask(find, filled).await? {
                Ok(answer) if matches!(answer.status, 404 | 410) => return Ok(Vec::new()),
                Ok(answer) if find.proof.accepted.holds(answer.status, &answer.body) => {
                    let Some(ids) = ids else { return Ok(filled.get(MARKER).cloned().into_iter().collect()) };
                    match serde_json::from_slice::<Value>(&answer.body) {
                        Ok(body) => {
                            let found = elements(&body, Some(ids)).into_iter();
                            let ours =
                                found.filter_map(|(id, element)| Some((id?, element))).filter(|(id, element)| {
                                    Some(id.as_str()) == made || mark.is_some_and(|mark| shows(element, mark))
                                });
                            return Ok(ours.map(|(id, _)| id).collect());
                        }
                        Err(_) => why = "the lookup was answered with what is no JSON".to_owned(),
                    }
                }
                Ok(answer) => why = format!("the lookup was answered with {}", answer.status),
                Err(broken) => why = format!("the lookup was not answered: {broken}"),
            }
        }
        Err(why)
    }
}
