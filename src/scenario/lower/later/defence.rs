//! What the defence cannot do yet.

use super::{Lowering, Refused, collections};
use crate::scenario::tree::Node;

const CONTROL: &[Refused] = &[("after_reading", "a limit on what follows a reading", collections)];

impl Lowering<'_> {
    pub(in super::super) fn control_not_yet(&mut self, control: &Node) {
        self.refuse(control, CONTROL);
    }
}
