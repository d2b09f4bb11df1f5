ALTER TABLE `oauth_clients` ADD `id_token_signed_response_alg` text DEFAULT 'ES256' NOT NULL;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `claims_in_id_token` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `oauth_clients` ADD `native_development` integer DEFAULT 0 NOT NULL;