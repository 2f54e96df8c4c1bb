-- Events that outlive the moment: by day, so that old ones go at once. Readers take them in the order (xid, seq) and
-- never past the oldest transaction that is still open, so a transaction that commits late hides nothing from them.
CREATE SEQUENCE event_log_seq AS bigint;
CREATE TABLE event_log (
    -- First, so that no number is drawn before the transaction has its own.
    xid        xid8 NOT NULL DEFAULT pg_current_xact_id(),
    seq        bigint NOT NULL DEFAULT nextval('event_log_seq'),
    at         timestamptz NOT NULL DEFAULT now(),
    id         uuid NOT NULL,
    type       text COLLATE "C" NOT NULL CHECK (octet_length(type) BETWEEN 1 AND 200),
    source     text COLLATE "C" NOT NULL CHECK (octet_length(source) BETWEEN 1 AND 200),
    time       timestamptz NOT NULL,
    data       jsonb NOT NULL CONSTRAINT event_log_data_size CHECK (pg_column_size(data) <= 16777216),
    -- Whom it is about, as far as that can be looked up.
    session_id text GENERATED ALWAYS AS
               (left(CASE WHEN type LIKE 'session.%' THEN coalesce(data->>'id', data->>'session_id')
                          ELSE data->>'session_id' END, 200)) STORED,
    user_id    text GENERATED ALWAYS AS
               (left(CASE WHEN type LIKE 'user.%' THEN coalesce(data->>'id', data->>'user_id')
                          ELSE data->>'user_id' END, 200)) STORED
) PARTITION BY RANGE (at);
CREATE INDEX event_log_by_position ON event_log (xid, seq);
CREATE INDEX event_log_by_type ON event_log (type, xid, seq);
CREATE INDEX event_log_by_plugin ON event_log (source, xid, seq) WHERE source <> 'platform';
CREATE INDEX event_log_by_session ON event_log (session_id, xid, seq) WHERE session_id IS NOT NULL;
CREATE INDEX event_log_by_user ON event_log (user_id, xid, seq) WHERE user_id IS NOT NULL;
CREATE INDEX event_log_by_number ON event_log USING brin (seq);
CREATE INDEX event_log_by_time ON event_log USING brin (at);
-- For days that nobody has made a table for.
CREATE TABLE event_log_default PARTITION OF event_log DEFAULT;

