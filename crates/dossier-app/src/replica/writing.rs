//! Making items of one's own: draft them against memory, commit them in one transaction, tell the network.
//!
//! Every local write passes here, and here the same verdict decides as for what arrives from others.

mod devices;
mod generations;

use std::collections::BTreeSet;

use dossier_model::layout::{self, Edit};
use dossier_store::{Tx, Way};
use dossier_trust::codec::Canonical;
use dossier_trust::consent::Entry;
use dossier_trust::epoch::{EpochKey, Wrap, seal_to};
use dossier_trust::identity::{Certificate, Random};
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, EpochId, GenerationId, RecordId, blake3};
use dossier_trust::item::{Header, Item, Kind, Lane, Open, Position, SignedOpen, Tip};
use dossier_trust::operation::{OpId, Operation, Right};
use dossier_trust::preflight::{Inspected, Limits, inspect, pack};
use dossier_trust::receipt::{Receipt, Statement};
use dossier_trust::record::Record;

use super::compartment::{LOOSE_RECEIPT, LOOSE_WRAP, Posted, actor};
use super::content::{Content, Posting};
use super::{Compartment, Dossier, Local};
use crate::activity::Line;
use crate::clock::stored_ms;
use crate::contract::{Fault, FaultCode};
use crate::home::{Home, Me, SystemRandom};

/// How many steps can be undone per dossier.
pub(crate) const UNDO_STEPS: u32 = 100;

/// A write of another table that belongs to the same step.
type Also = Box<dyn FnOnce(&Tx<'_>) -> Result<(), Fault>>;

/// What a draft will put into the store.
#[derive(Default)]
pub(crate) struct Outbox {
    chains: Vec<dossier_store::Chain>,
    items: Vec<dossier_store::Item>,
    loose: Vec<dossier_store::Loose>,
    lines: Vec<Line>,
    undo: Option<Vec<u8>>,
    also: Vec<Also>,
    touched: BTreeSet<CompartmentId>,
    shared_anew: bool,
    judge_again: bool,
}

/// A draft: memory is ahead of the store until it is committed, and read again from the store if it is not.
pub(crate) struct Writing<'h> {
    pub me: &'h Me,
    pub dossier: &'h mut Dossier,
    pub random: SystemRandom,
    pub now_ms: u64,
    out: Outbox,
}

