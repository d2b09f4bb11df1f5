-- Nothing has been written to these two yet. Without AUTOINCREMENT: every statement whose triggers may write would read `sqlite_sequence`.
DROP TABLE `event_deliveries`;--> statement-breakpoint
DROP TABLE `events`;--> statement-breakpoint
CREATE TABLE `events` (
	`id` integer PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`user_id` integer NOT NULL,
	`data` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `events_created_at` ON `events` (`created_at`);--> statement-breakpoint
CREATE TABLE `event_deliveries` (
	`id` integer PRIMARY KEY NOT NULL,
	`endpoint_id` integer NOT NULL,
	`event_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_attempt_at` integer,
	`delivered_at` integer,
	`last_result` text,
	FOREIGN KEY (`endpoint_id`) REFERENCES `webhook_endpoints`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`event_id`) REFERENCES `events`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `event_deliveries_due` ON `event_deliveries` (`endpoint_id`,`next_attempt_at`) WHERE next_attempt_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `event_deliveries_waiting` ON `event_deliveries` (`endpoint_id`,`user_id`,`id`) WHERE next_attempt_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `event_deliveries_endpoint` ON `event_deliveries` (`endpoint_id`,`id`);--> statement-breakpoint
CREATE INDEX `event_deliveries_event` ON `event_deliveries` (`event_id`);--> statement-breakpoint
CREATE INDEX `webhook_endpoints_live` ON `webhook_endpoints` (`id`) WHERE disabled_at IS NULL;--> statement-breakpoint
-- Events for other systems (docs/webhooks.md, decision 059): whatever changes something writes them, in its own transaction. Each trigger
-- asks first whether anybody is to be told, so that a change costs next to nothing while there is no endpoint. `userId` is added
-- when an event is sent. The time is the database's own, because not every row that changes has one.
-- Nothing is written that no endpoint wants, or during an import. RAISE(IGNORE) skips this one row of the outbox.
CREATE TRIGGER events_wanted BEFORE INSERT ON events
WHEN NEW.type <> 'webhook.test' AND (EXISTS (SELECT 1 FROM event_pauses) OR NOT EXISTS (
  SELECT 1 FROM webhook_endpoints e WHERE e.disabled_at IS NULL AND (e.events = '*' OR instr(' ' || e.events || ' ', ' ' || NEW.type || ' ') > 0))) BEGIN
  SELECT RAISE(IGNORE);
END;
--> statement-breakpoint
-- The order per endpoint and user: behind another that waits, it waits for that one (store/db/event-deliveries.ts).
CREATE TRIGGER events_deliver AFTER INSERT ON events WHEN NEW.type <> 'webhook.test' BEGIN
  INSERT INTO event_deliveries (endpoint_id, event_id, user_id, created_at, next_attempt_at)
  SELECT e.id, NEW.id, NEW.user_id, NEW.created_at, iif(EXISTS (
    SELECT 1 FROM event_deliveries w WHERE w.endpoint_id = e.id AND w.user_id = NEW.user_id AND w.next_attempt_at IS NOT NULL
  ), 9007199254740991, 0)
  FROM webhook_endpoints e
  WHERE e.disabled_at IS NULL AND (e.events = '*' OR instr(' ' || e.events || ' ', ' ' || NEW.type || ' ') > 0);
END;
--> statement-breakpoint
-- An account is somebody once its address is verified, or if it has none (a user of a license key).
CREATE TRIGGER users_event_insert AFTER INSERT ON users
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL)
  AND (NEW.email_verified_at IS NOT NULL OR NEW.email_key IS NULL) AND NEW.deleted_reason IS NOT 'purged' BEGIN
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'user.created', NEW.id, '{}', CAST(unixepoch('subsec') * 1000 AS INTEGER);
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'user.verified', NEW.id, '{}', CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE NEW.email_verified_at IS NOT NULL;
END;
--> statement-breakpoint
-- One trigger for all that can change, so that a change asks once whether anybody is to be told. An unverified account is nobody yet.
CREATE TRIGGER users_event_update AFTER UPDATE OF username, email, given_name, middle_name, family_name, display_name, nickname, title, about, gender, birth_date, relationship_status, bio, designation, organization, pronouns, custom_link, phone_country_code, phone, country_code, role, is_private, verified_at, subscription_tier, subscription_expires_at, status_message, status_expires_at, availability, mood, where_am_i, locale, zoneinfo, currency, avatar_key, profile_url, custom_data, email_verified_at, deleted_at, deleted_reason, banned_at, banned_until, restricted_at, restricted_until, epoch ON users
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL)
  AND (NEW.email_verified_at IS NOT NULL OR NEW.email_key IS NULL OR OLD.email_verified_at IS NOT NULL) BEGIN
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'user.created', NEW.id, '{}', CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE NEW.email_verified_at IS NOT NULL AND OLD.email_verified_at IS NULL AND OLD.email_key IS NOT NULL;
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'user.verified', NEW.id, '{}', CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE NEW.email_verified_at IS NOT NULL AND NEW.email_verified_at IS NOT OLD.email_verified_at;
  -- The fields as `GET /user/me` and `PATCH /user/me` name them.
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'user.updated', NEW.id, json_object('fields', json('["' || replace(trim(f.names), ' ', '","') || '"]')), CAST(unixepoch('subsec') * 1000 AS INTEGER)
  FROM (
    SELECT iif(NEW.username IS NOT OLD.username, ' username', '')
      || iif(NEW.email IS NOT OLD.email, ' email', '')
      || iif(NEW.given_name IS NOT OLD.given_name, ' firstName', '')
      || iif(NEW.middle_name IS NOT OLD.middle_name, ' middleName', '')
      || iif(NEW.family_name IS NOT OLD.family_name, ' lastName', '')
      || iif(NEW.display_name IS NOT OLD.display_name, ' displayName', '')
      || iif(NEW.nickname IS NOT OLD.nickname, ' nickname', '')
      || iif(NEW.title IS NOT OLD.title, ' title', '')
      || iif(NEW.about IS NOT OLD.about, ' about', '')
      || iif(NEW.gender IS NOT OLD.gender, ' gender', '')
      || iif(NEW.birth_date IS NOT OLD.birth_date, ' birthdate', '')
      || iif(NEW.relationship_status IS NOT OLD.relationship_status, ' relationshipStatus', '')
      || iif(NEW.bio IS NOT OLD.bio, ' bio', '')
      || iif(NEW.designation IS NOT OLD.designation, ' designation', '')
      || iif(NEW.organization IS NOT OLD.organization, ' organization', '')
      || iif(NEW.pronouns IS NOT OLD.pronouns, ' pronouns', '')
      || iif(NEW.custom_link IS NOT OLD.custom_link, ' customLink', '')
      || iif(NEW.phone_country_code IS NOT OLD.phone_country_code, ' phoneCountryCode', '')
      || iif(NEW.phone IS NOT OLD.phone, ' phone', '')
      || iif(NEW.country_code IS NOT OLD.country_code, ' country', '')
      || iif(NEW.role IS NOT OLD.role, ' role', '')
      || iif(NEW.is_private IS NOT OLD.is_private, ' isPrivate', '')
      || iif(NEW.verified_at IS NOT OLD.verified_at, ' verified', '')
      || iif(NEW.subscription_tier IS NOT OLD.subscription_tier, ' subscriptionTier', '')
      || iif(NEW.subscription_expires_at IS NOT OLD.subscription_expires_at, ' subscriptionExpiry', '')
      || iif(NEW.status_message IS NOT OLD.status_message, ' statusMessage', '')
      || iif(NEW.status_expires_at IS NOT OLD.status_expires_at, ' statusExpiry', '')
      || iif(NEW.availability IS NOT OLD.availability, ' availability', '')
      || iif(NEW.mood IS NOT OLD.mood, ' mood', '')
      || iif(NEW.where_am_i IS NOT OLD.where_am_i, ' whereAmI', '')
      || iif(NEW.locale IS NOT OLD.locale, ' preferredLanguage', '')
      || iif(NEW.zoneinfo IS NOT OLD.zoneinfo, ' timezone', '')
      || iif(NEW.currency IS NOT OLD.currency, ' currency', '')
      || iif(NEW.avatar_key IS NOT OLD.avatar_key, ' profilePictureUrl', '')
      || iif(NEW.profile_url IS NOT OLD.profile_url, ' profileUrl', '')
      || iif(NEW.custom_data IS NOT OLD.custom_data, ' customData', '') AS names) f
  WHERE f.names <> '' AND NEW.deleted_reason IS NOT 'purged';
  -- The end of a term is no event of its own, so the event says when that will be.
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'user.restricted', NEW.id, json_object('until', strftime('%Y-%m-%dT%H:%M:%fZ', NEW.restricted_until / 1000.0, 'unixepoch')), CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE NEW.deleted_reason IS NOT 'purged' AND NEW.restricted_at IS NOT NULL AND (NEW.restricted_at IS NOT OLD.restricted_at OR NEW.restricted_until IS NOT OLD.restricted_until);
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'user.unrestricted', NEW.id, '{}', CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE NEW.deleted_reason IS NOT 'purged' AND OLD.restricted_at IS NOT NULL AND NEW.restricted_at IS NULL;
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'user.banned', NEW.id, json_object('until', strftime('%Y-%m-%dT%H:%M:%fZ', NEW.banned_until / 1000.0, 'unixepoch')), CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE NEW.deleted_reason IS NOT 'purged' AND NEW.banned_at IS NOT NULL AND (NEW.banned_at IS NOT OLD.banned_at OR NEW.banned_until IS NOT OLD.banned_until);
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'user.unbanned', NEW.id, '{}', CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE NEW.deleted_reason IS NOT 'purged' AND OLD.banned_at IS NOT NULL AND NEW.banned_at IS NULL;
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'user.deleted', NEW.id, '{}', CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL;
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'user.restored', NEW.id, '{}', CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL;
  -- All sessions end at once: one event, however many there are.
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'session.revoked', NEW.id, '{"sessionId":null,"clientId":null}', CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE NEW.epoch <> OLD.epoch AND NEW.deleted_reason IS NOT 'purged'
    AND EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = NEW.id AND s.epoch = OLD.epoch AND s.revoked_at IS NULL);
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'user.purged', NEW.id, '{}', CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE OLD.deleted_reason IS NOT 'purged' AND NEW.deleted_reason IS 'purged';
END;
--> statement-breakpoint
-- The same password under another cost or key leaves `updated_at`.
CREATE TRIGGER credentials_event_password AFTER UPDATE OF updated_at ON credentials
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL)
  AND NEW.password_hash <> OLD.password_hash BEGIN
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'user.updated', NEW.user_id, '{"fields":["password"]}', CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE EXISTS (
    SELECT 1 FROM users u WHERE u.id = NEW.user_id AND (u.email_verified_at IS NOT NULL OR u.email_key IS NULL));
