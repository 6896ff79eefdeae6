//! What a service made of a description answers.

use std::collections::BTreeMap;

use crate::model::service::{Method, shape_of};

use super::description::Description;

/// Keeps the operations that a service can have: those by a method that it knows (not HEAD, OPTIONS and TRACE), of which no
/// earlier one answers the same requests. What a router holds for the same, though the description does not, comes back:
/// the id of each that was left out, and of the one that answers instead.
pub fn keep_served(description: &mut Description) -> Vec<(String, String)> {
    let (mut known, mut hidden) = (BTreeMap::new(), Vec::new());
    description.operations.retain(|operation| {
        if operation.shadowed_by.is_some() || Method::parse(operation.method.name()).is_none() {
            return false;
        }
        let first = known.entry((operation.method, shape_of(&operation.path))).or_insert_with(|| operation.id.clone());
        let is_first = *first == operation.id;
        if !is_first {
            hidden.push((operation.id.clone(), first.clone()));
        }
        is_first
    });
    hidden
}
