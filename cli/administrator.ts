import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { NodeTopology } from '../topology/node';
import type { CommandContext } from './command';
import { requireUsableValue } from './secret-values';
import { NOTE, placeOfSecret, type SecretPlace, storeSecret } from './secret-volumes';
import { UserError } from './setup/errors';
import { CommandError } from './setup/process';

/** What a node's server says to a name and a password. */
export type LogIn = 'accepted' | 'refused' | 'unknown';

const NAME = 'ADMIN_PASSWORD';
/** Until it is known to be the password everywhere; its name is none of a secret. */
const PENDING = `.${NAME}.next`;
const SECONDS_TO_AGREE = 10;

// The passwords are read in the container, and curl gets them on its standard input: no argument and no variable has them.
const ASK = `
umask 077
quoted() { sed -e 's/[\\\\"]/\\\\&/g' "$1"; }
{
  printf 'user = "%s:%s"\\n' "$2" "$(quoted "$3")"
  if [ -n "$4" ]; then
    printf 'request = "PATCH"\\nheader = "Content-Type: application/scim+json"\\n'
    printf 'data = "{\\\\"schemas\\\\":[\\\\"urn:ietf:params:scim:api:messages:2.0:PatchOp\\\\"],'
    printf '\\\\"Operations\\\\":[{\\\\"op\\\\":\\\\"replace\\\\",\\\\"value\\\\":{\\\\"password\\\\":\\\\"%s\\\\"}}]}"\\n' "$(cat "$4")"
  fi
} | curl -sS -m 20 -o /dev/null -w '%{http_code}' --noproxy '*' --cacert "$HEALTH_CA" -K - "$1"
`;

/** @returns the status of the server's answer; undefined without one */
async function ask(
  { engine, topology }: Pick<CommandContext, 'engine' | 'topology'>,
  node: NodeTopology,
  file: string,
  newFile = '',
): Promise<number | undefined> {
  const url = `https://localhost:${node.httpsPort}/scim2/Me`;
  const paths = [file, newFile].map((name) => (name === '' ? '' : `${node.secretsPath}/${name}`));
  try {
    const args = ['sh', '-c', ASK, 'sh', url, topology.adminUsername, ...paths];
    return Number(await engine.docker('exec', node.containerName, ...args));
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

/** Whether the administrator logs in at a node with the password that is in the volume. */
export async function logsIn(
  context: Pick<CommandContext, 'engine' | 'topology'>,
  node: NodeTopology,
  file = NAME,
): Promise<LogIn> {
  const status = await ask(context, node, file);
  if (status === 200) return 'accepted';
  return status === 401 ? 'refused' : 'unknown';
}

/**
 * Asks the running servers to change the administrator's password, and stores it when every node accepts it; otherwise the old one
 * stays. A run that was cut off is finished by the next.
 *
 * @param value the new password. @default - one is generated
 */
export async function rotateAdministrator(context: CommandContext, value: string | undefined): Promise<void> {
  const { topology, engine } = context;
  const { environment, nodes } = topology;
  const [first] = nodes as [NodeTopology];
  for (const node of nodes) {
    if ((await logsIn(context, node)) !== 'unknown') continue;
    throw new UserError(
      `${node.containerName} does not answer: every node must accept the new password before the old one goes. "make status ENVIRONMENT=${environment}" says why. Nothing was changed.`,
    );
  }
  if (value !== undefined) requireUsableValue(NAME, value, topology);
  const stored = placeOfSecret(NAME, topology);
  const pending: SecretPlace = { ...stored, file: PENDING };
  const old = await logsIn(context, first);
  const finishes = value === undefined && old === 'refused' && (await logsIn(context, first, PENDING)) === 'accepted';
  if (!finishes) {
    await storeSecret(pending, value ?? generated(), engine);
    await change(context, first, old, pending);
  }
  await requireAcceptedEverywhere(context, pending, old === 'accepted');
  await inVolume(context, stored, `${NOTE}cd /secrets && mv "${PENDING}" "${NAME}" && umask 077 && note "${NAME}"`);
}

async function change(context: CommandContext, node: NodeTopology, old: LogIn, pending: SecretPlace): Promise<void> {
  const { environment, adminUsername } = context.topology;
  if (old === 'refused') {
    // Somebody has changed it in the console; who knows it can say so.
    if ((await logsIn(context, node, PENDING)) === 'accepted') return;
    await forget(context, pending);
    throw new UserError(
      `${adminUsername} logs in to ${node.containerName} with neither the stored password nor the given one: it was changed elsewhere. Give the one that is valid on standard input, then rotate again: make rotate-secret ENVIRONMENT=${environment} NAME=${NAME} < password. Nothing was changed.`,
    );
  }
  const status = await ask(context, node, NAME, PENDING);
  if (status === 200 || status === 204) return;
  // The answer may have been lost; what counts is which of the two the server takes.
  if ((await logsIn(context, node, PENDING)) === 'accepted') return;
  await forget(context, pending);
  throw new UserError(
    `${node.containerName} did not change the password of ${adminUsername} (PATCH /scim2/Me: ${status ?? 'no answer'}); the old one stays. Where this interface is closed or a password policy refuses it, change it in the console, then store it: make rotate-secret ENVIRONMENT=${environment} NAME=${NAME} < password`,
  );
}

async function requireAcceptedEverywhere(
  context: CommandContext,
  pending: SecretPlace,
  canGoBack: boolean,
): Promise<void> {
  const { nodes, environment } = context.topology;
  const deadline = Date.now() + SECONDS_TO_AGREE * 1000;
  for (const node of nodes) {
    while ((await logsIn(context, node, PENDING)) !== 'accepted') {
      if (Date.now() < deadline) {
        await setTimeout(500);
        continue;
      }
      const status = canGoBack ? await ask(context, nodes[0] as NodeTopology, PENDING, NAME) : undefined;
      const back = status === 200 || status === 204;
      if (back) await forget(context, pending);
      throw new UserError(
        `${node.containerName} does not accept the new password within ${SECONDS_TO_AGREE} s; ${back ? 'the old one is valid again' : `to try again: make rotate-secret ENVIRONMENT=${environment} NAME=${NAME}`}.`,
      );
    }
  }
}

function forget(context: CommandContext, pending: SecretPlace): Promise<void> {
  return inVolume(context, pending, `rm -f "/secrets/${PENDING}"`);
}

async function inVolume({ engine }: CommandContext, { volume, job }: SecretPlace, script: string): Promise<void> {
  await engine.runOnVolumes(job.image, script, { mounts: [`${volume.name}:/secrets`], capabilities: ['DAC_OVERRIDE'] });
}

/** 24 characters that the server can copy into XML, with one of each kind that password policies ask for. */
function generated(): string {
  const rest = randomBytes(15).toString('base64url');
  const { length } = rest;
  return `${rest.slice(0, length / 2)}aA7-${rest.slice(length / 2)}`;
}
