import { DISTRIBUTIONS, type DistributionName } from '../catalogue/distributions';
import { isTable, type TomlTable } from '../catalogue/toml';

/** The keys that the topology decides, and what decides them; `*` stands for any one key. */
export const OWNED_KEYS: readonly { readonly path: string; readonly owner: string }[] = [
  { path: 'server.hostname', owner: 'load_balancer.hostname' },
  { path: 'server.base_path', owner: 'load_balancer.hostname' },
  { path: 'server.node_ip', owner: 'network.subnet' },
  { path: 'server.offset', owner: 'identity_server.port_offset' },
  { path: 'super_admin.username', owner: 'identity_server.admin_username' },
  { path: 'super_admin.password', owner: 'the generated secret ADMIN_PASSWORD' },
  { path: 'super_admin.create_admin_account', owner: 'the order of start: node 1 alone creates the account' },
  { path: 'database.*.url', owner: 'the [database] table' },
  { path: 'database.*.type', owner: 'the [database] table' },
  { path: 'database.*.hostname', owner: 'the [database] table' },
  { path: 'database.*.username', owner: 'database.username' },
  { path: 'database.*.password', owner: 'the secret DATABASE_PASSWORD' },
  { path: 'database.*.driver', owner: 'database.engine' },
  { path: 'database.*.pool_options.maxActive', owner: 'database.pool_size' },
  { path: 'keystore.primary', owner: 'identity_server.signing_keys' },
  { path: 'keystore.tls', owner: 'the shared keystore of TLS that the environment creates' },
  { path: 'keystore.internal', owner: 'the shared keystore of stored data that the environment creates' },
  { path: 'truststore', owner: 'the shared truststore that the environment creates' },
  { path: 'transport.http.properties.proxyPort', owner: 'load_balancer.http_port' },
  { path: 'transport.https.properties.proxyPort', owner: 'load_balancer.https_port' },
  { path: 'transport.http.properties.port', owner: 'identity_server.port_offset' },
  { path: 'transport.https.properties.port', owner: 'identity_server.port_offset' },
  { path: 'clustering', owner: 'network.subnet and identity_server.nodes, which fix the members of the cluster' },
  {
    path: 'catalinaValves.remoteIpValve',
    owner: 'the load balancer’s address: whoever else is believed could name any client',
  },
  { path: 'encryption.key', owner: 'the generated secret ENCRYPTION_KEY' },
  {
    path: 'oauth.mutualtls.client_certificate_header',
    owner: 'load_balancer.client_certificates: a client could forge a header of any other name',
  },
  {
    path: 'x509.request_header_name',
    owner: 'the load balancer, which removes X-SSL-CERT: with another name whoever sends that header could be any user',
  },
  { path: 'account_recovery.endpoint.auth.hash', owner: 'the generated secret APP_PASSWORD' },
  { path: 'identity.auth_framework.endpoint.app_password', owner: 'the generated secret APP_PASSWORD' },
  {
    path: 'financial_services.consent.validation.signature.alias',
    owner: 'identity_server.signing_keys, whose first one has that name',
  },
];

/** Lists of tables to which the user's entries are added, by their path. Every other list is replaced as a whole. */
export const GROWING_LISTS = ['datasource', 'health_checker', 'catalina.valves'];

/** One thing in the user's part of deployment.toml that cannot stand. */
export interface ExtensionProblem {
  readonly path: readonly string[];
  readonly message: string;
}

/** What is wrong with the keys that a user adds to a distribution's deployment.toml. */
export function extensionProblems(distribution: DistributionName, extension: TomlTable): ExtensionProblem[] {
  const lists = DISTRIBUTIONS[distribution].databases
    .flatMap(({ datasources }) => datasources)
    .flatMap((datasource) => ('id' in datasource ? datasource.id : []));
  return leaves(extension).flatMap(({ path, value }): ExtensionProblem[] => {
    // A quoted key may hold dots, and who reads the server's files takes them for the path all the same.
    const parts = path.flatMap((key) => key.split('.'));
    const rule = OWNED_KEYS.find((key) => touches(parts, key.path.split('.')));
    if (rule) {
      return [{ path, message: `belongs to the topology: it follows from ${rule.owner}; change that instead` }];
    }
    if (path[0] === 'datasource' && lists.length > 0) {
      if (path.length > 1) {
        const entry = path.slice(0, 2);
        // Said once for the table, not for each of its keys.
        if (path.length > 2 && path[2] !== Object.keys(tableAt(extension, entry))[0]) return [];
        const list = lists.join(', ');
        return [
          {
            path: entry,
            message: `would become a part of the last entry of the list [[datasource]] (${list}); write it as [[identity_server.deployment_toml.datasource]] with id = "${entry[1]}"`,
          },
        ];
      }
      const taken = (Array.isArray(value) ? value : []).flatMap((entry) =>
        isTable(entry) && typeof entry.id === 'string' && lists.includes(entry.id) ? entry.id : [],
      );
      if (taken.length > 0) {
        return [
          { path, message: `entry ${taken.join(', ')} belongs to the topology: it follows from the [database] table` },
        ];
      }
    }
    const list = GROWING_LISTS.filter((each) => each !== 'datasource' || lists.length > 0).find((each) =>
      touches(parts, each.split('.')),
    );
    const replaced = list === undefined ? [] : replacedListProblems(list, extension, path, value);
    if (replaced.length > 0) return replaced;
    return [...oldKeyProblems(distribution, extension, path), ...literalSecrets(path, value), ...markup(path, value)];
  });
}

