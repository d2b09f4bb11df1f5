CREATE TABLE `blocks` (
	`id` integer PRIMARY KEY NOT NULL,
	`blocker_id` integer NOT NULL,
	`blocked_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`blocker_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`blocked_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `blocks_pair` ON `blocks` (`blocker_id`,`blocked_id`);--> statement-breakpoint
CREATE INDEX `blocks_blocker` ON `blocks` (`blocker_id`);--> statement-breakpoint
CREATE INDEX `blocks_blocked` ON `blocks` (`blocked_id`);--> statement-breakpoint
CREATE TABLE `edge_work` (
	`user_id` integer NOT NULL,
	`kind` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `kind`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `follows` (
	`id` integer PRIMARY KEY NOT NULL,
	`follower_id` integer NOT NULL,
	`followed_id` integer NOT NULL,
	`approved_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `follows_pair` ON `follows` (`follower_id`,`followed_id`);--> statement-breakpoint
CREATE INDEX `follows_followers` ON `follows` (`followed_id`) WHERE approved_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `follows_following` ON `follows` (`follower_id`) WHERE approved_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `follows_requests` ON `follows` (`followed_id`) WHERE approved_at IS NULL;--> statement-breakpoint
CREATE INDEX `follows_requested` ON `follows` (`follower_id`) WHERE approved_at IS NULL;--> statement-breakpoint
CREATE TABLE `invite_codes` (
	`code` text PRIMARY KEY NOT NULL,
	`owner_id` integer NOT NULL,
	`slot` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`used_by` integer,
	FOREIGN KEY (`owner_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `invite_codes_slot` ON `invite_codes` (`owner_id`,`slot`);--> statement-breakpoint
CREATE TABLE `search_strings` (
	`string` text NOT NULL,
	`user_id` integer NOT NULL,
	PRIMARY KEY(`string`, `user_id`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `search_strings_user` ON `search_strings` (`user_id`);--> statement-breakpoint
ALTER TABLE `challenges` ADD `email` text;--> statement-breakpoint
ALTER TABLE `users` ADD `request_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `users_role` ON `users` (`role`);--> statement-breakpoint
CREATE INDEX `users_banned` ON `users` (`id`) WHERE banned_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `users_restricted` ON `users` (`id`) WHERE restricted_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `users_to_be_purged` ON `users` (`deleted_at`) WHERE deleted_at IS NOT NULL;