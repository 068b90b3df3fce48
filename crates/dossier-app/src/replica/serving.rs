//! What this device may tell others, and the copy that the sync protocol talks to.

use std::collections::{BTreeMap, BTreeSet};

use dossier_sync::protocol::{
    Accepted, Batch, ChainFrontier, Frontier, Loose, LooseId, Replica, ReplicaError, Scope, Shared, Source,
};
use dossier_trust::chains::is_absent;
use dossier_trust::codec::Canonical;
use dossier_trust::consent::Consent;
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId};
use dossier_trust::item::{Header, Item, Position, SignedOpen};
use dossier_trust::operation::Operation;

use super::checkpoint::LOOSE_PART;
use super::compartment::{LOOSE_RECEIPT, LOOSE_WRAP};
use super::{Compartment, Dossier};
use crate::contract::Fault;
use crate::home::Home;

impl Dossier {
    /// How much of a compartment a device may hear of: everything while it has a right there; after its access ended
    /// only the log, up to the end of its access; and nothing where it never had any.
    fn scope_for(&self, compartment: &Compartment, device: &DeviceId) -> Option<Scope> {
        let consent = &compartment.consent;
        if compartment.id == CompartmentId::DOSSIER {
            let known = consent.is_owner(device)
                || self
                    .compartments
                    .values()
                    .any(|other| other.consent.principal_of(device).is_some());
            return known.then_some(Scope::Everything);
        }
        if consent.right_of(device).is_some() {
            return Some(Scope::Everything);
        }
        let principal = consent.principal_of(device)?;
        ended(compartment, consent, device, principal).map(Scope::LogUpTo)
    }

    /// What a device may hear of this dossier.
    pub(crate) fn shared_with(&self, device: &DeviceId) -> Vec<Shared> {
        let all = std::iter::once(&self.part).chain(self.compartments.values());
        all.filter_map(|compartment| {
            let scope = self.scope_for(compartment, device)?;
            Some(Shared {
                dossier: self.id,
                compartment: compartment.id,
                scope,
            })
        })
        .collect()
    }
}

/// Where a device's access ended: the log chains up to the operation that ended the last of its grants, one position
/// per chain. None when it never had any.
fn ended(
    compartment: &Compartment,
    consent: &Consent,
    device: &DeviceId,
    principal: dossier_trust::ids::PrincipalId,
) -> Option<Vec<Position>> {
    let grants: BTreeSet<_> = consent
        .grants()
        .filter(|(_, grant)| grant.principal == principal)
        .map(|(id, _)| *id)
        .collect();
    // A device of the resident's was given nothing; what ends it is a cut.
    if grants.is_empty() && !(consent.is_owner(device) && consent.is_cut(device)) {
        return None;
    }
    let mut upto: BTreeMap<ChainId, Position> = BTreeMap::new();
    for entry in &compartment.log {
        let about_it = match &entry.operation {
            Operation::Revoke { grant, .. } => grants.contains(grant),
            Operation::Cut { device: cut, .. } => cut == device,
            Operation::Grant { .. } => grants.contains(&entry.operation.id()),
            Operation::Genesis { .. }
            | Operation::Device { .. }
            | Operation::Generation { .. }
            | Operation::Pin { .. }
            | Operation::Epoch { .. }
            | Operation::Erase { .. } => false,
        };
        if about_it {
            let at = upto.entry(entry.position.chain).or_insert(entry.position);
            if at.n < entry.position.n {
                *at = entry.position;
            }
        }
    }
    Some(upto.into_values().collect())
}

fn local(error: impl Into<Fault>) -> ReplicaError {
    ReplicaError(Box::new(error.into()))
}

impl Home {
    /// Dossiers in which this device and another meet, read into memory.
    fn open_dossiers(&mut self) -> Result<(), Fault> {
        for row in self.store.dossiers()? {
            if row.closed_ms.is_none() {
                self.dossier(&row.dossier)?;
            }
        }
        Ok(())
    }

    /// The copy for the sync protocol. Everything that can be asked for is in memory afterwards.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn replica(&mut self) -> Result<&mut dyn Replica, Fault> {
        self.open_dossiers()?;
        Ok(self)
    }

    fn item_from(stored: dossier_store::Item) -> Result<Item, ReplicaError> {
        let header = Header::from_bytes(&stored.header).map_err(local)?;
        Ok(Item {
            header,
            signature: stored.signature,
            body: stored.body,
        })
    }
}

impl Replica for Home {
    fn shared(&self, peer: &DeviceId) -> Result<Vec<Shared>, ReplicaError> {
        Ok(self
            .dossiers
            .values()
            .filter(|dossier| !dossier.closed)
            .flat_map(|dossier| dossier.shared_with(peer))
            .collect())
    }

    fn scope(
        &self,
        peer: &DeviceId,
        dossier: &DossierId,
        compartment: &CompartmentId,
    ) -> Result<Option<Scope>, ReplicaError> {
        let Some(dossier) = self.dossiers.get(dossier).filter(|dossier| !dossier.closed) else {
            return Ok(None);
        };
        Ok(dossier
            .compartment(compartment)
            .and_then(|compartment| dossier.scope_for(compartment, peer)))
    }

