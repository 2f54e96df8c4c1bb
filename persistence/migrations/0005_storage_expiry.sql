-- A key of a plugin's storage that nobody can read any more from then on; it is deleted some time later.
ALTER TABLE plugin_storage ADD COLUMN expires_at timestamptz;
CREATE INDEX plugin_storage_by_expiry ON plugin_storage (expires_at) WHERE expires_at IS NOT NULL;
