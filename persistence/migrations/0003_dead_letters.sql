-- Events that did not get through to a subscription, until somebody sends them again or discards them.
CREATE TABLE dead_letters (
    id            bigint PRIMARY KEY CHECK (id > 0),
    at            timestamptz NOT NULL,
    plugin        text NOT NULL CHECK (plugin <> ''),
    subscription  text NOT NULL,
    event_type    text NOT NULL CHECK (event_type <> ''),
    event         jsonb NOT NULL CHECK (jsonb_typeof(event) = 'object'),
    cause         text NOT NULL CHECK (cause <> ''),
    detail        text NOT NULL DEFAULT '',
    attempts      integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- Until then a host is about to send the event again, and nobody else may.
    claimed_until timestamptz
);
CREATE INDEX dead_letters_by_age ON dead_letters (at, id);
CREATE INDEX dead_letters_by_plugin ON dead_letters (plugin, id);
CREATE INDEX dead_letters_by_cause ON dead_letters (cause, id);
CREATE INDEX dead_letters_by_type ON dead_letters (event_type, id);

-- Each start of a host draws a number, and gives its letters the ids number * 10^9 and up; the last are below 2^53.
CREATE SEQUENCE dead_letter_numbers AS bigint MINVALUE 1 MAXVALUE 9007198 NO CYCLE;
