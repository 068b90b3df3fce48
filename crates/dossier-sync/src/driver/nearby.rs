//! Finding known peers in the same network with neither internet nor a remembered address (multicast DNS).
//!
//! Everybody in a network hears what is announced there. So a device announces an alias, drawn anew at every start and
//! whenever its network changes, and a mark that only somebody who knows its endpoint key can check: a street of strangers
//! hears that some iroh program is there, never which. An announcement proves nothing either; it says where to call, and
//! who answers there is proven by the handshake.

use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use dossier_trust::ids::EndpointKey;
use iroh::address_lookup::{AddressLookup, EndpointData, EndpointInfo, Error, Item};
use iroh::{Endpoint, EndpointId, SecretKey, Watcher};
use swarm_discovery::{Discoverer, DropGuard, Peer};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use super::bound_addresses;

/// What every program over iroh calls itself here. Ours is one of them, and says no more.
const SERVICE: &str = "irohv1";
/// Where the mark stands in an announcement.
const MARKED: &str = "user-data";
const MARK: &str = "keukentafel 2026 nearby/1";
/// Announcements that are remembered: of a block of flats, not of somebody who fills the air with them.
const MAX_HEARD: usize = 256;
/// Addresses of one device.
const MAX_ADDRESSES: usize = 8;
/// Between two questions into the network, and how many answers a second all who are there give together.
const CADENCE: (Duration, f32) = (Duration::from_secs(2), 1.5);
/// A call waits this long for an announcement of whom it is for.
const LOOKING: Duration = Duration::from_secs(10);
/// An alias is not used longer than this.
const FRESH: Duration = Duration::from_secs(12 * 60 * 60);
/// Until a network that lets nobody announce is tried again.
const AGAIN: Duration = Duration::from_secs(60);

/// What is done with an announcement: its alias, and what it says.
pub(crate) type Hears = Arc<dyn Fn(&str, &Peer) + Send + Sync>;

/// What this device heard in its network.
#[derive(Debug, Default)]
pub(crate) struct Nearby {
    heard: watch::Sender<VecDeque<Heard>>,
}

/// An announcement of somebody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    alias: String,
    mark: String,
    addresses: BTreeSet<SocketAddr>,
}

impl Heard {
    /// This peer's, as far as the mark says.
    pub(crate) fn is_of(&self, peer: &EndpointKey) -> bool {
        self.mark == mark(peer, &self.alias)
    }
}

/// Binds an alias to the key of who uses it, for whoever knows that key.
fn mark(endpoint: &EndpointKey, alias: &str) -> String {
    let mut mark = blake3::Hasher::new_keyed(&blake3::derive_key(MARK, &endpoint.0));
    mark.update(alias.as_bytes());
    mark.finalize().to_string()
}

/// An address of a house, not of the internet, and not of the machine itself: nobody in the network can have us call
/// elsewhere.
fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        // Addresses of one link need to know which; nobody announces that.
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

impl Nearby {
    /// Remembers what was announced, or forgets what is over. Gives it when it is news.
    pub(crate) fn hears(&self, alias: &str, announced: &Peer) -> Option<Heard> {
        let mark = announced.txt_attribute(MARKED).flatten().unwrap_or_default();
        self.takes(alias, mark, announced.addrs())
    }

    fn takes(&self, alias: &str, mark: &str, addresses: &[(IpAddr, u16)]) -> Option<Heard> {
        let local = addresses.iter().filter(|(ip, _)| is_local(*ip));
        let addresses: BTreeSet<SocketAddr> = local.take(MAX_ADDRESSES).map(|one| SocketAddr::from(*one)).collect();
        // Everything else is no announcement of ours, or the end of one.
        let ours = alias.len() <= 63 && mark.len() == 64 && !addresses.is_empty();
        let new = ours.then(|| Heard {
            alias: alias.to_owned(),
            mark: mark.to_owned(),
            addresses,
        });
        let is_news = self.heard.send_if_modified(|heard| {
            if new.as_ref().is_some_and(|new| heard.contains(new)) {
                return false;
            }
            heard.retain(|one| one.alias != alias);
            heard.extend(new.clone());
            if heard.len() > MAX_HEARD {
                heard.pop_front();
            }
            ours
        });
        new.filter(|_| is_news)
    }
}

