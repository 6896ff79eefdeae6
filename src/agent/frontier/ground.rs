//! What a harvesting agent knows its way around in: routes, ids of records, and where a credential is no good.

use crate::agent::inventory::{Door, Inventory, Takes};
use crate::agent::listing::{Listing, Spot};
use crate::wire::{CollId, RouteId, Rows, ServiceId, Slot};

/// Everything known that can be combined, in the order in which it became known.
#[derive(Debug)]
pub(super) struct Ground {
    doors: Vec<Known>,
    /// The place of each known route, by route.
    places: Vec<Option<u32>>,
    /// Where a run of doors of one service ends, by group.
    group_ends: Vec<u32>,
    /// Doors that take a record of a collection, by collection.
    taking: Vec<Vec<u32>>,
    records: Vec<Records>,
    /// Counts the answers that brought ids.
    epoch: u32,
    shut: Shut,
}

/// A route that the agent knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub route: RouteId,
    pub service: ServiceId,
    pub takes: Takes,
    group: u32,
    lure: u8,
    /// New secrets that came out of it.
    yielded: u32,
}

impl Known {
    /// How much a greedy client would like to call it: by what it is said to do, and by what came out of it, on a
    /// scale that doubles.
    pub fn lure(&self) -> u32 {
        u32::from(self.lure) + (u32::BITS - self.yielded.leading_zeros())
    }
}

/// Ids of one collection, and the epoch in which each run of them became known.
#[derive(Debug, Default)]
struct Records {
    listing: Listing,
    born: Vec<u32>,
}

impl Ground {
    pub fn new(collections: usize, services: usize) -> Ground {
        Ground {
            doors: Vec::new(),
            places: Vec::new(),
            group_ends: Vec::new(),
            taking: vec![Vec::new(); collections],
            records: std::iter::repeat_with(Records::default).take(collections).collect(),
            epoch: 0,
            shut: Shut::new(services),
        }
    }

    /// Adds a route. Returns its place among the doors, or nothing when it was known or nobody would explore it.
    pub fn add_route(&mut self, route: RouteId, inventory: &Inventory) -> Option<u32> {
        let door = inventory.door(route);
        if !door.explored || self.place(route).is_some() {
            return None;
        }
        let at = self.doors.len() as u32;
        if route.index() >= self.places.len() {
            self.places.resize(route.index() + 1, None);
        }
        self.places[route.index()] = Some(at);
        if self.doors.last().is_none_or(|last| last.service != door.service) {
            self.group_ends.push(at);
        }
        let group = self.group_ends.len() as u32 - 1;
        self.group_ends[group as usize] = at + 1;
        if let Takes::Record(coll) = door.takes {
            self.taking[coll.index()].push(at);
        }
        let Door { service, takes, lure, .. } = *door;
        self.doors.push(Known { route, service, takes, group, lure, yielded: 0 });
        Some(at)
    }

    pub fn doors(&self) -> u32 {
        self.doors.len() as u32
    }

    pub fn door(&self, at: u32) -> &Known {
        &self.doors[at as usize]
    }

    /// The doors that take a record of this collection.
    pub fn taking(&self, coll: CollId) -> &[u32] {
        &self.taking[coll.index()]
    }

    /// The end of the run of doors of one service that a door lies in.
    pub fn group_end(&self, at: u32) -> u32 {
        self.group_ends[self.doors[at as usize].group as usize]
    }

    /// Secrets came out of a route. True when that makes it more alluring than before.
    pub fn note_yield(&mut self, route: RouteId, secrets: u32) -> bool {
        let Some(at) = self.place(route) else { return false };
        let door = &mut self.doors[at as usize];
        let before = door.lure();
        door.yielded += secrets;
        door.lure() > before
    }

    fn place(&self, route: RouteId) -> Option<u32> {
        self.places.get(route.index()).copied().flatten()
    }

    /// Adds the ids that are new. Returns the first of the runs that they make, or nothing when there were none.
    pub fn add_records(&mut self, coll: CollId, rows: Rows, slot: &Slot) -> Option<u32> {
        let records = &mut self.records[coll.index()];
        let first = records.born.len();
        if !records.listing.add(rows, slot) {
            return None;
        }
        records.born.resize(records.listing.runs(), self.epoch);
        self.epoch += 1;
        Some(first as u32)
    }

    /// What is added from now on is not older than this.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The id at a spot, if it was known before an epoch.
    pub fn record(&self, coll: CollId, spot: Spot, before: u32) -> Option<u32> {
        let records = &self.records[coll.index()];
        let born = *records.born.get(spot.run as usize)?;
        if born < before { records.listing.at(spot) } else { None }
    }

    pub fn after(&self, coll: CollId, spot: Spot) -> Spot {
        self.records[coll.index()].listing.after(spot)
    }

    pub fn shut_mut(&mut self) -> &mut Shut {
        &mut self.shut
    }

    pub fn is_shut(&self, cred: u32, service: ServiceId) -> bool {
        self.shut.contains(cred, service)
    }
}

/// Services that answered a credential with 401, one bit for each of both.
#[derive(Debug)]
pub(super) struct Shut {
    words: Vec<u64>,
    /// Words for one credential.
    width: usize,
}

impl Shut {
    fn new(services: usize) -> Shut {
        Shut { words: Vec::new(), width: services.div_ceil(64).max(1) }
    }

    pub fn insert(&mut self, cred: u32, service: ServiceId) {
        let (word, bit) = self.place(cred, service);
        if word >= self.words.len() {
            self.words.resize((cred as usize + 1) * self.width, 0);
        }
        self.words[word] |= bit;
    }

    fn contains(&self, cred: u32, service: ServiceId) -> bool {
        let (word, bit) = self.place(cred, service);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    fn place(&self, cred: u32, service: ServiceId) -> (usize, u64) {
        (cred as usize * self.width + service.index() / 64, 1 << (service.index() % 64))
    }
}
