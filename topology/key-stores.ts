import type { Distribution } from '../catalogue/distributions';

/** File names of the stores that all nodes share. */
export interface StoreFiles {
  /** The primary keystore: the signing keys, all of which the server publishes. */
  readonly signing: string;
  /** Tomcat's key. */
  readonly tls: string;
  /** The key of stored data, which no rotation touches. */
  readonly internal: string;
  readonly trust: string;
}

export function storeFiles({ stores: { extension } }: Pick<Distribution, 'stores'>): StoreFiles {
  return {
    signing: `wso2carbon.${extension}`,
    tls: `tls.${extension}`,
    internal: `internal.${extension}`,
    trust: `client-truststore.${extension}`,
  };
}

export const TLS_ALIAS = 'tls';
export const INTERNAL_ALIAS = 'wso2carbon';

/** The same name for the same number for ever: the first has the product's. */
export function signingAlias(number: number): string {
  return number === 1 ? 'wso2carbon' : `wso2carbon-${number}`;
}
