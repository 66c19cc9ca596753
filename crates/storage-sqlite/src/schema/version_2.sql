-- The access token that an offer's code was redeemed for: it leads to the issuance.
ALTER TABLE pre_authorized_code
    ADD COLUMN redeemed_for BLOB CHECK (redeemed_for IS NULL OR length(redeemed_for) = 32);
CREATE INDEX pre_authorized_code_redeemed_for ON pre_authorized_code (redeemed_for) WHERE redeemed_for IS NOT NULL;

-- What is purged by the end of its life.
CREATE INDEX pre_authorized_code_expires_at ON pre_authorized_code (expires_at);
CREATE INDEX card_session_expires_at ON card_session (expires_at);
CREATE INDEX authorization_code_expires_at ON authorization_code (expires_at);
CREATE INDEX access_token_expires_at ON access_token (expires_at);
CREATE INDEX presentation_expires_at ON presentation (expires_at);
CREATE INDEX presentation_open ON presentation (expires_at) WHERE state = 'open';

-- The place of each tenant's last event. Places are counted per tenant: a gap would tell of others.
CREATE TABLE event_place (
    tenant TEXT PRIMARY KEY NOT NULL,
    last INTEGER NOT NULL CHECK (last > 0)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER event_place_moves_on BEFORE UPDATE ON event_place WHEN NEW.last <> OLD.last + 1
BEGIN SELECT RAISE(ABORT, 'conflict'); END;

-- The sequence orders the deliveries of all tenants and leaves the store never.
CREATE TABLE event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    place INTEGER NOT NULL CHECK (place > 0),
    kind TEXT NOT NULL CHECK (length(kind) > 0),
    object_id TEXT NOT NULL,
    outcome TEXT,
    at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_place_of_tenant ON event (tenant, place);
CREATE INDEX event_at ON event (at);
CREATE TRIGGER event_is_final BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'conflict'); END;

CREATE TABLE webhook_delivery (
    sequence INTEGER NOT NULL REFERENCES event (sequence),
    endpoint TEXT NOT NULL CHECK (length(endpoint) > 0),
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'delivered', 'given_up')),
    PRIMARY KEY (sequence, endpoint)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_delivery_due ON webhook_delivery (due_at, sequence, endpoint) WHERE state = 'open';
-- A finished delivery is never opened again, and attempts are not forgotten.
CREATE TRIGGER webhook_delivery_is_final BEFORE UPDATE ON webhook_delivery
WHEN OLD.state <> 'open' OR NEW.attempts < OLD.attempts OR NEW.sequence <> OLD.sequence OR NEW.endpoint <> OLD.endpoint
BEGIN SELECT RAISE(ABORT, 'conflict'); END;
