import type { Attributes, ResourceChange } from '../../plan/plan-json';
import { isContainer, isJob, kindOf, nameOf } from '../../plan/resource-change';
import { texts } from '../containers';
import type { Rule, Violation } from '../rule';

export const signingKeyStep: Rule = {
  reason:
    'a token must verify at every node at every moment of the roll: a key is published by all nodes before it signs, and signs nowhere when it goes',
  fix: 'take the steps of identity_server.signing_keys one after the other: [1, 2], then [2, 1], then [2]',
  check: ({ stacks }) =>
    stacks.flatMap(({ name: stack, plan }) =>
      (plan.resource_changes ?? []).flatMap((change): Violation[] => {
        const message = signingStepProblem(change);
        return message === undefined ? [] : [{ stack, location: change.address, message }];
      }),
    ),
};

/** Why a node that runs cannot go along with the keys that are planned for it; undefined where it can, or is none. */
export function signingStepProblem(change: ResourceChange): string | undefined {
  const { before, after } = change.change;
  // What is planned tells a job from a node: the state of a node that is stopped looks like a job's.
  const isNode = isContainer({ type: change.type, kind: kindOf(change) }) && !isJob(change);
  if (!before || !after || !isNode) return undefined;
  const wanted = signingKeys(after);
  if (wanted === undefined) return undefined;
  // The first release had one key, and no list.
  const current = signingKeys(before) ?? ['1'];
  const [next, signs] = [wanted[0], current[0]] as [string, string];
  if (!current.includes(next)) return `key ${next} is to sign, and ${nameOf(change)} does not publish it yet`;
  if (!wanted.includes(signs)) return `key ${signs} goes, and ${nameOf(change)} still signs with it`;
  return undefined;
}

const VARIABLE = 'SIGNING_KEYS=';

function signingKeys({ env }: Attributes): string[] | undefined {
  return texts(env)
    .find((entry) => entry.startsWith(VARIABLE))
    ?.slice(VARIABLE.length)
    .split(' ');
}
