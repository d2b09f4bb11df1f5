CREATE INDEX `users_deleted` ON `users` (`id`) WHERE deleted_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `users_identity_verified` ON `users` (`id`) WHERE verified_at IS NOT NULL;