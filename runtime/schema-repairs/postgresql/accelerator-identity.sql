-- The first release's fix also removed the key by which the scopes of an authorized API go when it is withdrawn.
SELECT to_regclass('authorized_api') IS NOT NULL AND count(*) = 2 AND NOT EXISTS (
  SELECT FROM pg_constraint
  WHERE contype = 'f' AND conrelid = to_regclass('authorized_scope') AND confrelid = to_regclass('authorized_api')
) AS key_is_missing
FROM pg_attribute
WHERE attrelid = to_regclass('authorized_scope') AND attname IN ('app_id', 'api_id') \gset
\if :key_is_missing
LOCK TABLE AUTHORIZED_API, AUTHORIZED_SCOPE IN SHARE ROW EXCLUSIVE MODE;
WITH withdrawn AS (
  DELETE FROM AUTHORIZED_SCOPE s
  WHERE NOT EXISTS (SELECT FROM AUTHORIZED_API a WHERE a.APP_ID = s.APP_ID AND a.API_ID = s.API_ID)
  RETURNING 1
)
SELECT 'the key of AUTHORIZED_SCOPE that our first release removed is back; ' || count(*) ||
  ' scopes of APIs that were withdrawn since are deleted'
FROM withdrawn;
ALTER TABLE AUTHORIZED_SCOPE
  ADD FOREIGN KEY (APP_ID, API_ID) REFERENCES AUTHORIZED_API (APP_ID, API_ID) ON DELETE CASCADE;
\endif
