//! Every statement that makes or changes a table. Only ever added to: a layout that was released is never edited.
//!
//! Rules (after chatmail/core's STYLE.md): tables are STRICT, columns NOT NULL, a column never changes its meaning,
//! and every INSERT and SELECT names its columns. Times are milliseconds since 1970 UTC. Names of 32 bytes are blobs.

/// Marks the file as ours, beside the key that opens it: "ktaf".
pub(crate) const APPLICATION_ID: i32 = 0x6b74_6166;

/// Step n brings a database from layout n to n + 1.
pub(crate) const MIGRATIONS: &[&str] = &[LAYOUT_1, LAYOUT_2, LAYOUT_3, LAYOUT_4];

// Rows that are small and found by a wide key live in the key's own tree (WITHOUT ROWID): one page to write instead
// of two. Rows that may be megabytes do not.
const LAYOUT_1: &str = "
CREATE TABLE anchor (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    instance BLOB NOT NULL,
    counter INTEGER NOT NULL,
    unsettled INTEGER NOT NULL
) STRICT;

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dossiers (
    dossier BLOB NOT NULL PRIMARY KEY,
    own INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    closed_ms INTEGER,
    state BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE chains (
    chain BLOB NOT NULL PRIMARY KEY,
    dossier BLOB NOT NULL,
    compartment BLOB NOT NULL,
    lane INTEGER NOT NULL,
    generation BLOB NOT NULL,
    device BLOB NOT NULL,
    grant_op BLOB NOT NULL,
    open BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX chains_by_compartment ON chains (dossier, compartment, lane, chain);

CREATE TABLE own_chains (
    chain BLOB NOT NULL PRIMARY KEY REFERENCES chains (chain)
) STRICT, WITHOUT ROWID;

CREATE TABLE items (
    chain BLOB NOT NULL REFERENCES chains (chain),
    n INTEGER NOT NULL,
    hash BLOB NOT NULL,
    header BLOB NOT NULL,
    signature BLOB NOT NULL,
    body BLOB,
    arrived_ms INTEGER NOT NULL,
    PRIMARY KEY (chain, n, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE loose (
    id BLOB NOT NULL PRIMARY KEY,
    dossier BLOB NOT NULL,
    compartment BLOB NOT NULL,
    kind INTEGER NOT NULL,
    about BLOB NOT NULL,
    bytes BLOB NOT NULL,
    arrived_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX loose_by_compartment ON loose (dossier, compartment, kind, about);

CREATE TABLE epoch_keys (
    dossier BLOB NOT NULL,
    compartment BLOB NOT NULL,
    epoch BLOB NOT NULL,
    key BLOB NOT NULL,
    PRIMARY KEY (dossier, compartment, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
    dossier BLOB NOT NULL,
    compartment BLOB NOT NULL,
    generation BLOB NOT NULL,
    upto BLOB NOT NULL,
    changes INTEGER NOT NULL,
    saved BLOB NOT NULL,
    PRIMARY KEY (dossier, compartment, generation)
) STRICT;

CREATE TABLE opened (
    item BLOB NOT NULL PRIMARY KEY,
    dossier BLOB NOT NULL,
    compartment BLOB NOT NULL,
    record BLOB NOT NULL
) STRICT;
CREATE INDEX opened_by_compartment ON opened (dossier, compartment);

CREATE TABLE peers (
    device BLOB NOT NULL PRIMARY KEY,
    principal BLOB NOT NULL,
    endpoint BLOB NOT NULL,
    name TEXT,
    addresses BLOB NOT NULL,
    last_seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX peers_by_principal ON peers (principal);

CREATE TABLE never_direct (
    principal BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
    device BLOB NOT NULL,
    chain BLOB NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (device, chain)
) STRICT, WITHOUT ROWID;

CREATE TABLE invitations (
    ticket BLOB NOT NULL PRIMARY KEY,
    dossier BLOB NOT NULL,
    secret BLOB NOT NULL,
    terms BLOB NOT NULL,
    expires_ms INTEGER NOT NULL,
    state INTEGER NOT NULL,
    answer BLOB
) STRICT;

CREATE TABLE joins (
    ticket BLOB NOT NULL PRIMARY KEY,
    dossier BLOB NOT NULL,
    ticket_bytes BLOB NOT NULL,
    join_bytes BLOB NOT NULL,
    state INTEGER NOT NULL
) STRICT;

CREATE TABLE activity (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    dossier BLOB NOT NULL,
    event BLOB NOT NULL
) STRICT;
CREATE INDEX activity_by_dossier ON activity (dossier, seq);

CREATE TABLE owed (
    dossier BLOB NOT NULL,
    compartment BLOB NOT NULL,
    kind INTEGER NOT NULL,
    detail BLOB NOT NULL,
    PRIMARY KEY (dossier, compartment, kind, detail)
) STRICT, WITHOUT ROWID;

CREATE TABLE undo (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    dossier BLOB NOT NULL,
    step BLOB NOT NULL
) STRICT;
CREATE INDEX undo_by_dossier ON undo (dossier, seq);
";

// What was saved without it is saved anew.
const LAYOUT_2: &str = "
DELETE FROM documents;
ALTER TABLE documents ADD COLUMN shown BLOB NOT NULL DEFAULT x'';
";

// A step that was taken back can be done again: 0 stands on the way back, 1 on the way forth.
const LAYOUT_3: &str = "
ALTER TABLE undo ADD COLUMN way INTEGER NOT NULL DEFAULT 0;
";

// Both are written with every edit: each in one tree, where it was two and a table of numbers.
const LAYOUT_4: &str = "
CREATE TABLE lines (
    dossier BLOB NOT NULL,
    n INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    event BLOB NOT NULL,
    PRIMARY KEY (dossier, n)
) STRICT, WITHOUT ROWID;
INSERT INTO lines (dossier, n, at_ms, event) SELECT dossier, seq, at_ms, event FROM activity;
DROP TABLE activity;
ALTER TABLE lines RENAME TO activity;

CREATE TABLE steps (
    dossier BLOB NOT NULL,
    way INTEGER NOT NULL,
    n INTEGER NOT NULL,
    step BLOB NOT NULL,
    PRIMARY KEY (dossier, way, n)
) STRICT, WITHOUT ROWID;
INSERT INTO steps (dossier, way, n, step) SELECT dossier, way, seq, step FROM undo;
DROP TABLE undo;
ALTER TABLE steps RENAME TO undo;
";

/// Everything that belongs to one dossier, in an order that foreign keys allow. `?1` is the dossier.
pub(crate) const FORGET: &[&str] = &[
    "DELETE FROM deliveries WHERE chain IN (SELECT chain FROM chains WHERE dossier = ?1)",
    "DELETE FROM items WHERE chain IN (SELECT chain FROM chains WHERE dossier = ?1)",
    "DELETE FROM own_chains WHERE chain IN (SELECT chain FROM chains WHERE dossier = ?1)",
    "DELETE FROM chains WHERE dossier = ?1",
    "DELETE FROM loose WHERE dossier = ?1",
    "DELETE FROM epoch_keys WHERE dossier = ?1",
    "DELETE FROM documents WHERE dossier = ?1",
    "DELETE FROM opened WHERE dossier = ?1",
    "DELETE FROM invitations WHERE dossier = ?1",
    "DELETE FROM joins WHERE dossier = ?1",
    "DELETE FROM activity WHERE dossier = ?1",
    "DELETE FROM owed WHERE dossier = ?1",
    "DELETE FROM undo WHERE dossier = ?1",
    "DELETE FROM dossiers WHERE dossier = ?1",
];
