ALTER TABLE `refresh_tokens` ADD `family_hash` text;--> statement-breakpoint
ALTER TABLE `refresh_tokens` ADD `previous_hash` text;--> statement-breakpoint
CREATE UNIQUE INDEX `refresh_tokens_family_hash` ON `refresh_tokens` (`family_hash`);