//! What is mentioned to a peer, and what the peer is known to hold.

use std::collections::{HashMap, HashSet};

use dossier_trust::codec::Writer;
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId};
use dossier_trust::item::{Lane, Position};

use super::MAX_TIPS;
use super::replica::{ChainFrontier, Frontier, Replica, ReplicaError, Scope};

/// Names a compartment everywhere in a session.
pub(crate) type PartKey = (DossierId, CompartmentId);

/// The part of a frontier that a scope lets through, in canonical order.
pub(crate) fn scoped_frontier(replica: &dyn Replica, key: &PartKey, scope: &Scope) -> Result<Frontier, ReplicaError> {
    let mut frontier = replica.frontier(&key.0, &key.1)?;
    if let Scope::LogUpTo(limits) = scope {
        let mut chains = Vec::new();
        for limit in limits {
            let Some(chain) = frontier.chains.iter().find(|one| one.chain == limit.chain) else {
                continue;
            };
            if chain.lane == Lane::Log && replica.at(&limit.chain, limit.n)?.contains(limit) {
                chains.push(ChainFrontier {
                    chain: limit.chain,
                    lane: Lane::Log,
                    tips: vec![*limit],
                });
            }
        }
        frontier = Frontier {
            chains,
            loose: Vec::new(),
        };
    }
    frontier.chains.sort_by_key(|one| one.chain);
    frontier.chains.dedup_by_key(|one| one.chain);
    for chain in &mut frontier.chains {
        chain.tips.sort_unstable();
        chain.tips.dedup();
    }
    frontier.loose.sort_unstable();
    frontier.loose.dedup();
    Ok(frontier)
}

/// What a peer is told of the own copy: it ends where bodies are lacking.
pub(crate) fn told_frontier(replica: &dyn Replica, key: &PartKey, scope: &Scope) -> Result<Frontier, ReplicaError> {
    let mut frontier = scoped_frontier(replica, key, scope)?;
    let mut lacking = replica.lacking(&key.0, &key.1)?;
    for chain in frontier.chains.iter_mut().filter(|chain| chain.lane != Lane::Log) {
        if let Some(held) = lacking.remove(&chain.chain) {
            chain.tips = held;
        }
    }
    Ok(frontier)
}

/// Digests tell a peer only whether its copy is the same: they are keyed with both devices, so they cannot be
/// compared with what another peer heard.
pub(crate) struct DigestKey([u8; 32]);

impl DigestKey {
    pub fn new(one: &DeviceId, other: &DeviceId) -> Self {
        let (low, high) = if one < other { (one, other) } else { (other, one) };
        let mut out = Writer::new();
        out.fixed(&low.0).fixed(&high.0);
        Self(blake3::derive_key("keukentafel sync digest v1", &out.finish()))
    }

    pub fn compartment(&self, key: &PartKey, frontier: &Frontier) -> [u8; 32] {
        let mut out = Writer::new();
        out.u8(0).fixed(&key.0.0).fixed(&key.1.0);
        out.list(&frontier.chains, |out, chain| {
            out.fixed(&chain.chain.0).list(&chain.tips, |out, tip| {
                out.uint(u64::from(tip.n)).fixed(&tip.hash.0);
            });
        });
        out.list(&frontier.loose, |out, id| {
            out.fixed(&id.0);
        });
        *blake3::keyed_hash(&self.0, &out.finish()).as_bytes()
    }

    pub fn dossier(&self, dossier: &DossierId, parts: &[(CompartmentId, [u8; 32])]) -> [u8; 32] {
        let mut out = Writer::new();
        out.u8(1).fixed(&dossier.0).list(parts, |out, (compartment, digest)| {
            out.fixed(&compartment.0).fixed(digest);
        });
        *blake3::keyed_hash(&self.0, &out.finish()).as_bytes()
    }
}

/// What a peer is known to hold of one compartment.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub chains: HashMap<ChainId, Vec<Position>>,
    pub loose: HashSet<[u8; 16]>,
    /// Chains of which even the first item differs.
    pub rooted: HashSet<ChainId>,
    /// Chains that the peer would not take.
    pub declined: HashSet<ChainId>,
}

impl View {
    pub fn of(frontier: &Frontier) -> Self {
        Self {
            chains: frontier
                .chains
                .iter()
                .map(|one| (one.chain, one.tips.clone()))
                .collect(),
            loose: frontier.loose.iter().map(super::LooseId::prefix).collect(),
            ..Self::default()
        }
    }

    /// The peer holds `position` and what it builds on.
    pub fn holds(&mut self, position: Position, prev: Option<Position>) {
        let tips = self.chains.entry(position.chain).or_default();
        if tips.iter().any(|tip| tip.n > position.n || *tip == position) {
            return;
        }
        if let Some(prev) = prev {
            tips.retain(|tip| *tip != prev);
        }
        if tips.len() < MAX_TIPS {
            tips.push(position);
        }
    }
}
