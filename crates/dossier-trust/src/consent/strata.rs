//! How operations come to count: strata, each reading only the ones above it.
//!
//! 1. certificates, which carry their own root's word;
//! 2. cuts by the dossier's root;
//! 3. cuts by owner devices that are *heard*: nothing by the root cuts them off;
//! 4. the other operations of owner devices: denials when heard, the rest when *full*;
//! 5. cuts that a member's root signed of its own devices;
//! 6. a representative's operations, judged by what stands above alone.

use std::collections::BTreeSet;

use super::epochs::EpochNode;
use super::generations::Generation;
use super::{Checkpoint, Consent, Cut, Cutter, Entry, Grant};
use crate::chains::Chains;
use crate::checkpoint::MAX_CHANGES;
use crate::ids::{CompartmentId, DeviceId, DossierId, GenerationId, PrincipalId};
use crate::item::{Lane, Open, Position};
use crate::operation::{OpId, Operation, Right, Since, Snapshot};

/// Who signed the chain that an operation stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Author {
    Root,
    Owner(DeviceId),
    Other(DeviceId),
}

/// An operation with its name and author.
struct Signed<'a> {
    id: OpId,
    author: Author,
    open: &'a Open,
    entry: &'a Entry,
}

/// With which strength an operation is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strength {
    /// Only what denies.
    Denials,
    /// All of it.
    Full,
    /// All of it, but its pins never reach managers and owner devices.
    Manager,
}

impl Consent {
    /// Reads the dossier part alone: root, recovery recipient, owner devices and their cuts.
    #[must_use]
    pub fn of_dossier(dossier: DossierId, chains: &Chains, log: &[Entry]) -> Self {
        let mut consent = Self::default();
        let genesis = log
            .iter()
            .map(|entry| &entry.operation)
            .find(|operation| operation.starts() == Some(dossier));
        let Some(Operation::Genesis { root, recovery, .. }) = genesis else {
            return consent;
        };
        consent.root = *root;
        consent.recovery = *recovery;
        for entry in log {
            if let Operation::Device { certificate, .. } = &entry.operation
                && certificate.root == consent.root
            {
                // A root may certify a device twice: every replica uses the same one of them.
                let held = consent
                    .owners
                    .entry(certificate.device)
                    .or_insert_with(|| certificate.clone());
                if *certificate < *held {
                    *held = certificate.clone();
                }
            }
        }
        consent.count_all(chains, log, &Self::default());
        consent
    }

    /// Reads a compartment's log in the light of the dossier part.
    ///
    /// A cut that stands in the dossier part counts here too. It cannot say what it keeps here, since the dossier part
    /// goes to everybody and names no compartment: whoever made it says that in an own cut in this log. Until that has
    /// come nothing is kept. Nobody but the one who cut can soften it so.
    #[must_use]
    pub fn of_compartment(dossier: &Self, chains: &Chains, log: &[Entry]) -> Self {
        let mut consent = Self {
            root: dossier.root,
            recovery: dossier.recovery,
            owners: dossier.owners.clone(),
            ..Self::default()
        };
        for entry in log {
            consent.certify_member(&entry.operation);
        }
        consent.count_all(chains, log, dossier);
        consent
    }

