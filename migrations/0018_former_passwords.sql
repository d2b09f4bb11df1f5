ALTER TABLE `challenges` ADD `password_hashes` text;--> statement-breakpoint
ALTER TABLE `credentials` ADD `former_hash` text;--> statement-breakpoint
ALTER TABLE `credentials` ADD `former_until` integer;