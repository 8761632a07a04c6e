import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { NodeTopology } from '../topology/node';
import type { Topology } from '../topology/topology';
import type { Executor } from './executor';
import { requireUsableValue } from './secret-values';
import { NOTE, placeOfSecret, type SecretPlace, storeSecret } from './secret-volumes';
import { UserError } from './setup/errors';
import { CommandError } from './setup/process';
import type { VolumeHost } from './volume-host';

/** What a node's server says to a name and a password. */
export type LogIn = 'accepted' | 'refused' | 'unknown';

const NAME = 'ADMIN_PASSWORD';
/** Until it is known to be the password everywhere; its name is none of a secret. */
const PENDING = `.${NAME}.next`;
const SECONDS_TO_AGREE = 10;

/**
 * Asks a node's server as the administrator, with the password of one of these files; has it changed to that of the other where there is one.
 *
 * @returns the status of the server's answer; undefined without one
 */
export type AskAsAdministrator = (node: NodeTopology, file: string, newFile?: string) => Promise<number | undefined>;

/** What a change of the administrator's password works with. */
export interface AdministratorContext {
  readonly topology: Topology;
  /** Where the passwords are. */
  readonly host: VolumeHost;
  readonly ask: AskAsAdministrator;
}

/** Where a node's server is asked. */
export function administratorUrl({ httpsPort }: NodeTopology): string {
  return `https://localhost:${httpsPort}/scim2/Me`;
}

// curl gets the passwords on its standard input: no argument and no process's variable has them.
/** Asks the server at $1 as $2 with the password $old of the shell, and has it changed to $new where that is not empty. */
export const ASK_SERVER = `
umask 077
quoted() { printf '%s\\n' "$1" | sed -e 's/[\\\\"]/\\\\&/g'; }
{
  printf 'user = "%s:%s"\\n' "$2" "$(quoted "$old")"
  if [ -n "$new" ]; then
    printf 'request = "PATCH"\\nheader = "Content-Type: application/scim+json"\\n'
    printf 'data = "{\\\\"schemas\\\\":[\\\\"urn:ietf:params:scim:api:messages:2.0:PatchOp\\\\"],'
    printf '\\\\"Operations\\\\":[{\\\\"op\\\\":\\\\"replace\\\\",\\\\"value\\\\":{\\\\"password\\\\":\\\\"%s\\\\"}}]}"\\n' "$new"
  fi
} | curl -sS -m 20 -o /dev/null -w '%{http_code}' --noproxy '*' --cacert "$HEALTH_CA" -K - "$1"
`;

// A container sees its volume as it is.
const READ_FILES = 'old=$(cat "$3") new=; [ -z "$4" ] || new=$(cat "$4")';

/** Asks the servers of an engine. */
export function askOnEngine({ adminUsername }: Topology, executor: Executor): AskAsAdministrator {
  return async (node, file, newFile = '') => {
    const paths = [file, newFile].map((name) => (name === '' ? '' : `${node.secretsPath}/${name}`));
    const args = ['sh', '-c', `${READ_FILES}${ASK_SERVER}`, 'sh', administratorUrl(node), adminUsername, ...paths];
    return statusOf(executor.exec(node.containerName, ...args));
  };
}

/** The status that curl has printed; undefined without an answer. */
export async function statusOf(asked: Promise<string>): Promise<number | undefined> {
  try {
    return Number(await asked);
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

/** Whether the administrator logs in at a node with the stored password, or one that is to replace it. */
export async function logsIn(
  { ask }: Pick<AdministratorContext, 'ask'>,
  node: NodeTopology,
  file = NAME,
): Promise<LogIn> {
  const status = await ask(node, file);
  if (status === 200) return 'accepted';
  return status === 401 ? 'refused' : 'unknown';
}

/**
 * Asks the running servers to change the administrator's password, and stores it when every node accepts it; otherwise the old one
 * stays. A run that was cut off is finished by the next.
 *
 * @param value the new password. @default - one is generated
 */
export async function rotateAdministrator(context: AdministratorContext, value: string | undefined): Promise<void> {
  const { topology, host } = context;
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
    await storeSecret(pending, value ?? generated(), host);
    await change(context, first, old, pending);
  }
  await requireAcceptedEverywhere(context, pending, old === 'accepted');
  await inVolume(context, stored, `${NOTE}cd /secrets && mv "${PENDING}" "${NAME}" && umask 077 && note "${NAME}"`);
}

async function change(
  context: AdministratorContext,
  node: NodeTopology,
  old: LogIn,
  pending: SecretPlace,
): Promise<void> {
  const { environment, adminUsername } = context.topology;
  if (old === 'refused') {
    // Somebody has changed it in the console; who knows it can say so.
    if ((await logsIn(context, node, PENDING)) === 'accepted') return;
    await forget(context, pending);
    throw new UserError(
      `${adminUsername} logs in to ${node.containerName} with neither the stored password nor the given one: it was changed elsewhere. Give the one that is valid on standard input, then rotate again: make rotate-secret ENVIRONMENT=${environment} NAME=${NAME} < password. Nothing was changed.`,
    );
  }
  const status = await context.ask(node, NAME, PENDING);
  if (status === 200 || status === 204) return;
  // The answer may have been lost; what counts is which of the two the server takes.
  if ((await logsIn(context, node, PENDING)) === 'accepted') return;
  await forget(context, pending);
  throw new UserError(
    `${node.containerName} did not change the password of ${adminUsername} (PATCH /scim2/Me: ${status ?? 'no answer'}); the old one stays. Where this interface is closed or a password policy refuses it, change it in the console, then store it: make rotate-secret ENVIRONMENT=${environment} NAME=${NAME} < password`,
  );
}

async function requireAcceptedEverywhere(
  context: AdministratorContext,
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
      const status = canGoBack ? await context.ask(nodes[0] as NodeTopology, PENDING, NAME) : undefined;
      const back = status === 200 || status === 204;
      if (back) await forget(context, pending);
      throw new UserError(
        `${node.containerName} does not accept the new password within ${SECONDS_TO_AGREE} s; ${back ? 'the old one is valid again' : `to try again: make rotate-secret ENVIRONMENT=${environment} NAME=${NAME}`}.`,
      );
    }
  }
}

function forget(context: AdministratorContext, pending: SecretPlace): Promise<void> {
  return inVolume(context, pending, `rm -f "/secrets/${PENDING}"`);
}

async function inVolume({ host }: AdministratorContext, { volume, job }: SecretPlace, script: string): Promise<void> {
  await host.runOnVolumes(job.image, script, { mounts: [`${volume.name}:/secrets`], capabilities: ['DAC_OVERRIDE'] });
}

/** 24 characters that the server can copy into XML, with one of each kind that password policies ask for. */
function generated(): string {
  const rest = randomBytes(15).toString('base64url');
  const { length } = rest;
  return `${rest.slice(0, length / 2)}aA7-${rest.slice(length / 2)}`;
}
