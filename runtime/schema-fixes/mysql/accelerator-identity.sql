-- The accelerator stores software statements as metadata of an application; the product's column holds 255 characters.
ALTER TABLE SP_METADATA MODIFY VALUE VARCHAR(4096);
