-- Usage is kept by the statement that changes a file or a folder (design §1.6): a quota cannot drift, whoever writes.
CREATE TRIGGER files_insert AFTER INSERT ON files BEGIN
  INSERT INTO media_usage (user_id, files, bytes, folders) VALUES (NEW.user_id, 1, NEW.size, 0)
  ON CONFLICT (user_id) DO UPDATE SET files = files + 1, bytes = bytes + NEW.size;
  UPDATE folders SET file_count = file_count + 1 WHERE id = NEW.folder_id;
END;
--> statement-breakpoint
CREATE TRIGGER files_delete AFTER DELETE ON files BEGIN
  UPDATE media_usage SET files = files - 1, bytes = bytes - OLD.size WHERE user_id = OLD.user_id;
  UPDATE folders SET file_count = file_count - 1 WHERE id = OLD.folder_id;
END;
--> statement-breakpoint
CREATE TRIGGER files_move AFTER UPDATE OF folder_id ON files WHEN NEW.folder_id IS NOT OLD.folder_id BEGIN
  UPDATE folders SET file_count = file_count - 1 WHERE id = OLD.folder_id;
  UPDATE folders SET file_count = file_count + 1 WHERE id = NEW.folder_id;
END;
--> statement-breakpoint
-- Bytes are what they are: another content is another file.
CREATE TRIGGER files_fixed BEFORE UPDATE ON files
WHEN NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id OR NEW.size <> OLD.size OR NEW.object_key <> OLD.object_key
  OR (OLD.committed_at IS NOT NULL AND (NEW.committed_at IS NOT OLD.committed_at OR NEW.digest IS NOT OLD.digest)) BEGIN
  SELECT RAISE(ABORT, 'the content of a file does not change');
END;
--> statement-breakpoint
CREATE TRIGGER folders_insert AFTER INSERT ON folders BEGIN
  INSERT INTO media_usage (user_id, files, bytes, folders) VALUES (NEW.user_id, 0, 0, 1)
  ON CONFLICT (user_id) DO UPDATE SET folders = folders + 1;
END;
--> statement-breakpoint
CREATE TRIGGER folders_delete AFTER DELETE ON folders BEGIN
  UPDATE media_usage SET folders = folders - 1 WHERE user_id = OLD.user_id;
END;