-- Makes the tables of the days to come and drops those that are too old, and tells which those were and which durable
-- subscriptions ("plugin/name") had not come past them. Whoever is about to write waits for it a second at most: what
-- cannot be had by then is left for the next time.
CREATE FUNCTION keep_event_log(days_ahead integer, days_kept integer)
RETURNS TABLE (day date, left_behind text[]) LANGUAGE plpgsql SET lock_timeout = '1s' AS $$
DECLARE
    today CONSTANT date := (now() AT TIME ZONE 'UTC')::date;
    columns CONSTANT text := 'xid, seq, at, id, type, source, time, data';
    part text;
    starts timestamptz;
    ends timestamptz;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('streamspace event log', 0)) THEN
        RETURN;  -- Another host is at it.
    END IF;
    FOR day IN SELECT today + n FROM generate_series(0, days_ahead) AS n LOOP
        part := 'event_log_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        starts := day::timestamp AT TIME ZONE 'UTC';
        ends := (day + 1)::timestamp AT TIME ZONE 'UTC';
        BEGIN
            LOCK TABLE event_log_default IN ACCESS EXCLUSIVE MODE;  -- Whoever writes there is waited for.
            EXECUTE format('CREATE TABLE %I (LIKE event_log INCLUDING ALL)', part);
            EXECUTE format('WITH moved AS (DELETE FROM event_log_default WHERE at >= %L AND at < %L RETURNING %s)
                            INSERT INTO %I (%s) SELECT %s FROM moved', starts, ends, columns, part, columns, columns);
            EXECUTE format('ALTER TABLE event_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                           part, starts, ends);
        EXCEPTION WHEN lock_not_available THEN
            EXIT;
        END;
    END LOOP;
    FOR part, day IN
        SELECT c.relname, to_date(right(c.relname, 8), 'YYYYMMDD')
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'event_log'::regclass AND c.relname ~ '^event_log_\d{8}$'
        ORDER BY c.relname
    LOOP
        CONTINUE WHEN day >= today - days_kept;
        BEGIN
            EXECUTE format('SELECT coalesce(array_agg(c.plugin_name || ''/'' || c.name ORDER BY c.plugin_name, c.name),
                                            ''{}'') FROM event_cursors c
                            WHERE EXISTS (SELECT FROM %I l WHERE (l.xid, l.seq) > (c.xid, c.seq))', part)
                INTO left_behind;
            EXECUTE format('DROP TABLE %I', part);
        EXCEPTION WHEN lock_not_available THEN
            EXIT;
        END;
        RETURN NEXT;
    END LOOP;
    DELETE FROM event_log_default WHERE at < (today - days_kept)::timestamp AT TIME ZONE 'UTC';
END $$;

-- How far each durable subscription has come, and which host brings it its events.
CREATE TABLE event_cursors (
    plugin_name text COLLATE "C" NOT NULL CHECK (plugin_name <> ''),
    name        text COLLATE "C" NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 200),
    pattern     text NOT NULL CHECK (pattern <> ''),
    xid         xid8 NOT NULL,
    seq         bigint NOT NULL,
    holder      text,
    lease_until timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (plugin_name, name)
);

-- Events that a durable subscription failed at, until their next attempt; with the event, which may leave the log
-- before.
CREATE TABLE event_retries (
    plugin_name text COLLATE "C" NOT NULL,
    name        text COLLATE "C" NOT NULL,
    xid         xid8 NOT NULL,
    seq         bigint NOT NULL,
    event       jsonb NOT NULL,
    attempts    integer NOT NULL CHECK (attempts > 0),
    next_at     timestamptz NOT NULL,
    last_error  text NOT NULL DEFAULT '',
    PRIMARY KEY (plugin_name, name, xid, seq),
    FOREIGN KEY (plugin_name, name) REFERENCES event_cursors ON DELETE CASCADE
);
CREATE INDEX event_retries_by_time ON event_retries (plugin_name, name, next_at);

-- Which plugin a role of the database speaks for.
CREATE TABLE plugin_logins (
    role        text COLLATE "C" PRIMARY KEY,
    plugin_name text NOT NULL
);

-- How a plugin's own transaction writes an event. A role can say for itself only what it is: session_user does not
-- follow SET ROLE, and the tables that are read here are named with their schema.
CREATE FUNCTION streamspace_views.emit_event(source text, id uuid, type text, "time" timestamptz, data jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    speaker CONSTANT text := (SELECT l.plugin_name FROM plugin_logins l WHERE l.role = session_user);
BEGIN
    IF speaker IS DISTINCT FROM emit_event.source AND (speaker IS NOT NULL OR session_user <> current_user) THEN
        RAISE insufficient_privilege USING MESSAGE = format('%s may not emit events of plugin %s', session_user,
                                                            emit_event.source);
    END IF;
    IF NOT starts_with(emit_event.type, 'plugin.' || emit_event.source || '.') THEN
        RAISE insufficient_privilege USING MESSAGE = format('plugin %s may not emit %s', emit_event.source,
                                                            left(emit_event.type, 80));
    END IF;
    -- Not a constraint of the table, where it would be two fifths of what a row of the platform's own costs.
    IF emit_event.type !~ '^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$' THEN
        RAISE invalid_parameter_value USING MESSAGE = format('%s is no event type', left(emit_event.type, 80));
    END IF;
    IF octet_length(emit_event.data::text) > 1048576 THEN
        RAISE program_limit_exceeded USING MESSAGE = 'an event has at most 1048576 bytes of JSON';
    END IF;
    INSERT INTO event_log (id, type, source, time, data)
    VALUES (emit_event.id, emit_event.type, emit_event.source, emit_event."time", emit_event.data);
END $$;
-- Temporary tables of the caller come last, so that none can stand in for ours.
DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION streamspace_views.emit_event SET search_path = pg_catalog, %I, pg_temp',
                   current_schema());
END $$;

-- A log that was restored into another cluster bears numbers of transactions that this one has yet to come to: its
-- readers would wait for them, and what is written from now on would come before what is there. This gives events,
-- cursors and retries numbers from before all transactions, in the order that they had. Whether there was something to
-- do.
CREATE FUNCTION rebase_event_log() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    -- One snapshot for both sides: what it shows was written by transactions before its end.
    IF NOT EXISTS (SELECT FROM event_log WHERE xid >= (SELECT pg_snapshot_xmax(pg_current_snapshot())))
       AND NOT EXISTS (SELECT FROM event_cursors WHERE xid > (SELECT pg_snapshot_xmax(pg_current_snapshot()))) THEN
        RETURN false;
    END IF;
    LOCK TABLE event_log, event_cursors, event_retries IN EXCLUSIVE MODE;
    WITH places AS (
        SELECT l.part, l.place, l.xid, l.seq, numbers.seq AS new_seq
        FROM (SELECT tableoid AS part, ctid AS place, xid, seq, row_number() OVER (ORDER BY xid, seq) AS n
              FROM event_log) l
        JOIN (SELECT seq, row_number() OVER (ORDER BY seq) AS n FROM event_log) numbers USING (n)
    ), cursors AS (
        UPDATE event_cursors c
        SET xid = '1',
            seq = coalesce((SELECT p.new_seq FROM places p WHERE (p.xid, p.seq) <= (c.xid, c.seq)
                            ORDER BY p.xid DESC, p.seq DESC LIMIT 1), 0)
    ), retries AS (
        -- Of those that have left the log, only the number is left.
        UPDATE event_retries r
        SET xid = CASE WHEN there.new_seq IS NULL THEN '0' ELSE '1' END::xid8, seq = coalesce(there.new_seq, r.seq)
        FROM event_retries old LEFT JOIN places there USING (xid, seq)
        WHERE (r.plugin_name, r.name, r.xid, r.seq) = (old.plugin_name, old.name, old.xid, old.seq)
    )
    UPDATE event_log l SET xid = '1', seq = p.new_seq FROM places p WHERE l.tableoid = p.part AND l.ctid = p.place;
    RETURN true;
END $$;
