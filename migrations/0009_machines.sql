CREATE TABLE `digest_nonces` (
	`nonce` text PRIMARY KEY NOT NULL,
	`count` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `digest_nonces_expires_at` ON `digest_nonces` (`expires_at`);--> statement-breakpoint
CREATE TABLE `external_identities` (
	`id` integer PRIMARY KEY NOT NULL,
	`credential_id` integer NOT NULL,
	`external_id` text NOT NULL,
	`user_id` integer NOT NULL,
	`password_hash` text NOT NULL,
	`metadata` text DEFAULT '{}' NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`credential_id`) REFERENCES `machine_credentials`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `external_identities_external_id` ON `external_identities` (`credential_id`,`external_id`);--> statement-breakpoint
CREATE INDEX `external_identities_user` ON `external_identities` (`user_id`);--> statement-breakpoint
CREATE TABLE `machine_credentials` (
	`id` integer PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`secret_hash` text,
	`ha1` text,
	`realm` text,
	`client_id` text,
	`scopes` text NOT NULL,
	`created_by` integer,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`last_used_at` integer,
	`revoked_at` integer,
	FOREIGN KEY (`client_id`) REFERENCES `oauth_clients`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `machine_credentials_secret_hash` ON `machine_credentials` (`secret_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `machine_credentials_robot` ON `machine_credentials` (`name`) WHERE kind = 'robot' AND revoked_at IS NULL;--> statement-breakpoint
CREATE INDEX `machine_credentials_client` ON `machine_credentials` (`client_id`);--> statement-breakpoint
CREATE TABLE `push_devices` (
	`user_id` integer NOT NULL,
	`device_type` text NOT NULL,
	`os_version` text,
	`device_token` text,
	`voip_device_token` text,
	`mode` integer,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `device_type`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `totals` (
	`name` text PRIMARY KEY NOT NULL,
	`value` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `users_active` ON `users` (`id`) WHERE email_verified_at IS NOT NULL AND banned_at IS NULL AND deleted_at IS NULL;