//! Places for connections, by class: a connection is a stranger's until a request shows whose it is.
//!
//! What strangers take is never missing for screens and devices: each class has places of its own, and in a class nobody
//! has more than a share. Strangers never wait and are never refused: the oldest connection of whoever holds most is
//! closed for a new one, so whoever has something to say gets in and shows it, however many others dawdle.

use crate::{ClientNetwork, problem::Problem};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// Whose connections they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ConnectionClass {
    /// Nobody has shown who they are.
    Unknown,
    /// Phones that follow a ticket.
    Ticket,
    /// Paired screens: a stream and a request each.
    Screen,
    /// Devices that push or call, and local agents: doors, too.
    Device,
    /// Whoever is signed in to the settings.
    Admin,
    /// A trusted proxy: whose requests they are changes from one to the next, and its own limits count.
    Proxy,
}

impl ConnectionClass {
    /// Places of the class; all of them together are what the box holds open.
    const fn places(self) -> usize {
        match self {
            ConnectionClass::Unknown => 128,
            ConnectionClass::Ticket => 160,
            ConnectionClass::Screen => 400,
            ConnectionClass::Device | ConnectionClass::Proxy => 160,
            ConnectionClass::Admin => 48,
        }
    }

    /// What one ticket, screen, device or session may have.
    const fn of_one_holder(self) -> usize {
        match self {
            ConnectionClass::Unknown | ConnectionClass::Proxy => usize::MAX,
            ConnectionClass::Ticket | ConnectionClass::Device => 8,
            ConnectionClass::Screen | ConnectionClass::Admin => 16,
        }
    }

    /// What one network may have: a hall's Wi-Fi is one address to the box, and its phones are many.
    const fn of_one_network(self) -> usize {
        match self {
            ConnectionClass::Unknown => 48,
            ConnectionClass::Ticket => 120,
            ConnectionClass::Screen | ConnectionClass::Device | ConnectionClass::Admin | ConnectionClass::Proxy => {
                usize::MAX
            }
        }
    }
}

/// Every open connection.
#[derive(Clone, Default)]
pub(crate) struct ConnectionTable(Arc<Mutex<OpenConnections>>);

#[derive(Default)]
struct OpenConnections {
    last: u64,
    /// In the order they came.
    open: BTreeMap<u64, OpenConnection>,
}

struct OpenConnection {
    network: ClientNetwork,
    class: ConnectionClass,
    holder: String,
    evicted: CancellationToken,
}

/// The place of one connection, given back with the last copy.
#[derive(Clone)]
pub(crate) struct ConnectionPlace(Arc<HeldPlace>);

struct HeldPlace {
    table: ConnectionTable,
    number: u64,
    claimed: OnceLock<()>,
}

impl ConnectionTable {
    /// A place for a stranger's new connection, and what says that it is to be closed for another one.
    pub(crate) fn enter(&self, network: ClientNetwork) -> (ConnectionPlace, CancellationToken) {
        let evicted = CancellationToken::new();
        let mut table = self.lock();
        table.make_room(network);
        table.last += 1;
        let number = table.last;
        let connection = OpenConnection {
            network,
            class: ConnectionClass::Unknown,
            holder: String::new(),
            evicted: evicted.clone(),
        };
        table.open.insert(number, connection);
        let place = HeldPlace {
            table: self.clone(),
            number,
            claimed: OnceLock::new(),
        };
        (ConnectionPlace(Arc::new(place)), evicted)
    }

    /// A place for a connection of a trusted proxy; where it has all of its own, a stranger's.
    pub(crate) fn enter_proxy(&self, network: ClientNetwork) -> (ConnectionPlace, CancellationToken) {
        let (place, evicted) = self.enter(network);
        // Refused, it stays what it is.
        let _ = place.claim(ConnectionClass::Proxy, "");
        (place, evicted)
    }

    fn lock(&self) -> MutexGuard<'_, OpenConnections> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many connections a class has.
    #[cfg(test)]
    pub(crate) fn count(&self, class: ConnectionClass) -> usize {
        self.lock().open.values().filter(|one| one.class == class).count()
    }
}

impl OpenConnections {
    fn make_room(&mut self, network: ClientNetwork) {
        let class = ConnectionClass::Unknown;
        let mut by_network: HashMap<ClientNetwork, usize> = HashMap::new();
        for one in self.open.values().filter(|one| one.class == class) {
            *by_network.entry(one.network).or_default() += 1;
        }
        let own = by_network.get(&network).copied().unwrap_or_default();
        let from = if own >= class.of_one_network() {
            Some(network)
        } else if by_network.values().sum::<usize>() >= class.places() {
            let most = by_network.into_iter().max_by_key(|(_, count)| *count);
            most.map(|(network, _)| network)
        } else {
            None
        };
        let oldest = self
            .open
            .iter()
            .find(|(_, one)| one.class == class && Some(one.network) == from)
            .map(|(number, _)| *number);
        // Gone from the count at once; the connection itself ends with its next turn.
        if let Some(evicted) = oldest.and_then(|number| self.open.remove(&number)) {
            evicted.evicted.cancel();
        }
    }

