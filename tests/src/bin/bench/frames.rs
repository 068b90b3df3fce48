//! P6: what our frames weigh beyond the Automerge change, for the real items of a home folder.

use anyhow::{Context, Result, ensure};
use dossier_sync::protocol::{
    Accepted, Batch, ChainFrontier, Frontier, Input, Loose, LooseId, Output, Replica, ReplicaError, Scope, Session,
    Shared, Source,
};
use dossier_trust::codec::Canonical;
use dossier_trust::epoch::EpochKey;
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId};
use dossier_trust::item::{Header, Item, Lane, Position, SignedOpen};
use serde_json::json;

use crate::edit::{plan_of, store};
use crate::people::Person;
use crate::table::{Row, Table};

/// Edits in a run.
const RUN: u32 = 100;

/// One chain of one compartment, of which the first so many items are there.
struct Copy {
    part: (DossierId, CompartmentId),
    chain: ChainId,
    open: SignedOpen,
    items: Vec<Item>,
    upto: u32,
}

impl Copy {
    fn held(&self) -> &[Item] {
        let upto = self.items.partition_point(|item| item.header.n <= self.upto);
        self.items.get(..upto).unwrap_or_default()
    }

    /// What items `from + 1` to `to` weigh as changes: sealed bodies without nonce, tag and codec byte.
    fn changes(&self, from: u32, to: u32) -> usize {
        let wanted = self
            .items
            .iter()
            .filter(|item| item.header.n > from && item.header.n <= to);
        wanted
            .filter_map(|item| item.body.as_ref())
            .map(|body| body.len() - EpochKey::sealed_len(1))
            .sum()
    }
}

impl Replica for Copy {
    fn shared(&self, _: &DeviceId) -> Result<Vec<Shared>, ReplicaError> {
        let (dossier, compartment) = self.part;
        Ok(vec![Shared {
            dossier,
            compartment,
            scope: Scope::Everything,
        }])
    }

    fn frontier(&self, _: &DossierId, _: &CompartmentId) -> Result<Frontier, ReplicaError> {
        let tips = self.held().last().map(Item::position).into_iter().collect();
        Ok(Frontier {
            chains: vec![ChainFrontier {
                chain: self.chain,
                lane: Lane::Doc,
                tips,
            }],
            loose: Vec::new(),
        })
    }

    fn chain_open(&self, _: &ChainId) -> Result<Option<SignedOpen>, ReplicaError> {
        Ok(Some(self.open.clone()))
    }

    fn items_after(&self, _: &ChainId, after: u32, _: usize) -> Result<Vec<Item>, ReplicaError> {
        Ok(self
            .held()
            .iter()
            .filter(|item| item.header.n > after)
            .cloned()
            .collect())
    }

    fn at(&self, _: &ChainId, n: u32) -> Result<Vec<Position>, ReplicaError> {
        Ok(self
            .held()
            .iter()
            .filter(|item| item.header.n == n)
            .map(Item::position)
            .collect())
    }

    fn fork(&self, _: &ChainId) -> Result<u32, ReplicaError> {
        Ok(self.upto)
    }

    fn loose(&self, _: &LooseId) -> Result<Option<Loose>, ReplicaError> {
        Ok(None)
    }

    fn receive(&mut self, _: Source, batch: Batch) -> Result<Accepted, ReplicaError> {
        let mut accepted = Accepted::default();
        for item in batch.items {
            // What came over the wire is what was signed, or the count of bytes says nothing.
            let same = self
                .items
                .iter()
                .any(|own| own.header.n == item.header.n && *own == item);
            if same && item.header.n == self.upto + 1 {
                self.upto += 1;
                accepted.fresh += 1;
            }
        }
        Ok(accepted)
    }

    fn acknowledged(
        &mut self,
        _: &DeviceId,
        _: &DossierId,
        _: &CompartmentId,
        _: &[Position],
        _: &[LooseId],
    ) -> Result<(), ReplicaError> {
        Ok(())
    }
}

/// Two conversations; counts what the first sends.
struct Wire {
    sessions: [Session; 2],
    copies: [Copy; 2],
    sent: usize,
}

