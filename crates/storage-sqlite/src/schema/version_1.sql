CREATE TABLE single_use (
    kind TEXT NOT NULL CHECK (length(kind) > 0),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX single_use_expires_at ON single_use (expires_at);

CREATE TABLE pre_authorized_code (
    hash BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
    issuer TEXT NOT NULL,
    configuration_id TEXT NOT NULL,
    offer_id TEXT NOT NULL UNIQUE,
    subject BLOB NOT NULL,
    tx_code BLOB CHECK (tx_code IS NULL OR length(tx_code) = 32),
    wrong_tx_codes INTEGER NOT NULL CHECK (wrong_tx_codes BETWEEN 0 AND 5),
    state TEXT NOT NULL CHECK (state IN ('open', 'redeemed', 'burnt')),
    expires_at INTEGER NOT NULL
) STRICT;
-- A code that is no longer open never opens again, and wrong guesses are not forgotten.
CREATE TRIGGER pre_authorized_code_is_final BEFORE UPDATE ON pre_authorized_code
WHEN OLD.state <> 'open' OR NEW.wrong_tx_codes < OLD.wrong_tx_codes
BEGIN SELECT RAISE(ABORT, 'conflict'); END;

CREATE TABLE card_session (
    hash BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
    issuer TEXT NOT NULL,
    configuration_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    wallet_jkt BLOB NOT NULL CHECK (length(wallet_jkt) = 32),
    key_commitment BLOB NOT NULL CHECK (length(key_commitment) = 32),
    code_challenge TEXT NOT NULL,
    session_id TEXT NOT NULL UNIQUE,
    nonce TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'spent'))
) STRICT;
CREATE TRIGGER card_session_is_final BEFORE UPDATE ON card_session WHEN OLD.state <> 'open'
BEGIN SELECT RAISE(ABORT, 'conflict'); END;

CREATE TABLE authorization_code (
    hash BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
    issuer TEXT NOT NULL,
    configuration_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    wallet_jkt BLOB NOT NULL CHECK (length(wallet_jkt) = 32),
    key_commitment BLOB NOT NULL CHECK (length(key_commitment) = 32),
    code_challenge TEXT NOT NULL,
    subject BLOB NOT NULL,
    person_ref BLOB CHECK (person_ref IS NULL OR length(person_ref) = 32),
    card_ref BLOB CHECK (card_ref IS NULL OR length(card_ref) = 32),
    expires_at INTEGER NOT NULL,
    redeemed_for BLOB CHECK (redeemed_for IS NULL OR length(redeemed_for) = 32)
) STRICT;
CREATE TRIGGER authorization_code_is_final BEFORE UPDATE ON authorization_code
WHEN OLD.redeemed_for IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'conflict'); END;

CREATE TABLE status_list (
    position INTEGER PRIMARY KEY,
    uri TEXT NOT NULL UNIQUE,
    issuer TEXT NOT NULL,
    bits INTEGER NOT NULL CHECK (bits IN (1, 2, 4, 8)),
    size INTEGER NOT NULL CHECK (size BETWEEN 1 AND 4294967295)
) STRICT;
CREATE INDEX status_list_issuer ON status_list (issuer);
CREATE TRIGGER status_list_is_final BEFORE UPDATE ON status_list
BEGIN SELECT RAISE(ABORT, 'conflict'); END;

