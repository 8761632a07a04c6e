
-- What the stand-in knows, of whatever kind.
CREATE TABLE stand_in (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  value JSONB NOT NULL,
  PRIMARY KEY (kind, key)
);