impl Wire {
    /// Gives one side an input, and carries frames until nothing is under way.
    fn input(&mut self, who: usize, input: Input<'_>) -> Result<()> {
        let mut under_way: Vec<(usize, Vec<u8>)> = Vec::new();
        self.step(who, input, &mut under_way)?;
        self.carry(under_way)
    }

    fn carry(&mut self, mut under_way: Vec<(usize, Vec<u8>)>) -> Result<()> {
        while !under_way.is_empty() {
            for (to, frame) in std::mem::take(&mut under_way) {
                self.step(to, Input::Frame(&frame), &mut under_way)?;
            }
        }
        Ok(())
    }

    fn step(&mut self, who: usize, input: Input<'_>, under_way: &mut Vec<(usize, Vec<u8>)>) -> Result<()> {
        let (session, copy) = (self.sessions.get_mut(who), self.copies.get_mut(who));
        let (session, copy) = (session.context("a side")?, copy.context("a side")?);
        for output in session.handle(copy, input) {
            match output {
                Output::Send(frame) => {
                    if who == 0 {
                        self.sent += frame.len()
                            + if frame.len() < 128 {
                                1
                            } else if frame.len() < 16_384 {
                                2
                            } else {
                                3
                            };
                    }
                    under_way.push((1 - who, frame));
                }
                Output::Close(reason) => anyhow::bail!("the conversation ended: {reason:?}"),
                Output::Idle | Output::Busy { .. } | Output::Progress { .. } | Output::SharingChanged { .. } => {}
            }
        }
        Ok(())
    }

    fn start(&mut self) -> Result<()> {
        let mut under_way = Vec::new();
        self.step(0, Input::Started, &mut under_way)?;
        self.step(1, Input::Started, &mut under_way)?;
        self.carry(under_way)
    }

    /// The first side writes `count` more; bytes on the wire beyond the changes, per edit.
    fn write(&mut self, count: u32) -> Result<f64> {
        let [writer, _] = &mut self.copies;
        let from = writer.upto;
        writer.upto += count;
        let changes = writer.changes(from, writer.upto);
        let (dossier, compartment) = writer.part;
        self.sent = 0;
        self.input(0, Input::LocalChange { dossier, compartment })?;
        let [writer, reader] = &self.copies;
        ensure!(
            writer.upto == reader.upto,
            "the reader lacks {}",
            writer.upto - reader.upto
        );
        Ok(f64::from(u32::try_from(self.sent.saturating_sub(changes))?) / f64::from(count))
    }
}

/// Measures with the last items of the plan, which are single edits.
pub fn measure(person: Person, table: &mut Table) -> Result<()> {
    let Person { app, folder } = person;
    drop(app);
    let store = store(folder.path())?;
    let (dossier, compartment, chain, last) = plan_of(&store)?;
    let items = store
        .items_from(&chain.chain, 1, last)?
        .into_iter()
        .map(|row| {
            Ok(Item {
                header: Header::from_bytes(&row.header)?,
                signature: row.signature,
                body: row.body,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let open = SignedOpen::from_bytes(&chain.open)?;
    let upto = last.checked_sub(RUN + 2).context("edits to send")?;
    let copy = || Copy {
        part: (dossier, compartment),
        chain: chain.chain,
        open: open.clone(),
        items: items.clone(),
        upto,
    };
    let (one, other) = (DeviceId([1; 32]), DeviceId([2; 32]));
    let mut wire = Wire {
        sessions: [Session::new(one, other, 0), Session::new(other, one, 0)],
        copies: [copy(), copy()],
        sent: 0,
    };
    wire.start()?;
    let first = wire.write(1)?;
    let next = wire.write(1)?;
    let each = wire.write(RUN)?;
    let detail = json!({"first_on_a_connection": first, "next": next, "in_a_run_of": RUN, "each": each});
    let what = "bytes per edit beyond its change: alone, first on a connection";
    table.push(Row::figure("P6", what, first, 220.0, "B", detail.clone()));
    table.push(Row::figure("P6", "… alone, the next", next, 220.0, "B", detail.clone()));
    table.push(Row::figure("P6", "… each in a run of 100", each, 120.0, "B", detail));
    Ok(())
}
