//! What the admitted changes of one document hold, for the question whether a change names only
//! what it can know.
//!
//! An operation costs twelve bytes here, found through its author's chain and not through a map of
//! its own. The index holds more than any one change's causal past: that is decided per change
//! from its dependencies, and is free when these are the current heads.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::causal::{Graph, Node, Past};
use super::change::{Id, Inspected, Key, Kind, Op};
use super::{Limits, Refusal, inspect};

/// The root object's place in the arena.
const ROOT: u32 = 0;

/// One admitted operation.
#[derive(Clone, Copy, Debug)]
struct Record {
    /// The operation that made its object.
    object: u32,
    /// In a map the interned key; in a list or text the operation that inserted the element, which
    /// for an insertion is itself.
    key: u32,
    kind: Kind,
}

/// The operations of the admitted changes of one document.
///
/// Changes go in one by one, dependencies first. Nothing is ever taken out: a replica whose
/// verdict takes back a change builds its index again with [`OpIndex::rebuild`].
#[derive(Clone, Debug)]
pub struct OpIndex {
    limits: Limits,
    graph: Graph,
    actors: HashMap<Box<[u8]>, u32>,
    keys: HashMap<Box<str>, u32>,
    arena: Vec<Record>,
    /// Objects between the root and this one.
    depths: HashMap<u32, u8>,
    /// Every (map, key) that was ever set.
    registers: HashSet<(u32, u32)>,
    /// How many of these each map has.
    register_counts: HashMap<u32, usize>,
    /// The maps of which this is more than one change's past may hold.
    crowded: HashSet<u32>,
}

impl Default for OpIndex {
    fn default() -> Self {
        Self::new()
    }
}