CREATE TABLE status_entry (
    uri TEXT NOT NULL REFERENCES status_list (uri),
    idx INTEGER NOT NULL,
    value INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (uri, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX status_entry_non_zero ON status_entry (uri, idx) WHERE value <> 0;
CREATE TRIGGER status_entry_is_inside BEFORE INSERT ON status_entry
WHEN NEW.idx < 0 OR NEW.value <> 0
    OR NEW.idx >= (SELECT size FROM status_list WHERE uri = NEW.uri)
BEGIN SELECT RAISE(ABORT, 'conflict'); END;
-- Invalid is for ever (threat TS-01), whoever writes.
CREATE TRIGGER status_entry_is_irreversible BEFORE UPDATE ON status_entry
WHEN OLD.value = 1 AND NEW.value <> 1
BEGIN SELECT RAISE(ABORT, 'irreversible'); END;
CREATE TRIGGER status_entry_fits BEFORE UPDATE ON status_entry
WHEN NEW.uri <> OLD.uri OR NEW.idx <> OLD.idx OR NEW.value < 0
    OR NEW.value >= (SELECT 1 << bits FROM status_list WHERE uri = NEW.uri)
BEGIN SELECT RAISE(ABORT, 'conflict'); END;
-- REPLACE removes a row without asking the trigger on DELETE.
CREATE TRIGGER status_entry_is_not_replaced BEFORE INSERT ON status_entry
WHEN EXISTS (SELECT 1 FROM status_entry WHERE uri = NEW.uri AND idx = NEW.idx)
BEGIN SELECT RAISE(ABORT, 'irreversible'); END;
CREATE TRIGGER status_entry_stays BEFORE DELETE ON status_entry
BEGIN SELECT RAISE(ABORT, 'irreversible'); END;

CREATE TABLE issuance (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    issuer TEXT NOT NULL,
    configuration_id TEXT NOT NULL,
    card_ref BLOB CHECK (card_ref IS NULL OR length(card_ref) = 32),
    person_ref BLOB CHECK (person_ref IS NULL OR length(person_ref) = 32),
    issued_on INTEGER NOT NULL CHECK (issued_on % 86400 = 0),
    state TEXT NOT NULL CHECK (state IN ('valid', 'suspended', 'revoked'))
) STRICT;
CREATE INDEX issuance_issuer ON issuance (issuer, position);
CREATE INDEX issuance_card_ref ON issuance (card_ref) WHERE card_ref IS NOT NULL;
CREATE TRIGGER issuance_is_irreversible BEFORE UPDATE ON issuance
WHEN OLD.state = 'revoked' AND NEW.state <> 'revoked'
BEGIN SELECT RAISE(ABORT, 'irreversible'); END;

-- Every status entry belongs to at most one copy.
CREATE TABLE issuance_copy (
    uri TEXT NOT NULL,
    idx INTEGER NOT NULL,
    issuance_id TEXT NOT NULL REFERENCES issuance (id),
    PRIMARY KEY (uri, idx),
    FOREIGN KEY (uri, idx) REFERENCES status_entry (uri, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX issuance_copy_issuance_id ON issuance_copy (issuance_id);
CREATE TRIGGER issuance_copy_is_valid BEFORE INSERT ON issuance_copy
WHEN (SELECT value FROM status_entry WHERE uri = NEW.uri AND idx = NEW.idx) <> 0
BEGIN SELECT RAISE(ABORT, 'conflict'); END;

CREATE TABLE access_token (
    hash BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
    issuer TEXT NOT NULL,
    configuration_id TEXT NOT NULL,
    client_id TEXT,
    wallet_jkt BLOB CHECK (wallet_jkt IS NULL OR length(wallet_jkt) = 32),
    key_commitment BLOB CHECK (key_commitment IS NULL OR length(key_commitment) = 32),
    subject BLOB NOT NULL,
    person_ref BLOB CHECK (person_ref IS NULL OR length(person_ref) = 32),
    card_ref BLOB CHECK (card_ref IS NULL OR length(card_ref) = 32),
    issuance TEXT REFERENCES issuance (id),
    expires_at INTEGER NOT NULL,
    revoked INTEGER NOT NULL CHECK (revoked IN (0, 1))
) STRICT;
CREATE INDEX access_token_issuance ON access_token (issuance) WHERE issuance IS NOT NULL;
CREATE TRIGGER access_token_is_final BEFORE UPDATE ON access_token WHEN OLD.revoked = 1
BEGIN SELECT RAISE(ABORT, 'conflict'); END;

CREATE TABLE presentation (
    id TEXT PRIMARY KEY NOT NULL,
    tenant TEXT NOT NULL,
    request_id TEXT NOT NULL UNIQUE,
    flow TEXT NOT NULL CHECK (flow IN ('same_device', 'cross_device')),
    browser_session BLOB CHECK (browser_session IS NULL OR length(browser_session) = 32),
    response_code BLOB UNIQUE CHECK (response_code IS NULL OR length(response_code) = 32),
    nonce TEXT NOT NULL,
    state_param TEXT NOT NULL,
    encryption_key BLOB NOT NULL,
    query TEXT NOT NULL,
    purpose TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'completed')),
    verdict BLOB,
    CHECK (flow <> 'same_device' OR browser_session IS NOT NULL),
    CHECK ((state = 'open') = (verdict IS NULL)),
    CHECK (state <> 'open' OR response_code IS NULL)
) STRICT;
CREATE TRIGGER presentation_moves_on BEFORE UPDATE ON presentation
WHEN NOT ((OLD.state = 'open' AND NEW.state = 'answered')
    OR (OLD.state = 'answered' AND NEW.state = 'completed'))
BEGIN SELECT RAISE(ABORT, 'conflict'); END;

CREATE TABLE published_list (
    slug TEXT NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    jws TEXT NOT NULL,
    next_update INTEGER NOT NULL,
    PRIMARY KEY (slug, sequence)
) STRICT;
CREATE TRIGGER published_list_has_no_gap BEFORE INSERT ON published_list
WHEN NEW.sequence <> 1 + (SELECT coalesce(max(sequence), 0) FROM published_list WHERE slug = NEW.slug)
BEGIN SELECT RAISE(ABORT, 'conflict'); END;
CREATE TRIGGER published_list_is_final BEFORE UPDATE ON published_list
BEGIN SELECT RAISE(ABORT, 'conflict'); END;

CREATE TABLE root_document (
    version INTEGER PRIMARY KEY CHECK (version > 0),
    bytes BLOB NOT NULL
) STRICT;
CREATE TRIGGER root_document_has_no_gap BEFORE INSERT ON root_document
WHEN NEW.version <> 1 + (SELECT coalesce(max(version), 0) FROM root_document)
BEGIN SELECT RAISE(ABORT, 'conflict'); END;
CREATE TRIGGER root_document_is_final BEFORE UPDATE ON root_document
BEGIN SELECT RAISE(ABORT, 'conflict'); END;

CREATE TABLE trust_memory (
    key TEXT PRIMARY KEY NOT NULL,
    json TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'conflict'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'conflict'); END;
