//! From the operations of the consent log to who may do what: points 1 to 4 of the verdict.
//!
//! Everything here is a function of the *set* of operations, duplicates and order aside. Signatures are no part of it:
//! an item is verified on arrival, and a certificate whose signature does not hold cannot be read from bytes
//! ([`Operation`] refuses it).

mod epochs;
mod generations;
mod strata;

use std::collections::{BTreeMap, BTreeSet};

use crate::chains::Chains;
use crate::identity::Certificate;
use crate::ids::{ChainId, DeviceId, EpochId, GenerationId, ItemHash, PrincipalId};
use crate::item::{Kind, Lane, Open, Position};
use crate::operation::{Back, EraseAt, OpId, Operation, Right, Since, Snapshot};

pub use epochs::EpochNode;
use epochs::Epochs;
use generations::Generation;
pub use generations::Reach;

/// An operation and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The item that carries it.
    pub position: Position,
    /// The operation.
    pub operation: Operation,
}

/// A grant that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// To whom.
    pub principal: PrincipalId,
    /// Which right.
    pub right: Right,
    /// How much of the past.
    pub since: Since,
    /// Unix seconds after which an owner device revokes it.
    pub until: Option<u64>,
}

/// Why an item does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denied {
    /// Its chain names a grant that does not count.
    NoGrant,
    /// Its device is not one of the principal that was granted.
    NotCertified,
    /// The right does not allow this lane.
    RightTooSmall,
    /// The grant ended before this was counted.
    Revoked,
    /// The device was cut and this is not kept.
    DeviceCut,
}

/// A cut that counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cut {
    by: Cutter,
    id: OpId,
    keep: Vec<Position>,
}

impl Cut {
    fn keeps(&self, chains: &Chains, item: &Position) -> bool {
        self.keep.iter().any(|upto| chains.reaches(item, upto))
    }
}

/// Whose word a cut is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cutter {
    /// The dossier's root: nothing outside is even heard.
    Root,
    /// An owner device: outside, only denials of another owner device are heard.
    Owner(DeviceId),
    /// The device's own root, a member: it ends what the device writes as that member, and a pin overrules it.
    Member(PrincipalId),
}

/// A pin of an owner device that names the saved document it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last counted item of every chain of the document.
    pub positions: Vec<Position>,
    /// The document.
    pub snapshot: Snapshot,
}

/// Positions by chain.
type Pins = BTreeMap<ChainId, BTreeSet<(u32, ItemHash)>>;

/// Who may do what in one compartment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consent {
    root: PrincipalId,
    recovery: [u8; 32],
    owners: BTreeMap<DeviceId, Certificate>,
    /// A root may claim any device, since a device does not sign its certificate. So every claim is kept, and gives
    /// that device what *that* root was granted and nothing else.
    members: BTreeMap<DeviceId, BTreeMap<PrincipalId, Certificate>>,
    grants: BTreeMap<OpId, Grant>,
    /// Grants of reading that say nothing about what was before them.
    from_now: BTreeSet<OpId>,
    /// Principals whom an owner device ever made a representative here.
    managers: BTreeSet<PrincipalId>,
    /// Grant → its revocations.
    revoked: BTreeMap<OpId, BTreeSet<OpId>>,
    pins: Pins,
    /// Pins of representatives: they never reach what owner devices and representatives wrote.
    manager_pins: Pins,
    checkpoints: BTreeMap<OpId, Checkpoint>,
    cuts: BTreeMap<DeviceId, Vec<Cut>>,
    denials: BTreeSet<OpId>,
    denials_of_reading: BTreeSet<OpId>,
    epochs: Epochs,
    generations: BTreeMap<GenerationId, Generation>,
    erased: BTreeMap<ItemHash, EraseAt>,
    counted: BTreeSet<OpId>,
    /// One operation more can change what others mean.
    delicate: bool,
}

