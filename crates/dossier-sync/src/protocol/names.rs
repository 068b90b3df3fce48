//! Short numbers for long names.
//!
//! Each direction of a connection has its own. A name's first use carries its number and the name, so that the same
//! frame twice does no harm; a number that was never explained makes the frame unreadable, not wrong.

use std::collections::HashMap;
use std::hash::Hash;

use dossier_trust::codec::{DecodeError, Reader, Writer};
use dossier_trust::ids::{ChainId, CompartmentId, DossierId, EpochId};

use super::wire::WireError;

/// Names beyond this many are written in full each time.
const MAX_NAMES: u64 = 16_384;

/// The numbers that this side gave out.
#[derive(Debug, Default)]
pub(crate) struct NamesOut {
    dossiers: HashMap<DossierId, u64>,
    compartments: HashMap<(DossierId, CompartmentId), u64>,
    chains: HashMap<ChainId, u64>,
    epochs: HashMap<EpochId, u64>,
}

/// The numbers that the other side gave out.
#[derive(Debug, Default)]
pub(crate) struct NamesIn {
    dossiers: HashMap<u64, DossierId>,
    compartments: HashMap<u64, (DossierId, CompartmentId)>,
    chains: HashMap<u64, ChainId>,
    epochs: HashMap<u64, EpochId>,
}

/// The number of a name, and whether it has to be explained.
fn number<K: Hash + Eq>(names: &mut HashMap<K, u64>, key: K) -> (u64, bool) {
    if let Some(known) = names.get(&key) {
        return (*known, false);
    }
    let next = names.len() as u64;
    if next < MAX_NAMES {
        names.insert(key, next);
    }
    (next.min(MAX_NAMES), true)
}

fn explain<K: Copy>(names: &mut HashMap<u64, K>, number: u64, key: K) -> Result<K, WireError> {
    if number > MAX_NAMES {
        return Err(DecodeError::TooLong.into());
    }
    if number < MAX_NAMES {
        names.insert(number, key);
    }
    Ok(key)
}

impl NamesOut {
    /// Dossiers of an overview are numbered by their place in it.
    pub fn overview(&mut self, dossiers: impl Iterator<Item = DossierId>) {
        for dossier in dossiers {
            number(&mut self.dossiers, dossier);
        }
    }

    pub fn compartment(&mut self, out: &mut Writer, dossier: DossierId, compartment: CompartmentId) {
        let (at, new) = number(&mut self.compartments, (dossier, compartment));
        out.uint(at << 1 | u64::from(new));
        if new {
            let (at, new) = number(&mut self.dossiers, dossier);
            out.uint(at << 1 | u64::from(new));
            if new {
                out.fixed(&dossier.0);
            }
            out.fixed(&compartment.0);
        }
    }

    /// `flag` rides along in the number.
    pub fn chain(&mut self, out: &mut Writer, chain: ChainId, flag: bool) {
        let (at, new) = number(&mut self.chains, chain);
        out.uint(at << 2 | u64::from(flag) << 1 | u64::from(new));
        if new {
            out.fixed(&chain.0);
        }
    }

    pub fn epoch(&mut self, out: &mut Writer, epoch: EpochId) {
        let (at, new) = number(&mut self.epochs, epoch);
        out.uint(at << 1 | u64::from(new));
        if new {
            out.fixed(&epoch.0);
        }
    }
}

impl NamesIn {
    pub fn overview(&mut self, dossiers: impl Iterator<Item = DossierId>) {
        for (at, dossier) in (0..MAX_NAMES).zip(dossiers) {
            self.dossiers.insert(at, dossier);
        }
    }

    pub fn compartment(&mut self, input: &mut Reader<'_>) -> Result<(DossierId, CompartmentId), WireError> {
        let code = input.uint()?;
        if code & 1 == 0 {
            return self
                .compartments
                .get(&(code >> 1))
                .copied()
                .ok_or(WireError::UnknownName);
        }
        let inner = input.uint()?;
        let dossier = if inner & 1 == 0 {
            self.dossiers
                .get(&(inner >> 1))
                .copied()
                .ok_or(WireError::UnknownName)?
        } else {
            explain(&mut self.dossiers, inner >> 1, DossierId(input.fixed()?))?
        };
        explain(
            &mut self.compartments,
            code >> 1,
            (dossier, CompartmentId(input.fixed()?)),
        )
    }

    pub fn chain(&mut self, input: &mut Reader<'_>) -> Result<(ChainId, bool), WireError> {
        let code = input.uint()?;
        let flag = code & 2 != 0;
        let chain = if code & 1 == 0 {
            self.chains.get(&(code >> 2)).copied().ok_or(WireError::UnknownName)?
        } else {
            explain(&mut self.chains, code >> 2, ChainId(input.fixed()?))?
        };
        Ok((chain, flag))
    }

    pub fn epoch(&mut self, input: &mut Reader<'_>) -> Result<EpochId, WireError> {
        let code = input.uint()?;
        if code & 1 == 0 {
            self.epochs.get(&(code >> 1)).copied().ok_or(WireError::UnknownName)
        } else {
            explain(&mut self.epochs, code >> 1, EpochId(input.fixed()?))
        }
    }
}
