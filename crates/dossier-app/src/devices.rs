//! The devices of one person, and the homes on one machine.

use std::collections::BTreeMap;
use std::path::Path;

use dossier_store::Store;
use dossier_trust::identity::Certificate;
use dossier_trust::ids::{DeviceId, DossierId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::clock::rfc3339;
use crate::contract::{Fault, FaultCode};
use crate::home::Home;

/// One device of this person's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DeviceView {
    /// Device id (hex).
    pub device: String,
    /// It is this one.
    pub here: bool,
    /// When this device last heard of it, RFC 3339.
    pub last_seen: Option<String>,
}

/// A home folder with somebody in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProfileEntry {
    /// The folder.
    pub folder: String,
    /// It is the one that is open.
    pub here: bool,
    /// Who; none for one that is closed, since its name is sealed too.
    pub name: Option<String>,
}

impl Home {
    /// Devices that count as this person's in any dossier, this one first.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn devices(&mut self) -> Result<Vec<DeviceView>, Fault> {
        self.replica()?;
        let me = self.me()?;
        let (root, here) = (me.principal(), me.id());
        let mut found: BTreeMap<DeviceId, Certificate> = BTreeMap::from([(here, me.certificate.clone())]);
        for dossier in self.dossiers.values().filter(|dossier| !dossier.closed) {
            for held in std::iter::once(&dossier.part).chain(dossier.compartments.values()) {
                let theirs = held.consent.certificates().filter(|one| one.root == root);
                let live = theirs.filter(|one| !held.consent.is_cut(&one.device));
                found.extend(live.map(|one| (one.device, one.clone())));
            }
        }
        let mut list = Vec::new();
        for device in found.into_keys() {
            let peer = self.store.peer(&device)?.filter(|_| device != here);
            list.push(DeviceView {
                device: device.to_hex(),
                here: device == here,
                last_seen: peer
                    .and_then(|peer| u64::try_from(peer.last_seen_ms).ok())
                    .filter(|at| *at > 0)
                    .map(rfc3339),
            });
        }
        list.sort_by_key(|one| (!one.here, one.device.clone()));
        Ok(list)
    }

    /// As [`Self::devices`], without this one.
    pub(crate) fn other_devices(&mut self) -> Result<Vec<DeviceView>, Fault> {
        let all = self.devices()?;
        Ok(all.into_iter().filter(|device| !device.here).collect())
    }

    /// Ends a device of this person's everywhere: a lost or stolen one, or one that was passed on. What is held here of
    /// its work stays; it never comes back.
    ///
    /// # Errors
    /// [`FaultCode::Invalid`] for this very device; [`FaultCode::NotFound`] for one that is none of this person's, by
    /// the first digits of its id.
    pub(crate) fn revoke_device(&mut self, device: &str) -> Result<Vec<DeviceView>, Fault> {
        let all = self.devices()?;
        let meant: Vec<&DeviceView> = all
            .iter()
            .filter(|one| !device.is_empty() && one.device.starts_with(device))
            .collect();
        let [meant] = meant.as_slice() else {
            return Err(Fault::not_found("device"));
        };
        if meant.here {
            return Err(Fault::invalid("this_device"));
        }
        let device = DeviceId::from_hex(&meant.device).map_err(|_| Fault::internal("device"))?;
        let root = self.me()?.principal();
        let ids: Vec<DossierId> = self
            .dossiers
            .values()
            .filter(|dossier| !dossier.closed && dossier.principal_of(&device) == Some(root))
            .map(|dossier| dossier.id)
            .collect();
        for id in &ids {
            self.write(id, |writing| {
                writing.cut(device)?;
                writing.also(move |tx| Ok(tx.delete_peer(&device).map(|_| ())?));
                Ok(())
            })?;
            // What the cut leaves out is judged outside; memory is built again from the store.
            self.reload(id);
            self.settle(id)?;
        }
        self.devices()
    }

    /// This home folder and those beside it that hold somebody.
    ///
    /// # Errors
    /// [`FaultCode::NoProfile`].
    pub(crate) fn profiles(&self) -> Result<Vec<ProfileEntry>, Fault> {
        let here = self.folder();
        let mut list = vec![ProfileEntry {
            folder: here.display().to_string(),
            here: true,
            name: Some(self.me()?.profile.name.clone()),
        }];
        let beside = std::path::absolute(here).ok();
        let beside = beside.as_deref().and_then(Path::parent);
        let entries = beside.and_then(|folder| std::fs::read_dir(folder).ok());
        let mut others: Vec<String> = entries
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| Store::exists(path) && path.file_name() != here.file_name())
            .map(|path| path.display().to_string())
            .collect();
        others.sort();
        list.extend(others.into_iter().map(|folder| ProfileEntry {
            folder,
            here: false,
            name: None,
        }));
        Ok(list)
    }

    /// Takes a dossier off this device, with everything that it holds of it. Nobody else loses anything.
    ///
    /// # Errors
    /// [`FaultCode::Invalid`] about `no_backup` for a dossier of one's own that no recent backup has, unless that is
    /// what is wanted.
    pub(crate) fn dossier_remove(&mut self, id: &DossierId, without_backup: bool) -> Result<(), Fault> {
        let row = self.store.dossier(id)?.ok_or_else(|| Fault::not_found(id.to_hex()))?;
        if row.own && !without_backup && self.backup_state()?.due {
            return Err(Fault::about(FaultCode::Invalid, "no_backup"));
        }
        self.take_away(id)
    }

    /// Takes everything of a dossier off this device.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn take_away(&mut self, id: &DossierId) -> Result<(), Fault> {
        self.dossiers.remove(id);
        self.store.forget(id)?;
        self.tell(crate::contract::Event::Changed {
            dossier: id.to_hex(),
            sections: Vec::new(),
        });
        Ok(())
    }
}