impl Consent {
    /// The resident's root.
    #[must_use]
    pub fn root(&self) -> PrincipalId {
        self.root
    }

    /// age recipient of the resident's words.
    #[must_use]
    pub fn recovery(&self) -> &[u8; 32] {
        &self.recovery
    }

    /// Owner devices that were not cut.
    pub fn owner_devices(&self) -> impl Iterator<Item = &Certificate> {
        self.owners
            .values()
            .filter(|certificate| !self.is_cut(&certificate.device))
    }

    /// True when a counted cut ends the device: by the dossier's root or an owner device, or, for a member's, by the
    /// root of [`Self::member`].
    #[must_use]
    pub fn is_cut(&self, device: &DeviceId) -> bool {
        // What is the resident's too, no member ends.
        let member = self.member(device).filter(|_| !self.is_owner(device));
        self.is_cut_as(device, member.map(|certificate| certificate.root))
    }

    fn is_cut_as(&self, device: &DeviceId, root: Option<PrincipalId>) -> bool {
        self.cuts.get(device).into_iter().flatten().any(|cut| match cut.by {
            Cutter::Root | Cutter::Owner(_) => true,
            Cutter::Member(by) => root == Some(by),
        })
    }

    /// True for an owner device, cut or not.
    #[must_use]
    pub fn is_owner(&self, device: &DeviceId) -> bool {
        self.owners.contains_key(device)
    }

    /// The principal of a certified device of this compartment, owner or member.
    #[must_use]
    pub fn principal_of(&self, device: &DeviceId) -> Option<PrincipalId> {
        self.owners
            .get(device)
            .or_else(|| self.member(device))
            .map(|certificate| certificate.root)
    }

    /// The principal in whose name a chain is written: the one that was granted, if the device is certified for it.
    #[must_use]
    pub fn author_of(&self, open: &Open) -> Option<PrincipalId> {
        if open.grant == OpId::OWNER {
            return self.is_owner(&open.device).then_some(self.root);
        }
        let principal = self.grants.get(&open.grant)?.principal;
        self.members
            .get(&open.device)?
            .contains_key(&principal)
            .then_some(principal)
    }

    /// Certificate of a member's device. When several roots claim it: of the one that was granted most here, since a
    /// claim costs nothing and a grant does.
    #[must_use]
    pub fn member(&self, device: &DeviceId) -> Option<&Certificate> {
        let roots = self.members.get(device)?;
        if roots.len() == 1 {
            return roots.values().next();
        }
        roots.values().max_by_key(|certificate| {
            let granted = |live: bool| {
                let theirs = self
                    .grants
                    .iter()
                    .filter(|(_, grant)| grant.principal == certificate.root);
                theirs
                    .filter(|(id, _)| !live || !self.is_revoked(id))
                    .map(|(_, grant)| grant.right)
                    .max()
            };
            (granted(true), granted(false), std::cmp::Reverse(certificate.root))
        })
    }

