//! What arrives: batches from the peer, and its acknowledgements of ours.

use std::collections::{BTreeMap, BTreeSet};

use dossier_trust::codec::Reader;
use dossier_trust::item::{Item, Position};

use super::batch::{BatchError, DraftBatch, read_batch};
use super::names::NamesOut;
use super::replica::{Batch, Refusal, Refused, Replica, ReplicaError, Source};
use super::session::{MAX_FALLBACKS, Output, Part, Reason, Session, Stop};
use super::view::View;
use super::wire::Ack;

/// Batches of which something was refused before the peer is let go.
const MAX_REFUSED_BATCHES: u32 = 256;
/// Things that an honest peer never sends.
const MAX_INVALID: u32 = 16;

/// A draft with every run put in its place, or left out.
pub(crate) struct Placed {
    pub batch: Batch,
    /// Place in the frame of every item that is left; opens come before.
    pub places: Vec<u32>,
    /// Places in the frame of what could not be placed.
    pub unplaced: Vec<u32>,
}

/// Finds out what every run follows. `derive`: the own copy may be asked.
pub(crate) fn place(replica: &dyn Replica, draft: DraftBatch, derive: bool) -> Result<Placed, ReplicaError> {
    let DraftBatch {
        dossier,
        compartment,
        opens,
        runs,
        loose,
        ..
    } = draft;
    let mut at = opens.len() as u32;
    let mut items: Vec<Item> = Vec::new();
    let (mut places, mut unplaced) = (Vec::new(), Vec::new());
    for run in runs {
        let end = at.saturating_add(run.len() as u32);
        let before = run.first.saturating_sub(1);
        let prev = match run.prev {
            Some(prev) => Some(prev),
            None => match items.last() {
                Some(last) if last.header.chain == run.chain && last.header.n == before => {
                    Some(last.header.item_hash())
                }
                _ if derive => match replica.at(&run.chain, before)?.as_slice() {
                    [only] => Some(only.hash),
                    _ => None,
                },
                _ => None,
            },
        };
        match prev {
            Some(prev) => {
                items.extend(run.place(prev));
                places.extend(at..end);
            }
            None => unplaced.extend(at..end),
        }
        at = end;
    }
    Ok(Placed {
        batch: Batch {
            dossier,
            compartment,
            opens,
            items,
            loose,
        },
        places,
        unplaced,
    })
}

impl Session {
    pub(crate) fn batch(&mut self, replica: &mut dyn Replica, input: Reader<'_>) -> Result<(), Stop> {
        let draft = match read_batch(input, &mut self.names_in) {
            Ok(draft) => draft,
            Err(BatchError::Malformed) => return Err(Stop::Reason(Reason::Malformed)),
            Err(BatchError::Unreadable { seq }) => {
                self.count_refusals(1, 0)?;
                let ack = Ack {
                    seq,
                    unreadable: true,
                    frontier_follows: false,
                    refused: Vec::new(),
                };
                self.out.push(Output::Send(ack.write()));
                return Ok(());
            }
        };
        let (seq, heard, key) = (draft.seq, draft.heard, (draft.dossier, draft.compartment));
        let shared = replica.scope(&self.peer, &key.0, &key.1)?.is_some();
        let Placed {
            batch,
            places,
            unplaced,
        } = place(replica, draft, shared)?;
        let opens: Vec<_> = batch.opens.iter().map(|open| open.open.chain()).collect();
        let items: Vec<(Position, Position)> = batch
            .items
            .iter()
            .map(|item| {
                let position = item.position();
                (
                    position,
                    Position {
                        n: position.n.saturating_sub(1),
                        hash: item.header.prev,
                        ..position
                    },
                )
            })
            .collect();
        let loose: Vec<_> = batch.loose.iter().map(|loose| loose.id().prefix()).collect();

        let accepted = replica.receive(Source::Peer(self.peer), batch)?;

        let refused: BTreeMap<Refused, Refusal> = accepted.refused.iter().copied().collect();
        let first_loose = (opens.len() + places.len() + unplaced.len()) as u32;
        let mut told: Vec<(u32, Refusal)> = unplaced.iter().map(|at| (*at, Refusal::Missing)).collect();
        for (what, refusal) in &refused {
            let at = match what {
                Refused::Open(at) => Some(*at as u32),
                Refused::Item(at) => places.get(*at).copied(),
                Refused::Loose(at) => Some(first_loose.saturating_add(*at as u32)),
            };
            told.extend(at.map(|at| (at, *refusal)));
        }
        let invalid = refused.values().filter(|one| **one == Refusal::Invalid).count();
        self.count_refusals(u32::from(!told.is_empty()), invalid)?;

        // What the peer sent it holds; so it need not be sent back. Made-up compartments leave no trace.
        let mut nothing = Part::default();
        let part = if shared || accepted.fresh > 0 {
            self.parts.entry(key).or_default()
        } else {
            self.parts.get_mut(&key).unwrap_or(&mut nothing)
        };
        let view = part.view.get_or_insert_with(View::default);
        for (at, chain) in opens.iter().enumerate() {
            if !refused.contains_key(&Refused::Open(at)) {
                view.chains.entry(*chain).or_default();
            }
        }
        for (at, (position, prev)) in items.iter().enumerate() {
            if !refused.contains_key(&Refused::Item(at)) {
                view.holds(*position, Some(*prev));
            }
        }
        for (at, prefix) in loose.iter().enumerate() {
            if !refused.contains_key(&Refused::Loose(at)) {
                view.loose.insert(*prefix);
            }
        }
        part.expected = part.expected.saturating_sub(u64::from(accepted.fresh));
        let compare_again = part.waiting && shared;
        let missing = told.iter().any(|(_, refusal)| *refusal == Refusal::Missing);
        let frontier_follows = missing && shared && part.fallbacks < MAX_FALLBACKS;
        part.fallbacks += u32::from(frontier_follows);

        told.sort_unstable_by_key(|(at, _)| *at);
        self.out.push(Output::Send(
            Ack {
                seq,
                unreadable: false,
                frontier_follows,
                refused: told,
            }
            .write(),
        ));
        self.peer_done = heard;
        if accepted.fresh > 0 {
            self.out.push(Output::Progress {
                dossier: key.0,
                compartment: key.1,
                items: accepted.fresh,
            });
        }
        if accepted.sharing_changed {
            self.out.push(Output::SharingChanged { dossier: key.0 });
            self.reshare(replica, key.0)?;
        }
        if frontier_follows {
            self.tell_frontier(replica, key, false)?;
        }
        if compare_again {
            self.enqueue(key, false);
        }
        Ok(())
    }