END;
--> statement-breakpoint
-- Not an administrator's look at the account.
CREATE TRIGGER sessions_event_created AFTER INSERT ON sessions
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL)
  AND NEW.impersonator_id IS NULL BEGIN
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'session.created', NEW.user_id, json_object('sessionId', format('%024x', NEW.id), 'clientId', NEW.client_id), CAST(unixepoch('subsec') * 1000 AS INTEGER);
END;
--> statement-breakpoint
-- Neither one that had ended with all others before, nor those of a client that was deleted.
CREATE TRIGGER sessions_event_revoked AFTER UPDATE OF revoked_at ON sessions
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL)
  AND OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL AND NEW.impersonator_id IS NULL BEGIN
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'session.revoked', NEW.user_id, json_object('sessionId', format('%024x', NEW.id), 'clientId', NEW.client_id), CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = NEW.user_id AND u.epoch = NEW.epoch)
    AND NOT EXISTS (SELECT 1 FROM oauth_clients c WHERE c.id = NEW.client_id AND c.token_endpoint_auth_method = 'deleted');
END;
--> statement-breakpoint
CREATE TRIGGER follows_event_insert AFTER INSERT ON follows
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL) BEGIN
  INSERT INTO events (type, user_id, data, created_at)
  SELECT iif(NEW.approved_at IS NULL, 'follow.requested', 'follow.created'), NEW.follower_id, json_object('followId', format('%024x', NEW.id), 'followedId', format('%024x', NEW.followed_id)), CAST(unixepoch('subsec') * 1000 AS INTEGER);
