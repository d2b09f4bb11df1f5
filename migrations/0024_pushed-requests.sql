CREATE TABLE `pushed_requests` (
	`uri_hash` text PRIMARY KEY NOT NULL,
	`client_id` text NOT NULL,
	`params` text NOT NULL,
	`expires_at` integer NOT NULL,
	`consumed_at` integer,
	`consumed_by` integer,
	FOREIGN KEY (`client_id`) REFERENCES `oauth_clients`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `pushed_requests_expires_at` ON `pushed_requests` (`expires_at`);--> statement-breakpoint
CREATE INDEX `pushed_requests_client` ON `pushed_requests` (`client_id`);--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `require_pushed_requests` integer DEFAULT 0 NOT NULL;