//! Finding out what differs: overviews, lists of compartments, frontiers, and the point where a chain forks.

use std::collections::BTreeMap;

use dossier_trust::ids::{ChainId, CompartmentId, DossierId};
use dossier_trust::item::Position;

use super::{Output, Reason, Session, Stop};
use crate::protocol::replica::{Frontier, Replica, ReplicaError, Scope};
use crate::protocol::view::{PartKey, View, told_frontier};
use crate::protocol::wire::{self, Compartments, FrontierPiece, Locate, MAX_LOCATOR, Round};
use crate::protocol::{MAX_CHAINS, MAX_LIST, MAX_LOOSE, MAX_TIPS};

impl Session {
    pub(super) fn overview(&mut self, replica: &dyn Replica, theirs: &[(DossierId, [u8; 32])]) -> Result<(), Stop> {
        if self.overview_in {
            return Ok(());
        }
        self.overview_in = true;
        self.names_in.overview(theirs.iter().map(|(id, _)| *id));
        let theirs: BTreeMap<DossierId, [u8; 32]> = theirs.iter().copied().collect();
        if theirs == self.digests {
            self.peer_done = Some(0);
            self.told_done = true;
        }
        for (dossier, mine) in std::mem::take(&mut self.digests) {
            let keys: Vec<PartKey> = self.keys_of(dossier);
            match theirs.get(&dossier) {
                Some(digest) if *digest == mine => {
                    for key in keys {
                        self.same(key);
                    }
                }
                Some(_) => self.list(replica, dossier, &keys, Round::Both)?,
                None => {
                    for key in keys {
                        self.offer(key);
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn keys_of(&self, dossier: DossierId) -> Vec<PartKey> {
        let low = (dossier, CompartmentId([0; 32]));
        let high = (dossier, CompartmentId([0xff; 32]));
        self.parts
            .range(low..=high)
            .filter(|(_, part)| part.scope.is_some())
            .map(|(key, _)| *key)
            .collect()
    }

    /// The peer's copy is what the digest was made of.
    pub(super) fn same(&mut self, key: PartKey) {
        let Some(part) = self.parts.get_mut(&key) else { return };
        let Some(snapshot) = part.snapshot.take() else { return };
        part.view = Some(View::of(&snapshot));
        part.mentioned = true;
        if part.dirty {
            self.enqueue(key, false);
        }
    }

    /// The peer does not mention it: send what there is.
    pub(super) fn offer(&mut self, key: PartKey) {
        let Some(part) = self.parts.get_mut(&key) else { return };
        part.snapshot = None;
        part.view.get_or_insert_with(View::default);
        self.enqueue(key, false);
    }

    /// Sends the digests of compartments. Who differs is decided by what was sent, so it is kept.
    pub(super) fn list(
        &mut self,
        replica: &dyn Replica,
        dossier: DossierId,
        keys: &[PartKey],
        round: Round,
    ) -> Result<(), Stop> {
        let mut digests = Vec::new();
        for key in keys.iter().take(MAX_LIST) {
            let Some(scope) = replica.scope(&self.peer, &key.0, &key.1)? else {
                continue;
            };
            let Some(part) = self.parts.get_mut(key) else { continue };
            let snapshot = match (round, part.snapshot.take()) {
                (Round::Both, Some(snapshot)) if part.scope.as_ref() == Some(&scope) => snapshot,
                _ => told_frontier(replica, key, &scope)?,
            };
            digests.push((key.1, self.key.compartment(key, &snapshot)));
            part.snapshot = Some(snapshot);
            part.scope = Some(scope);
        }
        if round != Round::Answer {
            self.await_compartments
                .insert(dossier, digests.iter().map(|(id, _)| *id).collect());
        }
        self.rounds_sent += 1;
        self.out.push(Output::Send(
            Compartments {
                round,
                dossier,
                digests,
            }
            .write(),
        ));
        Ok(())
    }

    pub(super) fn compartments(&mut self, replica: &dyn Replica, list: Compartments) -> Result<(), Stop> {
        let dossier = list.dossier;
        let theirs: BTreeMap<CompartmentId, [u8; 32]> = list.digests.into_iter().collect();
        let asked: Vec<CompartmentId> = if list.round == Round::Ask {
            let named: Vec<PartKey> = self
                .keys_of(dossier)
                .into_iter()
                .filter(|key| theirs.contains_key(&key.1))
                .collect();
            self.list(replica, dossier, &named, Round::Answer)?;
            named.into_iter().map(|key| key.1).collect()
        } else {
            let Some(asked) = self.await_compartments.remove(&dossier) else {
                return Ok(());
            };
            asked.into_iter().collect()
        };
        for compartment in asked {
            let key = (dossier, compartment);
            let Some(part) = self.parts.get(&key).filter(|part| part.scope.is_some()) else {
                continue;
            };
            let Some(snapshot) = &part.snapshot else { continue };
            match theirs.get(&compartment) {
                Some(digest) if *digest == self.key.compartment(&key, snapshot) => self.same(key),
                Some(_) => self.tell_frontier(replica, key, true)?,
                None => self.offer(key),
            }
        }
        if self.reshare.remove(&dossier) {
            self.reshare(replica, dossier)?;
        }
        Ok(())
    }

    /// Sends the own frontier; an empty one if nothing is shared any more, which says just that.
    pub(in crate::protocol) fn tell_frontier(
        &mut self,
        replica: &dyn Replica,
        key: PartKey,
        wanted: bool,
    ) -> Result<(), Stop> {
        let frontier = match replica.scope(&self.peer, &key.0, &key.1)? {
            Some(scope) => told_frontier(replica, &key, &scope)?,
            None => Frontier::default(),
        };
        if let Some(part) = self.parts.get_mut(&key) {
            part.snapshot = None;
        }
        if wanted {
            self.await_frontier.insert(key);
        }
        self.rounds_sent += 1;
        let frames = wire::write_frontier(&key.0, &key.1, wanted, &frontier);
        self.out.extend(frames.into_iter().map(Output::Send));
        Ok(())
    }

    pub(super) fn frontier_piece(&mut self, replica: &dyn Replica, piece: FrontierPiece) -> Result<(), Stop> {
        let key = (piece.dossier, piece.compartment);
        let (before, mut view, mut count) = self.incoming.take().unwrap_or_else(|| (key, View::default(), 0));
        if before != key {
            // The pieces of one frontier are never mixed with another's; these are left over from somewhere.
            (view, count) = (View::default(), 0);
        }
        count += 1;
        view.chains
            .extend(piece.chains.into_iter().map(|one| (one.chain, one.tips)));
        view.loose.extend(piece.loose);
        let pieces = (MAX_CHAINS / wire::CHAINS_PER_FRAME).max(MAX_LOOSE / wire::LOOSE_PER_FRAME) + 2;
        if view.chains.len() > MAX_CHAINS || view.loose.len() > MAX_LOOSE || count > pieces as u64 {
            return Err(Stop::Reason(Reason::Flood));
        }
        if !piece.last {
            self.incoming = Some((key, view, count));
            return Ok(());
        }
        self.exchange()?;
        let awaited = self.await_frontier.remove(&key);
        let shared = match self.parts.get_mut(&key) {
            Some(part) if part.scope.is_some() => {
                part.expected = ahead(replica, &view)?;
                if let Some(old) = part.view.take() {
                    view.declined = old.declined;
                }
                part.view = Some(view);
                part.mentioned = true;
                true
            }
            _ => false,
        };
        if shared {
            self.enqueue(key, false);
        }
        if piece.wanted && !awaited {
            self.tell_frontier(replica, key, false)?;
        }
        Ok(())
    }

    /// Tells some of the own positions of a chain, ever further apart from the tip down.
    pub(super) fn tell_positions(
        &mut self,
        replica: &dyn Replica,
        key: PartKey,
        chain: ChainId,
        wanted: bool,
    ) -> Result<(), Stop> {
        let mut positions = Vec::new();
        if let Some(scope) = replica.scope(&self.peer, &key.0, &key.1)? {
            let frontier = told_frontier(replica, &key, &scope)?;
            let mine = frontier.chains.iter().find(|one| one.chain == chain);
            let tips = mine.map(|one| one.tips.clone()).unwrap_or_default();
            let (mut n, mut step) = (tips.iter().map(|tip| tip.n).min().unwrap_or(0), 1);
            positions = tips.into_iter().take(MAX_TIPS).collect();
            while n > 1 && positions.len() < MAX_LOCATOR {
                n = n.saturating_sub(step).max(1);
                step *= 2;
                let there = replica.at(&chain, n)?;
                if scope == Scope::Everything || there.len() == 1 {
                    positions.extend(there);
                }
            }
            positions.truncate(MAX_LOCATOR);
        }
        if wanted {
            self.await_locate.insert((key, chain));
        }
        self.rounds_sent += 1;
        let locate = Locate {
            dossier: key.0,
            compartment: key.1,
            chain,
            wanted,
            positions,
        };
        self.out.push(Output::Send(locate.write()));
        Ok(())
    }

    pub(super) fn located(&mut self, replica: &dyn Replica, locate: &Locate) -> Result<(), Stop> {
        let key = (locate.dossier, locate.compartment);
        let awaited = self.await_locate.remove(&(key, locate.chain));
        if let Some(view) = self
            .parts
            .get_mut(&key)
            .filter(|part| part.scope.is_some())
            .and_then(|part| part.view.as_mut())
        {
            let mut common: Option<Position> = None;
            for position in &locate.positions {
                if common.is_none_or(|best| best.n < position.n)
                    && replica.at(&locate.chain, position.n)?.contains(position)
                {
                    common = Some(*position);
                }
            }
            // `View::holds` keeps the furthest only; here the point where the copies part is what counts.
            if let Some(common) = common {
                view.chains.entry(locate.chain).or_default().push(common);
            } else {
                view.rooted.insert(locate.chain);
            }
            self.enqueue(key, false);
        }
        if locate.wanted && !awaited {
            self.tell_positions(replica, key, locate.chain, false)?;
        }
        Ok(())
    }
}

/// About how many items a peer has more of.
fn ahead(replica: &dyn Replica, view: &View) -> Result<u64, ReplicaError> {
    let mut count = 0;
    for tip in view.chains.values().flatten() {
        if !replica.at(&tip.chain, tip.n)?.contains(tip) {
            count += 1;
        }
    }
    Ok(count)
}
