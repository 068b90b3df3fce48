//! What somebody owes who is not the resident, and who has to look for whom.

use std::collections::{BTreeMap, BTreeSet};

use dossier_store::{Owed, Peer};
use dossier_trust::identity::{Certificate, RootSecret};
use dossier_trust::ids::{CompartmentId, DeviceId, DossierId, PrincipalId};
use dossier_trust::item::{Lane, Position};
use dossier_trust::operation::{OpId, Operation, Right};
use dossier_trust::team::Member;

use super::{Compartment, Dossier};
use crate::contract::Fault;
use crate::home::Home;
use crate::network::addresses_to_bytes;
use crate::returning::OWED_INTRODUCTION;

/// Colleagues to be named, devices to be taken out, and the root that does so.
type TeamDebts = (
    Vec<(CompartmentId, Member)>,
    Vec<(CompartmentId, DeviceId)>,
    Option<RootSecret>,
);

impl Home {
    /// Whoever was let in by a representative looks for the resident too, where that one said; and the resident's devices
    /// look for them.
    pub(super) fn remember_whom_others_let_in(&mut self, id: &DossierId) -> Result<(), Fault> {
        let me = self.me()?.id();
        let dossier = self.dossier(id)?;
        let name = dossier.owner_name();
        let mut wanted: BTreeMap<DeviceId, (Certificate, Option<String>)> = BTreeMap::new();
        if dossier.own {
            let people = dossier.people();
            for held in dossier.compartments.values() {
                let live = held.consent.live_grants();
                let theirs: BTreeSet<PrincipalId> = live
                    .filter(|(grant, one)| held.let_in_by(grant).is_some() || held.is_team(&one.principal))
                    .map(|(_, grant)| grant.principal)
                    .collect();
                let devices = held.consent.certificates().filter(|one| theirs.contains(&one.root));
                for one in devices.filter(|one| !held.consent.is_cut(&one.device)) {
                    let person = people.get(&one.root);
                    let name = person.map(|person| dossier.name_with(person, &one.root, &one.device));
                    wanted.insert(one.device, (one.clone(), name));
                }
            }
        } else {
            let by_resident = |device: &DeviceId| dossier.local.inviter.as_deref() == Some(device.to_hex().as_str());
            let owners: Vec<&Certificate> = dossier.part.consent.owner_devices().collect();
            if !owners.iter().any(|one| by_resident(&one.device)) {
                wanted.extend(owners.into_iter().map(|one| (one.device, (one.clone(), name.clone()))));
            }
        }
        let residents = dossier.local.residents.clone();
        let mut peers = Vec::new();
        for (device, (certificate, name)) in wanted {
            if device != me && self.store.peer(&device)?.is_none() {
                let said = residents.get(&device.to_hex());
                let known: Vec<_> = said.into_iter().flatten().filter_map(|one| one.parse().ok()).collect();
                peers.push(Peer {
                    device,
                    principal: certificate.root,
                    endpoint: certificate.endpoint,
                    name,
                    addresses: addresses_to_bytes(&known),
                    last_seen_ms: 0,
                });
            }
        }
        if peers.is_empty() {
            return Ok(());
        }
        self.store
            .transact::<_, Fault>(|tx| Ok(peers.iter().try_for_each(|peer| tx.put_peer(peer))?))
    }

    /// A device that a colleague brought here says itself who it is, in a chain of its own in every part: so that it can
    /// show that to the resident's devices where nobody else did.
    fn introduce_to_residents(&mut self, id: &DossierId) -> Result<(), Fault> {
        let (me, name) = (self.me()?.id(), self.me()?.profile.name.clone());
        let Some(seat) = self.me()?.team.clone() else {
            return Ok(());
        };
        let dossier = self.dossier(id)?;
        if !dossier.local.covered {
            return Ok(());
        }
        let silent = dossier.compartments.values().filter(|held| {
            let epoch = held.consent.current_epoch();
            let speaks = held.chains.iter().any(|(_, chain)| {
                chain.open.device == me && chain.open.lane == Lane::Log && chain.open.grant != OpId::OWNER
            });
            !speaks
                && held.consent.grant_as(&me, &seat.certificate.root).is_some()
                && epoch.is_some_and(|epoch| held.keys.contains_key(&epoch))
        });
        let silent: Vec<CompartmentId> = silent.map(|held| held.id).collect();
        if silent.is_empty() {
            return Ok(());
        }
        let owners: Vec<DeviceId> = dossier.part.consent.owner_devices().map(|one| one.device).collect();
        let dossier = *id;
        self.write(id, |writing| {
            for compartment in silent {
                writing.certify_named(compartment, seat.certificate.clone(), Some(&name))?;
                writing.reconsider(&compartment)?;
            }
            writing.also(move |tx| {
                for owner in owners {
                    tx.owe(&Owed {
                        dossier,
                        compartment: CompartmentId::DOSSIER,
                        kind: OWED_INTRODUCTION,
                        detail: owner.0.to_vec(),
                    })?;
                }
                Ok(())
            });
            Ok(())
        })
    }