    fn frontier(&self, dossier: &DossierId, compartment: &CompartmentId) -> Result<Frontier, ReplicaError> {
        let Some(held) = self
            .dossiers
            .get(dossier)
            .and_then(|dossier| dossier.compartment(compartment))
        else {
            return Ok(Frontier::default());
        };
        let chains = held
            .chains
            .iter()
            .map(|(name, chain)| {
                let mut tips = chain.tips(*name);
                tips.sort();
                ChainFrontier {
                    chain: *name,
                    lane: chain.open.lane,
                    tips,
                }
            })
            .collect();
        let mut loose = Vec::new();
        for kind in [LOOSE_WRAP, LOOSE_RECEIPT, LOOSE_PART] {
            let ids = self.store.loose_ids(dossier, compartment, Some(kind)).map_err(local)?;
            loose.extend(ids.into_iter().map(LooseId));
        }
        loose.sort();
        Ok(Frontier { chains, loose })
    }

    fn lacking(
        &self,
        dossier: &DossierId,
        compartment: &CompartmentId,
    ) -> Result<BTreeMap<ChainId, Vec<Position>>, ReplicaError> {
        let me = self.me().map_err(local)?.id();
        let held = self.dossiers.get(dossier);
        let Some(held) = held.and_then(|dossier| dossier.compartment(compartment)) else {
            return Ok(BTreeMap::new());
        };
        let mut first: BTreeMap<ChainId, u32> = BTreeMap::new();
        for position in held.lacking(me) {
            let n = first.entry(position.chain).or_insert(position.n);
            *n = position.n.min(*n);
        }
        let before = first.into_iter().map(|(name, n)| {
            let all = held
                .chains
                .get(&name)
                .into_iter()
                .flat_map(|chain| chain.positions(name));
            let last = all.filter(|position| position.n.checked_add(1) == Some(n) && !is_absent(position));
            (name, last.collect())
        });
        Ok(before.collect())
    }

    fn chain_open(&self, chain: &ChainId) -> Result<Option<SignedOpen>, ReplicaError> {
        let Some(stored) = self.store.chain(chain).map_err(local)? else {
            return Ok(None);
        };
        SignedOpen::from_bytes(&stored.open).map(Some).map_err(local)
    }

    fn items_after(&self, chain: &ChainId, after: u32, max_bytes: usize) -> Result<Vec<Item>, ReplicaError> {
        // Few rows at a time, because bodies differ in length a thousandfold.
        const ROWS: u32 = 64;
        let mut items: Vec<Item> = Vec::new();
        let (mut bytes, mut from) = (0usize, after.saturating_add(1));
        loop {
            let rows = self.store.items_from(chain, from, ROWS).map_err(local)?;
            let more = rows.len() == ROWS as usize;
            for row in rows {
                let number = row.position.n;
                let full = bytes >= max_bytes && items.last().is_some_and(|last| last.header.n != number);
                if full {
                    return Ok(items);
                }
                bytes += row.body.as_ref().map_or(0, Vec::len) + row.header.len();
                // Rows of one number may be split over two reads; what was read is not taken again.
                if items.iter().rev().take(8).all(|item| item.position() != row.position) {
                    items.push(Self::item_from(row)?);
                }
                from = number;
            }
            if !more {
                return Ok(items);
            }
        }
    }

    fn at(&self, chain: &ChainId, n: u32) -> Result<Vec<Position>, ReplicaError> {
        let items = self.store.items_at(chain, n).map_err(local)?;
        Ok(items.into_iter().map(|item| item.position).collect())
    }

    fn fork(&self, chain: &ChainId) -> Result<u32, ReplicaError> {
        let held = self
            .dossiers
            .values()
            .flat_map(|dossier| std::iter::once(&dossier.part).chain(dossier.compartments.values()))
            .find_map(|compartment| compartment.chains.get(chain));
        let Some(held) = held.filter(|held| held.forked()) else {
            return Ok(0);
        };
        let mut seen = BTreeSet::new();
        let first_double = held.positions(*chain).find(|position| !seen.insert(position.n));
        Ok(first_double.map_or(0, |position| position.n.saturating_sub(1)))
    }

    fn loose(&self, id: &LooseId) -> Result<Option<Loose>, ReplicaError> {
        let stored = self.store.loose(&id.0).map_err(local)?;
        Ok(stored.map(|stored| Loose {
            kind: stored.kind,
            about: stored.about,
            bytes: stored.bytes,
        }))
    }

    fn receive(&mut self, from: Source, batch: Batch) -> Result<Accepted, ReplicaError> {
        Self::receive(self, from, batch).map_err(local)
    }

    fn acknowledged(
        &mut self,
        peer: &DeviceId,
        _dossier: &DossierId,
        _compartment: &CompartmentId,
        positions: &[Position],
        _loose: &[LooseId],
    ) -> Result<(), ReplicaError> {
        let stored = self.store.transact::<_, Fault>(|tx| {
            for position in positions {
                tx.put_delivered(peer, &position.chain, position.n)?;
            }
            Ok(())
        });
        stored.map_err(local)
    }
}
