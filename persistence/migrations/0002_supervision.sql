-- What supervision has to remember over a restart of the host: crashes that still count, and plugins given up on.
CREATE TABLE plugin_failures (
    plugin_name text PRIMARY KEY CHECK (plugin_name <> ''),
    crashes     jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(crashes) = 'array'),
    given_up    text,
    updated_at  timestamptz NOT NULL DEFAULT now()
);
