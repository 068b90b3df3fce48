//! A dossier in a file: on a stick or in the mail, to somebody who cannot be reached otherwise. The same frames, and the
//! same judgement of them, as over a connection. Attachments stay out of it: they come once the two are connected.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use dossier_sync::bundle::{self, BundleError};
use dossier_sync::protocol::{Scope, Shared};
use dossier_trust::epoch::{SealError, sealing};
use dossier_trust::identity::Certificate;
use dossier_trust::ids::{DeviceId, DossierId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::backup::bundle_fault;
use crate::contract::{Fault, FaultCode};
use crate::home::Home;
use crate::outside::{file_fault, owner_only_file, whole_file};
use crate::replica::Dossier;

/// Answer to [`Request::BundleExport`](crate::contract::Request::BundleExport).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct BundleMade {
    /// Length of the file, in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Devices that can open it.
    pub devices: u32,
}

/// Answer to [`Request::BundleImport`](crate::contract::Request::BundleImport).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct BundleTaken {
    /// What was new here.
    pub fresh: u32,
    /// What was not taken.
    pub refused: u32,
}

impl Dossier {
    /// What a file may hold, and for whom: for one person what they may see; for nobody in particular everything, for
    /// this person's own devices and words, or at a member's for the resident.
    fn cargo(&self, person: Option<&str>, me: &DeviceId) -> (Vec<Shared>, Vec<[u8; 32]>) {
        let certificates = || {
            let all = std::iter::once(&self.part).chain(self.compartments.values());
            all.flat_map(|one| one.consent.certificates())
                .filter(|one| one.device != *me)
        };
        let devices: Vec<&Certificate> = match person {
            Some(person) if self.owner_person().as_deref() != Some(person) => {
                let principals = self.principals_of(person);
                certificates().filter(|one| principals.contains(&one.root)).collect()
            }
            Some(_) | None => certificates().filter(|one| self.is_owner(&one.root)).collect(),
        };
        let mut parts: Vec<Shared> = Vec::new();
        let mut recipients: Vec<[u8; 32]> = Vec::new();
        for device in devices {
            let theirs = self.shared_with(&device.device);
            // A device that was cut hears less than the others, and is none of them.
            if theirs.iter().all(|part| part.scope != Scope::Everything) || recipients.contains(&device.wrapping) {
                continue;
            }
            if parts.len() < theirs.len() {
                parts = theirs;
            }
            recipients.push(device.wrapping);
        }
        if self.own && person.is_none() {
            recipients.push(*self.part.consent.recovery());
            let all = std::iter::once(&self.part).chain(self.compartments.values());
            parts = all
                .map(|one| Shared {
                    dossier: self.id,
                    compartment: one.id,
                    scope: Scope::Everything,
                })
                .collect();
        }
        (parts, recipients)
    }
}

impl Home {
    /// Writes what is held of a dossier into a file that only those whom it is for can open.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`] for somebody who has no access; [`FaultCode::NotWritable`], [`FaultCode::DiskFull`].
    pub(crate) fn bundle_export(
        &mut self,
        id: &DossierId,
        file: &Path,
        person: Option<&str>,
    ) -> Result<BundleMade, Fault> {
        let me = self.me()?.id();
        let (parts, recipients) = self.dossier(id)?.cargo(person, &me);
        if recipients.is_empty() || parts.is_empty() {
            return Err(Fault::not_found(person.unwrap_or("device")));
        }
        whole_file(file, |beside| {
            let failed = |error| file_fault(file, &error);
            let out = owner_only_file(beside).map_err(failed)?;
            let mut sealed = sealing(&recipients, BufWriter::new(out))?.map_err(failed)?;
            bundle::write(&*self, &parts, &mut sealed).map_err(|error| bundle_fault(file, error))?;
            let out = sealed.finish().map_err(failed)?;
            let out = out.into_inner().map_err(|error| failed(error.into_error()))?;
            out.sync_all().map_err(failed)
        })?;
        let length = std::fs::metadata(file).map_err(|error| file_fault(file, &error))?.len();
        Ok(BundleMade {
            bytes: length,
            devices: u32::try_from(recipients.len()).unwrap_or(u32::MAX),
        })
    }

    /// Takes what is in a file, as if somebody had connected. What came before a fault in it is kept; reading it again
    /// is harmless.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`]: `bundle_other` when it is for somebody else, `bundle_damaged`.
    pub(crate) fn bundle_import(&mut self, file: &Path) -> Result<BundleTaken, Fault> {
        let refused = |why: &str| Fault::about(FaultCode::InputRefused, why);
        let me = self.me()?;
        let keys = [me.opener().clone(), me.recovery().clone()];
        self.replica()?;
        for key in keys {
            let input = File::open(file).map_err(|error| refused(&error.kind().to_string()))?;
            match bundle::open(self, &key, &mut BufReader::new(input)) {
                Ok(arrived) => {
                    let ids: Vec<DossierId> = self.dossiers.keys().copied().collect();
                    for id in &ids {
                        self.settle(id)?;
                    }
                    let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
                    return Ok(BundleTaken {
                        fresh: count(arrived.fresh),
                        refused: count(arrived.refused),
                    });
                }
                Err(BundleError::Seal(SealError::Unopened)) => {}
                Err(BundleError::NotABundle | BundleError::Damaged) => return Err(refused("bundle_damaged")),
                Err(error @ (BundleError::Io(_) | BundleError::Replica(_) | BundleError::Seal(_))) => {
                    return Err(bundle_fault(file, error));
                }
            }
        }
        Err(refused("bundle_other"))
    }
}
