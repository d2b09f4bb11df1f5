CREATE UNIQUE INDEX `logout_notices_session` ON `logout_notices` (`session_id`) WHERE next_attempt_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `oauth_clients_backchannel` ON `oauth_clients` (`id`) WHERE backchannel_logout_uri IS NOT NULL;--> statement-breakpoint
-- Whatever ends a session tells the clients that asked for it (OpenID Connect Back-Channel Logout 1.0): kept by the statement that
-- ends it. Expired grants count as well: a client may have kept its own session longer.
CREATE TRIGGER sessions_end_grant AFTER UPDATE OF revoked_at ON sessions
WHEN OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL AND NEW.client_id IS NOT NULL
  AND EXISTS (SELECT 1 FROM oauth_clients c WHERE c.id = NEW.client_id AND c.backchannel_logout_uri IS NOT NULL) BEGIN
  INSERT INTO logout_notices (client_id, user_id, session_id, created_at, next_attempt_at)
  SELECT NEW.client_id, NEW.user_id, NEW.id, NEW.revoked_at, NEW.revoked_at
  FROM users u WHERE u.id = NEW.user_id AND u.epoch = NEW.epoch
  ON CONFLICT DO NOTHING;
END;
--> statement-breakpoint
-- A browser signs out: the clients that were signed in through it. Their grants stay.
CREATE TRIGGER sessions_end_browser AFTER UPDATE OF revoked_at ON sessions
WHEN OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL AND NEW.client_id IS NULL
  AND EXISTS (SELECT 1 FROM oauth_clients c WHERE c.backchannel_logout_uri IS NOT NULL) BEGIN
  INSERT INTO logout_notices (client_id, user_id, session_id, created_at, next_attempt_at)
  SELECT g.client_id, g.user_id, g.id, NEW.revoked_at, NEW.revoked_at
  FROM sessions g
  WHERE g.browser_session_id = NEW.id AND g.revoked_at IS NULL
    AND g.epoch = (SELECT u.epoch FROM users u WHERE u.id = NEW.user_id)
    AND EXISTS (SELECT 1 FROM oauth_clients c WHERE c.id = g.client_id AND c.backchannel_logout_uri IS NOT NULL)
  ON CONFLICT DO NOTHING;
END;
--> statement-breakpoint
-- Everything of a user ends at once.
CREATE TRIGGER users_end_sessions AFTER UPDATE OF epoch ON users
WHEN NEW.epoch <> OLD.epoch AND EXISTS (SELECT 1 FROM oauth_clients c WHERE c.backchannel_logout_uri IS NOT NULL) BEGIN
  INSERT INTO logout_notices (client_id, user_id, session_id, created_at, next_attempt_at)
  SELECT g.client_id, g.user_id, g.id, NEW.updated_at, NEW.updated_at
  FROM sessions g
  WHERE g.user_id = NEW.id AND g.epoch = OLD.epoch AND g.revoked_at IS NULL
    AND EXISTS (SELECT 1 FROM oauth_clients c WHERE c.id = g.client_id AND c.backchannel_logout_uri IS NOT NULL)
  ON CONFLICT DO NOTHING;
END;