impl Home {
    /// Drafts items, then commits all of them in one transaction. After a fault nothing happened.
    ///
    /// # Errors
    /// What `draft` says; what the store says.
    pub(crate) fn write<R>(
        &mut self,
        id: &DossierId,
        draft: impl FnOnce(&mut Writing<'_>) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let drafted = self.draft(id, draft)?;
        self.finish(id, drafted)
    }

    /// As [`Self::write`], for what no verdict bears on: lines in the log, and receipts. What is only shown so far is not
    /// judged for it, so nobody who looks has to wait.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub(crate) fn jot_down<R>(
        &mut self,
        id: &DossierId,
        draft: impl FnOnce(&mut Writing<'_>) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        self.dossier(id)?;
        let drafted = self.draft_as_it_is(id, draft)?;
        self.finish(id, drafted)
    }

    fn finish<R>(&mut self, id: &DossierId, (drafted, out): (Result<R, Fault>, Outbox)) -> Result<R, Fault> {
        let done = drafted.and_then(|answer| self.commit(id, out).map(|()| answer));
        if done.is_err() {
            self.reload(id);
        }
        done
    }

    /// Drafts items against memory, which is then ahead of the store.
    pub(super) fn draft<R>(
        &mut self,
        id: &DossierId,
        draft: impl FnOnce(&mut Writing<'_>) -> Result<R, Fault>,
    ) -> Result<(Result<R, Fault>, Outbox), Fault> {
        self.judged(id)?;
        self.draft_as_it_is(id, draft)
    }

    fn draft_as_it_is<R>(
        &mut self,
        id: &DossierId,
        draft: impl FnOnce(&mut Writing<'_>) -> Result<R, Fault>,
    ) -> Result<(Result<R, Fault>, Outbox), Fault> {
        let now_ms = self.now_ms();
        let (Some(me), Some(dossier)) = (self.me.as_ref(), self.dossiers.get_mut(id)) else {
            return Err(Fault::new(FaultCode::NoProfile));
        };
        if dossier.closed {
            return Err(Fault::not_allowed("closed"));
        }
        if dossier.is_over_for(&me.id()) {
            return Err(Fault::not_allowed("device_cut"));
        }
        let mut writing = Writing {
            me,
            dossier,
            random: self.random,
            now_ms,
            out: Outbox::default(),
        };
        let drafted = draft(&mut writing);
        Ok((drafted, writing.out))
    }

    fn commit(&mut self, id: &DossierId, out: Outbox) -> Result<(), Fault> {
        let now = stored_ms(self.now_ms());
        let (touched, shared_anew, judge_again) = (out.touched.clone(), out.shared_anew, out.judge_again);
        self.store.transact::<_, Fault>(|tx| out.put(tx, id, now))?;
        self.after_change(id, touched.into_iter(), shared_anew);
        if judge_again {
            self.reload(id);
        }
        Ok(())
    }

    /// Tells hosts and network that something is different.
    pub(crate) fn after_change(
        &mut self,
        id: &DossierId,
        touched: impl Iterator<Item = CompartmentId>,
        shared_anew: bool,
    ) {
        self.looked = None;
        self.unsettled.insert(*id);
        let mut sections = BTreeSet::new();
        for compartment in touched {
            self.touched.push((*id, compartment));
            let place = self
                .dossiers
                .get(id)
                .and_then(|dossier| dossier.compartment(&compartment)?.place().cloned());
            if let Some(section) = place.as_ref().and_then(dossier_model::Place::section) {
                sections.insert(section.as_str().to_owned());
            }
        }
        if shared_anew {
            self.shared_anew.push(*id);
        }
        self.follow_cards(id, &sections);
        self.tell(crate::contract::Event::Changed {
            dossier: id.to_hex(),
            sections: sections.into_iter().collect(),
        });
    }

    /// Starts a dossier of one's own: genesis and this device, one transaction.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn found_dossier(&mut self, local: Local) -> Result<DossierId, Fault> {
        let me = self.me.as_ref().ok_or_else(|| Fault::new(FaultCode::NoProfile))?;
        let genesis = Operation::Genesis {
            root: me.principal(),
            recovery: me.root.recovery_recipient()?,
            salt: self.random.array(),
        };
        let id = DossierId(genesis.id().0);
        let mut dossier = Dossier {
            id,
            own: true,
            closed: false,
            local,
            part: Compartment::new(id, CompartmentId::DOSSIER),
            compartments: super::Compartments::default(),
            settled: false,
            destroys_ms: None,
            told_full: BTreeSet::new(),
            told: None,
            gates: crate::emergency::Gates::default(),
        };
        let now_ms = self.clock.now_ms();
        let mut writing = Writing {
            me,
            dossier: &mut dossier,
            random: self.random,
            now_ms,
            out: Outbox::default(),
        };
        writing.operation(CompartmentId::DOSSIER, genesis)?;
        let certificate = me.certificate.clone();
        writing.operation(
            CompartmentId::DOSSIER,
            Operation::Device {
                certificate,
                holder: None,
            },
        )?;
        writing.reconsider(&CompartmentId::DOSSIER)?;
        let out = writing.out;
        let row = dossier_store::Dossier {
            dossier: id,
            own: true,
            created_ms: stored_ms(now_ms),
            closed_ms: None,
            state: serde_json::to_vec(&dossier.local).map_err(|_| Fault::internal("local"))?,
        };
        self.store.transact::<_, Fault>(|tx| {
            tx.put_dossier(&row)?;
            out.put(tx, &id, row.created_ms)
        })?;
        self.dossiers.insert(id, dossier);
        Ok(id)
    }
}

impl Outbox {
    pub(super) fn put(self, tx: &Tx<'_>, dossier: &DossierId, now_ms: i64) -> Result<(), Fault> {
        for compartment in &self.touched {
            forget_saved(tx, dossier, compartment)?;
        }
        for chain in &self.chains {
            tx.put_chain(chain)?;
            tx.own_chain(&chain.chain)?;
        }
        for item in &self.items {
            tx.put_item(item)?;
        }
        for loose in &self.loose {
            tx.put_loose(loose)?;
        }
        for line in &self.lines {
            tx.add_activity(now_ms, dossier, &line.to_bytes())?;
        }
        if let Some(undo) = &self.undo {
            tx.push_step(dossier, Way::Back, undo, UNDO_STEPS)?;
            tx.clear_steps(dossier, Way::Forth)?;
        }
        self.also.into_iter().try_for_each(|also| also(tx))
    }
}

impl Writing<'_> {
    /// A compartment of this dossier.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`].
    pub fn compartment(&mut self, id: &CompartmentId) -> Result<&mut Compartment, Fault> {
        self.dossier
            .compartment_mut(id)
            .ok_or_else(|| Fault::not_found("compartment"))
    }

    /// A line for this device's log.
    pub fn note(&mut self, line: Line) {
        self.out.lines.push(line);
    }

    /// What else this step writes, in the same transaction.
    pub fn also(&mut self, write: impl FnOnce(&Tx<'_>) -> Result<(), Fault> + 'static) {
        self.out.also.push(Box::new(write));
    }

    /// How this step can be taken back.
    pub fn undo_with(&mut self, undo: Vec<u8>) {
        self.out.undo = Some(undo);
    }

    /// Network and hosts must look again at who may see what.
    pub fn sharing_changed(&mut self) {
        self.out.shared_anew = true;
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        self.random.fill(&mut out);
        out
    }

    /// Makes a compartment: its generation, its first epoch, the key for every owner device and for the words.
    ///
    /// # Errors
    /// What the steps say.
    pub fn make_compartment(&mut self) -> Result<CompartmentId, Fault> {
        let id = CompartmentId(self.bytes());
        self.dossier
            .compartments
            .insert(id, Compartment::new(self.dossier.id, id));
        let generation = Operation::Generation {
            parent: GenerationId::default(),
            base: Vec::new(),
            drop: Vec::new(),
        };
        self.operation(id, generation)?;
        self.new_epoch(id)?;
        self.out.shared_anew = true;
        Ok(id)
    }

    /// Reads a compartment's log again after operations were added.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`].
    pub fn reconsider(&mut self, id: &CompartmentId) -> Result<(), Fault> {
        let me = self.me;
        let owners = self.dossier.part.consent.clone();
        if *id == CompartmentId::DOSSIER {
            self.dossier.part.judge_dossier_part();
        } else {
            self.compartment(id)?.reconsider(me, &owners);
        }
        Ok(())
    }

    /// A new epoch that follows all others and closes every denial of reading, wrapped for everybody who may read.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] when this device may not make epochs.
    pub fn new_epoch(&mut self, id: CompartmentId) -> Result<EpochId, Fault> {
        let key = EpochKey::generate(&mut self.random);
        self.epoch_of(id, &key)
    }

    /// As [`Self::new_epoch`], with this key.
    pub(super) fn epoch_of(&mut self, id: CompartmentId, key: &EpochKey) -> Result<EpochId, Fault> {
        let me = self.me;
        let mut random = self.random;
        let compartment = self.compartment(&id)?;
        // Sealing the key of an epoch that this device does not have is somebody else's to do.
        // So is building on one that honours a denial which has not arrived here.
        let parents: Vec<EpochId> = compartment
            .consent
            .epoch_heads()
            .into_iter()
            .filter(|epoch| compartment.keys.contains_key(epoch) && compartment.consent.knows_closes_of(epoch))
            .collect();
        let mut back = Vec::with_capacity(parents.len());
        // It opens nothing from before somebody was let in from now on; who may see that is given those keys themselves.
        for parent in parents
            .iter()
            .filter(|parent| compartment.consent.may_lie_under_next(parent))
        {
            if let Some(parent) = compartment.keys.get(parent) {
                back.push(key.back_to(parent, &mut random)?);
            }
        }
        back.sort();
        let closes = compartment.consent.open_denials(&parents).into_iter().collect();
        let epoch = key.epoch();
        compartment.keys.insert(epoch, key.clone());
        self.operation(
            id,
            Operation::Epoch {
                parents,
                closes,
                commit: epoch,
                back,
            },
        )?;
        self.reconsider(&id)?;
        let readers: Vec<Certificate> = if self.dossier.part.consent.owner_devices().next().is_some() {
            self.compartment(&id)?.consent.reader_devices().cloned().collect()
        } else {
            vec![me.certificate.clone()]
        };
        for reader in readers {
            self.wrap(id, key, reader.device, &reader.wrapping)?;
        }
        let recovery = *self.dossier.part.consent.recovery();
        let words = DeviceId(self.dossier.part.consent.root().0);
        self.wrap(id, key, words, &recovery)?;
        Ok(epoch)
    }

    /// Wraps every key for a device that may read which it needs to open all that it may, unless this device did.
    ///
    /// # Errors
    /// A recipient that is not a key.
    pub fn wrap_owed(&mut self, id: CompartmentId, reader: &Certificate) -> Result<(), Fault> {
        let me = self.me.id();
        let compartment = self.compartment(&id)?;
        let given = compartment.wrapped_for(&reader.device, &me);
        let owed = compartment.keys_for(&reader.root);
        let keys: Vec<EpochKey> = owed
            .difference(&given)
            .filter_map(|epoch| compartment.keys.get(epoch).cloned())
            .collect();
        keys.iter()
            .try_for_each(|key| self.wrap(id, key, reader.device, &reader.wrapping))
    }

    /// Wraps a key for a device.
    ///
    /// # Errors
    /// A recipient that is not a key.
    pub(crate) fn wrap(
        &mut self,
        id: CompartmentId,
        key: &EpochKey,
        recipient: DeviceId,
        wrapping: &[u8; 32],
    ) -> Result<(), Fault> {
        let place = (self.dossier.id, id);
        let wrap = Wrap::make(place, key, recipient, wrapping, self.me.signing())?;
        let bytes = wrap.to_bytes();
        self.loose(id, LOOSE_WRAP, recipient.0, bytes);
        self.compartment(&id)?.add_wrap(wrap);
        Ok(())
    }

    /// A receipt for the resident's devices.
    ///
    /// # Errors
    /// What sealing says.
    pub fn receipt(&mut self, id: CompartmentId, statement: &Statement) -> Result<(), Fault> {
        let owners: Vec<[u8; 32]> = self
            .dossier
            .part
            .consent
            .owner_devices()
            .map(|certificate| certificate.wrapping)
            .collect();
        if owners.is_empty() {
            return Ok(());
        }
        let place = (self.dossier.id, id);
        let me = self.me;
        let certificate = me.certificate_in(&self.dossier.local).clone();
        let receipt = Receipt::make(place, certificate, statement, &owners, me.signing(), &mut self.random)?;
        self.loose(id, LOOSE_RECEIPT, me.id().0, receipt.to_bytes());
        Ok(())
    }

    pub(super) fn loose(&mut self, compartment: CompartmentId, kind: u8, about: [u8; 32], bytes: Vec<u8>) {
        let loose = dossier_sync::protocol::Loose { kind, about, bytes };
        self.out.loose.push(dossier_store::Loose {
            id: loose.id().0,
            dossier: self.dossier.id,
            compartment,
            kind,
            about,
            bytes: loose.bytes,
            arrived_ms: stored_ms(self.now_ms),
        });
        self.out.touched.insert(compartment);
    }

    /// Signs an operation into this device's log chain. [`Self::reconsider`] makes it count.
    ///
    /// # Errors
    /// What the steps say.
    pub fn operation(&mut self, id: CompartmentId, operation: Operation) -> Result<OpId, Fault> {
        let grant = self.grant_for(id, Lane::Log)?;
        self.operation_under(id, grant, operation)
    }

    /// The chain in which this device's next operation stands.
    pub(super) fn log_chain(&mut self, id: CompartmentId) -> Result<ChainId, Fault> {
        let grant = self.grant_for(id, Lane::Log)?;
        Ok(self.tip(id, Lane::Log, grant)?.chain)
    }

    fn operation_under(&mut self, id: CompartmentId, grant: OpId, operation: Operation) -> Result<OpId, Fault> {
        let tip = self.tip(id, Lane::Log, grant)?;
        let body = operation.to_bytes();
        let len = u32::try_from(body.len()).map_err(|_| Fault::internal("operation"))?;
        let header = Header {
            hash: blake3(&body),
            ..tip.next(Kind::Operation, EpochId::default(), len)
        };
        let position = self.put(id, header, body)?;
        let op = operation.id();
        self.compartment(&id)?.log.push(Entry { position, operation });
        Ok(op)
    }

    /// Which grant this device writes under in a lane.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`], with the section's name.
    fn grant_for(&mut self, id: CompartmentId, lane: Lane) -> Result<OpId, Fault> {
        let me = self.me;
        if self.dossier.own {
            return Ok(OpId::OWNER);
        }
        let needed = match lane {
            Lane::Log => Right::Manage,
            Lane::Doc => Right::Edit,
            Lane::Rec => Right::Append,
        };
        // What is written is written in one name, whatever else this device may be here.
        let principal = me.certificate_in(&self.dossier.local).root;
        let compartment = self.compartment(&id)?;
        let section = compartment
            .place()
            .and_then(|place| place.section())
            .map(ToString::to_string);
        match compartment.consent.grant_as(&me.id(), &principal) {
            Some((grant, held)) if held.right >= needed => Ok(grant),
            _ => Err(Fault {
                code: FaultCode::NotAllowed,
                detail: section,
            }),
        }
    }

    /// Where this device goes on in a lane. A chain is continued only when this profile opened it and never lost sight
    /// of it, it is of the current generation and grant, and its last item counts; else a new one is opened.
    fn tip(&mut self, id: CompartmentId, lane: Lane, grant: OpId) -> Result<Tip, Fault> {
        let me = self.me;
        let dossier = self.dossier.id;
        let nonce = self.bytes();
        let compartment = self.compartment(&id)?;
        let generation = match lane {
            Lane::Doc => compartment
                .consent
                .current_generation()
                .ok_or_else(|| Fault::not_allowed("generation"))?,
            Lane::Log | Lane::Rec => GenerationId::default(),
        };
        let fits = |open: &Open| {
            open.device == me.id() && open.lane == lane && open.grant == grant && open.generation == generation
        };
        if let Some(tip) = compartment.mine.get(&lane)
            && compartment
                .chains
                .get(&tip.chain)
                .is_some_and(|chain| fits(&chain.open) && !chain.forked())
            && compartment.own.contains(&tip.chain)
        {
            return Ok(*tip);
        }
        let found = compartment.own.iter().find_map(|name| {
            let chain = compartment.chains.get(name)?;
            if !fits(&chain.open) || chain.forked() {
                return None;
            }
            let last = chain.tips(*name).first().copied()?;
            let counts = match lane {
                Lane::Log => true,
                Lane::Doc => compartment.verdict.is_in_document(&last),
                Lane::Rec => compartment.verdict.is_counted_record(&last),
            };
            counts.then(|| Tip::from(last))
        });
        if let Some(tip) = found {
            compartment.mine.insert(lane, tip);
            return Ok(tip);
        }
        let open = Open {
            dossier,
            compartment: id,
            generation,
            lane,
            grant,
            device: me.id(),
            nonce,
        };
        let chain = compartment.chains.open(open.clone());
        let tip = Tip::start(chain);
        compartment.own.insert(chain);
        compartment.mine.insert(lane, tip);
        let signed: SignedOpen = open.sign(me.signing());
        self.out.chains.push(stored_chain(chain, &signed));
        self.out.touched.insert(id);
        Ok(tip)
    }

    /// Signs an item, adds it to chains and outbox, and moves this device's tip.
    fn put(&mut self, id: CompartmentId, header: Header, body: Vec<u8>) -> Result<Position, Fault> {
        let item = Item::sign(header, body, self.me.signing());
        let position = item.position();
        let lane = header.kind.lane();
        self.dossier.unsettle(&id, lane == Lane::Doc);
        let compartment = self.compartment(&id)?;
        compartment.chains.add(&header).map_err(|_| Fault::internal("chain"))?;
        compartment.mine.insert(lane, Tip::from(position));
        self.out.items.push(stored_item(&item, self.now_ms));
        self.out.touched.insert(id);
        Ok(position)
    }

    pub(super) fn sealing_key(&mut self, id: CompartmentId) -> Result<EpochKey, Fault> {
        if self.dossier.own && self.compartment(&id)?.consent.current_epoch().is_none() {
            // A denial of before the last stop, perhaps: what this device owes anyway, it need not wait for.
            self.new_epoch(id)?;
        }
        let compartment = self.compartment(&id)?;
        let epoch = compartment
            .consent
            .current_epoch()
            .ok_or_else(|| Fault::not_allowed("waiting for a new epoch"))?;
        compartment
            .keys
            .get(&epoch)
            .cloned()
            .ok_or_else(|| Fault::not_allowed("no key"))
    }

    /// Writes edits into a compartment's document: one signed, sealed item per change. Returns the inverse edits.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`]; what the edits themselves say.
    pub fn edits(&mut self, id: CompartmentId, edits: &[Edit]) -> Result<Vec<Edit>, Fault> {
        let grant = self.grant_for(id, Lane::Doc)?;
        let tip = self.tip(id, Lane::Doc, grant)?;
        let seconds = i64::try_from(self.now_ms / 1000).unwrap_or(0);
        let key = self.sealing_key(id)?;
        let compartment = self.compartment(&id)?;
        compartment.doc.as_it_stands().set_actor(actor(&tip.chain));
        let mut inverse = Vec::new();
        for edit in edits {
            let mut back = layout::inverse(&*compartment.doc, edit);
            back.append(&mut inverse);
            inverse = back;
        }
        let written = compartment.doc.edit(edits, seconds)?;
        let changes = written
            .into_iter()
            .map(|change| Ok((inspect(&change.bytes, &Limits::SUITE_1), pack(&change.bytes))))
            .collect::<Result<Vec<_>, Fault>>()?;
        for (inspected, packed) in changes {
            let inspected = inspected.map_err(|_| Fault::internal("own change refused by preflight"))?;
            self.put_sealed(id, Lane::Doc, Kind::Change, &key, &packed, Some(&inspected))?;
        }
        Ok(inverse)
    }

    fn put_sealed(
        &mut self,
        id: CompartmentId,
        lane: Lane,
        kind: Kind,
        key: &EpochKey,
        plain: &[u8],
        inspected: Option<&Inspected>,
    ) -> Result<Position, Fault> {
        let tip = self
            .compartment(&id)?
            .mine
            .get(&lane)
            .copied()
            .ok_or_else(|| Fault::internal("tip"))?;
        let len = u32::try_from(EpochKey::sealed_len(plain.len())).map_err(|_| Fault::invalid("too long"))?;
        let (header, body) = key.seal_item(tip.next(kind, key.epoch(), len), plain, &mut self.random)?;
        let position = self.put(id, header, body)?;
        self.out.judge_again |= !self.compartment(&id)?.take_own(&header, &position, inspected)?;
        Ok(position)
    }

    /// Writes a record in one's own name for all readers of the compartment.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`]; content that is too long.
    pub fn record(&mut self, id: CompartmentId, content: &Content) -> Result<RecordId, Fault> {
        let record = self.sign_record(content)?;
        let name = record.id();
        self.post(id, record, None)?;
        Ok(name)
    }

    /// Writes a record in one's own name that only some may open, besides oneself and the resident.
    ///
    /// # Errors
    /// As [`Self::record`].
    pub fn record_to(
        &mut self,
        id: CompartmentId,
        content: &Content,
        readers: Vec<Certificate>,
    ) -> Result<RecordId, Fault> {
        let record = self.sign_record(content)?;
        let name = record.id();
        self.post(id, record, Some(readers))?;
        Ok(name)
    }

    fn sign_record(&mut self, content: &Content) -> Result<Record, Fault> {
        let me = self.me;
        let bytes = content.write(&crate::clock::rfc3339(self.now_ms))?;
        Ok(Record::sign(
            self.dossier.id,
            me.certificate_in(&self.dossier.local).clone(),
            bytes,
            me.signing(),
            &mut self.random,
        ))
    }

    /// Posts a record, one's own or again one of somebody else: sealed under the epoch, or to `readers`, its author,
    /// this device, the resident's devices and the resident's words.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`].
    pub fn post(&mut self, id: CompartmentId, record: Record, readers: Option<Vec<Certificate>>) -> Result<(), Fault> {
        let grant = self.grant_for(id, Lane::Rec)?;
        let tip = self.tip(id, Lane::Rec, grant)?;
        let (position, to, under) = match readers {
            None => {
                let key = self.sealing_key(id)?;
                (
                    self.put_sealed(id, Lane::Rec, Kind::Record, &key, &record.to_bytes(), None)?,
                    None,
                    key.epoch(),
                )
            }
            Some(readers) => {
                let mut all: std::collections::BTreeMap<DeviceId, [u8; 32]> =
                    readers.iter().map(|reader| (reader.device, reader.wrapping)).collect();
                for owner in self.dossier.part.consent.owner_devices() {
                    all.insert(owner.device, owner.wrapping);
                }
                all.insert(self.me.id(), self.me.certificate.wrapping);
                all.insert(record.author.device, record.author.wrapping);
                let to: Vec<DeviceId> = all.keys().copied().collect();
                let mut recipients: Vec<[u8; 32]> = all.into_values().collect();
                recipients.push(*self.dossier.part.consent.recovery());
                let posting = Posting {
                    record: record.clone(),
                    to: to.clone(),
                };
                let body = seal_to(&recipients, &posting.to_bytes())?;
                let len = u32::try_from(body.len()).map_err(|_| Fault::invalid("too long"))?;
                let header = Header {
                    hash: blake3(&body),
                    ..tip.next(Kind::RecordTo, EpochId::default(), len)
                };
                let position = self.put(id, header, body)?;
                self.out.judge_again |= !self.compartment(&id)?.take_own(&header, &position, None)?;
                (position, Some(to), header.epoch)
            }
        };
        let by = self.me.id();
        let posted = Posted {
            position,
            by,
            to,
            under,
        };
        self.compartment(&id)?.take_own_record(record, posted);
        Ok(())
    }
}

/// Something happens in a compartment: what was saved of its document says no more what it would be judged to be. What
/// happens in the dossier part says something about all of them.
pub(crate) fn forget_saved(tx: &Tx<'_>, dossier: &DossierId, compartment: &CompartmentId) -> Result<(), Fault> {
    let one = Some(compartment).filter(|one| **one != CompartmentId::DOSSIER);
    Ok(tx.delete_documents(dossier, one)?)
}

/// Nothing of a dossier can be taken back any more, or done again.
pub(crate) fn forget_steps(tx: &Tx<'_>, dossier: &DossierId) -> Result<(), Fault> {
    for way in [Way::Back, Way::Forth] {
        tx.clear_steps(dossier, way)?;
    }
    Ok(())
}

/// A chain as the store keeps it.
pub(crate) fn stored_chain(chain: dossier_trust::ids::ChainId, signed: &SignedOpen) -> dossier_store::Chain {
    dossier_store::Chain {
        chain,
        dossier: signed.open.dossier,
        compartment: signed.open.compartment,
        lane: signed.open.lane.code(),
        generation: signed.open.generation,
        device: signed.open.device,
        grant_op: signed.open.grant.0,
        open: signed.to_bytes(),
    }
}

/// An item as the store keeps it.
pub(crate) fn stored_item(item: &Item, now_ms: u64) -> dossier_store::Item {
    dossier_store::Item {
        position: item.position(),
        header: item.header.to_bytes(),
        signature: item.signature,
        body: item.body.clone(),
        arrived_ms: stored_ms(now_ms),
    }
}
