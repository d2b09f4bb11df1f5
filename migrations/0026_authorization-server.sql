CREATE TABLE `apis` (
	`resource` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`scopes` text DEFAULT '[]' NOT NULL,
	`claims` text DEFAULT '' NOT NULL,
	`access_token_seconds` integer,
	`open_to_all` integer DEFAULT 0 NOT NULL,
	`server_client_id` text,
	`disabled_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `logout_notices` (
	`id` integer PRIMARY KEY NOT NULL,
	`client_id` text NOT NULL,
	`user_id` integer NOT NULL,
	`session_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_attempt_at` integer,
	`delivered_at` integer,
	`last_result` text,
	FOREIGN KEY (`client_id`) REFERENCES `oauth_clients`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `logout_notices_due` ON `logout_notices` (`next_attempt_at`) WHERE next_attempt_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `logout_notices_client` ON `logout_notices` (`client_id`);--> statement-breakpoint
CREATE INDEX `logout_notices_created_at` ON `logout_notices` (`created_at`);--> statement-breakpoint
CREATE TABLE `scope_uses` (
	`user_id` integer NOT NULL,
	`client_id` text NOT NULL,
	`scope` text NOT NULL,
	`last_used_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `client_id`, `scope`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`client_id`) REFERENCES `oauth_clients`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `scope_uses_client` ON `scope_uses` (`client_id`);--> statement-breakpoint
ALTER TABLE `authorization_codes` ADD `dpop_jkt` text;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `source` text DEFAULT 'operator' NOT NULL;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `registration_token_hash` text;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `require_signed_requests` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `dpop_bound` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `security_profile` text DEFAULT 'none' NOT NULL;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `claims` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `subject_type` text DEFAULT 'public' NOT NULL;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `sector_identifier_uri` text;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `backchannel_logout_uri` text;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `frontchannel_logout_uri` text;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `client_uri` text;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `logo_uri` text;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `policy_uri` text;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `tos_uri` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `browser_session_id` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `dpop_jkt` text;--> statement-breakpoint
CREATE INDEX `sessions_browser` ON `sessions` (`browser_session_id`) WHERE browser_session_id IS NOT NULL;