CREATE TABLE `admin_notes` (
	`id` integer PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`author_id` integer NOT NULL,
	`text` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `admin_notes_user` ON `admin_notes` (`user_id`,`id`);--> statement-breakpoint
CREATE TABLE `daily_counts` (
	`day` integer NOT NULL,
	`name` text NOT NULL,
	`value` integer NOT NULL,
	PRIMARY KEY(`day`, `name`)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `mail_outbox` ADD `error` text;--> statement-breakpoint
ALTER TABLE `mail_outbox` ADD `locale` text;--> statement-breakpoint
CREATE INDEX `mail_outbox_failed` ON `mail_outbox` (`id`) WHERE failed_at IS NOT NULL;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `last_used_at` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `impersonator_id` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `impersonation` text;--> statement-breakpoint
ALTER TABLE `users` ADD `active_day` integer;--> statement-breakpoint
ALTER TABLE `users` ADD `terms_version` text;--> statement-breakpoint
ALTER TABLE `users` ADD `terms_accepted_at` integer;--> statement-breakpoint
CREATE INDEX `audit_events_actor` ON `audit_events` (`actor_id`,`id`) WHERE actor_id IS NOT NULL;--> statement-breakpoint
-- Figures by day, kept by the statements that change them, so that nobody ever has to scan for them. A day is one of UTC.
CREATE TRIGGER users_count_insert AFTER INSERT ON users BEGIN
  INSERT INTO daily_counts (day, name, value) VALUES (NEW.created_at / 86400000, 'sign_ups', 1) ON CONFLICT (day, name) DO UPDATE SET value = value + 1;
END;
--> statement-breakpoint
CREATE TRIGGER audit_events_count_insert AFTER INSERT ON audit_events
WHEN NEW.type IN ('sign_in', 'sign_in_failed') BEGIN
  INSERT INTO daily_counts (day, name, value) VALUES (NEW.created_at / 86400000, CASE NEW.type WHEN 'sign_in' THEN 'sign_ins' ELSE 'sign_in_failures' END, 1) ON CONFLICT (day, name) DO UPDATE SET value = value + 1;
END;
--> statement-breakpoint
CREATE TRIGGER mail_outbox_count_sent AFTER UPDATE OF sent_at ON mail_outbox
WHEN OLD.sent_at IS NULL AND NEW.sent_at IS NOT NULL BEGIN
  INSERT INTO daily_counts (day, name, value) VALUES (NEW.sent_at / 86400000, 'mails_sent', 1) ON CONFLICT (day, name) DO UPDATE SET value = value + 1;
END;
--> statement-breakpoint
CREATE TRIGGER mail_outbox_count_failed AFTER UPDATE OF failed_at ON mail_outbox
WHEN OLD.failed_at IS NULL AND NEW.failed_at IS NOT NULL BEGIN
  INSERT INTO daily_counts (day, name, value) VALUES (NEW.failed_at / 86400000, 'mails_failed', 1) ON CONFLICT (day, name) DO UPDATE SET value = value + 1;
END;
--> statement-breakpoint
-- A session that is used makes its owner active that day; one of an administrator who only looks at the account does not.
CREATE TRIGGER sessions_active_insert AFTER INSERT ON sessions
WHEN NEW.impersonator_id IS NULL BEGIN
  UPDATE users SET active_day = NEW.last_used_at / 86400000
  WHERE id = NEW.user_id AND (active_day IS NULL OR active_day < NEW.last_used_at / 86400000);
END;
--> statement-breakpoint
CREATE TRIGGER sessions_active_use AFTER UPDATE OF last_used_at ON sessions
WHEN NEW.impersonator_id IS NULL AND NEW.last_used_at / 86400000 > OLD.last_used_at / 86400000 BEGIN
  UPDATE users SET active_day = NEW.last_used_at / 86400000
  WHERE id = NEW.user_id AND (active_day IS NULL OR active_day < NEW.last_used_at / 86400000);
END;
--> statement-breakpoint
CREATE TRIGGER users_active_day AFTER UPDATE OF active_day ON users
WHEN NEW.active_day IS NOT OLD.active_day BEGIN
  UPDATE daily_counts SET value = value - 1 WHERE day = OLD.active_day AND name = 'last_active';
  INSERT INTO daily_counts (day, name, value) SELECT NEW.active_day, n.value, 1 FROM json_each('["active", "last_active"]') n
  WHERE NEW.active_day IS NOT NULL ON CONFLICT (day, name) DO UPDATE SET value = value + 1;
END;
--> statement-breakpoint
CREATE TRIGGER users_active_day_delete AFTER DELETE ON users
WHEN OLD.active_day IS NOT NULL BEGIN
  UPDATE daily_counts SET value = value - 1 WHERE day = OLD.active_day AND name = 'last_active';
END;
--> statement-breakpoint
INSERT INTO totals (name, value) SELECT 'media_files', COALESCE(SUM(files), 0) FROM media_usage;
--> statement-breakpoint
INSERT INTO totals (name, value) SELECT 'media_bytes', COALESCE(SUM(bytes), 0) FROM media_usage;
--> statement-breakpoint
CREATE TRIGGER media_usage_total_insert AFTER INSERT ON media_usage BEGIN
  UPDATE totals SET value = value + CASE name WHEN 'media_files' THEN NEW.files ELSE NEW.bytes END WHERE name IN ('media_files', 'media_bytes');
END;
--> statement-breakpoint
CREATE TRIGGER media_usage_total_update AFTER UPDATE OF files, bytes ON media_usage
WHEN NEW.files <> OLD.files OR NEW.bytes <> OLD.bytes BEGIN
  UPDATE totals SET value = value + CASE name WHEN 'media_files' THEN NEW.files - OLD.files ELSE NEW.bytes - OLD.bytes END
  WHERE name IN ('media_files', 'media_bytes');
END;
--> statement-breakpoint
CREATE TRIGGER media_usage_total_delete AFTER DELETE ON media_usage BEGIN
  UPDATE totals SET value = value - CASE name WHEN 'media_files' THEN OLD.files ELSE OLD.bytes END WHERE name IN ('media_files', 'media_bytes');
END;
