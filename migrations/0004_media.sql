CREATE TABLE `files` (
	`id` integer PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`folder_id` integer,
	`name` text NOT NULL,
	`content_type` text NOT NULL,
	`size` integer NOT NULL,
	`digest` text,
	`object_key` text NOT NULL,
	`origin` text DEFAULT 'user' NOT NULL,
	`prevent_share` integer DEFAULT 0 NOT NULL,
	`link_version` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`committed_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`folder_id`) REFERENCES `folders`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `files_object_key` ON `files` (`object_key`);--> statement-breakpoint
CREATE INDEX `files_folder` ON `files` (`user_id`,`folder_id`,`id`) WHERE committed_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `files_user` ON `files` (`user_id`,`id`) WHERE committed_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `files_of_user` ON `files` (`user_id`);--> statement-breakpoint
CREATE INDEX `files_of_folder` ON `files` (`folder_id`);--> statement-breakpoint
CREATE INDEX `files_pending` ON `files` (`created_at`) WHERE committed_at IS NULL;--> statement-breakpoint
CREATE TABLE `folders` (
	`id` integer PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`name` text NOT NULL,
	`file_count` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `folders_name` ON `folders` (`user_id`,`name`);--> statement-breakpoint
CREATE TABLE `media_usage` (
	`user_id` integer PRIMARY KEY NOT NULL,
	`files` integer DEFAULT 0 NOT NULL,
	`bytes` integer DEFAULT 0 NOT NULL,
	`folders` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `object_tombstones` (
	`bucket` text NOT NULL,
	`key` text NOT NULL,
	`created_at` integer NOT NULL,
	`due_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`bucket`, `key`)
);
--> statement-breakpoint
CREATE INDEX `object_tombstones_due` ON `object_tombstones` (`due_at`);--> statement-breakpoint
CREATE TABLE `sweep_cursors` (
	`sweep` text PRIMARY KEY NOT NULL,
	`cursor` text NOT NULL,
	`updated_at` integer NOT NULL
);