    fn claim(&mut self, number: u64, class: ConnectionClass, holder: &str) -> Result<(), Problem> {
        let too_many = || Problem::busy("Too many connections are open. Close some, or try again.");
        // None: it was closed for another one just now.
        let network = self.open.get(&number).map(|one| one.network).ok_or_else(too_many)?;
        let (mut all, mut of_holder, mut of_network) = (0, 0, 0);
        for one in self.open.values().filter(|one| one.class == class) {
            all += 1;
            of_holder += usize::from(one.holder == holder);
            of_network += usize::from(one.network == network);
        }
        if all >= class.places() || of_holder >= class.of_one_holder() || of_network >= class.of_one_network() {
            return Err(too_many());
        }
        if let Some(one) = self.open.get_mut(&number) {
            one.class = class;
            holder.clone_into(&mut one.holder);
        }
        Ok(())
    }
}

impl ConnectionPlace {
    /// A request showed whose connection it is: it moves to that class for good, where there is room.
    pub(crate) fn claim(&self, class: ConnectionClass, holder: &str) -> Result<(), Problem> {
        if self.0.claimed.get().is_none() {
            self.0.table.lock().claim(self.0.number, class, holder)?;
            let _ = self.0.claimed.set(());
        }
        Ok(())
    }
}

impl Drop for HeldPlace {
    fn drop(&mut self) {
        self.table.lock().open.remove(&self.number);
    }
}

impl fmt::Debug for ConnectionTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionTable").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(last: u8) -> ClientNetwork {
        ClientNetwork::of(Some([192, 168, 1, last].into()))
    }

    #[test]
    fn a_dawdling_neighbour_makes_room_and_a_newcomer_never_waits() {
        let table = ConnectionTable::default();
        let (newcomer, kept) = table.enter(network(200));
        let dawdling: Vec<_> = (0..100).map(|_| table.enter(network(7))).collect();
        assert_eq!(table.count(ConnectionClass::Unknown), 49, "one address has its share");
        assert!(dawdling[0].1.is_cancelled() && !dawdling[99].1.is_cancelled());
        let others: Vec<_> = (10..90).map(|last| table.enter(network(last))).collect();
        assert_eq!(table.count(ConnectionClass::Unknown), 128, "and all together");
        assert!(!kept.is_cancelled() && others.iter().all(|(_, evicted)| !evicted.is_cancelled()));
        drop((newcomer, dawdling, others));
        assert_eq!(table.count(ConnectionClass::Unknown), 0);
    }

    #[test]
    fn each_class_has_its_own_places_and_nobody_in_it_has_them_all() {
        let table = ConnectionTable::default();
        let mut held = Vec::new();
        let mut claim = |last: u8, class, holder: &str| {
            let (place, _) = table.enter(network(last));
            let claimed = place.claim(class, holder).is_ok();
            held.push(place);
            claimed
        };
        let of_one = (0..50).filter(|_| claim(7, ConnectionClass::Ticket, "one")).count();
        assert_eq!(of_one, 8, "followers of one ticket");
        let tickets: Vec<String> = (0..40).map(|number| format!("t{number}")).collect();
        let of_address = tickets.iter().flat_map(|ticket| [ticket; 8]);
        let of_address = of_address
            .filter(|ticket| claim(7, ConnectionClass::Ticket, ticket))
            .count();
        assert_eq!(of_address, 112, "phones behind one address");
        let of_all = (0..200)
            .filter(|at| claim(8, ConnectionClass::Ticket, &format!("o{at}")))
            .count();
        assert_eq!(of_all, 40, "and all phones");
        assert!(claim(7, ConnectionClass::Screen, "kiosk-1"), "a screen has its place");
        assert!(claim(7, ConnectionClass::Device, "gate"), "a door, too");
        assert!((0..400).filter(|_| claim(7, ConnectionClass::Device, "button")).count() < 10);
        assert!(claim(7, ConnectionClass::Device, "lobby"), "one device has not all");
    }

    #[test]
    fn a_connection_keeps_its_class() {
        let table = ConnectionTable::default();
        let (place, _) = table.enter(network(7));
        assert!(place.claim(ConnectionClass::Screen, "kiosk-1").is_ok());
        assert!(place.claim(ConnectionClass::Ticket, "t").is_ok());
        assert_eq!(
            (
                table.count(ConnectionClass::Screen),
                table.count(ConnectionClass::Ticket)
            ),
            (1, 0)
        );
    }
}