/// Where this peer said that it is.
fn whereabouts(heard: &VecDeque<Heard>, peer: &EndpointKey) -> BTreeSet<SocketAddr> {
    let theirs = heard.iter().filter(|one| one.is_of(peer));
    theirs.flat_map(|one| one.addresses.iter().copied()).collect()
}

impl AddressLookup for Nearby {
    fn resolve(&self, peer: EndpointId) -> Option<Pin<Box<dyn Stream<Item = Result<Item, Error>> + Send>>> {
        let (say, answers) = mpsc::channel(4);
        let mut heard = self.heard.subscribe();
        tokio::spawn(timeout(LOOKING, async move {
            let key = EndpointKey(*peer.as_bytes());
            loop {
                let found = whereabouts(&heard.borrow_and_update(), &key);
                if !found.is_empty() {
                    let info = EndpointInfo::from_parts(peer, EndpointData::from(found));
                    if say.send(Ok(Item::new(info, "nearby", None))).await.is_err() {
                        return;
                    }
                }
                if heard.changed().await.is_err() {
                    return;
                }
            }
        }));
        Some(Box::pin(ReceiverStream::new(answers)))
    }
}

/// The addresses at which somebody in the same network reaches this endpoint.
fn here(endpoint: &Endpoint) -> BTreeSet<SocketAddr> {
    let mut all = bound_addresses(endpoint);
    all.retain(|one| is_local(one.ip()));
    all.truncate(MAX_ADDRESSES);
    all.into_iter().collect()
}

/// Announces an endpoint for as long as this is waited for, wherever the machine is taken, and tells what is heard.
pub(crate) async fn announce(endpoint: &Endpoint, hears: Hears) {
    let mut changes = endpoint.watch_addr();
    loop {
        let addresses = here(endpoint);
        let said = announced(endpoint, &addresses, &hears);
        let moved = async {
            while changes.updated().await.is_ok() {
                if here(endpoint) != addresses {
                    return;
                }
            }
            std::future::pending().await
        };
        let again = if said.is_none() && !addresses.is_empty() {
            AGAIN
        } else {
            FRESH
        };
        tokio::select! {
            () = moved => {}
            () = tokio::time::sleep(again) => {}
        }
    }
}

