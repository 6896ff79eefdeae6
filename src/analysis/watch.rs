//! Somebody who looks on while a search goes its ways.

use crate::wire::{CollId, CredId, Effect, FamilyId, OpId, Res};

use super::{Caller, Minted};

/// Hears of each way that a search takes, again and again where several rows lead the same way.
pub trait Watch {
    /// An operation is open to this caller, whether or not it finds anything.
    fn performs(&mut self, _caller: Caller, _op: OpId) {}

    /// An operation does something for this caller, though it may touch nothing.
    fn opens(&mut self, _caller: Caller, _op: OpId) {}

    /// It touches a record of this collection for them, or makes one.
    fn touches(&mut self, _caller: Caller, _op: OpId, _coll: CollId, _effect: Effect) {}

    /// A credential lies in a record that is read.
    fn finds(&mut self, _at: Res, _cred: CredId) {}

    /// A credential is issued.
    fn issues(&mut self, _op: OpId, _of: Minted) {}

    /// A credential can be made with a signing key.
    fn forges(&mut self, _key: FamilyId, _of: Minted) {}
}

/// Nobody looks on.
impl Watch for () {}
