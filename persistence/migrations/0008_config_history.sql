-- Which configurations each plugin had, since when, and who set them. A row is written by the statement that records
-- the configuration in installed_plugins, and goes with the plugin's row there; a secret is sealed as it is there.
ALTER TABLE installed_plugins
    ADD COLUMN config_revision integer NOT NULL DEFAULT 1
               CONSTRAINT installed_plugins_revision_check CHECK (config_revision > 0);

CREATE TABLE plugin_config_history (
    plugin_name text NOT NULL REFERENCES installed_plugins (name) ON DELETE CASCADE,
    revision    integer NOT NULL CHECK (revision > 0),
    config      jsonb NOT NULL CHECK (jsonb_typeof(config) = 'object'),
    kind        text NOT NULL CHECK (kind IN ('installed', 'configured', 'reverted')),
    reverted_to integer,
    changed_by  text,  -- NULL when nobody was signed in.
    changed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (plugin_name, revision),
    CHECK ((kind = 'reverted') = (reverted_to IS NOT NULL))
);

-- Who set what is there already, nobody noted; the row's last change is the latest that it can have been.
INSERT INTO plugin_config_history (plugin_name, revision, config, kind, changed_at)
SELECT name, config_revision, config, 'installed', updated_at FROM installed_plugins;
