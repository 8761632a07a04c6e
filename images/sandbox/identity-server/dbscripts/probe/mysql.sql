-- What the sandbox's probe writes, see its README. There is no unique constraint: a request that was processed
-- twice must leave two rows, or nobody could prove that none was.
CREATE TABLE PROBE_WRITES (
  PW_ID VARCHAR(128) NOT NULL,
  PW_KEY VARCHAR(128) NOT NULL,
  PW_NODE VARCHAR(128) NOT NULL,
  PW_WRITTEN_AT TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
) ENGINE INNODB;

CREATE INDEX PROBE_WRITES_KEY ON PROBE_WRITES (PW_KEY, PW_ID);
