CREATE TABLE `provisioned_users` (
	`client_id` text NOT NULL,
	`user_id` integer NOT NULL,
	`user_name` text NOT NULL,
	`user_name_key` text NOT NULL,
	`external_id` text,
	`email_type` text,
	`phone_type` text,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`client_id`, `user_id`),
	FOREIGN KEY (`client_id`) REFERENCES `oauth_clients`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `provisioned_users_user_name` ON `provisioned_users` (`client_id`,`user_name_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `provisioned_users_external_id` ON `provisioned_users` (`client_id`,`external_id`) WHERE external_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `provisioned_users_user` ON `provisioned_users` (`user_id`);--> statement-breakpoint
ALTER TABLE `roles` ADD `client_id` text;