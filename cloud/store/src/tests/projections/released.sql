
    CREATE TABLE site (id {uuid} NOT NULL PRIMARY KEY, name TEXT NOT NULL, created {time} NOT NULL);

    CREATE TABLE event (
        id {serial}, edge {uuid} NOT NULL, epoch BIGINT NOT NULL, lane BIGINT NOT NULL, seq BIGINT NOT NULL,
        at {time} NOT NULL, rx {time} NOT NULL, clock_bad BIGINT NOT NULL, name TEXT NOT NULL, device TEXT,
        subj TEXT, corr TEXT, body {bytes} NOT NULL);
    CREATE INDEX event_at ON event (at);
    CREATE INDEX event_name ON event (name, at);
    CREATE INDEX event_device ON event (edge, device, at);
    CREATE INDEX event_corr ON event (corr) WHERE corr IS NOT NULL;
    CREATE TABLE event_cursor (
        edge {uuid} NOT NULL, epoch BIGINT NOT NULL, lane BIGINT NOT NULL, have BIGINT NOT NULL,
        PRIMARY KEY (edge, epoch, lane));
    CREATE TABLE event_gap (
        edge {uuid} NOT NULL, epoch BIGINT NOT NULL, lane BIGINT NOT NULL, from_seq BIGINT NOT NULL,
        to_seq BIGINT NOT NULL, noticed {time} NOT NULL, PRIMARY KEY (edge, epoch, lane, from_seq));
    CREATE TABLE event_tombstone (
        edge {uuid} NOT NULL, epoch BIGINT NOT NULL, lane BIGINT NOT NULL, from_seq BIGINT NOT NULL,
        to_seq BIGINT NOT NULL, reason TEXT NOT NULL);
    CREATE INDEX event_tombstone_edge ON event_tombstone (edge, epoch, lane);
    CREATE TABLE event_hour (
        hour {time} NOT NULL, edge {uuid} NOT NULL, name TEXT NOT NULL, events BIGINT NOT NULL,
        PRIMARY KEY (hour, edge, name));

    CREATE TABLE device (
        edge {uuid} NOT NULL, device TEXT NOT NULL, status TEXT NOT NULL, kind TEXT, adapter TEXT, address TEXT,
        reason TEXT, fw TEXT, reported {json}, changed {time} NOT NULL, seen {time} NOT NULL,
        epoch BIGINT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (edge, device));
    CREATE TABLE edge_status (
        edge {uuid} NOT NULL PRIMARY KEY, at {time} NOT NULL, heartbeat {json} NOT NULL);

    CREATE TABLE command (
        id {uuid} NOT NULL PRIMARY KEY, edge {uuid} NOT NULL, device TEXT, name TEXT NOT NULL, body {json} NOT NULL,
        state TEXT NOT NULL, created {time} NOT NULL, expires {time} NOT NULL, attempts BIGINT NOT NULL,
        sent {time}, received {time}, settled {time}, assumed BIGINT NOT NULL, reason TEXT, detail TEXT,
        took_ms BIGINT);
    CREATE INDEX command_due ON command (edge, state);
    CREATE INDEX command_created ON command (created, id);
    CREATE INDEX command_open ON command (state, expires);

    CREATE TABLE document (
        edge {uuid} NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, published {time} NOT NULL,
        requires_restart BIGINT NOT NULL, withdrawn BIGINT NOT NULL, body {json} NOT NULL, hash TEXT NOT NULL,
        state TEXT NOT NULL, delivered {time}, settled {time}, reason TEXT, PRIMARY KEY (edge, id, version));
    CREATE INDEX document_due ON document (state) WHERE state = 'published';

    CREATE TABLE audit (
        seq {serial}, at {time} NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL,
        outcome TEXT NOT NULL, detail TEXT NOT NULL, ip TEXT NOT NULL, prev {bytes} NOT NULL, hash {bytes} NOT NULL);

    CREATE TABLE idempotency (
        account TEXT NOT NULL, key TEXT NOT NULL, request {bytes} NOT NULL, reply TEXT NOT NULL,
        expires {time} NOT NULL, PRIMARY KEY (account, key));
    CREATE INDEX idempotency_expires ON idempotency (expires);

    CREATE TABLE ticket (
        edge {uuid} NOT NULL, id {uuid} NOT NULL, number TEXT NOT NULL, day BIGINT NOT NULL, service TEXT NOT NULL,
        source TEXT NOT NULL, lang TEXT NOT NULL, token_hash TEXT NOT NULL, issued {time} NOT NULL,
        booking {uuid}, state TEXT NOT NULL, changed {time} NOT NULL, window TEXT, window_number BIGINT,
        until {time}, score BIGINT, epoch BIGINT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (edge, id));
    CREATE INDEX ticket_token ON ticket (token_hash);
    CREATE INDEX ticket_issued ON ticket (issued);
    CREATE TABLE ticket_turn (
        edge {uuid} NOT NULL, ticket {uuid} NOT NULL, service TEXT NOT NULL, window TEXT NOT NULL,
        operator {uuid} NOT NULL, at {time} NOT NULL, wait_s BIGINT NOT NULL, serve_s BIGINT NOT NULL, outcome TEXT);
    CREATE INDEX ticket_turn_at ON ticket_turn (at);
