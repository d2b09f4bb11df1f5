-- As before, but by the index of what waits for a user: SQLite would choose that of what is due for the endpoint, and read all of it with
-- each event while an endpoint is down.
DROP TRIGGER events_deliver;--> statement-breakpoint
CREATE TRIGGER events_deliver AFTER INSERT ON events WHEN NEW.type <> 'webhook.test' BEGIN
  INSERT INTO event_deliveries (endpoint_id, event_id, user_id, created_at, next_attempt_at)
  SELECT e.id, NEW.id, NEW.user_id, NEW.created_at, iif(EXISTS (
    SELECT 1 FROM event_deliveries w INDEXED BY event_deliveries_waiting
    WHERE w.endpoint_id = e.id AND w.user_id = NEW.user_id AND w.next_attempt_at IS NOT NULL
  ), 9007199254740991, 0)
  FROM webhook_endpoints e
  WHERE e.disabled_at IS NULL AND (e.events = '*' OR instr(' ' || e.events || ' ', ' ' || NEW.type || ' ') > 0);
END;