    /// What a device owes its team in a dossier: colleagues who are not named there yet, and, where the team's words are,
    /// devices to be taken out that still count.
    fn team_debts(&mut self, id: &DossierId) -> Result<TeamDebts, Fault> {
        let me = self.me()?.id();
        let roster = self.roster()?;
        let taken_out = self.taken_out()?;
        let roomy: BTreeSet<DeviceId> = self
            .roomy
            .iter()
            .filter(|(_, one)| one == id)
            .map(|(device, _)| *device)
            .collect();
        let dossier = self.dossier(id)?;
        let Some(roster) = roster.filter(|_| dossier.local.team) else {
            return Ok(TeamDebts::default());
        };
        let (mut colleagues, mut out) = (Vec::new(), Vec::new());
        for held in dossier.compartments.values() {
            let consent = &held.consent;
            let certified = |device: &DeviceId| {
                let mut all = consent.certificates();
                all.any(|one| one.root == roster.root && one.device == *device)
            };
            let gone = taken_out.iter().flat_map(|(_, gone)| gone);
            out.extend(
                gone.filter(|device| certified(device) && !held.is_cut_by(&roster.root, device))
                    .map(|device| (held.id, *device)),
            );
            // Only a device that looks along, and can tell others whose the new one is, names a colleague.
            let epoch = consent.current_epoch().filter(|epoch| held.keys.contains_key(epoch));
            let speaks = certified(&me) && consent.right_of(&me).is_some();
            if epoch.is_none() || !speaks {
                continue;
            }
            let fresh = roster.present().filter(|one| {
                let device = &one.certificate.device;
                roomy.contains(device) && !certified(device)
            });
            colleagues.extend(fresh.map(|one| (held.id, one.clone())));
        }
        Ok((colleagues, out, taken_out.map(|(root, _)| root)))
    }

    /// What somebody owes who is not the resident: a representative makes epochs where a denial waits for one, and they
    /// and everybody's own devices hand the keys on to whoever may have them and has none.
    pub(super) fn settle_as_member(&mut self, id: &DossierId) -> Result<(), Fault> {
        let me = self.me()?.id();
        self.introduce_to_residents(id)?;
        let dossier = self.dossier(id)?;
        let manages = dossier.compartments.values().filter(|held| held.admits(&me));
        let rotate: Vec<CompartmentId> = manages
            .filter(|held| held.consent.epochs().next().is_some() && held.consent.current_epoch().is_none())
            .map(|held| held.id)
            .collect();
        let (colleagues, out, team) = self.team_debts(id)?;
        let dossier = self.dossier(id)?;
        if rotate.is_empty() && colleagues.is_empty() && out.is_empty() && dossier.without_key(&me).is_empty() {
            return Ok(());
        }
        self.write(id, |writing| {
            if let Some(team) = &team {
                for (compartment, device) in out {
                    writing.take_out(team, compartment, device)?;
                }
            }
            for (compartment, colleague) in colleagues {
                let name = Some(colleague.name.as_str());
                writing.certify_named(compartment, colleague.certificate, name)?;
                writing.reconsider(&compartment)?;
                writing.sharing_changed();
            }
            for compartment in rotate {
                writing.new_epoch(compartment)?;
            }
            for (compartment, reader) in writing.dossier.without_key(&me) {
                writing.wrap_owed(compartment, &reader)?;
            }
            Ok(())
        })
    }
}

impl Compartment {
    /// A cut by this root is here.
    fn is_cut_by(&self, root: &PrincipalId, device: &DeviceId) -> bool {
        self.log.iter().any(|entry| {
            let by = self.chains.get(&entry.position.chain).map(|chain| chain.open.device);
            by.is_some_and(|by| by.0 == root.0)
                && matches!(&entry.operation, Operation::Cut { device: cut, .. } if cut == device)
        })
    }

    /// The last operations under a grant that are held here: up to where what a representative did counts when they stop.
    pub(super) fn said_under(&self, grant: &OpId) -> Vec<Position> {
        let chains = self.chains.iter().filter(|(_, chain)| {
            let open = &chain.open;
            open.lane == Lane::Log && open.grant == *grant
        });
        let tips = chains.flat_map(|(name, chain)| chain.tips(*name));
        if self
            .consent
            .grant(grant)
            .is_some_and(|held| held.right == Right::Manage)
        {
            tips.collect()
        } else {
            Vec::new()
        }
    }
}

impl Dossier {
    /// Devices that may read and for which nobody who may has wrapped every key that they need, as far as this device, which is
    /// not the resident's, may do so: a representative's for everybody, and everybody's for those of the same principal.
    fn without_key(&self, me: &DeviceId) -> Vec<(CompartmentId, Certificate)> {
        let mut found = Vec::new();
        for compartment in self.compartments.values() {
            let consent = &compartment.consent;
            if !consent.may_read(me) {
                continue;
            }
            let (manages, mine) = (compartment.admits(me), consent.principal_of(me));
            let readers = consent.reader_devices().filter(|reader| {
                let ours = !consent.is_owner(&reader.device) && mine == Some(reader.root);
                reader.device != *me
                    && (manages || ours)
                    && !compartment
                        .keys_for(&reader.root)
                        .is_subset(&compartment.wrapped_to(&reader.device))
            });
            found.extend(readers.map(|reader| (compartment.id, reader.clone())));
        }
        found
    }
}
