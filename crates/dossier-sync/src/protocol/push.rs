//! Deciding what a peer lacks, and putting it into batches.

use std::collections::{HashMap, VecDeque};

use dossier_trust::ids::ChainId;
use dossier_trust::item::{Item, Lane, Position};

use super::batch::BatchWriter;
use super::replica::{Frontier, LooseId, Replica, ReplicaError, Scope};
use super::view::{PartKey, View};
use super::{BATCH_BYTES, WINDOW_BYTES};

/// A stretch of a chain that a peer lacks.
#[derive(Debug)]
pub(crate) struct Stretch {
    chain: ChainId,
    /// The peer lacks the open too.
    open: bool,
    /// Read from the copy up to here.
    after: u32,
    /// Put into batches up to here.
    sent: u32,
    last: u32,
    /// Only what this position builds on.
    limit: Option<Position>,
    /// The peer knows what the first item follows.
    derivable: bool,
    /// What the peer holds once all of it arrived.
    then: Vec<Position>,
    /// Read, and not yet in a batch.
    ready: VecDeque<Item>,
}

#[derive(Debug)]
pub(crate) enum Work {
    Chain(Stretch),
    Loose(LooseId),
}

impl Work {
    /// About how many items this is.
    pub fn weight(&self) -> u64 {
        match self {
            Self::Chain(stretch) => u64::from(stretch.last.saturating_sub(stretch.sent)),
            Self::Loose(_) => 1,
        }
    }
}

/// What follows from comparing a frontier with a view.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Log lane first, then loose things, then the rest.
    pub work: VecDeque<Work>,
    /// Chains that fork between the two copies: where is not known yet.
    pub locate: Vec<ChainId>,
    /// Something of the peer's has to arrive before all is decided.
    pub waiting: bool,
}

/// Compares. `explicit`: the peer may not be able to derive what a run follows.
pub(crate) fn plan(
    replica: &dyn Replica,
    frontier: &Frontier,
    view: &View,
    scope: &Scope,
    explicit: bool,
) -> Result<Plan, ReplicaError> {
    let mut plan = Plan::default();
    let mut content = Vec::new();
    for mine in &frontier.chains {
        if view.declined.contains(&mine.chain) {
            continue;
        }
        let theirs = view.chains.get(&mine.chain);
        let known = theirs.map(Vec::as_slice).unwrap_or_default();
        let complete = mine.tips.iter().all(|tip| known.contains(tip));
        if theirs.is_some() && complete {
            continue;
        }
        let last = mine.tips.iter().map(|tip| tip.n).max().unwrap_or(0);
        let (mut held, mut unknown) = (Vec::new(), Vec::new());
        for tip in known {
            if replica.at(&tip.chain, tip.n)?.contains(tip) {
                held.push(*tip)
            } else {
                unknown.push(*tip)
            }
        }
        if held.is_empty() && !unknown.is_empty() && !view.rooted.contains(&mine.chain) {
            // The peer is ahead, or our copies part somewhere. If ours is not shorter it is certainly the latter;
            // otherwise the peer, who sees both lengths too, finds out.
            if unknown.iter().any(|tip| tip.n <= last) {
                plan.locate.push(mine.chain);
            } else {
                plan.waiting = true;
            }
            continue;
        }
        let forked = mine.tips.len() > 1;
        let mut after = held.iter().map(|tip| tip.n).max().unwrap_or(0);
        if forked {
            after = after.min(replica.fork(&mine.chain)?);
        }
        let limit = match scope {
            Scope::Everything => None,
            Scope::LogUpTo(_) => mine.tips.first().copied(),
        };
        let mut then = mine.tips.clone();
        then.extend(unknown.iter().copied());
        let stretch = Work::Chain(Stretch {
            chain: mine.chain,
            open: theirs.is_none(),
            after,
            sent: after,
            last,
            derivable: !explicit && !forked && known.len() <= 1 && limit.is_none(),
            limit,
            then,
            ready: VecDeque::new(),
        });
        match mine.lane {
            Lane::Log => plan.work.push_back(stretch),
            Lane::Doc | Lane::Rec => content.push(stretch),
        }
    }
    let lacking = frontier.loose.iter().filter(|id| !view.loose.contains(&id.prefix()));
    plan.work.extend(lacking.map(|id| Work::Loose(*id)));
    plan.work.extend(content);
    Ok(plan)
}

/// One batch, and what it holds by name, in the order of the wire.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub writer: BatchWriter,
    pub opens: Vec<ChainId>,
    pub positions: Vec<Position>,
    pub loose: Vec<LooseId>,
}