END;
--> statement-breakpoint
-- An operation on very many edges is told of by the event of what caused it, not by one for each edge.
CREATE TRIGGER follows_event_approve AFTER UPDATE OF approved_at ON follows
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL)
  AND OLD.approved_at IS NULL AND NEW.approved_at IS NOT NULL BEGIN
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'follow.created', NEW.follower_id, json_object('followId', format('%024x', NEW.id), 'followedId', format('%024x', NEW.followed_id)), CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE NOT EXISTS (SELECT 1 FROM edge_work w WHERE w.user_id = NEW.followed_id AND w.kind = 'accept_requests');
END;
--> statement-breakpoint
CREATE TRIGGER follows_event_delete AFTER DELETE ON follows
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL) BEGIN
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'follow.deleted', OLD.follower_id, json_object('followId', format('%024x', OLD.id), 'followedId', format('%024x', OLD.followed_id)), CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE NOT EXISTS (SELECT 1 FROM edge_work w WHERE w.user_id = OLD.follower_id AND w.kind = 'remove_edges')
    AND NOT EXISTS (SELECT 1 FROM edge_work w WHERE w.user_id = OLD.followed_id AND w.kind = 'remove_edges');
END;
--> statement-breakpoint
CREATE TRIGGER blocks_event_insert AFTER INSERT ON blocks
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL) BEGIN
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'block.created', NEW.blocker_id, json_object('blockId', format('%024x', NEW.id), 'blockedId', format('%024x', NEW.blocked_id)), CAST(unixepoch('subsec') * 1000 AS INTEGER);
END;
--> statement-breakpoint
-- What the purge of an account removes is told of by `user.purged`; the same goes for files and consents.
CREATE TRIGGER blocks_event_delete AFTER DELETE ON blocks
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL) BEGIN
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'block.deleted', OLD.blocker_id, json_object('blockId', format('%024x', OLD.id), 'blockedId', format('%024x', OLD.blocked_id)), CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE 2 = (SELECT count(*) FROM users u WHERE u.id IN (OLD.blocker_id, OLD.blocked_id) AND u.deleted_reason IS NOT 'purged');
END;
--> statement-breakpoint
CREATE TRIGGER files_event_created AFTER UPDATE OF committed_at ON files
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL)
  AND OLD.committed_at IS NULL AND NEW.committed_at IS NOT NULL BEGIN
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'file.created', NEW.user_id, json_object('fileId', format('%024x', NEW.id)), CAST(unixepoch('subsec') * 1000 AS INTEGER);
END;
--> statement-breakpoint
CREATE TRIGGER files_event_deleted AFTER DELETE ON files
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL)
  AND OLD.committed_at IS NOT NULL BEGIN
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'file.deleted', OLD.user_id, json_object('fileId', format('%024x', OLD.id)), CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = OLD.user_id AND u.deleted_reason IS NOT 'purged');
END;
--> statement-breakpoint
CREATE TRIGGER consents_event_insert AFTER INSERT ON consents
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL) BEGIN
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'consent.granted', NEW.user_id, json_object('clientId', NEW.client_id, 'scopes', json(iif(NEW.scopes = '', '[]', '["' || replace(NEW.scopes, ' ', '","') || '"]'))), CAST(unixepoch('subsec') * 1000 AS INTEGER);
END;
--> statement-breakpoint
CREATE TRIGGER consents_event_update AFTER UPDATE OF scopes ON consents
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL)
  AND NEW.scopes <> OLD.scopes BEGIN
  INSERT INTO events (type, user_id, data, created_at)
  SELECT iif(length(NEW.scopes) < length(OLD.scopes), 'consent.revoked', 'consent.granted'), NEW.user_id, json_object('clientId', NEW.client_id, 'scopes', json(iif(NEW.scopes = '', '[]', '["' || replace(NEW.scopes, ' ', '","') || '"]'))), CAST(unixepoch('subsec') * 1000 AS INTEGER);
END;
--> statement-breakpoint
-- One that has lost its last scope before is told of already.
CREATE TRIGGER consents_event_delete AFTER DELETE ON consents
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL)
  AND OLD.scopes <> '' BEGIN
  INSERT INTO events (type, user_id, data, created_at)
  SELECT 'consent.revoked', OLD.user_id, json_object('clientId', OLD.client_id, 'scopes', json('[]')), CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = OLD.user_id AND u.deleted_reason IS NOT 'purged')
    AND EXISTS (SELECT 1 FROM oauth_clients c WHERE c.id = OLD.client_id AND c.token_endpoint_auth_method <> 'deleted');
END;
