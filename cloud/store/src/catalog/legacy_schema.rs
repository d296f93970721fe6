//! Steps of tenants' files that were released before there were projections.
//!
//! They never change: files that were made by them have taken them, and new files take them as well. The tables they
//! make of devices, queues, tombstones and hours are removed by the step that brings in projections, which make their
//! own from the stored events.

/// Devices and heartbeats.
pub(super) const DEVICES: &str = "
    CREATE TABLE device (
        edge {uuid} NOT NULL, device TEXT NOT NULL, status TEXT NOT NULL, kind TEXT, adapter TEXT, address TEXT,
        reason TEXT, fw TEXT, reported {json}, changed {time} NOT NULL, seen {time} NOT NULL,
        epoch BIGINT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (edge, device));
    CREATE TABLE edge_status (
        edge {uuid} NOT NULL PRIMARY KEY, at {time} NOT NULL, heartbeat {json} NOT NULL);
";

/// Tickets and turns.
pub(super) const QUEUE: &str = "
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
";

/// Takes the tables away that projections make from now on.
pub(super) const BEFORE_PROJECTIONS: &str = "
    DROP TABLE device;
    DROP TABLE edge_status;
    DROP TABLE ticket;
    DROP TABLE ticket_turn;
    DROP TABLE event_tombstone;
    DROP TABLE event_hour;
";
