-- Which file a plugin's code must be, once it has been loaded from one.
ALTER TABLE installed_plugins
    ADD COLUMN code_sha256 text CONSTRAINT installed_plugins_code_check CHECK (code_sha256 ~ '^[0-9a-f]{64}$');