    /// Takes one more operation where that changes nothing but what it says itself. False when the log must be read
    /// again as a whole; then nothing was taken. `chains` holds the operation already.
    ///
    /// Cuts, new managers, and everything while there is a manager or a member who cut a device, are read again.
    #[must_use]
    pub fn extend(&mut self, chains: &Chains, entry: &Entry) -> bool {
        let Some(signed) = self.signed(chains, entry) else {
            return false;
        };
        let in_dossier_part = signed.open.compartment == CompartmentId::DOSSIER;
        if self.delicate || in_dossier_part || self.is_named(&entry.position) {
            return false;
        }
        match &entry.operation {
            Operation::Cut { .. } | Operation::Genesis { .. } => return false,
            // Whether an earlier revocation of it denied reading has to be looked at again.
            Operation::Grant {
                right: Right::Manage, ..
            } => return false,
            Operation::Grant { .. } if self.revoked.contains_key(&signed.id) => return false,
            Operation::Device { certificate, .. } if certificate.root == self.root => return false,
            Operation::Device { .. } => self.certify_member(&entry.operation),
            Operation::Generation { .. }
            | Operation::Grant { .. }
            | Operation::Revoke { .. }
            | Operation::Pin { .. }
            | Operation::Epoch { .. }
            | Operation::Erase { .. } => {}
        }
        let Some(strength) = self.owner_strength(chains, &signed) else {
            return true;
        };
        match &entry.operation {
            Operation::Epoch { .. } if self.counted.contains(&signed.id) => {}
            Operation::Epoch {
                parents,
                closes,
                commit,
                back,
            } if strength == Strength::Full => {
                let node = EpochNode::new(parents, closes, back);
                if !self.epochs.follow(*commit, &node) {
                    return false;
                }
                self.counted.insert(signed.id);
            }
            // It denies what was before it to whom it lets in.
            Operation::Grant {
                since: Since::Now,
                right,
                ..
            } if strength == Strength::Full && *right >= Right::Read => {
                if !self.denials_of_reading.contains(&signed.id) {
                    if !self.epochs.deny(signed.id) {
                        return false;
                    }
                    self.denials_of_reading.insert(signed.id);
                }
                self.count(signed.id, entry, strength);
            }
            Operation::Revoke { grant, .. } if *grant != OpId::OWNER => {
                let reads = self.grants.get(grant).is_none_or(|grant| grant.right >= Right::Read);
                if reads && !self.denials_of_reading.contains(&signed.id) {
                    if !self.epochs.deny(signed.id) {
                        return false;
                    }
                    self.denials_of_reading.insert(signed.id);
                }
                self.count(signed.id, entry, strength);
            }
            Operation::Genesis { .. }
            | Operation::Device { .. }
            | Operation::Generation { .. }
            | Operation::Grant { .. }
            | Operation::Revoke { .. }
            | Operation::Cut { .. }
            | Operation::Pin { .. }
            | Operation::Epoch { .. }
            | Operation::Erase { .. } => self.count(signed.id, entry, strength),
        }
        true
    }

    fn certify_member(&mut self, operation: &Operation) {
        if let Operation::Device { certificate, .. } = operation
            && certificate.root != self.root
        {
            let roots = self.members.entry(certificate.device).or_default();
            let held = roots.entry(certificate.root).or_insert_with(|| certificate.clone());
            if *certificate < *held {
                *held = certificate.clone();
            }
        }
    }

    fn signed<'a>(&self, chains: &'a Chains, entry: &'a Entry) -> Option<Signed<'a>> {
        let open = &chains.get(&entry.position.chain)?.open;
        if self.root == PrincipalId::default() || open.lane != Lane::Log || !chains.contains(&entry.position) {
            return None;
        }
        let author = if open.grant != OpId::OWNER {
            Author::Other(open.device)
        } else if open.device.0 == self.root.0 {
            Author::Root
        } else if self.owners.contains_key(&open.device) {
            Author::Owner(open.device)
        } else {
            Author::Other(open.device)
        };
        Some(Signed {
            id: entry.operation.id(),
            author,
            open,
            entry,
        })
    }

    fn count_all(&mut self, chains: &Chains, log: &[Entry], dossier: &Self) {
        let signed: Vec<Signed<'_>> = log.iter().filter_map(|entry| self.signed(chains, entry)).collect();
        self.count_owner_cuts(chains, &signed, dossier);
        for one in &signed {
            if let Some(strength) = self.owner_strength(chains, one) {
                self.count(one.id, one.entry, strength);
            }
        }
        self.count_member_cuts(&signed);
        self.managers = self
            .grants
            .values()
            .filter(|grant| grant.right == Right::Manage)
            .map(|grant| grant.principal)
            .collect();
        // Decided for all of them before any is taken: a manager's word never rests on a manager's word.
        let managed: Vec<&Signed<'_>> = signed.iter().filter(|one| self.manager_may(chains, one)).collect();
        for one in managed {
            self.count(one.id, one.entry, Strength::Manager);
        }
        for cuts in self.cuts.values_mut() {
            cuts.sort_unstable();
            cuts.dedup();
        }
        let by_others = |one: &Signed<'_>| matches!(one.author, Author::Other(_));
        let cut_by_others = |one: &Signed<'_>| by_others(one) && matches!(one.entry.operation, Operation::Cut { .. });
        self.delicate = !self.managers.is_empty() || signed.iter().any(cut_by_others);
        self.settle_reading();
    }