    fn count_refusals(&mut self, batches: u32, invalid: usize) -> Result<(), Stop> {
        self.refused_batches += batches;
        self.invalid = self.invalid.saturating_add(invalid as u32);
        if self.refused_batches > MAX_REFUSED_BATCHES || self.invalid > MAX_INVALID {
            return Err(Stop::Reason(Reason::Refusals));
        }
        Ok(())
    }

    pub(crate) fn acknowledged(&mut self, replica: &mut dyn Replica, ack: Ack) -> Result<(), Stop> {
        let Some(sent) = self.outstanding.remove(&ack.seq) else {
            return Ok(());
        };
        self.outstanding_bytes = self.outstanding_bytes.saturating_sub(sent.bytes);
        let key = sent.key;
        let mut refused: BTreeMap<u32, Refusal> = ack.refused.into_iter().collect();
        if ack.unreadable {
            self.names_out = NamesOut::default();
            let parts = sent.opens.len() + sent.positions.len() + sent.loose.len();
            refused = (0..parts as u32).map(|at| (at, Refusal::Missing)).collect();
        }
        let (mut chains, mut positions, mut loose) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut again_loose = BTreeSet::new();
        for (at, chain) in (0..).zip(&sent.opens) {
            if let Some(refusal) = refused.get(&at) {
                chains.insert(*chain, *refusal);
            }
        }
        for (at, position) in (sent.opens.len() as u32..).zip(&sent.positions) {
            match refused.get(&at) {
                Some(refusal) => {
                    chains.entry(position.chain).or_insert(*refusal);
                }
                None => positions.push(*position),
            }
        }
        for (at, id) in ((sent.opens.len() + sent.positions.len()) as u32..).zip(&sent.loose) {
            match refused.get(&at) {
                Some(Refusal::Missing) => {
                    again_loose.insert(id.prefix());
                }
                Some(_) => {}
                None => loose.push(*id),
            }
        }
        if !positions.is_empty() || !loose.is_empty() {
            replica.acknowledged(&self.peer, &key.0, &key.1, &positions, &loose)?;
        }
        let again = !ack.frontier_follows;
        let missing = chains.values().any(|one| *one == Refusal::Missing) || !again_loose.is_empty();
        for (chain, refusal) in chains {
            self.settle_refusal(key, chain, refusal, again);
        }
        if missing && again {
            if let Some(part) = self.parts.get_mut(&key)
                && part.fallbacks < MAX_FALLBACKS
            {
                part.fallbacks += 1;
                if let Some(view) = part.view.as_mut() {
                    view.loose.retain(|prefix| !again_loose.contains(prefix));
                }
            }
            self.enqueue(key, false);
        }
        Ok(())
    }
}
