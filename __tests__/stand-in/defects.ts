/**
 * What a stand-in does wrong on purpose. `stale:<kind>`: its caches of that kind hear no invalidation. `local:<kind>`: records of that
 * kind are known to the node alone that made them.
 */
const KINDS = {
  stale: ['application', 'code', 'idp', 'membership', 'refresh', 'session', 'token', 'user'],
  local: ['code', 'consent', 'login', 'par', 'refresh', 'session', 'token'],
} as const;

/** Defects of a node, each in the words of what it breaks. */
const NODE_DEFECTS = {
  'own-database': 'every node has a database of its own',
  'config-differs': 'the nodes have different settings',
  'clock-skew': 'the clocks of the nodes are 30 s apart',
  'port-in-urls': "the server's own port is in every address",
  'inner-host': 'redirects and new addresses name the node',
  'issuer-differs': 'each node is an issuer of its own',
  'console-port': "the console names the server's own port",
  'my-account-port': "the page for users' own accounts names the server's own port",
  'portal-port': "the consent manager names the server's own port",
  'trusts-forwarded': 'headers of the caller change names',
  'weak-cookies': 'cookies are neither Secure nor HttpOnly',
  'keys-differ': 'each node signs with a key of its own',
  'kid-differs': 'each node gives the key another name',
  'enc-key-differs': 'each node encrypts with a key of its own',
  'cached-passwords': 'a password that was right once stays right',
  'slow-bus': 'invalidations take 20 s',
  'double-create': 'nothing keeps a name from being created twice',
  'open-admin': 'administration asks nobody who he is',
  'everybody-is-admin': 'every user may administrate',
  'administrator-twice': 'every node creates the administrator',
  'early-ready': 'a node that has just started is in rotation and knows no page yet',
  'lost-writes': 'changes of users are acknowledged, and kept in the memory of that node alone',
  'user-store-missing': 'the second node has no secondary user store',
  'user-store-unreadable': 'the second node cannot read the secondary user store',
  'bcl-lost': 'applications are told of no log-out',
  'bcl-twice': 'applications are told twice of a log-out',
  'keeps-deleted': 'applications are never deleted',
} as const;

/** Defects of what stands in for the load balancer. */
const OF_THE_BALANCER = {
  'one-node': 'every cookie reaches the first node',
  'no-affinity': 'the cookie chooses nothing',
  'drop-on-stop': 'a node that stops is not taken out of rotation before',
  'no-reroute': 'an unknown cookie is not served',
  'health-open': 'the health request is not closed',
  'denied-by-spelling': 'denied paths are compared letter by letter',
  'serves-any-name': 'any name is served',
  'any-certificate': 'client certificates are not verified',
} as const;

export const BALANCER_DEFECTS: readonly string[] = Object.keys(OF_THE_BALANCER);

export type Defects = ReadonlySet<string>;

export const ALL_DEFECTS: readonly string[] = [
  ...Object.entries(KINDS).flatMap(([what, kinds]) => kinds.map((kind) => `${what}:${kind}`)),
  ...Object.keys(NODE_DEFECTS),
  ...BALANCER_DEFECTS,
];

/** @throws Error for a name that is none of a defect: a misspelt one would prove nothing */
export function defects(...names: readonly string[]): Defects {
  const unknown = names.find((name) => !ALL_DEFECTS.includes(name));
  if (unknown !== undefined) throw new Error(`the stand-in has no defect "${unknown}"`);
  return new Set(names);
}