/** Whatever is not a list of tables at exactly its path would take the place of the topology's entries instead of following them. */
function replacedListProblems(
  list: string,
  extension: TomlTable,
  path: readonly string[],
  value: unknown,
): ExtensionProblem[] {
  const keys = list.split('.');
  const quoted = path.slice(0, keys.length).findIndex((key) => key.includes('.'));
  const inQuotes = quoted >= 0;
  // An empty table above the list replaces nothing.
  if (!inQuotes && path.length < keys.length && isTable(value)) return [];
  if (!inQuotes && path.length === keys.length && Array.isArray(value) && value.every(isTable)) return [];
  const place = path.slice(0, inQuotes ? quoted + 1 : keys.length);
  const there = tableAt(extension, place.slice(0, -1))[place[place.length - 1] as string];
  // Said once for a table, not for each of its keys.
  if (isTable(there) && Object.keys(there).length > 0 && leaves(there, place)[0]?.path.join() !== path.join())
    return [];
  const found = inQuotes ? 'a key in quotes that holds its path' : kindOf(there);
  return [
    {
      path: place,
      message: `found ${found}, which would take the place of the topology's entries of the list ${list}; entries are added as [[identity_server.deployment_toml.${list}]]`,
    },
  ];
}

/** Values are copied as they stand into attributes and elements of XML, where these begin or end one. */
const MARKUP: Readonly<Record<string, string>> = { '<': '&lt;', '"': '&quot;' };
/** A key becomes a name there. The server does not even start with one that holds a quote. */
const MARKUP_OF_KEYS = /[<>&"'\\]/;

/** What would write more into the server's XML files than one value: another connector, or an attribute that the topology owns. */
function markup(path: readonly string[], value: unknown): ExtensionProblem[] {
  const [inKey] = MARKUP_OF_KEYS.exec(path.join('.')) ?? [];
  if (inKey !== undefined) {
    return [{ path, message: `the key holds ${inKey}, which is markup in the server's XML files; remove it` }];
  }
  if (typeof value === 'string') {
    const [found] = /[<"]/.exec(value) ?? [];
    if (found === undefined) return [];
    return [
      {
        path,
        message: `holds ${found}, which becomes markup in the server's XML files; write ${MARKUP[found]} where the character itself is meant`,
      },
    ];
  }
  if (Array.isArray(value)) return value.flatMap((entry, index) => markup([...path, String(index)], entry));
  return isTable(value) ? leaves(value).flatMap((leaf) => markup([...path, ...leaf.path], leaf.value)) : [];
}

/** The server reads `encryption.old_key` only where data is marked with its key, and not at all before 7.1. */
function oldKeyProblems(
  distribution: DistributionName,
  extension: TomlTable,
  path: readonly string[],
): ExtensionProblem[] {
  if (path.join('.') !== 'encryption.old_key') return [];
  if (DISTRIBUTIONS[distribution].encryptionKeyBytes !== 32) {
    return [{ path: [...path], message: `is read by nothing in ${distribution}; it is there from 7.1 on` }];
  }
  const { encryption } = extension;
  if (isTable(encryption) && encryption.enable_key_id === true) return [];
  return [
    {
      path: [...path],
      message:
        'is read only with encryption.enable_key_id = true, which marks what is encrypted with its key; add that',
    },
  ];
}

const SECRET_KEY = /(password|passwd|secret|private_key|access_key|api_key|token_value|encryption_key|old_key)$/i;
const REFERENCE = /^\$(env|secret|sys|ref)\{[^}]+\}$/;
/** Passwords that are printed in the product's documentation. */
const PUBLISHED_PASSWORDS = ['wso2carbon', 'wso2123', 'dashboard', 'admin', 'root', 'password', 'changeit'];

function literalSecrets(path: readonly string[], value: unknown): ExtensionProblem[] {
  if (Array.isArray(value)) {
    return value.flatMap((entry) =>
      isTable(entry) ? leaves(entry).flatMap((leaf) => literalSecrets([...path, ...leaf.path], leaf.value)) : [],
    );
  }
  const key = path[path.length - 1] as string;
  if (!SECRET_KEY.test(key) || typeof value !== 'string' || value === '' || REFERENCE.test(value)) return [];
  const name = path
    .join('_')
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_');
  const what = PUBLISHED_PASSWORDS.includes(value)
    ? 'is a password that the documentation prints'
    : 'holds a secret in clear text, and this file is under version control';
  return [{ path, message: `${what}; write "$env{${name}}" and supply the value as a secret of that name` }];
}

/** The values of a table with their paths; lists are values. */
function leaves(table: TomlTable, above: readonly string[] = []): { path: string[]; value: unknown }[] {
  return Object.entries(table).flatMap(([key, value]) => {
    const path = [...above, key];
    return isTable(value) && Object.keys(value).length > 0 ? leaves(value, path) : [{ path, value }];
  });
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return value.every(isTable) ? 'a list of tables' : 'a list of values';
  return isTable(value) ? 'a table' : 'a single value';
}

function tableAt(table: TomlTable, path: readonly string[]): TomlTable {
  return path.reduce((inner, key) => inner[key] as TomlTable, table);
}

/** Whether writing at `path` changes something at or below `owned`, or replaces a table that it is in. */
function touches(path: readonly string[], owned: readonly string[]): boolean {
  return owned.slice(0, path.length).every((part, index) => part === '*' || part === path[index]);
}
