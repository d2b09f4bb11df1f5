CREATE TABLE `known_sources` (
	`user_id` integer NOT NULL,
	`source_hash` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `source_hash`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `known_sources_expires_at` ON `known_sources` (`expires_at`);--> statement-breakpoint
CREATE TABLE `username_holds` (
	`username_key` text PRIMARY KEY NOT NULL,
	`user_id` integer,
	`held_until` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `username_holds_held_until` ON `username_holds` (`held_until`);