DROP INDEX `mail_outbox_done`;--> statement-breakpoint
CREATE INDEX `mail_outbox_sent` ON `mail_outbox` (`id`) WHERE sent_at IS NOT NULL;