CREATE TABLE `audit_events` (
	`id` integer PRIMARY KEY NOT NULL,
	`user_id` integer,
	`actor_id` integer,
	`type` text NOT NULL,
	`client_id` text,
	`session_id` integer,
	`device_hash` text,
	`user_agent` text,
	`place` text,
	`detail` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `audit_events_user` ON `audit_events` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_sign_ins` ON `audit_events` (`user_id`,`id`) WHERE type IN ('sign_in', 'sign_in_failed');--> statement-breakpoint
CREATE INDEX `audit_events_device` ON `audit_events` (`user_id`,`device_hash`) WHERE type = 'sign_in';--> statement-breakpoint
CREATE TABLE `mail_outbox` (
	`id` integer PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`user_id` integer,
	`to_address` text,
	`challenge_id` integer,
	`params` text DEFAULT '{}' NOT NULL,
	`created_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_attempt_at` integer NOT NULL,
	`sent_at` integer,
	`failed_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `mail_outbox_due` ON `mail_outbox` (`next_attempt_at`) WHERE sent_at IS NULL AND failed_at IS NULL;--> statement-breakpoint
CREATE INDEX `mail_outbox_user` ON `mail_outbox` (`user_id`);--> statement-breakpoint
CREATE INDEX `mail_outbox_done` ON `mail_outbox` (`created_at`) WHERE sent_at IS NOT NULL OR failed_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `authorization_codes` (
	`code_hash` text PRIMARY KEY NOT NULL,
	`client_id` text NOT NULL,
	`user_id` integer NOT NULL,
	`redirect_uri` text NOT NULL,
	`code_challenge` text,
	`scope` text NOT NULL,
	`epoch` integer NOT NULL,
	`browser_session_id` integer NOT NULL,
	`authenticated_at` integer NOT NULL,
	`amr` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`consumed_at` integer,
	`session_id` integer,
	FOREIGN KEY (`client_id`) REFERENCES `oauth_clients`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `authorization_codes_expires_at` ON `authorization_codes` (`expires_at`);--> statement-breakpoint
CREATE INDEX `authorization_codes_user` ON `authorization_codes` (`user_id`);--> statement-breakpoint
CREATE TABLE `oauth_clients` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`secret_hash` text,
	`token_endpoint_auth_method` text NOT NULL,
	`redirect_uris` text NOT NULL,
	`grant_types` text NOT NULL,
	`scopes` text NOT NULL,
	`first_party` integer DEFAULT 0 NOT NULL,
	`require_pkce` integer DEFAULT 1 NOT NULL,
	`access_token_seconds` integer DEFAULT 600 NOT NULL,
	`epoch` integer DEFAULT 0 NOT NULL,
	`disabled_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `refresh_tokens` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`session_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`rotated_at` integer,
	`successor_kid` text,
	FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_session_id` ON `refresh_tokens` (`session_id`);--> statement-breakpoint
CREATE INDEX `refresh_tokens_expires_at` ON `refresh_tokens` (`expires_at`);--> statement-breakpoint
CREATE TABLE `attempt_counters` (
	`key` text PRIMARY KEY NOT NULL,
	`count` integer NOT NULL,
	`window_ends_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	`stamp` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `attempt_counters_window_ends_at` ON `attempt_counters` (`window_ends_at`);--> statement-breakpoint
CREATE TABLE `challenges` (
	`id` integer PRIMARY KEY NOT NULL,
	`purpose` text NOT NULL,
	`user_id` integer NOT NULL,
	`epoch` integer NOT NULL,
	`code_id` integer NOT NULL,
	`random` text NOT NULL,
	`kid` text NOT NULL,
	`code_hash` text,
	`token_hash` text,
	`attempts` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`consumed_at` integer,
	`consumed_by` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `challenges_code_hash` ON `challenges` (`code_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `challenges_token_hash` ON `challenges` (`token_hash`);--> statement-breakpoint
CREATE INDEX `challenges_user` ON `challenges` (`user_id`,`purpose`,`id`);--> statement-breakpoint
CREATE INDEX `challenges_expires_at` ON `challenges` (`expires_at`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` integer PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`client_id` text,
	`token_hash` text,
	`scope` text NOT NULL,
	`epoch` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`idle_expires_at` integer NOT NULL,
	`last_used_at` integer NOT NULL,
	`revoked_at` integer,
	`authenticated_at` integer NOT NULL,
	`amr` text NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `sessions_live` ON `sessions` (`user_id`,`epoch`,`id`) WHERE revoked_at IS NULL;--> statement-breakpoint
CREATE INDEX `sessions_browsers` ON `sessions` (`user_id`,`epoch`,`id`) WHERE revoked_at IS NULL AND client_id IS NULL;--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE INDEX `sessions_expires_at` ON `sessions` (`expires_at`);--> statement-breakpoint
CREATE TABLE `credentials` (
	`user_id` integer PRIMARY KEY NOT NULL,
	`password_hash` text NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `roles` (
	`id` text PRIMARY KEY NOT NULL,
	`display_name` text NOT NULL,
	`ranking` integer NOT NULL,
	`description` text NOT NULL,
	`scopes` text NOT NULL,
	`system` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `second_factors` (
	`user_id` integer NOT NULL,
	`kind` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `kind`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `users` (
	`id` integer PRIMARY KEY NOT NULL,
	`username` text NOT NULL,
	`username_key` text NOT NULL,
	`email` text,
	`email_key` text,
	`email_verified_at` integer,
	`given_name` text,
	`middle_name` text,
	`family_name` text,
	`display_name` text,
	`nickname` text,
	`title` text,
	`about` text,
	`gender` text,
	`birth_date` text,
	`relationship_status` text,
	`bio` text,
	`designation` text,
	`organization` text,
	`pronouns` text,
	`custom_link` text,
	`phone_country_code` text,
	`phone` text,
	`country_code` text,
	`role` text DEFAULT 'user' NOT NULL,
	`is_private` integer DEFAULT 0 NOT NULL,
	`verified_at` integer,
	`banned_at` integer,
	`banned_until` integer,
	`banned_reason` text,
	`restricted_at` integer,
	`restricted_until` integer,
	`restricted_reason` text,
	`deleted_at` integer,
	`deleted_reason` text,
	`subscription_tier` text,
	`subscription_expires_at` integer,
	`follower_count` integer DEFAULT 0 NOT NULL,
	`following_count` integer DEFAULT 0 NOT NULL,
	`status_message` text,
	`status_updated_at` integer,
	`status_expires_at` integer,
	`availability` integer,
	`mood` integer,
	`where_am_i` text,
	`last_seen_at` integer,
	`locale` text,
	`zoneinfo` text,
	`currency` text,
	`avatar_key` text,
	`profile_url` text,
	`custom_data` text,
	`epoch` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`role`) REFERENCES `roles`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_username_key` ON `users` (`username_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_verified_email_key` ON `users` (`email_key`) WHERE email_verified_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `users_email_key` ON `users` (`email_key`);--> statement-breakpoint
CREATE INDEX `users_unverified` ON `users` (`id`) WHERE email_verified_at IS NULL;