impl OpIndex {
    /// An empty document under [`Limits::SUITE_1`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_limits(Limits::SUITE_1)
    }

    /// An empty document under other limits.
    #[must_use]
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            limits,
            graph: Graph::default(),
            actors: HashMap::new(),
            keys: HashMap::new(),
            arena: vec![Record {
                object: ROOT,
                key: ROOT,
                kind: Kind::Map,
            }],
            depths: HashMap::new(),
            registers: HashSet::new(),
            register_counts: HashMap::new(),
            crowded: HashSet::new(),
        }
    }

    /// The index of these stored change chunks, dependencies first.
    ///
    /// # Errors
    ///
    /// The refusal of the first change that does not pass.
    pub fn rebuild<B: AsRef<[u8]>>(changes: impl IntoIterator<Item = B>, limits: Limits) -> Result<Self, Refusal> {
        let mut index = Self::with_limits(limits);
        for change in changes {
            index.admit(&inspect(change.as_ref(), &limits)?)?;
        }
        Ok(index)
    }

    /// Whether this change may follow: made by `actor` as its change number `seq`, resting on
    /// admitted changes only, and naming nothing outside its causal past.
    ///
    /// # Errors
    ///
    /// [`Refusal::MissingDependency`] means wait; see [`Refusal::is_final`] for the others.
    pub fn check(&self, change: &Inspected, actor: &[u8], seq: u64) -> Result<(), Refusal> {
        self.resolve(change, actor, seq).map(drop)
    }

    /// Checks a change against its own claim of actor and sequence number, and adds it.
    ///
    /// # Errors
    ///
    /// As [`OpIndex::check`]; then nothing has been added.
    pub fn admit(&mut self, change: &Inspected) -> Result<(), Refusal> {
        self.check_and_admit(change, change.actor(), change.seq())
    }

    /// [`OpIndex::check`] and [`OpIndex::admit`] for the price of one.
    ///
    /// # Errors
    ///
    /// As [`OpIndex::check`]; then nothing has been added.
    pub fn check_and_admit(&mut self, change: &Inspected, actor: &[u8], seq: u64) -> Result<(), Refusal> {
        let resolved = self.resolve(change, actor, seq)?;
        self.add(change, resolved);
        Ok(())
    }

    /// Whether the change with this hash has been admitted.
    #[must_use]
    pub fn contains(&self, hash: &[u8; 32]) -> bool {
        self.graph.find(hash).is_some()
    }

    /// The hashes of the changes that no other rests on, ascending.
    #[must_use]
    pub fn heads(&self) -> Vec<[u8; 32]> {
        let mut heads: Vec<_> = self.graph.heads().map(|node| node.hash).collect();
        heads.sort_unstable();
        heads
    }

    /// The number of admitted changes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.graph.len()
    }

    /// Whether nothing has been admitted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of admitted operations.
    #[must_use]
    pub fn ops(&self) -> usize {
        self.arena.len() - 1
    }

    /// The largest operation counter; 0 without operations.
    #[must_use]
    pub fn max_op(&self) -> u64 {
        self.graph
            .heads()
            .map(|node| u64::from(node.max_op()))
            .max()
            .unwrap_or(0)
    }

    /// The sequence number of the last admitted change of this actor; 0 without any.
    #[must_use]
    pub fn last_seq(&self, actor: &[u8]) -> u64 {
        self.actors
            .get(actor)
            .map_or(0, |actor| self.graph.last_seq(*actor) as u64)
    }

    fn resolve(&self, change: &Inspected, actor: &[u8], seq: u64) -> Result<Resolved, Refusal> {
        if change.actor() != actor {
            return Err(Refusal::WrongActor);
        }
        if change.seq() != seq {
            return Err(Refusal::WrongSequence);
        }
        if self.contains(&change.hash) {
            return Err(Refusal::AlreadyAdmitted);
        }
        let mut deps = Vec::with_capacity(change.deps.len());
        for hash in &change.deps {
            deps.push(self.graph.find(hash).ok_or(Refusal::MissingDependency(*hash))?);
        }
        deps.sort_unstable();
        let past = self.graph.past(&deps);

        let author = self.actors.get(actor).copied();
        let previous = change.seq - 1;
        if previous > 0
            && !author
                .is_some_and(|author| self.graph.last_seq(author) >= previous as usize && past.holds(author, previous))
        {
            return Err(Refusal::PreviousNotInPast);
        }
        let before = deps
            .iter()
            .filter_map(|dep| self.graph.node(*dep))
            .map(Node::max_op)
            .max()
            .unwrap_or(0);
        if before.checked_add(1) != Some(change.start_op) {
            return Err(Refusal::StartOp);
        }
        let resolver = Resolver {
            index: self,
            change,
            past: &past,
            actors: change
                .actors
                .iter()
                .map(|actor| self.actors.get(actor).copied())
                .collect(),
            keys: vec![None; change.key_count()],
            new_keys: Vec::new(),
            new_key_ids: HashMap::new(),
            base: self.arena.len(),
            records: Vec::with_capacity(change.ops.len()),
            depths: HashMap::new(),
            added: BTreeMap::new(),
            last_object: None,
        };
        let names = resolver.run()?;
        if author.is_some_and(|author| self.graph.last_seq(author) > previous as usize) {
            return Err(Refusal::SequenceTaken);
        }
        Ok(Resolved { deps, past, names })
    }

    fn add(&mut self, change: &Inspected, resolved: Resolved) {
        let author = match self.actors.get(change.actor()) {
            Some(author) => *author,
            None => {
                let author = self.graph.actors() as u32;
                self.actors.insert(change.actor().into(), author);
                author
            }
        };
        for key in resolved.names.new_keys {
            let id = self.keys.len() as u32;
            self.keys.insert(change.key(key).unwrap_or_default().into(), id);
        }
        let arena = self.arena.len() as u32;
        for record in &resolved.names.records {
            if self.in_map(record, &resolved.names.records, arena)
                && sets(record.kind)
                && self.registers.insert((record.object, record.key))
            {
                let count = self.register_counts.entry(record.object).or_default();
                *count += 1;
                if *count > self.limits.max_keys_per_map {
                    self.crowded.insert(record.object);
                }
            }
        }
        self.depths.extend(resolved.names.depths);
        self.arena.extend(resolved.names.records);
        self.graph.push(
            Node::new(
                change.hash,
                author,
                change.seq,
                change.start_op,
                change.ops.len() as u32,
                arena,
            ),
            &resolved.deps,
            resolved.past,
        );
    }

    fn in_map(&self, record: &Record, new: &[Record], arena: u32) -> bool {
        let object = match record.object.checked_sub(arena) {
            Some(place) => new.get(place as usize),
            None => self.arena.get(record.object as usize),
        };
        object.is_some_and(|object| object.kind == Kind::Map)
    }

    /// The keys that a map has ever held within this past.
    fn keys_in_past(&self, map: u32, past: &Past) -> HashSet<u32> {
        let mut keys = HashSet::new();
        for node in self.graph.nodes() {
            if past.holds(node.actor, node.seq) {
                let start = node.arena as usize;
                let records = self.arena.get(start..start + node.ops as usize);
                for record in records.unwrap_or_default() {
                    if record.object == map && sets(record.kind) {
                        keys.insert(record.key);
                    }
                }
            }
        }
        keys
    }
}

