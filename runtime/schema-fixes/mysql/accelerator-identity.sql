-- The accelerator stores software statements as metadata of an application; the product's column holds 255 characters. Nothing to do
-- about AUTHORIZED_SCOPE: an application's authorized APIs go before its own key is checked, and their scopes with them.
ALTER TABLE SP_METADATA MODIFY VALUE VARCHAR(4096) NOT NULL;