    /// Strata 2 and 3.
    fn count_owner_cuts(&mut self, chains: &Chains, signed: &[Signed<'_>], dossier: &Self) {
        let cut_of = |one: &Signed<'_>| {
            if let Operation::Cut { device, keep } = &one.entry.operation {
                Some((*device, keep.clone()))
            } else {
                None
            }
        };
        for by_root in [true, false] {
            let mut here: BTreeSet<(DeviceId, Cutter)> = BTreeSet::new();
            let mut found = Vec::new();
            for one in signed {
                let Some((device, keep)) = cut_of(one) else { continue };
                let by = match one.author {
                    Author::Root if by_root => Cutter::Root,
                    Author::Owner(by) if !by_root && self.heard(chains, by, &one.entry.position) => Cutter::Owner(by),
                    Author::Root | Author::Owner(_) | Author::Other(_) => continue,
                };
                here.insert((device, by));
                found.push((device, Cut { by, id: one.id, keep }));
            }
            for (device, cut) in dossier
                .cuts
                .iter()
                .flat_map(|(device, cuts)| cuts.iter().map(move |cut| (device, cut)))
            {
                if (cut.by == Cutter::Root) == by_root {
                    // It denies reading here also where its keep is said here.
                    self.denials.insert(cut.id);
                    if !here.contains(&(*device, cut.by)) {
                        found.push((
                            *device,
                            Cut {
                                keep: Vec::new(),
                                ..cut.clone()
                            },
                        ));
                    }
                }
            }
            for (device, cut) in found {
                self.denials.insert(cut.id);
                self.cuts.entry(device).or_default().push(cut);
            }
        }
    }

    fn heard(&self, chains: &Chains, by: DeviceId, item: &Position) -> bool {
        self.cuts
            .get(&by)
            .into_iter()
            .flatten()
            .all(|cut| cut.by != Cutter::Root || cut.keeps(chains, item))
    }

    fn full(&self, chains: &Chains, by: DeviceId, item: &Position) -> bool {
        self.cuts.get(&by).into_iter().flatten().all(|cut| match cut.by {
            Cutter::Root => cut.keeps(chains, item),
            Cutter::Owner(cutter) => cutter == by || cut.keeps(chains, item),
            Cutter::Member(_) => true,
        })
    }

    fn owner_strength(&self, chains: &Chains, signed: &Signed<'_>) -> Option<Strength> {
        let position = &signed.entry.position;
        match signed.author {
            Author::Root => Some(Strength::Full),
            Author::Owner(by) if self.full(chains, by, position) => Some(Strength::Full),
            Author::Owner(by) if self.heard(chains, by, position) => Some(Strength::Denials),
            Author::Owner(_) | Author::Other(_) => None,
        }
    }