/// A change with every name looked up.
struct Resolved {
    deps: Vec<u32>,
    past: Past,
    names: Names,
}

/// What a change's operations amount to in this index.
struct Names {
    records: Vec<Record>,
    /// Keys the index has not seen, as the change numbers them, in the order of their new ids.
    new_keys: Vec<u32>,
    depths: HashMap<u32, u8>,
}

struct Resolver<'a> {
    index: &'a OpIndex,
    change: &'a Inspected,
    past: &'a Past,
    /// The index's number of each of the change's actors, if it has one.
    actors: Vec<Option<u32>>,
    /// The interned id of each of the change's keys, once looked up.
    keys: Vec<Option<u32>>,
    new_keys: Vec<u32>,
    new_key_ids: HashMap<&'a str, u32>,
    /// The arena's length: where the change's own records will start.
    base: usize,
    records: Vec<Record>,
    depths: HashMap<u32, u8>,
    /// Per map the keys that the change sets and the index does not have there.
    added: BTreeMap<u32, HashSet<u32>>,
    last_object: Option<(Id, u32, Kind)>,
}

impl Resolver<'_> {
    fn run(mut self) -> Result<Names, Refusal> {
        let mut preds = self.change.preds.iter();
        let ops = self.change.ops.iter();
        for op in ops {
            let record = self.op(op)?;
            let mut counters = 0_u32;
            for _ in 0..op.preds {
                let pred = preds.next().ok_or(Refusal::Operation)?;
                counters += u32::from(self.pred(*pred, &record)?);
            }
            if op.kind == Kind::Increment && counters == 0 {
                return Err(Refusal::NotACounter);
            }
            self.records.push(record);
        }
        self.count_keys()?;
        Ok(Names {
            records: self.records,
            new_keys: self.new_keys,
            depths: self.depths,
        })
    }

    /// Looks up object and key; predecessors come after.
    fn op(&mut self, op: &Op) -> Result<Record, Refusal> {
        let (object, container) = self.object(op.object)?;
        let place = self.place(self.records.len())?;
        let key = match (op.key, container) {
            (Key::Map(key), Kind::Map) => {
                let key = self.key(key)?;
                if sets(op.kind) && !self.index.registers.contains(&(object, key)) {
                    self.added.entry(object).or_default().insert(key);
                }
                key
            }
            (Key::Element(element), Kind::List | Kind::Text) => {
                if container == Kind::Text && !matches!(op.kind, Kind::Character | Kind::Delete) {
                    return Err(Refusal::WrongObject);
                }
                if element.counter == 0 {
                    place
                } else {
                    let (element, record) = self.locate(element)?;
                    if record.object != object || record.key != element {
                        return Err(Refusal::WrongElement);
                    }
                    if op.insert { place } else { element }
                }
            }
            _ => return Err(Refusal::WrongObject),
        };
        if matches!(op.kind, Kind::Map | Kind::List | Kind::Text) {
            let depth = self.depth(object) + 1;
            if depth > self.index.limits.max_depth {
                return Err(Refusal::TooDeep);
            }
            self.depths.insert(place, depth);
        }
        Ok(Record {
            object,
            key,
            kind: op.kind,
        })
    }

    /// Whether this predecessor of `record` is a counter.
    fn pred(&self, pred: Id, record: &Record) -> Result<bool, Refusal> {
        let (_, old) = self.locate(pred)?;
        if old.object == record.object && old.key == record.key && sets(old.kind) {
            Ok(old.kind == Kind::Counter)
        } else {
            Err(Refusal::WrongPredecessor)
        }
    }

    fn object(&mut self, id: Id) -> Result<(u32, Kind), Refusal> {
        if id.counter == 0 {
            return Ok((ROOT, Kind::Map));
        }
        if let Some((last, place, kind)) = self.last_object
            && last == id
        {
            return Ok((place, kind));
        }
        let (place, record) = self.locate(id)?;
        if !matches!(record.kind, Kind::Map | Kind::List | Kind::Text) {
            return Err(Refusal::WrongObject);
        }
        self.last_object = Some((id, place, record.kind));
        Ok((place, record.kind))
    }

    fn depth(&self, object: u32) -> u8 {
        self.depths
            .get(&object)
            .or_else(|| self.index.depths.get(&object))
            .copied()
            .unwrap_or(0)
    }

    fn place(&self, op: usize) -> Result<u32, Refusal> {
        u32::try_from(self.base + op).map_err(|_| Refusal::Counter)
    }

    /// The operation with this id, if it is in the past or earlier in this change.
    fn locate(&self, id: Id) -> Result<(u32, Record), Refusal> {
        if id.actor == 0
            && let Some(op) = id.counter.checked_sub(self.change.start_op)
        {
            let op = op as usize;
            let record = self.records.get(op).ok_or(Refusal::NotInPast)?;
            return Ok((self.place(op)?, *record));
        }
        let actor = self.actors.get(usize::from(id.actor)).copied().flatten();
        let actor = actor.ok_or(Refusal::NotInPast)?;
        let node = self
            .index
            .graph
            .holder(actor, id.counter)
            .filter(|node| self.past.holds(node.actor, node.seq))
            .ok_or(Refusal::NotInPast)?;
        let place = node.arena + (id.counter - node.start_op);
        let record = self.index.arena.get(place as usize);
        Ok((place, *record.ok_or(Refusal::NotInPast)?))
    }

    fn key(&mut self, key: u32) -> Result<u32, Refusal> {
        if let Some(Some(id)) = self.keys.get(key as usize) {
            return Ok(*id);
        }
        let text = self.change.key(key).ok_or(Refusal::Malformed)?;
        let known = self.index.keys.get(text).or_else(|| self.new_key_ids.get(text));
        let id = match known {
            Some(id) => *id,
            None => {
                let id =
                    u32::try_from(self.index.keys.len() + self.new_keys.len()).map_err(|_| Refusal::TooManyKeys)?;
                self.new_keys.push(key);
                self.new_key_ids.insert(text, id);
                id
            }
        };
        if let Some(slot) = self.keys.get_mut(key as usize) {
            *slot = Some(id);
        }
        Ok(id)
    }

    /// Refuses a key that is new in the change's past to a map that is full there. The index's own
    /// count is never smaller than the past's, so the past is only counted when that is too large.
    fn count_keys(&self) -> Result<(), Refusal> {
        let limit = self.index.limits.max_keys_per_map;
        let mut set: BTreeMap<u32, HashSet<u32>> = BTreeMap::new();
        for (map, added) in &self.added {
            let known = self.index.register_counts.get(map).copied().unwrap_or(0);
            if known + added.len() > limit {
                set.insert(*map, HashSet::new());
            }
        }
        // A key that only a concurrent change has set is new to this change, but not to the index.
        for map in &self.index.crowded {
            set.entry(*map).or_default();
        }
        if set.is_empty() {
            return Ok(());
        }
        for record in &self.records {
            if sets(record.kind)
                && let Some(keys) = set.get_mut(&record.object)
            {
                keys.insert(record.key);
            }
        }
        for (map, own) in set {
            if own.is_empty() {
                continue;
            }
            let mut keys = self.index.keys_in_past(map, self.past);
            let before = keys.len();
            keys.extend(own);
            if keys.len() > before && keys.len() > limit {
                return Err(Refusal::TooManyKeys);
            }
        }
        Ok(())
    }
}

/// Whether an operation leaves something that a later one can overwrite or delete.
fn sets(kind: Kind) -> bool {
    match kind {
        Kind::Map | Kind::List | Kind::Text | Kind::Put | Kind::Character | Kind::Counter => true,
        Kind::Delete | Kind::Increment => false,
    }
}
