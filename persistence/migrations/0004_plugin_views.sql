-- What plugins that declare read:sessions and read:users may see of the platform: never the tables themselves.
CREATE SCHEMA streamspace_views;
CREATE VIEW streamspace_views.sessions AS
    SELECT id, user_id, team_id, template_name, state, app_type, active_connections, url, namespace, platform, pod_name,
           memory, cpu, persistent_home, idle_timeout, max_session_duration, created_at, updated_at, last_connection,
           last_disconnect, last_activity
    FROM sessions;
CREATE VIEW streamspace_views.users AS
    SELECT id, username, email, full_name, role, provider, active, groups, quota, created_at, updated_at, last_login
    FROM users;

-- Databases that were made before PostgreSQL 15 let everybody make tables here.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