    /// A root that is a member may cut its own devices: what they write as that member.
    fn count_member_cuts(&mut self, signed: &[Signed<'_>]) {
        for one in signed {
            if let Operation::Cut { device, keep } = &one.entry.operation
                && let Author::Other(by) = one.author
                && self
                    .members
                    .get(device)
                    .is_some_and(|roots| roots.contains_key(&PrincipalId(by.0)))
            {
                let cut = Cut {
                    by: Cutter::Member(PrincipalId(by.0)),
                    id: one.id,
                    keep: keep.clone(),
                };
                self.cuts.entry(*device).or_default().push(cut);
                self.counted.insert(one.id);
            }
        }
    }

    fn manager_may(&self, chains: &Chains, signed: &Signed<'_>) -> bool {
        if !matches!(signed.author, Author::Other(_))
            || self
                .within_as(chains, signed.open, &signed.entry.position, Right::Manage)
                .is_err()
        {
            return false;
        }
        match &signed.entry.operation {
            Operation::Grant { principal, right, .. } => {
                *right < Right::Manage && *principal != self.root && !self.managers.contains(principal)
            }
            Operation::Revoke { grant, .. } => self
                .grants
                .get(grant)
                .is_none_or(|grant| !self.managers.contains(&grant.principal)),
            Operation::Pin { .. } | Operation::Epoch { .. } => true,
            Operation::Genesis { .. }
            | Operation::Device { .. }
            | Operation::Generation { .. }
            | Operation::Cut { .. }
            | Operation::Erase { .. } => false,
        }
    }

    /// Takes one operation of an owner device or manager. Cuts were taken before.
    fn count(&mut self, id: OpId, entry: &Entry, strength: Strength) {
        let full = strength != Strength::Denials;
        match &entry.operation {
            // No grant has this name: it stands for the owner devices themselves, which only a cut ends.
            Operation::Revoke { grant, .. } if *grant == OpId::OWNER => return,
            Operation::Revoke { grant, keep } => {
                self.revoked.entry(*grant).or_default().insert(id);
                self.denials.insert(id);
                if full {
                    self.pin(keep, strength);
                }
            }
            Operation::Cut { .. } => {}
            _ if !full => return,
            Operation::Grant {
                principal,
                right,
                since,
                until,
                ..
            } => {
                let grant = Grant {
                    principal: *principal,
                    right: *right,
                    since: *since,
                    until: *until,
                };
                if *since == Since::Now && *right >= Right::Read {
                    self.from_now.insert(id);
                }
                self.grants.insert(id, grant);
            }
            Operation::Pin { positions, snapshot } => {
                self.pin(positions, strength);
                if strength == Strength::Full
                    && let Some(snapshot) = snapshot
                {
                    self.checkpoint_at(id, positions, snapshot);
                }
            }
            Operation::Generation { parent, base, drop } => {
                let generation = Generation {
                    parent: *parent,
                    base: base.clone(),
                    drop: drop.clone(),
                };
                self.generations.insert(GenerationId(id.0), generation);
                self.pin(base, strength);
            }
            Operation::Epoch {
                parents,
                closes,
                commit,
                back,
            } => {
                self.epochs.add(*commit, EpochNode::new(parents, closes, back));
            }
            Operation::Erase { item, at } => {
                self.erased
                    .entry(*item)
                    .and_modify(|held| *held = (*held).min(*at))
                    .or_insert(*at);
            }
            Operation::Genesis { .. } | Operation::Device { .. } => {}
        }
        self.counted.insert(id);
    }

    fn pin(&mut self, positions: &[Position], strength: Strength) {
        let pins = if strength == Strength::Manager {
            &mut self.manager_pins
        } else {
            &mut self.pins
        };
        for position in positions {
            pins.entry(position.chain)
                .or_default()
                .insert((position.n, position.hash));
        }
    }

    fn checkpoint_at(&mut self, id: OpId, positions: &[Position], snapshot: &Snapshot) {
        let changes: u64 = positions.iter().map(|position| u64::from(position.n)).sum();
        let one_each = positions
            .windows(2)
            .all(|pair| matches!(pair, [one, next] if one.chain != next.chain));
        if changes <= MAX_CHANGES && one_each && !positions.is_empty() {
            let checkpoint = Checkpoint {
                positions: positions.to_vec(),
                snapshot: snapshot.clone(),
            };
            self.checkpoints.insert(id, checkpoint);
        }
    }

    /// Which denials take reading away, and which epochs honour them all.
    fn settle_reading(&mut self) {
        let readers: BTreeSet<&PrincipalId> = self
            .grants
            .values()
            .filter(|grant| grant.right >= Right::Read)
            .map(|grant| &grant.principal)
            .collect();
        let of_relays: BTreeSet<&OpId> = self
            .revoked
            .iter()
            .filter(|(grant, _)| self.grants.get(grant).is_some_and(|grant| grant.right < Right::Read))
            .flat_map(|(_, revokes)| revokes)
            .collect();
        let by_members = self.cuts.values().flatten().filter_map(|cut| match cut.by {
            Cutter::Member(root) => readers.contains(&root).then_some(cut.id),
            Cutter::Root | Cutter::Owner(_) => None,
        });
        self.denials_of_reading = self
            .denials
            .iter()
            .filter(|id| !of_relays.contains(id))
            .copied()
            .chain(by_members)
            .chain(self.from_now.iter().copied())
            .collect();
        self.epochs.settle(&self.denials_of_reading);
    }
}
