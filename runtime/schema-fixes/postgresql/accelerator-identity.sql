-- The accelerator stores software statements as metadata of an application; the product's column holds 255 characters.
ALTER TABLE SP_METADATA ALTER COLUMN VALUE TYPE VARCHAR(4096);

-- Without ON DELETE CASCADE, an application that has authorized scopes cannot be deleted. Later scripts of the product have it. The key on
-- APP_ID and API_ID together stays: with it the scopes of an authorized API go when it is withdrawn.
DO $$
DECLARE
  old_name text;
BEGIN
  FOR old_name IN
    SELECT con.conname
    FROM pg_constraint con
    JOIN pg_attribute att ON att.attrelid = con.conrelid AND att.attname = 'app_id'
    WHERE con.contype = 'f' AND con.conrelid = 'authorized_scope'::regclass
      AND con.conkey = ARRAY[att.attnum] AND con.confdeltype <> 'c'
  LOOP
    EXECUTE format('ALTER TABLE AUTHORIZED_SCOPE DROP CONSTRAINT %I', old_name);
    ALTER TABLE AUTHORIZED_SCOPE
      ADD CONSTRAINT fk_app_id FOREIGN KEY (APP_ID) REFERENCES SP_APP (UUID) ON DELETE CASCADE;
  END LOOP;
END
$$;
