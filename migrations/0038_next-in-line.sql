-- The first that waits of an endpoint and a user may be removed with its event, once that is too old: then the next one is due. Nothing
-- waits for an endpoint that is deleted.
CREATE TRIGGER event_deliveries_end AFTER DELETE ON event_deliveries
WHEN OLD.next_attempt_at < 9007199254740991 AND EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = OLD.endpoint_id) BEGIN
  UPDATE event_deliveries SET next_attempt_at = 0
  WHERE id = (
    SELECT min(w.id) FROM event_deliveries w INDEXED BY event_deliveries_waiting
    WHERE w.endpoint_id = OLD.endpoint_id AND w.user_id = OLD.user_id AND w.next_attempt_at IS NOT NULL)
  AND next_attempt_at = 9007199254740991;
END;