    /// Every certified device, owners first.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.owners
            .values()
            .chain(self.members.values().flat_map(BTreeMap::values))
    }

    /// True when an owner device ever made this principal a representative here. No representative says anything about
    /// such a one.
    #[must_use]
    pub fn is_manager(&self, principal: &PrincipalId) -> bool {
        self.managers.contains(principal)
    }

    /// Grants that count, dead ones included.
    pub fn grants(&self) -> impl Iterator<Item = (&OpId, &Grant)> {
        self.grants.iter()
    }

    /// A grant that counts.
    #[must_use]
    pub fn grant(&self, id: &OpId) -> Option<&Grant> {
        self.grants.get(id)
    }

    /// True when a counted revocation names the grant.
    #[must_use]
    pub fn is_revoked(&self, grant: &OpId) -> bool {
        self.revoked.contains_key(grant)
    }

    /// Grants that count and were not revoked.
    pub fn live_grants(&self) -> impl Iterator<Item = (&OpId, &Grant)> {
        self.grants.iter().filter(|(id, _)| !self.is_revoked(id))
    }

    /// The largest right that a device has now; owner devices have none above [`Right::Manage`].
    #[must_use]
    pub fn right_of(&self, device: &DeviceId) -> Option<Right> {
        if self.is_owner(device) {
            return (!self.is_cut(device)).then_some(Right::Manage);
        }
        self.grant_for(device).map(|(_, grant)| grant.right)
    }

    /// The live grant with the largest right for a device that is not an owner's.
    #[must_use]
    pub fn grant_for(&self, device: &DeviceId) -> Option<(OpId, &Grant)> {
        let roots = self.members.get(device)?;
        self.live_grants()
            .filter(|(_, grant)| roots.contains_key(&grant.principal) && !self.is_cut_as(device, Some(grant.principal)))
            .max_by_key(|(id, grant)| (grant.right, **id))
            .map(|(id, grant)| (*id, grant))
    }

    /// As [`Self::grant_for`], of what one of the principals was granted that claim the device.
    #[must_use]
    pub fn grant_as(&self, device: &DeviceId, principal: &PrincipalId) -> Option<(OpId, &Grant)> {
        let claimed = self.members.get(device)?.contains_key(principal) && !self.is_cut_as(device, Some(*principal));
        self.live_grants()
            .filter(|(_, grant)| claimed && grant.principal == *principal)
            .max_by_key(|(id, grant)| (grant.right, **id))
            .map(|(id, grant)| (*id, grant))
    }

    /// Devices that may hold keys: uncut owner devices, and certified, uncut devices of live readers. A device that
    /// two readers claim is named twice, with each one's wrapping key.
    pub fn reader_devices(&self) -> impl Iterator<Item = &Certificate> {
        let readers: BTreeSet<PrincipalId> = self
            .live_grants()
            .filter(|(_, grant)| grant.right >= Right::Read)
            .map(|(_, grant)| grant.principal)
            .collect();
        let members = self
            .members
            .values()
            .flat_map(BTreeMap::values)
            .filter(move |certificate| {
                readers.contains(&certificate.root) && !self.is_cut_as(&certificate.device, Some(certificate.root))
            });
        self.owner_devices().chain(members)
    }

    /// True when the device may hold keys.
    #[must_use]
    pub fn may_read(&self, device: &DeviceId) -> bool {
        self.reader_devices().any(|certificate| certificate.device == *device)
    }

    /// Epochs that count.
    pub fn epochs(&self) -> impl Iterator<Item = (&EpochId, &EpochNode)> {
        self.epochs.nodes().iter()
    }

    /// Every counted denial of reading is closed by this epoch or by one before it.
    #[must_use]
    pub fn is_clean(&self, epoch: &EpochId) -> bool {
        self.epochs.is_clean(epoch)
    }

    /// The epoch to seal under: of the clean ones the tallest, then the smallest name. None while a denial of reading
    /// waits for a new one: then sealing waits too.
    #[must_use]
    pub fn current_epoch(&self) -> Option<EpochId> {
        self.epochs.current()
    }

    /// Counted denials that take reading from somebody: all but those of grants that only carry. A grant from now on is
    /// one too: it denies everything before it to whom it lets in, and an epoch honours it that does not open what was
    /// before.
    #[must_use]
    pub fn denials_of_reading(&self) -> &BTreeSet<OpId> {
        &self.denials_of_reading
    }

    /// Denials of reading that none of these epochs or of those before them closes: what an epoch that follows them
    /// must name itself.
    #[must_use]
    pub fn open_denials(&self, parents: &[EpochId]) -> BTreeSet<OpId> {
        let closed = self.epochs.closed_by(parents);
        self.denials_of_reading.difference(&closed).copied().collect()
    }

    /// True when every denial that this epoch or one before it closes is known here. While it is false somebody knows
    /// of a denial that we do not, and [`Self::reader_devices`] may name whom it denies: then the epoch's key must not
    /// be wrapped for anybody, and no epoch made that follows it.
    #[must_use]
    pub fn knows_closes_of(&self, epoch: &EpochId) -> bool {
        self.epochs
            .closed_by(&[*epoch])
            .iter()
            .all(|id| self.counted.contains(id) || self.denials.contains(id))
    }

    /// May the key of this epoch lie under one that follows it and closes everything? Only if it honours every grant from
    /// now on itself: so no key ever opens one from before a break that it honours.
    #[must_use]
    pub fn may_lie_under_next(&self, epoch: &EpochId) -> bool {
        self.from_now.iter().all(|grant| self.epochs.closes(epoch, grant))
    }

    /// This epoch, or one before it, honours a denial of reading or a grant from now on.
    #[must_use]
    pub fn closes(&self, epoch: &EpochId, denial: &OpId) -> bool {
        self.epochs.closes(epoch, denial)
    }

    /// Somebody was ever let in from now on.
    #[must_use]
    pub fn has_breaks(&self) -> bool {
        !self.from_now.is_empty()
    }

    /// Living grants by which somebody reads from now on, and nothing of before by another.
    pub fn from_now_readers(&self) -> impl Iterator<Item = (&OpId, &Grant)> {
        let living = self.from_now.iter().filter(|id| !self.is_revoked(id));
        living
            .filter_map(|id| self.grants.get_key_value(id))
            .filter(|(_, grant)| self.reads_from_now(&grant.principal))
    }

    /// As whom a device reads here. Somebody may claim the device of another: that gives it their eyes beside its own, and
    /// takes nothing from those.
    pub fn reads_as(&self, device: &DeviceId) -> impl Iterator<Item = PrincipalId> {
        let roots = self.members.get(device).into_iter().flat_map(BTreeMap::keys);
        let reads = |root: &PrincipalId| {
            let mut living = self.live_grants().map(|(_, grant)| grant);
            living.any(|grant| grant.principal == *root && grant.right >= Right::Read)
        };
        let members = roots.filter(|root| !self.is_cut_as(device, Some(**root)) && reads(root));
        let owner = self.is_owner(device).then_some(self.root);
        let found: Vec<PrincipalId> = owner.into_iter().chain(members.copied()).collect();
        found.into_iter()
    }

    /// True for a principal that reads here, and from now on only.
    #[must_use]
    pub fn reads_from_now(&self, principal: &PrincipalId) -> bool {
        let mut living = self
            .from_now
            .iter()
            .filter_map(|id| Some((id, self.grants.get(id)?)))
            .filter(|(id, grant)| grant.principal == *principal && !self.is_revoked(id));
        *principal != self.root && living.next().is_some() && !self.reads_everything(principal)
    }

    /// True for a principal that reads here, what was before they came included.
    #[must_use]
    pub fn reads_everything(&self, principal: &PrincipalId) -> bool {
        let mut living = self.live_grants().map(|(_, grant)| grant);
        *principal == self.root
            || living.any(|grant| {
                grant.principal == *principal && grant.right >= Right::Read && grant.since == Since::Beginning
            })
    }

    /// May somebody who reads here have the key of this epoch? Whoever reads from now on has those that honour the grant that let them
    /// in, and of an earlier such grant of theirs those that were made before its end.
    #[must_use]
    pub fn may_open(&self, epoch: &EpochId, reader: &PrincipalId) -> bool {
        if self.from_now.is_empty() {
            return true;
        }
        let theirs = |id: &&OpId| self.grants.get(id).is_some_and(|grant| grant.principal == *reader);
        let ended_before = |id: &OpId| {
            let mut ends = self.revoked.get(id).into_iter().flatten();
            ends.any(|end| self.epochs.closes(epoch, end))
        };
        !self.reads_from_now(reader)
            || self
                .from_now
                .iter()
                .filter(theirs)
                .any(|id| self.epochs.closes(epoch, id) && !ended_before(id))
    }

    /// Epochs whose keys a reader has to be given, of those that the giver holds, so that they open all that they may:
    /// what another of these opens comes with it. `opens` says whether a key that lies under an epoch is what it is said
    /// to be.
    pub fn keys_for(
        &self,
        reader: &PrincipalId,
        holds: impl Fn(&EpochId) -> bool,
        opens: impl Fn(&EpochId, &Back) -> bool,
    ) -> BTreeSet<EpochId> {
        let current = self.current_epoch().filter(|epoch| holds(epoch));
        if self.from_now.is_empty() {
            return current
                .filter(|epoch| self.knows_closes_of(epoch))
                .into_iter()
                .collect();
        }
        let theirs: BTreeMap<&EpochId, &EpochNode> = self
            .epochs()
            .filter(|(epoch, _)| holds(epoch) && self.may_open(epoch, reader) && self.knows_closes_of(epoch))
            .collect();
        let (mut given, mut open) = (BTreeSet::new(), BTreeSet::new());
        let mut give = |epoch: EpochId| {
            if open.contains(&epoch) {
                return;
            }
            given.insert(epoch);
            let mut next = vec![epoch];
            while let Some(at) = next.pop() {
                if let Some(node) = theirs.get(&at)
                    && open.insert(at)
                {
                    let under = node.back.iter().filter(|back| opens(&at, back));
                    next.extend(under.map(|back| back.parent));
                }
            }
        };
        let under: BTreeSet<EpochId> = theirs
            .iter()
            .flat_map(|(epoch, node)| node.back.iter().filter(|back| opens(epoch, back)))
            .map(|back| back.parent)
            .collect();
        let tops = theirs.keys().filter(|epoch| !under.contains(**epoch));
        let current = current.filter(|epoch| theirs.contains_key(epoch));
        current.into_iter().chain(tops.map(|epoch| **epoch)).for_each(&mut give);
        // What is left lies under itself: a ring, which no honest program makes.
        theirs.keys().map(|epoch| **epoch).for_each(give);
        given
    }

    /// Epochs that no other follows.
    #[must_use]
    pub fn epoch_heads(&self) -> Vec<EpochId> {
        self.epochs.heads()
    }

    /// Bodies that somebody with the right asked to destroy.
    #[must_use]
    pub fn erased(&self) -> &BTreeMap<ItemHash, EraseAt> {
        &self.erased
    }

    /// Checkpoints that count. Whether one can be used is for its bytes to show.
    pub fn checkpoints(&self) -> impl Iterator<Item = (&OpId, &Checkpoint)> {
        self.checkpoints.iter()
    }

    /// The counted checkpoint of a generation with the most in it, but for those that were refused.
    #[must_use]
    pub fn checkpoint(
        &self,
        generation: GenerationId,
        chains: &Chains,
        refused: &BTreeSet<OpId>,
    ) -> Option<(&OpId, &Checkpoint)> {
        let fits = |checkpoint: &Checkpoint| {
            checkpoint.positions.iter().all(|position| {
                chains
                    .get(&position.chain)
                    .is_some_and(|chain| chain.open.lane == Lane::Doc && chain.open.generation == generation)
            })
        };
        self.checkpoints
            .iter()
            .filter(|(id, checkpoint)| !refused.contains(*id) && fits(checkpoint))
            .max_by_key(|(id, checkpoint)| {
                let changes: u64 = checkpoint.positions.iter().map(|position| u64::from(position.n)).sum();
                (changes, **id)
            })
    }

    /// True when the operation counts.
    #[must_use]
    pub fn counts(&self, operation: &OpId) -> bool {
        self.counted.contains(operation)
    }

    /// True when a counted pin, generation or kept position reaches the item.
    #[must_use]
    pub fn is_pinned(&self, chains: &Chains, item: &Position) -> bool {
        reaches_from(&self.pins, chains, item)
            || (self.manager_pins.contains_key(&item.chain)
                && self.managers_may_pin(chains, item)
                && reaches_from(&self.manager_pins, chains, item))
    }

    fn managers_may_pin(&self, chains: &Chains, item: &Position) -> bool {
        let Some(open) = chains.get(&item.chain).map(|chain| &chain.open) else {
            return false;
        };
        open.grant != OpId::OWNER
            && self
                .grants
                .get(&open.grant)
                .is_some_and(|grant| !self.managers.contains(&grant.principal))
    }

    /// True when a counted pin or cut names this very position: then its arrival says something about what lies below.
    #[must_use]
    pub fn is_named(&self, item: &Position) -> bool {
        let place = (item.n, item.hash);
        [&self.pins, &self.manager_pins]
            .iter()
            .any(|pins| pins.get(&item.chain).is_some_and(|places| places.contains(&place)))
            || self
                .cuts
                .values()
                .flatten()
                .any(|cut| cut.keep.binary_search(item).is_ok())
    }

    /// May its author write this, ignoring that the grant may have ended?
    ///
    /// # Errors
    /// The first clause that fails.
    pub fn able(&self, chains: &Chains, open: &Open, item: &Position, kind: Kind) -> Result<(), Denied> {
        let needed = match kind.lane() {
            Lane::Rec => Right::Append,
            Lane::Doc => Right::Edit,
            Lane::Log => Right::Manage,
        };
        self.able_as(chains, open, item, needed)
    }

    fn able_as(&self, chains: &Chains, open: &Open, item: &Position, needed: Right) -> Result<(), Denied> {
        let mut principal = None;
        if open.grant == OpId::OWNER {
            if !self.is_owner(&open.device) {
                return Err(Denied::NotCertified);
            }
        } else {
            let grant = self.grants.get(&open.grant).ok_or(Denied::NoGrant)?;
            if self
                .members
                .get(&open.device)
                .is_none_or(|roots| !roots.contains_key(&grant.principal))
            {
                return Err(Denied::NotCertified);
            }
            if grant.right < needed {
                return Err(Denied::RightTooSmall);
            }
            principal = Some(grant.principal);
        }
        let kept = self
            .cuts
            .get(&open.device)
            .into_iter()
            .flatten()
            .all(|cut| match cut.by {
                Cutter::Root | Cutter::Owner(_) => cut.keeps(chains, item),
                Cutter::Member(root) => {
                    principal != Some(root) || cut.keeps(chains, item) || self.is_pinned(chains, item)
                }
            });
        if kept { Ok(()) } else { Err(Denied::DeviceCut) }
    }

    /// Does it count on its own: able, and its grant lives or a pin reaches it?
    ///
    /// # Errors
    /// The first clause that fails.
    pub fn within(&self, chains: &Chains, open: &Open, item: &Position, kind: Kind) -> Result<(), Denied> {
        self.able(chains, open, item, kind)?;
        self.alive(chains, open, item)
    }

    fn within_as(&self, chains: &Chains, open: &Open, item: &Position, needed: Right) -> Result<(), Denied> {
        self.able_as(chains, open, item, needed)?;
        self.alive(chains, open, item)
    }

    fn alive(&self, chains: &Chains, open: &Open, item: &Position) -> Result<(), Denied> {
        if !self.is_revoked(&open.grant) || self.is_pinned(chains, item) {
            Ok(())
        } else {
            Err(Denied::Revoked)
        }
    }
}

/// The highest first: below one that is held and on the same branch the others have nothing to add.
fn reaches_from(pins: &Pins, chains: &Chains, item: &Position) -> bool {
    pins.get(&item.chain).is_some_and(|places| {
        places.range((item.n, ItemHash([0; 32]))..).rev().any(|(n, hash)| {
            chains.reaches(
                item,
                &Position {
                    chain: item.chain,
                    n: *n,
                    hash: *hash,
                },
            )
        })
    })
}
