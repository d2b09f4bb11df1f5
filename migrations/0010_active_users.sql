-- How many people are active (wire §6.17): kept by the statement that makes somebody so, or no longer so.
INSERT INTO totals (name, value)
SELECT 'active_users', COUNT(*) FROM users WHERE email_verified_at IS NOT NULL AND banned_at IS NULL AND deleted_at IS NULL;
--> statement-breakpoint
CREATE TRIGGER users_active_insert AFTER INSERT ON users
WHEN NEW.email_verified_at IS NOT NULL AND NEW.banned_at IS NULL AND NEW.deleted_at IS NULL BEGIN
  UPDATE totals SET value = value + 1 WHERE name = 'active_users';
END;
--> statement-breakpoint
CREATE TRIGGER users_active_begin AFTER UPDATE OF email_verified_at, banned_at, deleted_at ON users
WHEN NOT (OLD.email_verified_at IS NOT NULL AND OLD.banned_at IS NULL AND OLD.deleted_at IS NULL)
  AND NEW.email_verified_at IS NOT NULL AND NEW.banned_at IS NULL AND NEW.deleted_at IS NULL BEGIN
  UPDATE totals SET value = value + 1 WHERE name = 'active_users';
END;
--> statement-breakpoint
CREATE TRIGGER users_active_end AFTER UPDATE OF email_verified_at, banned_at, deleted_at ON users
WHEN OLD.email_verified_at IS NOT NULL AND OLD.banned_at IS NULL AND OLD.deleted_at IS NULL
  AND NOT (NEW.email_verified_at IS NOT NULL AND NEW.banned_at IS NULL AND NEW.deleted_at IS NULL) BEGIN
  UPDATE totals SET value = value - 1 WHERE name = 'active_users';
END;
--> statement-breakpoint
CREATE TRIGGER users_active_delete AFTER DELETE ON users
WHEN OLD.email_verified_at IS NOT NULL AND OLD.banned_at IS NULL AND OLD.deleted_at IS NULL BEGIN
  UPDATE totals SET value = value - 1 WHERE name = 'active_users';
END;
