//! What a defence can be made of: each kind of detector, of action and of preventive limit, with what it is good for and
//! what it misses. The format is read by this catalogue, and `list`, `show` and `docs/reference` print it.

mod detectors;
mod responses;

pub use detectors::{DETECTIONS, Detection, DetectorKind};
pub use responses::{ActionKind, PREVENTIONS, Prevention, PreventionKind, REMEDIES, Remedy};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_stand_in_the_order_of_their_kinds() {
        assert!(DETECTIONS.iter().enumerate().all(|(at, row)| row.kind as usize == at));
        assert!(REMEDIES.iter().enumerate().all(|(at, row)| row.kind as usize == at));
        assert!(PREVENTIONS.iter().enumerate().all(|(at, row)| row.kind as usize == at));
    }
}
