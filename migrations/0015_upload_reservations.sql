ALTER TABLE `files` ADD `reserved_until` integer;--> statement-breakpoint
CREATE INDEX `files_pending_of_user` ON `files` (`user_id`,`reserved_until`) WHERE committed_at IS NULL;