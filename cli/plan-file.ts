import { createHash } from 'node:crypto';
import { strFromU8, unzipSync } from 'fflate';

/** The plan itself holds the time at which it was made. */
const PLAN = 'tfplan';

/** The states before and after the refresh. */
const STATES = ['tfstate-prev', 'tfstate'];

/**
 * Names what a saved plan was made from: configuration, lock file, and the state before and after the refresh, which a saved plan, a zip
 * archive, holds beside the plan itself. Two plans from the same that change nothing say the same.
 *
 * @returns SHA-256, hexadecimal; undefined for any other file, such as an encrypted plan
 */
export function planInputsDigest(file: Buffer): string | undefined {
  const entries = filesBesidePlan(file);
  if (entries?.tfstate === undefined) return undefined;
  const hash = createHash('sha256');
  for (const [name, bytes] of Object.entries(entries)) {
    const content = STATES.includes(name) ? checksInOrder(strFromU8(bytes)) : bytes;
    hash.update(`${name} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/** Terraform writes the results of a state's checks in another order each time. */
function checksInOrder(text: string): string {
  const { check_results: checks, ...state } = JSON.parse(text) as {
    readonly check_results?: readonly unknown[] | null;
  };
  return JSON.stringify({ ...state, checks: checks?.map((check) => JSON.stringify(check)).sort() });
}

function filesBesidePlan(file: Buffer): Record<string, Uint8Array> | undefined {
  try {
    return unzipSync(file, { filter: ({ name }) => name !== PLAN });
  } catch {
    return undefined;
  }
}
