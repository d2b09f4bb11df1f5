-- Counters are kept by the statement that changes an edge (design §1.6): they cannot drift, whoever writes.
CREATE TRIGGER follows_insert_approved AFTER INSERT ON follows WHEN NEW.approved_at IS NOT NULL BEGIN
  UPDATE users SET follower_count = follower_count + 1 WHERE id = NEW.followed_id;
  UPDATE users SET following_count = following_count + 1 WHERE id = NEW.follower_id;
END;
--> statement-breakpoint
CREATE TRIGGER follows_insert_request AFTER INSERT ON follows WHEN NEW.approved_at IS NULL BEGIN
  UPDATE users SET request_count = request_count + 1 WHERE id = NEW.followed_id;
END;
--> statement-breakpoint
CREATE TRIGGER follows_approve AFTER UPDATE OF approved_at ON follows WHEN OLD.approved_at IS NULL AND NEW.approved_at IS NOT NULL BEGIN
  UPDATE users SET follower_count = follower_count + 1, request_count = request_count - 1 WHERE id = NEW.followed_id;
  UPDATE users SET following_count = following_count + 1 WHERE id = NEW.follower_id;
END;
--> statement-breakpoint
CREATE TRIGGER follows_delete_approved AFTER DELETE ON follows WHEN OLD.approved_at IS NOT NULL BEGIN
  UPDATE users SET follower_count = follower_count - 1 WHERE id = OLD.followed_id;
  UPDATE users SET following_count = following_count - 1 WHERE id = OLD.follower_id;
END;
--> statement-breakpoint
CREATE TRIGGER follows_delete_request AFTER DELETE ON follows WHEN OLD.approved_at IS NULL BEGIN
  UPDATE users SET request_count = request_count - 1 WHERE id = OLD.followed_id;
END;
--> statement-breakpoint
-- An edge is what it is: its people never change, and an approval is not taken back.
CREATE TRIGGER follows_fixed BEFORE UPDATE ON follows
WHEN NEW.id <> OLD.id OR NEW.follower_id <> OLD.follower_id OR NEW.followed_id <> OLD.followed_id
  OR (OLD.approved_at IS NOT NULL AND NEW.approved_at IS NULL) BEGIN
  SELECT RAISE(ABORT, 'an edge does not change');
END;
--> statement-breakpoint
CREATE TRIGGER follows_not_self BEFORE INSERT ON follows WHEN NEW.follower_id = NEW.followed_id BEGIN
  SELECT RAISE(ABORT, 'nobody follows themselves');
END;
--> statement-breakpoint
-- What a foreign key would do, by way of the partial indexes.
CREATE TRIGGER users_delete_edges BEFORE DELETE ON users BEGIN
  DELETE FROM follows WHERE followed_id = OLD.id AND approved_at IS NOT NULL;
  DELETE FROM follows WHERE followed_id = OLD.id AND approved_at IS NULL;
  DELETE FROM follows WHERE follower_id = OLD.id AND approved_at IS NOT NULL;
  DELETE FROM follows WHERE follower_id = OLD.id AND approved_at IS NULL;
END;