/// Announces these addresses under an alias of their own, until what is returned is dropped. None where there is nobody to
/// tell, or nobody may.
fn announced(endpoint: &Endpoint, addresses: &BTreeSet<SocketAddr>, hears: &Hears) -> Option<DropGuard> {
    if addresses.is_empty() {
        return None;
    }
    let alias = BASE32_NOPAD
        .encode(SecretKey::generate().public().as_bytes())
        .to_ascii_lowercase();
    let mark = mark(&EndpointKey(*endpoint.id().as_bytes()), &alias);
    let hears = Arc::clone(hears);
    // On each network that the machine is in, also where no way leads out of the house.
    let networks = addresses.iter().filter_map(|one| match one.ip() {
        IpAddr::V4(v4) => Some(v4),
        IpAddr::V6(_) => None,
    });
    let mut said = Discoverer::new(SERVICE.to_owned(), alias)
        .with_cadence(CADENCE.0)
        .with_response_rate(CADENCE.1)
        .with_multicast_interfaces_v4(networks.collect())
        .with_callback(move |alias, peer| hears(alias, peer));
    for one in addresses {
        said = said.with_addrs(one.port(), [one.ip()]);
    }
    let said = said
        .with_txt_attributes([(MARKED.to_owned(), Some(mark))])
        .ok()?
        .spawn(&Handle::current());
    said.inspect_err(|error| tracing::debug!(%error, "this network lets nobody be announced"))
        .ok()
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt;

    use super::*;

    fn key(secret: u8) -> (EndpointKey, EndpointId) {
        let id = SecretKey::from_bytes(&[secret; 32]).public();
        (EndpointKey(*id.as_bytes()), id)
    }

    impl Nearby {
        fn told(&self, alias: &str, mark: &str, addresses: &[&str]) -> bool {
            let addresses = addresses.iter().map(|one| one.parse::<SocketAddr>().unwrap());
            let addresses: Vec<(IpAddr, u16)> = addresses.map(|one| (one.ip(), one.port())).collect();
            self.takes(alias, mark, &addresses).is_some()
        }

        fn at(&self, peer: &EndpointKey) -> Vec<String> {
            let found = whereabouts(&self.heard.borrow(), peer);
            found.iter().map(ToString::to_string).collect()
        }
    }

    #[test]
    fn only_who_knows_the_key_knows_who_is_announced() {
        let (nearby, (karin, _), (ria, _)) = (Nearby::default(), key(1), key(2));
        let said = mark(&karin, "today");
        assert!(nearby.told("today", &said, &["192.168.1.4:4000"]));
        assert_eq!(nearby.at(&karin), ["192.168.1.4:4000"]);
        assert_eq!(nearby.at(&ria), [""; 0]);
        // The mark of one alias says nothing under another.
        assert!(nearby.told("tomorrow", &said, &["192.168.1.66:4000"]));
        assert_eq!(nearby.at(&karin), ["192.168.1.4:4000"]);
        assert_ne!(said, mark(&karin, "tomorrow"));
        assert!(!said.contains(&karin.to_hex()));
    }

    #[test]
    fn nobody_in_the_network_has_us_call_elsewhere() {
        let (nearby, (karin, _)) = (Nearby::default(), key(1));
        let mark = mark(&karin, "today");
        let outside = [
            "9.9.9.9:53",
            "127.0.0.1:4000",
            "[2001:db8::1]:4000",
            "[fe80::1]:4000",
            "224.0.0.251:5353",
        ];
        assert!(!nearby.told("today", &mark, &outside));
        assert_eq!(nearby.at(&karin), [""; 0]);
        assert!(nearby.told("today", &mark, &["9.9.9.9:53", "10.1.2.3:4000"]));
        assert_eq!(nearby.at(&karin), ["10.1.2.3:4000"]);
        let many: Vec<String> = (1..100).map(|at| format!("10.1.2.{at}:4000")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(nearby.told("today", &mark, &many));
        assert_eq!(nearby.at(&karin).len(), MAX_ADDRESSES);
    }

    #[test]
    fn what_is_remembered_has_an_end_and_goes_when_it_is_over() {
        let (nearby, (karin, _)) = (Nearby::default(), key(1));
        let said = mark(&karin, "today");
        for at in 0..2 * MAX_HEARD {
            assert!(nearby.told(&format!("somebody{at}"), &"0".repeat(64), &["10.0.1.1:4000"]));
        }
        assert_eq!(nearby.heard.borrow().len(), MAX_HEARD);
        assert!(nearby.told("today", &said, &["10.0.0.2:4000"]));
        assert!(!nearby.told("today", &said, &["10.0.0.2:4000"]), "no news");
        assert!(nearby.told("today", &said, &["10.0.0.3:4000"]));
        assert_eq!(nearby.at(&karin), ["10.0.0.3:4000"]);
        assert_eq!(nearby.heard.borrow().len(), MAX_HEARD);
        assert!(!nearby.told("today", "", &[]));
        assert_eq!(nearby.at(&karin), [""; 0]);
        // Programs of another kind, and names that are none.
        assert!(!nearby.told("today", "hello", &["10.0.0.2:4000"]));
        assert!(!nearby.told(&"a".repeat(64), &said, &["10.0.0.2:4000"]));
    }

    #[tokio::test]
    async fn a_call_hears_of_whom_it_is_for_while_it_waits() {
        let (nearby, (karin, id)) = (Nearby::default(), key(1));
        let mut found = nearby.resolve(id).unwrap();
        tokio::task::yield_now().await;
        nearby.told("today", &mark(&karin, "today"), &["10.0.0.2:4000"]);
        let item = found.next().await.unwrap().unwrap();
        assert_eq!(item.endpoint_id(), id);
        let addresses: Vec<String> = item.ip_addrs().map(ToString::to_string).collect();
        assert_eq!(addresses, ["10.0.0.2:4000"]);
    }
}
