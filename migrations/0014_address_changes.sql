ALTER TABLE `oauth_clients` ADD `may_change_addresses` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `second_factor` text;