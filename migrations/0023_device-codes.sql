CREATE TABLE `device_codes` (
	`device_hash` text PRIMARY KEY NOT NULL,
	`user_hash` text NOT NULL,
	`client_id` text NOT NULL,
	`scope` text NOT NULL,
	`user_agent` text NOT NULL,
	`place` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`interval_ms` integer NOT NULL,
	`polled_at` integer,
	`decided_at` integer,
	`user_id` integer,
	`epoch` integer,
	`browser_session_id` integer,
	`authenticated_at` integer,
	`amr` text,
	`consumed_at` integer,
	`session_id` integer,
	FOREIGN KEY (`client_id`) REFERENCES `oauth_clients`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `device_codes_user_hash` ON `device_codes` (`user_hash`);--> statement-breakpoint
CREATE INDEX `device_codes_expires_at` ON `device_codes` (`expires_at`);--> statement-breakpoint
CREATE INDEX `device_codes_client` ON `device_codes` (`client_id`);--> statement-breakpoint
CREATE INDEX `device_codes_user` ON `device_codes` (`user_id`);