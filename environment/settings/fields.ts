import { isIpv4, isNetwork } from '../addresses';
import { z } from '../zod';

export const port = z.int().min(1).max(65535);

export const ipv4 = z.string().refine(isIpv4, { error: 'must be an IPv4 address such as "127.0.0.1"' });

export const ipv4Network = z.string().refine(isNetwork, {
  error: 'must be an IPv4 network by its first address, such as "10.1.0.0/16", or one address such as "10.1.2.3/32"',
});

export const hostname = z
  .string()
  .regex(/^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/, {
    error: 'must be a fully qualified host name in lower case without scheme and port, such as "is.bank.example"',
  });

export const image = z.string().regex(/^[a-z0-9][a-z0-9._/:@-]*$/, {
  error: 'must be an image reference such as "nginx:1.30.4" or "nginx@sha256:…"',
});

/** Below the configuration's folder: what a pull request names is read where its plan is made. */
export const CA_FILE = /^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._/-]*\.pem$/;

export const caFile = z.string().regex(CA_FILE, {
  error: 'must be the path of a .pem file in the folder of this file or below it, such as "tpp-ca.pem"',
});
