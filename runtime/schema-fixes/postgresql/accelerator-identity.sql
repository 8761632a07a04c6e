-- The accelerator stores software statements as metadata of an application; the product's column holds 255 characters.
ALTER TABLE SP_METADATA ALTER COLUMN VALUE TYPE VARCHAR(4096);

-- Without ON DELETE CASCADE, an application that has authorized scopes cannot be deleted.
DO $$
DECLARE
  old_name text;
BEGIN
  FOR old_name IN
    SELECT con.conname
    FROM pg_constraint con
    JOIN pg_attribute att ON att.attrelid = con.conrelid AND att.attnum = ANY (con.conkey)
    WHERE con.contype = 'f' AND con.conrelid = 'authorized_scope'::regclass AND att.attname = 'app_id'
  LOOP
    EXECUTE format('ALTER TABLE AUTHORIZED_SCOPE DROP CONSTRAINT %I', old_name);
  END LOOP;
END
$$;
ALTER TABLE AUTHORIZED_SCOPE
  ADD CONSTRAINT fk_app_id FOREIGN KEY (APP_ID) REFERENCES SP_APP (UUID) ON DELETE CASCADE;
