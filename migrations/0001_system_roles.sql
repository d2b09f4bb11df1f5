-- The roles that every deployment has (wire §6.16). Scopes are the most that a user of the role may hold.
INSERT INTO roles (id, display_name, ranking, description, scopes, system, created_at, updated_at) VALUES
  ('super_admin', 'Super Admin', 1, 'May do everything.', '*', 1, 0, 0),
  ('admin', 'Admin', 2, 'Looks after users, roles and clients.', 'admin:all delegated:all', 1, 0, 0),
  ('internal_client', 'Internal Client', 2, 'A service of the operator.', 'client:all', 1, 0, 0),
  ('owner', 'Owner', 10, 'Owns the content of the app.', 'delegated:all', 1, 0, 0),
  ('user', 'User', 100, 'A person with an account.', 'delegated:all', 1, 0, 0),
  ('external_client', 'External Client', 100, 'A service of somebody else.', 'client:profile:read', 1, 0, 0);
