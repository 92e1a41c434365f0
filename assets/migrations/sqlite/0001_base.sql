-- Times are microseconds since the Unix epoch. Ids are never used again.

CREATE TABLE accounts (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Which provider accounts the threads of a client account may name.
CREATE TABLE account_links (
    client_account_id          INTEGER NOT NULL REFERENCES accounts,
    provider_client_account_id INTEGER NOT NULL REFERENCES accounts,
    PRIMARY KEY (client_account_id, provider_client_account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    login      TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE grants (
    user_id     INTEGER NOT NULL REFERENCES users,
    account_id  INTEGER NOT NULL REFERENCES accounts,
    can_approve INTEGER NOT NULL,
    PRIMARY KEY (user_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX grants_of_account ON grants (account_id, user_id);

CREATE TABLE tokens (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id     INTEGER NOT NULL REFERENCES users,
    hash        BLOB NOT NULL UNIQUE,
    can_read    INTEGER NOT NULL,
    can_post    INTEGER NOT NULL,
    can_approve INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER,
    revoked_at  INTEGER
) STRICT;

-- `served` is the thread's JSON up to what depends on who asks and when. `waits_until`: when the last of
-- its waiting actions expires. `revision` rises with every change of what is served beside `served`.
CREATE TABLE threads (
    id                         INTEGER PRIMARY KEY AUTOINCREMENT,
    client_account_id          INTEGER NOT NULL REFERENCES accounts,
    provider_client_account_id INTEGER REFERENCES accounts,
    relation_type              TEXT,
    relation_id                INTEGER,
    created_by_id              INTEGER NOT NULL REFERENCES users,
    created_at                 INTEGER NOT NULL,
    updated_at                 INTEGER NOT NULL,
    message_count              INTEGER NOT NULL,
    waits_until                INTEGER,
    revision                   INTEGER NOT NULL DEFAULT 0,
    subject                    TEXT,
    served                     TEXT NOT NULL
) STRICT;

CREATE INDEX threads_of_client ON threads (client_account_id, updated_at, id);
CREATE INDEX threads_of_provider ON threads (provider_client_account_id, updated_at, id)
    WHERE provider_client_account_id IS NOT NULL;
CREATE INDEX threads_of_relation ON threads (relation_type, relation_id);
CREATE INDEX threads_waiting ON threads (waits_until) WHERE waits_until IS NOT NULL;

CREATE TABLE participants (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    thread_id INTEGER NOT NULL REFERENCES threads,
    user_id   INTEGER NOT NULL REFERENCES users,
    UNIQUE (thread_id, user_id)
) STRICT;

CREATE INDEX participants_of_user ON participants (user_id, thread_id);

-- What of a thread is not unread for a user: unread = all messages − own − those of others up to `read_id`.
CREATE TABLE reading (
    user_id     INTEGER NOT NULL REFERENCES users,
    thread_id   INTEGER NOT NULL REFERENCES threads,
    read_id     INTEGER NOT NULL,
    others_read INTEGER NOT NULL,
    own         INTEGER NOT NULL,
    PRIMARY KEY (user_id, thread_id)
) STRICT, WITHOUT ROWID;

-- Draws the ids of messages, and tells where each stands: `ordinal` counts from 1 within the thread.
CREATE TABLE message_places (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    thread_id INTEGER NOT NULL REFERENCES threads,
    ordinal   INTEGER NOT NULL
) STRICT;

-- What was posted, code included. No read that is served touches it.
CREATE TABLE message_sources (
    id          INTEGER PRIMARY KEY REFERENCES message_places,
    author_id   INTEGER NOT NULL REFERENCES users,
    kind        TEXT NOT NULL,
    is_decision INTEGER NOT NULL,
    mode        TEXT,
    revision    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    edited_at   INTEGER,
    raw         TEXT NOT NULL
) STRICT;

-- Messages as they are served, serialised once, side by side with their neighbours; `served_to_author` only
-- where it differs. `waits_until`: when the first of its waiting actions expires.
CREATE TABLE messages (
    thread_id        INTEGER NOT NULL,
    ordinal          INTEGER NOT NULL,
    id               INTEGER NOT NULL,
    author_id        INTEGER NOT NULL,
    revision         INTEGER NOT NULL,
    waits_until      INTEGER,
    served           TEXT NOT NULL,
    served_to_author TEXT,
    PRIMARY KEY (thread_id, ordinal)
) STRICT, WITHOUT ROWID;

-- Whoever kept a page of a thread learns from its revision that the page is no longer what is served.
CREATE TRIGGER message_came AFTER INSERT ON messages BEGIN
    UPDATE threads SET revision = revision + 1 WHERE id = NEW.thread_id;
END;
CREATE TRIGGER message_changed AFTER UPDATE ON messages BEGIN
    UPDATE threads SET revision = revision + 1 WHERE id = NEW.thread_id;
END;
CREATE TRIGGER message_went AFTER DELETE ON messages BEGIN
    UPDATE threads SET revision = revision + 1 WHERE id = OLD.thread_id;
END;
CREATE TRIGGER participant_came AFTER INSERT ON participants BEGIN
    UPDATE threads SET revision = revision + 1 WHERE id = NEW.thread_id;
END;
CREATE TRIGGER participant_changed AFTER UPDATE ON participants BEGIN
    UPDATE threads SET revision = revision + 1 WHERE id = NEW.thread_id;
END;
CREATE TRIGGER participant_went AFTER DELETE ON participants BEGIN
    UPDATE threads SET revision = revision + 1 WHERE id = OLD.thread_id;
END;
CREATE TRIGGER person_changed AFTER UPDATE ON users BEGIN
    UPDATE threads SET revision = revision + 1 WHERE id IN (SELECT thread_id FROM participants WHERE user_id = NEW.id);
END;

-- A message as it was served before an edit.
CREATE TABLE message_revisions (
    message_id INTEGER NOT NULL REFERENCES message_places,
    revision   INTEGER NOT NULL,
    served     TEXT NOT NULL,
    PRIMARY KEY (message_id, revision)
) STRICT, WITHOUT ROWID;

-- `position` keeps the order in which they were posted; `block` is NULL once withdrawn.
CREATE TABLE actions (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    thread_id           INTEGER NOT NULL REFERENCES threads,
    message_id          INTEGER NOT NULL REFERENCES message_places,
    position            INTEGER NOT NULL,
    block               INTEGER,
    author_id           INTEGER NOT NULL REFERENCES users,
    status              TEXT NOT NULL,
    expires_at          INTEGER,
    digest              TEXT,
    decided_by_id       INTEGER,
    decided_at          INTEGER,
    decision_message_id INTEGER,
    result_message_id   INTEGER,
    reason              TEXT,
    error               TEXT,
    first_item_id       INTEGER NOT NULL,
    touched             TEXT NOT NULL,
    output              TEXT,
    items               TEXT NOT NULL,
    plan_whole          BLOB NOT NULL,
    plan_fields         BLOB NOT NULL
) STRICT;

CREATE INDEX actions_of_message ON actions (thread_id, message_id, block);
CREATE INDEX actions_waiting ON actions (thread_id, expires_at) WHERE status IN ('awaiting_approval', 'drifted');
CREATE INDEX actions_decided_by ON actions (decided_by_id) WHERE decided_by_id IS NOT NULL;

CREATE TABLE records (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts,
    type       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    fields     TEXT NOT NULL
) STRICT;

CREATE INDEX records_of_type ON records (account_id, type, id);

-- Every change among an account's records of a type raises its version, which is the changed record's too.
CREATE TABLE record_types (
    account_id INTEGER NOT NULL REFERENCES accounts,
    type       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    PRIMARY KEY (account_id, type)
) STRICT, WITHOUT ROWID;

-- Changes that rules with a daily limit have let through.
CREATE TABLE rule_uses (
    rule      TEXT NOT NULL,
    author_id INTEGER NOT NULL REFERENCES users,
    day       TEXT NOT NULL,
    uses      INTEGER NOT NULL,
    PRIMARY KEY (rule, author_id, day)
) STRICT, WITHOUT ROWID;

-- Without `status` the first request is still running, until its lease ends.
CREATE TABLE idempotency_keys (
    user_id   INTEGER NOT NULL REFERENCES users,
    request   TEXT NOT NULL,
    key       TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    at        INTEGER NOT NULL,
    lease     INTEGER,
    status    INTEGER,
    location  TEXT,
    etag      INTEGER,
    body      TEXT,
    PRIMARY KEY (user_id, request, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (at);

-- Rows are only ever added. `previous_hash` is that of the account's row before.
CREATE TABLE audit (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    at                INTEGER NOT NULL,
    client_account_id INTEGER NOT NULL REFERENCES accounts,
    user_id           INTEGER,
    thread_id         INTEGER,
    message_id        INTEGER,
    event             TEXT NOT NULL,
    digest            TEXT,
    plan_hash         TEXT,
    outcome           TEXT NOT NULL,
    previous_hash     TEXT,
    hash              TEXT NOT NULL
) STRICT;

CREATE INDEX audit_of_account ON audit (client_account_id, id);

-- May be pruned without breaking a chain.
CREATE TABLE audit_plans (
    hash TEXT PRIMARY KEY,
    plan BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened, for those who follow; `user_id` where it is for one user alone; `data` of what is gone.
CREATE TABLE events (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    at             INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    user_id        INTEGER,
    account_id     INTEGER,
    thread_id      INTEGER,
    message_id     INTEGER,
    participant_id INTEGER,
    record_id      INTEGER,
    data           TEXT
) STRICT;