/// Takes one batch off `work`. The view learns what the peer will hold.
pub(crate) fn gather(
    replica: &dyn Replica,
    key: &PartKey,
    work: &mut VecDeque<Work>,
    view: &mut View,
) -> Result<Gathered, ReplicaError> {
    let mut batch = Gathered {
        writer: BatchWriter::new(key.0, key.1),
        opens: Vec::new(),
        positions: Vec::new(),
        loose: Vec::new(),
    };
    while !batch.writer.is_full() {
        let Some(next) = work.front_mut() else { break };
        let finished = match next {
            Work::Loose(id) => {
                if let Some(loose) = replica.loose(id)? {
                    if !batch.writer.is_empty() && batch.writer.size() + loose.bytes.len() > BATCH_BYTES {
                        break;
                    }
                    batch.writer.loose(loose);
                    batch.loose.push(*id);
                }
                view.loose.insert(id.prefix());
                true
            }
            Work::Chain(stretch) => take(replica, key, stretch, &mut batch, view)?,
        };
        if finished {
            work.pop_front();
        } else if batch.writer.size() > 0 {
            // What is left of this stretch is larger than what is left of this batch.
            break;
        }
    }
    Ok(batch)
}

/// Moves as much of a stretch into the batch as fits. True when nothing is left of it.
fn take(
    replica: &dyn Replica,
    key: &PartKey,
    stretch: &mut Stretch,
    batch: &mut Gathered,
    view: &mut View,
) -> Result<bool, ReplicaError> {
    if stretch.open {
        // An open is bound to its compartment on the wire; one of another would arrive as something else.
        let open = replica.chain_open(&stretch.chain)?;
        let Some(open) = open.filter(|one| (one.open.dossier, one.open.compartment) == *key) else {
            return Ok(true);
        };
        batch.writer.open(open);
        batch.opens.push(stretch.chain);
        view.chains.entry(stretch.chain).or_default();
        stretch.open = false;
    }
    if stretch.limit.is_some() && stretch.after < stretch.last {
        stretch.ready = lineage(replica, stretch)?;
        stretch.after = stretch.last;
    }
    loop {
        if stretch.ready.is_empty() && stretch.after < stretch.last {
            let room = BATCH_BYTES.saturating_sub(batch.writer.size());
            if room == 0 {
                return Ok(false);
            }
            stretch.ready = replica.items_after(&stretch.chain, stretch.after, room)?.into();
            stretch.after = stretch.ready.back().map_or(stretch.last, |item| item.header.n);
        }
        let Some(item) = stretch.ready.front() else { break };
        let body = item.body.as_ref().map_or(0, Vec::len);
        if batch.writer.is_full() || (!batch.writer.is_empty() && batch.writer.size() + body > BATCH_BYTES) {
            return Ok(false);
        }
        let Some(item) = stretch.ready.pop_front() else { break };
        let position = item.position();
        // After a gap nobody can tell what an item follows.
        let derivable = stretch.derivable && stretch.sent.checked_add(1) == Some(item.header.n);
        let prev = position.n.checked_sub(1).map(|n| Position {
            n,
            hash: item.header.prev,
            ..position
        });
        if stretch.derivable {
            view.holds(position, prev);
        }
        stretch.sent = item.header.n;
        batch.writer.item(item, position.hash, derivable);
        batch.positions.push(position);
    }
    let tips = view.chains.entry(stretch.chain).or_default();
    tips.clone_from(&stretch.then);
    Ok(true)
}

/// The items above `after` that the limit builds on, and the limit itself. Nothing of another branch.
fn lineage(replica: &dyn Replica, stretch: &Stretch) -> Result<VecDeque<Item>, ReplicaError> {
    let Some(limit) = stretch.limit else {
        return Ok(VecDeque::new());
    };
    let mut all = HashMap::new();
    let (mut after, mut bytes) = (stretch.after, 0usize);
    while after < limit.n && bytes < WINDOW_BYTES {
        let page = replica.items_after(&stretch.chain, after, BATCH_BYTES)?;
        let Some(end) = page.last().map(|item| item.header.n) else {
            break;
        };
        after = end;
        for item in page.into_iter().filter(|item| item.header.n <= limit.n) {
            bytes += item.body.as_ref().map_or(0, Vec::len) + 200;
            all.insert(item.header.item_hash(), item);
        }
    }
    let mut picked = VecDeque::new();
    let mut at = limit.hash;
    while let Some(item) = all.remove(&at) {
        at = item.header.prev;
        picked.push_front(item);
    }
    Ok(picked)
}
