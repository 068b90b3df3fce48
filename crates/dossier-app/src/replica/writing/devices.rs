//! What is said about a person's own devices: that one is theirs, and that one is no more.

use dossier_trust::codec::Canonical;
use dossier_trust::consent::Entry;
use dossier_trust::identity::{Certificate, RootSecret};
use dossier_trust::ids::{CompartmentId, DeviceId, EpochId, GenerationId, blake3};
use dossier_trust::item::{Header, Item, Kind, Lane, Open, Position, Tip};
use dossier_trust::operation::{OpId, Operation};

use super::{Writing, stored_chain, stored_item};
use crate::contract::{Fault, FaultCode};
use crate::replica::Compartment;

impl Compartment {
    /// Up to where every chain of a device goes here: what its cut keeps.
    fn ends_of(&self, device: &DeviceId) -> Vec<Position> {
        let theirs = self.chains.iter().filter(|(_, chain)| chain.open.device == *device);
        let mut ends: Vec<Position> = theirs.flat_map(|(name, chain)| chain.tips(*name)).collect();
        ends.sort_unstable();
        ends
    }
}

impl Writing<'_> {
    /// Says that a device is this person's own. A member's root may say that too, under what it was granted.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] where this person has no access.
    pub fn certify(&mut self, id: CompartmentId, certificate: Certificate) -> Result<OpId, Fault> {
        self.certify_named(id, certificate, None)
    }

    /// As [`Self::certify`], for a device of a team, with its person's name for whoever reads here.
    ///
    /// # Errors
    /// As [`Self::certify`].
    pub fn certify_named(
        &mut self,
        id: CompartmentId,
        certificate: Certificate,
        holder: Option<&str>,
    ) -> Result<OpId, Fault> {
        let me = certificate.root;
        let holder = match holder {
            Some(name) => {
                let key = self.sealing_key(id)?;
                Some(key.seal_note(id, name.as_bytes(), &mut self.random)?)
            }
            None => None,
        };
        let operation = Operation::Device { certificate, holder };
        if self.dossier.own {
            return self.operation(id, operation);
        }
        let consent = &self.compartment(&id)?.consent;
        let grant = consent
            .live_grants()
            .find(|(_, grant)| grant.principal == me)
            .map(|(grant, _)| *grant);
        self.operation_under(id, grant.ok_or_else(|| Fault::new(FaultCode::NotAllowed))?, operation)
    }

    /// Signs an operation with the words themselves, in a chain that nobody goes on with.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`].
    pub fn operation_as_root(&mut self, id: CompartmentId, operation: Operation) -> Result<(), Fault> {
        let root = self.me.root.clone();
        self.operation_by(&root, id, operation)
    }

    fn operation_by(&mut self, root: &RootSecret, id: CompartmentId, operation: Operation) -> Result<(), Fault> {
        let principal = root.principal();
        let root = root.signing_key();
        let open = Open {
            dossier: self.dossier.id,
            compartment: id,
            generation: GenerationId::default(),
            lane: Lane::Log,
            grant: OpId::OWNER,
            device: DeviceId(principal.0),
            nonce: self.bytes(),
        };
        let now_ms = self.now_ms;
        let body = operation.to_bytes();
        let len = u32::try_from(body.len()).map_err(|_| Fault::internal("operation"))?;
        let compartment = self.compartment(&id)?;
        let chain = compartment.chains.open(open.clone());
        let header = Header {
            hash: blake3(&body),
            ..Tip::start(chain).next(Kind::Operation, EpochId::default(), len)
        };
        let item = Item::sign(header, body, &root);
        compartment.chains.add(&header).map_err(|_| Fault::internal("chain"))?;
        compartment.log.push(Entry {
            position: item.position(),
            operation,
        });
        self.out.chains.push(stored_chain(chain, &open.sign(&root)));
        self.out.items.push(stored_item(&item, now_ms));
        self.out.touched.insert(id);
        self.dossier.unsettle(&id, false);
        Ok(())
    }

    /// Ends a device of a team, by the team's words, in one compartment. What is held here of its work stays.
    ///
    /// # Errors
    /// What the steps say.
    pub fn take_out(&mut self, team: &RootSecret, id: CompartmentId, device: DeviceId) -> Result<(), Fault> {
        let keep = self.compartment(&id)?.ends_of(&device);
        self.operation_by(team, id, Operation::Cut { device, keep })?;
        self.reconsider(&id)?;
        self.sharing_changed();
        Ok(())
    }

    /// Ends a device of this person's, by the words: an owner device could be answered in kind, the words cannot. What is
    /// held here of its work stays.
    ///
    /// # Errors
    /// What the steps say.
    pub fn cut(&mut self, device: DeviceId) -> Result<(), Fault> {
        let mut everywhere = self.dossier.places_of(&self.me.principal());
        if self.dossier.own {
            everywhere.extend(self.dossier.compartments.keys().copied());
        }
        for id in &everywhere {
            let keep = self.compartment(id)?.ends_of(&device);
            self.operation_as_root(*id, Operation::Cut { device, keep })?;
        }
        for id in &everywhere {
            self.reconsider(id)?;
        }
        let own = self.dossier.own;
        for id in everywhere.iter().filter(|id| own && **id != CompartmentId::DOSSIER) {
            self.new_epoch(*id)?;
        }
        self.sharing_changed();
        Ok(())
    }
}
