-- The host platform: people and their sessions.
CREATE TABLE users (
    id            text PRIMARY KEY CHECK (id <> ''),
    username      text NOT NULL CHECK (char_length(username) BETWEEN 1 AND 128),
    email         text NOT NULL DEFAULT '' CHECK (char_length(email) <= 320),
    full_name     text NOT NULL DEFAULT '',
    role          text NOT NULL DEFAULT 'user' CHECK (role IN ('admin', 'operator', 'user')),
    provider      text NOT NULL DEFAULT 'local' CHECK (provider <> ''),
    active        boolean NOT NULL DEFAULT true,
    groups        text[] NOT NULL DEFAULT '{}',
    quota         jsonb,
    password_hash text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    last_login    timestamptz
);
CREATE UNIQUE INDEX users_username_key ON users (lower(username));
CREATE UNIQUE INDEX users_email_key ON users (lower(email)) WHERE email <> '';
CREATE INDEX users_by_age ON users (created_at, id);

-- A user who has sessions cannot be deleted: each session's end is an event that somebody waits for.
CREATE TABLE sessions (
    id                   text PRIMARY KEY CHECK (id <> ''),
    user_id              text NOT NULL CONSTRAINT sessions_user_fkey REFERENCES users (id),
    team_id              text,
    template_name        text NOT NULL CHECK (template_name <> ''),
    state                text NOT NULL DEFAULT 'pending'
                         CHECK (state IN ('pending', 'running', 'hibernated', 'terminated', 'failed')),
    app_type             text NOT NULL DEFAULT 'desktop',
    active_connections   integer NOT NULL DEFAULT 0 CHECK (active_connections >= 0),
    url                  text,
    namespace            text NOT NULL DEFAULT 'default',
    platform             text NOT NULL DEFAULT 'kubernetes',
    pod_name             text,
    memory               text,
    cpu                  text,
    persistent_home      boolean NOT NULL DEFAULT false,
    idle_timeout         text,
    max_session_duration text,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    last_connection      timestamptz,
    last_disconnect      timestamptz,
    last_activity        timestamptz
);
CREATE INDEX sessions_by_age ON sessions (created_at, id);
CREATE INDEX sessions_by_user ON sessions (user_id, created_at, id);
CREATE INDEX sessions_by_state ON sessions (state, created_at, id);

-- Where plugins come from.
CREATE TABLE repositories (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name           text NOT NULL CONSTRAINT repositories_name_key UNIQUE CHECK (name <> ''),
    url            text NOT NULL CONSTRAINT repositories_url_key UNIQUE CHECK (url <> ''),
    enabled        boolean NOT NULL DEFAULT true,
    last_synced_at timestamptz,
    last_error     text,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE catalog_plugins (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repository_id bigint NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    name          text NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'),
    version       text NOT NULL CHECK (version <> ''),
    display_name  text NOT NULL DEFAULT '',
    description   text NOT NULL DEFAULT '',
    author        text NOT NULL DEFAULT '',
    category      text NOT NULL DEFAULT '',
    plugin_type   text NOT NULL DEFAULT 'extension',
    icon_url      text,
    download_url  text,
    sha256        text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    tags          text[] NOT NULL DEFAULT '{}',
    manifest      jsonb NOT NULL CHECK (jsonb_typeof(manifest) = 'object'),
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT catalog_plugins_repository_name_version_key UNIQUE (repository_id, name, version)
);
CREATE INDEX catalog_plugins_by_name ON catalog_plugins (name);
CREATE INDEX catalog_plugins_by_category ON catalog_plugins (category);
CREATE INDEX catalog_plugins_by_tag ON catalog_plugins USING gin (tags);

-- Raters are named by their token's subject, which need not be a row of users.
CREATE TABLE plugin_ratings (
    catalog_plugin_id bigint NOT NULL REFERENCES catalog_plugins (id) ON DELETE CASCADE,
    user_id           text NOT NULL CHECK (user_id <> ''),
    rating            smallint NOT NULL CONSTRAINT plugin_ratings_rating_check CHECK (rating BETWEEN 1 AND 5),
    review            text NOT NULL DEFAULT '',
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (catalog_plugin_id, user_id)
);

-- Counters apart from the catalog, so that a view does not rewrite a manifest.
CREATE TABLE plugin_stats (
    catalog_plugin_id bigint PRIMARY KEY REFERENCES catalog_plugins (id) ON DELETE CASCADE,
    view_count        bigint NOT NULL DEFAULT 0 CHECK (view_count >= 0),
    install_count     bigint NOT NULL DEFAULT 0 CHECK (install_count >= 0),
    last_viewed_at    timestamptz,
    last_installed_at timestamptz
);

-- What is installed here.
CREATE TABLE installed_plugins (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    catalog_plugin_id bigint REFERENCES catalog_plugins (id) ON DELETE SET NULL,
    name              text NOT NULL CONSTRAINT installed_plugins_name_key UNIQUE
                      CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'),
    version           text NOT NULL CHECK (version <> ''),
    enabled           boolean NOT NULL DEFAULT true,
    config            jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(config) = 'object'),
    installed_by      text,
    installed_at      timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX installed_plugins_by_catalog ON installed_plugins (catalog_plugin_id);

-- Every version that was ever installed here, so that one can go back to it.
CREATE TABLE plugin_versions (
    plugin_name  text NOT NULL,
    version      text NOT NULL CHECK (version <> ''),
    manifest     jsonb NOT NULL CHECK (jsonb_typeof(manifest) = 'object'),
    download_url text,
    sha256       text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    installed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (plugin_name, version)
);

-- The key-value store of the plugins. Keys sort by bytes, whatever the database's language.
CREATE TABLE plugin_storage (
    plugin_name text COLLATE "C" NOT NULL,
    key         text COLLATE "C" NOT NULL CONSTRAINT plugin_storage_key_length CHECK (octet_length(key) BETWEEN 1 AND 512),
    value       jsonb NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (plugin_name, key)
);
